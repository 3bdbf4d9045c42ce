"""The entry point: registers the commands, turns errors into words and exit codes."""

from __future__ import annotations

import errno
import sys
from typing import Annotated

import typer

from evonas.cli import (  # noqa: F401 - they register
    best,
    cache,
    compare,
    config,
    dashboard,
    evaluate,
    evolve,
    explain,
    export,
    genomes,
    inspection,
    lineage,
    lineage_exchange,
    metrics,
    report,
    simulate,
    study,
    winners,
)
from evonas.cli.app import app
from evonas.cli.output import print_line
from evonas.errors import EvonasError, StorageError

__all__ = ["main"]

_INTERRUPTED = 130  # 128 + SIGINT, as shells say it
_STORAGE = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)  # anything else that the rooms did not foresee is a bug


def _version(value: bool) -> None:
    if value:
        import evonas

        print_line(f"evonas {evonas.__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Evolve neural networks, and see where every winner came from."""


def main() -> None:
    """Run the command line; ends the process with 0, or with the exit code of what went wrong."""
    try:
        app(standalone_mode=True)
    except EvonasError as error:
        print_line(f"evonas: {error}", stderr=True)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        print_line("evonas: interrupted", stderr=True)
        sys.exit(_INTERRUPTED)
    except BrokenPipeError:  # the reader of `evonas ... | head` has seen enough
        sys.stderr.close()
        sys.exit(0)
    except OSError as error:
        if error.errno not in _STORAGE:
            raise
        where = error.filename if isinstance(error.filename, str) else None
        storage = StorageError(f"cannot write: {error.strerror}", file=where, hint="free space, or write elsewhere")
        print_line(f"evonas: {storage}", stderr=True)
        sys.exit(storage.exit_code)


if __name__ == "__main__":
    main()
