"""The winners of several runs side by side, with the errors of their figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from evonas.report.analysis.progress import epochs_spent
from evonas.report.analysis.table import Table
from evonas.report.finals import finals
from evonas.report.history import RunHistory, standings

__all__ = ["WinnerRow", "winner_rows", "winner_table"]


@dataclass(frozen=True)
class WinnerRow:
    """The winner of a run: the best of those retrained from scratch where there are any, else the best of the search.

    Attributes:
        run: the run's name here.
        individual: number of the winner.
        metric: the first objective.
        value: on the validation part: the mean over the retrainings, else over the trainings of the search. It chose
            the winner, so it is optimistic.
        error: standard error of that mean; None for a single training.
        trainings: behind it.
        test: mean over the retrainings on events that no search saw; None where there are none.
        test_error: its standard error; None below two retrainings.
        retrained: whether the figures are of retrainings from scratch.
        evaluations, epochs: of the whole run.
        found: evaluations until the winner's own training at that rung had ended.
        parameters: weights of the network; None where unknown.
    """

    run: str
    individual: int
    metric: str
    value: float
    error: float | None
    trainings: int
    test: float | None
    test_error: float | None
    retrained: bool
    evaluations: int
    epochs: int
    found: int
    parameters: float | None


def winner_rows(named: Mapping[str, RunHistory]) -> list[WinnerRow]:
    """Return the winner of each run that has one, in the order given.

    Args:
        named: name to history, as :func:`evonas.report.comparison.named_histories` makes them.
    """
    rows = (_winner(name, history) for name, history in named.items())
    return [row for row in rows if row is not None]


def winner_table(rows: Sequence[WinnerRow]) -> Table:
    """Return a run a row."""
    plain = [asdict(row) for row in rows]
    names = list(WinnerRow.__dataclass_fields__)
    return Table("winners", {name.replace("_", " "): [row[name] for row in plain] for name in names})


def _winner(name: str, history: RunHistory) -> WinnerRow | None:
    ordered = standings(history)
    if not ordered:
        return None
    metric = history.goals[0].metric
    final = next((one for one in finals(history) if _mean(one["table"], metric) is not None), None)
    standing = {one.individual.number: one for one in ordered}
    best = standing.get(final["individual"], ordered[0]) if final is not None else ordered[0]
    value, error, trainings = best.value, best.error, best.trainings
    test: Sequence[float | None] = (None, None)
    if final is not None:
        mean, error = final["table"][metric]
        value, trainings = float(mean), len(final["seeds"])
        test = final["table"].get(f"test_{metric}") or test
    costs = {**best.individual.costs, **best.result.result.metrics}
    return WinnerRow(
        run=name,
        individual=final["individual"] if final is not None else best.individual.number,
        metric=metric,
        value=value,
        error=error,
        trainings=trainings,
        test=test[0],
        test_error=test[1],
        retrained=final is not None,
        evaluations=len(history.evaluations),
        epochs=epochs_spent(history.evaluations)[-1],
        found=best.result.completion + 1,
        parameters=costs.get("parameters"),
    )


def _mean(table: Mapping[str, Sequence[float | None]], metric: str) -> float | None:
    entry = table.get(metric)
    return None if entry is None else entry[0]
