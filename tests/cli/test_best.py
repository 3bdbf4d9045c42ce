"""`evonas best`."""

import csv
import json

import pytest

from evonas.lineage import LineageStore, RunRecord
from evonas.records import EvaluationRequest
from evonas.testing.stores import bear

POINTS = [(0.9, 100.0), (0.88, 30.0), (0.7, 20.0), (0.5, 10.0), (0.6, 90.0)]  # without 0, 2 is the knee; 4 is beaten


def listed(ran):
    return json.loads(ran.worked().out)


@pytest.fixture
def front(here):
    """A run of two objectives; individual 0 was trained three times; sizes above 95 break a constraint."""
    objectives = [{"metric": "accuracy"}, {"metric": "size", "direction": "min"}]
    config = {"evolution": {"constraints": {"size": {"max": 95}}}}
    run = RunRecord.new("front", config=config, space={}, objectives=objectives)
    with LineageStore.create("run", run) as store:
        for number, (accuracy, size) in enumerate(POINTS):
            individual, request = bear(number)
            store.add_individual(individual, request)
            store.add_result(request.result({"accuracy": accuracy, "size": size}))
        genome = store.individual(1).genome
        for repeat in (1, 2):
            request = EvaluationRequest(4 + repeat, 1, genome, 3, 70 + repeat, repeat=repeat)
            store.add_request(request)
            store.add_result(request.result({"accuracy": 0.88 + 0.01 * repeat, "size": 30.0}))
    return "run"


def test_means_with_their_standard_errors(evonas, front):
    evonas("best", front).worked("0.8900 +- 0.0058 (3)", "violation")
    rows = listed(evonas("best", front, "--format", "json"))
    assert [row["individual"] for row in rows] == [1, 2, 4, 3, 0], "who breaks a constraint comes last"
    assert rows[0]["accuracy"] == pytest.approx(0.89)
    assert rows[0]["accuracy_error"] == pytest.approx(0.01 / 3**0.5)
    assert rows[0]["trainings"] == 3 and rows[1]["trainings"] == 1 and rows[1]["accuracy_error"] is None
    assert [row["violation"] for row in rows] == pytest.approx([0, 0, 0, 0, 5 / 95])


def test_the_knee_of_the_front_is_marked(evonas, front):
    lines = evonas("best", front, "--pareto").worked("knee").out.splitlines()
    assert [line.split()[0] for line in lines if " yes " in line] == ["2"]
    rows = listed(evonas("best", front, "--pareto", "--format", "json"))
    assert {row["individual"]: row["knee"] for row in rows} == {1: False, 2: True, 3: False}
    by_size = listed(evonas("best", front, "--pareto", "--metric", "size", "--format", "json"))
    assert [row["individual"] for row in by_size] == [3, 2, 1]


def test_with_one_objective_there_is_no_knee(here, evonas):
    run = RunRecord.new("one", config={}, space={}, objectives=[{"metric": "accuracy"}])
    with LineageStore.create("run", run) as store:
        individual, request = bear(0)
        store.add_individual(individual, request)
        store.add_result(request.result({"accuracy": 0.5}))
    (row,) = listed(evonas("best", "run", "--pareto", "--format", "json"))
    assert "knee" not in row and "violation" not in row


def test_best_as_table_json_and_csv(evonas, toy_run):
    evonas("best", toy_run, "--top", 3).worked("individual", "accuracy", "loss", "operators", "genome")
    rows = listed(evonas("best", toy_run, "--top", 3, "--format", "json"))
    assert len(rows) == 3
    assert [row["accuracy"] for row in rows] == sorted((row["accuracy"] for row in rows), reverse=True)
    table = list(csv.DictReader(evonas("best", toy_run, "-k", 3, "--format", "csv").worked().out.splitlines()))
    assert [float(row["accuracy"]) for row in table] == [row["accuracy"] for row in rows], "unrounded"
    assert [row["genome"] for row in table] == [row["genome"] for row in rows]


def test_best_by_another_metric_goes_in_that_metric_s_direction(here, evonas, write, toy):
    evonas("evolve", write(toy()), "--run-dir", "run").worked()  # loss is no objective of this run
    rows = listed(evonas("best", "run", "--metric", "loss", "--format", "json"))
    assert [row["loss"] for row in rows] == sorted(row["loss"] for row in rows)
    evonas("best", "run", "--metric", "los").refused(15, "no evaluation", "expected: one of accuracy, loss", "`loss`")


def test_best_of_the_pareto_front(evonas, toy_run):
    rows = listed(evonas("best", toy_run, "--pareto", "--format", "json"))
    everyone = listed(evonas("best", toy_run, "--top", 100, "--format", "json"))
    front = {row["individual"] for row in rows}
    assert front
    for row in everyone:
        beaten = any(
            other["accuracy"] >= row["accuracy"]
            and other["loss"] <= row["loss"]
            and (other["accuracy"], other["loss"]) != (row["accuracy"], row["loss"])
            for other in everyone
        )
        assert not (beaten and row["individual"] in front)


def test_how_many_is_at_least_one(evonas, toy_run):
    ran = evonas("best", toy_run, "--top", 0)
    assert ran.code == 2 and "--top" in ran.err


def test_best_of_those_that_meet_a_filter(evonas, front):
    rows = listed(evonas("best", front, "--where", "size < 95 and accuracy < 0.89", "--format", "json"))
    assert [row["individual"] for row in rows] == [2, 4, 3], "1 has a mean of 0.89"
    rows = listed(evonas("best", front, "--pareto", "--where", "size < 95", "--where", "size > 15", "--format", "json"))
    assert {row["individual"] for row in rows} == {1, 2}
    rows = listed(evonas("best", front, "--where", "trainings > 1", "--metric", "size", "--format", "json"))
    assert [(row["individual"], row["trainings"]) for row in rows] == [(1, 3)]
    evonas("best", front, "--where", "accuracy > 1").worked("no individual meets the filter")
    evonas("best", front, "--where", "acuracy > 1").refused(15, "column 1", "did you mean `accuracy`?")
