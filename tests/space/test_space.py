"""The space as a whole: membership, sampling, vectors, counting and walking."""

import math

import numpy as np
import pytest

from evonas.errors import GenomeError, SpaceError
from evonas.genome import Genome
from evonas.space import Bool, Choice, Int, Repeat, Space, get_at, set_at
from evonas.testing.toy import toy_space

LAYERS = Space.from_dict(
    {
        "layers": {"repeat": {"units": {"int": [8, 512], "log": True}}, "length": [1, 3]},
        "optimizer": {"select": {"adam": {"rate": {"float": [1e-4, 1e-1], "log": True}}, "sgd": {"nesterov": "bool"}}},
    },
    family="dense",
)
GOOD = {"layers": [{"units": 64}, {"units": 512}], "optimizer": {"type": "sgd", "nesterov": True}}


def with_change(path, value):
    genes = Genome(GOOD).genes
    set_at(genes, path, value)
    return Genome(genes, "dense")


def test_a_member():
    assert LAYERS.contains(Genome(GOOD, "dense"))
    assert LAYERS.why_not(Genome(GOOD, "dense")) is None


@pytest.mark.parametrize(
    ("path", "value", "reason"),
    [
        (("layers", 1, "units"), 700, "layers.1.units: 700 is above 512"),
        (("layers", 1, "unit"), 7, "layers.1.unit: no such gene, the nearest is `units`"),
        (("layers", 1), {}, "layers.1.units: missing"),
        (("layers", 1), 3, "layers.1: 3 is not a mapping of genes"),
        (("layers",), [], "layers: 0 items are fewer than 1"),
        (("layers",), [{"units": 8}] * 4, "layers: 4 items are more than 3"),
        (("layers",), "deep", "layers: 'deep' is not a list"),
        (("optimizer",), "adam", "optimizer: 'adam' is not a mapping of genes"),
        (("optimizer",), {}, "optimizer.type: missing, one of adam, sgd is expected"),
        (("optimizer", "type"), "adma", "optimizer.type: 'adma' is not one of 'adam', 'sgd'"),
        (("optimizer", "type"), "adam", "optimizer.rate: missing"),
        (("optimizer", "rate"), 0.1, "optimizer.rate: no such gene"),
        (("other",), 1, "other: no such gene"),
    ],
)
def test_why_not_names_the_first_reason(path, value, reason):
    genome = with_change(path, value)
    assert LAYERS.why_not(genome) == reason
    assert not LAYERS.contains(genome)


def test_a_genome_of_another_family():
    assert (
        LAYERS.why_not(Genome(GOOD, "cnn")) == "the genome is of the family 'cnn', the space is of the family 'dense'"
    )
    assert LAYERS.why_not(Genome(GOOD)) == "the genome is of no family, the space is of the family 'dense'"


def test_sampling_is_repeatable_and_varied():
    first = [LAYERS.sample(np.random.default_rng(3)) for _ in range(2)]
    assert first[0] == first[1]
    assert first[0].marks == first[1].marks
    rng = np.random.default_rng(0)
    drawn = [LAYERS.sample(rng) for _ in range(300)]
    assert {len(genome["layers"]) for genome in drawn} == {1, 2, 3}
    assert {genome["optimizer"]["type"] for genome in drawn} == {"adam", "sgd"}
    assert all(genome.family == "dense" for genome in drawn)


def test_the_unit_cube():
    assert LAYERS.unit_dimension == 1 + 3 + 1 + 1 + 1
    low, high = LAYERS.from_unit(np.zeros(7)), LAYERS.from_unit(np.ones(7))
    assert low.genes == {"layers": [{"units": 8}], "optimizer": {"type": "adam", "rate": 1e-4}}
    assert high.genes == {"layers": [{"units": 512}] * 3, "optimizer": {"type": "sgd", "nesterov": True}}
    with pytest.raises(ValueError, match=r"shape \(7,\)"):
        LAYERS.from_unit(np.zeros(6))


