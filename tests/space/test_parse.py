"""Specifications: what they mean, what they are refused for, and that they come back."""

import copy
import pickle

import pytest

from evonas.errors import SpaceError
from evonas.space import Bool, Choice, Float, Group, Int, Repeat, Select, Space, Tied
from evonas.testing.toy import toy_space


def test_every_form():
    space = Space.from_dict(
        {
            "a": {"int": [1, 8], "log": True},
            "b": {"float": [0, 1], "step": 0.5},
            "c": {"choice": ["x", 2, None]},
            "d": "bool",
            "e": {"bool": True},
            "f": 64,
            "g": {"repeat": {"int": [1, 2]}, "length": [0, 3]},
            "h": {"select": {"adam": {"rate": {"float": [0.1, 1]}}, "sgd": None}, "by": "kind"},
            "i": {"scales": "a", "by": 2, "max": 10},
            "j": {"group": {"int": {"int": [1, 2]}}},
            "k": {},
            "m": {"repeat": {"n": {"scales": "previous", "first": {"int": [1, 2]}}}, "length": 2},
        }
    )
    assert dict(space.root.children) == {
        "a": Int(1, 8, log=True),
        "b": Float(0.0, 1.0, step=0.5),
        "c": Choice(["x", 2, None]),
        "d": Bool(),
        "e": Bool(),
        "f": Choice([64]),
        "g": Repeat(Int(1, 2), 0, 3),
        "h": Select({"adam": Group({"rate": Float(0.1, 1.0)}), "sgd": Group({})}, by="kind"),
        "i": Tied("a", by=2, max=10),
        "j": Group({"int": Int(1, 2)}),
        "k": Group({}),
        "m": Repeat(Group({"n": Tied("previous", first=Int(1, 2))}), 2, 2),
    }
    assert Space.from_dict(space.to_dict()) == space


@pytest.mark.parametrize(
    "children",
    [
        {"int": Int(1, 2)},
        {"scale": Choice(["previous"]), "by": Choice([2])},
        {"word": Choice(["bool"])},
        {"list": Choice([[1, 2]])},
        {"inner": Group({"select": Int(1, 2)})},
        {"s": Select({"a": Group({"choice": Int(1, 2)})})},
        {"length": Int(1, 2), "by": Int(1, 2), "only": Bool()},
    ],
)
def test_names_like_keywords_survive_the_round_trip(children):
    space = Space(Group(children))
    assert Space.from_dict(space.to_dict()) == space


def test_a_space_is_a_value():
    space = toy_space(family="toy")
    assert pickle.loads(pickle.dumps(space)) == copy.deepcopy(space) == space
    assert hash(space) == hash(toy_space(family="toy"))
    assert space != toy_space()
    with pytest.raises(AttributeError):
        space.family = "other"
    with pytest.raises(TypeError):
        space.root.children["new"] = Int(1, 2)


@pytest.mark.parametrize(
    ("spec", "key", "message", "hint"),
    [
        (
            {"layers": {"repeat": {"units": {"int": [9, 1]}}, "length": [1, 2]}},
            "layers.repeat.units",
            "low is above",
            "[1, 9]",
        ),
        ({"a": {"int": [0, 9], "log": True}}, "a", "logarithmic", "raise low"),
        ({"a": {"int": [0, 9], "stepp": 3}}, "a.stepp", "unknown keyword beside `int`", "`step`"),
        ({"a": {"repeat": {}, "lenght": [1, 2]}}, "a.lenght", "unknown keyword beside `repeat`", "`length`"),
        ({"a": {"int": [0, 9], "units": 3}}, "a.units", "unknown keyword", "{group: ...}"),
        ({"a": {"int": [0, 1], "float": [0, 1]}}, "a.float", "unknown keyword beside `int`", None),
        ({"a": {"repeat": {"b": 1}}}, "a", "without a length", None),
        ({"a": {"repeat": {"b": 1}, "length": [2, 1]}}, "a", "min is above max", "[1, 2]"),
        ({"a": {"repeat": {"b": 1}, "length": [-1, 1]}}, "a", "length of a list", None),
        ({"a": {"repeat": {"b": 1}, "length": "long"}}, "a.length", "pair", None),
        ({"a": {"choice": []}}, "a", "without options", None),
        ({"a": {"choice": [1, 1]}}, "a", "twice", None),
        ({"a": {"int": 5}}, "a.int", "pair", None),
        ({"a": {"bool": 3}}, "a.bool", "switch", None),
        ({"a": "int"}, "a", "`int` alone", "choice: [int]"),
        ({"a": [1, 2]}, "a", "not described by a list", "choice: [...]"),
        ({"a": {"flot": [0, 1]}}, "a.flot", "not described by a list", "`float` instead of `flot`"),
        ({"a": {"repeet": {}, "length": [0, 1]}}, "a.repeet", "unknown keyword beside `length`", "`repeat`"),
        ({"a": {"scale": "previous", "by": 2}}, "a.scale", "unknown keyword beside `by`", "`scales`"),
        ({"a": object()}, "a", "not a description", None),
        ({"a": float("inf")}, "a", "not finite", None),
        ({"a.b": 1}, "a.b", "not a name", None),
        ({1: 1}, "1", "not a name", "quotes"),
        ({"s": {"select": {}}}, "s.select", "without branches", None),
        ({"s": {"select": [1]}}, "s.select", "branches", None),
        ({"s": {"select": {"a": {"int": [0, 1]}}}}, "s.select.a", "is a group", None),
        ({"s": {"select": {"a": {"type": 1}}}}, "s.select.a.type", "named `type`", "`by`"),
        ({"s": {"group": 3}}, "s.group", "mapping", None),
        ({"int": [0, 1]}, None, "not a single one", "a name"),
        ([1], None, "mapping", None),
    ],
)
def test_wrong_specifications_are_explained(spec, key, message, hint):
    with pytest.raises(SpaceError) as caught:
        Space.from_dict(spec)
    error = caught.value
    assert message in error.message
    assert error.expected
    assert error.has_got
    if hint is not None:
        assert hint in (error.hint or "")
    if key is not None and key not in ("a.b", "1"):
        assert error.key == key


def test_the_root_of_a_space_is_a_group():
    with pytest.raises(SpaceError, match="group of genes"):
        Space(Int(1, 2))
