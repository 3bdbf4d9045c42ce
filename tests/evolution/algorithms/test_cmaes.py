"""CMA-ES: its generations, and what it makes of numbers."""

import numpy as np
import pytest

from evonas import Engine, EvolutionConfig, Space
from evonas.config.schema import SearchConfig
from evonas.records import EvaluationStatus

pytest.importorskip("cmaes")

NUMBERS = {f"x{place}": {"float": [-5.0, 5.0]} for place in range(6)}
SIZE = 9  # 4 + floor(3 ln 6)


def sphere(request):
    return request.result({"loss": float(sum((value - 1.5) ** 2 for value in request.genome.genes.values()))})


def searched(evaluations, workers=1, evaluate=sphere, spec=NUMBERS, seed=0):
    config = EvolutionConfig(evaluations=evaluations, objectives=["loss"])
    engine = Engine(Space.from_dict(spec), config, seed, search=SearchConfig(algorithm="cmaes"))
    busy = []
    while True:
        while len(busy) < workers and (request := engine.ask()) is not None:
            busy.append(request)
        if not busy:
            return engine
        engine.tell(evaluate(busy.pop(len(engine.results) * 5 % len(busy))))


def test_it_comes_close_to_the_bottom_of_a_bowl():
    losses = [searched(250, seed=seed).best().values[0] for seed in range(3)]
    assert max(losses) < 0.05


def test_a_generation_ends_with_its_last_result():
    engine = searched(60)
    generations = [one.birth.generation for one in engine.individuals]
    assert generations == sorted(generations)
    assert generations[:1] == [0], "random until the first result"
    counts = np.bincount(generations)
    assert list(counts[1:-1]) == [SIZE] * (len(counts) - 2)


def test_with_many_workers_a_generation_does_not_wait():
    engine = searched(100, workers=6)
    generations = [one.birth.generation for one in engine.individuals]
    assert generations == sorted(generations)
    counts = np.bincount(generations)
    assert max(counts[1:]) > SIZE, "births go on until the generation has its results"
    assert engine.best().values[0] < 3


def test_failures_do_not_hold_a_generation_up():
    def evaluate(request):
        if request.genome["x0"] < 0:
            return request.failure(EvaluationStatus.DIVERGED, "for the test")
        return sphere(request)

    engine = searched(200, evaluate=evaluate)
    late = [one.genome["x0"] for one in engine.individuals[120:]]
    assert np.mean(np.array(late) < 0) < 0.2
    assert engine.algorithm.report()["generation"] >= 10


def test_whole_numbers_and_options_stay_within_reach():
    spec = {"kind": {"choice": ["a", "b", "c", "d"]}, "n": {"int": [0, 5]}, "on": "bool", "x": {"float": [0.0, 1.0]}}

    def evaluate(request):
        genome = request.genome
        off = (genome["kind"] != "c") + abs(genome["n"] - 4) / 5 + (not genome["on"]) + (genome["x"] - 0.2) ** 2
        return request.result({"loss": float(off)})

    engine = searched(120, evaluate=evaluate, spec=spec)
    best = engine.best().genome
    assert (best["kind"], best["n"], best["on"]) == ("c", 4, True)
