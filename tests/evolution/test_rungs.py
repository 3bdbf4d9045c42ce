"""Rungs: who goes on, what it costs, and that a resumed run goes the same way."""

import json

import numpy as np
import pytest

from evonas import Engine, EvaluationStatus, EvolutionConfig, SearchConfig
from evonas.config import RunConfig
from evonas.config.schema import Objective
from evonas.errors import ConfigError
from evonas.evolution import Ladder, Member, SeedGenome
from evonas.evolution.archive import best_first
from evonas.evolution.rungs import Promotions
from evonas.records import BASELINE, Birth, EvaluationResult, Individual, Parent
from evonas.testing.toy import toy_evaluate, toy_space

FULL = 27


def make(*, rungs=(3, 9, 27), seed=0, training=False, search=None, **keys) -> Engine:
    config = EvolutionConfig(**{"evaluations": 30, "epochs": FULL, **keys})
    settings = SearchConfig(**{"rungs": list(rungs), "surrogate": False, **(search or {})})
    return Engine(toy_space(), config, seed, search=settings, training=training)


def answer(request):
    metrics = toy_evaluate(request.genome, request.total_epochs, request.seed)
    return request.result(metrics, artifacts={"weights": f"weights/{request.number}.h5"})


def drive(engine, upto=None):
    while (upto is None or len(engine.results) < upto) and (request := engine.ask()) is not None:
        engine.tell(answer(request))
    return engine


def test_the_budget_is_counted_in_full_trainings():
    engine = drive(make())
    epochs = sum(request.epochs for request in engine.requests)
    assert 30 * FULL <= epochs < 31 * FULL
    assert epochs == sum(result.epochs for result in engine.results)
    assert engine.stop_reason == "all 30 evaluations are used"
    assert len(engine.individuals) > 45, "many are trained to the first rung only"


def test_an_individual_climbs_rung_by_rung_from_the_weights_it_has():
    engine = drive(make())
    last = {}
    for request in engine.requests:
        before = last.get(request.individual)
        if before is None:
            assert (request.rung, request.trained, request.epochs, request.resume_from) == (0, 0, 3, None)
        else:
            assert request.rung == before.rung + 1
            assert request.trained == before.total_epochs
            assert request.resume_from == f"weights/{before.number}.h5"
            assert request.seed == before.seed
        last[request.individual] = request
    assert {request.total_epochs for request in last.values()} == {3, 9, 27}


