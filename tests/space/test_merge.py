"""A default space narrowed and widened gene by gene."""

import pytest

from evonas.errors import SpaceError
from evonas.space import Bool, Choice, Float, Group, Int, Repeat, Select, Space, Tied

DEFAULT = Space.from_dict(
    {
        "layers": {
            "repeat": {"units": {"int": [8, 512], "log": True}, "activation": {"choice": ["relu", "tanh"]}},
            "length": [1, 6],
        },
        "stem": {"filters": {"int": [8, 64]}, "norm": "bool"},
        "optimizer": {
            "select": {
                "adam": {"rate": {"float": [1e-5, 1e-1], "log": True}},
                "sgd": {"rate": {"float": [1e-4, 1.0], "log": True}, "momentum": {"float": [0.0, 0.99]}},
            }
        },
    },
    family="dense",
)


def merged(changes):
    return DEFAULT.merged(changes).root.children


def test_no_change_is_the_same_space():
    assert DEFAULT.merged({}) == DEFAULT
    assert DEFAULT.merged(DEFAULT.to_dict()) == DEFAULT
    assert DEFAULT.merged({}).family == "dense"


def test_a_gene_is_replaced_and_its_siblings_stay():
    changed = merged({"stem": {"filters": {"int": [4, 128]}}})
    assert changed["stem"] == Group({"filters": Int(4, 128), "norm": Bool()})
    assert merged({"stem": {"filters": 16}})["stem"].children["filters"] == Choice([16])
    assert merged({"stem": {"norm": {"scales": "filters"}}})["stem"].children["norm"] == Tied("filters")


def test_a_list_is_changed_by_length_or_items():
    item = DEFAULT.root.children["layers"].item
    assert merged({"layers": {"length": [1, 2]}})["layers"] == Repeat(item, 1, 2)
    assert merged({"layers": {"length": 3}})["layers"] == Repeat(item, 3, 3)
    changed = merged({"layers": {"repeat": {"activation": "relu"}}})["layers"]
    assert changed == Repeat(Group({**item.children, "activation": Choice(["relu"])}), 1, 6)


def test_a_select_keeps_some_branches_or_changes_one():
    select = DEFAULT.root.children["optimizer"]
    kept = Select({"adam": select.branches["adam"]})
    assert merged({"optimizer": {"only": ["adam"]}})["optimizer"] == kept
    assert merged({"optimizer": "adam"})["optimizer"] == kept
    changed = merged({"optimizer": {"select": {"sgd": {"momentum": 0.9}}, "only": ["sgd"]}})["optimizer"]
    assert changed == Select({"sgd": Group({"rate": Float(1e-4, 1.0, log=True), "momentum": Choice([0.9])})})


@pytest.mark.parametrize(
    ("changes", "key", "message", "hint"),
    [
        ({"layer": {}}, "layer", "no such gene", "`layers`"),
        ({"stem": {"filter": 3}}, "stem.filter", "no such gene", "`filters`"),
        ({"layers": {"repeat": {"unit": 3}}}, "layers.repeat.unit", "no such gene", "`units`"),
        ({"layers": {"length": [3, 1]}}, "layers.length", "min is above max", None),
        ({"layers": 3}, "layers", "by its length or its items", None),
        ({"layers": {"units": 3}}, "layers", "by its length or its items", None),
        ({"stem": 3}, "stem", "by a mapping", None),
        ({"optimizer": {"only": ["adm"]}}, "optimizer.only.adm", "no such branch", "`adam`"),
        ({"optimizer": {"only": []}}, "optimizer.only", "no branch is kept", None),
        ({"optimizer": {"select": {"sgdd": {}}}}, "optimizer.select.sgdd", "no such branch", "`sgd`"),
        ({"optimizer": {"select": [1]}}, "optimizer.select", "branches", None),
        ({"optimizer": {"adam": {}}}, "optimizer", "by its branches", None),
        ({"optimizer": {"select": {}, "by": "kind"}}, "optimizer.by", "fixed", None),
        ({"stem": {"filters": {"low": 3}}}, "stem.filters", "cannot become a group", "whole gene"),
        ({"stem": {"filters": {"int": [3, 1]}}}, "stem.filters", "low is above high", None),
        ([], None, "by a mapping", None),
    ],
)
def test_wrong_changes_are_explained(changes, key, message, hint):
    with pytest.raises(SpaceError) as caught:
        DEFAULT.merged(changes)
    assert message in caught.value.message
    assert caught.value.key == key
    assert caught.value.expected
    if hint:
        assert hint in caught.value.hint


def test_ties_are_checked_again():
    space = Space.from_dict({"a": {"int": [1, 2]}, "b": {"scales": "a"}})
    with pytest.raises(SpaceError, match="holds no numbers"):
        space.merged({"a": "word"})


def test_a_group_with_a_keyword_for_a_name():
    space = Space.from_dict({"g": {"group": {"int": {"int": [1, 2]}, "b": 1}}})
    assert space.merged({"g": {"group": {"int": 2}}}).root.children["g"].children["int"] == Choice([2])
