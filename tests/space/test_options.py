"""Choices and switches."""

import copy
import pickle

import pytest

from evonas.errors import SpaceError
from evonas.space import Bool, Choice


def test_options_share_the_unit_interval():
    gene = Choice(["relu", "gelu", "tanh", None])
    assert [gene.from_unit(u) for u in (0.0, 0.3, 0.5, 1.0)] == ["relu", "gelu", "tanh", None]
    assert [gene.from_unit(gene.to_unit(option)) for option in gene.options] == list(gene.options)


def test_equal_numbers_of_different_type_are_different_options():
    gene = Choice([1, 1.0, True])
    assert gene.size() == 3
    assert [gene.index(value) for value in (1, 1.0, True)] == [0, 1, 2]
    assert Choice([1]) != Choice([True])
    assert Choice([1]) == Choice((1,))


def test_options_may_be_any_json_value():
    gene = Choice([[3, 3], {"size": 5}, "none"])
    assert gene.why_not([3, 3]) is None
    assert gene.why_not((3, 3)) is None
    assert gene.why_not({"size": 5}) is None
    assert gene.why_not({"size": 6}) == "{'size': 6} is not one of [3, 3], {'size': 5}, 'none'"
    assert gene.why_not(object()) is not None
    assert pickle.loads(pickle.dumps(gene)) == copy.deepcopy(gene) == gene
    assert hash(gene) == hash(copy.deepcopy(gene))


def test_nearest_by_value_then_spelling_then_the_middle():
    assert Choice([16, 32, 64]).nearest(30) == 32
    assert Choice(["relu", "tanh"]).nearest("rleu") == "relu"
    assert Choice(["a", "b", "c"]).nearest(7) == "b"
    assert Choice(["a", 3]).nearest(3) == 3
    assert Choice([0, 0.5]).nearest(0.0) == 0


def test_a_single_option_is_a_constant():
    gene = Choice(["same"])
    assert gene.unit_width == gene.vector_width == 0
    assert gene.why_not("other") == "'other' is not 'same'"
    assert gene.neighbours("same") == []


def test_a_long_choice_is_shortened_in_words():
    assert Choice(list(range(20))).why_not(-1) == "-1 is not one of 0, 1, 2, 3, 4, 5, 6, 7, ..."


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "without options"),
        ([1, 2, 1], "twice"),
        ([{"a": 1}, {"a": 1}], "twice"),
        ("abc", "a list"),
        ([float("nan")], "not finite"),
        ([object()], "type"),
    ],
)
def test_impossible_choices_are_refused(options, message):
    with pytest.raises(SpaceError, match=message):
        Choice(options)


def test_switch():
    gene = Bool()
    assert (gene.from_unit(0.49), gene.from_unit(0.5)) == (False, True)
    assert gene.why_not(True) is None
    assert gene.why_not(1) == "1 is not true or false"
    assert (gene.nearest(1), gene.nearest(None)) == (True, False)
    assert gene.neighbours(True) == [False]
    assert (gene.size(), gene.grid(5)) == (2, [False, True])
