from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from evonas.genome import Genome
from evonas.records import Birth, GeneChange, Individual, Parent
from evonas.report.ancestry import ancestry, line_of_descent
from evonas.report.history import Goal
from evonas.report.tree import change_in_words, draw_tree


def individual(number: int, *parents: Parent, changes: tuple[GeneChange, ...] = ()) -> Individual:
    return Individual(
        number, Genome({"n": number}), Birth(("mutate_one",) if parents else ("founder",), parents, changes)
    )


@st.composite
def populations(draw: st.DrawFn) -> dict[int, Individual]:
    found = {}
    for number in range(draw(st.integers(1, 40))):
        parents = []
        if number and draw(st.booleans()):
            parents.append(Parent(draw(st.integers(0, number - 1))))
            if draw(st.booleans()):
                parents.append(Parent(draw(st.integers(0, number - 1)), None, "mate"))
        elif draw(st.integers(0, 4)) == 0:
            parents.append(Parent(draw(st.one_of(st.none(), st.integers(0, 3))), "f" * 32, "seed", "older run"))
        found[number] = individual(number, *parents)
    return found


def all_ancestors(individuals: dict[int, Individual], number: int) -> set[int]:
    found = {number}
    for parent in individuals[number].birth.parents:
        if parent.run is None and parent.number is not None:
            found |= all_ancestors(individuals, parent.number)
    return found


@given(populations())
@settings(max_examples=60, deadline=None)
def test_every_ancestor_is_drawn_once_and_no_two_at_one_place(individuals: dict[int, Individual]) -> None:
    winner = max(individuals)
    tree = ancestry(individuals, winner)
    assert {one.individual.number for one in tree.members if one.individual} == all_ancestors(individuals, winner)
    assert len({(one.column, one.lane) for one in tree.members}) == len(tree.members)
    assert tree.members[-1].key == tree.winner and tree.left_out == 0
    places = {one.key: one for one in tree.members}
    assert all(places[kin.parent].column < places[kin.child].column for kin in tree.kinships)


@given(populations())
@settings(max_examples=60, deadline=None)
def test_no_line_runs_through_a_stranger(individuals: dict[int, Individual]) -> None:
    tree = ancestry(individuals, max(individuals))
    places = {one.key: one for one in tree.members}
    for kin in tree.kinships:
        first, last = places[kin.parent].column, places[kin.child].column
        between = [one for one in tree.members if first < one.column < last]
        assert not [one for one in between if one.lane == kin.lane], kin


@given(populations(), st.integers(1, 10))
@settings(max_examples=40, deadline=None)
def test_a_large_family_is_cut_and_says_so(individuals: dict[int, Individual], most: int) -> None:
    winner = max(individuals)
    whole, tree = ancestry(individuals, winner), ancestry(individuals, winner, most)
    assert len(tree.members) == min(most, len(whole.members))
    assert tree.left_out == len(whole.members) - len(tree.members)
    if tree.left_out:
        assert any(one.parents_hidden for one in tree.members)


def test_line_of_descent_ends_at_a_foreign_parent() -> None:
    individuals = {
        0: individual(0, Parent(3, "f" * 32, "seed", "older")),
        1: individual(1, Parent(0)),
        2: individual(2, Parent(1), Parent(0, None, "mate")),
    }
    assert [one.number for one in line_of_descent(individuals, 2)] == [0, 1, 2]


def test_a_parent_younger_than_its_child_does_no_harm() -> None:
    individuals = {0: individual(0, Parent(1)), 1: individual(1, Parent(0))}
    assert len(ancestry(individuals, 1).members) == 2
    assert [one.number for one in line_of_descent(individuals, 1)] == [0, 1]


def test_drawing_tells_changes_roles_and_fitness() -> None:
    change = GeneChange("stages[3].filters", "changed", 32, 64)
    individuals = {
        0: individual(0, Parent(None, None, "seed", "genomes/<lenet>.yaml")),
        1: individual(1),
        2: individual(2, Parent(0), Parent(1, None, "mate"), changes=(change,)),
    }
    drawing = draw_tree(ancestry(individuals, 2), Goal("accuracy"), {0: 0.5, 2: 0.9})
    assert "stages[3].filters: 32 → 64" in drawing
    assert "genomes/&lt;lenet&gt;.yaml" in drawing and "<lenet>" not in drawing
    assert (
        'class="kin primary main"' in drawing and 'class="kin mate"' in drawing and 'class="kin seed main"' in drawing
    )
    assert 'class="node unscored"' in drawing  # individual 1 has no fitness
    assert re.search(r"accuracy: 0\.9\n", drawing)


def test_changes_in_words() -> None:
    assert change_in_words(GeneChange("dense", "added", None, [1])) == "dense: added [1]"
    assert change_in_words(GeneChange("norm", "removed", True, None)) == "norm: removed yes"
    assert change_in_words(GeneChange("stages[2]", "moved", 0, 1)) == "stages[2]: moved from place 0 to 1"
    assert len(change_in_words(GeneChange("x", "added", None, "y" * 500))) < 110
