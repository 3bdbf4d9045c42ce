"""Taking changes back: each kind by hand, and laws over all that an engine bred."""

import pytest

from evonas.config import parse_config
from evonas.explain import explain, inherited_changes, revert
from evonas.explain.places import located, place_of
from evonas.genome import thaw
from evonas.space import get_at


def reverted(made, line, gene, **more):
    """Take one change of a line back in its last individual."""
    found = inherited_changes(line, made.space())
    change = next(one for own in found.values() for one in own if one.gene == gene and one.present)
    parent = next(one for one in line if one.number == change.birth - 1)
    return revert(made.space(), line[-1].genome, parent.genome, change, **more)


def test_a_value_goes_back_and_what_is_computed_from_it_follows(made):
    line = made.line_of({"width": 50}, {"optimizer": {"type": "adam", "rate": 0.02}})
    back = reverted(made, line, "width")
    assert (back.genome["width"], back.genome["half"], back.genome["optimizer"]["rate"]) == (40, 20, 0.02)
    assert [gene.gene for gene in back.along] == ["half"]


def test_a_gene_that_follows_another_is_not_taken_back_alone(made):
    back = reverted(made, made.line_of({"width": 50}), "half")
    assert back.genome is None and "computes it from another gene" in back.reason


def test_a_switch_goes_back_with_the_genes_it_had(made):
    line = made.line_of(
        {"optimizer": {"type": "sgd", "rate": 0.1, "momentum": 0.5}},
        {"optimizer": {"type": "sgd", "rate": 0.2, "momentum": 0.5}},
    )
    back = reverted(made, line, "optimizer.type")
    assert thaw(back.genome["optimizer"]) == {"type": "adam", "rate": 0.01}
    assert back.along == (), "all genes of the alternative are its own"


def add(genes, marks):
    genes["layers"].insert(0, {"units": 32, "dropout": 0.2})
    marks["layers"].insert(0, [9, None])


def widen(genes, marks):
    genes["layers"][0]["units"] = 33


def drop_last(genes, marks):
    del genes["layers"][-1], marks["layers"][-1]


def test_an_item_goes_with_all_that_was_changed_in_it(made):
    line = made.line_of(add, widen)
    back = reverted(made, line, "layers[9]")
    assert thaw(back.genome["layers"]) == made.GENES["layers"]
    assert [pair[0] for pair in back.genome.marks["layers"]] == [0, 1]


def test_an_item_comes_back_to_its_place(made):
    line = made.line_of(lambda genes, marks: (genes["layers"].pop(0), marks["layers"].pop(0)), {"width": 5})
    back = reverted(made, line, "layers[0]")
    assert thaw(back.genome["layers"]) == made.GENES["layers"]
    assert [pair[0] for pair in back.genome.marks["layers"]] == [0, 1]
    assert back.genome["width"] == 5


def test_places_go_back(made):
    def swap(genes, marks):
        genes["layers"].reverse()
        marks["layers"].reverse()

    line = made.line_of(swap, {"width": 5})
    found = inherited_changes(line, made.space())[1]
    back = revert(made.space(), line[-1].genome, line[0].genome, found[0])
    assert thaw(back.genome["layers"]) == made.GENES["layers"]


def test_equal_items_that_changed_places_make_no_difference(made):
    def level(genes, marks):
        genes["layers"] = [{"units": 8, "dropout": 0.0}, {"units": 8, "dropout": 0.0}]

    def swap(genes, marks):
        genes["layers"].reverse()
        marks["layers"].reverse()

    line = made.line_of(level, swap)
    (order,) = inherited_changes(line, made.space())[2]
    back = revert(made.space(), line[-1].genome, line[1].genome, order)
    assert back.genome is None and "the network is the same without it" in back.reason


def test_a_list_that_would_be_too_short_or_too_long_is_said(made):
    line = made.line_of(add, drop_last, drop_last)
    back = reverted(made, line, "layers[9]")
    assert back.genome is None
    assert back.reason == "the space does not allow it: layers: 0 -> 1 items (at least 1; padded at the end)"

    def refill(genes, marks):
        genes["layers"] += [{"units": 4, "dropout": 0.0}] * 2
        marks["layers"] += [[5, None], [6, None]]

    back = reverted(made, made.line_of(drop_last, refill), "layers[1]")
    assert back.genome is None and "layers: 4 -> 3 items (at most 3; cut at the end)" in back.reason


def test_who_may_not_be_trained_is_said(made):
    line = made.line_of({"width": 50})
    back = reverted(made, line, "width", refuse=lambda genome: f"parameters = {genome['width']} > 30")
    assert back.genome is None and back.reason == "parameters = 40 > 30"


def test_laws(toy_history):
    """A variant is a member of the space and has the parent's value; a change that is present is in the winner."""
    seen = {}
    for number in sorted(toy_history.individuals)[-60:]:
        descent = explain(toy_history, number)
        winner, space = descent.winner.genome, descent.space
        for change in descent.changes:
            place = place_of(change.gene)
            path = located(winner, place)
            if not change.present:
                continue
            if change.genes[0].kind == "changed":
                assert thaw(get_at(winner, path)) == change.genes[0].after
            elif change.kind == "item":
                assert (path is None) == (change.genes[0].kind == "removed")
            parent = descent.parent_of(change.birth).genome
            back = revert(space, winner, parent, change)
            seen.setdefault(change.kind, set()).add(back.genome is not None)
            if back.genome is None:
                assert back.reason
                continue
            assert space.contains(back.genome) and back.genome != winner
            ours, theirs = located(back.genome, place), located(parent, place)
            if change.kind in ("gene", "branch"):
                assert get_at(back.genome, ours) == get_at(parent, theirs)
            elif change.kind == "item":
                assert (ours is None) == (theirs is None)
            assert {gene.gene for gene in back.along}.isdisjoint(gene.gene for gene in change.genes)
    assert set(seen) == {"gene", "tied", "item", "branch", "order"}, "the run has every kind of change"
    assert seen["tied"] == {False}
    assert all(True in outcomes for kind, outcomes in seen.items() if kind != "tied")


def test_taking_back_the_only_change_of_the_last_birth_gives_the_parent(toy_history):
    count = 0
    for individual in toy_history.individuals.values():
        primary = individual.birth.primary
        if primary is None:
            continue
        descent = explain(toy_history, individual.number)
        changes = [one for one in descent.steps[-1].changes if one.kind != "tied"]
        if len(changes) != 1:
            continue
        parent = toy_history.individuals[primary.number].genome
        back = revert(descent.space, individual.genome, parent, changes[0])
        if back.genome is not None:
            assert back.genome == parent
            count += 1
    assert count > 10


@pytest.mark.parametrize("limit", [300, 3000])
def test_variants_are_within_the_limits(toy_history, toy, limit):
    """What is over a limit is refused with its cost, as at a birth."""
    from evonas.explain.plan import plan_ablation
    from evonas.run.assembly import Question

    def appraise(genome):
        return {"parameters": float(sum(layer["units"] for layer in genome["layers"]))}

    settings = toy()
    settings["evolution"] |= {"limits": {"parameters": float(limit)}}
    config = parse_config(settings)
    descent = explain(toy_history)
    question = Question(config, descent.space, appraise, None, None)
    refused = 0
    for one in plan_ablation(descent, question).reverts:
        if one.genome is not None:
            assert appraise(one.genome)["parameters"] <= limit
        refused += "parameters = " in one.reason
    assert refused > 0 or limit == 3000
