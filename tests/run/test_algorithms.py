"""Every algorithm through `evonas evolve` and `evonas resume`."""

import importlib.util
import os
import signal
from pathlib import Path

import pytest

from evonas.config import parse_config
from evonas.evolution.algorithms import ALGORITHMS
from evonas.lineage import LineageStore
from evonas.run import Listener, evolve

NEEDS = {"tpe": ("optuna",), "cmaes": ("optuna", "cmaes"), "gp": ("optuna", "torch")}


def births(run):
    with LineageStore.open(run, read_only=True) as store:
        return store.individuals()


class Stop(Listener):
    """Asks the search to stop after some results, as a batch system does."""

    def __init__(self, results):
        self.results = results

    def told(self, engine, result):
        if len(engine.results) == self.results:
            os.kill(os.getpid(), signal.SIGTERM)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_run_that_was_stopped_and_resumed_is_the_run_that_was_not(here, evonas, write, toy, algorithm):
    missing = [package for package in NEEDS.get(algorithm, ()) if importlib.util.find_spec(package) is None]
    if missing:
        pytest.skip(f"{algorithm} needs {' and '.join(missing)}")
    settings = toy(search={"algorithm": algorithm})
    settings["evolution"]["evaluations"] = 18
    evonas("evolve", write(settings), "--run-dir", "whole").worked("finished: all 18 evaluations are used")
    stopped = evolve(parse_config(settings), "run", listener=Stop(11))
    assert stopped.reason == "stopped by SIGTERM"
    evonas("resume", "run").worked("finished: all 18 evaluations are used")
    whole, resumed = births("whole"), births("run")
    assert [one.genome for one in resumed] == [one.genome for one in whole]
    assert [one.birth for one in resumed] == [one.birth for one in whole]
    if algorithm in ("grid", "tpe"):
        evonas("report", "run").worked()


def test_a_finished_grid_says_so(here, evonas, write, toy):
    settings = toy(search={"algorithm": "grid"}, evaluator="mine:f", space={"a": {"int": [1, 3]}, "b": "bool"})
    Path("mine.py").write_text("def f(genome, budget):\n    return {'accuracy': genome['a'] + 0.5 * genome['b']}\n")
    ran = evonas("evolve", write(settings), "--run-dir", "run").worked("finished: all 6 genomes of the space")
    assert "with accuracy 3.5" in ran.out


def test_an_algorithm_that_is_not_there_is_an_error_with_the_nearest_one(here, evonas, write, toy):
    evonas("evolve", write(toy(search={"algorithm": "tpa"})), "--run-dir", "run").refused(
        11, "search.algorithm", "tpa", "tpe"
    )
    assert not Path("run").exists()


def test_an_algorithm_for_one_objective_refuses_several(here, evonas, write, toy):
    pytest.importorskip("cmaes")
    settings = toy(search={"algorithm": "cmaes"})
    settings["evolution"] |= {"objectives": ["accuracy", "loss"]}
    evonas("evolve", write(settings), "--run-dir", "run").refused(11, "search.algorithm", "one objective", "tpe")
    assert not Path("run").exists()
