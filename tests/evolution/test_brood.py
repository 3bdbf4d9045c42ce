"""Broods: children bred as rows are members of the space, and keep the marks of their parents' items."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from evonas.evolution.brood import Brood, Parents, born_of, breed, breed_again
from evonas.evolution.layout import Layout
from evonas.evolution.marks import MarkCounter, highest_mark
from evonas.genome import Genome
from evonas.records import Birth, Individual
from evonas.space import Space
from evonas.testing.toy import toy_space

NESTED = {
    "stages": {
        "repeat": {
            "width": {"int": [8, 64], "log": True},
            "blocks": {"repeat": {"kind": {"choice": ["a", "b", "c"]}}, "length": [0, 3]},
        },
        "length": [1, 4],
    },
    "optimizer": {"select": {"adam": {"rate": {"float": [1e-4, 1.0], "log": True}}, "sgd": {}}},
}
SPACES = {"toy": toy_space(), "nested": Space.from_dict(NESTED)}
POINTWISE = ["mutate_one", "mutate_several", "crossover", "eda", "random"]
LISTS = ["insert_item", "remove_item", "duplicate_item", "swap_items"]


def parents_of(space: Space, layout: Layout, count: int = 6, seed: int = 0) -> Parents:
    rng = np.random.default_rng(seed)
    genomes = [space.sample(rng) for _ in range(count)]
    individuals = [Individual(number, genome, Birth(("founder",))) for number, genome in enumerate(genomes)]
    return Parents(individuals, np.array([layout.row(genome) for genome in genomes]))


def bred(space: Space, names: list[str], each: int = 25, seed: int = 3) -> tuple[Layout, Parents, Brood]:
    layout = Layout(space)
    parents = parents_of(space, layout)
    counts = dict.fromkeys(names, each)
    return layout, parents, breed(layout, parents, counts, np.ones(len(layout)), np.random.default_rng(seed))


def children(space: Space, layout: Layout, brood: Brood, parents: Parents) -> list[Genome]:
    first = 1 + max(highest_mark(one.genome.marks) for one in parents.individuals)
    return [born_of(space, layout, brood, index, parents, MarkCounter(first)) for index in range(len(brood))]


def list_marks(marks: Any) -> list[int]:
    if isinstance(marks, dict):
        return [mark for below in marks.values() for mark in list_marks(below)]
    return [pair[0] for pair in marks or ()]


@pytest.mark.parametrize("space", SPACES.values(), ids=SPACES)
def test_children_are_members_with_marks_that_differ(space: Space) -> None:
    layout, parents, brood = bred(space, POINTWISE + LISTS)
    again = breed_again(
        layout,
        brood,
        np.arange(40, 60),
        dict.fromkeys(POINTWISE + LISTS, 10),
        np.ones(len(layout)),
        np.random.default_rng(0),
    )
    everyone = brood.joined(again)
    assert len(again) == 40
    assert all(len(operators) == 2 for operators in again.operators)
    for child in children(space, layout, everyone, parents):
        assert space.why_not(child) is None
        marks = list_marks(child.marks)
        assert len(set(marks)) == len(marks)


def test_one_gene_is_one_gene() -> None:
    space = Space.from_dict({f"gene_{place}": {"choice": [1, 2, 3]} for place in range(8)})
    _, parents, brood = bred(space, ["mutate_one"], each=100)
    differences = (brood.rows != parents.rows[brood.primary]).sum(axis=1)
    assert (differences == 1).all()


def test_weights_say_which_genes_are_mutated() -> None:
    space = Space.from_dict({"a": {"float": [0.0, 1.0]}, "b": {"float": [0.0, 1.0]}})
    layout = Layout(space)
    parents = parents_of(space, layout)
    brood = breed(layout, parents, {"mutate_one": 400}, np.array([1.0, 9.0]), np.random.default_rng(0))
    share = (brood.rows != parents.rows[brood.primary])[:, 1].mean()
    assert 0.82 < share < 0.97


def test_a_crossover_of_equals_is_the_identity() -> None:
    space = toy_space()
    layout = Layout(space)
    genome = space.sample(np.random.default_rng(4))
    twins = [Individual(number, genome, Birth(("founder",))) for number in range(2)]
    parents = Parents(twins, np.array([layout.row(genome)] * 2))
    brood = breed(layout, parents, {"crossover": 30}, np.ones(len(layout)), np.random.default_rng(1))
    assert {child.id for child in children(space, layout, brood, parents)} == {genome.id}


@pytest.mark.parametrize(
    ("operator", "change"), [("insert_item", 1), ("remove_item", -1), ("duplicate_item", 1), ("swap_items", 0)]
)
def test_list_operators_change_the_length_and_keep_marks(operator: str, change: int) -> None:
    space = Space.from_dict({"layers": {"repeat": {"units": {"int": [1, 999]}}, "length": [1, 6]}})
    layout, parents, brood = bred(space, [operator], each=60)
    assert len(brood)
    for index, child in enumerate(children(space, layout, brood, parents)):
        parent = parents.individuals[brood.primary[index]].genome
        assert len(child["layers"]) == len(parent["layers"]) + change
        before = {mark: item["units"] for (mark, _), item in zip(parent.marks["layers"], parent["layers"], strict=True)}
        after = {mark: item["units"] for (mark, _), item in zip(child.marks["layers"], child["layers"], strict=True)}
        shared = before.keys() & after.keys()
        assert len(shared) == min(len(before), len(after))
        assert all(before[mark] == after[mark] for mark in shared)


def test_items_are_aligned_by_their_marks() -> None:
    space = Space.from_dict({"layers": {"repeat": {"units": {"int": [1, 9]}}, "length": [1, 4]}})
    layout = Layout(space)
    one = space.complete({"layers": [{"units": 1}, {"units": 2}]}, {"layers": [[7, None], [8, None]]})
    other = space.complete(
        {"layers": [{"units": 5}, {"units": 6}, {"units": 7}]}, {"layers": [[9, None], [8, None], [7, None]]}
    )
    individuals = [Individual(number, genome, Birth(("founder",))) for number, genome in enumerate((one, other))]
    parents = Parents(individuals, np.array([layout.row(one), layout.row(other)]))
    brood = breed(layout, parents, {"crossover": 200}, np.ones(len(layout)), np.random.default_rng(1))
    seen = set()
    for index, child in enumerate(children(space, layout, brood, parents)):
        if brood.primary[index] == 0 and brood.mate[index] == 1 and not brood.edits[index]:
            seen.add(tuple(layer["units"] for layer in child["layers"]))
    assert seen == {(1, 2), (7, 2), (1, 6), (7, 6)}


@pytest.mark.parametrize("space", SPACES.values(), ids=SPACES)
def test_a_distinct_brood_has_nobody_twice_and_nobody_who_is_known(space: Space) -> None:
    layout, parents, brood = bred(space, ["crossover", "mutate_one", "eda"], each=60)
    known, keys = set(layout.keys(parents.rows)), layout.keys(brood.rows)
    assert known & set(keys), "crossover of parents that are alike gives one of them"
    seen = set(known)
    distinct = brood.distinct(layout, seen)
    assert seen == known | set(keys)
    assert sorted(layout.keys(distinct.rows)) == sorted(set(keys) - known)
    first = [place for place, key in enumerate(keys) if key not in known and keys.index(key) == place]
    assert np.array_equal(distinct.rows, brood.rows[first], equal_nan=True)
    assert distinct.operators == [brood.operators[place] for place in first]
    assert distinct.edits == [brood.edits[place] for place in first]
    assert (distinct.primary == brood.primary[first]).all() and (distinct.mate == brood.mate[first]).all()
    assert len(distinct.distinct(layout, seen)) == 0


def test_an_operator_that_is_not_there_is_an_error() -> None:
    with pytest.raises(ValueError, match="no operator swap_itms"):
        bred(SPACES["toy"], ["swap_itms"])


def test_who_is_bred_of_parents_after_all_has_them() -> None:
    space = SPACES["toy"]
    layout, _, brood = bred(space, ["random", "mutate_one"], each=20)
    alone = np.array([operators[0] == "random" for operators in brood.operators])
    assert (brood.primary[alone] < 0).all() and (brood.primary[~alone] >= 0).all()
    best = np.concatenate([np.flatnonzero(alone)[:6], np.flatnonzero(~alone)[:6]])
    again = breed_again(
        layout,
        brood,
        best,
        {"eda": 40, "crossover": 40, "mutate_one": 40},
        np.ones(len(layout)),
        np.random.default_rng(8),
    )
    for index, operators in enumerate(again.operators):
        if operators == ("random", "mutate_one"):
            assert again.primary[index] < 0, "nothing of it comes from the parents"
        elif operators == ("random", "eda"):
            assert again.primary[index] in brood.primary[best[6:]]
    crossed = [again.primary[i] for i, one in enumerate(again.operators) if one == ("random", "crossover")]
    assert any(place >= 0 for place in crossed), "a mate that has parents is one"
