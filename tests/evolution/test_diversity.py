"""How much genomes differ, newcomers to a population, and parts of the search that are left out."""

from __future__ import annotations

import itertools
from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evonas import Engine, EvolutionConfig, SearchConfig
from evonas.config.search import SearchPart
from evonas.evolution.diversity import Diversity
from evonas.evolution.layout import Layout
from evonas.evolution.renewal import Renewal
from evonas.evolution.surrogate import Observations
from evonas.evolution.surrogate.calibration import Calibration
from evonas.evolution.surrogate.targets import UNBENT, Scale
from evonas.space import Space
from evonas.testing.operators import SPACES
from evonas.testing.toy import toy_evaluate, toy_space


def gower(layout: Layout, one: np.ndarray, other: np.ndarray) -> float:
    total = 0.0
    for place, (x, y) in enumerate(zip(one, other, strict=True)):
        if np.isnan(x) != np.isnan(y):
            total += 1.0
        elif not np.isnan(x) and layout.categorical[place]:
            total += float(layout.codes(one[None])[0, place] != layout.codes(other[None])[0, place])
        elif not np.isnan(x):
            total += abs(float(x - y))
    return total / len(layout)


@given(st.integers(0, 2**32 - 1), st.integers(2, 12), st.sampled_from(range(2)))
def test_diversity_is_the_mean_distance_of_two_relative_to_random_ones(seed, count, which) -> None:
    space, rng = Space.from_dict(SPACES[which]), np.random.default_rng(seed)
    layout = Layout(space)
    rows = np.array([layout.row(space.sample(rng)) for _ in range(count)])
    measure = Diversity(layout)
    mean = np.mean([gower(layout, one, other) for one, other in itertools.combinations(rows, 2)])
    assert measure._distances(rows) == pytest.approx(mean)
    assert measure.of(rows) == pytest.approx(min(1.0, mean / measure._random))


def test_diversity_has_ends() -> None:
    space, rng = toy_space(), np.random.default_rng(3)
    layout = Layout(space)
    random = np.array([layout.row(space.sample(rng)) for _ in range(100)])
    measure = Diversity(layout)
    assert measure.of(random) > 0.9
    assert measure.of(random[[4] * 20]) == 0.0
    assert measure.of(random[:1]) == 0.0
    assert 0.0 < measure.of(random[[4] * 10 + [7] * 10]) < measure.of(random)
    assert Diversity(Layout(Space.from_dict({"x": {"choice": ["only"]}}))).of(np.zeros((3, 1))) == 0.0


# -- newcomers


def told(engine: Engine, evaluations: int) -> Engine:
    while len(engine.results) < evaluations and (request := engine.ask()) is not None:
        engine.tell(request.result(toy_evaluate(request.genome, request.total_epochs)))
    return engine


def searched(algorithm: str = "evolution", seed: int = 2, evaluations: int = 150, **search: Any) -> Engine:
    settings = SearchConfig.model_validate({"algorithm": algorithm, **search})
    return told(Engine(toy_space(), EvolutionConfig(evaluations=evaluations), seed, search=settings), evaluations)


def random_births(engine: Engine) -> int:
    return sum(one.birth.operators == ("random",) for one in engine.individuals)


def test_newcomers_are_the_more_the_longer_nothing_was_found_and_the_more_all_are_alike() -> None:
    engine = searched(surrogate=False, evaluations=30)
    members = list(engine.members)
    renewal = Renewal(engine.space, engine.config)
    assert renewal.share(members) == pytest.approx(0.03)
    for _ in members:
        renewal.told(None)
    several = renewal.share(members)
    assert 0.03 < several == pytest.approx(0.5 * (1 - renewal.diversity(members)))
    assert renewal.share([members[0]] * len(members)) == 0.5, "all alike"
    renewal.told(members[0])
    assert renewal.stale == 0
    assert renewal.share(members) == pytest.approx(0.03), "something better was found"


