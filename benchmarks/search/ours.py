"""evonas's algorithms, used as they are used: requests asked of the engine, results told to it."""

from __future__ import annotations

from functools import cache
from typing import Any

import yaml

from benchmarks.search.drive import Proposal
from benchmarks.search.methods import Task
from benchmarks.search.tables import Table, open_table
from benchmarks.search.training import Outcome, Trainings
from evonas.config.schema import EvolutionConfig, SearchConfig
from evonas.evolution import Engine
from evonas.records import EvaluationRequest, EvaluationResult
from evonas.space import Space

__all__ = ["EngineSearcher", "arguments_of", "evaluate", "make", "make_engine", "result_of"]


class EngineSearcher:
    """An engine behind the protocol of the benchmark."""

    def __init__(self, engine: Engine, *, curve: bool) -> None:
        self.engine = engine
        self._curve = curve

    def ask(self) -> Proposal | None:
        """Return the engine's next request."""
        request = self.engine.ask()
        if request is None:
            return None
        return Proposal(request, request.genome.genes, request.total_epochs, arguments_of(request, curve=self._curve))

    def reflect(self) -> bool:
        """Let the engine learn ahead."""
        return self.engine.reflect()

    def tell(self, proposal: Proposal, outcome: Outcome) -> None:
        """Tell the engine the result."""
        self.engine.tell(result_of(proposal.token, outcome))


def make(task: Task, algorithm: str) -> EngineSearcher:
    """Return a searcher with an algorithm of evonas."""
    return EngineSearcher(make_engine(task, algorithm), curve=task.rungs)


def make_engine(task: Task, algorithm: str) -> Engine:
    """Return an engine at its defaults, but for the overrides of the task.

    With rungs the evaluations count as trainings that can go on from their weights, so that the engine chooses its
    rungs; without, each is a full training, as of a user's callable.
    """
    table = task.table
    direction = "max" if table.maximise else "min"
    settings: dict[str, dict[str, Any]] = {
        "evolution": {
            "objectives": [{"metric": table.objective, "direction": direction}],
            "evaluations": task.evaluations,
            "epochs": table.epochs,
        },
        "search": {"algorithm": algorithm},
    }
    for key, text in (task.sets or {}).items():
        section, _, name = key.partition(".")
        if section not in settings or not name:
            raise ValueError(f"{key} cannot be set here: expected search.* or evolution.*")
        settings[section][name] = yaml.safe_load(text) if isinstance(text, str) else text
    return Engine(
        Space.from_dict(table.space),
        EvolutionConfig(**settings["evolution"]),
        task.seed,
        search=SearchConfig(**settings["search"]),
        training=task.rungs,
        watch=f"val_{table.objective}",
    )


def arguments_of(request: EvaluationRequest, *, curve: bool) -> dict[str, Any]:
    """Return how a request is trained: arguments of :meth:`Trainings.train`.

    There is a learning curve where the trainings are such that go on from weights: a user's callable has none. The
    weights of a lower rung are taken to be there if the request names them; else all its epochs are charged.
    """
    return {
        "trained": request.trained if request.resume_from is not None else 0,
        "seed": request.seed,
        "curve": curve,
        "floor": request.floor,
    }


def result_of(request: EvaluationRequest, outcome: Outcome) -> EvaluationResult:
    """Return the result that a training of this request would have had."""
    return request.result(
        outcome.metrics,
        curve=outcome.curve,
        epochs=outcome.epochs,
        seconds=outcome.seconds,
        artifacts={"weights": f"weights/{request.number}.weights.h5"},
    )


def evaluate(request: EvaluationRequest, context: Any) -> EvaluationResult:
    """Evaluate a request out of a table; an evaluator for backends: ``benchmarks.search.ours:evaluate``.

    Args:
        request: what to train.
        context: its settings name the ``table``.
    """
    trainings = Trainings(_opened(context.settings["table"]))
    outcome = trainings.train(request.genome.genes, request.total_epochs, **arguments_of(request, curve=True))
    return result_of(request, outcome)


@cache
def _opened(name: str) -> Table:
    return open_table(name)
