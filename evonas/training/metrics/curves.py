"""Curves beside the figures of merit: the ROC curve, and what varies with energy, each point with its error."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from evonas.training.heads import Head, Scored
from evonas.training.metrics import pyirf_benchmarks
from evonas.training.metrics.bins import LEAST, bin_numbers, edges
from evonas.training.metrics.bootstrap import RESAMPLES, deviations
from evonas.training.metrics.direction import DIRECTIONS, containment, offsets
from evonas.training.metrics.energy import bias, relative_errors, resolution
from evonas.training.metrics.metric import MetricSettings, heads_of_kind
from evonas.training.metrics.physics import ENERGY, signal_events
from evonas.training.metrics.roc import Roc
from evonas.training.metrics.statistics import Counts, Statistic, restricted

__all__ = [
    "EnergyCurve",
    "RocCurve",
    "angular_resolution_curve",
    "auc_curve",
    "energy_curves",
    "roc_curve",
    "true_energies",
]

_ROC_POINTS = 1000  # kept at most


@dataclass(frozen=True)
class EnergyCurve:
    """A figure of merit in bins of true energy.

    Attributes:
        name: what it is, such as ``energy_resolution``.
        unit: its unit; empty for a pure number.
        edges: (bins + 1,) TeV.
        events: (bins,) events that it was computed from.
        values: (bins,); NaN where a bin has fewer than ten events (of each class).
        errors: (bins,) standard errors from a bootstrap, NaN likewise.
    """

    name: str
    unit: str
    edges: NDArray[np.float64]
    events: NDArray[np.int64]
    values: NDArray[np.float64]
    errors: NDArray[np.float64] = field(repr=False)

    @property
    def centres(self) -> NDArray[np.float64]:
        """The middle of each bin on a logarithmic axis, TeV."""
        middles: NDArray[np.float64] = np.sqrt(self.edges[:-1] * self.edges[1:])
        return middles


@dataclass(frozen=True)
class RocCurve:
    """A ROC curve, thinned to at most a thousand points.

    Attributes:
        threshold: (points,) score at or above which an event is accepted, falling; the first is infinite.
        signal_efficiency: (points,) true-positive rate.
        background_efficiency: (points,) false-positive rate.
        errors: (points,) standard error of the signal efficiency at that background efficiency, from a bootstrap.
    """

    threshold: NDArray[np.float64]
    signal_efficiency: NDArray[np.float64]
    background_efficiency: NDArray[np.float64]
    errors: NDArray[np.float64]


def roc_curve(scored: Scored, settings: MetricSettings | None = None, *, number: int = RESAMPLES) -> RocCurve | None:
    """Return the ROC curve of the particle type; None where there are not two classes of events.

    Args:
        scored: truth and answers.
        settings: which class is the signal.
        number: resamples of the bootstrap.
    """
    settings = settings or MetricSettings()
    head = _type_head(scored)
    if head is None or len(np.unique(scored.truth[head.name])) < 2:
        return None
    roc = Roc(scored.truth[head.name] == settings.signal_class, scored.answers[head.name][:, settings.signal_class])
    accepted, passed = roc.points()
    keep = _spread_out(accepted / accepted[-1], passed / passed[-1])
    false = passed[keep] / passed[-1]

    def efficiencies(counts: NDArray[np.int64]) -> NDArray[np.float64]:
        signal, background = roc.points(counts)
        at = np.interp(false, background / max(1, background[-1]), signal / max(1, signal[-1]))
        return np.asarray(at, np.float64)

    errors = deviations({"roc": efficiencies}, scored, number=number)["roc"]
    return RocCurve(roc.thresholds()[keep], accepted[keep] / accepted[-1], false, errors)


def auc_curve(scored: Scored, settings: MetricSettings | None = None, *, number: int = RESAMPLES) -> EnergyCurve | None:
    """Return the AUC by true energy, signal and background of the same bin against each other.

    Args:
        scored: truth and answers, with ``true_energy`` among the events.
        settings: which class is the signal.
        number: resamples of the bootstrap.

    Returns:
        None where there are not two classes of events, or their energies are unknown.
    """
    settings = settings or MetricSettings()
    head, energies = _type_head(scored), true_energies(scored)
    if head is None or energies is None or len(np.unique(scored.truth[head.name])) < 2:
        return None
    signal = scored.truth[head.name] == settings.signal_class
    score = scored.answers[head.name][:, settings.signal_class]
    bins = _Bins(scored, np.ones(len(scored), bool), energies, (signal, ~signal))
    areas = bins.statistics(lambda rows: Roc(signal[rows], score[rows]).area)
    values = np.array([np.nan if area is None else area(None) for area in areas])
    return bins.curve("auc", "", values, areas, number)


def energy_curves(
    scored: Scored, settings: MetricSettings | None = None, *, number: int = RESAMPLES
) -> tuple[EnergyCurve, EnergyCurve] | None:
    """Return bias and resolution of the gamma rays' energies by true energy, through pyirf.

    Args:
        scored: truth and answers.
        settings: which class is the signal.
        number: resamples of the bootstrap.

    Returns:
        None where there is no energy, or no gamma ray.

    Raises:
        DependencyError: if pyirf is not installed.
    """
    heads = heads_of_kind(scored.heads, "regression", (ENERGY,))
    signal = signal_events(scored, settings or MetricSettings())
    if not heads or not signal.any():
        return None
    true, answers = (part[ENERGY].astype(np.float64).reshape(-1) for part in (scored.truth, scored.answers))
    errors = relative_errors(true, answers)
    bins = _Bins(scored, signal, 10.0**true, (signal,))
    found = pyirf_benchmarks.energy_bias_resolution(10.0 ** true[signal], 10.0 ** answers[signal], bins.edges)
    return (
        bins.curve("energy_bias", "", found[0], bins.statistics(lambda rows: bias(errors[rows])), number),
        bins.curve("energy_resolution", "", found[1], bins.statistics(lambda rows: resolution(errors[rows])), number),
    )


def angular_resolution_curve(
    scored: Scored, settings: MetricSettings | None = None, *, number: int = RESAMPLES
) -> EnergyCurve | None:
    """Return the angular resolution of the gamma rays by true energy, through pyirf.

    Args:
        scored: truth and answers.
        settings: which class is the signal.
        number: resamples of the bootstrap.

    Returns:
        None where there is no direction, no gamma ray, or no true energy.

    Raises:
        DataError: if places in a camera are to become angles, and the focal length is unknown.
        DependencyError: if pyirf is not installed.
    """
    heads = heads_of_kind(scored.heads, "regression", DIRECTIONS)
    signal, energies = signal_events(scored, settings or MetricSettings()), true_energies(scored)
    if not heads or energies is None or not signal.any():
        return None
    angles = offsets(scored, heads[0])
    bins = _Bins(scored, signal, energies, (signal,))
    values = pyirf_benchmarks.angular_resolution(energies[signal], angles[signal], bins.edges)
    return bins.curve(
        "angular_resolution", "deg", values, bins.statistics(lambda rows: containment(angles[rows])), number
    )


def true_energies(scored: Scored) -> NDArray[np.float64] | None:
    """Return the true energies, (events,) TeV; None where they are unknown."""
    if "true_energy" in scored.events:
        return np.asarray(scored.events["true_energy"], np.float64)
    if ENERGY in scored.truth:
        return np.asarray(10.0 ** scored.truth[ENERGY].astype(np.float64).reshape(-1))
    return None


class _Bins:
    """The bins of energy of some of the events."""

    def __init__(
        self,
        scored: Scored,
        rows: NDArray[np.bool_],
        energies: NDArray[np.float64],
        groups: tuple[NDArray[np.bool_], ...],
    ) -> None:
        self._scored = scored
        self.edges = edges(energies[rows])
        numbers = bin_numbers(energies)
        first = int(numbers[rows].min())
        self._rows = [rows & (numbers == first + at) for at in range(len(self.edges) - 1)]
        self._filled = [all(np.count_nonzero(own & group) >= LEAST for group in groups) for own in self._rows]

    def statistics(self, prepare: Callable[[NDArray[np.bool_]], Statistic]) -> list[Statistic | None]:
        """Return the statistic of each bin, None where it has too few events."""
        pairs = zip(self._rows, self._filled, strict=True)
        return [restricted(rows, prepare(rows)) if filled else None for rows, filled in pairs]

    def curve(
        self, name: str, unit: str, values: NDArray[np.float64], statistics: list[Statistic | None], number: int
    ) -> EnergyCurve:
        """Return the values in bins with enough events, with errors from the statistics."""

        def all_bins(counts: Counts) -> list[float]:
            return [float("nan") if statistic is None else statistic(counts) for statistic in statistics]

        errors = deviations({name: all_bins}, self._scored, number=number)[name]
        amounts = np.array([np.count_nonzero(rows) for rows in self._rows], np.int64)
        return EnergyCurve(name, unit, self.edges, amounts, np.where(self._filled, values, np.nan), errors)


def _type_head(scored: Scored) -> Head | None:
    heads = heads_of_kind(scored.heads, "classification")
    return heads[0] if len(heads) == 1 and heads[0].outputs == 2 else None


def _spread_out(true: NDArray[np.float64], false: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return which points of a long ROC curve to keep: evenly spaced along it, and its ends."""
    if len(true) <= _ROC_POINTS:
        return np.arange(len(true))
    length = np.concatenate([[0.0], np.cumsum(np.abs(np.diff(true)) + np.abs(np.diff(false)))])
    places = np.searchsorted(length, np.linspace(0, length[-1], _ROC_POINTS))
    return np.unique(np.concatenate([[0], places, [len(true) - 1]]))
