"""The DL1 files that a configuration means: files, folders and patterns, as signal and as background."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from evonas.errors import DataError
from evonas.training.ctlearn.options import CtlearnOptions, Paths
from evonas.training.data.paths import find_file

__all__ = ["InputFiles", "find_inputs"]

_SUFFIXES = (".h5", ".hdf5")
_MAGIC = "*?["


@dataclass(frozen=True)
class InputFiles:
    """The files of both classes; absolute paths, each once, sorted.

    Attributes:
        signal: files of class 1.
        background: files of class 0; empty where only signal is read.
        particles: what the configuration calls the types of background, and their files; empty without names.
    """

    signal: tuple[Path, ...]
    background: tuple[Path, ...]
    particles: Mapping[str, tuple[Path, ...]]

    @property
    def all(self) -> tuple[Path, ...]:
        """All files, sorted by path: the order in which dl1_data_handler numbers them."""
        return tuple(sorted((*self.signal, *self.background), key=str))


def find_inputs(options: CtlearnOptions, base: Path | None) -> InputFiles:
    """Find the files of both classes.

    Args:
        options: with ``signal``, ``background`` and ``tasks``.
        base: folder that relative paths start from; None for the current one.

    Raises:
        DataError: for a missing file, a folder or pattern without files, a file that is both signal and background,
            or no background for the task ``type``.
    """
    signal = _find(options.signal, base, "data.options.signal")
    named = options.background if isinstance(options.background, Mapping) else {}
    particles = {name: _find(paths, base, f"data.options.background.{name}") for name, paths in named.items()}
    if isinstance(options.background, Mapping):
        background = tuple(sorted({path for paths in particles.values() for path in paths}, key=str))
    else:
        background = _find(options.background, base, "data.options.background")
    if not signal:
        raise DataError("no signal is named", key="data.options.signal", got=[], expected="one DL1 file at least")
    if "type" in options.tasks and not background:
        raise DataError(
            "the task `type` needs background: with signal alone there is one class only",
            key="data.options.background",
            got="no file",
            expected="DL1 files of protons or other hadrons",
            hint="name them in data.options.background, or leave `type` out of data.options.tasks",
        )
    both = sorted(set(signal) & set(background))
    if both:
        raise DataError(
            "a file is both signal and background",
            file=both[0],
            key="data.options.background",
            expected="each file in one of the two",
            hint="narrow the pattern",
        )
    return InputFiles(signal, background, particles)


def _find(paths: Paths, base: Path | None, key: str) -> tuple[Path, ...]:
    texts = (paths,) if isinstance(paths, str) else paths
    found = {path.resolve() for text in texts for path in _matches(text, base, key)}
    return tuple(sorted(found, key=str))


def _matches(text: str, base: Path | None, key: str) -> list[Path]:
    expanded = Path(os.path.expandvars(text)).expanduser()
    place = Path(os.path.normpath((base or Path()).absolute() / expanded))
    if place.is_dir():
        return _in_folder(place, text, key)
    if place.exists() or not any(sign in text for sign in _MAGIC):
        return [find_file(text, base, key)]
    found = sorted(path for path in Path(place.anchor).glob(str(place.relative_to(place.anchor))) if path.is_file())
    if found:
        return found
    raise DataError(
        "no file matches this pattern",
        file=place,
        key=key,
        got=text,
        expected="a pattern that names DL1 files",
        hint=f"the folder {place.parent} " + ("holds other files" if place.parent.is_dir() else "does not exist"),
    )


def _in_folder(folder: Path, text: str, key: str) -> list[Path]:
    found = sorted(path for path in folder.iterdir() if path.is_file() and path.suffix in _SUFFIXES)
    if found:
        return found
    raise DataError(
        "this folder holds no DL1 file",
        file=folder,
        key=key,
        got=text,
        expected=f"files that end in {' or '.join(_SUFFIXES)}",
        hint="a pattern such as `gamma/**/*.h5` also looks into its folders",
    )
