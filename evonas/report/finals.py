"""The figures to quote: individuals retrained from scratch with several seeds and scored on the test part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from evonas.report.cells import heading, table_of, whole
from evonas.report.formats import DASH, label, number
from evonas.report.history import RunHistory
from evonas.report.html import Html, tag

__all__ = ["finals", "finals_table", "has_test"]

_TEST = "test_"


def finals(history: RunHistory) -> list[Mapping[str, Any]]:
    """Return the last retraining of each individual, the best mean of the first objective on the validation part first.

    Stored by ``evonas evaluate``, and by a run with ``search.finals``.
    """
    latest = {event.data["individual"]: event.data for event in history.events if event.kind == "final"}

    def place(one: Mapping[str, Any]) -> tuple[bool, float, int]:
        mean = one["table"].get(history.goals[0].metric, (None,))[0] if history.goals else None
        return (mean is None, 0.0 if mean is None else history.goals[0].rank(mean), one["individual"])

    return sorted(latest.values(), key=place)


def has_test(found: Sequence[Mapping[str, Any]]) -> bool:
    """Return whether any was scored on a test part; a user's callable knows of none."""
    return any(name.startswith(_TEST) for one in found for name in one["table"])


def finals_table(found: Sequence[Mapping[str, Any]]) -> Html:
    """Return a table: an individual a row, validation and test value of each metric, mean and its standard error.

    Metrics without a test value are left out, unless there is none at all.
    """
    reported = dict.fromkeys(name for one in found for name in one["table"])
    tested = [name.removeprefix(_TEST) for name in reported if name.startswith(_TEST)]
    names = [name for metric in tested for name in (metric, _TEST + metric)] or list(reported)
    head = [heading("Individual", numeric=True), heading("Trainings", numeric=True)]
    for name in names:
        metric, test = label(name.removeprefix(_TEST), unit=False), name.startswith(_TEST)
        part = "test" if test else "validation"
        head.append(heading(f"{metric}, {part}", "unseen by the search" if test else "chose: optimistic", numeric=True))
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
