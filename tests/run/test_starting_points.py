"""Ordinary networks of a family among the founders: when, which, and what becomes of the design."""

from __future__ import annotations

import pytest

from evonas.config import RunConfig
from evonas.config.schema import EvolutionConfig, SearchConfig
from evonas.evolution import Engine
from evonas.lineage import LineageStore, RunRecord
from evonas.run import seeding
from evonas.space import Space

SPACE = {"units": {"int": [1, 64]}, "rate": {"float": [1e-4, 1.0], "log": True}}


class Family:
    name = "toy"

    def baselines(self):
        return {"Published": {"units": 8, "rate": 0.1}}

    def starting_points(self):
        return {
            "plain": {"units": 32, "rate": 0.01},
            "again": {"units": 32, "rate": 0.01},
            "large": {"units": 500, "rate": 0.01},
        }


@pytest.fixture(autouse=True)
def family(monkeypatch):
    monkeypatch.setattr(seeding, "load_family", lambda name: Family())


def plant(space=SPACE, **more):
    config = RunConfig.model_validate({"model": "toy", "evolution": {"evaluations": 6}, **more})
    return seeding.plant_seeds(config, Space.from_dict(space, family="toy"))


def test_they_come_behind_the_baseline_each_once():
    baseline, plain, large = plant()
    assert baseline.seed.parent.baseline == "Published" and not baseline.seed.parent.is_starting_point
    assert plain.seed.parent.source == "starting point plain" and plain.seed.parent.is_starting_point
    assert large.changes, "500 units are more than the space has"


def test_they_can_be_switched_off():
    assert len(plant(starting_points="none")) == 1


@pytest.mark.parametrize("algorithm", ["random", "grid", "tpe", "aging_evolution"])
def test_other_algorithms_set_out_as_published(algorithm):
    assert len(plant(search={"algorithm": algorithm})) == 1


def test_one_that_cannot_live_in_the_space_is_repaired_or_left_out():
    planted = plant({"units": 4}, baseline="none")
    assert len(planted) == 1, "in a space of one genome all are the same"


def test_winners_of_an_earlier_run_are_better(tmp_path):
    space = Space.from_dict(SPACE, family="toy")
    engine = Engine(space, EvolutionConfig(evaluations=3), 0)
    record = RunRecord.new("toy", config={}, space=SPACE, objectives=[{"metric": "accuracy", "direction": "max"}])
    with LineageStore.create(tmp_path / "run", record) as store:
        while (request := engine.ask()) is not None:
            store.add_individual(engine.individuals[request.individual], request)
            result = request.result({"accuracy": request.genome.genes["units"] / 64})
            store.add_result(result)
            engine.tell(result)
    planted = plant(seeds=[f"{tmp_path / 'run'}:best"])
    assert [one.seed.parent.is_starting_point for one in planted] == [False, False]


def test_one_that_must_not_be_trained_gives_way_to_a_random_founder():
    space = Space.from_dict(SPACE, family="toy")
    engine = Engine(
        space,
        EvolutionConfig(evaluations=8, limits={"parameters": 20}, over_limit="reject"),
        1,
        seeds=[one.seed for one in plant()],
        appraise=lambda genome: {"parameters": genome["units"]},
    )
    while (request := engine.ask()) is not None:
        engine.tell(request.result({"accuracy": request.genome.genes["units"] / 64}))
    births = [one.birth for one in engine.individuals[:3]]
    assert [birth.operators for birth in births] == [("seed",), ("founder",), ("founder",)]
    assert all(one.genome["units"] <= 20 for one in engine.individuals)


def test_with_them_fewer_founders_are_spread_over_the_space():
    space = Space.from_dict(SPACE, family="toy")

    def founders(**more):
        engine = Engine(
            space,
            EvolutionConfig(evaluations=12),
            1,
            seeds=[one.seed for one in plant(**more)],
            search=SearchConfig(),
        )
        while (request := engine.ask()) is not None:
            engine.tell(request.result({"accuracy": request.genome.genes["units"] / 64}))
        return [one for one in engine.individuals if one.birth.operators == ("founder",)]

    spread, ordinary = founders(starting_points="none"), founders()
    assert len(spread) == 5 and len(ordinary) == 3
    assert spread[0].genome.genes["units"] == 33, "the middle of the range"
    assert all(one.genome.genes["units"] != 33 for one in ordinary)
