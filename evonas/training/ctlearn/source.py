"""The data source ``ctlearn``: DL1 files of Cherenkov telescopes, read once with CTLearn's reader into a cache."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from evonas.genome import canonical_json
from evonas.training.ctlearn.cache import Cached, cache_folder
from evonas.training.ctlearn.digests import file_digests
from evonas.training.ctlearn.dl1 import inspect
from evonas.training.ctlearn.images import ImageBlocks, OrderError
from evonas.training.ctlearn.inputs import InputFiles, find_inputs
from evonas.training.ctlearn.key import cache_key, key_facts
from evonas.training.ctlearn.options import CtlearnOptions
from evonas.training.ctlearn.progress import show_progress
from evonas.training.ctlearn.reading import Events, open_reader, read_events
from evonas.training.ctlearn.selection import Selection, select
from evonas.training.ctlearn.sharing import obtain
from evonas.training.ctlearn.tasks import ctlearn_heads
from evonas.training.ctlearn.writing import write_cache
from evonas.training.data.protocol import Arrays, FileArray

__all__ = ["TARGET_COLUMNS", "CtlearnSource"]

TARGET_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "type": ("true_class",),
    "energy": ("true_log_energy",),
    "cameradirection": ("cam_x", "cam_y"),
    "skydirection": ("fov_lon", "fov_lat"),
}
"""The columns of the events that each task learns."""

_SUBSET_SEED = 0  # of `max_events`: the same files give the same events


class CtlearnSource:
    """Images of Cherenkov telescopes in DL1 files of ctapipe, as CTLearn reads them."""

    name: ClassVar[str] = "ctlearn"
    Options: ClassVar[type[CtlearnOptions]] = CtlearnOptions
    standardise: ClassVar[bool] = False
    """Images are used as they are unless the configuration says otherwise: CTLearn's tools feed them so."""

    def load(self, options: CtlearnOptions, base: Path | None) -> Arrays:
        """Read the events, from the cache if they were read before.

        Inputs are float32: mono (events, rows, columns, channels); stereo (events, telescopes, rows, columns,
        channels), absent telescopes all zero, or stacked (events, rows, columns, telescopes x channels). Targets are
        float32, the tasks' columns side by side. The cache file stays in use until the process ends.

        Raises:
            DataError: for files that are missing, no DL1 files of simulations, truncated, without images, of
                different cameras, or that leave no event.
            DependencyError: if CTLearn or a package it needs is not installed.
            StorageError: if the cache cannot be written.
        """
        inputs = find_inputs(options, base)
        selection = select([inspect(path, _key_of(path, inputs)) for path in inputs.all], options)
        folder = cache_folder(options.cache, base)
        digests = file_digests(inputs.all, folder)
        facts = key_facts(inputs, digests, selection, options)
        key = cache_key(facts)

        def build(path: Path) -> None:
            _build(path, inputs, digests, selection, options, facts)

        return _arrays(obtain(folder, key, build), inputs, digests, options)


def _key_of(path: Path, inputs: InputFiles) -> str:
    return "data.options.signal" if path in inputs.signal else "data.options.background"


def _build(
    path: Path,
    inputs: InputFiles,
    digests: Mapping[Path, str],
    selection: Selection,
    options: CtlearnOptions,
    facts: Mapping[str, Any],
) -> None:
    files = [_file_facts(file, digests[file], inputs) for file in inputs.all]
    for look_up in (False, True):
        with _read(inputs, selection, options, look_up) as (reader, events, blocks):
            about = {"key": dict(facts), "files": files, **_reader_facts(reader)}
            try:
                count = f"{int((events.table_index >= 0).sum()):,}"
                with show_progress(f"reading {count} images into the cache", blocks.shape[0]) as advance:
                    write_cache(path, blocks.shape, blocks, events.columns, about, advance)
                return
            except OrderError:
                if look_up:
                    raise


@contextmanager
def _read(
    inputs: InputFiles, selection: Selection, options: CtlearnOptions, look_up: bool
) -> Iterator[tuple[Any, Events, ImageBlocks]]:
    with open_reader(inputs, selection, options, look_up=look_up) as reader:
        events = _subset(read_events(reader, options), options.max_events)
        yield reader, events, ImageBlocks(reader, events, options)


def _subset(events: Events, limit: int | None) -> Events:
    """Draw at most so many events, both classes in proportion, at least one of each."""
    classes = events.columns["true_class"]
    if limit is None or limit >= len(classes):
        return events
    rng = np.random.default_rng(_SUBSET_SEED)
    kept = []
    for value in np.unique(classes):
        places = np.flatnonzero(classes == value)
        count = min(len(places), max(1, round(limit * len(places) / len(classes))))
        kept.append(rng.choice(places, count, replace=False))
    return events.take(np.sort(np.concatenate(kept)))


