"""The line of an individual: steps, their standard errors and where these come from."""

import math
import statistics

import pytest

from evonas.errors import LineageError
from evonas.explain import descent_words, explain
from evonas.lineage import Event
from evonas.records import EvaluationRequest, EvaluationStatus, Parent
from evonas.report.history import Evaluation


def two(made):
    return made.line_of({"width": 50}, {"width": 60})


def test_steps_along_the_line_with_the_noise_of_the_run(made):
    line = two(made)
    other = made.founder(3, width=7)
    values = {0: 0.5, 1: 0.7, 2: 0.71, 3: [0.4, 0.42, 0.41]}
    descent = explain(made.history([*line, other], values), 2)
    deviation = statistics.stdev(values[3])
    assert (descent.noise.deviation, descent.noise.freedom, descent.noise.source) == (
        pytest.approx(deviation),
        2,
        "repeats",
    )
    first, second, third = descent.steps
    assert (first.size, first.error, first.p) == (None, None, None)
    assert first.fitness.source == "run" and first.fitness.error == pytest.approx(deviation)
    assert (second.size, third.size) == (pytest.approx(0.2), pytest.approx(0.01))
    assert second.error == pytest.approx(deviation * math.sqrt(2))
    assert second.significant and not third.significant
    words = descent_words(descent)
    assert "1 of 2 steps is significant (5 % level, corrected for 2 tests): individual 1 (+0.200 ± 0.014" in words
    assert "Not significant: the step of individual 2" in words


def test_repeats_of_the_same_individual_come_first(made):
    values = {0: [0.5, 0.52, 0.54], 1: [0.7, 0.7], 2: 0.71}
    descent = explain(made.history(two(made), values), 2)
    own, tied, single = (step.fitness for step in descent.steps)
    assert (own.source, own.trainings, own.freedom) == ("repeats", 3, 2)
    assert own.error == pytest.approx(0.02 / math.sqrt(3))
    assert tied.source == "run", "a tie of two trainings is no measure of their noise"
    assert tied.error == pytest.approx(descent.noise.deviation / math.sqrt(2))
    assert single.error == pytest.approx(descent.noise.deviation)


def test_errors_of_one_source_are_one_estimate(made):
    """Welch's degrees of freedom would count the run's noise twice."""
    from scipy.stats import t

    line = [*two(made), made.founder(3, width=7)]
    descent = explain(made.history(line, {0: 0.5, 1: 0.53, 3: [0.4, 0.42, 0.41]}), 1)
    step = descent.steps[1]
    assert step.p == pytest.approx(2 * t.sf(step.size / step.error, 2))


def test_without_any_repeat_nothing_is_called_significant(made):
    descent = explain(made.history(two(made), {0: 0.5, 1: 0.9, 2: 0.1}))
    assert descent.winner.number == 1, "the best by default"
    assert descent.steps[1].size == pytest.approx(0.4) and descent.steps[1].significant is None
    words = descent_words(descent)
    assert "nothing in this run was trained twice" in words.lower() and "No step can be told from chance" in words


def test_an_exact_evaluator_has_no_noise(made):
    descent = explain(made.history(two(made), {0: 0.5, 1: [0.6, 0.6], 2: 0.6}), 2)
    assert descent.noise.exact
    assert [step.error for step in descent.steps[1:]] == [0.0, 0.0]
    assert [step.significant for step in descent.steps[1:]] == [True, False]


def test_a_coarse_objective_that_ties_is_not_exact(made):
    repeats = [{"accuracy": 0.6, "loss": 0.5}, {"accuracy": 0.6, "loss": 0.4}]
    descent = explain(made.history(two(made), {0: 0.5, 1: repeats}), 1)
    assert not descent.noise.known and descent.steps[1].significant is None


def test_finals_tell_the_noise_where_nothing_was_repeated(made):
    genome = made.founder().genome
    results = [EvaluationRequest(at, 1, genome, 3, at).result({"accuracy": 0.6 + at / 100}) for at in range(3)]
    event = Event(0.0, "final", "", {"individual": 1, "results": [one.to_dict() for one in results]})
    descent = explain(made.history(two(made), {0: 0.5, 1: 0.6}, events=[event]), 1)
    assert (descent.noise.source, descent.noise.deviation) == ("finals", pytest.approx(0.01))
    assert "from the retrainings after the search of 1 individual" in descent_words(descent)


