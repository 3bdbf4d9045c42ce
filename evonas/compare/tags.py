"""Words of people on a run, such as `paper` or `broken`: lines of a text file in its directory.

The lineage holds what happened; what somebody thinks of it may change, also while the run goes on.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable

from evonas.errors import RunError, StorageError
from evonas.run import RunDirectory

__all__ = ["FILE_NAME", "change_tags", "read_tags"]

FILE_NAME = "tags.txt"
"""In the run directory; one word a line."""

_WORD = re.compile(r"[\w.+:-]{1,40}")


def read_tags(run: RunDirectory) -> tuple[str, ...]:
    """Return the tags of a run in the order in which they were given; empty where there are none.

    Raises:
        StorageError: if the file is there and cannot be read.
    """
    file = run.path / FILE_NAME
    try:
        return tuple(dict.fromkeys(file.read_text(encoding="utf-8", errors="replace").split()))
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise StorageError(f"the tags cannot be read: {error.strerror}", file=file) from error


def change_tags(run: RunDirectory, add: Iterable[str] = (), remove: Iterable[str] = ()) -> tuple[str, ...]:
    """Give a run tags, and take some away; return those that it has then.

    Args:
        run: the run; it may be running.
        add: words of letters, digits and ``_ . + : -``.
        remove: words; one that it does not have is an error.

    Raises:
        RunError: for a word that is none, or that the run does not have.
        StorageError: if the file cannot be written.
    """
    known, add, remove = read_tags(run), list(add), list(remove)
    for word in add:
        if not _WORD.fullmatch(word):
            expected = "up to 40 letters, digits and _ . + : -"
            raise RunError("this is not a tag", file=run.shown, got=word, expected=expected)
    for word in remove:
        if word not in known:
            has = ", ".join(known) or "none"
            raise RunError(
                "the run does not have this tag", file=run.shown, got=word, expected=f"one of its tags: {has}"
            )
    now = tuple(word for word in dict.fromkeys((*known, *add)) if word not in remove)
    if now != known:
        _write(run, now)
    return now


def _write(run: RunDirectory, tags: Iterable[str]) -> None:
    file = run.path / FILE_NAME
    temporary = file.with_name(f".{file.name}.{os.getpid()}.tmp")
    try:
        temporary.write_text("".join(f"{word}\n" for word in tags), encoding="utf-8")
        temporary.replace(file)
    except OSError as error:
        raise StorageError(f"the tags cannot be written: {error.strerror or error}", file=file) from error
