"""Angles between reconstructed and true directions, and the angle that contains 68 % of them; NumPy.

The containment is that of ``pyirf.benchmarks.angular_resolution``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from evonas.errors import DataError
from evonas.training.heads import Head, Scored
from evonas.training.metrics.energy import ONE_SIGMA
from evonas.training.metrics.statistics import Counts, Statistic, quantiles

__all__ = ["CAMERA", "DIRECTIONS", "SKY", "angular_resolution", "camera_angles", "containment", "offsets", "separation"]

SKY = "skydirection"
"""The head of longitude and latitude, deg."""

CAMERA = "cameradirection"
"""The head of a place in the camera, x and y, m."""

DIRECTIONS = (SKY, CAMERA)
"""The heads of a direction; the first that is there is taken."""


def angular_resolution(true: NDArray[Any], reconstructed: NDArray[Any]) -> float:
    """Return the angle within which 68.27 % of the reconstructed directions are from the true ones, deg.

    Args:
        true: (events, 2) longitude and latitude, deg.
        reconstructed: likewise.
    """
    return containment(separation(true, reconstructed))(None)


def separation(first: NDArray[Any], second: NDArray[Any]) -> NDArray[np.float64]:
    """Return the angle between directions on the sphere, (events,) deg.

    The formula of T. Vincenty (1975, doi:10.1179/sre.1975.23.176.88) for a sphere, exact for small and large angles.

    Args:
        first: (events, 2) longitude and latitude, deg.
        second: likewise.

    >>> separation(np.array([[0.0, 60.0]]), np.array([[90.0, 60.0]])).round(3).tolist()
    [41.41]
    """
    lon1, lat1 = np.radians(np.asarray(first, np.float64)).T
    lon2, lat2 = np.radians(np.asarray(second, np.float64)).T
    turn = lon2 - lon1
    across = np.hypot(
        np.cos(lat2) * np.sin(turn), np.cos(lat1) * np.sin(lat2) - np.sin(lat1) * np.cos(lat2) * np.cos(turn)
    )
    along = np.sin(lat1) * np.sin(lat2) + np.cos(lat1) * np.cos(lat2) * np.cos(turn)
    angles: NDArray[np.float64] = np.degrees(np.arctan2(across, along))
    return angles


def camera_angles(places: NDArray[Any], focal_length: float) -> NDArray[np.float64]:
    """Return the angles from the optical axis of places in a camera, (events, 2) deg.

    As ctapipe's ``CameraFrame`` says: a radian a focal length.

    Args:
        places: (events, 2) x and y, m.
        focal_length: of the telescope, as the directions were learnt with, m.
    """
    angles: NDArray[np.float64] = np.degrees(np.asarray(places, np.float64) / focal_length)
    return angles


def offsets(scored: Scored, head: Head) -> NDArray[np.float64]:
    """Return the angle between the answers of a direction head and the truth, (events,) deg.

    Raises:
        DataError: if places in a camera are to become angles, and the focal length is unknown.
    """
    true, answers = scored.truth[head.name], scored.answers[head.name]
    if head.name != CAMERA:
        return separation(true, answers)
    focal_length = scored.facts.get("focal_length")
    if not focal_length:
        raise DataError(
            "angles need the telescope's focal length, which is not known",
            key="focal_length",
            got=focal_length,
            expected="m, among the facts of the data",
        )
    length = float(focal_length)
    return separation(camera_angles(true, length), camera_angles(answers, length))


def containment(angles: NDArray[np.float64]) -> Statistic:
    """Return the angle that contains 68.27 % of (events,) angles as a statistic; NaN without events."""
    quantile = quantiles(angles, (ONE_SIGMA,))

    def statistic(counts: Counts) -> float:
        return float(quantile(counts)[0])

    return statistic
