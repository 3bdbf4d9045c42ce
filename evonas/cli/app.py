"""The typer application, and the arguments that commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from evonas.cli.output import Format

__all__ = ["FormatOption", "RunArgument", "app"]

app = typer.Typer(
    name="evonas",
    help="Evolve neural networks, and see where every winner came from.",
    no_args_is_help=True,
    add_completion=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

FormatOption = Annotated[Format, typer.Option("--format", help="How to print it.")]
RunArgument = Annotated[Path, typer.Argument(metavar="RUN", help="A run directory.")]
