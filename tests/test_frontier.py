"""Several objectives at once: against definitions, hand-computed figures and, where it is installed, moocore."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evonas.frontier import (
    REFERENCE,
    Frame,
    as_costs,
    dominated_share,
    dominated_shares,
    dominates,
    hypervolume,
    knee,
    non_dominated,
    violation,
)


def points(objectives, most=8, grid=6):
    figure = st.integers(0, grid).map(float)
    return st.lists(st.lists(figure, min_size=objectives, max_size=objectives), max_size=most)


@st.composite
def clouds(draw, most=8):
    objectives = draw(st.integers(2, 4))
    return np.array(draw(points(objectives, most)), float).reshape(-1, objectives)


def cells(costs, reference):
    """Count the unit cells that whole-numbered points dominate: the definition of the hypervolume."""
    corners = itertools.product(*(range(int(end)) for end in reference))
    return sum(any(all(cost <= at for cost, at in zip(row, cell, strict=True)) for row in costs) for cell in corners)


@settings(deadline=None)
@given(clouds())
def test_hypervolume_is_what_the_definition_says(costs):
    reference = np.full(costs.shape[1], 6.0)
    assert hypervolume(costs, reference) == pytest.approx(cells(costs, reference))


@settings(deadline=None)
@given(clouds(), st.randoms(use_true_random=False))
def test_hypervolume_does_not_depend_on_the_order(costs, chance):
    shuffled = list(range(len(costs)))
    chance.shuffle(shuffled)
    reference = np.full(costs.shape[1], 5.5)
    assert hypervolume(costs[shuffled], reference) == pytest.approx(hypervolume(costs, reference))
    assert hypervolume(costs[:, ::-1], reference) == pytest.approx(hypervolume(costs, reference))


@settings(deadline=None)
@given(clouds(), st.integers(0, 6))
def test_a_further_point_never_makes_the_hypervolume_less(costs, at):
    reference = np.full(costs.shape[1], 5.5)
    more = np.vstack([costs, np.full(costs.shape[1], float(at))])
    before, after = hypervolume(costs, reference), hypervolume(more, reference)
    assert after >= before - 1e-9
    covered = any(np.all(row <= at) for row in costs) or at >= 5.5
    assert (after > before + 1e-9) is not covered


@pytest.mark.parametrize(
    ("costs", "reference", "volume"),
    [
        ([], [1, 1], 0.0),
        ([[0, 0]], [1, 1], 1.0),
        ([[1, 3], [2, 2], [3, 1]], [4, 4], 6.0),  # Zitzler & Thiele's staircase
        ([[1, 3], [2, 2], [3, 1], [3, 3], [2, 2]], [4, 4], 6.0),
        ([[5, 0]], [4, 4], 0.0),
        ([[0, 0, 0]], [2, 3, 4], 24.0),
        ([[0, 1, 1], [1, 0, 1], [1, 1, 0]], [2, 2, 2], 4.0),
        ([[1, 1, 1, 0], [1, 1, 0, 1], [1, 0, 1, 1], [0, 1, 1, 1]], [2, 2, 2, 2], 5.0),
    ],
)
def test_known_hypervolumes(costs, reference, volume):
    assert hypervolume(np.array(costs, float).reshape(-1, len(reference)), reference) == pytest.approx(volume)


@pytest.mark.parametrize("objectives", [2, 3, 4])
def test_hypervolume_of_a_front_against_moocore(objectives):
    moocore = pytest.importorskip("moocore")  # what DEAP computes it with
    rows = np.abs(np.random.default_rng(objectives).normal(size=(60, objectives)))
    front = 1 - rows / np.linalg.norm(rows, axis=1)[:, None]
    reference = np.full(objectives, 1.1)
    assert hypervolume(front, reference) == pytest.approx(moocore.hypervolume(front, ref=reference), rel=1e-12)


@settings(deadline=None)
@given(clouds(most=12))
def test_the_share_after_each_point_is_that_of_the_points_so_far(costs):
    scaled = costs / 5.0 - 0.1
    trace = dominated_shares(scaled)
    assert trace == sorted(trace)
    for at, share in enumerate(trace, start=1):
        assert share == pytest.approx(dominated_share(scaled[:at]))
        assert 0 <= share <= 1


@settings(deadline=None)
@given(clouds(), st.data())
def test_who_is_not_dominated(costs, data):
    broken = data.draw(st.lists(st.sampled_from([0.0, 0.0, 0.5, 1.0]), min_size=len(costs), max_size=len(costs)))
    expected = {
        at
        for at in range(len(costs))
        if not any(dominates(costs[by], costs[at], (broken[by], broken[at])) for by in range(len(costs)))
    }
    found = non_dominated(costs, broken)
    assert set(found) == expected
    assert [tuple(costs[at]) for at in found] == sorted(tuple(costs[at]) for at in found)
    assert len(set(found)) == len(found)


@pytest.mark.parametrize(
    ("one", "other", "violations", "expected"),
    [
        ([0, 0], [1, 1], (0, 0), True),
        ([0, 1], [1, 0], (0, 0), False),
        ([1, 1], [1, 1], (0, 0), False),
        ([9, 9], [0, 0], (0, 1), True),  # who keeps the constraints beats who does not
        ([9, 9], [0, 0], (1, 2), True),  # of two that do not, the one that breaks them less
        ([0, 0], [9, 9], (2, 1), False),
        ([0, 0], [9, 9], (1, 1), False),
    ],
)
def test_constraint_domination(one, other, violations, expected):
    assert dominates(one, other, violations) is expected


@settings(deadline=None)
@given(clouds(), st.data())
def test_constraint_domination_is_a_strict_order(costs, data):
    broken = data.draw(st.lists(st.sampled_from([0.0, 1.0, 2.0]), min_size=len(costs), max_size=len(costs)))
    rows = range(len(costs))
    beats = {
        (one, other)
        for one in rows
        for other in rows
        if dominates(costs[one], costs[other], (broken[one], broken[other]))
    }
    assert not any((other, one) in beats for one, other in beats)
    assert all((one, last) in beats for one, middle in beats for other, last in beats if middle == other)


def test_violation_counts_in_units_of_the_limit():
    limits = {"resolution": (None, 0.2), "auc": (0.9, None), "bias": (-0.1, 0.0)}
    assert violation({"resolution": 0.2, "auc": 0.9, "bias": 0.0}, limits) == 0.0
    assert violation({"resolution": 0.3, "auc": 0.95, "bias": 0.0}, limits) == pytest.approx(0.5)
    assert violation({"resolution": 0.1, "auc": 0.45, "bias": 0.25}, limits) == pytest.approx(0.5 + 0.25)
    with pytest.raises(KeyError, match="auc"):
        violation({"resolution": 0.1, "bias": 0.0}, limits)


def test_a_frame_scales_the_front_to_the_unit_box():
    values = [[0.9, 100.0], [0.8, 50.0], [0.7, 20.0], [0.6, 90.0]]
    frame = Frame.of(values, (True, False))
    assert frame.logarithmic == (False, False)
    np.testing.assert_allclose(frame.scaled(values), [[0, 1], [0.5, 0.375], [1, 0], [1.5, 0.875]], atol=1e-12)


def test_figures_over_decades_count_by_their_logarithm():
    values = [[0.9, 1e6], [0.8, 1e4], [0.7, 1e2]]
    frame = Frame.of(values, (True, False))
    assert frame.logarithmic == (False, True)
    np.testing.assert_allclose(frame.scaled(values), [[0, 1], [0.5, 0.5], [1, 0]], atol=1e-12)


def test_a_front_without_spread_takes_that_of_all_points():
    values = [[0.9, 10.0], [0.8, 15.0], [0.7, 10.0]]  # the first one beats all others
    np.testing.assert_allclose(Frame.of(values, (True, False)).scaled(values), [[0, 0], [0.5, 1], [1, 0]], atol=1e-12)
    np.testing.assert_allclose(Frame.of([[1.0, 2.0]], (True, False)).scaled([[0.0, 2.0]]), [[1.0, 0.0]])


@settings(deadline=None)
@given(clouds())
def test_a_front_reaches_from_0_to_1_in_every_objective(costs):
    if not len(costs):
        return
    directions = (False,) * costs.shape[1]
    scaled = Frame.of(costs, directions).scaled(costs)
    front = scaled[non_dominated(as_costs(costs, directions))]
    assert front.min() >= -1e-12 and front.max() <= 1 + 1e-12
    assert np.all(scaled >= -1e-12)


@pytest.mark.parametrize(
    ("front", "expected"),
    [
        ([[0.3, 0.7]], 0),
        ([[0, 1], [1, 0]], 0),
        ([[0, 1], [0.2, 0.3], [0.6, 0.25], [1, 0]], 1),
        ([[0, 1], [0.4, 0.55], [0.45, 0.2], [1, 0]], 2),
        ([[0, 1], [0.6, 0.9], [0.9, 0.6], [1, 0]], 0),  # bends away from the ideal: no knee, so its first end
        ([[0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0], [0.1, 0.1, 0.1]], 3),
        ([[0, 0, 1], [1, 1, 0], [0.3, 0.3, 0.1]], 2),  # one is best in two objectives: they span no plane
    ],
)
def test_known_knees(front, expected):
    assert knee(np.array(front, float)) == expected


def test_the_knee_of_a_hyperbola_is_where_its_slope_is_that_of_the_chord():
    x = np.linspace(0.1, 10, 991)
    values = np.column_stack([x, 1 / x])  # from (0.1, 10) to (10, 0.1); the slope is -1 at (1, 1)
    scaled = (values - 0.1) / 9.9
    assert values[knee(scaled)] == pytest.approx([1, 1])
    # The logarithm of both figures, which span two decades, is a straight line: no knee at all.
    assert np.ptp(Frame.of(values, (False, False)).scaled(values).sum(axis=1)) < 1e-12


@settings(deadline=None)
@given(st.lists(st.floats(0.05, 0.95), min_size=1, max_size=12, unique=True), st.integers(2, 5))
def test_the_knee_of_a_power_law_is_where_its_slope_is_minus_one(xs, power):
    x = np.sort([0.0, *xs, 1.0])
    front = np.column_stack([x, 1 - x ** (1 / power)])  # convex to the ideal
    distances = 1 - front.sum(axis=1)
    assert distances[knee(front)] == pytest.approx(distances.max())


def test_the_reference_lies_beyond_the_worst_of_the_front():
    ends = np.array([[0.0, 1.0], [1.0, 0.0]])
    assert dominated_share(ends) == pytest.approx((2 * 0.1 * 1.1 - 0.1**2) / REFERENCE**2)
