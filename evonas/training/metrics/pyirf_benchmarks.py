"""Bias, resolution and containment by bins of energy, computed by pyirf; astropy and pyirf are imported when called."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evonas.errors import DependencyError

__all__ = ["angular_resolution", "energy_bias_resolution"]


def energy_bias_resolution(
    true: NDArray[Any], reconstructed: NDArray[Any], edges: NDArray[Any]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the bias and the resolution of energies in each bin of true energy.

    Args:
        true: (events,) TeV.
        reconstructed: (events,) TeV.
        edges: (bins + 1,) TeV.

    Returns:
        Two arrays, (bins,), relative; NaN where a bin has no event.

    Raises:
        DependencyError: if pyirf is not installed.
    """
    benchmarks, table, units = _pyirf()
    events = table({"true_energy": true * units.TeV, "reco_energy": reconstructed * units.TeV})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", category=RuntimeWarning)  # bins without events
        found = benchmarks.energy_bias_resolution(events, edges * units.TeV)
    return np.asarray(found["bias"], np.float64), np.asarray(found["resolution"], np.float64)


def angular_resolution(energies: NDArray[Any], offsets: NDArray[Any], edges: NDArray[Any]) -> NDArray[np.float64]:
    """Return the angle that contains 68.27 % of the directions in each bin of energy, deg.

    Args:
        energies: (events,) TeV.
        offsets: (events,) angles between reconstructed and true directions, deg.
        edges: (bins + 1,) TeV.

    Returns:
        (bins,) deg; NaN where a bin has no event.

    Raises:
        DependencyError: if pyirf is not installed.
    """
    benchmarks, table, units = _pyirf()
    events = table({"true_energy": energies * units.TeV, "theta": offsets * units.deg})
    found = benchmarks.angular_resolution(events, edges * units.TeV)
    name = next(name for name in found.colnames if name.startswith("angular_resolution"))
    return np.asarray(found[name].to_value(units.deg), np.float64)


def _pyirf() -> tuple[Any, Any, Any]:
    try:
        from astropy import units
        from astropy.table import QTable
        from pyirf import benchmarks
    except ImportError as error:
        raise DependencyError(
            "curves of energies and directions need pyirf, which is not installed",
            got=str(error),
            expected="pyirf 0.10 or later",
            hint='pip install "evonas[ctlearn]"',
        ) from error
    return benchmarks, QTable, units
