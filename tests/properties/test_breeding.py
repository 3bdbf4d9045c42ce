"""Laws of the search that hold whatever is measured: births are new members of the space, and can be repeated."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evonas import Engine, EvolutionConfig, Space
from evonas.evolution.layout import Layout
from evonas.records import EvaluationRequest, EvaluationResult, EvaluationStatus

LAWS = settings(deadline=None, max_examples=12, suppress_health_check=[HealthCheck.too_slow])
LEAVES = st.sampled_from(
    [
        {"int": [1, 9]},
        {"int": [8, 512], "log": True},
        {"float": [1e-5, 1.0], "log": True},
        {"float": [0.0, 0.5], "step": 0.1},
        {"float": [-1.0, 1.0]},
        {"choice": ["a", "b", None]},
        {"choice": [1, 3, 5, 7]},
        {"choice": ["constant"]},
        "bool",
    ]
)


def groups(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(st.sampled_from(["p", "q", "r"]), inner, min_size=1, max_size=3)


NODES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        groups(inner),
        st.builds(
            lambda item, low, more: {"repeat": item, "length": [low, low + more]},
            groups(inner),
            st.integers(0, 2),
            st.integers(1, 3),
        ),
        st.builds(lambda one, other: {"select": {"one": one, "other": other}}, groups(inner), groups(inner)),
    ),
    max_leaves=6,
)
SPECS = st.dictionaries(st.sampled_from(["a", "b", "c"]), NODES, min_size=1, max_size=3)


def outcome(request: EvaluationRequest, layout: Layout, weights: np.ndarray) -> EvaluationResult:
    if request.number % 7 == 5:
        return request.failure(EvaluationStatus.CRASHED, "for the test")
    return request.result({"accuracy": float(np.nansum(layout.row(request.genome) * weights))})


@LAWS
@given(SPECS, st.integers(0, 2**31))
def test_rows_and_genomes_are_two_sides_of_one(spec: dict[str, Any], seed: int) -> None:
    space = Space.from_dict(spec)
    layout, rng = Layout(space), np.random.default_rng(seed)
    for _ in range(5):
        genome = space.sample(rng)
        row = layout.row(genome)
        assert (layout.active(row[None])[0] == ~np.isnan(row)).all()
        again = space.complete(layout.genes(layout.filled(row[None], rng)[0]), genome.marks)
        assert np.allclose(layout.row(again), row, equal_nan=True)


@LAWS
@given(SPECS, st.integers(0, 2**31))
def test_a_search_with_a_surrogate_breeds_new_members_and_can_be_repeated(spec: dict[str, Any], seed: int) -> None:
    space = Space.from_dict(spec)
    layout = Layout(space)
    weights = np.random.default_rng(seed).standard_normal(len(layout))
    runs = []
    for _ in range(2):
        engine = Engine(space, EvolutionConfig(evaluations=20), seed)
        while (request := engine.ask()) is not None:
            engine.tell(outcome(request, layout, weights))
        runs.append([(one.genome.json, one.genome.marks, one.birth.to_dict()) for one in engine.individuals])
        genomes = [one.genome for one in engine.individuals]
        assert all(space.why_not(genome) is None for genome in genomes)
        assert len({genome.id for genome in genomes}) == len(genomes) == min(20, space.size())
    assert runs[0] == runs[1]


def test_forecasts_come_with_the_births_and_are_judged_by_the_results() -> None:
    space = Space.from_dict({"x": {"float": [0.0, 1.0]}, "y": {"float": [0.0, 1.0]}})
    engine = Engine(space, EvolutionConfig(evaluations=40), 1)
    while (request := engine.ask()) is not None:
        genes = request.genome.genes
        engine.tell(request.result({"accuracy": -((genes["x"] - 0.2) ** 2) - (genes["y"] - 0.7) ** 2}))
    foretold = [one for one in engine.individuals if one.birth.forecast]
    assert len(foretold) > 25
    assert all(one.birth.forecast["sd"] > 0 and one.birth.forecast["screened"] > 100 for one in foretold)
    report = engine.algorithm.report()
    assert report["calibration"]["forecasts"] == len(foretold)
    assert report["calibration"]["rank_correlation"] > 0.3
    assert sum(report["operators"].values()) == pytest.approx(1.0)
    assert engine.best().values[0] > -1e-3
