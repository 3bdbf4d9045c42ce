"""Trees, ensembles of them and a Gaussian process, and what is counted before a training."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import spearmanr

from evonas import Engine, EvolutionConfig, SearchConfig
from evonas.config.schema import RunConfig
from evonas.evolution.layout import Layout
from evonas.evolution.surrogate import Observations, Surrogate
from evonas.evolution.surrogate.clock import Clock
from evonas.evolution.surrogate.counts import Counts, counted
from evonas.evolution.surrogate.ensemble import Mixture, log_density, share
from evonas.evolution.surrogate.lessons import Kind
from evonas.evolution.surrogate.trees import TREES, Forest, bags, grow
from evonas.genome import Genome
from evonas.space import Space

Floats = NDArray[np.float64]
KINDS: tuple[Kind, ...] = ("gaussian", "trees", "ensemble")


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def forest(points: Floats, values: Floats, seed: int = 0) -> Forest:
    bag = bags(np.arange(len(values)))
    trees = grow(points, values, bag, np.ones(points.shape[1]), rng(seed))
    return Forest(trees, points, values, bag, np.ones(len(values)))


# -- trees


def test_trees_find_what_matters() -> None:
    points = rng().random((120, 12))
    values = np.where(points[:, 3] > 0.6, 1.0, -1.0) + (points[:, 7] > 0.4) * (points[:, 3] > 0.6)
    mean, deviation = forest(points[:80], values[:80]).predict(points[80:])
    assert np.corrcoef(mean, values[80:])[0, 1] > 0.85
    assert (deviation > 0).all()


def test_no_outlier_decides_where_trees_split() -> None:
    points = rng().random((40, 4))
    bag = bags(np.arange(40))
    values = points[:, 0] + 0.1 * rng(1).standard_normal(40)
    one, other = (grow(points, some, bag, np.ones(4), rng(2)) for some in (values, np.exp(20 * values)))
    assert np.array_equal(one.column, other.column)
    assert np.array_equal(one.threshold, other.threshold, equal_nan=True)


def test_every_observation_falls_into_a_leaf_that_its_tree_filled() -> None:
    points = rng().random((50, 3)).round(1)
    bag = bags(np.arange(50))
    trees = grow(points, points[:, 0], bag, np.ones(3), rng())
    leaves = trees.leaves(points)
    assert leaves.shape == (TREES, 50)
    assert (trees.column[leaves] == -1).all(), "a way ended before a leaf"
    held = np.bincount(leaves.ravel(), (bag > 0).ravel(), len(trees.column))
    assert held[np.unique(leaves)].min() >= 2


def test_what_a_tree_sees_does_not_depend_on_what_is_known_besides() -> None:
    among = bags(np.arange(200))
    assert np.array_equal(bags(np.array([3, 150])), among[:, [3, 150]])
    assert among.mean() == pytest.approx(1.0, abs=0.05)
    assert (among == 0).mean() == pytest.approx(math.exp(-1), abs=0.03)
    assert not np.array_equal(bags(np.arange(9), kind=1), among[:, :9])


def test_left_out_values_are_predicted_by_those_who_have_not_seen_them() -> None:
    points, values = rng().random((30, 2)), rng(1).standard_normal(30)
    bag, weights = bags(np.arange(30)), np.ones(30)
    trees = grow(points, values, bag, np.ones(2), rng())
    changed = values.copy()
    changed[7] += 3.0
    before, after = (Forest(trees, points, some, bag, weights).left_out()[0] for some in (values, changed))
    assert after[7] == pytest.approx(before[7])
    assert not np.allclose(after, before)


@pytest.mark.parametrize("noise", [0.05, 1.0])
def test_results_lie_a_deviation_off_on_average(noise: float) -> None:
    points = rng().random((260, 5))
    values = np.sin(4 * points[:, 0]) + noise * rng(1).standard_normal(260)
    learned = forest(points[:160], values[:160])
    mean, deviation = learned.expect(points[160:])
    assert np.sqrt(np.mean(((values[160:] - mean) / deviation) ** 2)) == pytest.approx(1.0, abs=0.3)
    assert (learned.predict(points)[1] < learned.expect(points)[1]).all(), "noise is no ignorance"


def test_drawn_trees_agree_with_the_prediction() -> None:
    points = rng().random((60, 2))
    learned = forest(points, points[:, 0] + 0.2 * rng(1).standard_normal(60))
    there = rng(2).random((5, 2))
    draws = np.array([learned.sample(there, rng(seed)) for seed in range(600)])
    mean, deviation = learned.predict(there)
    assert np.allclose(draws.mean(axis=0), mean, atol=0.1)
    assert np.allclose(draws.std(axis=0), deviation, rtol=0.5)


def test_trees_without_any_observation_of_their_own_do_not_answer() -> None:
    points, values = rng().random((3, 2)), np.array([-1.0, 0.0, 1.0])
    mean, deviation = forest(points, values).predict(rng(1).random((4, 2)))
    assert np.isfinite(mean).all()
    assert np.isfinite(deviation).all()
    assert np.abs(mean).max() < 0.5, "three observations tell little"


# -- ensembles


def test_who_predicts_better_has_the_greater_share() -> None:
    values = rng().standard_normal(60)
    good, bad = (log_density(values, values + off, np.ones(60)) for off in (0.1, 2.0))
    assert share(good, bad) < 0.05
    assert share(bad, good) > 0.95
    assert share(good, good) == pytest.approx(share(good[:0], good[:0]), abs=1e-3), "equals share as at first"


def test_a_mixture_has_the_moments_of_what_is_mixed() -> None:
    points, values = rng().random((40, 2)), rng(1).standard_normal(40)
    one, other = forest(points, values), forest(points, 3 + values, seed=1)
    mixture = Mixture(one, other, 0.25)
    there = rng(2).random((3, 2))
    mean, deviation = mixture.predict(there)
    assert np.allclose(mean, mixture.mean(there))
    parts = [one.predict(there), other.predict(there)]
    chosen = (rng(3).random(200_000) < 0.25).astype(int)
    normal = rng(4).standard_normal(200_000)
    for place in range(3):
        means, deviations = (np.array([part[what][place] for part in parts])[chosen] for what in (0, 1))
        drawn = means + deviations * normal
        assert (mean[place], deviation[place]) == pytest.approx((drawn.mean(), drawn.std()), abs=0.02)


# -- the surrogate of every kind


def conditional(count: int) -> tuple[Space, Layout, Observations]:
    """Return observations of a space in which a number is there for one option alone, and matters there."""
    space = Space.from_dict(
        {
            "kind": {"select": {"plain": {}, "deep": {"width": {"float": [0.0, 1.0]}}}},
            "other": {"float": [0.0, 1.0]},
        }
    )
    layout = Layout(space)
    known = Observations(layout, 1, depths=False, row=lambda number: layout.row(space.sample(rng(number))))
    for number in range(count):
        known.append(number, [worth(space.sample(rng(number)))])
    return space, layout, known


def worth(genome: Genome) -> float:
    kind: Any = genome["kind"]
    return float(kind["width"]) if kind["type"] == "deep" else 0.5


@pytest.mark.parametrize("kind", KINDS)
def test_genes_that_are_absent_are_a_value_of_their_own(kind: Kind) -> None:
    space, layout, known = conditional(60)
    surrogate = Surrogate(known, [True], kind=kind)
    surrogate.fit()
    genomes = [space.sample(rng(number)) for number in range(100, 140)]
    means = surrogate.means(known.embedded(np.array([layout.row(genome) for genome in genomes])))[:, 0]
    assert np.corrcoef(means, [worth(genome) for genome in genomes])[0, 1] > 0.9


@pytest.mark.parametrize("every", [1, 5])
@pytest.mark.parametrize("kind", KINDS)
def test_it_is_a_function_of_the_first_observations(kind: Kind, every: int) -> None:
    """To the last bit, however often it was fitted on the way: a resumed run goes on the same."""
    known = conditional(36)[2]
    late = Surrogate(known, [True], kind=kind)
    late.fit()
    _, _, growing = conditional(3)
    early = Surrogate(growing, [True], kind=kind)
    for number in range(3, 36):
        growing.append(number, [float(known.values[number, 0])])
        if number % every == 0:
            early.fit()
    early.fit()
    points = known.embedded(rng(9).random((20, 3)))
    one, other = early.predict(points), late.predict(points)
    assert np.array_equal(one.mean, other.mean)
    assert np.array_equal(one.deviation, other.deviation)
    assert np.array_equal(early.sample(points, rng(1)), late.sample(points, rng(1)))
    assert early.report() == late.report()


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_less_curious_about_what_is_under_way(kind: Kind) -> None:
    known = conditional(20)[2]
    surrogate = Surrogate(known, [True], kind=kind)
    point = known.embedded(np.array([[0.75, 0.97, 0.03]]))
    surrogate.fit()
    before = surrogate.predict(point)
    surrogate.fit(np.repeat(point, 3, axis=0))
    after = surrogate.predict(point)
    assert after.deviation[0, 0] < before.deviation[0, 0]
    assert after.mean[0, 0] == pytest.approx(before.mean[0, 0], abs=0.05)


def test_an_ensemble_says_what_share_the_trees_have() -> None:
    space = Space.from_dict({f"x{place}": {"float": [0.0, 1.0]} for place in range(6)})
    layout = Layout(space)
    genomes = [space.sample(rng(number)) for number in range(50)]

    def trees_share(value: Any) -> float:
        known = Observations(layout, 1, depths=False, row=lambda number: layout.row(genomes[number]))
        for number, genome in enumerate(genomes):
            known.append(number, [value(genome)])
        surrogate = Surrogate(known, [True], kind="ensemble")
        surrogate.fit()
        (found,) = surrogate.report()["trees"]
        return float(found)

    assert trees_share(lambda genome: sum(genome[f"x{place}"] for place in range(6))) < 0.1, (
        "a Gaussian process sees it"
    )
    assert trees_share(lambda genome: float(rng(int(1e6 * genome["x0"])).standard_cauchy())) > 0.3, "outliers"


@pytest.mark.parametrize("kind", KINDS)
def test_a_search_with_every_kind_finds_its_way(kind: Kind) -> None:
    space = Space.from_dict({"x": {"float": [0.0, 1.0]}, "kind": {"choice": ["a", "b", "c"]}})
    engine = Engine(space, EvolutionConfig(evaluations=30), search=SearchConfig(surrogate=kind))
    values = []
    while (request := engine.ask()) is not None:
        genome = request.genome
        values.append(1 - (genome["x"] - 0.7) ** 2 - 0.2 * (genome["kind"] != "b"))
        engine.tell(request.result({"accuracy": values[-1]}))
    assert max(values) > 0.98


@pytest.mark.parametrize(
    ("said", "kind"),
    [("auto", "gaussian"), (True, "gaussian"), ("trees", "trees"), ("ensemble", "ensemble"), ("gaussian", "gaussian")],
)
def test_the_configuration_names_a_kind(said: Any, kind: Kind) -> None:
    search = SearchConfig(surrogate=said)
    assert search.surrogate
    assert search.surrogate_kind == kind
    assert not SearchConfig(surrogate=False).surrogate
    assert RunConfig.model_fields["search"].default.surrogate == "auto"


# -- counts


def test_counts_are_logarithms() -> None:
    one, other = (counted({"parameters": 1e5, "operations": operations}) for operations in (1e6, math.e * 1e6))
    assert one[0] == 0.0
    assert other[1] - one[1] == pytest.approx(0.5)
    assert counted({}).tolist() == [0.0, 0.0]


def test_counts_are_made_once_for_the_newest_rows() -> None:
    asked: list[list[float]] = []

    def costs(row: Floats) -> dict[str, float]:
        asked.append(row.tolist())
        return {"parameters": 1e5 * math.exp(row[0])}

    counts = Counts(costs)
    rows = np.array([[0.0, math.nan], [1.0, 0.0]])
    assert np.allclose(counts(rows), [[0.0, 0.0], [0.5, 0.0]])
    assert np.array_equal(asked, rows, equal_nan=True), "a gene that is not there stays so"
    assert np.allclose(counts(rows[::-1]), [[0.5, 0.0], [0.0, 0.0]])
    assert len(asked) == 2
    for _ in range(2):
        counts(rng().random((2048, 2)))
    assert len(asked) == 2050
    counts(rows)
    assert len(asked) == 2052, "the oldest are forgotten"
    assert counts(rows[:0]).shape == (0, 2)


def layered(count: int) -> tuple[Layout, list[Floats], list[dict[str, float]]]:
    """Return networks of layers: rows, and the operations between neighbouring layers."""
    space = Space.from_dict({"layers": {"repeat": {"units": {"int": [8, 512], "log": True}}, "length": [1, 6]}})
    layout = Layout(space)
    genomes = [space.sample(rng(number)) for number in range(count)]
    widths = [[4, *(layer["units"] for layer in genome["layers"])] for genome in genomes]
    operations = [sum(one * other for one, other in itertools.pairwise(some)) for some in widths]
    rows = [np.nan_to_num(layout.row(genome), nan=0.5) for genome in genomes]
    return layout, rows, [{"operations": float(some)} for some in operations]


def of_rows(rows: list[Floats], costs: list[dict[str, float]], asked: list[int] | None = None) -> Counts:
    """Return the counts of rows whose costs are known."""
    places = {row.tobytes(): place for place, row in enumerate(rows)}

    def count(row: Floats) -> dict[str, float]:
        if asked is not None:
            asked.append(places[row.tobytes()])
        return costs[places[row.tobytes()]]

    return Counts(count)


def test_counts_tell_how_long_a_training_takes() -> None:
    layout, rows, costs = layered(120)
    seconds = np.array([1e-5 * one["operations"] + 0.02 for one in costs])

    def error(counted: bool) -> float:
        clock = Clock(layout, rows.__getitem__, of_rows(rows, costs if counted else [{}] * len(costs)))
        for number in range(20):
            clock.told(number, 5 * float(seconds[number]), 5)
        assert not clock.ready
        clock.fit()
        assert clock.ready
        return float(np.std(clock.durations(np.array(rows[20:])) - np.log(seconds[20:])))

    assert error(counted=True) < 0.6 * error(counted=False)


def test_the_quicker_of_the_best_comes_first() -> None:
    layout, rows, costs = layered(90)
    asked: list[int] = []
    clock = Clock(layout, rows.__getitem__, of_rows(rows, costs, asked))
    for number in range(60, 90):
        clock.told(number, 1e-5 * costs[number]["operations"], 1)
    clock.fit()
    asked.clear()
    score = np.where(np.arange(60) < 30, 0.0, -5.0 - np.arange(60))
    hurried = clock.hurried(score, np.array(rows[:60]))
    assert len(asked) == 24
    assert set(asked) < set(range(30)), "only the most promising are counted"
    best = int(np.argmax(hurried))
    assert costs[best]["operations"] <= np.quantile([costs[number]["operations"] for number in asked], 0.2)
    others = [number for number in range(60) if number not in asked]
    assert hurried[others].max() < hurried[asked].min()


@pytest.mark.parametrize("kind", KINDS)
def test_counts_are_among_what_models_learn_from(kind) -> None:
    layout, rows, costs = layered(140)
    worth = np.array([-abs(math.log(one["operations"] / 2e4)) for one in costs])  # neither too small nor too large

    def error(counts: Counts | None) -> float:
        known = Observations(layout, 1, depths=False, row=rows.__getitem__, counts=counts)
        for number in range(40):
            known.append(number, [worth[number]])
        surrogate = Surrogate(known, [True], kind=kind)
        surrogate.fit()
        means = surrogate.means(known.embedded(np.array(rows[40:])))[:, 0]
        return 1 - float(spearmanr(means, worth[40:]).statistic)

    assert error(of_rows(rows, costs)) < 0.7 * error(None)


@pytest.mark.parametrize(
    ("kind", "evaluations", "searches"), [("gaussian", 25, 12), ("ensemble", 50, 6), ("trees", 80, 8)]
)
def test_a_search_counts_what_the_family_knows(kind, evaluations, searches) -> None:
    """Of all that were bred; and it finds what is of the right size: how soon, the model and chance decide."""
    sizes = {f"layer{place}": {"int": [1, 40]} for place in range(4)}
    space = Space.from_dict({"x": {"float": [0.0, 1.0]}, **sizes})
    asked = 0

    def size(genome: Genome) -> float:
        widths = [genome[name] for name in sizes]
        return float(sum(one * other for one, other in itertools.pairwise(widths)))

    def appraise(genome: Genome) -> dict[str, float]:
        nonlocal asked
        asked += 1
        return {"operations": size(genome)}

    def missed(seed: int, **keys: Any) -> float:
        config, search = EvolutionConfig(evaluations=evaluations), SearchConfig(surrogate=kind)
        engine = Engine(space, config, seed, search=search, **keys)
        while (request := engine.ask()) is not None:
            off = abs(math.log(size(request.genome) / 300))
            engine.tell(request.result({"accuracy": 1 - off - (request.genome["x"] - 0.3) ** 2}))
        return 1 - engine.best().values[0]

    counted, not_counted = (
        np.mean([missed(seed, **keys) for seed in range(searches)]) for keys in ({"appraise": appraise}, {})
    )
    assert asked > searches * 20 * 150
    assert counted < 0.6 * not_counted
