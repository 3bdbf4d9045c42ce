"""Repair, completion and the marks of list items."""

import numpy as np
import pytest

from evonas.genome import Genome
from evonas.space import Space
from evonas.testing.toy import toy_space

SPACE = Space.from_dict(
    {
        "layers": {"repeat": {"units": {"int": [8, 512]}, "act": {"choice": ["relu", "tanh"]}}, "length": [1, 3]},
        "optimizer": {"select": {"adam": {"rate": {"float": [0.1, 0.5]}}, "sgd": {"rate": {"float": [0.4, 0.9]}}}},
        "extra": {"repeat": {"n": {"int": [1, 9]}}, "length": [0, 2]},
    }
)
GOOD = {
    "layers": [{"units": 64, "act": "relu"}],
    "optimizer": {"type": "adam", "rate": 0.2},
    "extra": [],
}


@pytest.mark.parametrize(
    ("change", "expected", "lines"),
    [
        ({}, {}, []),
        (
            {"layers": [{"units": 700, "act": "tahn"}]},
            {"layers": [{"units": 512, "act": "tanh"}]},
            [
                "layers.0.units: 700 -> 512 (700 is above 512)",
                "layers.0.act: 'tahn' -> 'tanh' ('tahn' is not one of 'relu', 'tanh')",
            ],
        ),
        (
            {"layers": [{"unit": 64, "act": "relu"}]},
            {"layers": [{"units": 260, "act": "relu"}]},
            ["layers.0.units: missing, set to 260", "layers.0.unit: dropped, no such gene"],
        ),
        (
            {"layers": [{"units": 64, "act": "relu"}] * 5},
            {"layers": [{"units": 64, "act": "relu"}] * 3},
            ["layers: 5 -> 3 items (at most 3; cut at the end)"],
        ),
        (
            {"layers": []},
            {"layers": [{"units": 260, "act": "tanh"}]},
            ["layers: 0 -> 1 items (at least 1; padded at the end)"],
        ),
        ({"extra": "none"}, {"extra": [{"n": 5}]}, ["extra: 'none' -> [{'n': 5}] ('none' is not a list)"]),
        (
            {"layers": [3]},
            {"layers": [{"units": 260, "act": "tanh"}]},
            ["layers.0: 3 -> {'units': 260, 'act': 'tanh'} (3 is not a mapping of genes)"],
        ),
        (
            {"optimizer": "sgd"},
            {"optimizer": {"type": "sgd", "rate": 0.65}},
            [
                "optimizer: 'sgd' -> {'type': 'sgd'} (a mapping is meant)",
                "optimizer.rate: missing, set to 0.65",
            ],
        ),
        (
            {"optimizer": {"type": "adma", "rate": 0.2, "momentum": 1}},
            {"optimizer": {"type": "adam", "rate": 0.2}},
            [
                "optimizer.type: 'adma' -> 'adam' ('adma' is not one of 'adam', 'sgd')",
                "optimizer.momentum: dropped, no such gene",
            ],
        ),
        (
            {"optimizer": {"rate": 0.5}},
            {"optimizer": {"type": "sgd", "rate": 0.5}},
            ["optimizer.type: missing, set to 'sgd'"],
        ),
        ({"zoo": 1}, {}, ["zoo: dropped, no such gene"]),
    ],
)
def test_every_change_is_a_line(change, expected, lines):
    repaired = SPACE.repair(Genome({**GOOD, **change}))
    assert repaired.genome.genes == {**GOOD, **expected}
    assert list(repaired.changes) == lines
    assert SPACE.contains(repaired.genome)


def test_a_missing_part_is_one_line():
    genes = {key: value for key, value in GOOD.items() if key != "optimizer"}
    repaired = SPACE.repair(Genome(genes))
    assert repaired.changes == ("optimizer: missing, set to {'type': 'sgd', 'rate': 0.65}",)


def test_the_family_is_repaired_too():
    repaired = toy_space(family="toy").repair(Genome({}, "other"))
    assert repaired.changes[0] == "family: 'other' -> 'toy'"
    assert repaired.genome.family == "toy"


