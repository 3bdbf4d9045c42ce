"""Places: genomes and rows of coordinates, there and back."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from evonas.evolution.layout import Layout
from evonas.space import Space
from evonas.testing.toy import toy_space

CELL = {
    "stem": {"choice": ["conv", "pool"]},
    "node": {
        "select": {
            "ab": {"edge_a": {"choice": [1, 2, 3]}, "edge_b": {"choice": [1, 2, 3]}},
            "ac": {"edge_a": {"choice": [1, 2, 3]}, "edge_c": {"choice": [1, 2, 3]}},
            "none": {},
        }
    },
}
NESTED = {
    "stages": {
        "repeat": {
            "width": {"int": [8, 64], "log": True},
            "blocks": {
                "repeat": {"kind": {"select": {"a": {"k": {"int": [1, 9], "step": 2}}, "b": {}}}},
                "length": [0, 2],
            },
        },
        "length": [1, 3],
    },
    "rate": {"float": [1e-4, 1.0], "log": True},
    "flag": "bool",
}
SPACES = {"toy": toy_space().to_dict(), "cell": CELL, "nested": NESTED}


def layout_of(spec: dict[str, Any]) -> tuple[Space, Layout]:
    space = Space.from_dict(spec)
    return space, Layout(space)


@pytest.mark.parametrize("name", SPACES)
def test_a_row_gives_its_genome_back(name: str) -> None:
    space, layout = layout_of(SPACES[name])
    rng = np.random.default_rng(1)
    for _ in range(40):
        genome = space.sample(rng)
        row = layout.row(genome)
        for filled in (row, layout.filled(row[None], rng)[0]):  # whatever stands where a gene is not there
            again = space.complete(layout.genes(filled), genome.marks)
            assert np.allclose(layout.row(again), row, equal_nan=True)
            assert again.marks == genome.marks
            assert space.contains(again)


@pytest.mark.parametrize("name", SPACES)
def test_a_row_has_gaps_where_a_gene_is_not_there(name: str) -> None:
    space, layout = layout_of(SPACES[name])
    rows = np.array([layout.row(space.sample(np.random.default_rng(seed))) for seed in range(60)])
    assert (layout.active(rows) == ~np.isnan(rows)).all()
    filled = layout.filled(rows, np.random.default_rng(0))
    assert (layout.active(filled) == layout.active(rows)).all()
    assert not np.isnan(filled).any()


@pytest.mark.parametrize("name", SPACES)
def test_snapping_moves_to_the_values_own_coordinate(name: str) -> None:
    space, layout = layout_of(SPACES[name])
    rows = np.random.default_rng(2).random((50, len(layout)))
    snapped = layout.snapped(rows)
    assert np.allclose(layout.snapped(snapped), snapped)
    for row, moved in zip(rows, snapped, strict=True):
        genome = space.complete(layout.genes(row))
        own = layout.row(genome)
        there = ~np.isnan(own)
        assert np.allclose(own[there], moved[there])


@pytest.mark.parametrize("name", SPACES)
def test_keys_are_those_of_genomes(name: str) -> None:
    """Whatever stands where a genome has no gene, and whichever way its coordinates came."""
    space, layout = layout_of(SPACES[name])
    rng = np.random.default_rng(4)
    rows = layout.snapped(rng.random((120, len(layout))))
    rows[60:] = rows[:60]
    genomes = [space.complete(layout.genes(row)) for row in rows]
    rows[60:90] = layout.filled(layout.pruned(rows), rng)[60:90]
    rows[90:] = [layout.row(genome) for genome in genomes[90:]]
    keys = layout.keys(layout.pruned(rows))
    ids = [genome.id for genome in genomes]
    assert keys[:60] == keys[60:]
    assert len(set(keys)) == len(set(ids)) == len(set(zip(keys, ids, strict=True))) > 20


def test_branches_share_the_genes_that_they_have_in_common() -> None:
    _, layout = layout_of(CELL)
    assert layout.names == ["stem", "node.type", "node.edge_a", "node.edge_b", "node.edge_c"]
    both = np.array([[0.2, code, 0.5, 0.5, 0.5] for code in (0.1, 0.5, 0.9)])
    assert layout.active(both)[:, 2:].tolist() == [[True, True, False], [True, False, True], [False, False, False]]
    assert layout.group_names == ["stem", "node"]


def test_like_genes_are_a_family_wherever_they_stand() -> None:
    _, layout = layout_of({f"edge_{place}": {"choice": ["a", "b"]} for place in range(4)} | {"other": "bool"})
    assert [members.tolist() for members in layout.families] == [[0, 1, 2, 3]]


def test_the_items_of_a_list_are_blocks_of_one_shape() -> None:
    _, layout = layout_of(NESTED)
    outer = next(one for one in layout.lists if one.path == ("stages",))
    assert (outer.least, outer.most, outer.stop - outer.first) == (1, 3, 3 * outer.width)
    names = [layout.names[outer.first + place * outer.width] for place in range(3)]
    assert names == ["stages.0.width", "stages.1.width", "stages.2.width"]
    assert {one.path for one in layout.lists} == {("stages",), *(("stages", place, "blocks") for place in range(3))}
