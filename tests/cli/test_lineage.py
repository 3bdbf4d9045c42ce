"""`evonas lineage show`, `ancestors`, `diff`, `stats` and `top`."""

import csv
import json
import re
from itertools import pairwise

import pytest

from evonas.cli import columns
from evonas.cli.lineage.tree import gather, rows_of
from evonas.genome import Genome
from evonas.lineage import LineageStore, RunRecord
from evonas.records import Birth, EvaluationRequest, EvaluationStatus, Individual, Parent
from evonas.testing.stores import bear

COMMANDS = [("show",), ("ancestors",), ("diff", "0", "0"), ("stats",), ("top",)]


def listed(ran):
    return json.loads(ran.worked().out)


def table(ran):
    return list(csv.DictReader(ran.worked().out.splitlines()))


@pytest.fixture(scope="module")
def child(toy_run):
    """An individual with two parents."""
    with LineageStore.open(toy_run, read_only=True) as store:
        return next(one for one in store.individuals() if len(one.birth.parents) == 2)


@pytest.fixture(scope="module")
def rungs(tmp_path_factory):
    """A run of founders 0 and 1, their child 2 (promoted, three trainings), and its children: 3 failed, 4 pending."""
    place = tmp_path_factory.mktemp("rungs") / "run"
    run = RunRecord.new("rungs", config={}, space={}, objectives=[{"metric": "accuracy"}])
    parents = ([], [], [0, Parent(1, role="mate")], [2], [2])
    trainings = [(0, 0, 0, 0.5), (1, 0, 0, 0.4), (2, 0, 0, 0.6), (0, 1, 0, 0.55)]
    trainings += [(2, 1, 0, 0.8), (2, 1, 1, 0.82), (2, 1, 2, 0.84)]
    with LineageStore.create(place, run, synchronous="normal") as store:
        people = [bear(number, own)[0] for number, own in enumerate(parents)]
        for individual in people:
            store.add_individual(individual)
        for number, (who, rung, repeat, value) in enumerate(trainings):
            request = EvaluationRequest(number, who, people[who].genome, 3, number, rung, repeat=repeat)
            store.add_request(request)
            store.add_result(request.result({"accuracy": value, "loss": 1 - value}, seconds=10.0))
        failed = EvaluationRequest(7, 3, people[3].genome, 3, 7)
        store.add_request(failed)
        store.add_result(failed.failure(EvaluationStatus.OUT_OF_MEMORY, "no memory left", seconds=5.0))
        store.add_request(EvaluationRequest(8, 4, people[4].genome, 3, 8))
        store.mark_deaths([1], at_evaluation=7)
    return place


def lonely(place, name="lonely", birth=None):
    """Write a run of one individual."""
    run = RunRecord.new(name, config={}, space={}, objectives=[{"metric": "accuracy"}])
    genome = Genome({"x": 1, "layers": [{"units": 3}]}, "dense", {"layers": [[7, None]]})
    with LineageStore.create(place, run, synchronous="normal") as store:
        request = EvaluationRequest(0, 0, genome, 3, 0)
        store.add_individual(Individual(0, genome, birth or Birth(("founder",)), {"parameters": 5.0}), request)
        store.add_result(request.result({"accuracy": 0.9}))
        return store.run_id


# show


def test_show_draws_the_parents(evonas, toy_run, child):
    shown = evonas("lineage", "show", toy_run, child.number).worked("difference to the primary parent").out
    primary, mate = child.birth.parents
    assert re.search(rf"^● {child.number} .*{child.birth.operators[0]}", shown, re.MULTILINE)
    assert re.search(rf"^[●■] {primary.number} ", shown, re.MULTILINE), "the line runs straight down"
    assert re.search(rf"^├─[○■↳] {mate.number}\b", shown, re.MULTILINE), "a mate stands to the right"
    assert "■" in shown and "founder" in shown


def test_the_best_is_shown_by_default(evonas, toy_run):
    (best,) = listed(evonas("best", toy_run, "--top", 1, "--format", "json"))
    assert evonas("lineage", "show", toy_run).worked().out.startswith(f"individual {best['individual']} of toy: ")
    assert listed(evonas("lineage", "ancestors", toy_run, "--format", "json"))[0]["individual"] == best["individual"]


