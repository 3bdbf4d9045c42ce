"""The genome as a value: frozen, equal by content, one spelling."""

import copy
import pickle
from enum import Enum

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evonas.errors import GenomeError
from evonas.genome import Genome, canonical_json, freeze, thaw

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)
GENES = st.dictionaries(st.text(max_size=4), JSON, max_size=4)


def test_equal_content_has_the_equal_id():
    a = Genome({"x": 1, "y": [1.5, {"z": None}]}, "cnn", marks={"y": [[0, None]]})
    b = Genome({"y": (1.5, {"z": None}), "x": 1}, "cnn")
    assert a == b
    assert a.id == b.id
    assert len({a, b}) == 1
    assert a != Genome(a.genes, "dense")
    assert a != {"x": 1}


def test_an_id_never_changes():
    genome = Genome({"layers": [{"units": 64}], "rate": 1e-3, "on": True, "word": "é"}, "dense")
    assert genome.json == '{"layers":[{"units":64}],"on":true,"rate":0.001,"word":"é"}'
    assert genome.id == "47177453e399716d"


def test_types_are_content():
    ids = {Genome({"x": value}).id for value in (1, 1.0, True, "1", None, [1])}
    assert len(ids) == 6
    assert Genome({"x": -0.0}) == Genome({"x": 0.0})


def test_it_reads_as_a_mapping_and_cannot_be_changed():
    given_genes = {"x": [1, {"y": 2}]}
    genome = Genome(given_genes)
    given_genes["x"].append(3)
    genome.genes["x"].append(4)
    assert genome["x"] == (1, {"y": 2})
    assert (list(genome), len(genome)) == (["x"], 1)
    with pytest.raises(TypeError):
        genome["x"] = 1
    with pytest.raises(TypeError):
        genome["x"][1]["y"] = 3
    with pytest.raises(AttributeError):
        genome.family = "other"


def test_marks_are_a_copy():
    genome = Genome({"x": [1]}, marks={"x": [[0, None]]})
    genome.marks["x"].append(1)
    assert genome.marks == {"x": [[0, None]]}
    assert Genome({}).marks is None


def test_numpy_and_enums_become_plain():
    class Word(str, Enum):
        RELU = "relu"

    values = {
        "a": np.int64(3),
        "b": np.float32(0.5),
        "c": np.bool_(True),
        "d": np.str_("x"),
        "e": Word.RELU,
        "f": np.array(2),
    }
    genes = Genome(values).genes
    assert genes == {"a": 3, "b": 0.5, "c": True, "d": "x", "e": "relu", "f": 2}
    assert [type(value) for value in genes.values()] == [int, float, bool, str, str, int]


@pytest.mark.parametrize(
    ("genes", "message"),
    [
        ([1], "mapping"),
        ({"x": float("nan")}, "not finite"),
        ({"x": {"y": [float("inf")]}}, "not finite"),
        ({"x": {1: 2}}, "not a string"),
        ({"x": object()}, "type"),
        ({"x": {1, 2}}, "type"),
        ({"x": np.zeros(3)}, "type"),
    ],
)
def test_what_json_cannot_hold_is_refused(genes, message):
    with pytest.raises(GenomeError, match=message) as caught:
        Genome(genes)
    assert caught.value.exit_code == 13


def test_the_place_of_the_mistake_is_named():
    with pytest.raises(GenomeError) as caught:
        Genome({"x": {"y": [1, float("inf")]}})
    assert caught.value.key.startswith("x.y")


@given(GENES, st.text(max_size=3))
def test_a_genome_is_what_went_in(genes, family):
    genome = Genome(genes, family)
    assert genome.genes == genes
    assert thaw(freeze(genes)) == genes
    assert Genome(genome.genes, family) == genome
    for again in (pickle.loads(pickle.dumps(genome)), copy.deepcopy(genome)):
        assert again == genome
        assert again.marks == genome.marks


@given(GENES)
def test_key_order_is_no_content(genes):
    turned = dict(reversed(list(genes.items())))
    assert canonical_json(genes) == canonical_json(turned)
    assert Genome(genes).id == Genome(turned).id
