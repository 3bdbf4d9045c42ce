"""Metrics of Cherenkov telescopes: particle type by energy, energies and directions of gamma rays."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from evonas.training.heads import Head, Scored
from evonas.training.metrics import direction, energy
from evonas.training.metrics.bins import populated
from evonas.training.metrics.metric import Metric, MetricSettings, heads_of_kind
from evonas.training.metrics.regression import absolute_errors
from evonas.training.metrics.roc import Roc
from evonas.training.metrics.statistics import Counts, Statistic, mean, restricted

__all__ = ["ENERGY", "PHYSICS", "signal_events"]

ENERGY = "energy"
"""The head of log10(E/TeV)."""


def signal_events(scored: Scored, settings: MetricSettings) -> NDArray[np.bool_]:
    """Return which events are gamma rays, (events,): those that energies and directions are measured of.

    The column ``true_class`` says so (1), else the truth of a classification; where there is neither, all are.
    """
    signal: NDArray[np.bool_] = np.ones(len(scored), bool)
    types = heads_of_kind(scored.heads, "classification")
    if "true_class" in scored.events:
        signal = scored.events["true_class"] == 1
    elif len(types) == 1 and types[0].outputs == 2:
        signal = scored.truth[types[0].name] == settings.signal_class
    return signal


def _relative_errors(scored: Scored, head: Head, rows: NDArray[np.bool_]) -> NDArray[np.float64]:
    return energy.relative_errors(scored.truth[head.name][rows], scored.answers[head.name][rows])


def _energy_bias(scored: Scored, head: Head, settings: MetricSettings) -> Statistic:
    rows = signal_events(scored, settings)
    return restricted(rows, energy.bias(_relative_errors(scored, head, rows)))


def _energy_resolution(scored: Scored, head: Head, settings: MetricSettings) -> Statistic:
    rows = signal_events(scored, settings)
    return restricted(rows, energy.resolution(_relative_errors(scored, head, rows)))


def _energy_mae(scored: Scored, head: Head, settings: MetricSettings) -> Statistic:
    rows = signal_events(scored, settings)
    return restricted(rows, mean(absolute_errors(scored.truth[head.name][rows], scored.answers[head.name][rows])))


def _angular_resolution(scored: Scored, head: Head, settings: MetricSettings) -> Statistic:
    rows = signal_events(scored, settings)
    return restricted(rows, direction.containment(direction.offsets(scored, head)[rows]))


def _auc_mean_energy(scored: Scored, head: Head, settings: MetricSettings) -> Statistic:
    signal = scored.truth[head.name] == settings.signal_class
    score = scored.answers[head.name][:, settings.signal_class]
    bins = populated(scored.events["true_energy"], signal, ~signal)
    areas = [restricted(rows, Roc(signal[rows], score[rows]).area) for rows in bins]

    def statistic(counts: Counts) -> float:
        return float(np.mean([area(counts) for area in areas])) if areas else float("nan")

    return statistic


_NO_GAMMA = "none of the {events} events is a gamma ray"

PHYSICS = (
    Metric(
        "auc_mean_energy",
        "classification",
        "mean of the AUC over the bins of true energy, five a decade, that hold ten events of each class: every energy "
        "counts alike, and differences between the spectra of the classes do not help",
        range="[0, 1], 0.5 for guessing",
        two_classes=True,
        events=("true_energy",),
        undefined="no bin of true energy, five a decade, holds ten of the {events} events of each class",
        prepare=_auc_mean_energy,
    ),
    Metric(
        "energy_bias",
        "regression",
        "median of (reconstructed - true) / true energy of the gamma rays; best at 0, so that it is no objective",
        range="(-1, inf)",
        heads=(ENERGY,),
        undefined=_NO_GAMMA,
        best=0.0,
        prepare=_energy_bias,
    ),
    Metric(
        "energy_resolution",
        "regression",
        "half the width of the central 68.27 % of (reconstructed - true) / true energy of the gamma rays",
        heads=(ENERGY,),
        undefined=_NO_GAMMA,
        prepare=_energy_resolution,
    ),
    Metric(
        "energy_mae",
        "regression",
        "mean absolute error of the decimal logarithm of the energy of the gamma rays",
        unit="log10(TeV)",
        heads=(ENERGY,),
        undefined=_NO_GAMMA,
        prepare=_energy_mae,
    ),
    Metric(
        "angular_resolution",
        "regression",
        "angle from the true direction that contains 68.27 % of the reconstructed ones, of the gamma rays",
        unit="deg",
        range="[0, 180]",
        heads=direction.DIRECTIONS,
        undefined=_NO_GAMMA,
        prepare=_angular_resolution,
    ),
)
"""The metrics that need to know what a head means."""
