"""The exact marginals of trees, against brute force over a grid, and the importances that are made of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sklearn.tree import DecisionTreeRegressor

from evonas.genome import Genome
from evonas.lineage import RunRecord
from evonas.records import Birth, EvaluationResult, EvaluationStatus, Individual
from evonas.report.analysis import Domain, TreeVariance, gene_importance
from evonas.report.history import Evaluation, Goal, RunHistory


def brute_force(tree: Any, domains: list[Domain], points: int = 40) -> np.ndarray:
    """The tree on a fine grid in the middle of equal parts of each gene's domain; shape (points, ...)."""
    axes = [
        np.repeat(one.values, points // len(one.values))
        if one.values is not None
        else (np.arange(points) + 0.5) / points
        for one in domains
    ]
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
    return tree.predict(grid.reshape(-1, len(domains))).reshape((points,) * len(domains))


@pytest.fixture(scope="module")
def grown() -> tuple[Any, list[Domain], np.ndarray]:
    rng = np.random.default_rng(3)
    domains = [Domain(), Domain(values=np.arange(4.0)), Domain()]
    x = np.stack(
        [np.round(rng.random(150) * 40) / 40, rng.integers(4, size=150), np.round(rng.random(150) * 40) / 40], 1
    )
    y = np.sin(5 * x[:, 0]) + (x[:, 1] == 2) + x[:, 0] * x[:, 2] * 3
    tree = DecisionTreeRegressor(max_leaf_nodes=40, random_state=1).fit(x, y)
    # borders of the tree at the grid's borders: then the grid is exact
    thresholds = tree.tree_.threshold
    ranges = tree.tree_.feature != 1
    thresholds[ranges] = np.round(thresholds[ranges] * 40) / 40
    return tree, domains, brute_force(tree, domains)


def test_variance_and_its_parts_are_those_of_a_grid(grown: tuple[Any, list[Domain], np.ndarray]) -> None:
    tree, domains, grid = grown
    found = TreeVariance(tree, domains)
    assert found.mean == pytest.approx(grid.mean())
    assert found.total == pytest.approx(grid.var())
    singles = []
    for gene in range(3):
        others = tuple(at for at in range(3) if at != gene)
        singles.append(grid.mean(axis=others).var())
        assert found.single(gene) == pytest.approx(singles[-1])
    for one, other in ((0, 1), (0, 2), (1, 2)):
        rest = next(at for at in range(3) if at not in (one, other))
        together = grid.mean(axis=rest).var() - singles[one] - singles[other]
        assert found.pair(one, other) == pytest.approx(together, abs=1e-9)


def test_marginal_is_the_mean_over_all_else(grown: tuple[Any, list[Domain], np.ndarray]) -> None:
    tree, domains, grid = grown
    borders, means = TreeVariance(tree, domains).marginal(0)
    places = (np.arange(40) + 0.5) / 40
    assert np.allclose(means[np.searchsorted(borders, places)], grid.mean(axis=(1, 2)))


def test_a_tree_that_never_split_explains_nothing() -> None:
    tree = DecisionTreeRegressor().fit(np.random.default_rng(0).random((9, 2)), np.ones(9))
    found = TreeVariance(tree, [Domain(), Domain()])
    assert (found.total, found.single(0), found.pair(0, 1)) == (0.0, 0.0, 0.0)


def made_up(new_run: Any, amount: int = 120) -> RunHistory:
    """Fitness by `strong`, a little by `rate` of adam alone; `idle` does nothing; depth 2 fails."""
    rng = np.random.default_rng(5)
    individuals, evaluations = {}, []
    for number in range(amount):
        genes: dict[str, Any] = {
            "strong": float(rng.random()),
            "idle": float(rng.random()),
            "depth": int(rng.integers(3)),
        }
        genes["type"] = "adam" if rng.random() < 0.5 else "sgd"
        if genes["type"] == "adam":
            genes["rate"] = float(rng.random())
        individual = Individual(number, Genome(genes), Birth(("founder",)))
        individuals[number] = individual
        failed = genes["depth"] == 2 and rng.random() < 0.8
        value = genes["strong"] ** 2 + 0.3 * genes.get("rate", 0.5) + 0.02 * rng.normal()
        result = EvaluationResult(number, number, EvaluationStatus.COMPLETED, {"auc": value})
        if failed:
            result = EvaluationResult(number, number, EvaluationStatus.OUT_OF_MEMORY, error="no memory")
        evaluations.append(Evaluation(number + 1, individual, result))
    run: RunRecord = replace(new_run(), objectives=[{"metric": "auc", "direction": "max"}])
    return RunHistory(run, (Goal("auc"),), individuals, tuple(evaluations))


def test_importance_finds_what_matters(toy: Any) -> None:
    history = made_up(toy.new_run)
    told = gene_importance(history, trees=12, repeats=3)
    assert told is not None
    assert told.genes[0] == "strong"
    shares = dict(zip(told.genes, told.fanova, strict=True))
    shuffled = dict(zip(told.genes, told.permutation, strict=True))
    assert shares["strong"] > 0.6
    assert shares["strong"] > 5 * shares["idle"]
    assert shares["type"] < 0.05, "the absence of its rate tells nothing about the type"
    assert shuffled["strong"] > 0.5 > abs(shuffled["idle"])
    assert told.explained > 0.7
    assert np.isfinite(told.fanova_error).all()
    assert told.individuals == sum(one.result.completed for one in history.evaluations)
    first = told.marginals[0]
    assert first.gene == "strong"
    assert first.mean[-1] > first.mean[0]


def test_importance_for_failing_and_the_same_twice(toy: Any) -> None:
    history = made_up(toy.new_run)
    told = gene_importance(history, target="failure", trees=10, repeats=2)
    again = gene_importance(history, target="failure", trees=10, repeats=2)
    assert told is not None
    assert again is not None
    assert told.genes[0] == "depth"
    assert told.individuals == 120
    assert told.table().rows() == again.table().rows()


def test_importance_needs_individuals_that_differ(toy: Any) -> None:
    history = made_up(toy.new_run, 15)
    assert gene_importance(history) is None
    assert gene_importance(replace(history, evaluations=(), individuals={})) is None
    with pytest.raises(ValueError, match="fitness, failure"):
        gene_importance(history, target="luck")
