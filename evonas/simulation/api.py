"""One call that simulates one file."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evonas.errors import DependencyError, EvonasError, StorageError
from evonas.simulation.settings import SimulationSettings, checked_settings

__all__ = ["SimulationSummary", "simulate"]


@dataclass(frozen=True)
class SimulationSummary:
    """What a simulation wrote."""

    file: Path
    settings: SimulationSettings
    events: int
    images: int
    thrown: int
    """Showers thrown to have so many trigger."""
    seconds: float

    @property
    def rate(self) -> float:
        """Return the images made and written in a second."""
        return self.images / max(self.seconds, 1e-9)


def simulate(
    file: Path | str,
    particle: str = "gamma",
    events: int = 1000,
    seed: int = 0,
    *,
    overwrite: bool = False,
    progress: Callable[[int], None] | None = None,
    **settings: Any,
) -> SimulationSummary:
    """Simulate toy showers into one DL1 file, which ctapipe and CTLearn read.

    The file appears whole: it is written under another name, and renamed at the end.

    Args:
        file: the file to write, such as ``gamma_run1.dl1.h5``.
        particle: ``gamma`` or ``proton``.
        events: triggered array events to write.
        seed: the same seed, run and settings give the same events.
        overwrite: replace the file if it exists.
        progress: called with the number of further events whenever some are written.
        settings: further fields of :class:`SimulationSettings`, such as ``camera="lst"`` or ``run=1001``.

    Raises:
        ConfigError: if a setting is wrong, or nothing triggers.
        DataError: if the subarray file cannot be read.
        DependencyError: if ctapipe is not installed.
        StorageError: if the file exists already or cannot be written.
    """
    chosen = checked_settings(particle=particle, events=events, seed=seed, **settings)
    target = Path(file)
    if target.exists() and not overwrite:
        raise StorageError("the file exists already", file=target, hint="choose another folder, or overwrite it")
    _need_ctapipe()
    started = time.perf_counter()
    partial = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        thrown, images = _written(chosen, partial, progress)
        partial.replace(target)
    except EvonasError:
        raise
    except OSError as error:
        raise StorageError(f"the file cannot be written: {error}", file=target) from error
    finally:
        partial.unlink(missing_ok=True)
    return SimulationSummary(target, chosen, chosen.events, images, thrown, time.perf_counter() - started)


def _written(settings: SimulationSettings, file: Path, progress: Callable[[int], None] | None) -> tuple[int, int]:
    from evonas.simulation.source import ToyEventSource
    from evonas.simulation.writer import write_blocks

    return write_blocks(ToyEventSource(settings), file, progress)


def _need_ctapipe() -> None:
    try:
        import ctapipe.io  # noqa: F401
    except ImportError as error:
        raise DependencyError(
            f"DL1 files are written with ctapipe, which cannot be imported: {error}",
            hint='pip install "evonas[ctlearn]"',
        ) from error