def test_show_as_rows(evonas, rungs):
    rows = listed(evonas("lineage", "show", rungs, "--format", "json"))
    assert [(row["individual"], row["level"], row["parents"]) for row in rows] == [
        (2, 0, "0 1"),
        (1, 1, ""),
        (0, 0, ""),
    ]
    assert rows[0]["accuracy"] == pytest.approx(0.82) and rows[0]["accuracy_error"] == pytest.approx(0.02 / 3**0.5)
    assert rows[0]["difference"] == pytest.approx(0.27) and rows[1]["rung"] == 0
    assert [row["individual"] for row in table(evonas("lineage", "show", rungs, "--format", "csv"))] == ["2", "1", "0"]


def test_show_says_what_failed_and_what_is_of_a_lower_rung(evonas, rungs):
    shown = evonas("lineage", "show", rungs, 3).worked("individual 3 of rungs: out_of_memory").out
    assert re.search(r"^● 3 +out of memory", shown, re.MULTILINE)
    assert re.search(r"^● 2 +0\.820 \+- 0\.012 \(3\) +\+0\.27 ", shown, re.MULTILINE)
    assert re.search(r"^├─■ 1 +0\.4 at rung 0", shown, re.MULTILINE)
    assert re.search(r"^● 4 +pending", evonas("lineage", "show", rungs, 4).worked().out, re.MULTILINE)


def chain(births, mates=None):
    """Return births of a line 0 <- 1 <- 2 ..., some with a mate."""
    mates = mates or {}
    return {
        number: Birth(
            ("mutate_one",),
            (
                *([Parent(number - 1)] if number else []),
                *([Parent(mates[number], role="mate")] if number in mates else []),
            ),
            (),
            number,
        )
        for number in range(births)
    }


def drawn(births, start, depth=None):
    return rows_of(gather(start, births.__getitem__, lambda parent: parent.run is None, depth), start)


def test_a_line_of_fifty_births_is_no_wider_than_one():
    rows = drawn(chain(51), 50)
    assert [row.number for row in rows] == list(range(50, -1, -1))
    assert {len(row.prefix) for row in rows} == {2}


def test_everybody_is_drawn_once_and_shared_ancestors_are_referred_to():
    births = chain(51, mates={50: 40, 45: 44, 30: 10, 20: 19})
    rows = drawn(births, 50)
    members = [row.number for row in rows if row.kind == "member"]
    assert sorted(members) == list(range(51)), "once each"
    assert {row.number for row in rows if row.kind == "joins"} == {40, 10}, "mates of the line itself"
    assert max(len(row.prefix) for row in rows) <= 4


def test_a_mate_s_line_ends_where_it_meets_another():
    births = {
        0: Birth(("founder",)),
        1: Birth(("a",), (Parent(0),), (), 1),
        2: Birth(("b",), (Parent(0),), (), 1),
        3: Birth(("c",), (Parent(1), Parent(2, role="mate")), (), 2),
    }
    rows = [(row.kind, row.prefix, row.number) for row in drawn(births, 3)]
    assert rows == [
        ("member", "● ", 3),
        ("member", "├─○ ", 2),
        ("joins", "│ ", 0),
        ("member", "● ", 1),
        ("member", "■ ", 0),
    ]


def test_many_mates_of_mates_are_no_problem():
    births = {0: Birth(("founder",))}
    for number in range(1, 1500):
        births[number] = Birth(("c",), (Parent(0), Parent(number - 1, role="mate")), (), 1)
    rows = drawn(births, 1499)
    assert len([row for row in rows if row.kind == "member"]) == 1500
    assert max(row.level for row in rows) == 1498


def test_depth_cuts_the_tree():
    births = chain(30, mates={29: 15})
    rows = drawn(births, 29, depth=4)
    assert [row.number for row in rows if row.kind == "member"] == [29, 15, 14, 28, 27, 26, 25]
    assert [(row.number, row.level) for row in rows if row.kind == "cut"] == [(13, 1), (24, 0)]


def test_a_line_that_bites_its_tail_is_drawn_once():
    births = chain(4) | {0: Birth(("odd",), (Parent(3),))}
    assert [(row.kind, row.number) for row in drawn(births, 3)][-2:] == [("member", 0), ("joins", 3)]


