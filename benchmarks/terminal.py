"""What the terminal's questions to a long lineage cost: ``evonas lineage ...`` and ``evonas best``, from the shell.

A run of toy evaluations is bred by the engine itself, and written with rungs, repeats, learning curves and failures.
Then each command is a process of its own, as a person starts it, with its standard output on a pipe. Beside the wall
time stands the CPU time, which other work on the machine disturbs less.

Usage: python benchmarks/terminal.py [--individuals 10000] [--repeats 7] [--run DIR] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from machine import about

from evonas.config import EvolutionConfig, SearchConfig
from evonas.evolution import Engine
from evonas.genome import Genome
from evonas.lineage import LineageStore, RunRecord
from evonas.records import EvaluationRequest, EvaluationResult, EvaluationStatus
from evonas.testing.toy import toy_evaluate, toy_space

BAR = 0.3  # s for `lineage ancestors`
FAILED_EVERY = 37
COMMANDS: tuple[tuple[str, ...], ...] = (
    ("--help",),
    ("lineage", "ancestors", "RUN"),
    ("lineage", "ancestors", "RUN", "LAST"),
    ("lineage", "ancestors", "RUN", "LAST", "--format", "json"),
    ("lineage", "show", "RUN"),
    ("lineage", "diff", "RUN", "0", "LAST"),
    ("lineage", "top", "RUN"),
    ("lineage", "top", "RUN", "--where", "parameters < 1e5 and optimizer.learning_rate > 1e-3"),
    ("lineage", "stats", "RUN"),
    ("best", "RUN"),
    ("best", "RUN", "--where", "parameters < 1e5 and accuracy > 0.5"),
)


def main(arguments: list[str] | None = None) -> int:
    """Write a lineage, time the commands, print a table, and write JSON if asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--individuals", type=int, default=10_000, help="how many are born")
    parser.add_argument("--repeats", type=int, default=7, help="times that each command is started")
    parser.add_argument("--run", type=Path, help="where the run is written, and kept; one that is there is used again")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        run = options.run or Path(folder) / "run"
        if not run.exists():
            live(run, options.individuals)
        with LineageStore.open(run, read_only=True) as store:
            counts = store.counts()
            last = store.results(curves=False)[-1].result.individual
        machine = about(individuals=counts["individuals"], repeats=options.repeats)
        print(", ".join(f"{name} {value}" for name, value in machine.items()))
        times = {" ".join(command): measured(command, run, last, options.repeats) for command in COMMANDS}
    print(f"\n{'command':<86} {'best, s':>8} {'median':>8} {'CPU':>8}")
    for command, found in times.items():
        best = min(found["wall_s"])
        met = f"  {'met' if best <= BAR else 'MISSED'} ({BAR:g} s)" if "ancestors" in command else ""
        median, cpu = statistics.median(found["wall_s"]), min(found["cpu_s"])
        print(f"{command:<86} {best:>8.3f} {median:>8.3f} {cpu:>8.3f}{met}")
    if options.json:
        figures = {"about": machine, "counts": counts, "seconds": times}
        options.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return 0


def live(place: Path, individuals: int) -> None:
    """Write a run of so many individuals that the engine bred; every third is trained on, every thirtieth again."""
    config = EvolutionConfig(evaluations=10 * individuals, objectives=["accuracy"], population=50, epochs=3)
    alone = SearchConfig(surrogate=False, rungs="none", repeats="none")
    search = Engine(toy_space(), config, seed=0, search=alone, appraise=costs)
    record = RunRecord.new(
        "toy",
        config={"evolution": {"population": 50}},
        space=toy_space().to_dict(),
        objectives=[{"metric": "accuracy", "direction": "auto"}],
    )
    further = individuals  # numbers of evaluations that the engine did not ask for
    with LineageStore.create(place, record, synchronous="normal") as store:
        store.add_session()
        for number in range(individuals):
            request = search.ask()
            assert request is not None
            store.add_individual(search.individuals[request.individual], request)
            result = evaluated(request)
            store.add_result(result)
            trainings = (0 if number % 3 or not result.completed else 1) + 2 * (number % 30 == 0)
            for repeat in range(trainings):
                seed = request.seed + repeat
                more = replace(request, number=further, rung=1, epochs=6, trained=3, repeat=repeat, seed=seed)
                store.add_request(more)
                store.add_result(evaluated(more))
                further += 1
            left = search.tell(result)
            if left:
                store.mark_deaths(left, len(search.results))
        store.end_session()
        store.set_run_status("finished", "enough for a benchmark")


def costs(genome: Genome) -> dict[str, float]:
    """Return the weights of a chain of dense layers."""
    units = [64, *(layer["units"] for layer in genome["layers"]), 10]
    return {"parameters": float(sum(one * other + other for one, other in pairwise(units)))}


def evaluated(request: EvaluationRequest) -> EvaluationResult:
    """Return what a toy evaluation gives, with a learning curve; a few fail."""
    details: dict[str, Any] = {"seconds": 0.5 + request.individual % 7, "device": f"gpu:{request.number % 4}"}
    if request.individual % FAILED_EVERY == FAILED_EVERY - 1:
        return request.failure(EvaluationStatus.DIVERGED, "loss = nan in epoch 2", epochs=1, **details)
    epochs = request.total_epochs
    metrics = toy_evaluate(request.genome, epochs, request.seed)
    curve = [
        {"epoch": epoch, "loss": metrics["loss"] + 1 / epoch, "val_loss": metrics["loss"] + 1.2 / epoch}
        for epoch in range(1, epochs + 1)
    ]
    return request.result(metrics, curve=curve, **details)


def measured(command: tuple[str, ...], run: Path, last: int, repeats: int) -> dict[str, list[float]]:
    """Return the wall and CPU times of a command, s."""
    words = [{"RUN": str(run), "LAST": str(last)}.get(word, word) for word in command]
    times: dict[str, list[float]] = {"wall_s": [], "cpu_s": []}
    for _ in range(repeats):
        begun, cpu = time.perf_counter(), _children_seconds()
        done = subprocess.run(
            [sys.executable, "-m", "evonas.cli.main", *words], capture_output=True, text=True, env=dict(os.environ)
        )
        times["wall_s"].append(time.perf_counter() - begun)
        times["cpu_s"].append(_children_seconds() - cpu)
        if done.returncode:
            raise SystemExit(f"evonas {' '.join(words)} failed:\n{done.stderr}")
    return times


def _children_seconds() -> float:
    used = os.times()
    return used.children_user + used.children_system


if __name__ == "__main__":
    sys.exit(main())
