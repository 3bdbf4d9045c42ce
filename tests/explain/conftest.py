"""Lines of descent: one bred by a real engine in memory, and small ones made by hand."""

import itertools
import sys

import pytest

from evonas.config import EvolutionConfig, SearchConfig
from evonas.evolution import Engine
from evonas.genome import Genome, gene_diff
from evonas.lineage import RunRecord
from evonas.records import Birth, EvaluationRequest, Individual, Parent
from evonas.report.history import Evaluation, Goal, RunHistory
from evonas.space import Space
from evonas.testing.toy import toy_evaluate, toy_space

SPACE = {
    "layers": {"repeat": {"units": {"int": [4, 64]}, "dropout": {"float": [0.0, 0.5]}}, "length": [1, 3]},
    "width": {"int": [1, 100]},
    "half": {"scales": "width", "by": 0.5},
    "optimizer": {
        "select": {
            "adam": {"rate": {"float": [0.001, 0.1]}},
            "sgd": {"rate": {"float": [0.01, 1.0]}, "momentum": {"float": [0.0, 0.9]}},
        }
    },
}
GENES = {
    "layers": [{"units": 8, "dropout": 0.0}, {"units": 16, "dropout": 0.1}],
    "width": 40,
    "half": 20,
    "optimizer": {"type": "adam", "rate": 0.01},
}


def space():
    return Space.from_dict(SPACE)


def founder(number=0, **genes):
    return Individual(number, space().complete({**GENES, **genes}), Birth(("founder",)))


def child(parent, number, change=None, marks=None, **genes):
    """Return a child in which genes were set, or `change(genes, marks)` changed both in place."""
    values, own = parent.genome.genes, parent.genome.marks
    values |= genes
    if change is not None:
        change(values, own)
    genome = space().complete(values, own)
    birth = Birth(("mutate_one",), (Parent(parent.number),), gene_diff(parent.genome, genome), 1)
    return Individual(number, genome, birth)


def line_of(*changes):
    """Return a founder and its descendants, each bred by one change: a function, or genes to set."""
    line = [founder()]
    for change in changes:
        last = line[-1]
        made = child(last, last.number + 1, change) if callable(change) else child(last, last.number + 1, **change)
        line.append(made)
    return line


def history(individuals, values, objectives=("accuracy",), events=(), **fields):
    """Return a run.

    Args:
        individuals: who was born.
        values: by number the accuracies of an individual: a figure, a list of repeats, or a mapping by rung.
    """
    record = RunRecord.new("hand-made", config={}, space=SPACE, objectives=[{"metric": name} for name in objectives])
    numbers = itertools.count()
    people = {one.number: one for one in individuals}
    evaluations = []
    for who, own in values.items():
        for rung, measured in (own if isinstance(own, dict) else {0: own}).items():
            for repeat, value in enumerate(measured if isinstance(measured, list) else [measured]):
                number = next(numbers)
                request = EvaluationRequest(number, who, people[who].genome, 3, number, rung=rung, repeat=repeat)
                metrics = value if isinstance(value, dict) else {"accuracy": value}
                evaluations.append(Evaluation(number + 1, people[who], request.result(metrics), repeat=repeat))
    goals = tuple(Goal(metric, maximise) for metric, maximise in record.directions)
    return RunHistory(record, goals, people, tuple(evaluations), events=tuple(events), **fields)


def bred(evaluations=160, seed=5):
    """Return a run of the toy space that an engine bred in memory, with repeats and every kind of birth."""
    config = EvolutionConfig(evaluations=evaluations, epochs=3, population=12, founders=8, crossover=0.5)
    search = SearchConfig(repeats=3, surrogate=False)
    engine = Engine(toy_space(), config, seed, search=search)
    while (request := engine.ask()) is not None:
        engine.tell(request.result(toy_evaluate(request.genome, request.epochs, request.seed)))
    record = RunRecord.new(
        "bred", config={}, space=toy_space().to_dict(), objectives=[{"metric": "accuracy"}], seed=seed
    )
    people = {one.number: one for one in engine.individuals}
    evaluations = tuple(
        Evaluation(at, people[result.individual], result, repeat=engine.requests[result.number].repeat)
        for at, result in enumerate(engine.results, start=1)
    )
    return RunHistory(record, (Goal("accuracy"),), people, evaluations)


@pytest.fixture(scope="session")
def made():
    """The functions of this module."""
    return sys.modules[__name__]


@pytest.fixture(scope="session")
def toy_history():
    return bred()


@pytest.fixture
def genome():
    return Genome(GENES)