def test_the_depth_is_said(evonas, toy_run):
    rows = listed(evonas("lineage", "ancestors", toy_run, 13, "--format", "json"))
    shown = evonas("lineage", "show", toy_run, 13, "--depth", 1).worked().out
    if len(rows) > 2:
        assert f"⋮ {rows[2]['individual']} and on" in shown and f"back to founder {rows[-1]['individual']}" in shown
    assert "⋮ " not in evonas("lineage", "show", toy_run, 13, "-d", 0).worked().out.split("line of primary parents")[0]


def test_who_does_not_meet_the_filter_is_passed_over(evonas, toy_run):
    everyone = listed(evonas("lineage", "show", toy_run, 13, "-d", 0, "--format", "json"))
    rows = listed(evonas("lineage", "show", toy_run, 13, "-d", 0, "--where", "founder", "--format", "json"))
    founders = {row["individual"] for row in everyone if row["operators"] == "founder"}
    assert {row["individual"] for row in rows} <= founders | {13}
    assert rows[0]["individual"] == 13 and len(rows) > 1
    evonas("lineage", "show", toy_run, 13, "--where", "founder").worked("births]")


def test_it_is_as_wide_as_the_terminal(evonas, toy_run, monkeypatch):
    wide = evonas("lineage", "show", toy_run, 13).worked().out
    monkeypatch.setattr("evonas.cli.lineage.show.width", lambda: 60)
    narrow = evonas("lineage", "show", toy_run, 13).worked().out
    assert max(map(len, narrow.splitlines()[:-2])) < 60 <= max(map(len, wide.splitlines()[:-2]))


def test_a_terminal_of_ascii_gets_ascii(monkeypatch):
    class Ascii:
        encoding = "ascii"

    monkeypatch.setattr(columns.sys, "stdout", Ascii())
    assert columns.spelled("├─○ 3 …é") == "+-o 3 .?"
    monkeypatch.undo()
    assert columns.spelled("├─○ 3 …é") == "├─○ 3 …é"


# ancestors


def test_ancestors_lead_to_a_founder(evonas, toy_run, child):
    evonas("lineage", "ancestors", toy_run, child.number).worked("individual", "changes", "difference", "founder")
    rows = listed(evonas("lineage", "ancestors", toy_run, child.number, "--format", "json"))
    assert rows[0]["individual"] == child.number
    assert rows[1]["individual"] == child.birth.primary.number
    assert rows[-1]["operators"] == "founder" and rows[-1]["difference"] is None
    assert all(isinstance(row["accuracy"], float) for row in rows)
    for row, parent in pairwise(rows):
        assert row["difference"] == pytest.approx(row["accuracy"] - parent["accuracy"])


def test_ancestors_with_standard_errors_where_trainings_were_repeated(evonas, rungs):
    rows = table(evonas("lineage", "ancestors", rungs, 3, "--format", "csv"))
    assert [row["individual"] for row in rows] == ["3", "2", "0"]
    assert (rows[0]["accuracy"], rows[1]["trainings"], rows[1]["rung"]) == ("", "3", "1")
    assert float(rows[1]["accuracy_error"]) == pytest.approx(0.02 / 3**0.5)
    evonas("lineage", "ancestors", rungs, 3).worked("0.820 +- 0.012 (3)", "+0.27", "out of memory", "rung")


def test_the_line_goes_on_in_the_run_that_seeded_it(evonas, here):
    (here / "runs").mkdir()
    old = lonely("runs/old", "old")
    birth = Birth(("seed",), (Parent(0, old, "seed", "runs/old:best"),))
    lonely("runs/new", "new", birth)
    rows = listed(evonas("lineage", "ancestors", "runs/new", "--format", "json"))
    assert [(row["run"], row["individual"]) for row in rows] == [("new", 0), ("old", 0)]
    evonas("lineage", "ancestors", "runs/new").worked("seed from runs/old:best", "old")
    assert "↳ seed from runs/old:best, individual 0 there" in evonas("lineage", "show", "runs/new").worked().out
    lonely("runs/again", "old", birth)
    shown = evonas("lineage", "ancestors", "runs/again").worked().out
    assert [line.split()[0] for line in shown.splitlines()[2:4]] == ["again", "old"], "two runs of one name"
    (here / "runs" / "old").rename(here / "away")
    shown = evonas("lineage", "ancestors", "runs/new").worked(f"individual 0 of run {old}", "not found from here").out
    assert "run   " not in shown.splitlines()[0]


# diff


