"""The figures to quote: individuals retrained from scratch with several seeds and scored on the test part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from evonas.report.cells import heading, table_of, whole
from evonas.report.formats import DASH, label, number
from evonas.report.history import RunHistory
from evonas.report.html import Html, tag

__all__ = ["finals", "finals_table"]

_TEST = "test_"


def finals(history: RunHistory) -> list[Mapping[str, Any]]:
    """Return the last retraining of each individual, as ``evonas evaluate`` stored it, in order of individuals."""
    latest = {event.data["individual"]: event.data for event in history.events if event.kind == "final"}
    return [latest[individual] for individual in sorted(latest)]


def finals_table(found: Sequence[Mapping[str, Any]]) -> Html:
    """Return a table: an individual a row, validation and test value of each metric, mean and its standard error."""
    tested = [name.removeprefix(_TEST) for one in found for name in one["table"] if name.startswith(_TEST)]
    metrics = list(dict.fromkeys(tested))
    names = [name for metric in metrics for name in (metric, _TEST + metric)]
    head = [heading("Individual", numeric=True), heading("Trainings", numeric=True)]
    for metric in metrics:
        head.append(heading(f"{label(metric, unit=False)}, validation", "chose: optimistic", numeric=True))
        head.append(heading(f"{label(metric, unit=False)}, test", "unseen by the search", numeric=True))
    rows = [
        [
            whole(one["individual"], header=True),
            whole(len(one["seeds"])),
            *(_value(one["table"].get(name)) for name in names),
        ]
        for one in found
    ]
    return table_of("Mean over the seeds, and the standard error of that mean", head, rows)


def _value(entry: Sequence[float | None] | None) -> Html:
    if entry is None or entry[0] is None:
        return tag("td", DASH, class_="number")
    mean, error = entry
    words = number(mean) if error is None else f"{number(mean)} ± {number(error, 2)}"
    return tag("td", words, class_="number", title=repr(mean))
