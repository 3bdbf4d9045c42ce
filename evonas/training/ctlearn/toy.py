"""The data source ``toy_showers``: simulated events, read as CTLearn's are, for demonstrations and tests.

The DL1 files are made once, beside the image cache, and are ordinary files: ctapipe and CTLearn read them.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, model_validator

from evonas.errors import StorageError
from evonas.genome import canonical_json
from evonas.training.ctlearn.cache import cache_folder
from evonas.training.ctlearn.locks import FileLock
from evonas.training.ctlearn.options import CtlearnOptions, Paths
from evonas.training.ctlearn.progress import show_progress
from evonas.training.ctlearn.source import CtlearnSource
from evonas.training.data.paths import find_file
from evonas.training.data.protocol import Arrays

__all__ = ["ToyShowerOptions", "ToyShowerSource"]

_VERSION = 1  # raised when the same options would give other events
_PATIENCE = 0.5  # s between two looks at whether another process has finished
_PROTON_RUNS = 1000  # protons' runs start here, so that no two files share a run number
_OF_THE_SIMULATION = ("gammas", "protons", "runs", "camera", "array", "subarray", "point_source", "seed")


class ToyShowerOptions(CtlearnOptions):
    """How many showers are simulated, for which telescopes; all else as for the source ``ctlearn``."""

    signal: Paths = ()
    """Not to be given: the files are simulated."""
    gammas: Annotated[int, Field(ge=1)] = 5000
    """Triggered gamma showers."""
    protons: Annotated[int, Field(ge=0)] = 5000
    """Triggered proton showers; 0 for regressions of gammas alone."""
    runs: Annotated[int, Field(ge=1, le=_PROTON_RUNS)] = 1
    """Files, each a run of its own, that the showers of each kind are shared out to."""
    camera: Literal["small", "lst"] = "small"
    """`small`: 331 hexagonal pixels; `lst`: 1855, as the camera of a large-sized telescope."""
    array: Annotated[int, Field(ge=1)] | None = None
    """Number of telescopes; by default 1 in mono and 4 in stereo."""
    subarray: str | None = None
    """A file with a ctapipe SubarrayDescription to simulate instead; `telescope_type` chooses among its telescopes."""
    point_source: bool = False
    """Gammas from one direction; otherwise from all over the field of view."""
    seed: Annotated[int, Field(ge=0)] = 0
    """The same seed gives the same showers."""

    @model_validator(mode="after")
    def _simulated(self) -> ToyShowerOptions:
        if self.signal or self.background:
            raise ValueError("simulated events need no files: set `source: ctlearn` to read some")
        return self


class ToyShowerSource:
    """Toy showers, simulated when they are first asked for."""

    name: ClassVar[str] = "toy_showers"
    Options: ClassVar[type[ToyShowerOptions]] = ToyShowerOptions
    standardise: ClassVar[bool] = CtlearnSource.standardise

    def load(self, options: ToyShowerOptions, base: Path | None) -> Arrays:
        """Simulate the files, unless they are there, and read them.

        Raises:
            ConfigError: if the simulation cannot be made so.
            DataError: if the subarray file cannot be read, or the events are too few.
            DependencyError: if CTLearn or ctapipe is not installed.
            StorageError: if the files or the cache cannot be written.
        """
        folder = self.folder(options, base)
        files = _files(folder, options)
        if not all(path.exists() for paths in files.values() for path in paths):
            with _alone(folder):
                _simulate(files, options, base)
        given = options.model_dump(exclude={*_OF_THE_SIMULATION, "signal", "background"})
        read = CtlearnOptions(
            signal=tuple(str(path) for path in files["gamma"]),
            background=tuple(str(path) for path in files["proton"]),
            **given,
        )
        return CtlearnSource().load(read, base)

    @staticmethod
    def folder(options: ToyShowerOptions, base: Path | None) -> Path:
        """Return the folder of the files of these options."""
        settings = _settings(options, base)
        if "subarray" in settings:
            settings["subarray"] = hashlib.sha256(settings["subarray"].read_bytes()).hexdigest()
        numbers = {name: getattr(options, name) for name in ("gammas", "protons", "runs", "seed", "point_source")}
        text = canonical_json([_VERSION, {name: str(value) for name, value in {**settings, **numbers}.items()}])
        return cache_folder(options.cache, base) / "toy_showers" / hashlib.sha256(text.encode()).hexdigest()[:16]


def _settings(options: ToyShowerOptions, base: Path | None) -> dict[str, Any]:
    """Return what the simulation is told about telescopes."""
    array = options.array or (1 if options.mode == "mono" else 4)
    if options.subarray is None:
        return {"camera": options.camera, "telescopes": array}
    telescopes = {} if options.array is None else {"telescopes": options.array}
    file = find_file(options.subarray, base, "data.options.subarray")
    return {"subarray": file, "telescope_type": options.telescope_type, **telescopes}


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Wait until no other process simulates the same files."""
    lock = FileLock(folder.with_name(f"{folder.name}.lock"))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        while not lock.try_exclusive():
            time.sleep(_PATIENCE)
    except OSError as error:
        raise StorageError(f"simulated events cannot be written: {error.strerror}", file=folder) from error
    try:
        yield
    finally:
        lock.release()


def _files(folder: Path, options: ToyShowerOptions) -> dict[str, list[Path]]:
    """Return the files of each particle, one a run."""
    runs = range(1, options.runs + 1)
    return {
        "gamma": [folder / f"gamma_run{run}.dl1.h5" for run in runs],
        "proton": [folder / f"proton_run{_PROTON_RUNS + run}.dl1.h5" for run in runs if options.protons],
    }


def _simulate(files: dict[str, list[Path]], options: ToyShowerOptions, base: Path | None) -> None:
    from evonas.simulation import simulate

    total = options.gammas + options.protons
    done = 0
    with show_progress(f"simulating {total:,} toy showers", total) as advance:

        def step(events: int) -> None:
            nonlocal done
            done += events
            advance(done)

        for particle, first in (("gamma", 1), ("proton", _PROTON_RUNS + 1)):
            count = options.gammas if particle == "gamma" else options.protons
            for number, path in enumerate(files[particle]):
                share = count * (number + 1) // options.runs - count * number // options.runs
                if path.exists():
                    step(share)
                    continue
                simulate(
                    path,
                    particle,
                    share,
                    options.seed + number,
                    run=first + number,
                    diffuse=particle == "proton" or not options.point_source,
                    progress=step,
                    **_settings(options, base),
                )
