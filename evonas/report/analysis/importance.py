"""Importance of genes: by functional ANOVA of a forest, and by how much worse a forest tells with a gene shuffled."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np

from evonas.report.analysis.fanova import Domain, TreeVariance
from evonas.report.analysis.genes import Floats, GeneArray, GeneTable, gene_table
from evonas.report.analysis.table import Table
from evonas.report.analysis.values import Values, failed_values, goal_of, reached_rungs, values_at_rung
from evonas.report.history import Goal, RunHistory
from evonas.report.scales import robust_range

__all__ = ["Importance", "Marginal", "PairImportance", "gene_importance"]

_LEAST = 20  # individuals below which a forest says nothing
_ENOUGH = 40  # individuals that make a rung worth judging by
_ROWS = 2500  # individuals that a tree is grown from at most
_HELD = 600  # individuals that a shuffled gene is judged by at most
_FEW = 8  # numbers up to which each is a value of its own
_GRID = 25  # places of a marginal over a range
_LEAF = 2  # individuals in a leaf at least
_PART = 0.7  # of the genes that a tree looks at for each split
TARGETS = ("fitness", "failure")


@dataclass(frozen=True)
class PairImportance:
    """What two genes explain together beyond what each does alone.

    Attributes:
        first, second: names of the genes.
        share: of the variance, mean over the trees.
        error: standard deviation over the trees.
    """

    first: str
    second: str
    share: float
    error: float


@dataclass(frozen=True)
class Marginal:
    """What a forest expects at each value of a gene, averaged over all other genes.

    Attributes:
        gene: its name.
        labels: values in words, for a choice or few numbers; empty for a range.
        places: numbers of a range, shape (k,); 0, 1, 2, ... for values in words.
        mean: of the trees, shape (k,).
        error: standard deviation over the trees, shape (k,).
        logarithmic: whether the range is seen on a logarithmic scale.
    """

    gene: str
    labels: tuple[str, ...]
    places: Floats
    mean: Floats
    error: Floats
    logarithmic: bool


@dataclass(frozen=True)
class Importance:
    """Importance of the genes that vary, the most important one by functional ANOVA first.

    Attributes:
        target: ``fitness`` or ``failure``.
        goal: what was judged.
        words: the same with its rung.
        genes: names.
        fanova: share of a tree's variance that a gene explains alone, mean over the trees, shape (g,).
        fanova_error: standard deviation over the trees, each grown from a bootstrap sample of its own, shape (g,).
        permutation: drop of the coefficient of determination where a gene is shuffled, on individuals that the forest
            did not see, mean over the repeats, shape (g,).
        permutation_error: standard deviation over the repeats, each with another part held out, shape (g,).
        explained: coefficient of determination of the forest out of its bags; at 0 or below, it says nothing.
        individuals: behind it.
        pairs: the pairs among the most important genes that explain most together.
        marginals: of the most important genes.
    """

    target: str
    goal: Goal
    words: str
    genes: tuple[str, ...]
    fanova: Floats
    fanova_error: Floats
    permutation: Floats
    permutation_error: Floats
    explained: float
    individuals: int
    pairs: tuple[PairImportance, ...]
    marginals: tuple[Marginal, ...]

    def table(self) -> Table:
        """Return a gene a row."""
        return Table(
            "importance",
            {
                "gene": self.genes,
                "fANOVA share of variance": self.fanova,
                "standard deviation over trees": self.fanova_error,
                "permutation: drop of R2": self.permutation,
                "standard deviation over repeats": self.permutation_error,
            },
        )

    def marginal_table(self) -> Table:
        """Return a place of a gene a row."""
        rows = [(one, at) for one in self.marginals for at in range(len(one.places))]
        return Table(
            "marginals",
            {
                "gene": [one.gene for one, _ in rows],
                "value": [one.labels[at] if one.labels else one.places[at] for one, at in rows],
                f"expected {self.words}": [one.mean[at] for one, at in rows],
                "standard deviation over trees": [one.error[at] for one, at in rows],
            },
        )


def gene_importance(
    history: RunHistory,
    *,
    table: GeneTable | None = None,
    goal: Goal | None = None,
    target: str = "fitness",
    clip: bool = True,
    trees: int = 48,
    repeats: int = 5,
    pairs: int = 5,
    seed: int = 0,
) -> Importance | None:
    """Return the importance of the genes that vary; None below 20 individuals, or where nothing varies.

    A conditional gene is missing in some genomes. There each tree draws it at random from the values that others have,
    so that its absence tells the tree nothing: what the absence itself is worth belongs to the choice, or the length of
    the list, that decides it. Individuals that failed have no fitness; what makes them fail is the target ``failure``.

    Genes that go together in the population share their importance in an arbitrary way; no such figure is a proof of
    cause. ``evonas explain --ablate`` measures causes.

    Args:
        history: the run.
        table: of all individuals, where it has been made already.
        goal: the metric; None for the first objective.
        target: ``fitness`` (of those that completed the highest rung that at least 40 did) or ``failure`` (1 for
            those that failed, 0 for those that completed).
        clip: whether values far below all others count as their limit, see :func:`evonas.report.scales.robust_range`;
            else a few networks that learned nothing are all that the genes explain.
        trees: in the forest of the functional ANOVA.
        repeats: of the shuffling, each with another third of the individuals held out.
        pairs: pairs of genes that are returned.
        seed: of the forests.

    Raises:
        ValueError: if the target is none of the two.
    """
    judged = _judged(history, goal, target)
    if judged is not None and clip and target == "fitness":
        judged = _clipped(judged)
    if judged is None or len(judged.numbers) < _LEAST or np.ptp(judged.values) == 0:
        return None
    everyone = table or gene_table(history.individuals.values())
    own = everyone.rows(judged.numbers.tolist())
    columns = [column for column in own.columns if column.varies]
    if not columns:
        return None
    rng = np.random.default_rng(seed)
    genes = _Genes(columns)
    forest = _Forest(genes, judged.values, trees, rng)
    shares, errors = forest.shares()
    shuffled, spread = _permuted(genes, judged.values, repeats, rng)
    order = np.argsort(-shares, kind="stable")
    most = order[: max(6, pairs)].tolist()
    return Importance(
        target,
        judged.goal,
        judged.words,
        tuple(columns[at].name for at in order),
        shares[order],
        errors[order],
        shuffled[order],
        spread[order],
        forest.explained,
        len(judged.numbers),
        forest.pairs(most, pairs),
        tuple(forest.marginal(at) for at in most[:6]),
    )


def _judged(history: RunHistory, goal: Goal | None, target: str) -> Values | None:
    if target not in TARGETS:
        raise ValueError(f"the target is one of {', '.join(TARGETS)}, got {target!r}")
    if target == "failure":
        return failed_values(history)
    goal = goal or goal_of(history)
    reached = reached_rungs(history)
    if goal is None or not reached:
        return None
    rung = max((rung for rung, amount in reached.items() if amount >= _ENOUGH), default=min(reached))
    return values_at_rung(history, goal, rung)


def _clipped(judged: Values) -> Values:
    shown = robust_range(judged.values.tolist(), maximise=judged.goal.maximise)
    return judged if shown is None else replace(judged, values=np.clip(judged.values, *shown))


class _Genes:
    """Genes as the trees read them: numbers in their scale, options by their place; gaps are filled at random."""

    def __init__(self, columns: list[GeneArray]) -> None:
        self.columns = columns
        self.domains = [_domain(column) for column in columns]
        self._points = np.stack([_places(column) for column in columns], axis=1)
        self._gaps = [np.flatnonzero(~column.present) for column in columns]
        self._known = [np.flatnonzero(column.present) for column in columns]

    def filled(self, rng: np.random.Generator) -> Floats:
        """Return the genes of all individuals, shape (n, genes), each gap with the value of another individual."""
        points: Floats = self._points.copy()
        for at, (gaps, known) in enumerate(zip(self._gaps, self._known, strict=True)):
            if len(gaps):
                points[gaps, at] = points[rng.choice(known, len(gaps)), at]
        return points


def _few(column: GeneArray) -> bool:
    return column.categorical or len(column.options) <= _FEW


def _places(column: GeneArray) -> Floats:
    if _few(column):
        return np.asarray(column.codes, np.float64)
    return column.scaled


def _domain(column: GeneArray) -> Domain:
    return Domain(values=np.arange(len(column.options), dtype=np.float64)) if _few(column) else Domain()


class _Forest:
    """Trees, each of a bootstrap sample and of gaps filled anew."""

    def __init__(self, genes: _Genes, values: Floats, trees: int, rng: np.random.Generator) -> None:
        from sklearn.tree import DecisionTreeRegressor  # takes a second to import

        self._genes = genes
        self.trees: list[TreeVariance] = []
        told, counted = np.zeros(len(values)), np.zeros(len(values))
        for _ in range(trees):
            points = genes.filled(rng)
            drawn = rng.integers(len(values), size=min(len(values), _ROWS))
            tree = DecisionTreeRegressor(min_samples_leaf=_LEAF, max_features=_PART, random_state=_state(rng))
            tree.fit(points[drawn], values[drawn])
            out = np.setdiff1d(np.arange(len(values)), drawn)
            told[out] += tree.predict(points[out]) if len(out) else 0.0
            counted[out] += 1
            grown = TreeVariance(tree, genes.domains)
            if grown.total > 0:
                self.trees.append(grown)
        judged = counted > 0
        left = values[judged] - told[judged] / counted[judged]
        self.explained = float(1 - (left @ left) / np.sum((values[judged] - values[judged].mean()) ** 2))

    def shares(self) -> tuple[Floats, Floats]:
        """Return the share of the variance that each gene explains, mean and standard deviation over the trees."""
        genes = range(len(self._genes.columns))
        table = np.array([[tree.single(at) / tree.total for at in genes] for tree in self.trees])
        return _mean_and_spread(table.reshape(-1, len(genes)))

    def pairs(self, genes: list[int], most: int) -> tuple[PairImportance, ...]:
        """Return the pairs of genes that explain most together, the first one first."""
        found = []
        for one, other in combinations(genes, 2):
            shares = np.array([tree.pair(one, other) / tree.total for tree in self.trees])
            mean, spread = _mean_and_spread(shares[:, None])
            names = self._genes.columns[one].name, self._genes.columns[other].name
            found.append(PairImportance(*names, float(mean[0]), float(spread[0])))
        return tuple(sorted(found, key=lambda pair: -pair.share)[:most])

    def marginal(self, gene: int) -> Marginal:
        """Return what the trees expect at each value of a gene."""
        column, few = self._genes.columns[gene], _few(self._genes.columns[gene])
        at = np.arange(len(column.options), dtype=np.float64) if few else np.linspace(0.0, 1.0, _GRID)
        rows = []
        for tree in self.trees:
            borders, means = tree.marginal(gene)
            rows.append(means[np.searchsorted(borders, at)])
        mean, spread = _mean_and_spread(np.array(rows).reshape(-1, len(at)))
        places = at if few else _unscaled(column, at)
        labels = column.options if few else ()
        return Marginal(column.name, labels, places, mean, spread, column.logarithmic and not few)


def _permuted(genes: _Genes, values: Floats, repeats: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Return how much less a forest explains where a gene is shuffled (Breiman 2001, doi:10.1023/A:1010933404324)."""
    from sklearn.ensemble import RandomForestRegressor
    from sklearn.inspection import permutation_importance

    rows = []
    for _ in range(repeats):
        points, order = genes.filled(rng), rng.permutation(len(values))
        third = len(order) // 3
        held, learnt = order[:third][:_HELD], order[third:][:_ROWS]
        forest: Any = RandomForestRegressor(
            24, min_samples_leaf=_LEAF, max_features=_PART, random_state=_state(rng)
        ).fit(points[learnt], values[learnt])
        if np.ptp(values[held]) > 0:  # failures may all lie in the other part
            told = permutation_importance(forest, points[held], values[held], n_repeats=1, random_state=_state(rng))
            rows.append(told.importances_mean)
    return _mean_and_spread(np.array(rows).reshape(-1, len(genes.columns)))


def _mean_and_spread(rows: Floats) -> tuple[Floats, Floats]:
    """Return mean and standard deviation over rows; 0 and NaN without any."""
    if not len(rows):
        return np.zeros(rows.shape[1]), np.full(rows.shape[1], np.nan)
    spread = rows.std(axis=0, ddof=1) if len(rows) > 1 else np.full(rows.shape[1], np.nan)
    return rows.mean(axis=0), spread


def _unscaled(column: GeneArray, at: Floats) -> Floats:
    known = column.numbers[column.present]
    low, high = float(known.min()), float(known.max())
    if column.logarithmic:
        return np.asarray(np.exp(np.log(low) + at * (np.log(high) - np.log(low))), np.float64)
    return low + at * (high - low)


def _state(rng: np.random.Generator) -> int:
    return int(rng.integers(2**31))
