"""``evonas compare``: several runs side by side, and whether they differ by more than luck."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from evonas.cli.app import FormatOption, app
from evonas.cli.columns import print_table, print_words
from evonas.cli.inspection import telling
from evonas.cli.output import Format, print_line, uncertain
from evonas.errors import RunError

if TYPE_CHECKING:
    from evonas.compare.comparison import Comparison

__all__ = ["compare"]

_SETTINGS = 25  # rows that are printed unless they alone are asked for
_WIDE = 60  # signs of a setting
_SPARE = ("failed", "hypervolume", "epochs", "status", "evaluations")  # what a narrow terminal does without


class Part(str, Enum):
    """A part of the comparison."""

    settings = "settings"
    results = "results"
    targets = "targets"
    tests = "tests"


@app.command()
def compare(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN RUN...", help="Two or more run directories.")],
    metric: Annotated[
        str | None, typer.Option("--metric", help="Compare by another metric than the first objective.")
    ] = None,
    target: Annotated[
        list[float] | None,
        typer.Option("--target", metavar="VALUE", help="When was it reached; default: what all of them reached."),
    ] = None,
    ignore: Annotated[
        list[str] | None,
        typer.Option("--ignore", metavar="KEY", help="A setting that makes no other configuration, beside the seed."),
    ] = None,
    to_figure: Annotated[
        Path | None,
        typer.Option(
            "--figure", metavar="FILE", help="Draw the best over evaluations, epochs, time: .html .pdf .png .svg"
        ),
    ] = None,
    only: Annotated[Part | None, typer.Option("--only", help="One part of it; CSV has the results otherwise.")] = None,
    format: FormatOption = Format.table,
) -> None:
    """Set runs side by side: settings, results, when they reached a value, and a test of significance.

    Runs that differ in the seed alone are one configuration. Two configurations are tested against each other over
    their runs, at least two of each; single runs over the retrainings of their winners, where there are any.
    """
    if len(runs) < 2:
        raise RunError(
            "a comparison needs two runs or more",
            file=runs[0],
            hint=f"of a single one: `evonas report {runs[0]}`, `evonas best {runs[0]}`",
        )
    from evonas.compare.comparison import compare_runs
    from evonas.compare.rows import plain

    compared = compare_runs(runs, metric=metric, targets=target or (), ignored=ignore or ())
    if format is Format.json:
        told = plain(compared)
        print_line(json.dumps(told if only is None else told[_KEYS[only]], indent=2, ensure_ascii=False))
    elif format is Format.csv:
        print_table(_flat(plain(compared)[_KEYS[only or Part.results]]), format)
    else:
        for part in Part if only is None else (only,):
            _PRINTED[part](compared, whole=only is not None)
        for note in compared.notes:
            print_words(f"Note: {note}.")
    if to_figure is not None:
        from evonas.compare.figures import write_figure

        for path in write_figure(compared, to_figure):
            print_line(str(path), stderr=True)


_KEYS = {Part.settings: "settings", Part.results: "runs", Part.targets: "targets", Part.tests: "tests"}


def _print_settings(compared: Comparison, *, whole: bool) -> None:
    """Print the settings in which configurations differ, one column each; those that runs of one share or not."""
    from evonas.compare.settings import IGNORED

    place = {run.label: at for at, run in enumerate(compared.runs)}
    rows = []
    for key, values in compared.settings.items():
        if key in IGNORED and key != "versions.evonas":
            continue
        row = {"setting": key}
        for group in compared.groups:
            own = list(dict.fromkeys(_short(values[place[run.label]]) for run in group.runs))
            row[group.label] = own[0] if len(own) == 1 else " | ".join(own)
        rows.append(row)
    shown = rows if whole else rows[:_SETTINGS]
    names = [group.label for group in compared.groups]
    nothing = "no setting differs but for seeds, names, and where evaluations ran"
    print_table(shown, Format.table, wrap=names, empty=nothing)
    if len(shown) < len(rows):
        print_words(f"and {len(rows) - len(shown)} more settings; `--only settings` shows all")


def _print_results(compared: Comparison, *, whole: bool) -> None:
    del whole
    from evonas.report.formats import duration

    metric, several = compared.goal.metric, len(compared.groups) < len(compared.runs)
    rows = []
    for score in compared.scores:
        run = score.run
        rows.append(
            {
                "run": run.label,
                "configuration": score.group if several else None,
                "seed": str(run.record.seed),
                "status": run.status if run.status != "finished" else None,
                f"best {metric}, search": _value(score.best, score.best_error, score.trainings),
                "retrained": _value(score.final, score.final_error, score.seeds),
                "test": _value(score.test, score.test_error, score.seeds),
                "hypervolume": score.hypervolume,
                "evaluations": len(run.history.evaluations),
                "failed": sum(not one.result.completed for one in run.history.evaluations),
                "epochs": run.epochs,
                "time": duration(run.history.seconds),
            }
        )
    print_table(telling(rows), Format.table, spare=_SPARE)
    if any(score.test is not None for score in compared.scores):
        print_words("test: the part that no search saw; the values left of it chose the network, and are optimistic")


def _print_targets(compared: Comparison, *, whole: bool) -> None:
    del whole
    from evonas.report.formats import duration

    rows = [
        {
            f"{compared.goal.metric} reached": one.target,
            "run": one.run,
            "evaluations": one.evaluations,
            "epochs": one.epochs,
            "time": None if one.seconds is None else duration(one.seconds),
        }
        for one in compared.targets
    ]
    never = [one.run for one in compared.targets if one.evaluations is None]
    print_table(rows, Format.table, empty="no run has a value yet")
    if never:
        print_words(f"never reached by: {', '.join(dict.fromkeys(never))}")


def _print_tests(compared: Comparison, *, whole: bool) -> None:
    del whole
    from evonas.compare.words import advice, sentences

    if not compared.verdicts:
        seeds = ", ".join(str(seed) for seed in compared.groups[0].seeds)
        print_words(f"One configuration with seeds {seeds}: there is nothing to test.")
        print_table(_spread(compared), Format.table)
        return
    print_table(_spread(compared), Format.table)
    print_words(f"Tested: {compared.goal.metric} ({compared.source}).")
    for line in sentences(compared.verdicts):
        print_words(line)
    commands = advice(compared.verdicts)
    if commands:
        print_words("What makes a test possible (further seeds for settings, retraining for two networks):")
        for command in commands:
            print_line(f"  {command}")


def _spread(compared: Comparison) -> list[dict[str, Any]]:
    """Return mean and standard error of each configuration over its runs."""
    from evonas.compare.statistics import mean_and_error

    rows = []
    for group in compared.groups:
        row: dict[str, Any] = {"configuration": group.label, "runs": len(group.runs)}
        for name, values in compared.figures.items():
            own = [values[run.label] for run in group.runs if run.label in values]
            row[f"mean {name}"] = uncertain(*mean_and_error(own)) if own else None
        rows.append(row)
    return rows


_PRINTED = {
    Part.settings: _print_settings,
    Part.results: _print_results,
    Part.targets: _print_targets,
    Part.tests: _print_tests,
}


def _flat(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [
        {name: "; ".join(map(str, value)) if isinstance(value, list) else value for name, value in row.items()}
        for row in rows
    ]


def _value(value: float | None, error: float | None, trainings: int) -> str | None:
    return None if value is None else uncertain(value, error, trainings)


def _short(value: Any) -> str:
    from evonas.report.formats import gene_value, shortened

    return shortened(gene_value(value), _WIDE)