def test_only_the_best_third_of_a_rung_had_gone_on_when_they_did():
    engine = make()
    told = {0: {}, 1: {}}
    promoted = 0
    while (request := engine.ask()) is not None:
        if request.rung and engine.progress.spent < 29:  # what is left at the end goes to the best who have begun
            rung = request.rung - 1
            values = sorted(told[rung].values(), reverse=True)
            assert told[rung][request.individual] >= values[len(values) // 3 - 1]
            promoted += 1
        result = answer(request)
        engine.tell(result)
        if request.rung < 2:
            told[request.rung][request.individual] = result.metrics["accuracy"]
    assert promoted > 10


def test_the_end_of_the_budget_goes_to_those_who_have_begun():
    engine = make()
    while (request := engine.ask()) is not None:
        if engine.progress.spent - engine.ladder.cost(request.rung) > 29:
            assert request.rung, "a newborn could not be trained in full any more"
        engine.tell(answer(request))


def test_an_algorithm_with_an_opinion_decides_who_goes_on():
    ladder = Ladder((3, 9, 27), (1.0, 1.0, 1.0))
    asked = []

    def prospects(members):
        asked.append([member.number for member in members])
        return [2.0 if member.number == 4 else 0.1 for member in members]

    promotions = Promotions(ladder, best_first, prospects)
    for number in range(6):
        genome = toy_space().sample(np.random.default_rng(number))
        result = EvaluationResult(number, number, EvaluationStatus.COMPLETED, {"accuracy": number / 10})
        promotions.told(
            0, Member(Individual(number, genome, Birth(("founder",))), result, [Objective(metric="accuracy")])
        )
    first, rung = promotions.next()
    assert (first.number, rung) == (5, 1), "the first of a rung goes on by its value"
    promotions.went(5, 1)
    chosen, rung = promotions.next()
    assert (chosen.number, rung) == (4, 1)
    assert asked == [[0, 1, 2, 3, 4]]
    promotions.went(4, 1)
    assert promotions.next() is None, "a newborn promises more than the others"
    assert promotions.next(closing=True) is not None


def test_a_published_baseline_is_trained_in_full_however_it_begins():
    parent = Parent(number=None, role="seed", source=f"{BASELINE}LeNet")
    seed = SeedGenome(toy_space().sample(np.random.default_rng(0)), parent)
    config = EvolutionConfig(evaluations=5, epochs=FULL)
    engine = Engine(toy_space(), config, search=SearchConfig(rungs=[3, 9, 27]), seeds=[seed])
    while (request := engine.ask()) is not None:
        engine.tell(request.result({"accuracy": 0.0 if request.individual == 0 else 0.5 + request.number / 1e3}))
    assert engine.member(0).rung == 2


def test_failures_fill_a_rung_but_never_climb():
    engine = make()
    failed = set()
    while (request := engine.ask()) is not None:
        if request.rung == 0 and request.individual % 2:
            failed.add(request.individual)
            engine.tell(request.failure(EvaluationStatus.DIVERGED, "for the test", epochs=1))
        else:
            engine.tell(answer(request))
    assert failed
    assert not failed & {request.individual for request in engine.requests if request.rung}
    assert len({one.individual for one in engine.requests if one.rung}) >= len(engine.individuals) // 4


def test_who_fails_at_a_higher_rung_leaves_the_population():
    engine = make(population=6)
    while (request := engine.ask()) is not None:
        if request.rung == 1:
            before = {member.number for member in engine.members}
            left = engine.tell(request.failure(EvaluationStatus.TIMED_OUT, "for the test"))
            assert (request.individual in left) == (request.individual in before)
            assert request.individual not in {member.number for member in engine.members}
            return
        engine.tell(answer(request))
    pytest.fail("nobody went on")


def test_only_those_at_the_highest_rung_can_be_best():
    engine = make()
    while (request := engine.ask()) is not None:
        # less is measured after more training, as a metric may that suffers from overfitting
        engine.tell(request.result({"accuracy": 1.0 - request.rung / 10 + request.number / 1e4}))
        assert engine.best().rung == max(result.rung for result in engine.results)
    assert engine.best().values[0] < 0.9


@pytest.mark.parametrize("told", [0, 5, 40])
@pytest.mark.parametrize("search", [{}, {"repeats": 2}, {"surrogate": True}], ids=["plain", "repeats", "surrogate"])
def test_a_resumed_run_goes_the_same_way(told, search):
    engine = drive(make(evaluations=30, search=search), upto=told)
    pending = [request for request in (engine.ask(), engine.ask()) if request is not None]
    again = Engine.from_state(json.loads(json.dumps(engine.state())))
    assert [again.ask() for _ in pending] == pending
    for request in pending:
        engine.tell(answer(request))
        again.tell(answer(request))
    one, other = drive(engine), drive(again)
    assert one.requests == other.requests
    assert one.best().number == other.best().number


def test_a_parallel_run_keeps_all_workers_busy():
    engine = make(evaluations=40)
    queue = [engine.ask() for _ in range(8)]
    while queue:
        assert None not in queue
        engine.tell(answer(queue.pop(0)))
        request = engine.ask()
        if request is not None:
            queue.append(request)
        else:
            assert engine.stop_reason == "all 40 evaluations are used"


def test_weights_of_those_who_may_go_on_are_worth_keeping():
    engine, waiting = make(), set()
    while (request := engine.ask()) is not None:
        if request.rung:
            assert request.individual in waiting, "its weights had been deleted"
        engine.tell(answer(request))
        waiting = engine.promotable()
        assert len(waiting) <= 2 * max(16, 2 * len(engine.results) // 3)


def test_rungs_take_fractions_of_the_data():
    engine = drive(make(rungs=(9, 27), search={"rung_fractions": [0.25, 1.0]}))
    assert {(request.rung, request.fraction) for request in engine.requests} == {(0, 0.25), (1, 1.0)}
    assert engine.ladder.cost(0) == pytest.approx(9 / 27 / 4)


def test_rungs_take_images_of_a_lower_resolution():
    engine = drive(make(rungs=(9, 27), search={"rung_resolutions": [3, 1]}))
    assert {(request.rung, request.pooling) for request in engine.requests} == {(0, 3), (1, 1)}
    assert engine.ladder.cost(0) == pytest.approx(9 / 27 / 9)
    assert {request.pooling for request in drive(make(rungs=(9, 27))).requests} == {1}


@pytest.mark.parametrize(
    ("epochs", "training", "expected"),
    [(52, True, (5, 17, 52)), (20, True, (6, 20)), (19, True, (19,)), (52, False, (52,)), (1, True, (1,))],
)
def test_auto_has_rungs_where_they_pay(epochs, training, expected):
    config = EvolutionConfig(evaluations=10, epochs=epochs)
    assert Ladder.choose(config, SearchConfig(), training=training).epochs == expected


@pytest.mark.parametrize(
    ("mode", "algorithm"), [("generational", "evolution"), ("steady", "tpe"), ("steady", "gp"), ("steady", "grid")]
)
def test_rungs_are_refused_where_all_are_trained_in_full(mode, algorithm):
    config = EvolutionConfig(evaluations=10, epochs=27, mode=mode)
    with pytest.raises(ConfigError, match="trains every individual in full"):
        Ladder.choose(config, SearchConfig(rungs=[3, 27], algorithm=algorithm), training=True)
    assert Ladder.choose(config, SearchConfig(algorithm=algorithm), training=True).epochs == (27,)


@pytest.mark.parametrize(
    "search",
    [
        {"rungs": [3, 9]},
        {"rungs": [9, 3, 27]},
        {"rungs": [3, 27], "rung_fractions": [1.0]},
        {"rung_fractions": [1.0]},
        {"rungs": [3, 27], "rung_resolutions": [1]},
        {"rungs": [3, 27], "rung_resolutions": [4, 2]},
        {"rung_resolutions": [1]},
    ],
    ids=[
        *("not-the-end", "not-ascending", "other-length", "without-rungs"),
        *("other-resolutions", "never-in-full", "resolutions-without-rungs"),
    ],
)
def test_a_configuration_whose_rungs_do_not_fit_is_refused(search):
    with pytest.raises(ValueError, match="rung"):
        RunConfig(model="dense", evolution={"evaluations": 3, "epochs": 27}, search=search)


def test_an_evaluator_has_no_images_to_average():
    search = {"rungs": [3, 27], "rung_resolutions": [2, 1]}
    with pytest.raises(ValueError, match="no images to average"):
        RunConfig(
            evaluator="m:f", space={"x": {"bool": True}}, evolution={"evaluations": 3, "epochs": 27}, search=search
        )


def test_with_several_objectives_the_front_is_of_the_highest_rung():
    engine = make(objectives=["accuracy", "loss"], evaluations=20)
    drive(engine)
    assert engine.pareto()
    assert {member.rung for member in engine.pareto()} == {2}
