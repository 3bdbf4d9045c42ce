"""Which part of a family is shown, how it is drawn, filtered and coloured."""

import pytest

pytest.importorskip("dash_cytoscape", reason="needs the extra `dashboard`")

from evonas.dashboard import family as families
from evonas.dashboard.address import Address
from evonas.dashboard.colours import colour_choices, colouring
from evonas.dashboard.elements import elements, kind_of, layout, wrapped
from evonas.dashboard.family import Family, Wish, shown
from evonas.dashboard.kin import kin
from evonas.dashboard.searching import Sieve, sieve
from evonas.dashboard.shelf import Shelf


@pytest.fixture(scope="module")
def shelf(toys):
    return Shelf(list(toys.values()))


@pytest.fixture(scope="module")
def runs(shelf):
    """Findings of the first run, the one it seeded, and the one with two objectives."""
    return {state.key: state.findings for state in shelf.states(shelf.labels())}


@pytest.fixture(scope="module")
def first(runs):
    key = next(iter(runs))
    return key, Family({key: runs[key]})


def test_a_small_family_is_shown_whole(first):
    key, family = first
    view = shown(family, Wish())
    assert len(view.nodes) == 60 and not view.hidden
    line = family.line(f"{key}:{family.runs[key].winner}")
    assert set(line) == set(view.lit) and line[0] not in {tie.child for tie in view.ties}
    assert all(int(tie.parent.split(":")[1]) < int(tie.child.split(":")[1]) for tie in view.ties)


def test_a_large_family_shows_winner_best_and_living_and_counts_the_rest(first, monkeypatch):
    _, family = first
    monkeypatch.setattr(families, "MOST", 20)
    monkeypatch.setattr(families, "_BEST", 3)
    monkeypatch.setattr(families, "_ANCESTORS", 8)
    view = shown(family, Wish())
    assert len(view.nodes) <= 20 and set(view.lit) <= set(view.nodes)
    for node, amount in view.hidden.items():
        assert amount == sum(child not in view.nodes for child in family.children(node)) > 0
    closed = next(iter(view.hidden))
    opened = shown(family, Wish(expanded=[closed]))
    assert set(family.children(closed)) <= set(opened.nodes) and closed not in opened.hidden


def test_folding_hides_descendants_and_searching_brings_them_back(first):
    key, family = first
    mother = f"{key}:12"
    below = {node for node in family if mother in family.line(node)[:-1]}
    assert len(below) > 5
    view = shown(family, Wish(collapsed=[mother]))
    assert not below & set(view.nodes) and view.hidden[mother] > 0 and mother in view.nodes
    lost = max(below)
    assert lost in shown(family, Wish(collapsed=[mother], asked=[lost])).nodes


def test_a_seed_from_another_run_ties_both_runs_into_one_graph(runs):
    one, two, _ = runs
    alone = Family({two: runs[two]})
    (tie,) = alone.ties(f"{two}:0")
    assert tie.role == "seed" and tie.parent not in alone and tie.parent in shown(alone, Wish()).nodes
    both = Family({two: runs[two], one: runs[one]})
    assert [tie.parent for tie in both.ties(f"{two}:0")] == [f"{one}:5"]
    assert f"{two}:0" in both.children(f"{one}:5")
    view = shown(both, Wish())
    drawn = elements(both, view, colouring({}, "birth:generation"), {one: "toy (first)", two: "toy (second)"})
    frames = {item["data"]["label"] for item in drawn if item.get("classes") == "run"}
    assert frames == {"toy (first)", "toy (second)"}


def test_filters_compose_and_what_is_not_understood_is_told(first):
    key, family = first
    findings = family.runs[key]
    found = sieve(family, Sieve.of("2", "3", ["crossover"], "parameters < 150")).nodes
    individuals = [family.individual(node) for node in found]
    assert individuals
    for one in individuals:
        assert 2 <= one.birth.generation <= 3 and "crossover" in one.birth.operators and one.costs["parameters"] < 150
    expected = [
        one
        for one in findings.history.individuals.values()
        if 2 <= one.birth.generation <= 3 and "crossover" in one.birth.operators and one.costs["parameters"] < 150
    ]
    assert len(individuals) == len(expected)
    assert sieve(family, Sieve.of("", None, [], " ")).nodes is None
    assert "whole number" in sieve(family, Sieve.of("two", "", [], "")).problem
    assert "parametres" in sieve(family, Sieve.of("", "", [], "parametres < 3")).problem
    assert sieve(family, Sieve.of("900", "", [], "")).problem == "Nobody is like that."


