"""Low rungs are doubted where they say nothing of full trainings, and then newborns are trained in full unasked."""

import json
import math
import random
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from evonas import Engine, EvaluationStatus, EvolutionConfig, SearchConfig, Space
from evonas.evolution.layout import Layout
from evonas.evolution.surrogate import Knowledge, Observations, Surrogate, doubt
from evonas.evolution.surrogate.prior import Prior

FULL = 27
SPACE = Space.from_dict({name: {"float": [0.0, 1.0]} for name in "abc"})


def truth(genome) -> float:
    return 1.0 - sum((genome[name] - best) ** 2 for name, best in zip("abc", (0.2, 0.5, 0.8), strict=True))


def told(genome, epochs: int) -> float:
    """Wavy, so that few genomes say little of another one; short trainings are behind by as much for all."""
    waves = sum(math.sin(10.0 * genome[name]) for name in "abc")
    return truth(genome) + 0.3 * waves - (0.0 if epochs == FULL else 0.3)


def misled(genome, epochs: int) -> float:
    """Nothing to do with the truth."""
    return truth(genome) if epochs == FULL else random.Random(genome.id).random()


LANDSCAPES = {"told": told, "misled": misled}


def make(seed: int = 0, *, evaluations: int = 20, **search) -> Engine:
    config = EvolutionConfig(evaluations=evaluations, epochs=FULL)
    return Engine(SPACE, config, seed, search=SearchConfig(rungs=[3, 9, 27], **search))


def drive(engine: Engine, landscape: str, *, upto: int | None = None, ahead: bool = False) -> Engine:
    score = LANDSCAPES[landscape]
    while (upto is None or len(engine.results) < upto) and (request := engine.ask()) is not None:
        while ahead and engine.reflect():
            pass
        engine.tell(request.result({"accuracy": score(request.genome, request.total_epochs)}))
    return engine


def knowledge(*, depths: bool) -> Knowledge:
    """Return empty knowledge of individuals at random."""
    layout = Layout(SPACE)
    rows = [layout.row(SPACE.sample(np.random.default_rng(number))) for number in range(20)]
    known = Observations(layout, 1, depths=depths, row=rows.__getitem__)
    prior = Prior([], layout, known, np.ones(1), 1)
    return Knowledge(known, Surrogate(known, [True], prior), prior, rows.__getitem__)


@cache
def searched(landscape: str, seed: int, without: tuple[str, ...] = ()) -> Engine:
    return drive(make(seed, without=list(without)), landscape)


def bypassing(engine: Engine) -> list[int]:
    return [one.number for one in engine.individuals if one.birth.bypasses]


def test_low_rungs_that_say_nothing_are_doubted_and_others_are_not():
    misleading, telling = (
        sorted(searched(landscape, seed).algorithm.report()["doubt"] for seed in range(5))
        for landscape in ("misled", "told")
    )
    assert misleading[0] > 0.6
    assert telling[2] < 0.01, "the middle one of five searches"
    assert telling[-1] < misleading[0] / 2


def test_the_more_low_rungs_are_doubted_the_more_newborns_are_trained_in_full_unasked():
    shares = {}
    for landscape in ("misled", "told"):
        engines = [searched(landscape, seed) for seed in range(2)]
        shares[landscape] = sum(len(bypassing(one)) for one in engines) / sum(len(one.individuals) for one in engines)
    assert shares["misled"] > 0.1
    assert shares["told"] < 0.03


def test_who_bypasses_low_rungs_is_trained_in_full_at_once_whatever_they_say():
    engine = searched("misled", 1)
    asked = [request.individual for request in engine.requests]
    chosen = bypassing(engine)
    assert chosen
    for number in chosen[:-1]:  # the budget may end with the last one
        first = asked.index(number)
        assert asked[first : first + 3] == [number] * 3


def test_a_search_that_low_rungs_mislead_gets_further_with_full_trainings_unasked():
    whole, without = (
        [1.0 - searched("misled", seed, parts).best().values[0] for seed in range(8)] for parts in ((), ("bypass",))
    )
    assert math.prod(whole) < 0.5**8 * math.prod(without), "half as far from the best, as a geometric mean"


def test_without_rungs_or_with_the_part_left_out_nobody_bypasses():
    assert not bypassing(searched("misled", 1, ("bypass",)))
    assert "doubt" not in make(without=["bypass"]).algorithm.report()
    config = EvolutionConfig(evaluations=5, epochs=FULL)
    assert "doubt" not in Engine(SPACE, config, search=SearchConfig(rungs="none")).algorithm.report()


@pytest.mark.parametrize("told_before", [10, 45])
@pytest.mark.parametrize("ahead", [False, True])
def test_a_resumed_search_doubts_as_the_one_that_was_not_stopped(told_before, ahead):
    engine = drive(make(seed=1), "misled", upto=told_before)
    again = Engine.from_state(json.loads(json.dumps(engine.state())))
    one, other = drive(engine, "misled"), drive(again, "misled", ahead=ahead)
    assert one.requests == other.requests
    assert [two.birth for two in one.individuals] == [two.birth for two in other.individuals]
    assert bypassing(one)


def test_where_nothing_promises_anything_newborns_are_born():
    """Comparing gains that are all next to nothing, a search would send on whoever is there, and try nothing new."""
    for seed in range(5):  # in some searches there are such
        engine = drive(make(seed), "misled", upto=15)
        promise = engine.algorithm.prospects(engine.members)
        little = [member for member, gain in zip(engine.members, promise, strict=True) if 0.0 < gain < 1e-6]
        if little:
            break
    assert little
    for individual in engine.individuals[-8:]:
        forecast = {**individual.birth.forecast, "gain": 1e-30}
        engine.algorithm.born(replace(individual, birth=replace(individual.birth, forecast=forecast)))
    assert max(engine.algorithm.prospects(little)) < 1e-3


def test_failures_are_no_reason_for_doubt():
    engine = make(evaluations=15)
    while (request := engine.ask()) is not None:
        if request.rung == 2:
            engine.tell(request.failure(EvaluationStatus.DIVERGED, "for the test"))
        else:
            engine.tell(request.result({"accuracy": told(request.genome, request.total_epochs)}))
    assert engine.algorithm.report()["doubt"] == 0.0


def test_doubt_is_the_share_of_variance_that_low_rungs_leave():
    known, full = knowledge(depths=True), knowledge(depths=False)
    rng = random.Random(5)
    for number in range(20):
        value = rng.gauss(0, 1)
        known.observations.append(number, [value - 1.0], 0.5)
        known.observations.append(number, [value])
        full.observations.append(number, [value])
    assert doubt(known, full) < 0.2, "each is told by its own short training, and by no other"
    errors = full.errors()
    assert set(errors) == set(range(20))
    assert all(error > 0 for _, error in errors.values())
