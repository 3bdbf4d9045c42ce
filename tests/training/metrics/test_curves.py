"""Curves of Cherenkov telescopes' figures of merit, against scikit-learn and the figures over all energies."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from sklearn import metrics as reference

from evonas.errors import DependencyError
from evonas.training.ctlearn.tasks import ENERGY, SKY_DIRECTION, TYPE
from evonas.training.heads import Scored
from evonas.training.metrics import compute
from evonas.training.metrics.curves import angular_resolution_curve, auc_curve, energy_curves, roc_curve


def showers(events=4000, seed=0):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, events)
    log = rng.uniform(-1, 1, (events, 1))
    place = rng.uniform(-1, 1, (events, 2))
    worse = 0.1 * (1 - log / 2)  # better at high energies
    signal = 1 / (1 + np.exp(-rng.normal((2.0 * y - 1) * (1 + log[:, 0]), 1)))
    answers = {
        "type": np.stack([1 - signal, signal], axis=1),
        "energy": log + rng.normal(0, 1, (events, 1)) * worse,
        "skydirection": place + rng.normal(0, 1, (events, 2)) * worse,
    }
    truth = {"type": y, "energy": log, "skydirection": place}
    return Scored((TYPE, ENERGY, SKY_DIRECTION), truth, answers, {"true_energy": 10.0 ** log[:, 0]})


def test_a_roc_curve_keeps_its_area_when_it_is_thinned():
    scored = showers()
    curve = roc_curve(scored, number=20)
    assert len(curve.threshold) <= 1002
    assert curve.threshold[0] == np.inf and np.all(np.diff(curve.threshold) < 0)
    found = reference.auc(curve.background_efficiency, curve.signal_efficiency)
    assert found == pytest.approx(reference.roc_auc_score(scored.truth["type"], scored.answers["type"][:, 1]), abs=1e-4)
    middle = np.argmin(np.abs(curve.background_efficiency - 0.1))
    at = curve.signal_efficiency[middle]
    assert curve.errors[middle] == pytest.approx(np.sqrt(at * (1 - at) / 2000), rel=1.0)
    assert curve.errors[0] >= 0 and curve.errors[-1] == pytest.approx(0)


def test_each_bin_is_the_figure_of_its_events():
    pytest.importorskip("pyirf")
    scored = showers()
    bias, resolution = energy_curves(scored, number=20)
    curves = {"auc": auc_curve(scored, number=20), "energy_bias": bias, "energy_resolution": resolution}
    curves["angular_resolution"] = angular_resolution_curve(scored, number=20)
    for name, curve in curves.items():
        assert curve.name == name and len(curve.values) == 10
        assert curve.edges == pytest.approx(10.0 ** np.linspace(-1, 1, 11))
        assert np.all((curve.centres > curve.edges[:-1]) & (curve.centres < curve.edges[1:]))
        for at in (0, 4, 9):
            energies = scored.events["true_energy"]
            own = scored.take(np.flatnonzero((energies >= curve.edges[at]) & (energies < curve.edges[at + 1])))
            assert curve.values[at] == pytest.approx(compute([name], own)[name], rel=1e-9)
            assert 0 < curve.errors[at] < 0.1
    assert curves["auc"].values[-1] > curves["auc"].values[0]
    assert resolution.values[-1] < resolution.values[0]
    assert curves["auc"].events.sum() == 4000
    assert bias.events.sum() == np.sum(scored.truth["type"] == 1)


def test_bins_with_few_events_have_no_figure():
    pytest.importorskip("pyirf")
    scored = showers()
    energies = scored.events["true_energy"]
    few = scored.take(np.concatenate([np.flatnonzero(energies > 1), np.flatnonzero(energies < 0.12)[:9]]))
    for curve in (auc_curve(few, number=5), energy_curves(few, number=5)[1], angular_resolution_curve(few, number=5)):
        assert np.isnan(curve.values[0]) and np.isnan(curve.errors[0])
        assert np.isfinite(curve.values[-1]) and np.isfinite(curve.errors[-1])


def test_what_is_not_there_has_no_curve():
    scored = showers(100)
    gammas = scored.take(np.flatnonzero(scored.truth["type"] == 1))
    assert roc_curve(gammas) is None and auc_curve(gammas) is None
    protons = scored.take(np.flatnonzero(scored.truth["type"] == 0))
    assert energy_curves(protons) is None and angular_resolution_curve(protons) is None
    types = Scored((TYPE,), {"type": scored.truth["type"]}, {"type": scored.answers["type"]})
    assert auc_curve(types) is None and energy_curves(types) is None


def test_pyirf_is_asked_for(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyirf", None)
    with pytest.raises(DependencyError) as caught:
        energy_curves(showers(100))
    assert "evonas[ctlearn]" in caught.value.hint
