"""Primary particles: energies from a power law, directions, and where their axes meet the ground."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from evonas.simulation.settings import SimulationSettings
from evonas.simulation.subarrays import Telescopes

__all__ = ["POINTING_AZIMUTH", "Ranges", "Showers", "pointing_axes", "ranges_of", "throw"]

POINTING_AZIMUTH = 180.0
"""In deg, from north to east."""

_ENERGY_AREA = 5.0  # TeV m2
_PROTON_FACTOR = 3.0
_IMPACT_MARGIN = 250.0  # m
_CONE_FRACTION = 0.6

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Ranges:
    """The ranges that showers are drawn from: energies in TeV, impact in m, half-angle of the cone in deg."""

    energy_min: float
    energy_max: float
    max_impact: float
    view_cone: float


@dataclass(frozen=True)
class Showers:
    """Showers as arrays (showers,): energy in TeV, core in m in the ground frame, directions in deg and as vectors."""

    energy: Array
    core: Array
    """(showers, 2)."""
    altitude: Array
    azimuth: Array
    axis: Array
    """(showers, 3): unit vectors from the ground to where the shower comes from."""

    def __len__(self) -> int:
        return len(self.energy)

    def take(self, which: NDArray[np.int64]) -> Showers:
        """Return some of the showers."""
        return Showers(**{field.name: getattr(self, field.name)[which] for field in fields(self)})


def ranges_of(settings: SimulationSettings, telescopes: Telescopes) -> Ranges:
    """Return the ranges that the settings ask for, with what they leave open chosen to fit the telescopes.

    The lowest energy falls with the mirror area, as a trigger's threshold does; a proton of the same light needs about
    three times the energy.
    """
    factor = _PROTON_FACTOR if settings.particle == "proton" else 1.0
    energy_min = settings.energy_min or factor * _ENERGY_AREA / float(telescopes.mirror_areas.mean())
    energy_max = settings.energy_max or 300 * energy_min
    cone = settings.view_cone
    if cone is None:
        cone = _CONE_FRACTION * min(camera.radius for camera in telescopes.cameras)
    return Ranges(
        energy_min=energy_min,
        energy_max=energy_max,
        max_impact=settings.max_impact or telescopes.extent + _IMPACT_MARGIN,
        view_cone=cone if settings.is_diffuse else 0.0,
    )


def pointing_axes(altitude: float) -> Array:
    """Return the pointing direction and the directions of growing azimuth and altitude, (3, 3) in the ground frame.

    Args:
        altitude: of the pointing in deg; its azimuth is 180 deg.
    """
    alt, az = np.radians(altitude), np.radians(POINTING_AZIMUTH)
    return np.array(
        [
            [np.cos(alt) * np.cos(az), -np.cos(alt) * np.sin(az), np.sin(alt)],
            [-np.sin(az), -np.cos(az), 0.0],
            [-np.sin(alt) * np.cos(az), np.sin(alt) * np.sin(az), np.cos(alt)],
        ]
    )


def throw(
    rng: np.random.Generator, number: int, settings: SimulationSettings, ranges: Ranges, telescopes: Telescopes
) -> Showers:
    """Draw showers: energy, direction and core."""
    axis = _directions(rng, number, settings, ranges)
    return Showers(
        energy=_energies(rng, number, settings.spectral_index, ranges),
        core=_cores(rng, number, ranges, telescopes),
        altitude=np.degrees(np.arcsin(axis[:, 2])),
        azimuth=np.degrees(np.arctan2(-axis[:, 1], axis[:, 0])) % 360,
        axis=axis,
    )


def _energies(rng: np.random.Generator, number: int, index: float, ranges: Ranges) -> Array:
    """Draw from a power law by inverting its cumulative distribution."""
    draw = rng.random(number)
    low, high = ranges.energy_min, ranges.energy_max
    if index == -1:
        return np.asarray(low * (high / low) ** draw)
    power = index + 1
    return np.asarray((low**power + draw * (high**power - low**power)) ** (1 / power))


def _cores(rng: np.random.Generator, number: int, ranges: Ranges, telescopes: Telescopes) -> Array:
    radius = ranges.max_impact * np.sqrt(rng.random(number))
    angle = 2 * np.pi * rng.random(number)
    centre = telescopes.positions[:, :2].mean(axis=0)
    return np.asarray(centre + np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1))


def _directions(rng: np.random.Generator, number: int, settings: SimulationSettings, ranges: Ranges) -> Array:
    """Draw unit vectors: evenly in solid angle within the cone, or the one point source."""
    draw, turn = rng.random(number), 2 * np.pi * rng.random(number)
    if settings.is_diffuse:
        cosine = 1 - draw * (1 - np.cos(np.radians(ranges.view_cone)))
    else:
        cosine = np.full(number, np.cos(np.radians(settings.source_offset)))
        turn = np.full(number, 0.0 if settings.source_offset >= 0 else np.pi)
    sine = np.sqrt(1 - cosine**2)
    local = np.stack([cosine, sine * np.cos(turn), sine * np.sin(turn)], axis=1)
    return np.asarray(local @ pointing_axes(settings.altitude))