def test_vectors():
    assert LAYERS.vector_names == (
        "layers.length",
        "layers.0.units",
        "layers.1.units",
        "layers.2.units",
        "optimizer.type=adam",
        "optimizer.type=sgd",
        "optimizer[adam].rate",
        "optimizer[sgd].nesterov",
    )
    vector = LAYERS.encode(Genome(GOOD, "dense"))
    assert vector.dtype == np.float64
    assert vector.shape == (LAYERS.vector_dimension,)
    assert vector[0] == 0.5
    assert vector[3:].tolist() == [-1, 0, 1, -1, 1]
    assert LAYERS.decode(vector).genes == GOOD


def test_any_vector_is_a_genome():
    for value in (-1.0, 0.0, 2.0, math.nan):
        assert LAYERS.contains(LAYERS.decode(np.full(LAYERS.vector_dimension, value)))
    with pytest.raises(ValueError, match="shape"):
        LAYERS.decode(np.zeros(3))
    with pytest.raises(GenomeError, match="does not belong"):
        LAYERS.encode(Genome({}, "dense"))


def test_constants_take_no_coordinate():
    space = Space.from_dict({"a": 3, "b": {"repeat": {"int": [1, 1]}, "length": 2}, "c": {"select": {"only": {}}}})
    assert space.unit_dimension == space.vector_dimension == 0
    assert space.size() == 1
    genome = space.from_unit(np.zeros(0))
    assert genome.genes == {"a": 3, "b": [1, 1], "c": {"type": "only"}}
    assert space.genes(genome) == []
    assert space.decode(space.encode(genome)) == genome
    assert list(space.neighbours(genome)) == []


@pytest.mark.parametrize(
    ("spec", "size"),
    [
        ({"a": {"int": [1, 4]}, "b": "bool", "c": "word"}, 8),
        ({"a": {"repeat": {"choice": [1, 2, 3]}, "length": [0, 2]}}, 1 + 3 + 9),
        ({"a": {"select": {"x": {"b": "bool"}, "y": {}}}}, 3),
        ({"a": {"int": [1, 3]}, "b": {"scales": "a"}}, 3),
        ({"a": {"repeat": {"scales": "previous", "first": {"int": [1, 5]}}, "length": [1, 3]}}, 15),
        ({"a": {"repeat": {"b": {"scales": "previous", "first": {"int": [1, 5]}}, "c": "bool"}, "length": 2}}, 20),
        ({"a": {"float": [0, 1]}}, math.inf),
        ({"a": {"float": [0, 1], "step": 0.1}}, 11),
        ({"a": {"repeat": {"float": [0, 1]}, "length": [0, 1]}, "b": "bool"}, math.inf),
        ({"a": {"repeat": {"repeat": "bool", "length": [0, 2]}, "length": [0, 2]}}, 1 + 7 + 49),
        ({"a": {"repeat": {"int": [1, 1000]}, "length": 200}}, 1000**200),
        # free in the first item that has the gene, wherever it stands
        (
            {
                "a": {
                    "repeat": {"select": {"p": {"f": {"scales": "previous", "first": {"int": [1, 5]}}}, "q": {}}},
                    "length": [0, 2],
                }
            },
            1 + (5 + 1) + (5 + 5 + 5 + 1),
        ),
        # a word is no number to scale, so the next item is free again
        (
            {
                "a": {
                    "repeat": {
                        "select": {
                            "p": {"f": {"choice": [1, 2, "x"]}},
                            "q": {"f": {"scales": "previous", "first": {"int": [1, 5]}}},
                        }
                    },
                    "length": 2,
                }
            },
            (3 + 5) * 3 + (2 + 5) * 1 + 1 * 5,
        ),
    ],
)
def test_size(spec, size):
    space = Space.from_dict(spec)
    assert space.size() == size
    assert type(space.size()) is (float if size == math.inf else int)
    if size < 10_000:
        genomes = list(space.grid(10_000))
        assert len({genome.id for genome in genomes}) == len(genomes) == size
        assert all(space.contains(genome) for genome in genomes)


