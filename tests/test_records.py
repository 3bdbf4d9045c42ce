"""The records that cross a process or a file."""

import dataclasses
import json
import math
import pickle

import pytest

from evonas.genome import Genome
from evonas.records import (
    FAILURES,
    FINAL,
    REPEATABLE,
    Birth,
    EvaluationRequest,
    EvaluationResult,
    EvaluationStatus,
    GeneChange,
    Individual,
    Parent,
)

GENOME = Genome({"layers": [{"units": 8}]}, "dense", marks={"layers": [[4, None]]})
REQUEST = EvaluationRequest(number=7, individual=3, genome=GENOME, epochs=5, seed=11, rung=1, attempt=2)
BIRTH = Birth(
    operators=("crossover", "mutate_one"),
    parents=(Parent(1), Parent(2, role="mate"), Parent(9, run="other", role="seed", source="runs/other")),
    changes=(GeneChange("layers[4].units", "changed", 8, 16), GeneChange("layers[5]", "added", None, {"units": 8})),
    generation=3,
    random_state="0/12",
    attempts=2,
)


def test_the_states_are_a_partition():
    assert set(EvaluationStatus) == FINAL | REPEATABLE
    assert not FINAL & REPEATABLE
    assert EvaluationStatus.COMPLETED in FINAL - FAILURES
    assert EvaluationStatus.LOST in FINAL - FAILURES  # it ends the evaluation, but says nothing against the genome


def test_a_birth_comes_back():
    assert Birth.from_dict(json.loads(json.dumps(BIRTH.to_dict()))) == BIRTH
    assert BIRTH.primary == Parent(1)
    assert Birth(("founder",)).primary is None


def test_a_request_comes_back():
    again = EvaluationRequest.from_dict(json.loads(json.dumps(REQUEST.to_dict())))
    assert again == REQUEST
    assert again.genome.marks == GENOME.marks
    assert pickle.loads(pickle.dumps(REQUEST)) == REQUEST


@pytest.mark.parametrize("change", [{"epochs": 0}, {"attempt": 0}, {"rung": -1}])
def test_an_impossible_request(change):
    with pytest.raises(ValueError, match="a request needs"):
        dataclasses.replace(REQUEST, **change)


def test_a_retry_is_the_same_request():
    assert REQUEST.retry() == dataclasses.replace(REQUEST, attempt=3)


def test_the_result_of_a_request():
    result = REQUEST.result({"accuracy": 1}, seconds=2.5, epochs=4)
    assert result.completed
    assert (result.number, result.individual, result.rung, result.seed, result.attempt) == (7, 3, 1, 11, 2)
    assert (result.epochs, result.seconds, dict(result.metrics)) == (4, 2.5, {"accuracy": 1.0})
    assert REQUEST.result({"accuracy": 1}).epochs == 5


def test_a_metric_that_is_not_finite_is_a_divergence():
    result = REQUEST.result({"accuracy": 0.5, "loss": math.nan, "mae": math.inf}, seconds=1.0)
    assert result.status is EvaluationStatus.DIVERGED
    assert dict(result.metrics) == {"accuracy": 0.5}
    assert result.error == "not finite: loss = nan, mae = inf"
    assert result.seconds == 1.0


def test_a_failure_has_a_cause():
    result = REQUEST.failure(EvaluationStatus.TIMED_OUT, "killed after 60 s", log="logs/7.txt")
    assert not result.completed
    assert (result.epochs, result.error, result.log) == (0, "killed after 60 s", "logs/7.txt")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"status": "completed", "metrics": {"a": 1}, "error": "why"}, "has no error text"),
        ({"status": "crashed"}, "needs an error text"),
        ({"status": "completed"}, "at least one metric"),
        ({"status": "completed", "metrics": {"a": math.nan}}, "finite"),
        ({"status": "gone", "error": "why"}, "gone"),
    ],
)
def test_a_record_in_a_wrong_state_cannot_be_built(fields, message):
    with pytest.raises(ValueError, match=message):
        EvaluationResult(1, 1, **fields)


def test_a_result_comes_back():
    result = REQUEST.result(
        {"accuracy": 0.5}, curve=[{"epoch": 1, "loss": 0.5}], artifacts={"weights": "weights/3.h5"}, device="cpu:0"
    )
    assert EvaluationResult.from_dict(json.loads(json.dumps(result.to_dict()))) == result
    assert pickle.loads(pickle.dumps(result)) == result


def test_an_individual():
    individual = Individual(3, GENOME, BIRTH, {"parameters": 12})
    again = pickle.loads(pickle.dumps(individual))
    assert again == individual
    with pytest.raises(TypeError):
        individual.costs["parameters"] = 1
    with pytest.raises(dataclasses.FrozenInstanceError):
        individual.number = 4
    with pytest.raises(ValueError, match="not negative"):
        Individual(-1, GENOME, BIRTH)


def test_records_are_not_changed_through_what_they_were_made_of():
    metrics, row = {"accuracy": 0.5}, {"epoch": 1.0}
    result = REQUEST.result(metrics, curve=[row])
    metrics["accuracy"] = row["epoch"] = 9.0
    assert result.metrics["accuracy"] == 0.5
    assert result.curve[0]["epoch"] == 1.0
