"""The figures of merit of CTLearn's predictions: measured once, then printed, drawn or written as CSV."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evonas.errors import StorageError
from evonas.training.ctlearn.predictions import Predictions
from evonas.training.metrics import METRICS, MetricSettings, bootstrap_errors, defaults
from evonas.training.metrics.bootstrap import RESAMPLES
from evonas.training.metrics.curves import (
    EnergyCurve,
    RocCurve,
    angular_resolution_curve,
    auc_curve,
    energy_curves,
    roc_curve,
)

__all__ = ["Figure", "Measured", "measure", "write_points"]

_ROC_COLUMNS = ("threshold", "background_efficiency", "signal_efficiency", "signal_efficiency_error")
_LEFT_OUT = ("loss",)  # the sum over the heads of a network; the files may be of several networks


@dataclass(frozen=True)
class Figure:
    """A figure of merit.

    Attributes:
        metric: its name, see :data:`evonas.training.metrics.METRICS`.
        value: its value.
        error: its standard error from a bootstrap over showers; NaN where there is none.
        unit: its unit; empty for a pure number.
    """

    metric: str
    value: float
    error: float
    unit: str


@dataclass(frozen=True)
class Measured:
    """What was measured of some predictions.

    Attributes:
        predictions: the predictions.
        settings: signal and background efficiency.
        figures: figures of merit.
        roc: the ROC curve; None where there are not two classes.
        curves: by energy: AUC, energy bias and resolution, angular resolution, those that can be had.
        notes: what the reader has to know.
    """

    predictions: Predictions
    settings: MetricSettings
    figures: tuple[Figure, ...]
    roc: RocCurve | None
    curves: tuple[EnergyCurve, ...]
    notes: tuple[str, ...]

    @property
    def events(self) -> tuple[int, int]:
        """Number of signal and of background events."""
        signal = int(np.count_nonzero(self.predictions.scored.events["true_class"] == 1))
        return signal, len(self.predictions.scored) - signal

    def to_dict(self) -> dict[str, Any]:
        """Return files, events and figures as plain JSON; a figure or error that is not defined is None."""
        signal, background = self.events
        return {
            "files": [str(file) for file in self.predictions.files],
            "level": self.predictions.level,
            "score": self.predictions.score,
            "signal_events": signal,
            "background_events": background,
            "signal_efficiency": self.settings.signal_efficiency,
            "background_efficiency": self.settings.background_efficiency,
            "metrics": {
                one.metric: {"value": one.value, "error": _or_none(one.error), "unit": one.unit} for one in self.figures
            },
            "notes": list(self.notes),
        }


def measure(
    predictions: Predictions,
    settings: MetricSettings | None = None,
    *,
    curves: bool = True,
    resamples: int = RESAMPLES,
) -> Measured:
    """Measure all figures of merit that the predictions allow.

    Args:
        predictions: the predictions.
        settings: signal and background efficiency.
        curves: whether to compute curves, too.
        resamples: of the bootstrap.

    Raises:
        DependencyError: if curves of energies or directions are asked for, and pyirf is not installed.
    """
    settings = settings or MetricSettings()
    scored, notes = predictions.scored, list(predictions.notes)
    names = [name for name in defaults(scored.heads, scored.events) if name not in _LEFT_OUT]
    values = {name: METRICS[name].statistic(scored, settings)(None) for name in names}
    for name, value in values.items():
        if np.isnan(value):
            notes.append(f"{name} is left out: {METRICS[name].undefined.format(events=len(scored))}")
    defined = [name for name, value in values.items() if not np.isnan(value)]
    errors = bootstrap_errors(defined, scored, settings, number=resamples)
    figures = tuple(Figure(name, values[name], errors[name], METRICS[name].unit) for name in defined)
    if not curves:
        return Measured(predictions, settings, figures, None, (), tuple(notes))
    by_energy = (
        auc_curve(scored, settings, number=resamples),
        *(energy_curves(scored, settings, number=resamples) or ()),
        angular_resolution_curve(scored, settings, number=resamples),
    )
    found = tuple(curve for curve in by_energy if curve is not None)
    return Measured(predictions, settings, figures, roc_curve(scored, settings, number=resamples), found, tuple(notes))


def write_points(measured: Measured, folder: Path) -> list[Path]:
    """Write figures and curves as CSV files, one a curve.

    Args:
        measured: what was measured.
        folder: made if it is missing; files of the same names are replaced.

    Returns:
        The files.

    Raises:
        StorageError: if they cannot be written.
    """
    files = [_rows(folder / "metrics.csv", ("metric", "value", "error", "unit"), _figure_rows(measured))]
    if measured.roc is not None:
        files.append(_rows(folder / "roc.csv", _ROC_COLUMNS, _roc_rows(measured.roc)))
    for curve in measured.curves:
        name = f"{curve.name}_{curve.unit}" if curve.unit else curve.name
        names = ("true_energy_low_TeV", "true_energy_high_TeV", "events", name, f"{name}_error")
        files.append(_rows(folder / f"{curve.name}.csv", names, _energy_rows(curve)))
    return files


def _roc_rows(curve: RocCurve) -> list[tuple[Any, ...]]:
    columns = (curve.threshold, curve.background_efficiency, curve.signal_efficiency, curve.errors)
    return list(zip(*(column.tolist() for column in columns), strict=True))


def _energy_rows(curve: EnergyCurve) -> list[tuple[Any, ...]]:
    columns: tuple[NDArray[Any], ...] = (curve.edges[:-1], curve.edges[1:], curve.events, curve.values, curve.errors)
    return list(zip(*(column.tolist() for column in columns), strict=True))


def _figure_rows(measured: Measured) -> list[tuple[Any, ...]]:
    return [(one.metric, one.value, one.error, one.unit) for one in measured.figures]


def _rows(path: Path, names: Sequence[str], rows: Sequence[Sequence[Any]]) -> Path:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(names)
            writer.writerows([["" if value != value else value for value in row] for row in rows])
    except OSError as error:
        raise StorageError(
            f"cannot write the points: {error.strerror or error}",
            file=path,
            hint="free some space, or name another place with `--csv`",
        ) from error
    return path


def _or_none(value: float) -> float | None:
    return None if np.isnan(value) else value