def test_what_the_filter_did_not_find_is_faded(first):
    key, family = first
    wish = Wish(matching=frozenset({f"{key}:30"}))
    view = shown(family, wish)
    assert f"{key}:30" in view.nodes and f"{key}:30" not in view.faded
    assert view.faded == set(view.nodes) - {f"{key}:30"} - view.lit


def test_every_offered_colour_can_be_drawn_and_says_what_it_means(first):
    key, family = first
    findings = family.runs[key]
    places = {node: family.place(node) for node in family}
    offered = [one["value"] for one in colour_choices(findings)]
    assert offered[0] == "metric:accuracy" and "gene:learning.rate" in offered and "birth:operator" in offered
    for what in offered:
        colours = colouring(places, what)
        assert colours.legend and set(colours.colours) <= set(places)
    best = colouring(places, "metric:accuracy").colours[f"{key}:{findings.winner}"]
    assert best == "#fde725", "bright is best"


def test_less_is_bright_where_less_is_better(runs):
    key = list(runs)[2]
    family = Family({key: runs[key]})
    findings = runs[key]
    smallest = min(findings.ordered, key=lambda one: one.values[1]).individual.number
    colours = colouring({node: family.place(node) for node in family}, "metric:size")
    assert colours.colours[f"{key}:{smallest}"] == "#fde725"


def test_kinds_have_shapes_of_their_own(first, runs):
    key, family = first
    kinds = {number: kind_of(family, f"{key}:{number}") for number in (0, 8, 12, 13)}
    assert kinds == {0: "founder", 8: "failed", 12: "crossed", 13: "mutant"}
    second = list(runs)[1]
    assert kind_of(Family({second: runs[second]}), f"{second}:0") == "seed"


def test_each_node_has_a_place_of_its_own_below_its_parents(first):
    _, family = first
    view = shown(family, Wish())
    places = layout(family, view, "generations")["positions"]
    assert set(places) == set(view.nodes)
    assert len({tuple(place.values()) for place in places.values()}) == len(places)
    assert all(places[tie.parent]["y"] < places[tie.child]["y"] for tie in view.ties)


def test_several_runs_stand_side_by_side_who_seeds_first(runs):
    one, two, _ = runs
    both = Family({two: runs[two], one: runs[one]})
    view = shown(both, Wish())
    places = layout(both, view, "auto")["positions"]
    assert set(places) == set(view.nodes)
    across = {key: [place["x"] for node, place in places.items() if node.startswith(key)] for key in (one, two)}
    assert max(across[one]) < min(across[two])
    assert places[f"{two}:0"]["y"] == 0, "seeded from the other run: among the founders"


@pytest.mark.parametrize("name", ["baseline SingleCNN", "runs/a/long-name-of-a-search:best #12", "w" * 90, "x.yaml"])
def test_the_name_of_a_parent_from_outside_is_short_in_the_drawing_and_whole_beside_it(name, runs):
    lines = wrapped(name).splitlines()
    assert 1 <= len(lines) <= 3 and max(map(len, lines)) <= 10
    assert not name.endswith("#12") or lines[-1] == "#12"
    key = list(runs)[1]
    alone = Family({key: runs[key]})
    (outside,) = alone.outside
    drawn = elements(alone, shown(alone, Wish()), colouring({}, "birth:generation"), {})
    (node,) = (item["data"] for item in drawn if item.get("classes") == "outside")
    assert outside in node["told"] and node["id"] == outside
    panel = str(kin(alone, outside, {"expanded": [], "collapsed": []}, Address("tree", key)))
    assert outside in panel and "1 child here" in panel


def test_a_store_that_goes_in_circles_sends_nobody_round(tmp_path, made):
    import sqlite3

    made.evolved(tmp_path / "odd", evaluations=20)
    with sqlite3.connect(tmp_path / "odd" / "lineage.sqlite") as connection:
        connection.execute("UPDATE parents SET parent = 15 WHERE individual = 12 AND position = 0")
        connection.execute("UPDATE parents SET parent = 12 WHERE individual = 15 AND position = 0")
    connection.close()
    shelf = Shelf([tmp_path / "odd"])
    state = shelf.state()
    family = Family({state.key: state.findings})
    view = shown(family, Wish(scope="winner", asked=[f"{state.key}:15"]))
    assert layout(family, view, "generations")["positions"]