def test_rungs_are_compared_with_equal_rungs(made):
    values = {0: {0: 0.5, 1: 0.8}, 1: {0: 0.6}, 2: {0: 0.7, 1: 0.95}}
    descent = explain(made.history(two(made), values), 2)
    assert [(step.fitness.value, step.fitness.rung) for step in descent.steps] == [(0.8, 1), (0.6, 0), (0.95, 1)]
    assert [step.size for step in descent.steps[1:]] == [pytest.approx(0.1), pytest.approx(0.1)]


def test_failures_and_lost_evaluations_leave_a_gap(made):
    line = two(made)
    run = made.history(line, {0: 0.5, 2: 0.7})
    for status in (EvaluationStatus.DIVERGED, EvaluationStatus.LOST):
        failed = EvaluationRequest(9, 1, line[1].genome, 3, 9).failure(status, "gone")
        descent = explain(
            type(run)(**{**vars(run), "evaluations": (*run.evaluations, Evaluation(9, line[1], failed))}), 2
        )
        assert [step.size for step in descent.steps] == [None, None, None]
        assert "No step is known for individuals 1 and 2" in descent_words(descent)


def test_less_is_better(made):
    line = two(made)
    values = {0: {"loss": 0.9, "accuracy": 0.1}, 1: {"loss": 0.5, "accuracy": 0.5}}
    run = made.history(line, {who: [value, value] for who, value in values.items()})
    descent = explain(run, 1, "loss")
    assert not descent.goal.maximise and descent.steps[1].size == pytest.approx(-0.4)
    assert "(worse" not in descent_words(descent)


def test_costs_are_exact(made):
    line = [type(one)(one.number, one.genome, one.birth, {"parameters": one.genome["width"]}) for one in two(made)]
    descent = explain(made.history(line, {0: 0.5, 1: 0.7}), 1, "parameters")
    assert (descent.steps[1].size, descent.steps[1].error, descent.steps[1].fitness.source) == (10.0, 0.0, "exact")


def test_a_founder_is_told_as_one(made):
    founder = made.founder()
    assert "Individual 0 is a founder: no birth" in descent_words(explain(made.history([founder], {0: 0.5})))
    birth = type(founder.birth)(("seed",), (Parent(12, "ab" * 16, "seed", "runs/old"),))
    seeded = type(founder)(0, founder.genome, birth)
    assert "(from runs/old, individual 12)" in descent_words(explain(made.history([seeded], {0: 0.5})))


def test_wrong_names_and_empty_runs(made):
    run = made.history(two(made), {0: 0.5, 1: 0.6})
    with pytest.raises(LineageError, match="no individual 9") as caught:
        explain(run, 9)
    assert caught.value.expected == "a number from 0 to 2"
    with pytest.raises(LineageError, match="no evaluation of this run reports") as caught:
        explain(run, 1, "acuracy")
    assert caught.value.hint == "did you mean `accuracy`?"
    with pytest.raises(LineageError, match="no evaluation has completed"):
        explain(made.history([], {}))
    with pytest.raises(LineageError, match="no individual 0"):
        explain(made.history([], {}), 0)
    with pytest.raises(LineageError, match="this run has no objective"):
        explain(made.history(two(made), {0: 0.5}, objectives=()), 0)


def test_a_line_that_an_engine_bred(toy_history):
    descent = explain(toy_history)
    assert len(descent.steps) > 5
    for parent, step in zip(descent.steps, descent.steps[1:], strict=False):
        assert step.individual.birth.primary.number == parent.individual.number
        assert step.size == pytest.approx(step.after.value - parent.fitness.value)
        assert {gene.gene for change in step.changes for gene in change.genes} == {
            change.gene for change in step.individual.birth.changes
        }
    total = sum(step.size for step in descent.steps[1:])
    assert total == pytest.approx(descent.steps[-1].fitness.value - descent.steps[0].fitness.value)
    assert descent.noise.deviation == pytest.approx(0.002, rel=0.5), "what the toy puts in"
