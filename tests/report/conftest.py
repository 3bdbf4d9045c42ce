"""Runs made up for the report's tests and written through the real store: parents, diffs, failures, curves, a memo."""

from __future__ import annotations

import math
import random
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from evonas.genome import Genome
from evonas.lineage import LineageStore, RunRecord, Session
from evonas.records import Birth, EvaluationRequest, EvaluationResult, EvaluationStatus, GeneChange, Individual, Parent
from evonas.report.history import Evaluation, Goal, RunHistory

HOSTILE = "<script>alert('x')</script>"
FOUNDERS = 10
CONFIG: dict[str, Any] = {
    "name": "toy",
    "seed": 7,
    "model": "cnn",
    "data": {"source": "digits", "split": {"validation": 0.2, "test": 0.2, "seed": 3}},
    "evolution": {"population": 20, "objectives": [{"metric": "accuracy", "direction": "auto"}]},
    "evaluation": {"slots": 2},
    "seeds": ["genomes/lenet5.yaml"],
}
VERSIONS = {"evonas": "0.1.0", "python": "3.11.2", "keras": "3.15.0", "tensorflow": "2.20.0"}
FAILED = (
    EvaluationStatus.DIVERGED,
    EvaluationStatus.OUT_OF_MEMORY,
    EvaluationStatus.TIMED_OUT,
    EvaluationStatus.CRASHED,
    EvaluationStatus.INVALID,
)
MUTATIONS = ("mutate_one", "mutate_several", "insert_item", "remove_item", "duplicate_item", "swap_items")


def new_run(name: str = "toy", objectives: Sequence[str] = ("accuracy",), **fields: Any) -> RunRecord:
    fields = {
        "config": CONFIG | {"name": name},
        "space": {"rate": {"float": [1e-4, 1e-1], "log": True}},
        "versions": VERSIONS,
        "command": ["evonas", "evolve", "configs/toy run.yaml", "--set", "seed=7"],
        "seed": 7,
        "environment": {"devices": ["cpu:0"]},
        **fields,
    }
    return RunRecord(
        id="0123456789abcdef0123456789abcdef",
        name=name,
        created="2025-01-02T03:04:05+00:00",
        objectives=[{"metric": metric, "direction": "auto"} for metric in objectives],
        **fields,
    )


def genes(rng: random.Random) -> dict[str, Any]:
    stages = [
        {
            "filters": rng.choice([8, 16, 32, 64]),
            "kernel": rng.choice([3, 5]),
            "block": rng.choice(["plain", "residual"]),
        }
        for _ in range(rng.randint(1, 4))
    ]
    optimizer = rng.choice(["adam", "sgd"])
    learning: dict[str, Any] = {"optimizer": {"type": optimizer, "rate": round(10 ** rng.uniform(-4, -1), 6)}}
    if optimizer == "sgd":
        learning["optimizer"]["momentum"] = round(rng.uniform(0.5, 0.99), 3)
    return {
        "stages": stages,
        "dropout": round(rng.random() * 0.5, 3),
        "batch_norm": rng.random() < 0.5,
        "learning": learning,
    }


def mutate(parent: Genome, rng: random.Random) -> tuple[Genome, tuple[GeneChange, ...]]:
    child = parent.genes
    rate = child["learning"]["optimizer"]["rate"]
    other = round(min(0.1, max(1e-4, rate * 10 ** rng.gauss(0, 0.3))), 6)
    child["learning"]["optimizer"]["rate"] = other
    changes = [GeneChange("learning.optimizer.rate", "changed", rate, other)]
    if rng.random() < 0.5 and len(child["stages"]) < 4:
        stage = {"filters": rng.choice([8, 16, 32, 64]), "kernel": 3, "block": "residual"}
        child["stages"].append(stage)
        changes.append(GeneChange(f"stages[{len(child['stages']) - 1}]", "added", None, stage))
    elif rng.random() < 0.3 and len(child["stages"]) > 1:
        gone = child["stages"].pop()
        changes.append(GeneChange(f"stages[{len(child['stages'])}]", "removed", gone, None))
    else:
        before = child["stages"][0]["filters"]
        after = rng.choice([value for value in (8, 16, 32, 64) if value != before])
        child["stages"][0]["filters"] = after
        changes.append(GeneChange("stages[0].filters", "changed", before, after))
    return Genome(child, "cnn"), tuple(changes)


def quality(genome: Genome, rng: random.Random) -> float:
    rate = math.log10(genome["learning"]["optimizer"]["rate"])
    size = sum(math.log2(stage["filters"]) for stage in genome["stages"])
    missing = (
        0.02 + 0.05 * abs(rate + 2.7) + 0.004 * (24 - size) + 0.05 * genome["dropout"] + 0.02 * genome["batch_norm"]
    )
    return 1 - missing * math.exp(rng.gauss(0, 0.12))


def curve(accuracy: float, epochs: int = 8) -> list[dict[str, float]]:
    rows = []
    for epoch in range(1, epochs + 1):
        reached = accuracy * (1 - 0.5 * 2.0 ** (-1.2 * epoch))
        rows.append(
            {
                "epoch": epoch,
                "loss": 1.4 * (1 - reached) + 0.02,
                "val_loss": 1.6 * (1 - reached) + 0.05,
                "accuracy": min(1.0, reached + 0.01),
                "val_accuracy": reached,
                "learning_rate": 0.001,
            }
        )
    return rows