def test_diff(evonas, toy_run):
    evonas("lineage", "diff", toy_run, 0, 1).worked("gene", "layers[0].units", "changed", "0: individual 0 of toy")
    rows = table(evonas("lineage", "diff", toy_run, 0, 1, "--format", "csv"))
    assert {row["kind"] for row in rows} <= {"changed", "added", "removed"} and {"0", "1"} < set(rows[0])
    evonas("lineage", "diff", toy_run, 0, 0).worked("individuals 0 and 0 have equal genes")
    evonas("lineage", "diff", toy_run, "best", 0).worked("best: individual")


def test_diff_across_runs(evonas, toy_run, here):
    lonely("one")
    lonely("two", birth=Birth(("founder",)))
    evonas("lineage", "diff", "one:0", "two:best").worked("one:0 and two:best have equal genes")
    rows = listed(evonas("lineage", "diff", "one:0", f"{toy_run}:0", "--format", "json"))
    assert rows[0]["gene"] == "model family" and rows[0]["one:0"] == "dense"
    assert "layers[0].units" in {row["gene"] for row in rows}, "by place, not by marks of different runs"


@pytest.mark.parametrize("words", [("run",), ("run", "1"), ("run", "1", "2", "3"), ("a:1", "2")])
def test_diff_needs_two_individuals(evonas, here, words):
    ran = evonas("lineage", "diff", *words)
    assert ran.code == 2 and "two" in ran.err


def test_diff_of_what_is_no_number(evonas, toy_run):
    ran = evonas("lineage", "diff", toy_run, 0, "first")
    assert ran.code == 2 and "'first'" in ran.err


# stats


def test_stats_of_a_run_with_rungs(evonas, rungs):
    found = listed(evonas("lineage", "stats", rungs, "--format", "json"))
    assert found["run"]["individuals"] == 5 and found["run"]["evaluations"] == 8 and found["run"]["pending"] == 1
    assert found["run"]["generations"] == 1 and found["run"]["genomes"] == 5
    assert found["run"]["hours of evaluations"] == pytest.approx(75 / 3600)
    statuses = {row["status"]: row["evaluations"] for row in found["statuses"]}
    assert statuses == {"completed": 7, "out_of_memory": 1, "pending": 1}
    assert sum(row["share"] for row in found["statuses"]) == pytest.approx(1)
    operators = {row["operator"]: row for row in found["operators"]}
    assert (operators["crossover"]["births"], operators["crossover"]["compared"]) == (3, 2)
    assert operators["crossover"]["better"] == 1, "2 beat its parent, 3 failed"
    assert 0 < operators["crossover"]["from"] < 0.5 < operators["crossover"]["to"] < 1
    assert found["population"]["living"] == 2 and found["population"]["founder lines"] == 1
    assert found["population"]["common ancestor"] == 0 and found["population"]["its age in evaluations"] == 8
    shares = {row["founder"]: (row["line of primary parents"], row["all parents"]) for row in found["founders"]}
    assert shares == {0: (1.0, 0.75), 1: (0.0, 0.25)}
    assert [(row["rung"], row["individuals"], row["repeats"]) for row in found["rungs"]] == [(0, 4, 0), (1, 2, 2)]


def test_stats_as_tables_and_rows(evonas, toy_run):
    evonas("lineage", "stats", toy_run).worked(
        "evaluations by status", "completed", "mutate_one", "mean genome distance", "founders", "by rung"
    )
    rows = table(evonas("lineage", "stats", toy_run, "--format", "csv"))
    assert {"run", "statuses", "operators", "population", "rungs"} <= {row["section"] for row in rows}
    assert next(row["value"] for row in rows if row["name"] == "individuals") == "14"


def test_stats_of_some(evonas, rungs):
    found = listed(evonas("lineage", "stats", rungs, "--where", "not founder", "--format", "json"))
    assert found["run"]["individuals"] == 3 and found["population"]["living"] == 1
    assert {row["operator"] for row in found["operators"]} == {"crossover", "mutate_one"}
    nobody = listed(evonas("lineage", "stats", rungs, "--where", "generation > 9", "--format", "json"))
    assert nobody["run"]["individuals"] == 0 and "population" not in nobody


# top


