"""Camera images: light falls into pixels, the night sky adds its own, and electronics theirs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.special import i0e, pdtr

from evonas.simulation.light import Rings, Spots
from evonas.simulation.settings import SimulationSettings
from evonas.simulation.subarrays import CameraArrays

__all__ = ["Light", "Readout", "expected_light", "read_out", "triggered"]

_WORK = 4_000_000  # numbers in a block of spots x pixels
_HEXAGON_VARIANCE = 5 / 72  # of a hexagon of width 1, in one direction
_HEXAGON_AREA = np.sqrt(3) / 2
_WINDOW = 40.0  # ns
_CENTRE = 18.0  # ns: where the mean arrival time is moved to
_TRIGGER_JITTER = 1.0  # ns
_TIME_SPREAD = 1.2  # ns of a single photoelectron
_GAIN_SPREAD = 0.3  # of the charge of a single photoelectron
_TRIGGER_NEIGHBOURS = 3
_QUANTILES = 65536

Images = NDArray[np.float32]


@dataclass(frozen=True)
class Light:
    """The light that pixels can expect, (images, pixels): photoelectrons, and those times their arrival time in ns."""

    charge: Images
    moment: Images


@dataclass(frozen=True)
class Readout:
    """What a camera hands out, (images, pixels): charges in photoelectrons, peak times in ns, and the true charges."""

    charge: Images
    peak_time: Images
    true: NDArray[np.int32]

    def take(self, which: NDArray[np.bool_] | NDArray[np.int64]) -> Readout:
        """Return some of the images."""
        return Readout(**{field.name: getattr(self, field.name)[which] for field in fields(self)})


def expected_light(spots: Spots, rings: Rings, images: int, camera: CameraArrays) -> Light:
    """Paint spots and rings into images."""
    zero = float(np.average(spots.time, weights=spots.charge)) if spots.charge.sum() > 0 else 0.0
    light = Light(*(np.zeros((images, camera.pixels), np.float32) for _ in range(2)))
    for index, time, density in _blocks(spots, rings, camera):
        if not len(index):
            continue
        first = index[0]
        rows = (index - first, np.arange(len(index)))
        shape = (int(index[-1] - first) + 1, len(index))
        here = slice(first, first + shape[0])
        light.charge[here] += csr_matrix((np.ones(len(index), np.float32), rows), shape) @ density
        light.moment[here] += csr_matrix(((time - zero).astype(np.float32), rows), shape) @ density
    return light


def _blocks(
    spots: Spots, rings: Rings, camera: CameraArrays
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float64], Images]]:
    step = max(1, _WORK // camera.pixels)
    for start in range(0, len(spots.image), step):
        part = slice(start, start + step)
        yield spots.image[part], spots.time[part], _spot_density(spots, part, camera)
    for start in range(0, len(rings.image), step):
        part = slice(start, start + step)
        yield rings.image[part], rings.time[part], _ring_density(rings, part, camera)


def _spot_density(spots: Spots, part: slice, camera: CameraArrays) -> Images:
    """Return the photoelectrons of spots in pixels: a two-dimensional Gaussian, widened by the pixel's own size.

    The exponent is a polynomial in the pixel's position, so that one matrix product gives it for all spots and pixels.
    """
    width = float(np.median(camera.width))
    round_part = spots.across[part] ** 2 + _HEXAGON_VARIANCE * width**2
    a, b = spots.along_lon[part], spots.along_lat[part]
    xx, yy, xy = round_part + a * a, round_part + b * b, a * b
    determinant = xx * yy - xy * xy
    x, y = spots.lon[part], spots.lat[part]
    p, q, r = yy / determinant, xx / determinant, -xy / determinant
    height = spots.charge[part] * _HEXAGON_AREA * width**2 / (2 * np.pi * np.sqrt(determinant))
    constant = np.log(np.maximum(height, 1e-30)) - 0.5 * (p * x * x + q * y * y + 2 * r * x * y)
    coefficients = np.stack([constant, p * x + r * y, q * y + r * x, -0.5 * p, -0.5 * q, -r], axis=1)
    lon, lat = camera.lon, camera.lat
    basis = np.stack([np.ones_like(lon), lon, lat, lon**2, lat**2, lon * lat])
    exponent = coefficients.astype(np.float32) @ basis.astype(np.float32)
    return np.asarray(np.exp(exponent, out=exponent))


def _ring_density(rings: Rings, part: slice, camera: CameraArrays) -> Images:
    """Return the photoelectrons of rings in pixels: Gaussian across the ring, a von Mises distribution around it."""
    width = float(np.median(camera.width))
    spread = np.sqrt(rings.width[part] ** 2 + _HEXAGON_VARIANCE * width**2)[:, None]
    x = (camera.lon - rings.lon[part, None]).astype(np.float32)
    y = (camera.lat - rings.lat[part, None]).astype(np.float32)
    distance = np.sqrt(x * x + y * y) + np.float32(1e-9)
    radius, narrow, turn = rings.radius[part, None], rings.narrowness[part, None], rings.turn[part, None]
    cosine = (x * np.cos(turn) + y * np.sin(turn)) / distance
    shape = np.exp(-0.5 * ((distance - radius) / spread) ** 2 + narrow * (cosine - 1))
    norm = np.sqrt(2 * np.pi) * spread * radius * 2 * np.pi * i0e(narrow)
    density = rings.charge[part, None] * _HEXAGON_AREA * width**2 / norm * shape
    return np.asarray(density.astype(np.float32))


def read_out(
    rng: np.random.Generator, light: Light, camera: CameraArrays, settings: SimulationSettings
) -> tuple[NDArray[np.int64], Readout]:
    """Draw charges and peak times: photon statistics, night sky, gain and electronic noise; and apply the trigger.

    Returns:
        The images that triggered, as indices, and their readout.
    """
    true = np.zeros(light.charge.shape, np.float32)
    lit = light.charge > 1e-3
    true[lit] = rng.poisson(light.charge[lit])
    night = _night_sky(rng, settings.night_sky, true.shape)
    charge = true + night
    spread = np.sqrt(np.float32(_GAIN_SPREAD**2) * charge + np.float32(settings.electronic_noise**2))
    charge += rng.standard_normal(true.shape, np.float32) * spread - np.float32(settings.night_sky)
    fired = np.flatnonzero(triggered(charge, camera, settings.trigger_threshold))
    kept = Light(light.charge[fired], light.moment[fired])
    times = _peak_times(rng, kept, true[fired], night[fired])
    return fired, Readout(charge[fired], times, true[fired].astype(np.int32))


def _night_sky(rng: np.random.Generator, mean: float, shape: tuple[int, ...]) -> Images:
    """Draw Poisson numbers from a table of quantiles, several times as fast as one by one."""
    return np.asarray(_poisson_quantiles(mean)[rng.integers(0, _QUANTILES, shape, np.uint16)])


@lru_cache
def _poisson_quantiles(mean: float) -> Images:
    quantiles = (np.arange(_QUANTILES) + 0.5) / _QUANTILES
    most = int(mean + 8 * np.sqrt(mean) + 12)
    return np.searchsorted(pdtr(np.arange(most), mean), quantiles).astype(np.float32)


def _peak_times(rng: np.random.Generator, light: Light, true: Images, night: Images) -> Images:
    """Draw peak times in ns: the light's own where it outshines the night sky, else anywhere in the window."""
    total = np.maximum(light.charge.sum(axis=1, keepdims=True), 1e-6)
    mean = light.moment.sum(axis=1, keepdims=True) / total
    jitter = rng.normal(0, _TRIGGER_JITTER, (len(true), 1)).astype(np.float32)
    own = light.moment / np.maximum(light.charge, 1e-12) - mean + np.float32(_CENTRE) + jitter
    own += rng.standard_normal(true.shape, np.float32) * np.float32(_TIME_SPREAD) / np.sqrt(np.maximum(true, 1))
    anywhere = rng.random(true.shape, np.float32) * np.float32(_WINDOW)
    times = np.where(true > night, np.clip(own, 0, _WINDOW), anywhere)
    return np.asarray(times, np.float32)


def triggered(charge: Images, camera: CameraArrays, threshold: float) -> NDArray[np.bool_]:
    """Return which images (images, pixels) have a pixel above the threshold with three such neighbours."""
    above = (charge > threshold).astype(np.float32)
    around = (camera.neighbours @ above.T).T
    return np.asarray(((above > 0) & (around >= _TRIGGER_NEIGHBOURS)).any(axis=1))
