"""``evonas metrics``: figures of merit of CTLearn's prediction (DL2) files."""

from __future__ import annotations

import json
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from evonas.cli.app import FormatOption, app
from evonas.cli.columns import print_table
from evonas.cli.output import Format, print_line

if TYPE_CHECKING:
    from evonas.report.measured import Measured

__all__ = ["metrics"]


class _Level(str, Enum):
    telescope = "telescope"
    subarray = "subarray"


class _Score(str, Enum):
    auto = "auto"
    gammaness = "gammaness"
    hadronness = "hadronness"


@app.command()
def metrics(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE...", help="DL2 files of ctlearn-predict-*; gammas and protons together."),
    ],
    to: Annotated[Path | None, typer.Option("--to", metavar="PAGE", help="Write curves as an HTML page.")] = None,
    points: Annotated[
        Path | None,
        typer.Option("--csv", metavar="DIR", help="Write figures and the points of the curves here, as CSV."),
    ] = None,
    prefix: Annotated[str, typer.Option("--prefix", help="CTLearn's prefix when it predicted.")] = "CTLearn",
    level: Annotated[
        _Level | None, typer.Option("--level", help="Single images or whole events; default: images where predicted.")
    ] = None,
    signal_id: Annotated[
        int, typer.Option("--signal-id", help="true_shower_primary_id of the signal; 0 is a gamma ray.")
    ] = 0,
    score: Annotated[
        _Score, typer.Option("--score", help="What CTLearn's `prediction` is; auto: what the events say.")
    ] = _Score.auto,
    signal_efficiency: Annotated[
        float, typer.Option(min=1e-6, max=1, help="Signal efficiency of the background rejection.")
    ] = 0.5,
    background_efficiency: Annotated[
        float, typer.Option(min=1e-6, max=1, help="Background efficiency of the signal efficiency.")
    ] = 0.01,
    resamples: Annotated[int, typer.Option(min=10, help="Resamples of the bootstrap for the errors.")] = 200,
    format: FormatOption = Format.table,
) -> None:
    """Measure CTLearn's predictions: AUC, energy and angular resolution, with errors and curves."""
    from evonas.report.measured import measure, write_points
    from evonas.training.ctlearn.predictions import read_predictions
    from evonas.training.metrics import MetricSettings

    predictions = read_predictions(
        files,
        prefix=prefix,
        level=None if level is None else level.value,
        signal_id=signal_id,
        score=score.value,
    )
    settings = MetricSettings(signal_efficiency, background_efficiency=background_efficiency)
    wanted = to is not None or points is not None
    measured = measure(predictions, settings, curves=wanted, resamples=resamples)
    _show(measured, format)
    if points is not None:
        for file in write_points(measured, points):
            print_line(str(file), stderr=True)
    if to is not None:
        from evonas.report.measured_page import write_measured

        print_line(str(write_measured(measured, to)), stderr=True)


def _show(measured: Measured, format: Format) -> None:
    for note in measured.notes:
        print_line(f"note: {note}", stderr=True)
    if format is Format.json:
        print_line(json.dumps(measured.to_dict(), indent=2, ensure_ascii=False))
        return
    signal, background = measured.events
    if format is Format.table:
        what = "images" if measured.predictions.level == "telescope" else "events"
        print_line(f"{signal:,} signal and {background:,} background {what}")
    figures = measured.to_dict()["metrics"]
    rows: list[dict[str, Any]] = [{"metric": name, **values} for name, values in figures.items()]
    print_table(rows, format)
