"""Repeats: asked where ranks are in doubt, not where the evaluator is exact, and never too many."""

import math
import statistics

import numpy as np
import pytest

from evonas import Engine, EvolutionConfig, SearchConfig
from evonas.testing.toy import toy_evaluate, toy_space


def make(repeats, *, evaluations=120, **keys) -> Engine:
    search = SearchConfig(repeats=repeats, surrogate=False)
    return Engine(toy_space(), EvolutionConfig(evaluations=evaluations, epochs=5), 0, search=search, **keys)


def drive(engine, noise):
    while (request := engine.ask()) is not None:
        value = toy_evaluate(request.genome, 5)["accuracy"]
        value += noise * np.random.default_rng(request.seed).standard_normal()
        engine.tell(request.result({"accuracy": float(value)}))
    return engine


def test_a_noisy_search_repeats_its_contenders():
    engine = drive(make(2), noise=0.05)
    repeats = [request for request in engine.requests if request.repeat]
    assert 3 <= len(repeats) <= 12, "at most a tenth"
    assert min(request.number for request in repeats) >= 40
    assert max(request.repeat for request in repeats) <= 2
    assert {request.trained for request in repeats} == {0}
    for request in repeats:
        seeds = [one.seed for one in engine.requests if one.individual == request.individual]
        assert len(set(seeds)) == len(seeds)
    assert engine.noise == pytest.approx(0.05, rel=0.9)


def test_an_exact_evaluator_is_asked_only_once():
    engine = drive(make(2), noise=0.0)
    assert sum(1 for request in engine.requests if request.repeat) == 1
    assert engine.noise == 0.0


def test_a_tie_of_a_coarse_objective_does_not_make_an_evaluator_exact():
    engine = make(2)
    while (request := engine.ask()) is not None:
        coarse = round(toy_evaluate(request.genome, 5)["accuracy"], 2)
        engine.tell(request.result({"accuracy": coarse, "loss": request.seed / 2**31}))
    assert engine.noise == 0.0
    assert sum(1 for request in engine.requests if request.repeat) > 1


def test_fitness_is_the_mean_with_its_standard_error():
    engine = drive(make(3), noise=0.05)
    member = next(engine.member(request.individual) for request in engine.requests if request.repeat == 1)
    values = [result.metrics["accuracy"] for result in member.results]
    assert len(values) > 1
    assert member.values[0] == pytest.approx(statistics.fmean(values))
    assert member.standard_error == pytest.approx(statistics.stdev(values) / math.sqrt(len(values)))
    assert math.isnan(next(one for one in engine.members if len(one.results) == 1).standard_error)


def test_a_lucky_best_is_dethroned_by_its_repeat():
    engine = make(2, evaluations=60)
    lucky = None
    while (request := engine.ask()) is not None:
        value = 0.5 + request.individual / 1e4
        if request.number == 30:
            lucky, value = request.individual, 0.9
        engine.tell(request.result({"accuracy": value}))
        if request.number == 35:
            assert engine.best().number == lucky
    assert next(request.individual for request in engine.requests if request.repeat) == lucky
    assert engine.member(lucky).values[0] < 0.71
    repeated = {request.repeat for request in engine.requests if request.individual == lucky}
    assert len(repeated) > 1


@pytest.mark.parametrize(("training", "some"), [(True, True), (False, False)])
def test_auto_repeats_trainings_and_not_callables(training, some):
    engine = drive(make("auto", training=training), noise=0.05)
    assert any(request.repeat for request in engine.requests) == some
    assert not any(request.repeat for request in drive(make("none", training=True), noise=0.05).requests)
