"""The difference of two genomes, with list items aligned by their historical marks."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evonas.genome import GeneChange, Genome, gene_diff


def staged(*stages: tuple[int, int], **genes: Any) -> Genome:
    """Return a genome whose stages are given as (mark, filters)."""
    return Genome(
        {"stages": [{"filters": filters} for _, filters in stages], **genes},
        "cnn",
        {"stages": [[mark, None] for mark, _ in stages]},
    )


def test_equal_genomes_do_not_differ():
    assert gene_diff(staged((0, 8), (3, 16)), staged((0, 8), (3, 16))) == ()


def test_a_changed_gene_has_the_mark_of_its_item_in_its_path():
    assert gene_diff(staged((0, 8), (3, 16)), staged((0, 8), (3, 32))) == (
        GeneChange("stages[3].filters", "changed", 16, 32),
    )


def test_an_item_inserted_in_front_is_one_addition():
    assert gene_diff(staged((0, 8), (1, 16)), staged((5, 4), (0, 8), (1, 16))) == (
        GeneChange("stages[5]", "added", None, {"filters": 4}),
    )


def test_a_removed_item_is_one_removal():
    assert gene_diff(staged((0, 8), (1, 16)), staged((1, 16))) == (
        GeneChange("stages[0]", "removed", {"filters": 8}, None),
    )


def test_swapped_neighbours_are_one_move():
    (change,) = gene_diff(staged((0, 8), (1, 16), (2, 32)), staged((0, 8), (2, 32), (1, 16)))
    assert change in (GeneChange("stages[1]", "moved", 1, 2), GeneChange("stages[2]", "moved", 2, 1))


def test_as_few_items_as_possible_are_moved():
    changes = gene_diff(staged((0, 1), (1, 2), (2, 3), (3, 4)), staged((1, 2), (2, 3), (3, 4), (0, 1)))
    assert changes == (GeneChange("stages[0]", "moved", 0, 3),)


def test_an_item_can_be_moved_and_changed():
    change, move = gene_diff(staged((0, 8), (1, 16)), staged((1, 24), (0, 8)))
    assert change == GeneChange("stages[1].filters", "changed", 16, 24)
    assert move.kind == "moved"


def test_another_branch_of_a_select_adds_and_removes_its_genes():
    adam = Genome({"optimizer": {"type": "adam", "rate": 0.1, "beta": 0.9}})
    sgd = Genome({"optimizer": {"type": "sgd", "rate": 0.1, "momentum": 0.5}})
    assert gene_diff(adam, sgd) == (
        GeneChange("optimizer.type", "changed", "adam", "sgd"),
        GeneChange("optimizer.beta", "removed", 0.9, None),
        GeneChange("optimizer.momentum", "added", None, 0.5),
    )


def test_lists_in_lists_are_aligned_by_their_own_marks():
    def nested(*units: tuple[int, int]) -> Genome:
        genes = {"stages": [{"layers": [{"units": unit} for _, unit in units]}]}
        return Genome(genes, "", {"stages": [[4, {"layers": [[mark, None] for mark, _ in units]}]]})

    assert gene_diff(nested((0, 8), (7, 9)), nested((7, 10))) == (
        GeneChange("stages[4].layers[0]", "removed", {"units": 8}, None),
        GeneChange("stages[4].layers[7].units", "changed", 9, 10),
    )


@pytest.mark.parametrize("marks", [None, {}, {"kernel": [[0, None]]}, {"kernel": [[3, None], [3, None]]}])
def test_lists_without_usable_marks_are_aligned_by_position(marks):
    before = Genome({"kernel": [3, 3]}, "", marks)
    assert gene_diff(before, Genome({"kernel": [3, 5, 1]})) == (
        GeneChange("kernel[1]", "changed", 3, 5),
        GeneChange("kernel[2]", "added", None, 1),
    )


def test_a_value_that_changes_its_shape_is_changed_as_a_whole():
    before, after = Genome({"pooling": None, "head": {"units": 8}}), Genome({"pooling": {"size": 2}, "head": [1]})
    assert gene_diff(before, after) == (
        GeneChange("pooling", "changed", None, {"size": 2}),
        GeneChange("head", "changed", {"units": 8}, [1]),
    )


@pytest.mark.parametrize(("before", "after"), [(1, 1.0), (1, True), (0.0, False)])
def test_equal_numbers_of_another_type_differ_as_their_ids_do(before, after):
    one, other = Genome({"x": before}), Genome({"x": after})
    assert one.id != other.id
    assert [change.kind for change in gene_diff(one, other)] == ["changed"]


def test_values_are_plain():
    (change,) = gene_diff(Genome({}), Genome({"stages": [{"a": [1]}]}))
    assert change.after == {"stages": [{"a": [1]}]}["stages"]
    assert type(change.after) is list
    assert type(change.after[0]) is dict


# laws

names = st.sampled_from(["a", "b", "c"])
scalars = st.one_of(st.none(), st.booleans(), st.integers(-3, 3), st.floats(-2, 2), st.sampled_from(["x", "y"]))


@st.composite
def marked(draw: st.DrawFn, depth: int = 3) -> tuple[Any, Any]:
    """Draw genes and their marks."""
    kind = draw(st.sampled_from(["scalar", "group", "list"])) if depth else "scalar"
    if kind == "scalar":
        return draw(scalars), None
    if kind == "group":
        children = draw(st.dictionaries(names, marked(depth - 1), max_size=3))
        marks = {name: below for name, (_, below) in children.items() if below is not None}
        return {name: value for name, (value, _) in children.items()}, marks or None
    items = draw(st.lists(marked(depth - 1), max_size=4))
    own = draw(st.permutations(range(6)))[: len(items)]
    return [value for value, _ in items], [[mark, below] for mark, (_, below) in zip(own, items, strict=True)]


@st.composite
def genomes(draw: st.DrawFn) -> Genome:
    children = draw(st.dictionaries(names, marked(), min_size=1, max_size=3))
    marks = {name: below for name, (_, below) in children.items() if below is not None}
    return Genome({name: value for name, (value, _) in children.items()}, "", marks or None)


@given(genomes())
def test_no_genome_differs_from_itself(genome):
    assert gene_diff(genome, genome) == ()
    assert gene_diff(genome, Genome(genome.genes, genome.family, genome.marks)) == ()


@given(genomes(), genomes())
def test_a_difference_the_other_way_round_is_the_reverse(one, other):
    opposite = {"added": "removed", "removed": "added", "changed": "changed"}
    there = {(c.gene, c.kind, repr(c.before), repr(c.after)) for c in gene_diff(one, other) if c.kind != "moved"}
    back = {
        (c.gene, opposite[c.kind], repr(c.after), repr(c.before)) for c in gene_diff(other, one) if c.kind != "moved"
    }
    assert there == back


@given(genomes(), genomes())
def test_applied_to_the_parent_it_gives_the_child(parent, child):
    values = leaves(parent.genes, parent.marks)
    expected = leaves(child.genes, child.marks)
    for change in gene_diff(parent, child):
        if change.kind != "moved":
            values = {path: value for path, value in values.items() if not within(path, change.gene)}
            values |= {path: value for path, value in expected.items() if within(path, change.gene)}
    assert repr(sorted(values.items())) == repr(sorted(expected.items()))


@given(st.permutations(range(6)))
def test_without_the_moved_items_the_order_is_kept(order):
    before = staged(*((mark, 1) for mark in range(6)))
    changes = gene_diff(before, staged(*((mark, 1) for mark in order)))
    moved = {int(change.gene.removeprefix("stages[").removesuffix("]")) for change in changes}
    assert all(change.kind == "moved" and order[change.after] == change.before for change in changes)
    rest = [mark for mark in order if mark not in moved]
    assert rest == sorted(rest)


def test_the_order_of_changes_is_that_of_the_genes():
    rng = random.Random(0)
    names = [f"gene{number}" for number in range(20)]
    rng.shuffle(names)
    changes = gene_diff(Genome(dict.fromkeys(names, 0)), Genome(dict.fromkeys(names, 1)))
    assert [change.gene for change in changes] == names


def leaves(value: Any, marks: Any, path: str = "") -> dict[str, Any]:
    """Return the path of every scalar with its value as text."""
    if isinstance(value, dict):
        below = [leaves(child, (marks or {}).get(name), f"{path}.{name}") for name, child in value.items()]
    elif isinstance(value, list):
        pairs = marks or [[index, None] for index in range(len(value))]
        below = [leaves(child, pair[1], f"{path}[{pair[0]}]") for child, pair in zip(value, pairs, strict=True)]
    else:
        return {path.removeprefix("."): repr(value)}
    return {path: text for part in below for path, text in part.items()}


def within(path: str, top: str) -> bool:
    return path == top or path.startswith((f"{top}.", f"{top}["))