def evolve(
    store: LineageStore | Recorder,
    evaluations: int,
    *,
    seed: int = 1,
    failures: float = 0.06,
    foreign: bool = True,
    curves: bool = True,
    pending: int = 0,
) -> None:
    """Write a run of so many evaluations that looks like aging evolution."""
    rng = random.Random(seed)
    population: list[tuple[float, Individual]] = []
    store.add_session(VERSIONS, {})
    for number in range(evaluations + pending):
        birth: Birth
        if number == 0 and foreign:
            seeds = (Parent(None, None, "seed", "genomes/lenet5.yaml"),)
            genome = Genome(genes(rng), "cnn")
            birth = Birth(("seed",), seeds, (GeneChange("dropout", "changed", 0.7, genome["dropout"]),), 0, f"{seed}/0")
        elif number == 1 and foreign:
            genome = Genome(genes(rng), "cnn")
            birth = Birth(("seed",), (Parent(12, "f" * 32, "seed", "runs/older"),), (), 0, f"{seed}/1")
        elif number < FOUNDERS or not population:
            genome = Genome(genes(rng), "cnn")
            birth = Birth(("founder",), (), (), 0, f"{seed}/{number}")
        else:
            chosen = [max(rng.sample(population, min(4, len(population))), key=lambda one: one[0])[1] for _ in range(2)]
            genome, changes = mutate(chosen[0].genome, rng)
            parents = [Parent(chosen[0].number)]
            operators: tuple[str, ...] = (rng.choice(MUTATIONS),)
            if rng.random() < 0.3 and chosen[1].number != chosen[0].number:
                parents.append(Parent(chosen[1].number, None, "mate"))
                operators = ("crossover", *operators)
            generation = 1 + max(parent.birth.generation for parent in chosen[: len(parents)])
            birth = Birth(operators, tuple(parents), changes, generation, f"{seed}/{number}")
        weights = sum(9 * stage["filters"] * 16 for stage in genome["stages"])
        individual = Individual(number, genome, birth, {"parameters": weights, "operations": 60 * weights})
        request = EvaluationRequest(number, number, genome, 8, 1000 + number)
        store.add_individual(individual, request)
        if number >= evaluations:
            continue
        kept = quality(genome, rng)
        seconds = round(2 + weights / 4000 + rng.random(), 3)
        details: dict[str, Any] = {"seconds": seconds, "setup_seconds": 0.04, "device": f"cpu:{number % 2}"}
        if number >= FOUNDERS and rng.random() < failures:
            status = rng.choice(FAILED)
            error = (
                f"{status.value}: {HOSTILE} in epoch 2" if rng.random() < 0.3 else f"loss = nan in epoch {number % 7}"
            )
            store.add_result(request.failure(status, error, log=f"logs/{number}.log", **details))
            continue
        if number > FOUNDERS and rng.random() < 0.03 and population:
            details = {"answered_by": population[-1][1].number, "epochs": 0}
        metrics = {"accuracy": kept, "cross_entropy": 1.6 * (1 - kept)}
        rows = curve(kept) if curves and "answered_by" not in details else ()
        store.add_result(request.result(metrics, curve=rows, peak_memory=(400 + number % 50) * 2**20, **details))
        population = [*population, (kept, individual)][-20:]
    store.add_event("resumed", f"resumed after {HOSTILE}", by="test")
    store.end_session("done")


class Recorder:
    """Keeps in memory what :func:`evolve` tells a store, where a test needs many individuals quickly."""

    def __init__(self) -> None:
        self.individuals: dict[int, Individual] = {}
        self.results: list[EvaluationResult] = []

    def add_individual(self, individual: Individual, request: EvaluationRequest | None = None) -> None:
        self.individuals[individual.number] = individual

    def add_result(self, result: EvaluationResult) -> None:
        self.results.append(result)

    def add_session(self, versions: Any, environment: Any) -> None: ...

    def add_event(self, kind: str, message: str, **data: Any) -> None: ...

    def end_session(self, reason: str) -> None: ...

    def history(self, run: RunRecord, sessions: tuple[Session, ...] = ()) -> RunHistory:
        return RunHistory(
            run,
            tuple(Goal(metric, maximise) for metric, maximise in run.directions),
            self.individuals,
            tuple(
                Evaluation(order, self.individuals[result.individual], result, 10.0 * order)
                for order, result in enumerate(self.results, start=1)
            ),
            sessions=sessions,
        )


def store_at(folder: Path, run: RunRecord | None = None) -> LineageStore:
    return LineageStore.create(folder / "run", run or new_run(), synchronous="off")


@pytest.fixture(scope="session")
def toy() -> ModuleType:
    """The functions of this module."""
    return sys.modules[__name__]


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run directory of a finished run of 120 evaluations."""
    folder = tmp_path_factory.mktemp("finished")
    with store_at(folder) as store:
        evolve(store, 120)
        store.set_run_status("finished", "the budget of evaluations is spent")
    return folder / "run"
