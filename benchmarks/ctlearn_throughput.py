"""Candidates an hour: evonas, and one ``ctlearn-train-model`` process a candidate, on the same events.

The same networks (those that CTLearn's own classes can build), events, epochs, batch size and fraction for validation.
evonas runs a whole search of these candidates through its command line, from cold: reading the events into the cache is
part of its time, and said apart. CTLearn's processes run one after another, each with all cores, as a script would.

    python benchmarks/ctlearn_throughput.py                     # 8 candidates, small camera
    python benchmarks/ctlearn_throughput.py --at-once 2         # CTLearn: two processes at a time

Both train with TensorFlow; no GPU is used unless ``--gpu`` is given.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from machine import about

BAR = 3.0
BATCH = 64


def main() -> int:
    """Simulate, train both ways in turn, print candidates an hour."""
    options = _arguments()
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    if not options.gpu:
        environment["CUDA_VISIBLE_DEVICES"] = "-1"
    with tempfile.TemporaryDirectory(prefix="evonas-benchmark-") as name:
        folder = Path(name)
        files = _simulated(folder / "dl1", options)
        candidates = _candidates(options.candidates, options.seed)
        repeats = []
        for repeat in range(options.repeats):
            order = ("evonas", "ctlearn") if repeat % 2 == 0 else ("ctlearn", "evonas")
            seconds = {}
            for which in order:
                work = folder / f"{which}{repeat}"
                work.mkdir()
                run = _evonas if which == "evonas" else _ctlearn
                seconds[which] = run(work, files, candidates, options, environment)
                print(f"repeat {repeat}: {which} {seconds[which]}", file=sys.stderr, flush=True)
            repeats.append(seconds)
    _print(repeats, options)
    if options.json:
        text = json.dumps({"about": about(candidates=options.candidates, epochs=options.epochs), "repeats": repeats})
        Path(options.json).write_text(text + "\n", encoding="utf-8")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--candidates", type=int, default=8)
    parser.add_argument("--events", type=int, default=1500, help="triggered showers of each kind")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--mapper", default="BilinearMapper")
    parser.add_argument("--at-once", type=int, default=1, help="CTLearn processes at a time")
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--gpu", action="store_true", help="leave the GPUs visible")
    parser.add_argument("--json", metavar="FILE")
    return parser.parse_args()


def _simulated(folder: Path, options: argparse.Namespace) -> dict[str, Path]:
    from evonas.simulation import simulate

    files = {"gamma": folder / "gamma" / "gamma.dl1.h5", "proton": folder / "proton" / "proton.dl1.h5"}
    for particle, file in files.items():
        simulate(file, particle, options.events, 0, run=1 if particle == "gamma" else 1001, camera="small")
    return files


def _candidates(count: int, seed: int) -> list[dict[str, Any]]:
    """Return genes of networks that CTLearn's SingleCNN can build, not larger than twice its default."""
    rng = np.random.default_rng(seed)
    learning = {"schedule": {"type": "constant"}, "batch_size": BATCH}
    found = []
    for _ in range(count):
        layers = [
            {"filters": int(rng.choice([16, 24, 32, 48, 64])), "kernel": int(rng.choice([3, 5])), "number": 1}
            for _ in range(int(rng.integers(2, 5)))
        ]
        optimizer = {"type": "adam", "learning_rate": float(10 ** rng.uniform(-4, -3)), "epsilon": 1e-8}
        found.append(
            {
                "layers": layers,
                "pooling": {"type": "max", "size": 2, "stride": 2},
                "activation": "relu",
                "normalisation": "none",
                "dropout": 0.0,
                "bottleneck": {"type": "none"},
                "attention": {"type": "none"},
                "head": {"layers": [{"units": 128}], "activation": "ctlearn", "dropout": 0.0},
                "learning": {"optimizer": optimizer, **learning},
            }
        )
    return found