def test_a_population_that_has_become_uniform_is_renewed() -> None:
    with_them, without = (
        sum(random_births(searched(surrogate=False, seed=seed, without=parts)) for seed in range(3))
        for parts in ([], ["restarts"])
    )
    assert without < 0.06 * 450
    assert with_them > 2 * without
    assert random_births(searched(surrogate=False, without=["restarts", "immigrants"])) == 0
    assert random_births(searched("aging_evolution")) == 0, "aging evolution is as it was published"


def test_several_objectives_have_immigrants_alone() -> None:
    config = EvolutionConfig.model_validate({"evaluations": 100, "objectives": ["accuracy", "loss"]})
    engine = Engine(toy_space(), config, 1, search=SearchConfig(surrogate=False))
    while (request := engine.ask()) is not None:
        value = toy_evaluate(request.genome, request.total_epochs)["accuracy"]
        engine.tell(request.result({"accuracy": value, "loss": value**2}))
    assert 0 < random_births(engine) < 12


@pytest.mark.parametrize("surrogate", [False, True])
def test_diversity_is_reported(surrogate) -> None:
    report = searched(surrogate=surrogate, evaluations=25).algorithm.report()
    assert 0.0 < report["diversity"] < 1.0
    assert report["stale"] >= 0


# -- parts left out


def test_every_part_can_be_left_out() -> None:
    """Most change the births; the others have nothing to say about a search without trainings, rungs or costs."""
    whole = [one.genome.id for one in searched(evaluations=40).individuals]
    same = {
        part
        for part in get_args(SearchPart)
        if [one.genome.id for one in searched(evaluations=40, without=[part]).individuals] == whole
    }
    assert same == {"bypass", "chance", "counts", "time"}


@pytest.mark.parametrize("part", ["chance", "counts", "time"])
def test_parts_of_trainings_can_be_left_out(part) -> None:
    def births(without: list[Any]) -> list[str]:
        config = EvolutionConfig.model_validate({"wall_time": 1e6})
        search = SearchConfig(rungs="none", repeats="none", without=without)

        def costs(genome) -> dict[str, float]:
            return {"parameters": float(sum(layer["units"] for layer in genome["layers"]))}

        engine = Engine(toy_space(), config, 4, search=search, appraise=costs, training=True, clock=lambda: 0.0)
        while len(engine.results) < 30 and (request := engine.ask()) is not None:
            seconds = 1.0 + 0.1 * len(request.genome["layers"])
            engine.tell(request.result(toy_evaluate(request.genome, 9), seconds=seconds, epochs=9))
        return [one.genome.id for one in engine.individuals]

    assert births([part]) != births([])


def test_no_part_of_another_name() -> None:
    with pytest.raises(ValueError, match="without"):
        SearchConfig.model_validate({"without": ["everything"]})


def test_without_bending_values_are_scaled_as_they_are() -> None:
    values = np.array([0.1, 0.5, 0.6, 0.7, -40.0])
    scale = Scale.of(values, bend=UNBENT[0])
    assert np.allclose(scale(values), (values - values.mean()) / values.std())
    assert scale.value(float(scale(values)[4])) == pytest.approx(-40.0)
    assert scale.evidence(values) == pytest.approx(-5 * np.log(values.std()))


def test_without_families_there_are_no_columns_of_them() -> None:
    layout = Layout(toy_space())
    row = layout.row(toy_space().sample(np.random.default_rng(0)))
    whole, less = (
        Observations(layout, 1, depths=False, row=lambda number: row, families=kept) for kept in (True, False)
    )
    assert len(less.parts) < len(whole.parts)
    assert np.array_equal(less.embedded(row[None])[0], whole.embedded(row[None])[0][: len(less.parts)])


def test_without_calibration_deviations_stay() -> None:
    calibration, none = Calibration(), Calibration(corrects=False)
    for one in (calibration, none):
        for _ in range(20):
            one.told({"mean": 0.0, "raw_sd": 1.0}, 3.0)
    assert (calibration.factor > 2, none.factor) == (True, 1.0)
