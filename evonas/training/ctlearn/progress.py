"""How far a long reading is, on standard error: a bar on a terminal, a line every tenth elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["Advance", "say", "show_progress"]

Advance = Callable[[int], None]
"""Called with the number of items that are done in all."""

_QUIET_SECONDS = 2.0  # a reading that is over so soon needs no lines


def say(text: str) -> None:
    """Write one line to standard error."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


@contextmanager
def show_progress(what: str, total: int) -> Iterator[Advance]:
    """Show progress while the block runs.

    Args:
        what: what is being done, such as ``reading 1,000 images``.
        total: number of items.
    """
    if sys.stderr.isatty():
        with _bar(what, total) as advance:
            yield advance
    else:
        yield _lines(what, total)


@contextmanager
def _bar(what: str, total: int) -> Iterator[Advance]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(what, total=total)
        yield lambda done: progress.update(task, completed=done)


def _lines(what: str, total: int) -> Advance:
    started = time.monotonic()
    tenth = 0

    def advance(done: int) -> None:
        nonlocal tenth
        reached = 10 * done // max(1, total)
        if reached > tenth and time.monotonic() - started > _QUIET_SECONDS:
            say(f"{what}: {10 * reached} %")
        tenth = max(tenth, reached)

    return advance
