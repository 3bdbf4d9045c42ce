"""A long run of toy evaluations, which several benchmarks look at, and the options that it takes.

It is bred by the engine itself, and written with rungs, repeats, learning curves and failures.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from evonas.config import EvolutionConfig, SearchConfig
from evonas.evolution import Engine
from evonas.genome import Genome
from evonas.lineage import LineageStore, RunRecord
from evonas.records import EvaluationRequest, EvaluationResult, EvaluationStatus
from evonas.testing.toy import toy_evaluate, toy_space

__all__ = ["live", "long_run", "options_of"]

FAILED_EVERY = 37


def options_of(description: str | None, *, repeats: int | None = None) -> argparse.ArgumentParser:
    """Return the options that benchmarks of a long run share.

    Args:
        description: the benchmark's docstring.
        repeats: times that each part is measured, if it is measured several times.
    """
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--individuals", type=int, default=10_000, help="how many are born")
    if repeats is not None:
        parser.add_argument("--repeats", type=int, default=repeats, help="times that each part is measured")
    parser.add_argument("--run", type=Path, help="where the run is written, and kept; one that is there is used again")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    return parser


@contextmanager
def long_run(options: argparse.Namespace) -> Iterator[Path]:
    """Provide the run that :func:`options_of` asks for; it is written first where it is not there."""
    with tempfile.TemporaryDirectory() as folder:
        run = options.run or Path(folder) / "run"
        if not run.exists():
            live(run, options.individuals)
        yield run


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
