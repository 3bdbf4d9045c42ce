"""Images a second of the trainer against a bare ``model.fit`` on the same in-memory arrays, in one run.

Both train the same network from the same genome on the same arrays, with validation and accuracy after each epoch. The
repeats alternate, so that whatever else the machine does meets both; the ratio of their CPU times hardly depends on
it at all. The first epoch of each repeat is timed apart: it holds the tracing of the network's graphs. The bar: not
slower.

Usage: python benchmarks/trainer.py [--repeats 7] [--epochs 6] [--threads 1] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

Tick = Callable[[], None]

_CNN_HEAD = {"pooling": "flatten", "layers": [{"units": 64, "activation": "relu", "dropout": 0.0}]}
_ADAM = {"optimizer": {"type": "adam", "learning_rate": 1e-3}, "batch_size": 64}


def _stage(filters: int, blocks: int) -> dict[str, Any]:
    return {
        "filters": filters,
        "kernel": 3,
        "blocks": blocks,
        "block": "plain",
        "activation": "relu",
        "normalisation": "batch",
        "pooling": "max",
    }


CASES: dict[str, tuple[str, tuple[int, ...], int, int, dict[str, Any]]] = {
    # name: family, input shape, classes, events, genes
    "small dense": (
        "dense",
        (45,),
        2,
        16_000,
        {"layers": [{"units": 64, "activation": "relu"}] * 2, "learning": {**_ADAM, "batch_size": 128}},
    ),
    "small cnn": ("cnn", (8, 8, 1), 10, 6_000, {"stages": [_stage(8, 1)], "head": _CNN_HEAD, "learning": _ADAM}),
    "middling cnn": (
        "cnn",
        (28, 28, 1),
        10,
        2_000,
        {"stages": [_stage(16, 1), _stage(32, 2)], "head": _CNN_HEAD, "learning": _ADAM},
    ),
}
"""The networks: from one where Python's part of a step shows, to one where only arithmetic does."""


def main() -> None:
    """Measure, print a table, and write JSON if asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--epochs", type=int, default=6, help="of each repeat; the first is timed apart")
    parser.add_argument("--threads", type=int, default=0, help="0: the backend's own choice")
    parser.add_argument("--case", action="append", choices=list(CASES), help="one of the networks; default: all")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    from evonas.training.backend import backend_name, limit_threads

    limit_threads(options.threads)
    import keras

    about = {
        "python": platform.python_version(),
        "keras": keras.__version__,
        "backend": backend_name(),
        "machine": platform.machine(),
        "cores": os.cpu_count(),
        "threads": options.threads,
        "repeats": options.repeats,
        "epochs": options.epochs,
    }
    print(", ".join(f"{name} {value}" for name, value in about.items()))
    head = f"{'network':<14} {'parameters':>10} {'model.fit/s':>12} {'evonas/s':>12} {'ratio':>6} {'CPU':>6}"
    head += f" {'first epoch, s':>16}"
    print(f"{head}\n{'-' * len(head)}")
    rows = []
    for name in options.case or CASES:
        row = measure(name, options.repeats, options.epochs)
        rows.append(row)
        print(
            f"{name:<14} {row['parameters']:>10} {row['fit']:>12.0f} {row['evonas']:>12.0f} {row['ratio']:>6.2f} "
            f"{row['cpu_ratio']:>6.2f} "
            f"{row['fit_first']:>8.2f} {row['evonas_first']:>7.2f}"
        )
    if options.json:
        options.json.write_text(json.dumps({"about": about, "rows": rows}, indent=1), encoding="utf-8")


def measure(name: str, repeats: int, epochs: int) -> dict[str, Any]:
    """Return events a second of both, their ratio (the median over the pairs), and the first epochs' seconds."""
    from evonas.genome import Genome
    from evonas.training.data import Part, load_part
    from evonas.training.families import load_family
    from evonas.training.heads import classifier

    family, shape, classes, events, genes = CASES[name]
    rng = np.random.default_rng(0)
    genome = Genome(genes, family)
    with tempfile.TemporaryDirectory() as folder:
        for part, count in (("train", events), ("validation", events // 5)):
            np.save(Path(folder) / f"{part}_inputs.npy", rng.standard_normal((count, *shape), np.float32))
            np.save(Path(folder) / f"{part}_targets.npy", rng.integers(0, classes, count, np.int32))
        mapped = {part: load_part(Path(folder), part) for part in ("train", "validation")}
        memory = {part: Part(np.array(value.inputs), np.array(value.targets)) for part, value in mapped.items()}
        times: dict[str, list[list[float]]] = {"fit": [], "evonas": []}
        used: dict[str, list[float]] = {"fit": [], "evonas": []}
        for repeat in range(repeats):
            runs = [("fit", memory, bare), ("evonas", memory, ours)]
            for which, parts, run in runs if repeat % 2 else reversed(runs):
                model = load_family(family).build(genome, shape, classifier(classes))
                ends: list[tuple[float, float]] = [_now()]
                run(model, genome, parts, classes, epochs, lambda ends=ends: ends.append(_now()))
                times[which].append([end[0] - begin[0] for begin, end in pairwise(ends)])
                used[which].append(ends[-1][1] - ends[1][1])
    later = {which: [sum(seconds[1:]) for seconds in runs] for which, runs in times.items()}
    trained = events * (epochs - 1)
    return {
        "network": name,
        "parameters": int(load_family(family).costs(genome, shape, classifier(classes))["parameters"]),
        "fit": trained / statistics.median(later["fit"]),
        "evonas": trained / statistics.median(later["evonas"]),
        "ratio": statistics.median(a / b for a, b in zip(later["fit"], later["evonas"], strict=True)),
        "cpu_ratio": statistics.median(a / b for a, b in zip(used["fit"], used["evonas"], strict=True)),
        "fit_first": statistics.median(seconds[0] for seconds in times["fit"]),
        "evonas_first": statistics.median(seconds[0] for seconds in times["evonas"]),
        "seconds": later,
        "cpu_seconds": used,
    }


def _now() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


def bare(model: Any, genome: Any, parts: dict[str, Any], classes: int, epochs: int, tick: Tick) -> None:
    """Train with ``model.fit`` as its documentation shows."""
    import keras

    from evonas.training import learning

    training, validation = parts["train"], parts["validation"]
    batch = learning.batch_size(genome)
    model.compile(
        optimizer=learning.optimizer(genome, -(-len(training.inputs) // batch), epochs),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    model.fit(
        training.inputs,
        training.targets,
        batch_size=batch,
        epochs=epochs,
        validation_data=(validation.inputs, validation.targets),
        verbose=0,
        callbacks=[keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: tick())],
    )


def ours(model: Any, genome: Any, parts: dict[str, Any], classes: int, epochs: int, tick: Tick) -> None:
    """Train with the trainer."""
    from evonas.config.schema import TrainingConfig
    from evonas.training.heads import classifier
    from evonas.training.trainer import train

    train(
        model,
        genome,
        parts["train"],
        parts["validation"],
        TrainingConfig(),
        heads=classifier(classes),
        epochs=epochs,
        seed=0,
        report=lambda row: tick(),
    )


if __name__ == "__main__":
    main()
