"""Several objectives in the search: fitness under constraints, reference directions, populations of NSGA-II and III."""

import copy
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evonas import Engine, EvolutionConfig, Genome, Space
from evonas.config import SearchConfig
from evonas.config.schema import Objective
from evonas.errors import EvaluationError
from evonas.evolution.member import Member
from evonas.evolution.pareto import fitness_class, reference_directions
from evonas.evolution.populations import ParetoPopulation, ReferencePopulation, pareto_front, pareto_population
from evonas.frontier import as_costs, dominated_share, dominates
from evonas.records import Birth, EvaluationRequest, Individual

FOUR = [Objective(metric=f"f{at}", direction="min") for at in range(4)]
BOX = {name: {"float": [0.0, 1.0]} for name in "abcdefg"}

figure = st.integers(0, 3).map(float)
points = st.tuples(figure, figure, st.sampled_from([0.0, 0.0, 0.5, 1.0]))


def member(number, objectives, metrics, allowed=None):
    genome = Genome({"n": number})
    result = EvaluationRequest(number, number, genome, 1, 0).result(metrics)
    return Member(Individual(number, genome, Birth(("founder",))), result, objectives, allowed=allowed or {})


@settings(deadline=None)
@given(points, points)
def test_fitness_dominates_as_the_definition_says(one, other):
    kind = fitness_class((1.0, -1.0))
    left, right = (kind(point[:2], point[2]) for point in (one, other))
    costs = as_costs([one[:2], other[:2]], (True, False))
    assert left.dominates(right) is dominates(*costs, (one[2], other[2]))
    if left.dominates(right):
        assert left > right and not left <= right and left != right
    assert (left == right) is (one == other)
    assert hash(left) == hash(right) or one != other
    assert copy.deepcopy(left) == left


@settings(deadline=None)
@given(points, points)
def test_one_objective_is_ordered_by_violation_then_value(one, other):
    kind = fitness_class((-1.0,))
    left, right = kind(one[:1], one[2]), kind(other[:1], other[2])
    assert (left > right) is ((one[2], one[0]) < (other[2], other[0]))
    assert (left >= right) is ((one[2], one[0]) <= (other[2], other[0]))


def test_a_member_is_judged_by_the_mean_of_its_figures():
    objectives, allowed = [Objective(metric="accuracy")], {"latency": (None, 2.0)}
    first = member(0, objectives, {"accuracy": 0.9, "latency": 1.0}, allowed)
    assert first.violation == 0 and first.standing == (0, 0.0, 0.9)
    slow = EvaluationRequest(1, 0, first.genome, 1, 0).result({"accuracy": 0.7, "latency": 5.0})
    both = first.with_result(slow, objectives)
    assert both.values == (pytest.approx(0.8),)
    assert both.violation == pytest.approx(0.5)
    assert first.standing > both.standing


def test_a_constrained_metric_that_is_not_reported_is_named():
    with pytest.raises(EvaluationError, match="constrained") as caught:
        member(0, [Objective(metric="accuracy")], {"accuracy": 0.9, "latencies": 1.0}, {"latency": (None, 2.0)})
    assert caught.value.key == "evolution.constraints: latency"
    assert "latencies" in str(caught.value.hint)


@pytest.mark.parametrize("objectives", [2, 3, 4, 6, 9])
@pytest.mark.parametrize("most", [4, 20, 50, 120])
def test_reference_directions(objectives, most):
    directions = reference_directions(objectives, most)
    assert len(directions) <= max(most, objectives + 1)
    np.testing.assert_allclose(directions.sum(axis=1), 1)
    assert directions.min() >= 0
    assert len(np.unique(directions.round(12), axis=0)) == len(directions)
    np.testing.assert_allclose(directions.mean(axis=0), 1 / objectives)  # no objective is preferred
    inside = directions.min(axis=1) > 0
    assert inside.any() or len(directions) > 2 * objectives  # two and three objectives may have an even lattice


def test_from_four_objectives_on_directions_decide():
    assert isinstance(pareto_population(20, 3), ParetoPopulation)
    assert isinstance(pareto_population(20, 4), ReferencePopulation)


def dtlz2(genome):
    """DTLZ2 (Deb et al. 2005) with 4 objectives: the front is the unit sphere's positive part."""
    position = [genome[name] for name in "abc"]
    radius = 1 + sum((genome[name] - 0.5) ** 2 for name in "defg")
    figures = []
    for at in range(4):
        value = radius * math.prod(math.cos(x * math.pi / 2) for x in position[: 3 - at])
        figures.append(value * math.sin(position[3 - at] * math.pi / 2) if at else value)
    return {f"f{at}": value for at, value in enumerate(figures)}