def test_grid_thins_out_long_genes():
    space = Space.from_dict({"a": {"float": [0, 1]}, "b": {"int": [1, 1000]}, "c": {"choice": list(range(7))}})
    genomes = list(space.grid(3))
    assert len(genomes) == 3 * 3 * 7
    assert {genome["a"] for genome in genomes} == {0.0, 0.5, 1.0}
    assert {genome["b"] for genome in genomes} == {1, 501, 1000}
    assert next(toy_space().grid()).id


def test_neighbours_are_one_step_away():
    genome = Genome(GOOD, "dense")
    around = list(LAYERS.neighbours(genome))
    assert all(LAYERS.contains(other) for other in around)
    assert len({other.id for other in around} - {genome.id}) == len(around)
    layers = [[layer["units"] for layer in other["layers"]] for other in around]
    assert [63, 512] in layers and [65, 512] in layers and [64, 511] in layers
    assert [64] in layers and [64, 512, 512] in layers
    assert {"type": "adam", "rate": pytest.approx(10**-2.5)} in [other.genes["optimizer"] for other in around]
    assert {"type": "sgd", "nesterov": False} in [other.genes["optimizer"] for other in around]
    assert len(around) == 3 + 2 + 2


def test_neighbours_of_an_empty_list_and_of_lists_of_numbers():
    space = Space.from_dict({"a": {"repeat": {"int": [1, 3]}, "length": [0, 2]}})
    assert [other.genes for other in space.neighbours(Genome({"a": []}))] == [{"a": [2]}]
    assert [other["a"] for other in space.neighbours(Genome({"a": [1]}))] == [(2,), (1, 1), ()]


def test_neighbours_of_a_select_in_a_list():
    space = Space.from_dict({"a": {"repeat": {"select": {"p": {"n": {"int": [1, 3]}}, "q": {}}}, "length": 1}})
    assert [other.genes["a"] for other in space.neighbours(Genome({"a": [{"type": "q"}]}))] == [[{"type": "p", "n": 2}]]


def test_genes_and_lists():
    genome = Genome(GOOD, "dense")
    sites = LAYERS.genes(genome)
    assert [(site.path, site.value) for site in sites] == [
        (("layers", 0, "units"), 64),
        (("layers", 1, "units"), 512),
        (("optimizer", "type"), "sgd"),
        (("optimizer", "nesterov"), True),
    ]
    assert [type(site.gene) for site in sites] == [Int, Int, Choice, Bool]
    ((path, repeat, length),) = LAYERS.lists(genome)
    assert (path, length) == (("layers",), 2)
    assert isinstance(repeat, Repeat)
    assert all(get_at(genome, site.path) == site.value for site in sites)
    assert all(LAYERS.node_at(site.path, genome) is site.gene for site in sites)


def test_nested_lists_are_found():
    space = Space.from_dict({"a": {"repeat": {"repeat": "bool", "length": [1, 2]}, "length": [1, 2]}})
    genome = Genome({"a": [[True], [False, True]]})
    assert [(site.path, site.length) for site in space.lists(genome)] == [(("a",), 2), (("a", 0), 1), (("a", 1), 2)]
    assert [site.path for site in space.genes(genome)] == [("a", 0, 0), ("a", 1, 0), ("a", 1, 1)]


@pytest.mark.parametrize(
    "path", [("nothing",), ("layers", "units"), ("layers", 0, "units", "deeper"), ("optimizer", "rate"), (0,)]
)
def test_a_path_that_leads_nowhere(path):
    with pytest.raises(SpaceError, match="no such place"):
        LAYERS.node_at(path, GOOD)


def test_the_empty_path_is_the_root():
    assert LAYERS.node_at((), GOOD) is LAYERS.root