def _evonas(
    work: Path,
    files: Mapping[str, Path],
    candidates: list[dict[str, Any]],
    options: argparse.Namespace,
    environment: dict[str, str],
) -> dict[str, float]:
    from evonas.genome import Genome, write_genome
    from evonas.genome.files import GenomeFile

    seeds = []
    for number, genes in enumerate(candidates):
        seeds.append(str(work / f"{number}.yaml"))
        write_genome(work / f"{number}.yaml", GenomeFile(Genome(genes, "ctlearn_cnn"), name=str(number)))
    config = {
        "name": "throughput",
        "model": "ctlearn_cnn",
        "baseline": "none",
        "seeds": seeds,
        "data": {
            "source": "ctlearn",
            "options": {
                "signal": str(files["gamma"]),
                "background": str(files["proton"]),
                "mapper": options.mapper,
                "cache": str(work / "cache"),
            },
            "split": {"validation": 0.25, "test": 0.0},
        },
        "evolution": {
            "objectives": ["auc"],
            "epochs": options.epochs,
            "evaluations": len(candidates),
            "population": len(candidates) + 2,
            "founders": 1,
        },
        "training": {"class_weights": "balanced"},
    }
    (work / "run.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "evonas.cli.main",
        "evolve",
        str(work / "run.yaml"),
        "--run-dir",
        str(work / "run"),
    ]
    started = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, env=environment)
    whole = time.perf_counter() - started
    from evonas.lineage import LineageStore

    with LineageStore.open(work / "run" / "lineage.sqlite", read_only=True) as store:
        results = [stored.result for stored in store.results()]
        searching = store.elapsed()
    trained = [result for result in results if result.completed and result.epochs == options.epochs]
    assert len(trained) == len(candidates), [(result.status, result.error) for result in results]
    return {"whole": whole, "searching": searching}


def _ctlearn(
    work: Path,
    files: Mapping[str, Path],
    candidates: list[dict[str, Any]],
    options: argparse.Namespace,
    environment: dict[str, str],
) -> dict[str, float]:
    from evonas.genome import Genome
    from evonas.training.ctlearn.tasks import ctlearn_heads
    from evonas.training.families.ctlearn.native import native_component

    def train(number: int) -> None:
        native = native_component(Genome(candidates[number], "ctlearn_cnn"), ctlearn_heads(["type"]))
        assert native is not None
        rate = candidates[number]["learning"]["optimizer"]["learning_rate"]
        tool = {
            "input_dir_signal": str(files["gamma"].parent),
            "input_dir_background": str(files["proton"].parent),
            "reco_tasks": ["type"],
            "model_type": native[0],
            "n_epochs": options.epochs,
            "batch_size": BATCH,
            "validation_split": 0.25,
            "optimizer": {"name": "Adam", "base_learning_rate": rate, "adam_epsilon": 1e-8},
            native[0]: native[1],
            "DLImageReader": {"channels": ["image", "peak_time"], "image_mapper_type": options.mapper},
        }
        file = work / f"{number}.yaml"
        file.write_text(yaml.safe_dump({"TrainCTLearnModel": tool}), encoding="utf-8")
        command = [str(Path(sys.executable).with_name("ctlearn-train-model")), "--config", str(file)]
        command += ["--output", str(work / f"out{number}")]
        done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=work)
        assert done.returncode == 0, done.stderr[-3000:]
        assert (work / f"out{number}" / "training_log.csv").read_text().count("\n") == options.epochs + 1

    started = time.perf_counter()
    with ThreadPoolExecutor(options.at_once) as pool:
        list(pool.map(train, range(len(candidates))))
    whole = time.perf_counter() - started
    return {"whole": whole, "searching": whole}


def _print(repeats: list[dict[str, dict[str, float]]], options: argparse.Namespace) -> None:
    def hourly(seconds: float) -> float:
        return options.candidates * 3600 / seconds

    print(f"{options.candidates} candidates, {2 * options.events} showers, {options.epochs} epochs, batch {BATCH}")
    for number, seconds in enumerate(repeats):
        ours, theirs = seconds["evonas"], seconds["ctlearn"]
        print(
            f"repeat {number}: evonas {hourly(ours['whole']):.0f} an hour from cold, "
            f"{hourly(ours['searching']):.0f} once the events are cached; "
            f"ctlearn-train-model {hourly(theirs['whole']):.0f} an hour; "
            f"{theirs['whole'] / ours['whole']:.2f} and {theirs['whole'] / ours['searching']:.2f} times"
        )
    worst = min(seconds["ctlearn"]["whole"] / seconds["evonas"]["whole"] for seconds in repeats)
    print(f"bar: {BAR:g} times; least seen from cold: {worst:.2f}")


if __name__ == "__main__":
    sys.exit(main())
