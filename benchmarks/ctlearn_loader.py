"""Milliseconds an image: CTLearn's loader, and the mapped image cache, in shuffled batches of 64, alternating.

Both give the same images (checked before anything is timed) from the same files. An epoch of CTLearn's loader reads
each image from the DL1 file and maps it; an epoch of the cache gathers each batch from the mapped file into new memory.

    python benchmarks/ctlearn_loader.py                 # simulates gammas and protons on the small camera
    python benchmarks/ctlearn_loader.py --camera lst
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from machine import about

BAR = 20.0


def main() -> int:
    """Simulate, build, compare, time, print."""
    options = _arguments()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
    with tempfile.TemporaryDirectory(prefix="evonas-benchmark-") as folder:
        signal, background = _simulated(Path(folder), options)
        built, arrays = _cached(Path(folder), signal, background)
        loader = _loader(signal, background, options.batch)
        _check(arrays, loader, options.batch)
        found = _alternate(arrays, loader, options)
    found["build_ms"] = built
    _print(found, arrays.inputs.shape)
    if options.json:
        text = json.dumps({"about": about(camera=options.camera, shape=list(arrays.inputs.shape)), **found}, indent=1)
        Path(options.json).write_text(text + "\n", encoding="utf-8")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--camera", choices=("small", "lst"), default="small")
    parser.add_argument("--events", type=int, default=2000, help="images of each class")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--json", metavar="FILE")
    return parser.parse_args()


def _simulated(folder: Path, options: argparse.Namespace) -> tuple[Path, Path]:
    from evonas.simulation import simulate

    signal, background = folder / "gamma.dl1.h5", folder / "proton.dl1.h5"
    simulate(signal, "gamma", options.events, 1, camera=options.camera, run=1)
    simulate(background, "proton", options.events, 2, camera=options.camera, run=2)
    return signal, background


def _cached(folder: Path, signal: Path, background: Path) -> tuple[dict[str, float], Any]:
    """Build the cache and use it again; the first reading of a process also imports CTLearn's reader."""
    from evonas.training.ctlearn.source import CtlearnSource

    source, seconds, arrays = CtlearnSource(), {}, None
    import dl1_data_handler.reader  # noqa: F401 - its import is not what is timed

    for name, cache in (("build", "cache"), ("again", "cache")):
        options = source.Options(signal=str(signal), background=str(background), cache=str(folder / cache))
        begun = time.perf_counter()
        arrays = source.load(options, None)
        seconds[name] = (time.perf_counter() - begun) * 1e3 / len(arrays.inputs)
    return seconds, arrays


def _loader(signal: Path, background: Path, batch: int) -> Any:
    from ctlearn.core.loader import DLDataLoader
    from dl1_data_handler.reader import DLImageReader

    reader = DLImageReader(input_url_signal=[str(signal)], input_url_background=[str(background)])
    indices = list(range(len(reader.example_identifiers)))
    return DLDataLoader(reader, indices, tasks=["type"], batch_size=batch, random_seed=0)


def _check(arrays: Any, loader: Any, batch: int) -> None:
    features, labels = loader[0]
    images = features["input"] if isinstance(features, dict) else features
    places = np.asarray(loader.indices[:batch])
    assert np.array_equal(arrays.inputs[places], images), "both give the same images"
    assert np.array_equal(arrays.targets[places, 0], labels.argmax(axis=1)), "and the same labels"


def _alternate(arrays: Any, loader: Any, options: argparse.Namespace) -> dict[str, Any]:
    """Time an epoch of each in turn, so that what else the machine does falls on both."""
    times: dict[str, list[float]] = {"loader": [], "cache": []}
    for repeat in range(options.repeats):
        times["loader"].append(_milliseconds(lambda: _loader_epoch(loader), loader, options.batch))
        times["cache"].append(
            _milliseconds(lambda at=repeat: _cache_epoch(arrays.inputs, at, options.batch), loader, options.batch)
        )
    ratios = [slow / quick for slow, quick in zip(times["loader"], times["cache"], strict=True)]
    return {
        "loader_ms": _spread(times["loader"]),
        "cache_ms": _spread(times["cache"]),
        "ratio": _spread(ratios),
        "bar": BAR,
    }


def _milliseconds(epoch: Callable[[], None], loader: Any, batch: int) -> float:
    begun = time.perf_counter()
    epoch()
    return (time.perf_counter() - begun) * 1e3 / (len(loader) * batch)


def _loader_epoch(loader: Any) -> None:
    for index in range(len(loader)):
        loader[index]
    loader.on_epoch_end()


def _cache_epoch(images: Any, seed: int, batch: int) -> None:
    order = np.random.default_rng(seed).permutation(len(images))
    for start in range(0, len(order) // batch * batch, batch):
        np.take(images, order[start : start + batch], axis=0)


def _spread(values: list[float]) -> dict[str, float]:
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}


def _print(found: dict[str, Any], shape: tuple[int, ...]) -> None:
    print(f"{shape[0]:,} images of {' x '.join(map(str, shape[1:]))}; load {about()['load']}")
    print(f"{'milliseconds an image':32}{'median':>10}{'min':>10}{'max':>10}")
    for name, title in (("loader_ms", "CTLearn's loader"), ("cache_ms", "mapped cache")):
        print(f"{title:32}" + "".join(f"{found[name][part]:10.4f}" for part in ("median", "min", "max")))
    print(f"{'times as fast':32}" + "".join(f"{found['ratio'][part]:10.1f}" for part in ("median", "min", "max")))
    print(f"{'building the cache':32}{found['build_ms']['build']:10.4f}")
    print(f"{'finding it again':32}{found['build_ms']['again']:10.4f}")


if __name__ == "__main__":
    sys.exit(main())
