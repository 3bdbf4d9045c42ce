"""The figures of a study: means with errors, baseline against optimised, as rows for tables and files."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evonas.study.finals import Retrained

__all__ = [
    "ERROR",
    "Figure",
    "Row",
    "TelescopeResult",
    "difference",
    "figure_of",
    "flat_rows",
    "in_words",
    "plain_results",
]

ERROR = (
    "Errors are standard errors of the mean: of an optimised network over the searches (each search counts with the "
    "mean over the trainings of its winner), of a baseline, or with one search, over the trainings; of an improvement "
    "the two added in squares."
)
"""What the errors are, in words."""

_TEST = "test_"


@dataclass(frozen=True)
class Figure:
    """A mean with its error.

    Attributes:
        mean: over all that counts.
        error: standard error of the mean; None where there is one value only.
        values: what it was made of, one list a search.
    """

    mean: float
    error: float | None
    values: tuple[tuple[float, ...], ...] = ()


def figure_of(groups: Sequence[Sequence[float]]) -> Figure | None:
    """Return mean and standard error of values that come in groups; None where there is no value.

    With several groups their means are the independent values, since trainings of one network share its luck. With one
    group the values themselves are.

    >>> figure_of([[1.0, 3.0], [4.0]]).mean, figure_of([[1.0, 3.0]]).error, figure_of([[2.0]]).error
    (3.0, 1.0, None)
    """
    kept = [tuple(group) for group in groups if group]
    if not kept:
        return None
    independent = [statistics.fmean(group) for group in kept] if len(kept) > 1 else list(kept[0])
    error = statistics.stdev(independent) / math.sqrt(len(independent)) if len(independent) > 1 else None
    return Figure(statistics.fmean(independent), error, tuple(kept))


def difference(new: Figure | None, old: Figure | None) -> Figure | None:
    """Return new minus old with its error; None where one of them is missing."""
    if new is None or old is None:
        return None
    errors = (new.error, old.error)
    error = None if new.error is None or old.error is None else math.hypot(*(one or 0.0 for one in errors))
    return Figure(new.mean - old.mean, error)


def in_words(figure: Figure | None, *, signed: bool = False) -> str:
    """Write a figure with as many decimals as its error has meaning; ``signed`` puts a + before what is not negative.

    >>> in_words(Figure(0.892912, 0.00123)), in_words(Figure(0.5, None)), in_words(Figure(12.3456, 0.0)), in_words(None)
    ('0.8929 +- 0.0012', '0.5', '12.346 +- 0', '-')
    """
    if figure is None:
        return "-"
    plus = "+" if signed and figure.mean >= 0 else ""
    if figure.error is None or figure.error == 0 or not math.isfinite(figure.error):
        return f"{plus}{figure.mean:.5g}" + ("" if figure.error is None else f" +- {figure.error:g}")
    decimals = min(12, max(0, 1 - math.floor(math.log10(figure.error))))
    return f"{plus}{figure.mean:.{decimals}f} +- {figure.error:.{decimals}f}"


@dataclass(frozen=True)
class Row:
    """One line of the published table.

    Attributes:
        telescope, model: what was searched for, and the model family.
        network: ``baseline``, ``optimised`` or ``improvement``.
        trained: completed trainings of all trainings; empty for an improvement.
        figures: metric to its value; those of the test part begin with ``test_``.
        seconds: time of a training, s.
        parameters: of the network.
    """

    telescope: str
    model: str
    network: str
    trained: str
    figures: Mapping[str, Figure | None]
    seconds: Figure | None
    parameters: Figure | None


@dataclass(frozen=True)
class TelescopeResult:
    """Baseline and winners of one telescope after their retrainings.

    Attributes:
        telescope: its name.
        model: the model family.
        baseline_name: of the published network; empty where the family has none.
        baseline: the published network; None without one.
        winners: seed of the search to its winner.
        metrics: to be shown, in order, without those of the test part.
    """

    telescope: str
    model: str
    baseline_name: str
    baseline: Retrained | None
    winners: Mapping[int, Retrained]
    metrics: tuple[str, ...]

    def figure(self, metric: str, *, baseline: bool) -> Figure | None:
        """Return a metric of the baseline or of the winners."""
        return figure_of([one.values(metric) for one in self._networks(baseline=baseline)])

    def rows(self) -> list[Row]:
        """Return baseline (if there is one), optimised, and improvement."""
        shown = [name for metric in self.metrics for name in (metric, _TEST + metric)]
        known = {name for one in [*self.winners.values(), self.baseline] if one for name in _reported(one)}
        names = [name for name in shown if name in known]
        old, new = self._row("baseline", names), self._row("optimised", names)
        if self.baseline is None:
            return [Row(self.telescope, self.model, "baseline", "none", dict.fromkeys(names), None, None), new]
        gain = {name: difference(new.figures[name], old.figures[name]) for name in names}
        seconds, size = difference(new.seconds, old.seconds), difference(new.parameters, old.parameters)
        return [old, new, Row(self.telescope, self.model, "improvement", "", gain, seconds, size)]

    def _networks(self, *, baseline: bool) -> list[Retrained]:
        if baseline:
            return [] if self.baseline is None else [self.baseline]
        return list(self.winners.values())

    def _row(self, network: str, names: Sequence[str]) -> Row:
        networks = self._networks(baseline=network == "baseline")
        results = [result for one in networks for result in one.results]
        seconds = [[result.seconds for result in one.results if result.completed] for one in networks]
        parameters = [[one.costs["parameters"]] for one in networks if "parameters" in one.costs]
        return Row(
            telescope=self.telescope,
            model=self.model,
            network=network,
            trained=f"{sum(result.completed for result in results)}/{len(results)}",
            figures={name: figure_of([one.values(name) for one in networks]) for name in names},
            seconds=figure_of(seconds),
            parameters=figure_of(parameters),
        )


def _reported(one: Retrained) -> list[str]:
    return [name for result in one.results for name in result.metrics]


def flat_rows(results: Sequence[TelescopeResult], *, words: bool) -> list[dict[str, Any]]:
    """Return rows with equal keys for a table.

    Args:
        results: of all telescopes, transfers among them.
        words: figures written with their errors; else unrounded, the error in a column of its own.
    """
    rows = [row for result in results for row in result.rows()]
    names = list(dict.fromkeys(name for row in rows for name in row.figures))
    flat = []
    for row in rows:
        shown = {name: row.figures.get(name) for name in names}
        shown |= {"seconds": row.seconds, "parameters": row.parameters}
        cells: dict[str, Any] = {"telescope": row.telescope, "model": row.model, "network": row.network}
        cells["trained"] = row.trained
        for name, figure in shown.items():
            if words:
                gain = row.network == "improvement"
                cells[name] = _rounded(figure, gain) if name == "parameters" else in_words(figure, signed=gain)
            else:
                cells[name] = None if figure is None else figure.mean
                cells[f"{name}_error"] = None if figure is None else figure.error
        flat.append(cells)
    return flat


def _rounded(figure: Figure | None, signed: bool) -> str:
    if figure is None:
        return "-"
    error = "" if figure.error is None else f" +- {figure.error:,.0f}"
    return f"{'+' if signed and figure.mean >= 0 else ''}{figure.mean:,.0f}{error}"


def plain_results(results: Sequence[TelescopeResult]) -> list[dict[str, Any]]:
    """Return all there is as JSON values: figures, every single training, genomes."""
    return [
        {
            "telescope": result.telescope,
            "model": result.model,
            "baseline": result.baseline_name or None,
            "rows": [
                {
                    "network": row.network,
                    "trained": row.trained,
                    "figures": {
                        name: None if figure is None else {"mean": figure.mean, "error": figure.error}
                        for name, figure in {
                            **row.figures,
                            "seconds": row.seconds,
                            "parameters": row.parameters,
                        }.items()
                    },
                }
                for row in result.rows()
            ],
            "trainings": {
                name: [
                    {"seed": one.seed, "status": one.status.value, "seconds": one.seconds, "metrics": dict(one.metrics)}
                    for one in network.results
                ]
                for name, network in _named(result).items()
            },
            "genomes": {name: network.genome.genes for name, network in _named(result).items()},
        }
        for result in results
    ]


def _named(result: TelescopeResult) -> dict[str, Retrained]:
    named = {} if result.baseline is None else {"baseline": result.baseline}
    return named | {f"seed {seed}": winner for seed, winner in result.winners.items()}
