"""What a primary makes in the air: one electromagnetic cascade for a gamma, several and muons for a proton.

A toy: the numbers below are round ones that give images of about the right size, shape and variety. Depths follow the
usual parametrisation of electromagnetic showers (B. Rossi, High-Energy Particles, 1952).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evonas.simulation.showers import Showers

__all__ = ["Cascades", "Muons", "cascades_of", "first_interaction_depth", "muons_of"]

_RADIATION_LENGTH = 37.0  # g/cm2
_CRITICAL_ENERGY = 8.6e-5  # TeV
_GAMMA_CONVERSION = 48.0  # g/cm2: 9/7 radiation lengths
_PROTON_LENGTH = 85.0  # g/cm2

_GAMMA_SPREAD = 13.0  # m, lateral
_GAMMA_DEPTH_SPREAD = 95.0  # g/cm2, along the axis
_GAMMA_YIELD_SPREAD = 0.12

_PROTON_SPREAD = 15.0
_PROTON_DEPTH_SPREAD = 105.0
_SUBSHOWERS = 2.5
"""Mean number of sub-showers beside the main one, at 1 TeV."""
_SUBSHOWER_ANGLE = 0.35  # deg, for a tenth of the energy
_PROTON_YIELD = 0.45
_PROTON_YIELD_SPREAD = 0.3
_MUONS = 1.5
"""Mean number of muons near the ground at 1 TeV."""
_MUON_DISTANCE = 110.0  # m
_MUON_ANGLE = 0.5  # deg
_MUON_RADIUS = 1.15  # deg, for a fast one

Array = NDArray[np.float64]
Index = NDArray[np.int64]


@dataclass(frozen=True)
class Cascades:
    """Electromagnetic cascades as arrays (cascades,), sorted by the shower that they belong to."""

    shower: Index
    energy: Array
    """TeV that goes into light."""
    axis: Array
    """(cascades, 3): unit vectors upwards."""
    through: Array
    """(cascades, 3): a point in m that the cascade's axis passes."""
    path: Array
    """Way in m from that point to the ground along the primary's axis; it sets the clock."""
    maximum: Array
    """Vertical depth of its maximum in g/cm2."""
    depth_spread: Array
    """Standard deviation of its light along the axis, as vertical depth in g/cm2."""
    lateral: Array
    """Standard deviation of its light across the axis in m."""


@dataclass(frozen=True)
class Muons:
    """Muons that reach the ground, as arrays (muons,)."""

    shower: Index
    axis: Array
    """(muons, 3): unit vectors upwards."""
    ground: Array
    """(muons, 2) in m: where it meets the ground."""
    angle: Array
    """Half-angle of its Cherenkov light in deg; smaller for slower muons."""
    start: Array
    front: Array
    """(muons, 3): the core in m and the axis of its shower, which tell when the muon comes."""


def first_interaction_depth(rng: np.random.Generator, number: int, particle: str) -> Array:
    """Draw the slant depth in g/cm2 of the first interaction."""
    return rng.exponential(_PROTON_LENGTH if particle == "proton" else _GAMMA_CONVERSION, number)


def cascades_of(
    rng: np.random.Generator, showers: Showers, first: Array, particle: str, complexity: float, heights: Array
) -> Cascades:
    """Draw the cascades of showers.

    Args:
        rng: the generator of random numbers.
        showers: the showers.
        first: (showers,) slant depth of the first interaction in g/cm2.
        particle: ``gamma`` or ``proton``.
        complexity: scales number and spread of a proton's sub-showers.
        heights: (showers,) height of the first interaction in m above the ground.
    """
    if particle == "gamma":
        return _gamma_cascades(rng, showers, first)
    return _proton_cascades(rng, showers, first, complexity, heights)


def _on_ground(showers: Showers) -> Array:
    return np.concatenate([showers.core, np.zeros((len(showers), 1))], axis=1)


