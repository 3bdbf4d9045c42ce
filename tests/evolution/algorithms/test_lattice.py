"""Walks over lattices, and steps around a point."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evonas.evolution.algorithms.lattice import Walk, around, steps
from evonas.space import Bool, Choice, Float, Int

sizes = st.lists(st.integers(1, 6), max_size=6)


def axes_of(lengths):
    return [[(place + 0.5) / length for place in range(length)] for length in lengths]


@given(sizes, st.integers(0, 99))
def test_a_walk_meets_every_point_once(lengths, seed):
    walk = Walk(axes_of(lengths), np.random.default_rng(seed))
    points = {walk.point(place) for place in range(walk.size)}
    assert len(points) == walk.size == math.prod(lengths)


def test_every_stretch_of_a_walk_covers_each_axis_evenly():
    """On a lattice of 3**30 points, which nobody finishes."""
    walk = Walk(axes_of([3] * 30), np.random.default_rng(0))
    assert walk.size == 3**30
    for first in (0, 10**9):
        points = np.array([walk.point(first + place) for place in range(90)])
        for axis in points.T:
            _, counts = np.unique(axis, return_counts=True)
            assert len(counts) == 3
            assert counts.min() >= 20


def test_points_around_a_centre_differ_on_so_many_axes():
    axes = [[0.0, 1.0], [], [0.25], [0.75]]
    centre = [0.5, 0.5, 0.5, math.nan]
    for changed, count in ((1, 3), (2, 2), (3, 0)):
        points = list(around(centre, axes, changed, np.random.default_rng(0)))
        assert len(set(points)) == len(points) == count
        assert all(sum(u != 0.5 for u in point) == changed for point in points)


@pytest.mark.parametrize(
    ("gene", "value", "level", "others"),
    [
        (Float(0.0, 1.0), 0.5, 1, [0.25, 0.75]),
        (Float(0.0, 1.0), 0.5, 3, [0.4375, 0.5625]),
        (Float(0.0, 1.0), 1.0, 1, [0.75]),
        (Float(1e-4, 1.0, log=True), 1e-2, 1, [1e-3, 1e-1]),
        (Int(0, 100), 50, 1, [25, 75]),
        (Int(0, 100), 50, 9, [49, 51]),
        (Int(0, 3), 0, 1, [1]),
        (Choice(["a", "b", "c"]), "b", 1, ["a", "c"]),
        (Choice(["a", "b", "c"]), "b", 9, ["a", "c"]),
        (Bool(), True, 1, [False]),
    ],
    ids=str,
)
def test_steps(gene, value, level, others):
    found = steps(gene, gene.to_unit(value), level)
    assert [gene.from_unit(u) for u in found.others] == pytest.approx(others) if isinstance(gene, Float) else others


@pytest.mark.parametrize("gene", [Float(0.0, 1.0), Int(0, 1000), Int(8, 512, log=True), Float(0.0, 0.5, step=0.05)])
@pytest.mark.parametrize("u", [0.0, 0.31, 1.0])
def test_steps_get_finer_until_they_are_those_of_the_gene(gene, u):
    value = gene.from_unit(u)
    finest = [steps(gene, gene.to_unit(value), level).finest for level in range(1, 12)]
    assert finest == sorted(finest) and finest[-1]
    if gene.size() < math.inf:
        last = steps(gene, gene.to_unit(value), 11)
        assert sorted(gene.from_unit(other) for other in last.others) == gene.neighbours(value)


def test_a_gene_that_is_not_there_has_no_steps():
    assert steps(Bool(), math.nan, 1) == ([], True)
