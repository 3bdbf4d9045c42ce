"""Choosing individuals by a word."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evonas.errors import LineageError
from evonas.lineage import LineageStore, Scored, StoredResult, select
from evonas.lineage.ranking import best_first, non_dominated
from evonas.records import EvaluationRequest
from evonas.testing.stores import bear, new_run


@pytest.fixture
def store(tmp_path):
    """Accuracies of individuals with 100, 101, ... parameters; 4 has the genome of 1; 5 is pending."""
    with LineageStore.create(tmp_path, new_run()) as store:
        for number, accuracy in enumerate([0.5, 0.8, 0.6, 0.9, 0.8]):
            individual, request = bear(number)
            if number == 4:
                individual = replace(individual, genome=bear(1)[0].genome)
                request = replace(request, genome=individual.genome)
            store.add_individual(individual, request)
            store.add_result(request.result({"accuracy": accuracy}))
        store.add_individual(*bear(5))
        yield store


@pytest.mark.parametrize(
    ("selection", "numbers"),
    [
        ("best", [3]),
        ("best(1)", [3]),
        ("best(2)", [3, 1]),
        (" best( 3 ) ", [3, 1, 2]),
        ("best(99)", [3, 1, 2, 0]),
        ("pareto", [3, 1, 0]),
        ("knee", [1]),
        ("1", [1]),
        ("5", [5]),
    ],
)
def test_a_selection(store, selection, numbers):
    assert [individual.number for individual in select(store, selection)] == numbers


@pytest.mark.parametrize(
    "selection", ["", "worst", "best()", "best(0)", "best(-1)", "best(x)", "Best", "pareto(2)", "knee(1)", "-1"]
)
def test_what_is_not_understood_names_the_grammar(store, selection):
    with pytest.raises(LineageError, match="not understood") as caught:
        select(store, selection)
    assert "best(K)" in str(caught.value.expected)
    assert caught.value.got == selection


def test_a_missing_individual(store):
    with pytest.raises(LineageError, match="no individual 77"):
        select(store, "77")


@pytest.mark.parametrize("selection", ["best", "pareto", "knee"])
def test_nothing_has_completed(tmp_path, selection):
    with LineageStore.create(tmp_path, new_run()) as store:
        store.add_individual(*bear(0))
        with pytest.raises(LineageError, match="has completed an evaluation that reports accuracy"):
            select(store, selection)


def test_the_direction_of_the_objective_counts(tmp_path):
    with LineageStore.create(tmp_path, new_run(objectives=[{"metric": "loss"}])) as store:
        for number, loss in enumerate([0.5, 0.1, 0.3]):
            individual, request = bear(number)
            store.add_individual(individual, request)
            store.add_result(request.result({"loss": loss}))
        assert [individual.number for individual in select(store, "best(2)")] == [1, 2]
        assert [individual.number for individual in select(store, "pareto")] == [1]


BENT = [(0.9, 100.0), (0.88, 30.0), (0.7, 20.0), (0.5, 10.0), (0.6, 90.0)]  # accuracy, size; 1 is the knee, 4 is beaten


def a_run_of(tmp_path, points, **constraints):
    objectives = [{"metric": "accuracy"}, {"metric": "size", "direction": "min"}]
    run = replace(new_run(objectives=objectives), config={"evolution": {"constraints": constraints}})
    store = LineageStore.create(tmp_path, run)
    for number, (accuracy, size) in enumerate(points):
        individual, request = bear(number)
        store.add_individual(individual, request)
        store.add_result(request.result({"accuracy": accuracy, "size": size, "latency": float(number)}))
    return store


def numbers(store, selection):
    return [individual.number for individual in select(store, selection)]


def test_the_knee_is_the_front_s_best_compromise(tmp_path):
    with a_run_of(tmp_path, BENT) as store:
        assert numbers(store, "pareto") == [0, 1, 2, 3]
        assert numbers(store, "knee") == [1]


def test_who_breaks_a_constraint_comes_last(tmp_path):
    with a_run_of(tmp_path, BENT, latency={"min": 2}, size={"max": 50}) as store:
        assert numbers(store, "best(9)") == [2, 3, 1, 4, 0]
        assert numbers(store, "pareto") == [2, 3]
        assert [one.violation for one in store.standings()] == [0, 0, 0.5, 0.8, 2]
        assert [one.individual.number for one in store.best(2, "size")] == [3, 2]


def test_where_nobody_keeps_the_constraints_those_that_break_them_least_are_the_front(tmp_path):
    with a_run_of(tmp_path, BENT, latency={"max": -1}) as store:
        assert numbers(store, "best") == numbers(store, "pareto") == numbers(store, "knee") == [0]


def test_a_constrained_metric_counts_by_its_mean_over_repeats(tmp_path):
    with a_run_of(tmp_path, BENT, latency={"max": 0.5}) as store:
        genome = store.individual(1).genome
        for at, latency in enumerate([-1.0, 0.0]):
            request = EvaluationRequest(5 + at, 1, genome, 3, 70 + at, repeat=1 + at)
            store.add_request(request)
            store.add_result(request.result({"accuracy": 0.91, "size": 30.0, "latency": latency}))
        repeated = next(one for one in store.standings() if one.individual.number == 1)
        assert (repeated.violation, repeated.trainings) == (0.0, 3)
        assert repeated.values == (pytest.approx(0.9), 30.0) and repeated.error == pytest.approx(0.01)


def scored(points):
    individuals = [bear(number)[0] for number in range(len(points))]
    result = StoredResult(bear(0)[1].result({"accuracy": 1.0}), 0, 0.0, 1)
    return [Scored(individual, result, tuple(point)) for individual, point in zip(individuals, points, strict=True)]


values = st.integers(0, 4).map(float)


@settings(deadline=None)
@given(st.lists(st.tuples(values, values, values), max_size=20), st.tuples(*[st.booleans()] * 3))
def test_the_front_is_what_the_definition_says(points, maximise):
    def dominates(one, other):
        pairs = [(a, b) if more else (-a, -b) for a, b, more in zip(one, other, maximise, strict=True)]
        return all(a >= b for a, b in pairs) and any(a > b for a, b in pairs)

    expected = {number for number, point in enumerate(points) if not any(dominates(other, point) for other in points)}
    assert {one.individual.number for one in non_dominated(scored(points), maximise)} == expected


@settings(deadline=None)
@given(st.lists(st.tuples(values), max_size=20), st.booleans())
def test_the_best_come_first_and_of_equals_the_older(points, maximise):
    ordered = best_first(scored(points), maximise)
    keys = [(-one.value if maximise else one.value, one.individual.number) for one in ordered]
    assert keys == sorted(keys)
    assert len(ordered) == len(points)
