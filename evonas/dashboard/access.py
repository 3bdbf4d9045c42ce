"""Who may see the page: loopback addresses alone, or whoever knows the token."""

from __future__ import annotations

import errno
import hmac
import ipaddress
import secrets
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from evonas.errors import ConfigError, StorageError

__all__ = ["COOKIE", "LEAST_TOKEN", "Access", "is_loopback", "open_port"]

COOKIE = "evonas_dashboard"
"""Name of the cookie that keeps the token; the port is added, because cookies are shared by all ports of a host."""

LEAST_TOKEN = 8
"""Fewest characters of a token."""

_TRIED = 20  # ports after the first one that are tried


def is_loopback(host: str) -> bool:
    """Whether a host is reached from this machine alone.

    >>> is_loopback("127.0.0.1"), is_loopback("localhost"), is_loopback("::1"), is_loopback("0.0.0.0")
    (True, True, True, False)
    """
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True)
class Access:
    """Where the page is served, and to whom.

    Attributes:
        host: the address that is listened on.
        port: the port.
        token: what a visitor must know; empty where everybody on this machine may look.
    """

    host: str
    port: int
    token: str = ""

    @classmethod
    def to(cls, host: str, port: int, token: str | None) -> Access:
        """Return who may see a page at an address; without a token, any address but loopback is given a fresh one.

        Raises:
            ConfigError: for a token that is too short to keep anybody out.
        """
        if token is not None and len(token) < LEAST_TOKEN:
            raise ConfigError(
                "the dashboard's token is too short",
                key="--token",
                got=f"{len(token)} characters",
                expected=f"at least {LEAST_TOKEN}",
                hint="leave it out: one is made and printed where the address needs it",
            )
        made = "" if is_loopback(host) else secrets.token_urlsafe(24)
        return cls(host, port, made if token is None else token)

    @property
    def url(self) -> str:
        """The address to open, its token included."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        if self.host in ("0.0.0.0", "::"):  # everywhere: name the machine as others know it
            host = socket.gethostname()
        asked = f"?{urlencode({'token': self.token})}" if self.token else ""
        return f"http://{host}:{self.port}/{asked}"

    @property
    def cookie(self) -> str:
        """Name of the cookie."""
        return f"{COOKIE}_{self.port}"

    def knows(self, given: str | None) -> bool:
        """Whether somebody gave the token; compared in constant time."""
        return bool(given) and hmac.compare_digest(str(given).encode(), self.token.encode())

    def admits(self, headers: Mapping[str, str], cookies: Mapping[str, str]) -> bool:
        """Whether a request may be answered.

        Without a token a page of another site must not read ours through a name that it points at this machine (DNS
        rebinding): the request has to be for a loopback name.
        """
        if not self.token:
            return is_loopback(urlsplit(f"//{headers.get('Host', '')}").hostname or "")
        scheme, _, bearer = headers.get("Authorization", "").partition(" ")
        return self.knows(cookies.get(self.cookie)) or (scheme.lower() == "bearer" and self.knows(bearer))


def open_port(host: str, port: int, *, strict: bool) -> socket.socket:
    """Return a socket that listens on a port, or on the next free one.

    Args:
        host: address to listen on.
        port: first port to try; 0 takes any free one.
        strict: whether that port alone will do.

    Raises:
        ConfigError: if the address is not one of this machine's, or the port may not be used.
        StorageError: if no port is free.
    """
    last: OSError | None = None
    for candidate in [port] if strict or port == 0 else range(port, min(port + _TRIED, 65536)):
        try:
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            listener = socket.socket(family, socket.SOCK_STREAM)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                listener.bind((host, candidate))
                listener.listen(128)
            except OSError:
                listener.close()
                raise
            return listener
        except OSError as error:
            last = error
            if error.errno != errno.EADDRINUSE:
                raise ConfigError(
                    f"the dashboard cannot listen there: {error.strerror or error}",
                    key="--port" if error.errno == errno.EACCES else "--host",
                    got=f"{host}:{candidate}",
                    expected="an address of this machine, and a port from 1024 on",
                    hint="leave --host out for 127.0.0.1",
                ) from error
    raise StorageError(
        f"no port is free: {last.strerror if last else 'none was tried'}",
        got=str(port) if strict else f"{port} to {port + _TRIED - 1}",
        hint="choose another with --port, or end the dashboard that runs there",
    )
