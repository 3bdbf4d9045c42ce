"""Paths to data as people write them: ``~``, ``$VARIABLES``, relative to the configuration."""

from __future__ import annotations

import os
from pathlib import Path

from evonas.errors import DataError, nearest

__all__ = ["find_file"]


def find_file(text: str | Path, base: Path | None, key: str) -> Path:
    """Return the absolute path of an existing file.

    ``~`` and ``$VARIABLES`` are expanded. A relative path starts from ``base``; where nothing lies there, it starts
    from the current folder.

    Args:
        text: the path as written in the configuration.
        base: folder of the configuration; None for the current folder alone.
        key: the configuration's key, such as ``data.options.file``.

    Raises:
        DataError: if there is no such file; it names every place that was looked at.
    """
    expanded = Path(os.path.expandvars(str(text))).expanduser()
    roots = [Path.cwd()] if base is None or expanded.is_absolute() else [Path(base), Path.cwd()]
    places = list(dict.fromkeys(Path(os.path.normpath(root.absolute() / expanded)) for root in roots))
    for place in places:
        if place.is_file():
            return place
    first = places[0]
    if first.is_dir():
        hint = "name the file in it"
        raise DataError("this is a folder", file=first, key=key, got=str(text), expected="a file", hint=hint)
    unset = [part for part in expanded.parts if part.startswith("$")]
    if unset:
        hint = f"the environment variable {unset[0]} is not set"
    else:
        hint = _neighbour(first) or "check the path; a relative one starts from the configuration's folder"
    looked = "" if len(places) == 1 else f"; looked at {' and '.join(str(place) for place in places)}"
    message = f"there is no such file{looked}"
    raise DataError(message, file=first, key=key, got=str(text), expected="an existing file", hint=hint)


def _neighbour(path: Path) -> str | None:
    """Say which file beside ``path`` is called almost like it, or which folder above it is missing."""
    if not path.parent.is_dir():
        missing = path.parent
        while not missing.parent.is_dir() and missing.parent != missing:
            missing = missing.parent
        return f"the folder {missing} does not exist"
    close = nearest(path.name, sorted(entry.name for entry in path.parent.iterdir() if entry.is_file()))
    return f"did you mean {path.with_name(close)}?" if close else None
