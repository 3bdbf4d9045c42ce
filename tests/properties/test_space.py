"""Laws of spaces, over specifications drawn at random with every kind of node."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from evonas.genome import Genome
from evonas.space import Choice, Float, Space, get_at

settings.register_profile("space", deadline=None, suppress_health_check=[HealthCheck.too_slow])
LAWS = settings(settings.get_profile("space"), max_examples=60)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-99, 99) | st.floats(-10, 10) | st.text("abx", max_size=3),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.text("abx", min_size=1, max_size=2), inner, max_size=2)
    ),
    max_leaves=4,
)
BY = st.sampled_from([1, 2, 0.5, 1.5, -1])


@st.composite
def ints(draw: st.DrawFn, widest: int = 40) -> dict[str, Any]:
    step = draw(st.sampled_from([1, 1, 2, 8]))
    log = draw(st.booleans())
    low = draw(st.integers(1 if log else -20, 20))
    return {"int": [low, low + step * draw(st.integers(0, widest))], "log": log, "step": step}


@st.composite
def floats(draw: st.DrawFn) -> dict[str, Any]:
    log = draw(st.booleans())
    if draw(st.booleans()):
        step = draw(st.sampled_from([0.1, 0.25, 0.05]))
        low = step * draw(st.integers(1 if log else -4, 4))
        return {"float": [low, low + step * draw(st.integers(0, 20))], "log": log, "step": step}
    low = draw(st.floats(1e-6 if log else -10.0, 10.0))
    return {"float": [low, low + draw(st.floats(0.0, 100.0))], "log": log}


def choices(most: int = 4) -> st.SearchStrategy[dict[str, Any]]:
    unique = st.lists(JSON, min_size=1, max_size=most, unique_by=lambda value: (type(value).__name__, repr(value)))
    return unique.filter(_all_different).map(lambda options: {"choice": options})


def _all_different(options: list[Any]) -> bool:
    return len({Genome({"x": option}).json for option in options}) == len(options)


LEAVES = ints() | floats() | choices() | st.just("bool") | st.sampled_from([3, 0.5, "word", None, True])
SMALL = ints(widest=2) | choices(2) | st.just("bool") | st.just({"float": [0.0, 1.0], "step": 0.5})


@st.composite
def groups(
    draw: st.DrawFn, leaves: st.SearchStrategy[Any], depth: int, most: int, in_list: bool = False
) -> dict[str, Any]:
    group: dict[str, Any] = {}
    numeric: list[str] = []
    for name in draw(st.lists(st.sampled_from("abcdefgh"), max_size=most, unique=True)):
        kind = draw(st.integers(0, 9))
        if kind <= 4 or depth == 0:
            group[name] = draw(leaves)
            if isinstance(group[name], Mapping) and group[name].keys() & {"int", "float"}:
                numeric.append(name)
        elif kind == 5:
            group[name] = draw(groups(leaves, depth - 1, most, in_list))
        elif kind == 6:
            low = draw(st.integers(0, 2))
            high = max(low + draw(st.integers(0, 2)), 1)
            item = draw(leaves | groups(leaves, depth - 1, most, True))
            group[name] = {"repeat": item, "length": [low, high]}
        elif kind == 7:
            names = draw(st.lists(st.sampled_from(["one", "two", "six"]), min_size=1, max_size=3, unique=True))
            branches = {branch: draw(groups(leaves, depth - 1, most, in_list)) for branch in names}
            group[name] = {"select": branches, "by": draw(st.sampled_from(["type", "kind"]))}
        elif kind == 8 and in_list:
            first = draw(leaves.filter(lambda leaf: isinstance(leaf, Mapping) and "choice" not in leaf))
            group[name] = {"scales": "previous", "by": draw(BY), "first": first, "max": 500}
            numeric.append(name)
        elif numeric:
            group[name] = {"scales": draw(st.sampled_from(numeric)), "by": draw(BY)}
            numeric.append(name)
    return group


SPACES = groups(LEAVES, 3, 4).map(lambda spec: Space.from_dict({"group": spec}, family="toy"))
SMALL_SPACES = groups(SMALL, 2, 2).map(lambda spec: Space.from_dict({"group": spec}))
SEEDS = st.integers(0, 2**32 - 1)


def sampled(space: Space, seed: int) -> Genome:
    return space.sample(np.random.default_rng(seed))


@LAWS
@given(SPACES, SEEDS)
def test_a_sample_is_a_member_and_repair_leaves_it_alone(space: Space, seed: int) -> None:
    genome = sampled(space, seed)
    assert space.why_not(genome) is None
    repaired = space.repair(genome)
    assert repaired.changes == ()
    assert repaired.genome == genome
    assert repaired.genome.marks == genome.marks
    assert space.complete(genome.genes, genome.marks) == genome


@LAWS
@given(SPACES, st.data())
def test_every_point_of_the_cube_is_a_member(space: Space, data: st.DataObject) -> None:
    u = data.draw(st.lists(st.floats(0, 1), min_size=space.unit_dimension, max_size=space.unit_dimension))
    assert space.why_not(space.from_unit(np.array(u))) is None


@LAWS
@given(SPACES)
def test_a_space_comes_back_from_its_specification(space: Space) -> None:
    again = Space.from_dict(space.to_dict(), family="toy")
    assert again == space
    assert again.to_dict() == space.to_dict()
    assert again.vector_names == space.vector_names
    assert space.merged({}) == space


@LAWS
@given(SPACES, SEEDS)
def test_a_vector_is_a_genome(space: Space, seed: int) -> None:
    genome = sampled(space, seed)
    vector = space.encode(genome)
    assert vector.shape == (space.vector_dimension,) == (len(space.vector_names),)
    assert len(set(space.vector_names)) == space.vector_dimension
    assert np.all((vector == -1) | ((vector >= 0) & (vector <= 1)))
    again = space.decode(vector)
    assert space.contains(again)
    assert close(again.genes, genome.genes)


@LAWS
@given(SPACES, st.data())
def test_any_vector_gives_a_member(space: Space, data: st.DataObject) -> None:
    width = space.vector_dimension
    vector = data.draw(st.lists(st.floats(-2, 2), min_size=width, max_size=width))
    assert space.why_not(space.decode(np.array(vector))) is None


@LAWS
@given(SPACES, st.dictionaries(st.sampled_from("abcdefgh"), JSON, max_size=5), st.text("xyz", max_size=2))
def test_anything_can_be_repaired_once(space: Space, genes: dict[str, Any], family: str) -> None:
    genome = Genome(genes, family)
    repaired = space.repair(genome)
    assert space.why_not(repaired.genome) is None
    assert (repaired.changes == ()) == space.contains(genome)
    assert all("\n" not in line for line in repaired.changes)
    again = space.repair(repaired.genome)
    assert again.changes == ()
    assert again.genome == repaired.genome


@LAWS
@given(SPACES, SPACES, SEEDS)
def test_a_genome_of_another_space_can_be_repaired(space: Space, other: Space, seed: int) -> None:
    repaired = space.repair(sampled(other, seed)).genome
    assert space.why_not(repaired) is None
    assert same_shape(repaired.genes, repaired.marks)


@LAWS
@given(SMALL_SPACES)
def test_the_grid_of_a_small_space_is_all_of_it(space: Space) -> None:
    assume(space.size() <= 3000)
    genomes = list(space.grid(1000))
    assert len(genomes) == space.size()
    assert len({genome.id for genome in genomes}) == len(genomes)
    assert all(space.contains(genome) for genome in genomes)


@LAWS
@given(SPACES, SEEDS)
def test_a_continuous_gene_makes_a_space_infinite(space: Space, seed: int) -> None:
    genes = space.genes(sampled(space, seed))
    if any(isinstance(site.gene, Float) and site.gene.size() == math.inf for site in genes):
        assert space.size() == math.inf
    else:
        assert space.size() >= 1


@LAWS
@given(SPACES, SEEDS)
def test_neighbours_are_other_members(space: Space, seed: int) -> None:
    genome = sampled(space, seed)
    found = list(space.neighbours(genome))
    assert all(space.why_not(other) is None for other in found)
    assert len({other.id for other in found} - {genome.id}) == len(found)


@LAWS
@given(SPACES, SEEDS)
def test_sites_are_what_they_say(space: Space, seed: int) -> None:
    genome = sampled(space, seed)
    plain = genome.genes
    for path, gene, value in space.genes(genome):
        assert get_at(genome, path) == value
        assert gene.why_not(value) is None
        assert gene.size() > 1
        node = space.node_at(path, plain)
        assert node is gene or getattr(node, "first", None) is gene
        if not isinstance(gene, Choice):
            assert math.isclose(gene.from_unit(gene.to_unit(value)), value, rel_tol=1e-12, abs_tol=1e-12)
        else:
            assert gene.why_not(gene.from_unit(gene.to_unit(value))) is None
    for path, repeat, length in space.lists(genome):
        assert len(get_at(genome, path)) == length
        assert repeat.min <= length <= repeat.max
        assert space.node_at(path, plain) is repeat


@LAWS
@given(SPACES, SEEDS)
def test_marks_mirror_the_genes(space: Space, seed: int) -> None:
    genome = sampled(space, seed)
    assert same_shape(genome.genes, genome.marks)
    for path, _, length in space.lists(genome):
        pairs = marks_at(genome.marks, path)
        assert [mark for mark, _ in pairs] == list(range(length))


@LAWS
@given(SPACES, SEEDS)
def test_the_same_seed_gives_the_same_genome(space: Space, seed: int) -> None:
    assert sampled(space, seed) == sampled(space, seed)


@pytest.mark.parametrize("points", [1, 2, 5])
@LAWS
@given(leaf=ints() | floats())
def test_grids_of_numbers(points: int, leaf: dict[str, Any]) -> None:
    gene: Any = Space.from_dict({"x": leaf}).root.children["x"]
    values = gene.grid(points)
    assert values == sorted(set(values))
    assert all(gene.why_not(value) is None for value in values)
    assert len(values) <= max(points, 1)
    if points > 1:
        assert (values[0], values[-1]) == (gene.low, gene.high)


def close(a: Any, b: Any) -> bool:
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(close(a[key], b[key]) for key in a)
    if isinstance(a, list):
        return len(a) == len(b) and all(map(close, a, b))
    if isinstance(a, float):
        return type(b) is float and math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-9)
    return type(a) is type(b) and a == b


def same_shape(genes: Any, marks: Any) -> bool:
    """Return whether marks are None, a mapping of some children, or a pair for each item."""
    if marks is None:
        return True
    if isinstance(genes, dict):
        return isinstance(marks, dict) and bool(marks) and all(same_shape(genes[name], marks[name]) for name in marks)
    if not isinstance(marks, list) or len(marks) != len(genes):
        return False
    return len({mark for mark, _ in marks}) == len(marks) and all(
        same_shape(item, below) for item, (_, below) in zip(genes, marks, strict=True)
    )


def marks_at(marks: Any, path: tuple[Any, ...]) -> Any:
    for name in path:
        marks = marks[name][1] if isinstance(name, int) else marks[name]
    return marks
