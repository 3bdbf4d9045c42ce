"""From cascades to spots of light in the cameras: each piece of a cascade is seen from where the telescope stands."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from evonas.simulation.atmosphere import LIGHT_SPEED, height_of, optical_excess
from evonas.simulation.cascades import Cascades, Muons
from evonas.simulation.subarrays import Telescopes

__all__ = ["Rings", "Spots", "distance_to_axis", "expected_charges", "muon_rings", "spots_of"]

_NODES = np.array([-1.27, -0.325, 0.325, 1.27])
"""The mean of each quarter of a normal distribution."""
_NODE_SPREADS = np.array([0.49, 0.19, 0.19, 0.49])
_LOWEST = 800.0  # m above the ground: no light from below

_YIELD = 25.0  # photoelectrons per TeV and m2 of mirror, within the light pool
_POOL_RADIUS = 125.0  # m
_POOL_EDGE = 40.0  # m
_OPTICS_SPREAD = 0.03  # deg

_MUON_YIELD = 5.0  # photoelectrons per m2 of mirror of a muon through the mirror
_MUON_REACH = 60.0  # m
_MUON_RADIUS = 1.15  # deg
_MUON_WIDTH = 0.06  # deg

Array = NDArray[np.float64]
Index = NDArray[np.int64]


@dataclass(frozen=True)
class Spots:
    """Gaussian spots of light as arrays (spots,), sorted by the image that they are in."""

    image: Index
    charge: Array
    """Expected photoelectrons."""
    lon: Array
    lat: Array
    """Position in deg from the pointing, along azimuth and altitude."""
    along_lon: Array
    along_lat: Array
    """Standard deviation along the shower axis, as a vector in deg."""
    across: Array
    """Standard deviation across in deg."""
    time: Array
    """Arrival in ns; the zero is arbitrary, but the same for all telescopes."""

    def take(self, which: NDArray[np.bool_]) -> Spots:
        """Return some of the spots."""
        return Spots(**{field.name: getattr(self, field.name)[which] for field in fields(self)})


@dataclass(frozen=True)
class Rings:
    """Muon rings and arcs as arrays (rings,), sorted by the image that they are in."""

    image: Index
    charge: Array
    lon: Array
    lat: Array
    """Centre in deg."""
    radius: Array
    """In deg."""
    width: Array
    """Standard deviation across the ring in deg."""
    turn: Array
    """Position angle of the brightest part in rad."""
    narrowness: Array
    """0 for an even ring; the larger, the shorter the arc."""
    time: Array
    """Arrival in ns, on the clock of the spots."""

    def take(self, which: NDArray[np.bool_]) -> Rings:
        """Return some of the rings."""
        return Rings(**{field.name: getattr(self, field.name)[which] for field in fields(self)})


def distance_to_axis(through: Array, axis: Array, position: Array) -> Array:
    """Return the distance (..., ) in m of positions (..., 3) to lines through points (..., 3) with unit directions."""
    away = position - through
    along = np.sum(away * axis, axis=-1)
    return np.asarray(np.sqrt(np.maximum(np.sum(away * away, axis=-1) - along**2, 0)))


def _light_pool(distance: Array) -> Array:
    """Light density against the distance to the axis: even within the light pool, then falling off."""
    return np.asarray((1 + np.exp(-_POOL_RADIUS / _POOL_EDGE)) / (1 + np.exp((distance - _POOL_RADIUS) / _POOL_EDGE)))


def expected_charges(cascades: Cascades, telescopes: Telescopes) -> Array:
    """Return the photoelectrons that telescopes can expect of cascades, (cascades, telescopes)."""
    distance = distance_to_axis(cascades.through[:, None], cascades.axis[:, None], telescopes.positions[None])
    return _YIELD * telescopes.mirror_areas * cascades.energy[:, None] * _light_pool(distance)


def spots_of(
    cascades: Cascades,
    cascade: Index,
    image: Index,
    telescope: Index,
    charge: Array,
    telescopes: Telescopes,
    view: Array,
) -> Spots:
    """Return the spots of light that cascades make in cameras.

    Args:
        cascades: the cascades.
        cascade: (pairs,) index of the cascade of each pair of a cascade and an image.
        image: (pairs,) index of the image, ascending.
        telescope: (pairs,) index of the telescope that takes the image.
        charge: (pairs,) expected photoelectrons.
        telescopes: where they stand.
        view: the pointing, from ``pointing_axes``.
    """
    site = telescopes.site_height
    depth = cascades.maximum[cascade, None] + cascades.depth_spread[cascade, None] * _NODES
    half = cascades.depth_spread[cascade, None] * _NODE_SPREADS
    heights = [np.maximum(height_of(np.maximum(d, 5.0)) - site, _LOWEST) for d in (depth, depth - half, depth + half)]
    position = telescopes.positions[telescope][:, None]
    axis, through = cascades.axis[cascade][:, None], cascades.through[cascade][:, None]
    middle, upper, lower = (
        _seen(through + axis * ((height[..., None] - through[..., 2:]) / axis[..., 2:]), position, view)
        for height in heights
    )
    across = np.hypot(np.degrees(cascades.lateral[cascade, None] / middle[2]), _OPTICS_SPREAD)
    time = _arrival(heights[0], middle[2], cascades, cascade, site)
    pieces = len(_NODES)
    return Spots(
        image=np.repeat(image, pieces),
        charge=np.repeat(charge / pieces, pieces),
        lon=middle[0].ravel(),
        lat=middle[1].ravel(),
        along_lon=((upper[0] - lower[0]) / 2).ravel(),
        along_lat=((upper[1] - lower[1]) / 2).ravel(),
        across=across.ravel(),
        time=time.ravel(),
    )


def _seen(point: Array, position: Array, view: Array) -> tuple[Array, Array, Array]:
    """Return where points are seen from positions: longitude and latitude in deg from the pointing, distance in m."""
    line = point - position
    distance = np.linalg.norm(line, axis=-1)
    ahead, east, up = (np.sum(line * axis, axis=-1) for axis in view)
    return np.degrees(np.arctan2(east, ahead)), np.degrees(np.arcsin(up / distance)), distance


def _arrival(height: Array, distance: Array, cascades: Cascades, cascade: Index, site: float) -> Array:
    """Return arrival times in ns: particles come down at the speed of light, light a little slower from there on."""
    sine = cascades.axis[cascade, None, 2]
    excess = optical_excess(height + site, site) / sine
    particles = (cascades.through[cascade, None, 2] - height) / sine - cascades.path[cascade, None]
    return np.asarray((particles + distance + excess) / LIGHT_SPEED)


def muon_rings(muons: Muons, muon: Index, image: Index, telescope: Index, telescopes: Telescopes, view: Array) -> Rings:
    """Return the rings and arcs that muons make in cameras.

    A muon through the mirror makes a ring around its direction; one that passes at a distance makes an arc, shorter and
    fainter the further away.

    Args:
        muons: the muons.
        muon: (pairs,) index of the muon of each pair of a muon and an image.
        image: (pairs,) index of the image, ascending.
        telescope: (pairs,) index of the telescope that takes the image.
        telescopes: where they stand.
        view: the pointing, from ``pointing_axes``.
    """
    offset = muons.ground[muon] - telescopes.positions[telescope, :2]
    distance = np.hypot(*offset.T)
    mirror = np.sqrt(telescopes.mirror_areas[telescope] / np.pi)
    relative = distance / mirror
    axis = muons.axis[muon]
    ahead, east, up = (axis @ direction for direction in view)
    towards = np.concatenate([offset, np.zeros((len(offset), 1))], axis=1)
    radius = muons.angle[muon]
    front = np.sum((telescopes.positions[telescope] - muons.start[muon]) * muons.front[muon], axis=1)
    full = _MUON_YIELD * telescopes.mirror_areas[telescope] * (radius / _MUON_RADIUS) ** 2
    return Rings(
        image=image,
        charge=np.where(distance < _MUON_REACH, full / np.maximum(relative, 1.0) ** 1.5, 0.0),
        lon=np.degrees(np.arctan2(east, ahead)),
        lat=np.degrees(np.arcsin(up)),
        radius=radius,
        width=np.full(len(muon), _MUON_WIDTH),
        turn=np.arctan2(towards @ view[2], towards @ view[1]),
        narrowness=2.0 * relative**2 / (1 + 0.1 * relative),
        time=-front / LIGHT_SPEED,
    )