def test_padding_duplicates_the_last_item_and_ties_follow():
    tied = {"scales": "previous", "by": 2, "first": {"int": [1, 8]}}
    space = Space.from_dict({"a": {"repeat": {"f": tied, "k": {"choice": [3, 5]}}, "length": [3, 4]}})
    repaired = space.repair(Genome({"a": [{"f": 2, "k": 5}]}))
    assert repaired.genome.genes == {"a": [{"f": 2, "k": 5}, {"f": 4, "k": 5}, {"f": 8, "k": 5}]}
    assert repaired.changes == ("a: 1 -> 3 items (at least 3; padded at the end)",)


def test_items_without_a_mark_get_their_place():
    genes = {**GOOD, "layers": [{"units": 8, "act": "relu"}] * 3}
    assert SPACE.repair(Genome(genes)).genome.marks == {"layers": [[0, None], [1, None], [2, None]], "extra": []}


def test_marks_that_are_there_stay():
    genes = {**GOOD, "layers": [{"units": 8, "act": "relu"}] * 3}
    given = {"layers": [[7, None], [1, None]]}
    assert SPACE.repair(Genome(genes, marks=given)).genome.marks["layers"] == [[7, None], [1, None], [2, None]]
    given = {"layers": [[2, None], [1, None]]}  # the third item's place is taken
    assert SPACE.repair(Genome(genes, marks=given)).genome.marks["layers"] == [[2, None], [1, None], [3, None]]


@pytest.mark.parametrize(
    "marks", [[], {"layers": "x"}, {"layers": [[0]]}, {"layers": [["a", None]]}, {"layers": [[0, None]] * 9, "zoo": []}]
)
def test_marks_that_do_not_mirror_the_genes_are_made_anew(marks):
    assert SPACE.complete(GOOD, marks).marks == {"layers": [[0, None]], "extra": []}


def test_a_mark_stands_once_in_a_list():
    genes = {**GOOD, "layers": [{"units": 8, "act": "relu"}] * 3}
    marks = SPACE.complete(genes, {"layers": [[4, None], [4, None], [4, None]]}).marks["layers"]
    assert len({mark for mark, _ in marks}) == 3
    assert marks[0] == [4, None]


def test_marks_mirror_nested_lists():
    space = Space.from_dict(
        {
            "a": {"repeat": {"b": {"repeat": "bool", "length": [0, 2]}, "n": 1}, "length": [1, 2]},
            "c": {"select": {"x": {"d": {"repeat": "bool", "length": 1}}, "y": {}}},
            "e": {"f": 1},
        }
    )
    genes = {"a": [{"b": [True], "n": 1}, {"b": [], "n": 1}], "c": {"type": "x", "d": [True]}, "e": {"f": 1}}
    expected = {"a": [[0, {"b": [[0, None]]}], [1, {"b": []}]], "c": {"d": [[0, None]]}}
    assert space.complete(genes).marks == expected
    assert space.complete(genes, {"a": [[5, {"b": [[3, None]]}]]}).marks["a"] == [
        [5, {"b": [[3, None]]}],
        [1, {"b": []}],
    ]
    assert space.complete({**genes, "c": {"type": "y"}}).marks == {"a": expected["a"]}
    assert Space.from_dict({"a": 1}).complete({"a": 1}).marks is None


def test_complete_fills_the_genes_of_a_switched_branch():
    genes = {**GOOD, "optimizer": {"type": "sgd", "rate": 0.2}}
    before = Genome(genes)
    genome = SPACE.complete(genes)
    assert genome.genes["optimizer"] == {"type": "sgd", "rate": 0.4}  # the rate of the other branch, clipped
    assert Genome(genes) == before  # what was given is not changed
    fresh = {**GOOD, "optimizer": {"type": "sgd"}}
    assert SPACE.complete(fresh).genes["optimizer"]["rate"] == 0.65
    drawn = {SPACE.complete(fresh, rng=np.random.default_rng(seed))["optimizer"]["rate"] for seed in range(5)}
    assert len(drawn) == 5


def test_complete_after_the_first_item_left():
    tied = {"scales": "previous", "by": 2, "first": {"int": [1, 8]}}
    space = Space.from_dict({"a": {"repeat": {"f": tied}, "length": [1, 4]}})
    genome = space.complete({"a": [{"f": 16}, {"f": 32}]}, {"a": [[1, None], [2, None]]})
    assert genome.genes == {"a": [{"f": 8}, {"f": 16}]}
    assert genome.marks == {"a": [[1, None], [2, None]]}
