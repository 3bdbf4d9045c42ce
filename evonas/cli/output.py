"""What all commands print with: lines, figures, formats of lists."""

from __future__ import annotations

import math
import sys
from enum import Enum
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["FILE_WIDTH", "Format", "console", "figure", "print_line", "uncertain"]

FILE_WIDTH = 200
"""Columns of what is not printed on a terminal."""

_MOST_DECIMALS = 8  # smaller errors are written with an exponent


class Format(str, Enum):
    """How a list is printed."""

    table = "table"
    json = "json"
    csv = "csv"


def console(*, stderr: bool = False) -> Console:
    """Return a terminal to print on."""
    from rich.console import Console

    terminal = (sys.stderr if stderr else sys.stdout).isatty()
    return Console(stderr=stderr, highlight=False, width=None if terminal else FILE_WIDTH)


def print_line(text: str = "", *, stderr: bool = False) -> None:
    """Print one line as it is, without markup."""
    typer.echo(text, err=stderr)


def figure(value: Any) -> str:
    """Write a value for a table: five significant digits, thousands separated, empty for None.

    >>> figure(0.981234567), figure(61706), figure(None)
    ('0.98123', '61,706', '')
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int) or (isinstance(value, float) and value.is_integer() and abs(value) >= 1000):
        return f"{int(value):,}"
    if isinstance(value, float):
        return f"{value:.5g}"
    return str(value)


def uncertain(value: float, error: float | None, trainings: int = 0) -> str:
    """Write a mean with its standard error, both to the error's second digit, and the number of trainings behind it.

    >>> uncertain(0.991234, 0.00071, 3), uncertain(0.991234, None), uncertain(61706.4, 120.0), uncertain(0.5, 0.0, 2)
    ('0.99123 +- 0.00071 (3)', '0.99123', '61,706 +- 120', '0.5 +- 0 (2)')
    """
    behind = f" ({trainings})" if trainings > 1 else ""
    if error is None or not math.isfinite(error):
        return figure(value) + behind
    if error <= 0:
        return f"{figure(value)} +- 0{behind}"
    decimals = max(0, 1 - math.floor(math.log10(error)))
    if decimals > _MOST_DECIMALS:
        return f"{value:.5g} +- {error:.2g}{behind}"
    return f"{value:,.{decimals}f} +- {error:,.{decimals}f}{behind}"
