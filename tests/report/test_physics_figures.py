"""Figures of CTLearn's predictions show what was measured."""

from __future__ import annotations

import json

import numpy as np

from evonas.report.figures.physics import over_energy, roc
from evonas.training.metrics.curves import EnergyCurve, RocCurve


def energy_curve(values: list[float]) -> EnergyCurve:
    size = len(values)
    return EnergyCurve(
        "energy_resolution",
        "",
        10.0 ** np.linspace(-1, 1, size + 1),
        np.full(size, 50),
        np.array(values),
        np.where(np.isnan(values), np.nan, 0.01),
    )


def test_a_bin_without_a_figure_is_not_drawn() -> None:
    curve = energy_curve([0.3, np.nan, 0.2, 0.1])
    figure = over_energy([curve], "resolution", level=0.5)
    points = figure.data[0]
    assert list(points.y) == [0.3, 0.2, 0.1]
    assert np.allclose(points.x, curve.centres[[0, 2, 3]])
    assert np.allclose(np.add(points.x, points.error_x.array), curve.edges[1:][[0, 2, 3]])
    assert np.allclose(np.subtract(points.x, points.error_x.arrayminus), curve.edges[:-1][[0, 2, 3]])
    assert np.allclose(points.error_y.array, 0.01)
    assert figure.layout.shapes[0].y0 == 0.5
    json.loads(figure.to_json(engine="json"))


def test_a_roc_curve_has_a_band_within_its_axes() -> None:
    ends = np.array([0.0, 0.5, 1.0])
    figure = roc(RocCurve(np.array([np.inf, 0.5, 0.0]), ends, ends**2, np.full(3, 0.1)))
    line = next(trace for trace in figure.data if trace.name == "gammaness")
    assert list(line.x) == [0, 0.25, 1] and list(line.y) == [0, 0.5, 1]
    high, low = figure.data[:2]
    assert np.allclose(high.y, [0.1, 0.6, 1.0]) and np.allclose(low.y, [0, 0.4, 0.9])
