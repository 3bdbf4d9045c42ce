"""Genes tied to others: which ones they may scale, and what they are."""

import numpy as np
import pytest

from evonas.errors import SpaceError
from evonas.genome import Genome
from evonas.space import Choice, Int, Space, Tied


def genes(spec, u=0.5):
    space = Space.from_dict(spec)
    return space.from_unit(np.full(space.unit_dimension, u)).genes


def test_a_whole_number_stays_one():
    assert Tied("a", by=1.5).value(5) == 8
    assert type(Tied("a", by=0.5).value(64)) is int
    assert Tied("a", by=2).value(0.25) == 0.5
    assert type(Tied("a", by=2).value(1.0)) is float
    assert Tied("a", by=2, max=100, min=10).value(64) == 100
    assert Tied("a", by=2, max=100, min=10).value(2) == 10
    assert Tied("a", by=1, max=9.5, min=0.5).value(64) == 9


def test_previous_is_the_same_gene_of_the_item_before():
    tied = {"scales": "previous", "by": 2, "first": {"int": [8, 8]}, "max": 50}
    assert genes({"x": {"repeat": {"f": tied}, "length": 4}}) == {"x": [{"f": 8}, {"f": 16}, {"f": 32}, {"f": 50}]}
    assert genes({"x": {"repeat": tied, "length": 3}}) == {"x": [8, 16, 32]}


def test_previous_belongs_to_the_innermost_list():
    tied = {"scales": "previous", "by": 2, "first": {"int": [1, 1]}}
    spec = {"x": {"repeat": {"y": {"repeat": {"inner": {"f": tied}}, "length": 3}}, "length": 2}}
    inner = [{"inner": {"f": value}} for value in (1, 2, 4)]
    assert genes(spec) == {"x": [{"y": inner}, {"y": inner}]}


def test_previous_skips_items_whose_branch_lacks_the_gene():
    branch = {"f": {"scales": "previous", "by": 2, "first": {"int": [4, 6]}}}
    space = Space.from_dict({"x": {"repeat": {"select": {"conv": branch, "pool": {}}}, "length": [0, 4]}})
    items = [{"type": "pool"}, {"type": "conv", "f": 5}, {"type": "pool"}, {"type": "conv", "f": 10}]
    genome = Genome({"x": items})
    assert space.why_not(genome) is None
    assert [site.path for site in space.genes(genome) if site.path[-1] == "f"] == [("x", 1, "f")]
    # without the first two, the last item's gene is free and out of range
    assert space.why_not(Genome({"x": items[2:]})) == "x.1.f: 10 is above 6"


def test_a_dotted_name_is_looked_up_outwards():
    spec = {
        "width": 3,
        "stem": {"filters": {"int": [8, 8]}},
        "x": {"repeat": {"a": {"scales": "stem.filters", "by": 2}, "b": {"scales": "a", "by": 0.25}}, "length": 1},
        "s": {"select": {"one": {"width": 5, "v": {"scales": "width", "by": 2}}}},
        "t": {"scales": "s.width"},
    }
    assert genes(spec) == {
        "width": 3,
        "stem": {"filters": 8},
        "x": [{"a": 16, "b": 4}],
        "s": {"type": "one", "width": 5, "v": 10},
        "t": 5,
    }


@pytest.mark.parametrize(
    ("spec", "key", "message", "hint"),
    [
        ({"a": {"scales": "b"}, "b": 1}, "a", "declared later", "move `b` up"),
        ({"a": {"scales": "a"}}, "a", "declared later", None),
        ({"width": 1, "a": {"scales": "widht"}}, "a", "does not exist", "`width`"),
        ({"g": {"width": 1}, "a": {"scales": "g.widht"}}, "a", "does not exist", "`g.width`"),
        ({"g": {"width": 1}, "a": {"scales": "g"}}, "a", "holds no numbers", None),
        ({"w": "word", "a": {"scales": "w"}}, "a", "holds no numbers", None),
        ({"w": "bool", "a": {"scales": "w"}}, "a", "holds no numbers", None),
        ({"a": {"scales": "previous", "first": {"int": [1, 2]}}}, "a", "outside a list", "name the gene"),
        ({"x": {"repeat": {"a": {"scales": "previous"}}, "length": 2}}, "x.repeat.a", "needs `first`", "first:"),
        ({"w": 1, "a": {"scales": "w", "first": {"int": [1, 2]}}}, "a", "`first` goes with", None),
        ({"x": {"repeat": {"w": 1}, "length": 2}, "a": {"scales": "x.w"}}, "a", "does not exist", None),
        ({"s": {"select": {"p": {"w": 1}, "q": {}}}, "a": {"scales": "s.w"}}, "a", "does not exist", None),
        ({"s": {"select": {"p": {"a": {"scales": "type"}}}}}, "s.select.p.a", "holds no numbers", None),
        ({"w": 1, "a": {"scales": "w", "by": "two"}}, "a", "`by` of a tied gene", None),
        ({"w": 1, "a": {"scales": "w", "min": 3, "max": 2}}, "a", "min is above max", None),
        ({"w": 1, "a": {"scales": 3}}, "a", "names the gene", None),
        ({"x": {"repeat": {"scales": "previous", "first": "bool"}, "length": 2}}, "x.repeat.first", "numeric", None),
        ({"x": {"repeat": {"scales": "previous", "first": "w"}, "length": 2}}, "x.repeat", "no numbers", None),
        (
            {"x": {"repeat": {"scales": "previous", "by": 9, "first": {"int": [1, 2]}}, "length": [1, 99]}},
            "x.repeat",
            "grows beyond",
            "`max`",
        ),
    ],
)
def test_impossible_ties_are_explained(spec, key, message, hint):
    with pytest.raises(SpaceError) as caught:
        Space.from_dict(spec)
    error = caught.value
    assert error.key == key
    assert message in error.message
    assert error.expected
    assert error.has_got
    if hint:
        assert hint in error.hint


def test_a_tied_value_is_checked_and_repaired():
    space = Space.from_dict({"w": {"int": [1, 9]}, "a": {"scales": "w", "by": 1.5}})
    assert space.contains(Genome({"w": 3, "a": 4}))
    assert space.why_not(Genome({"w": 3, "a": 5})) == "a: 5 is not 4, that is 1.5 x w"
    assert space.why_not(Genome({"w": 3, "a": 4.0})) == "a: 4.0 is not 4, that is 1.5 x w"
    repaired = space.repair(Genome({"w": 3, "a": 5}))
    assert repaired.genome.genes == {"w": 3, "a": 4}
    assert repaired.changes == ("a: 5 -> 4 (that is 1.5 x w)",)


def test_the_first_gene_of_a_tie_may_be_a_choice_of_numbers():
    tied = Tied("previous", by=2, first=Choice([8, 16]))
    assert tied.unit_width == 1
    assert Tied("previous", first=Int(3, 3)).unit_width == 0
