"""Whole and real numbers: scales, steps, and what is refused."""

import math

import numpy as np
import pytest

from evonas.errors import SpaceError
from evonas.space import Float, Int


def test_int_cuts_the_unit_interval_evenly():
    gene = Int(1, 4)
    assert [gene.from_unit(u) for u in (0.0, 0.24, 0.26, 0.5, 0.99, 1.0)] == [1, 1, 2, 3, 4, 4]
    assert [gene.to_unit(value) for value in (1, 2, 3, 4)] == [0.125, 0.375, 0.625, 0.875]


def test_values_outside_the_cube_are_clipped():
    for gene in (Int(1, 64), Int(1, 64, log=True), Float(0.5, 2.0), Float(0.5, 2.0, log=True), Float(0, 1, step=0.25)):
        assert gene.from_unit(-0.3) == gene.low
        assert gene.from_unit(1e9) == gene.high


@pytest.mark.parametrize(
    "gene", [Int(3, 60), Int(1, 1000, log=True), Int(32, 512, log=True, step=32), Int(-8, 8, step=4)]
)
def test_every_int_survives_its_coordinate(gene):
    values = list(range(gene.low, gene.high + 1, gene.step))
    assert gene.size() == len(values)
    assert [gene.from_unit(gene.to_unit(value)) for value in values] == values
    assert all(type(gene.from_unit(u)) is int for u in np.linspace(0, 1, 17))


def test_log_int_draws_every_octave_about_equally_often():
    gene = Int(1, 1023, log=True)
    rng = np.random.default_rng(0)
    octaves = [int(math.log2(gene.sample(rng))) for _ in range(10_000)]
    # an octave of whole numbers is as wide as its logarithm: 7 % (the first, cut at 0.7) to 10 %
    assert min(octaves.count(octave) for octave in range(1, 10)) > 800


def test_float_steps_are_the_numbers_written_by_hand():
    assert Float(0.0, 0.5, step=0.1).grid(10) == [0.0, 0.1, 0.2, 0.3, 0.4, 0.5]
    gene = Float(0.1, 12.8, log=True, step=0.1)
    assert gene.size() == 128
    assert all(gene.from_unit(gene.to_unit(value)) == value for value in gene.grid(200))


@pytest.mark.parametrize("gene", [Float(-3.0, 5.0), Float(1e-6, 1e3, log=True)])
def test_continuous_floats_survive_their_coordinate(gene):
    for u in np.linspace(0, 1, 101):
        value = gene.from_unit(u)
        assert gene.low <= value <= gene.high
        assert type(value) is float
        assert math.isclose(gene.from_unit(gene.to_unit(value)), value, rel_tol=1e-12, abs_tol=1e-12)


def test_a_constant_takes_no_coordinate():
    for gene, value in (
        (Int(7, 7), 7),
        (Float(0.3, 0.3), 0.3),
        (Int(7, 7, log=True), 7),
        (Float(0.3, 0.3, log=True), 0.3),
    ):
        assert gene.unit_width == gene.vector_width == 0
        assert gene.size() == 1
        assert gene.neighbours(value) == []
        assert {gene.from_unit(u) for u in (0.0, 0.5, 1.0)} == {value}
        assert gene.grid(5) == [value]
        assert gene.to_unit(value) == 0.5


@pytest.mark.parametrize(
    ("gene", "value", "reason"),
    [
        (Int(8, 512), 700, "700 is above 512"),
        (Int(8, 512), 4, "4 is below 8"),
        (Int(8, 512), 8.0, "8.0 is not a whole number"),
        (Int(8, 512), True, "true is not a whole number"),
        (Int(8, 512), "64", "'64' is not a whole number"),
        (Int(8, 512, step=8), 12, "12 is off the steps 8, 16, ..., 512"),
        (Float(0.0, 0.5), 0.7, "0.7 is above 0.5"),
        (Float(0.1, 0.5), 0.0, "0.0 is below 0.1"),
        (Float(0.0, 0.5), 0, "0 is written as a whole number, 0.0 is meant"),
        (Float(0.0, 0.5), None, "null is not a number"),
        (Float(0.0, 0.5, step=0.1), 0.25, "0.25 is off the steps 0.0, 0.1, ..., 0.5"),
    ],
)
def test_why_not(gene, value, reason):
    assert gene.why_not(value) == reason
    assert gene.why_not(gene.nearest(value)) is None


def test_nearest():
    assert Int(8, 512, step=8).nearest(13) == 16
    assert Int(8, 512).nearest(64.4) == 64
    assert Int(8, 512).nearest(math.inf) == 512
    assert Int(0, 4).nearest("many") == 2
    assert Int(0, 4).nearest(math.nan) == 2
    assert Float(0.0, 0.5, step=0.1).nearest(0.26) == 0.3
    assert Float(0.0, 0.5).nearest(-1) == 0.0
    assert Float(0.0, 0.5).nearest([]) == 0.25


def test_a_member_within_rounding_is_a_member():
    assert Float(0.0, 1.0, step=0.1).why_not(0.1 + 0.2) is None


def test_grid():
    assert Int(1, 3).grid(5) == [1, 2, 3]
    assert Int(1, 1000, log=True).grid(4) == [1, 8, 89, 1000]
    assert Float(0.0, 1.0).grid(5) == [0.0, 0.25, 0.5, 0.75, 1.0]
    assert Float(0.0, 1.0).grid(1) == [0.5]
    with pytest.raises(ValueError, match="at least one point"):
        Float(0.0, 1.0).grid(0)


def test_neighbours():
    assert Int(8, 32, step=8).neighbours(8) == [16]
    assert Int(8, 32, step=8).neighbours(16) == [8, 24]
    assert Float(0.0, 0.5, step=0.1).neighbours(0.2) == [0.1, 0.3]
    below, above = Float(0.0, 1.0).neighbours(0.5)
    assert (below, above) == (pytest.approx(0.4), pytest.approx(0.6))
    assert Float(0.0, 1.0).neighbours(1.0) == [0.9]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Int(5, 1), "low is above high"),
        (lambda: Float(5.0, 1.0), "low is above high"),
        (lambda: Int(0, 8, log=True), "logarithmic"),
        (lambda: Float(0.0, 1.0, log=True), "logarithmic"),
        (lambda: Int(1, 10, step=2), "step does not fit"),
        (lambda: Float(0.0, 1.0, step=0.3), "step does not fit"),
        (lambda: Int(1, 10, step=0), "step is not positive"),
        (lambda: Float(0.0, 1.0, step=-0.1), "step is not positive"),
        (lambda: Int(1, 2.0), "`high` of a whole-number gene"),
        (lambda: Int(True, 2), "`low` of a whole-number gene"),
        (lambda: Float("a", 2), "`low` of a real-number gene"),
        (lambda: Float(0, math.inf), "`high` of a real-number gene"),
        (lambda: Float(-1.7e308, 1.7e308), "range is too wide"),
        (lambda: Int(0, 2**50), "range is too wide"),
        (lambda: Int(1, 2, log="yes"), "`log` is true or false"),
    ],
)
def test_impossible_numbers_are_refused(make, message):
    with pytest.raises(SpaceError, match=message) as caught:
        make()
    assert caught.value.expected
