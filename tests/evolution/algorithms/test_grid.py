"""The stages of the iterative grid search."""

import math

import numpy as np

from evonas import Engine, EvolutionConfig, Space
from evonas.config.schema import SearchConfig

PLANE = {"x": {"float": [0.0, 1.0]}, "y": {"float": [0.0, 1.0]}}


def searched(spec, f, evaluations, objectives=("loss",), seed=0):
    config = EvolutionConfig(evaluations=evaluations, objectives=list(objectives))
    engine = Engine(Space.from_dict(spec), config, seed, search=SearchConfig(algorithm="grid"))
    while (request := engine.ask()) is not None:
        engine.tell(request.result(f(request.genome)))
    return engine


def bowl(genome):
    return {"loss": (genome["x"] - 0.4) ** 2 + (genome["y"] - 0.85) ** 2}


def stages(engine):
    return list(dict.fromkeys(one.birth.operators[0] for one in engine.individuals))


def test_ends_and_middle_come_first():
    engine = searched(PLANE, bowl, 60)
    coarse = [one.genome for one in engine.individuals if one.birth.operators == ("grid_coarse",)]
    assert {(genome["x"], genome["y"]) for genome in coarse} == {(x, y) for x in (0, 0.5, 1) for y in (0, 0.5, 1)}
    assert [one.birth.operators for one in engine.individuals[:9]] == [("grid_coarse",)] * 9


def test_then_it_gets_finer_around_the_best_until_that_is_found():
    engine = searched(PLANE, bowl, 90)
    assert stages(engine)[:4] == ["grid_coarse", "grid_fine_1", "grid_fine_2", "grid_fine_3"]
    assert engine.best().values[0] < 1e-3
    for one in engine.individuals:
        if one.birth.operators[0].startswith("grid_fine"):
            level = int(one.birth.operators[0].rpartition("_")[2])
            centre = engine.individuals[one.birth.primary.number].genome
            moved = [abs(one.genome[gene] - centre[gene]) for gene in "xy"]
            assert all(
                step == 0 or math.isclose(step, 0.5 ** (level + 1)) or step < 0.5 ** (level + 1) for step in moved
            )


def test_the_middle_is_the_best_of_those_known():
    engine = searched(PLANE, bowl, 40)
    for one in engine.individuals:
        if one.birth.primary is not None:
            before = [result for result in engine.results if result.number < one.number]
            best = min(before, key=lambda result: (result.metrics["loss"], result.number))
            assert one.birth.primary.number == best.individual


def test_a_finite_space_is_done_when_its_last_point_is():
    spec = {"x": {"int": [0, 6]}, "kind": {"choice": ["a", "b"]}, "on": "bool"}
    engine = searched(spec, lambda genome: {"loss": abs(genome["x"] - 3.0)}, 100)
    assert len(engine.individuals) == 28
    assert {"grid_coarse", "grid_whole"} <= set(stages(engine))
    assert engine.finished


def test_a_real_gene_is_done_at_a_thousand_steps():
    engine = searched({"x": {"float": [0.0, 1.0]}}, lambda genome: {"loss": abs(genome["x"] - 0.3)}, 3000)
    assert engine.stop_reason == "all points of the finest grid are evaluated"
    values = sorted(one.genome["x"] for one in engine.individuals)
    assert len(values) >= 1025
    assert max(np.diff(values)) <= 1 / 1024 + 1e-12


def test_a_small_budget_covers_a_large_space():
    spec = {f"gene_{place}": {"float": [0.0, 1.0]} for place in range(30)}
    engine = searched(spec, lambda genome: {"loss": sum(genome.genes.values())}, 120)
    coarse = [one.genome for one in engine.individuals if one.birth.operators == ("grid_coarse",)]
    assert len(coarse) == 24, "a fifth of the budget"
    for gene in spec:
        assert {genome[gene] for genome in coarse} == {0.0, 0.5, 1.0}


def test_several_objectives_are_refined_along_their_front():
    def both(genome):
        return {"loss": genome["x"] + genome["y"] ** 2, "accuracy": genome["x"]}

    engine = searched(PLANE, both, 80, objectives=("loss", "accuracy"))
    parents = {one.birth.primary.number for one in engine.individuals if one.birth.primary is not None}
    assert len(parents) > 1
    assert len(engine.pareto()) > 10


def test_before_any_result_it_goes_on_over_the_whole_space():
    """As many workers as there are points begin at once."""
    engine = Engine(
        Space.from_dict(PLANE),
        EvolutionConfig(evaluations=60, objectives=["loss"]),
        search=SearchConfig(algorithm="grid"),
    )
    requests = [engine.ask() for _ in range(60)]
    assert None not in requests
    assert stages(engine) == ["grid_coarse", "grid_whole"]
