"""``evonas dashboard``: a web page over runs, live while they go on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from evonas.cli.app import app
from evonas.cli.output import print_line
from evonas.errors import DependencyError

__all__ = ["dashboard"]

_PORT = 8050


@app.command()
def dashboard(
    runs: Annotated[
        list[Path] | None, typer.Argument(metavar="[RUN]...", help="Run directories; default: all below ./runs.")
    ] = None,
    host: Annotated[
        str, typer.Option(help="Address to listen on; any but loopback needs a token, which is made and printed.")
    ] = "127.0.0.1",
    port: Annotated[
        int | None,
        typer.Option(
            min=0, max=65535, help=f"Port; default: {_PORT}, or the next free one. 0: any free one.", show_default=False
        ),
    ] = None,
    token: Annotated[
        str | None, typer.Option(envvar="EVONAS_DASHBOARD_TOKEN", help="What a visitor must know, on any address.")
    ] = None,
) -> None:
    """Show runs in a web page: overview, family tree, individuals, genes, population, Pareto front, comparison.

    It only reads, may be started and ended while runs go on, and loads nothing from the internet. Ctrl-C ends it.
    """
    from evonas.run import RunDirectory

    chosen = [RunDirectory.open(path).path for path in runs or ()]
    try:
        import dash_cytoscape  # noqa: F401 - only whether it is there; it brings dash
    except ImportError as error:
        raise DependencyError(
            f"the dashboard needs `{error.name}`, which is not installed", hint="pip install 'evonas[dashboard]'"
        ) from error
    from evonas.dashboard import Access, Dashboard, Shelf, open_port

    access = Access.to(host, 0 if port is None else port, token)  # a wrong token is told before a port is taken
    listener = open_port(host, _PORT if port is None else port, strict=port is not None)
    got = listener.getsockname()[1]
    if port is None and got != _PORT:
        print_line(f"port {_PORT} is taken; this dashboard listens on {got}", stderr=True)
    access = Access(host, got, access.token)
    with Dashboard(Shelf(chosen), access, listener) as server:
        print_line(access.url)
        if access.token and not token:
            print_line("whoever has this address may look; without its token nobody may", stderr=True)
        print_line("Ctrl-C ends it; runs go on", stderr=True)
        server.serve()