def _reader_facts(reader: Any) -> dict[str, Any]:
    geometry = reader.subarray.tel[int(reader.tel_ids[0])].camera.geometry
    return {
        "telescope_type": str(reader.tel_type),
        "camera": str(reader.cam_name),
        "focal_length": float(geometry.frame.focal_length.to_value("m")),
        "image_shape": int(reader.image_mappers[reader.cam_name].image_shape),
        "tel_ids": sorted(int(tel_id) for tel_id in reader.tel_ids),
    }


def _file_facts(path: Path, digest: str, inputs: InputFiles) -> dict[str, Any]:
    status = path.stat()
    return {
        "path": str(path),
        "sha256": digest,
        "size": status.st_size,
        "mtime_ns": status.st_mtime_ns,
        "signal": path in inputs.signal,
    }


def _arrays(cached: Cached, inputs: InputFiles, digests: Mapping[Path, str], options: CtlearnOptions) -> Arrays:
    heads = ctlearn_heads(options.tasks)
    tasks = [head.name for head in heads]
    file = FileArray(cached.path, cached.offset, cached.shape)
    columns = _events(cached, inputs, digests, options)
    targets = np.stack([columns[name] for task in tasks for name in TARGET_COLUMNS[task]], axis=1)
    digest = hashlib.sha256(canonical_json([cached.digest, tasks, options.split_by]).encode()).hexdigest()
    return Arrays(
        inputs=file.map(),
        targets=targets.astype(np.float32),
        class_names=("background", "signal") if tasks == ["type"] else (),
        input_names=_input_names(options, cached.shape[-1]),
        origin=str(inputs.signal[0]),
        keys=("images", "+".join(tasks)),
        heads=heads,
        groups=_groups(cached.columns, options.split_by),
        events=columns,
        file=file,
        digest=digest,
        zeros_mean_absent=options.mode == "stereo" and not options.stack,
        facts=_facts(cached, inputs, tasks, options),
    )


def _events(
    cached: Cached, inputs: InputFiles, digests: Mapping[Path, str], options: CtlearnOptions
) -> dict[str, NDArray[Any]]:
    """Return the cached columns, with the files numbered as they are called now."""
    hidden = {"shower"} | ({"multiplicity"} if options.mode == "mono" else set())
    columns = {name: values for name, values in cached.columns.items() if name not in hidden}
    place = {digests[path]: number for number, path in enumerate(inputs.all)}
    now = np.asarray([place[str(file["sha256"])] for file in cached.facts["files"]], np.int64)
    return {**columns, "file_index": now[columns["file_index"]]}


def _groups(columns: Mapping[str, NDArray[Any]], split_by: str) -> NDArray[np.int64]:
    if split_by == "event":
        return np.asarray(columns["shower"], np.int64)
    runs = np.stack((columns["true_particle"], columns["obs_id"]), axis=1)
    return np.unique(runs, axis=0, return_inverse=True)[1].ravel().astype(np.int64)


def _input_names(options: CtlearnOptions, width: int) -> tuple[str, ...]:
    if width == len(options.channels):
        return tuple(options.channels)
    telescopes = range(1, width // len(options.channels) + 1)
    return tuple(f"{channel}_{telescope}" for telescope in telescopes for channel in options.channels)


def _facts(cached: Cached, inputs: InputFiles, tasks: Sequence[str], options: CtlearnOptions) -> dict[str, Any]:
    from_reader = ("telescope_type", "camera", "focal_length", "image_shape", "tel_ids")
    return {
        "mode": options.mode,
        **{name: cached.facts[name] for name in from_reader},
        "mapper": options.mapper,
        "mapper_options": dict(options.mapper_options),
        "channels": list(options.channels),
        "quality": [list(cut) for cut in options.quality],
        "tasks": list(tasks),
        "stack": options.stack,
        "sort_by_intensity": options.sort_by_size,
        "min_telescopes": options.min_telescopes,
        "focal_length_choice": options.focal_length_choice,
        "signal_files": [str(path) for path in inputs.signal],
        "background_files": [str(path) for path in inputs.background],
        "background_particles": {name: [str(path) for path in paths] for name, paths in inputs.particles.items()},
        "class_weight": _class_weight(cached.columns["true_class"], bool(inputs.background)),
        "versions": cached.facts["key"]["versions"],
        "cache_key": cached.key,
    }


def _class_weight(classes: NDArray[Any], background: bool) -> list[float] | None:
    """Weigh both classes equally, as dl1_data_handler does: half of all events, divided by those of the class."""
    if not background:
        return None
    return [len(classes) / 2.0 / int((classes == value).sum()) for value in (0, 1)]
