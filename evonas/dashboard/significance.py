"""Whether runs differ by more than luck: the tests of ``evonas compare``, as parts of a page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from dash import html

from evonas.dashboard.parts import note, words
from evonas.dashboard.shelf import RunState
from evonas.errors import EvonasError
from evonas.report.formats import DASH, label, number, percent

if TYPE_CHECKING:
    from evonas.compare.comparison import Comparison
    from evonas.compare.significance import Verdict

__all__ = ["significance"]

_GROWN = 1.1  # how much a running run must have grown before all are read and tested again

Kept = dict[tuple[str, ...], tuple[tuple[int, ...], list[Any]]]
"""Keys of runs to their evaluations when they were tested, and what the tests said."""


def significance(states: Sequence[RunState], kept: Kept) -> list[Any]:
    """Return the tests of some runs, or words that say why there are none.

    Args:
        states: the runs.
        kept: what was told before; the tests are made again when the runs have ended or grown by a tenth.
    """
    readable = [state for state in states if state.findings is not None]
    if len(readable) < 2:
        return [words("A test needs two runs or more. Choose them above.")]
    keys = tuple(state.key for state in readable)
    counts = tuple(len(state.findings.history.evaluations) for state in readable if state.findings is not None)
    before, told = kept.get(keys, ((), []))
    same = len(before) == len(counts) and all(
        then == now or (state.status == "running" and then <= now <= _GROWN * then)
        for then, now, state in zip(before, counts, readable, strict=True)
    )
    if not same:
        told = _compared(readable)
        kept[keys] = (counts, told)
    return told


def _compared(states: Sequence[RunState]) -> list[Any]:
    from evonas.compare.comparison import compare_runs  # takes a while to import, and only this view needs it

    try:
        compared = compare_runs([state.path for state in states])
    except EvonasError as error:  # such as runs that were after different things
        return [words(f"These runs cannot be tested against each other. {error}")]
    parts = [_configurations(compared), *_tests(compared)]
    return [*parts, *(note(f"{text[:1].upper()}{text[1:]}.") for text in compared.notes)]


def _tests(compared: Comparison) -> list[Any]:
    from evonas.compare.words import advice, sentences

    if not compared.verdicts:
        seeds = ", ".join(map(str, compared.groups[0].seeds))
        text = f"These runs differ in nothing but their seeds ({seeds}): they are repetitions of one configuration, "
        return [words(f"{text}and there is nothing to test.")]
    tested = [verdict for verdict in compared.verdicts if verdict.method]
    parts: list[Any] = [_table(tested)] if tested else []
    parts += [html.P(text) for text in sentences(compared.verdicts)]
    commands = advice(compared.verdicts)
    if commands:
        parts.append(
            note("A test becomes possible with further seeds (for settings) or retraining (for two networks):")
        )
        parts.append(html.Pre("\n".join(commands), tabIndex=0))
    source = "the best of each search, which is optimistic" if compared.source == "search" else compared.source
    text = f"Tested: {label(compared.goal.metric, unit=False)} ({source}). Two-sided; the interval is 95 % of "
    text += "a bootstrap. Holm's adjustment is for all tests of this table; significant is below 0.05 after it."
    return [*parts, note(text)] if tested else parts


def _configurations(compared: Comparison) -> html.Div:
    """Return mean and standard error of each configuration over its runs."""
    from evonas.compare.statistics import mean_and_error

    rows = []
    for group in compared.groups:
        cells: list[Any] = [html.Th(group.label, scope="row"), html.Td(str(len(group.runs)), className="number")]
        cells.append(html.Td(", ".join(map(str, group.seeds))))
        for values in compared.figures.values():
            own = [values[run.label] for run in group.runs if run.label in values]
            cells.append(html.Td(_with_error(*mean_and_error(own)[:2]) if own else DASH, className="number"))
        rows.append(html.Tr(cells))
    means = [f"Mean {label(figure)}" for figure in compared.figures]
    return _framed(["Configuration", "Runs", "Seeds", *means], rows, "Configurations")


def _table(tested: Sequence[Verdict]) -> html.Div:
    heads = ["Figure", "One", "Other", "Difference of the means", "One is better in", "p", "p, Holm", "Verdict"]
    return _framed([*heads, "Test", "Values"], [_row(verdict) for verdict in tested], "Tests of significance")


def _row(verdict: Verdict) -> html.Tr:
    interval = verdict.interval
    difference = DASH
    if interval is not None:
        difference = number(interval.difference, 3)
        if interval.low == interval.low:
            difference += f" ({number(interval.low, 3)} to {number(interval.high, 3)})"
    said = f"{verdict.better} is better" if verdict.significant and verdict.better else "no significant difference"
    return html.Tr(
        [
            html.Td(label(verdict.figure)),
            html.Td(verdict.one),
            html.Td(verdict.other),
            html.Td(difference, className="number"),
            html.Td(DASH if verdict.superiority is None else percent(verdict.superiority), className="number"),
            html.Td(number(verdict.p, 2), className="number"),
            html.Td(number(verdict.p_holm, 2), className="number"),
            html.Td(html.Strong(said) if verdict.significant else said),
            html.Td(verdict.method),
            html.Td(f"{verdict.counts[0]} and {verdict.counts[1]}", className="number"),
        ]
    )


def _framed(heads: Sequence[str], rows: Sequence[html.Tr], name: str) -> html.Div:
    head = html.Thead(html.Tr([html.Th(text, scope="col") for text in heads]))
    table = html.Table([head, html.Tbody(list(rows))])
    return html.Div(table, className="scroll", tabIndex=0, role="region", **{"aria-label": name})


def _with_error(mean: float, error: float | None) -> str:
    return number(mean) + (f" ± {number(error, 2)}" if error is not None and error == error else "")
