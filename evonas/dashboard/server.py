"""The web server of the dashboard: a thread for each visitor, the check of who it is, the rules for its browser."""

from __future__ import annotations

import gc
import importlib
import logging
import os
import socket
import threading
from contextlib import suppress
from types import TracebackType

from flask import Flask, Response, redirect, request
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from evonas.dashboard.access import Access
from evonas.dashboard.address import VIEWS, Address
from evonas.dashboard.app import build_app
from evonas.dashboard.colours import genes_of
from evonas.dashboard.pages import overview
from evonas.dashboard.shelf import Shelf

__all__ = ["NICENESS", "Dashboard"]

NICENESS = 5
"""How far a dashboard steps back behind the runs on its machine."""

_POLICY = (
    # Plotly compiles its WebGL drawings at run time, hence 'unsafe-eval'; its image download goes through blob: and
    # data: addresses; React and Cytoscape set styles of elements.
    "default-src 'none'; script-src 'self' 'unsafe-eval' {hashes}; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; form-action 'none'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
_REFUSED = """<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>evonas</title></head>
<body style="font: 16px/1.5 system-ui, sans-serif; max-width: 40rem; margin: 4rem auto; padding: 0 1rem">
<h1>Not without the token</h1><p>{why}</p></body></html>
"""
_TOKEN_WANTED = "Open the address that <code>evonas dashboard</code> printed; it ends with the token."
_LOOPBACK_ONLY = (
    "This dashboard answers to addresses of this machine alone. "
    "Start it with <code>--token</code>, or with <code>--host</code>."
)


class Dashboard:
    """A dashboard that listens; :meth:`serve` answers until :meth:`close`.

    Args:
        shelf: the runs.
        access: who may see them.
        listener: a socket that listens at that address, see :func:`evonas.dashboard.access.open_port`.
        niceness: how far the process steps back behind the run on the same machine, as ``nice`` counts.
    """

    def __init__(self, shelf: Shelf, access: Access, listener: socket.socket, *, niceness: int = NICENESS) -> None:
        logging.getLogger("werkzeug").setLevel(logging.ERROR)  # not a line for each question for news
        self._shelf = shelf
        self._listener = listener
        self._niceness = niceness
        app = build_app(shelf)
        flask: Flask = app.server
        _guard(flask, access, shelf)
        hashes = " ".join(f"'{one.strip(chr(39))}'" for one in app.csp_hashes())
        _headers(flask, _POLICY.format(hashes=hashes))
        self._server: BaseWSGIServer = make_server(
            access.host, access.port, flask, threaded=True, fd=listener.fileno(), request_handler=_Quiet
        )

    def serve(self) -> None:
        """Answer until :meth:`close` is called from another thread, or the process is interrupted."""
        with suppress(OSError, AttributeError):
            os.nice(self._niceness)
        safe = threading.Event()
        threading.Thread(target=self._warm, args=(safe,), daemon=True).start()
        # Plotly uses pandas where it is loaded, even half of it by another thread (as importance does): it is loaded
        # here, where there is one, before anything is drawn. Visitors wait meanwhile; the first run is read.
        with suppress(ImportError):
            importlib.import_module("pandas")
        safe.set()
        self._server.serve_forever()

    def _warm(self, safe: threading.Event) -> None:
        """Read the first run while the browser opens: first what its overview needs, then what other views need."""
        gc.disable()  # many objects are made, none of them garbage: the collector takes as long as the work itself
        try:
            state = self._shelf.state()
            if state is not None and state.findings is not None:
                _ = state.findings.summary
        finally:
            gc.enable()
            gc.freeze()
        safe.wait()
        if state is not None and state.findings is not None:
            overview.fitness(state.findings)
            genes_of(state.findings)

    def close(self) -> None:
        """Stop answering and close the runs."""
        self._server.shutdown()
        self._server.server_close()
        self._listener.close()
        self._shelf.close()

    def __enter__(self) -> Dashboard:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class _Quiet(WSGIRequestHandler):
    """Speaks HTTP/1.1, so that a page's many small questions share a connection; says nothing in the terminal."""

    protocol_version = "HTTP/1.1"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""


def _guard(flask: Flask, access: Access, shelf: Shelf) -> None:
    @flask.before_request
    def check() -> Response | tuple[str, int] | None:
        given = request.args.get("token")
        if access.token and access.knows(given):
            kept = {name: value for name, value in request.args.items() if name != "token"}
            address = Address.read(request.path, "&".join(f"{name}={value}" for name, value in kept.items()))
            answer = redirect(address.href)
            answer.set_cookie(access.cookie, access.token, httponly=True, samesite="Strict")
            return answer  # type: ignore[return-value]  # werkzeug's response is what Flask sends
        if not access.admits(request.headers, request.cookies):  # type: ignore[arg-type]  # a mapping all the same
            why = _TOKEN_WANTED if access.token else _LOOPBACK_ONLY
            return _REFUSED.format(why=why), 401
        if request.path.strip("/") in ("", *VIEWS) and not request.args.get("run"):
            first = shelf.state()
            if first is not None:  # the address names its run: another one that begins does not change the page
                address = Address.read(request.path, request.query_string.decode(errors="replace"))
                return redirect(Address(address.view, first.key, address.also, address.individual).href)  # type: ignore[return-value]  # as above
        return None


def _headers(flask: Flask, policy: str) -> None:
    @flask.after_request
    def add(answer: Response) -> Response:
        answer.headers["Content-Security-Policy"] = policy
        answer.headers["X-Content-Type-Options"] = "nosniff"
        answer.headers["Referrer-Policy"] = "same-origin"  # a page says which one it is when it asks for its layout
        return answer
