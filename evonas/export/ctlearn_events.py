"""Where CTLearn finds the events of a run: one folder each for signal and background, and patterns of file names."""

from __future__ import annotations

import glob
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["EventFiles", "event_files"]

_FOLDER = "events"


@dataclass(frozen=True)
class EventFiles:
    """Files of one class, as ``ctlearn-train-model`` names them.

    Attributes:
        folder: the folder that all of them lie in, absolute.
        patterns: their names, as patterns.
        linked: whether the folder holds symbolic links that were made for it.
    """

    folder: Path
    patterns: tuple[str, ...]
    linked: bool = False


def event_files(files: Sequence[str], kind: str, to: Path) -> EventFiles:
    """Return where CTLearn finds some files; where they lie in several folders, links to them are made in one.

    Args:
        files: absolute paths, at least one.
        kind: ``signal`` or ``background``, the name of the folder of links.
        to: the folder of the export.

    Raises:
        OSError: if the links cannot be made.
    """
    paths = [Path(file) for file in files]
    folders = {path.parent for path in paths}
    if len(folders) == 1:
        return EventFiles(folders.pop(), tuple(glob.escape(path.name) for path in paths))
    folder = to.resolve() / _FOLDER / kind
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        if old.is_symlink():
            old.unlink()
    names = []
    for number, path in enumerate(paths):  # the same name may occur in several folders
        names.append(path.name if path.name not in names else f"{number:03d}_{path.name}")
        (folder / names[-1]).symlink_to(path)
    return EventFiles(folder, tuple(glob.escape(name) for name in names), linked=True)
