"""Runs made up for the dashboard's tests, written through the real store; a dashboard over them; a browser."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from evonas.genome import Genome, gene_diff
from evonas.lineage import LineageStore, RunRecord
from evonas.records import Birth, EvaluationRequest, EvaluationStatus, Individual, Parent

CHROMIUM = Path("/usr/bin/chromium")
OPERATORS = ("mutate_one", "mutate_several", "insert_item")


def record(
    name: str, objectives: tuple[str, ...] = ("accuracy",), *, seed: int = 1, population: int = 8, **more: Any
) -> RunRecord:
    config = {"name": name, "evolution": {"population": population, "evaluations": 60, "epochs": 4}}
    return RunRecord.new(
        name,
        config=config,
        space={},
        objectives=[{"metric": one, "direction": "min" if one == "size" else "max"} for one in objectives],
        seed=seed,
        **more,
    )


def genes(number: int, parent: dict[str, Any] | None = None) -> dict[str, Any]:
    made = parent or {
        "layers": [{"units": 8, "activation": "relu"}],
        "learning": {"rate": 0.01, "optimizer": {"type": "adam"}},
    }
    made = {**made, "layers": [*made["layers"]], "learning": {**made["learning"]}}
    made["layers"][0] = {"units": 8 + number % 7, "activation": ("relu", "tanh", "gelu")[number % 3]}
    made["learning"]["rate"] = round(0.01 * (1 + number % 5), 4)
    if number % 6 == 5 and len(made["layers"]) < 4:
        made["layers"].append({"units": 16, "activation": "relu"})
    return made


class Breeder:
    """Writes individuals into a store: eight founders, then children of young parents; every ninth one fails."""

    def __init__(self, store: LineageStore, *, seed_run: str = "", second: bool = False, curves: bool = True) -> None:
        self.store, self.seed_run, self.second, self.curves = store, seed_run, second, curves
        self.individuals: list[Individual] = []

    def born(self, number: int) -> EvaluationRequest:
        parents: tuple[Parent, ...] = ()
        operators: tuple[str, ...] = ("founder",)
        before = None
        if number == 0 and self.seed_run:
            parents, operators = (Parent(5, self.seed_run, "seed", "runs/first:best"),), ("seed",)
        elif number >= 8:
            # Never 19: it failed. 12 is the parent of many.
            before = self.individuals[12 if number > 20 and number % 2 else number - 5 - number % 3]
            parents, operators = (Parent(before.number),), (OPERATORS[number % 3],)
            if number % 4 == 0:
                parents, operators = (*parents, Parent(number - 7, None, "mate")), ("crossover", *operators)
        genome = Genome(genes(number, None if before is None else before.genome.genes))
        changes = () if before is None else gene_diff(before.genome, genome)
        generation = 0 if before is None else 1 + max(
            self.individuals[one.number].birth.generation for one in parents if one.number is not None
        )  # fmt: skip
        birth = Birth(operators, parents, changes, generation, f"1/{number}")
        individual = Individual(number, genome, birth, {"parameters": 100.0 + 10 * (number % 11)})
        self.individuals.append(individual)
        request = EvaluationRequest(number, number, genome, 4, 100 + number)
        self.store.add_individual(individual, request)
        return request

    def done(self, request: EvaluationRequest) -> None:
        number = request.number
        details = {"seconds": 1.5, "setup_seconds": 0.02, "device": f"cpu:{number % 2}", "peak_memory": 2**28}
        if number % 9 == 8:
            self.store.add_result(request.failure(EvaluationStatus.DIVERGED, "loss = nan in epoch 2", **details))
        else:
            value = 0.9 - 0.3 / (1 + 0.2 * number) + 0.002 * (number % 5)
            rows = [{"epoch": at, "loss": 1 / at, "val_accuracy": value * at / 4} for at in (1, 2, 3, 4)]
            metrics = {"accuracy": value} | ({"size": 100.0 + (37 * number) % 50} if self.second else {})
            self.store.add_result(request.result(metrics, curve=rows if self.curves else (), **details))
        if number >= 8:
            self.store.mark_deaths([number - 8], at_evaluation=number)


def evolved(
    folder: Path,
    name: str = "toy",
    evaluations: int = 60,
    status: str = "finished",
    *,
    seed: int = 1,
    population: int = 8,
    **more: Any,
) -> str:
    """Write a run of so many evaluations; return its id."""
    objectives = ("accuracy", "size") if more.get("second") else ("accuracy",)
    with LineageStore.create(folder, record(name, objectives, seed=seed, population=population)) as store:
        store.add_session({}, {})
        breeder = Breeder(store, **more)
        for number in range(evaluations):
            breeder.done(breeder.born(number))
        store.end_session("done")
        store.set_run_status(status, "all evaluations are used" if status == "finished" else "")
        return store.run_id


def walk(part):
    """Yield a part of a page and all that is in it."""
    yield part
    children = getattr(part, "children", None)
    for child in children if isinstance(children, (list, tuple)) else [children]:
        if child is not None:
            yield from walk(child)


@pytest.fixture(scope="session")
def made() -> ModuleType:
    """The functions of this module."""
    return sys.modules[__name__]


@pytest.fixture(scope="session")
def toys(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Run directories: a finished run, one that it seeded, one with two objectives."""
    root = tmp_path_factory.mktemp("runs")
    first = evolved(root / "first", "toy")
    evolved(root / "second", "toy", 24, seed_run=first)
    evolved(root / "pareto", "two goals", 40, second=True)
    logs = root / "first" / "logs"
    logs.mkdir()
    (logs / "final.log").write_text("the last words")
    with LineageStore.open(root / "first") as store:
        own = next(one.result for one in store.results() if one.result.individual == 33)
        result = {**own.to_dict(), "seed": 5, "log": "logs/final.log", "device": "gpu:7"}
        store.add_event("final_training", "retrained", individual=33, seed=5, result=result)
    return {name: root / name for name in ("first", "second", "pareto")}


@pytest.fixture(scope="session")
def served(toys: dict[str, Path]) -> Iterator[Any]:
    """A dashboard over these runs, its address, and the keys of its runs."""
    pytest.importorskip("dash_cytoscape", reason="needs the extra `dashboard`")
    from evonas.dashboard import Access, Dashboard, Shelf, open_port

    listener = open_port("127.0.0.1", 0, strict=True)
    access = Access("127.0.0.1", listener.getsockname()[1])
    shelf = Shelf(list(toys.values()))
    dashboard = Dashboard(shelf, access, listener, niceness=0)
    thread = threading.Thread(target=dashboard.serve, daemon=True)
    thread.start()
    keys = {path.name: key for key, path in zip(shelf.labels(), toys.values(), strict=True)}
    yield access.url.rstrip("/"), keys
    dashboard.close()
    thread.join(10)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Headless Chromium."""
    api = pytest.importorskip("playwright.sync_api", reason="needs playwright")
    if not CHROMIUM.exists():
        pytest.skip(f"needs {CHROMIUM}")
    with api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu"])
        yield chromium
        chromium.close()