def test_top_goes_in_the_metric_s_direction(evonas, toy_run):
    rows = listed(evonas("lineage", "top", toy_run, "-n", 4, "--format", "json"))
    assert [row["individual"] for row in rows] == [
        row["individual"] for row in listed(evonas("best", toy_run, "-k", 4, "--format", "json"))
    ]
    losses = [row["loss"] for row in listed(evonas("lineage", "top", toy_run, "--by", "loss", "--format", "json"))]
    assert losses == sorted(losses) and len(losses) == 10
    most = table(evonas("lineage", "top", toy_run, "--by", "loss", "--most", "--format", "csv"))
    assert [float(row["loss"]) for row in most] == sorted((float(row["loss"]) for row in most), reverse=True)
    evonas("lineage", "top", toy_run, "--by", "los").refused(15, "no evaluation", "did you mean `loss`?")


def test_top_counts_the_highest_rung_of_those_that_meet_the_filter(evonas, rungs):
    assert [row["individual"] for row in listed(evonas("lineage", "top", rungs, "--format", "json"))] == [2, 0]
    lower = listed(evonas("lineage", "top", rungs, "--where", "rung = 0", "--format", "json"))
    assert [(row["individual"], row["accuracy"]) for row in lower] == [(1, 0.4)]
    evonas("lineage", "top", rungs).worked("0.820 +- 0.012 (3)")


def test_filters_compose(evonas, toy_run):
    rows = listed(evonas("lineage", "top", toy_run, "-n", 99, "--format", "json"))
    half = sorted(row["accuracy"] for row in rows)[len(rows) // 2]
    filters = ("--where", f"accuracy > {half}", "--where", "not founder")
    both = listed(evonas("lineage", "top", toy_run, "-n", 99, *filters, "--format", "json"))
    expected = [row for row in rows if row["accuracy"] > half and row["operators"] != "founder"]
    assert both == expected != []
    evonas("lineage", "top", toy_run, "--where", "accuracy > 2").worked("no individual meets the filter")


# what goes wrong


@pytest.mark.parametrize("command", ["show", "top", "stats"])
def test_a_wrong_filter_is_pointed_at(evonas, toy_run, command):
    ran = evonas("lineage", command, toy_run, "--where", "accuracy > 0.5 and optimizer.learnin_rate < 1")
    ran.refused(15, "column 20", "^^^^", "did you mean `optimizer.learning_rate`?")
    evonas("lineage", command, toy_run, "--where", "accuracy >").refused(15, "ends too early (column 11)")


@pytest.mark.parametrize("arguments", [("show", 99), ("ancestors", 99), ("diff", 0, 99)])
def test_unknown_individual(evonas, toy_run, arguments):
    command, *numbers = arguments
    evonas("lineage", command, toy_run, *numbers).refused(15, "no individual 99", "expected: a number from 0 to 13")


def test_number_that_is_none(evonas, toy_run):
    ran = evonas("lineage", "show", toy_run, "best")
    assert ran.code == 2 and "integer" in ran.err and "[ID]" in ran.err


@pytest.mark.parametrize("command", COMMANDS, ids=lambda words: words[0])
def test_what_is_no_run(evonas, here, command):
    name, *rest = command
    evonas("lineage", name, "nothing", *rest).refused(16, "no such run directory", "evonas runs")
    (here / "folder").mkdir()
    evonas("lineage", name, "folder", *rest).refused(16, "not a run directory")


@pytest.mark.parametrize("command", COMMANDS, ids=lambda words: words[0])
def test_an_empty_run(evonas, here, command):
    run = RunRecord.new("empty", config={}, space={}, objectives=[{"metric": "accuracy"}])
    LineageStore.create("run", run).close()
    name, *rest = command
    ran = evonas("lineage", name, "run", *rest)
    if name in ("stats", "top"):
        ran.worked("pending" if name == "stats" else "no evaluation has completed yet")
        evonas("lineage", name, "run", "--where", "accuracy > 0.5").worked()
    else:
        ran.refused(15, "no individual 0" if name == "diff" else "no best individual yet")


@pytest.mark.parametrize("command", COMMANDS, ids=lambda words: words[0])
def test_a_run_that_is_being_written(evonas, here, command):
    run = RunRecord.new("alive", config={}, space={}, objectives=[{"metric": "accuracy"}])
    with LineageStore.create("run", run) as store:
        individual, request = bear(0)
        store.add_individual(individual, request)
        store.add_result(request.result({"accuracy": 0.5}))
        store.add_individual(*bear(1, [0]))
        name, *rest = command
        evonas("lineage", name, "run", *rest).worked()
