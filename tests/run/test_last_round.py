"""After the search its best are retrained with several seeds, and a round that was killed goes on."""

import math
import os
import re
import signal

import pytest

from evonas.config import parse_config
from evonas.lineage import LineageStore, RunRecord
from evonas.run import Listener, evolve, resume, stored_finalists
from evonas.run.last_round import finalists
from evonas.testing.stores import bear


@pytest.fixture
def config(toy):
    settings = toy(search={"algorithm": "random", "finals": 2, "final_seeds": 3})
    settings["evolution"] |= {"evaluations": 6, "objectives": ["accuracy"]}
    return parse_config(settings)


class Rounds(Listener):
    """Hears of the last round, and may end it by what it does at the second training."""

    def __init__(self, at_second=lambda: None):
        self.heard = []
        self._at_second = at_second

    def retrained(self, individual, result, done, total):
        self.heard.append((individual.number, result.seed, done, total))
        if len(self.heard) == 2:
            self._at_second()


def trainings(run):
    with LineageStore.open(run, read_only=True) as store:
        return [(event.data["individual"], event.data["seed"]) for event in store.events("final_training")]


def test_the_best_are_retrained(tmp_path, config):
    listener = Rounds()
    outcome = evolve(config, tmp_path / "run", listener=listener)
    assert outcome.finished and outcome.reason == "all 6 evaluations are used"
    assert [heard[2:] for heard in listener.heard] == [(done, 6) for done in range(1, 7)]
    with LineageStore.open(tmp_path / "run", read_only=True) as store:
        best = [one.individual.number for one in store.best(2)]
        assert sorted(trainings(tmp_path / "run")) == sorted((who, seed) for who in best for seed in range(3))
        assert len(store.results()) == 6, "the search knows nothing of them"
        found = stored_finalists(store, 2, 3)
        assert [one.individual.number for one in found] == best
        for one in found:
            assert one.final.standard_error("accuracy") > 0
            assert one.found == store.result(one.individual.number).result.metrics["accuracy"]
        events = store.events("final")
        assert [event.data["individual"] for event in events] == best
        assert events[0].data["table"]["accuracy"][0] == pytest.approx(found[0].final.mean("accuracy"))


def test_without_finals_there_is_no_last_round(tmp_path, toy):
    evolve(parse_config(toy(search={"algorithm": "random"})), tmp_path / "run", listener=(listener := Rounds()))
    assert listener.heard == [] and trainings(tmp_path / "run") == []


def test_a_round_that_was_stopped_goes_on_with_what_is_missing(tmp_path, config):
    stopping = Rounds(lambda: os.kill(os.getpid(), signal.SIGTERM))
    outcome = evolve(config, tmp_path / "run", listener=stopping)
    assert not outcome.finished and outcome.reason == "stopped by SIGTERM"
    done = trainings(tmp_path / "run")
    assert 2 <= len(done) < 6
    with LineageStore.open(tmp_path / "run", read_only=True) as store:
        assert store.run.status == "interrupted"
        assert store.events("final") == []
    again = Rounds()
    assert resume(tmp_path / "run", listener=again).finished
    assert len(again.heard) == 6 - len(done)
    assert trainings(tmp_path / "run")[: len(done)] == done
    assert len(set(trainings(tmp_path / "run"))) == len(trainings(tmp_path / "run")) == 6


def test_a_round_that_broke_down_goes_on_and_ends_as_one_that_did_not(tmp_path, config):
    def fail():
        raise MemoryError

    with pytest.raises(MemoryError):
        evolve(config, tmp_path / "run", listener=Rounds(fail))
    assert resume(tmp_path / "run").finished
    evolve(config, tmp_path / "other")
    tables = []
    for run in ("run", "other"):
        with LineageStore.open(tmp_path / run, read_only=True) as store:
            tables.append([event.data["table"] for event in store.events("final")])
    assert tables[0] == tables[1] and len(tables[0]) == 2
    assert resume(tmp_path / "run").untouched


def test_a_finished_run_goes_on_when_it_is_given_finals(tmp_path, config):
    without = config.model_copy(update={"search": config.search.model_copy(update={"finals": 0})})
    assert evolve(without, tmp_path / "run").finished
    for finals, further in ((1, 3), (2, 3), (2, 0)):
        file = tmp_path / "run" / "config.yaml"
        file.write_text(re.sub(r"finals: \d", f"finals: {finals}", file.read_text()))
        listener = Rounds()
        outcome = resume(tmp_path / "run", listener=listener)
        assert outcome.finished and outcome.untouched is (further == 0)
        assert len(listener.heard) == further
    with LineageStore.open(tmp_path / "run", read_only=True) as store:
        assert len(store.events("final")) == 2
        assert len(stored_finalists(store, 2, 3)) == 2


def test_with_several_objectives_the_knee_comes_first(tmp_path):
    objectives = [{"metric": "accuracy"}, {"metric": "size", "direction": "min"}]
    run = RunRecord.new("run", config={}, space={}, objectives=objectives)
    points = [(0.9, 100.0), (0.88, 30.0), (0.7, 20.0), (0.5, 10.0), (0.6, 90.0)]
    with LineageStore.create(tmp_path, run) as store:
        for number, (accuracy, size) in enumerate(points):
            individual, request = bear(number)
            store.add_individual(individual, request)
            store.add_result(request.result({"accuracy": accuracy, "size": size}))
        assert [one.individual.number for one in finalists(store, 9)] == [1, 0, 2, 3, 4]
        assert [one.individual.number for one in finalists(store, 2)] == [1, 0]


def test_failed_retrainings_are_kept_and_do_not_count(tmp_path, toy):
    """A training that fails is an answer: it is not asked for again."""
    (tmp_path / "picky.py").write_text(
        "from evonas.testing.toy import toy_evaluate\n"
        "def train(genome, budget):\n"
        "    if budget.seed in (0, 1):\n"
        "        raise ValueError('not with this seed')\n"
        "    return toy_evaluate(genome, budget.epochs, budget.seed)\n"
    )
    settings = toy(search={"algorithm": "random", "finals": 1, "final_seeds": 3})
    settings |= {"evaluator": "picky:train", "base": str(tmp_path)}
    settings["evolution"] |= {"evaluations": 3}
    assert evolve(parse_config(settings), tmp_path / "run").finished
    with LineageStore.open(tmp_path / "run", read_only=True) as store:
        (one,) = stored_finalists(store, 1, 3)
        assert [result.status.value for result in one.final.results] == ["crashed", "crashed", "completed"]
        assert len(one.final.values("accuracy")) == 1
        assert math.isnan(one.final.standard_error("accuracy"))
        assert len(trainings(tmp_path / "run")) == 3