def test_dtlz2_lies_on_the_sphere():
    on_front = dtlz2({"a": 0.3, "b": 0.6, "c": 0.2, **dict.fromkeys("defg", 0.5)})
    assert sum(value**2 for value in on_front.values()) == pytest.approx(1)


def many_objectives(seed=0, evaluations=300, told=None):
    config = EvolutionConfig(evaluations=evaluations, objectives=FOUR, population=35)
    engine = Engine(Space.from_dict(BOX), config, seed, search=SearchConfig(surrogate=False))
    while (told is None or len(engine.results) < told) and (request := engine.ask()) is not None:
        engine.tell(request.result(dtlz2(request.genome)))
    return engine


def share(members):
    return dominated_share(np.array([one.values for one in members]) / 1.5)


def test_nsga_3_approaches_the_front_of_four_objectives_and_stays_spread():
    engine = many_objectives()
    founders = [engine.member(one.number) for one in engine.individuals[:35]]
    assert share(engine.members) > share(founders) + 0.02
    radii = [math.hypot(*one.values) for one in engine.members]
    assert np.mean(radii) < np.mean([math.hypot(*one.values) for one in founders]) - 0.05
    assert len(engine.members) == 35
    nearest = np.array([one.values for one in engine.members])
    cosines = nearest @ reference_directions(4, 35).T
    cosines /= np.linalg.norm(nearest, axis=1)[:, None] * np.linalg.norm(reference_directions(4, 35), axis=1)
    assert len(set(cosines.argmax(axis=1))) >= 12


def test_nsga_3_is_reproducible_and_leaves_numpy_s_global_state_alone():
    np.random.seed(3)  # noqa: NPY002
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    one, other = many_objectives(evaluations=80), many_objectives(evaluations=80)
    assert np.array_equal(np.random.get_state()[1], before)  # noqa: NPY002
    assert [each.genome.id for each in one.individuals] == [each.genome.id for each in other.individuals]
    half = many_objectives(evaluations=80, told=50)
    resumed = Engine.from_state(half.state())
    while (request := resumed.ask()) is not None:
        resumed.tell(request.result(dtlz2(request.genome)))
    assert [each.genome.id for each in one.individuals] == [each.genome.id for each in resumed.individuals]


def constrained(objectives, evaluations=80, **keys):
    config = EvolutionConfig(evaluations=evaluations, objectives=objectives, constraints={"cost": {"max": 0.6}}, **keys)
    engine = Engine(Space.from_dict(BOX), config, 1, search=SearchConfig(surrogate=False))
    while (request := engine.ask()) is not None:
        genes = request.genome
        gain = sum(genes[name] for name in "abcdefg") / 7
        engine.tell(request.result({"gain": gain, "cost": genes["a"] + genes["b"], "size": genes["c"]}))
    return engine


@pytest.mark.parametrize("survival", ["aging", "best"])
def test_the_best_keeps_the_constraints(survival):
    engine = constrained(["gain"], survival=survival)
    best = engine.best()
    assert best.violation == 0 and best.result.metrics["cost"] <= 0.6
    allowed = [one for one in map(engine.member, range(80)) if one.violation == 0]
    assert best.values[0] == max(one.values[0] for one in allowed)
    assert any(engine.member(number).values > best.values for number in range(80)), "the constraint cost something"


def test_the_front_keeps_the_constraints():
    engine = constrained(["gain", {"metric": "size", "direction": "min"}])
    front = engine.pareto()
    assert all(one.violation == 0 for one in front)
    allowed = [one for one in map(engine.member, range(80)) if one.violation == 0]
    assert {one.number for one in front} == {one.number for one in pareto_front(allowed)}
    assert sum(one.violation == 0 for one in engine.members) > len(engine.members) / 2


def test_where_nobody_keeps_the_constraints_the_least_violation_is_best():
    config = EvolutionConfig(evaluations=20, objectives=["gain"], constraints={"cost": {"max": -1.0}})
    engine = Engine(Space.from_dict(BOX), config, 1, search=SearchConfig(surrogate=False))
    while (request := engine.ask()) is not None:
        engine.tell(request.result({"gain": request.genome["a"], "cost": request.genome["b"]}))
    assert engine.best().result.metrics["cost"] == min(result.metrics["cost"] for result in engine.results)
