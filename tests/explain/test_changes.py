"""What a line changed, and what became of it."""

from evonas.explain import inherited_changes


def told(found):
    return [(one.birth, one.gene, one.kind, one.fate, one.overwritten_by) for own in found.values() for one in own]


def test_a_value_is_kept_until_it_is_set_again(made):
    line = made.line_of({"width": 50}, {"width": 60}, {"optimizer": {"type": "adam", "rate": 0.02}})
    assert told(inherited_changes(line, made.space())) == [
        (1, "width", "gene", "overwritten", 2),
        (1, "half", "tied", "overwritten", 2),
        (2, "width", "gene", "kept", None),
        (2, "half", "tied", "kept", None),
        (3, "optimizer.rate", "gene", "kept", None),
    ]


def test_a_switched_alternative_is_one_change(made):
    line = made.line_of(
        {"optimizer": {"type": "sgd", "rate": 0.1, "momentum": 0.5}},
        {"optimizer": {"type": "sgd", "rate": 0.2, "momentum": 0.5}},
    )
    (switch,), (rate,) = inherited_changes(line, made.space()).values()
    assert (switch.gene, switch.kind, switch.fate) == ("optimizer.type", "branch", "altered")
    assert sorted(gene.gene for gene in switch.genes) == ["optimizer.momentum", "optimizer.rate", "optimizer.type"]
    assert (rate.kind, rate.fate) == ("gene", "kept")
    back = made.line_of(
        {"optimizer": {"type": "sgd", "rate": 0.1, "momentum": 0.5}}, {"optimizer": {"type": "adam", "rate": 0.02}}
    )
    assert [one[3:] for one in told(inherited_changes(back, made.space()))] == [("overwritten", 2), ("kept", None)]


def test_an_item_that_came_is_altered_from_within_and_overwritten_when_it_goes(made):
    def add(genes, marks):
        genes["layers"].insert(0, {"units": 32, "dropout": 0.2})
        marks["layers"].insert(0, [9, None])

    def widen(genes, marks):
        genes["layers"][0]["units"] = 33

    def drop(genes, marks):
        del genes["layers"][0], marks["layers"][0]

    added = inherited_changes(made.line_of(add, widen), made.space())
    assert told(added) == [
        (1, "layers[9]", "item", "altered", None),
        (2, "layers[9].units", "gene", "kept", None),
    ]
    gone = inherited_changes(made.line_of(add, widen, drop), made.space())
    assert told(gone) == [
        (1, "layers[9]", "item", "overwritten", 3),
        (2, "layers[9].units", "gene", "overwritten", 3),
        (3, "layers[9]", "item", "kept", None),
    ]


def test_items_that_changed_places_are_one_change(made):
    def swap(genes, marks):
        genes["layers"].reverse()
        marks["layers"].reverse()

    found = inherited_changes(made.line_of(swap, {"width": 3}), made.space())
    assert told(found)[0] == (1, "layers[1]", "order", "kept", None) or told(found)[0][1:4] == (
        "layers[0]",
        "order",
        "kept",
    )
    again = told(inherited_changes(made.line_of(swap, swap), made.space()))
    assert [one[2:] for one in again] == [("order", "overwritten", 2), ("order", "kept", None)]


def test_without_a_space_changes_are_told_one_by_one(made):
    line = made.line_of({"optimizer": {"type": "sgd", "rate": 0.1, "momentum": 0.5}, "width": 50})
    kinds = {one.gene: one.kind for one in inherited_changes(line, None)[1]}
    assert kinds == dict.fromkeys(["width", "half", "optimizer.type", "optimizer.rate", "optimizer.momentum"], "gene")


def test_a_founder_has_no_changes(made):
    assert inherited_changes([made.founder()], made.space()) == {}