def _shower_depth(energy: Array) -> Array:
    """Slant depth between a cascade's start and its maximum in g/cm2."""
    return np.asarray(_RADIATION_LENGTH * np.log(np.maximum(energy, 1e-3) / _CRITICAL_ENERGY))


def _gamma_cascades(rng: np.random.Generator, showers: Showers, first: Array) -> Cascades:
    number = len(showers)
    fluctuation = np.exp(_GAMMA_YIELD_SPREAD * rng.standard_normal(number))
    sine = showers.axis[:, 2]
    return Cascades(
        shower=np.arange(number),
        energy=showers.energy * fluctuation,
        axis=showers.axis,
        through=_on_ground(showers),
        path=np.zeros(number),
        maximum=(first + _shower_depth(showers.energy)) * sine,
        depth_spread=_GAMMA_DEPTH_SPREAD * sine * np.exp(0.1 * rng.standard_normal(number)),
        lateral=_GAMMA_SPREAD * np.exp(0.08 * rng.standard_normal(number)),
    )


def _proton_cascades(
    rng: np.random.Generator, showers: Showers, first: Array, complexity: float, heights: Array
) -> Cascades:
    extra = rng.poisson(_SUBSHOWERS * complexity * (1 + 0.3 * np.log1p(showers.energy)))
    shower = np.repeat(np.arange(len(showers)), extra + 1)
    total = len(shower)
    main = np.r_[True, shower[1:] != shower[:-1]]
    weight = rng.exponential(1.0, total) * np.where(main, 4.0, 1.0)
    share = weight / np.bincount(shower, weight, len(showers))[shower]
    visible = _PROTON_YIELD * np.exp(_PROTON_YIELD_SPREAD * rng.standard_normal(len(showers)))
    energy = showers.energy[shower] * share
    later = np.where(main, 0.0, rng.exponential(_PROTON_LENGTH, total))
    sine = showers.axis[shower, 2]
    angle = np.where(main, 0.0, complexity * _SUBSHOWER_ANGLE * np.sqrt(0.1 / np.maximum(share, 0.02)))
    lateral = _PROTON_SPREAD * (1 + 0.3 * complexity * rng.random(total))
    return Cascades(
        shower=shower,
        energy=energy * visible[shower],
        axis=tilted(rng, showers.axis[shower], angle),
        through=_on_ground(showers)[shower] + showers.axis[shower] * (heights[shower] / sine)[:, None],
        path=heights[shower] / sine,
        maximum=(first[shower] + later + _shower_depth(energy)) * sine,
        depth_spread=_PROTON_DEPTH_SPREAD * sine * np.exp(0.15 * rng.standard_normal(total)),
        lateral=lateral,
    )


def tilted(rng: np.random.Generator, axis: Array, angle: Array) -> Array:
    """Return unit vectors that lie a random angle away from others.

    Args:
        rng: the generator of random numbers.
        axis: (n, 3) unit vectors.
        angle: (n,) standard deviation of the angle in deg, in each of the two directions across.
    """
    kick = np.radians(angle)[:, None] * rng.standard_normal(axis.shape)
    moved = axis + kick - axis * np.sum(axis * kick, axis=1, keepdims=True)
    return np.asarray(moved / np.linalg.norm(moved, axis=1, keepdims=True))


def muons_of(rng: np.random.Generator, showers: Showers, particle: str) -> Muons:
    """Draw the muons of proton showers; gamma showers have none here."""
    mean = _MUONS * showers.energy**0.8 if particle == "proton" else np.zeros(len(showers))
    shower = np.repeat(np.arange(len(showers)), np.minimum(rng.poisson(mean), 40))
    ground = showers.core[shower] + _MUON_DISTANCE * rng.standard_normal((len(shower), 2))
    axis = tilted(rng, showers.axis[shower], np.full(len(shower), _MUON_ANGLE))
    return Muons(
        shower=shower,
        axis=axis,
        ground=ground,
        angle=_MUON_RADIUS * (1 - 0.2 * rng.random(len(shower)) ** 2),
        start=_on_ground(showers)[shower],
        front=showers.axis[shower],
    )
