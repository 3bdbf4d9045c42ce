"""``evonas lineage stats``: a run in figures: what became of it, what its operators did, who lives, what it cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evonas.cli.app import FormatOption, RunArgument
from evonas.cli.columns import print_columns, spelled
from evonas.cli.lineage.asking import group
from evonas.cli.output import Format, figure, print_line
from evonas.cli.where import WhereOption, kept, open_store

if TYPE_CHECKING:
    from evonas.lineage import StoredResult
    from evonas.lineage.outline import Outline
    from evonas.records import Individual
    from evonas.report.history import RunHistory

__all__ = ["stats"]

Section = list[dict[str, Any]]
_MOST_FOUNDERS = 8
_TITLES = {
    "run": "",
    "statuses": "evaluations by status",
    "operators": "operators: children better than their primary parent, with the 95 % interval",
    "population": "the population now",
    "founders": "founders: the part of the population that descends from each",
    "rungs": "time and cost by rung",
}


@group.command()
def stats(run: RunArgument, where: WhereOption = None, format: FormatOption = Format.table) -> None:
    """Show a run in figures: evaluations by status, operators, population, founders, time and cost.

    With --where, only individuals that meet the filter are counted.
    """
    from evonas.lineage.outline import Outline

    with Outline(run) as outline:
        sections = _sections(outline, _counted(run, where))
    if format is Format.table:
        _print_sections(sections)
    elif format is Format.json:
        print_line(_as_json(sections))
    else:
        rows = [
            {"section": section, "row": place, "name": name, "value": value}
            for section, lines in sections.items()
            for place, line in enumerate(lines)
            for name, value in line.items()
        ]
        print_columns(rows, format)


def _counted(run: Path, where: Sequence[str] | None) -> set[int] | None:
    """Return who meets the filters; None for everybody where there are none."""
    if not where:
        return None
    with open_store(run) as store:
        return kept(store, where).numbers


def _sections(outline: Outline, numbers: set[int] | None) -> dict[str, Section]:
    everyone, everything = outline.individuals(), outline.results()
    counted = {one.number for one in everyone} if numbers is None else numbers
    history = _history(outline, everyone, everything, counted)
    results = [one for one in everything if one.result.individual in counted]
    individuals = [one for one in everyone if one.number in counted]
    pending = sum(individual in counted for individual in outline.pending())
    sections = {
        "run": [_overview(outline, individuals, results, pending)],
        "statuses": _statuses(results, pending),
        "operators": _operators(history, individuals),
        **_population(history),
        "rungs": _rungs(results),
    }
    return {name: lines for name, lines in sections.items() if lines}


def _history(
    outline: Outline, everyone: Sequence[Individual], everything: Sequence[StoredResult], counted: set[int]
) -> RunHistory:
    """Return the run as the report's analyses take it, without learning curves.

    All individuals stay in it, as parents of those that are counted; the others neither live nor have parents.
    """
    from evonas.report.history import Evaluation, Goal, RunHistory

    run = outline.run
    judged = {
        one.number: one if one.number in counted else replace(one, birth=replace(one.birth, parents=()))
        for one in everyone
    }
    evaluations = tuple(
        Evaluation(order, judged[one.result.individual], one.result, one.completed_at, one.trained, one.repeat)
        for order, one in enumerate(everything, start=1)
        if one.result.individual in judged
    )
    return RunHistory(
        run,
        tuple(Goal(metric, maximise) for metric, maximise in run.directions),
        {one.number: one for one in everyone},
        evaluations,
        lives={number: life if number in counted else (0, 0) for number, life in outline.lives().items()},
    )


def _overview(
    outline: Outline, individuals: Sequence[Individual], results: Sequence[StoredResult], pending: int
) -> dict[str, Any]:
    record = outline.run
    generations = [individual.birth.generation for individual in individuals]
    trained = [one for one in results if one.result.answered_by is None]
    return {
        "name": record.name,
        "status": record.status,
        "individuals": len(individuals),
        "genomes": len({individual.genome.id for individual in individuals}),
        "generations": max(generations, default=None),
        "evaluations": len(results),
        "pending": pending,
        "answered by the memo": len(results) - len(trained),
        "epochs": sum(one.result.epochs for one in trained),
        "hours of the run": outline.elapsed() / 3600,
        "hours of evaluations": sum(one.result.seconds for one in trained) / 3600,
    }


def _statuses(results: Sequence[StoredResult], pending: int) -> Section:
    by_status: dict[str, list[float]] = {}
    for one in results:
        by_status.setdefault(one.result.status.value, []).append(one.result.seconds)
    total = len(results) + pending
    rows = [
        {
            "status": status,
            "evaluations": len(seconds),
            "share": len(seconds) / total,
            "hours": sum(seconds) / 3600,
            "median seconds": _median(seconds),
        }
        for status, seconds in sorted(by_status.items(), key=lambda pair: -len(pair[1]))
    ]
    if pending:
        unknown = {"hours": None, "median seconds": None}
        rows.append({"status": "pending", "evaluations": pending, "share": pending / total, **unknown})
    return rows


def _operators(history: RunHistory, individuals: Sequence[Individual]) -> Section:
    from evonas.report.analysis import operator_successes, wilson_interval

    births = Counter(name for one in individuals for name in dict.fromkeys(one.birth.operators))
    known = {row.operator: row for row in operator_successes(history)}
    rows = []
    for name in [*known, *sorted(births.keys() - known.keys())]:
        row = known.get(name)
        low, high = wilson_interval(row.better, row.children) if row else (None, None)
        rows.append(
            {
                "operator": name,
                "births": births[name],
                "compared": row.children if row else 0,
                "better": row.better if row else None,
                "share": row.share if row else None,
                "from": low,
                "to": high,
            }
        )
    return rows


def _population(history: RunHistory) -> dict[str, Section]:
    """Return who lives at the end, and from whom they descend; empty where nobody lives."""
    from evonas.report.analysis import common_ancestor, diversity_over_time, founder_shares

    # Of two points in time the second one is the end.
    lines, pedigree = (founder_shares(history, by=by, points=2, most=10**6) for by in ("primary", "pedigree"))
    if lines is None or pedigree is None or not lines.lines[-1]:
        return {}
    ancestor, diversity = common_ancestor(history, points=2), diversity_over_time(history, points=2)
    population: dict[str, Any] = {"living": 1 if diversity is None else int(diversity.living[-1])}
    if diversity is not None:
        population["share of distinct genomes"] = _known(diversity.distinct[-1])
        population["mean genome distance"] = _known(diversity.distance[-1])
    population["founder lines"] = int(lines.lines[-1])
    if ancestor is not None:
        shared = int(ancestor.individual[-1])
        population["common ancestor"] = shared if shared >= 0 else None
        population["its age in evaluations"] = None if shared < 0 else int(ancestor.age[-1])
    by_pedigree = dict(zip(pedigree.founders.tolist(), pedigree.shares[-1].tolist(), strict=False))
    by_line = dict(zip(lines.founders.tolist(), lines.shares[-1].tolist(), strict=False))
    shares = {number: (by_line.get(number, 0.0), by_pedigree.get(number, 0.0)) for number in {*by_line, *by_pedigree}}
    order = sorted((number for number in shares if any(shares[number])), key=lambda one: (shares[one], -one))[::-1]
    founders = [
        {
            "founder": number,
            "operators": _origin(history.individuals[number]),
            "line of primary parents": shares[number][0],
            "all parents": shares[number][1],
        }
        for number in order[:_MOST_FOUNDERS]
    ]
    return {"population": [population], "founders": founders}


def _rungs(results: Sequence[StoredResult]) -> Section:
    by_rung: dict[int, list[StoredResult]] = {}
    for one in results:
        by_rung.setdefault(one.result.rung, []).append(one)
    return [
        {
            "rung": rung,
            "individuals": len({one.result.individual for one in ended}),
            "evaluations": len(ended),
            "repeats": sum(one.repeat > 0 for one in ended),
            "epochs": sum(one.result.epochs for one in ended if one.result.answered_by is None),
            "hours": sum(one.result.seconds for one in ended) / 3600,
            "median seconds": _median([one.result.seconds for one in ended]),
        }
        for rung, ended in sorted(by_rung.items())
    ]


def _origin(individual: Individual) -> str:
    primary = individual.birth.primary
    source = "" if primary is None else f" from {primary.source or primary.run}"
    return " ".join(individual.birth.operators) + source


def _median(values: Sequence[float]) -> float | None:
    from statistics import median

    return median(values) if values else None


def _known(value: Any) -> float | None:
    return None if value != value else float(value)


def _as_json(sections: Mapping[str, Section]) -> str:
    import json

    single = {name: lines[0] if name in ("run", "population") else lines for name, lines in sections.items()}
    return json.dumps(single, indent=2, ensure_ascii=False)


def _print_sections(sections: Mapping[str, Section]) -> None:
    shown: Mapping[str, Callable[[Section], Section]] = {"run": _upright, "population": _upright}
    for name, lines in sections.items():
        if _TITLES[name]:
            print_line()
            print_line(spelled(_TITLES[name]))
        print_columns(shown.get(name, _rounded)(lines), Format.table)


def _upright(lines: Section) -> Section:
    return [
        {"what": name, "value": figure(round(value, 4) if isinstance(value, float) else value)}
        for name, value in lines[0].items()
        if value is not None
    ]


def _rounded(lines: Section) -> Section:
    return [
        {name: float(f"{value:.4g}") if isinstance(value, float) else value for name, value in line.items()}
        for line in lines
    ]
