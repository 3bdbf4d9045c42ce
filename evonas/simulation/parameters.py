"""Image parameters of many images at once, with the names, units and definitions of ctapipe's DL1 tables.

The timing parameters differ from ctapipe's: a least-squares line through the peak times, weighted with the charges,
instead of a robust fit of random subsets.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from evonas.simulation.cleaning import islands
from evonas.simulation.subarrays import CameraArrays

__all__ = ["Columns", "image_parameters", "true_parameters"]

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Columns = dict[str, NDArray[np.generic]]
"""Columns (images,) by name."""


def image_parameters(
    charge: NDArray[np.float32], peak_time: NDArray[np.float32], mask: Mask, camera: CameraArrays
) -> Columns:
    """Compute Hillas, timing, leakage, concentration, morphology and statistics parameters.

    Args:
        charge: (images, pixels) in photoelectrons.
        peak_time: (images, pixels) in ns.
        mask: (images, pixels), the pixels kept by the cleaning; at least three of each image that are not in a line.
        camera: the camera.

    Returns:
        Columns named as in ctapipe's DL1 parameter tables, angles in deg.
    """
    columns, kept, along = _charge_parameters(charge, mask, camera)
    columns |= _timing(kept, peak_time, along, mask)
    columns |= _statistics("peak_time", peak_time, mask)
    columns["core_psi"] = np.full(len(charge), np.nan)
    return columns


def true_parameters(true: NDArray[np.int32], camera: CameraArrays) -> Columns:
    """Compute the parameters of images without noise (images, pixels); NaN where there is no light or no extent.

    Returns:
        Columns named as in ctapipe's tables of true image parameters.
    """
    columns, _, _ = _charge_parameters(true.astype(np.float32), true > 0, camera)
    return {f"true_{name}": column for name, column in columns.items()}


def _charge_parameters(charge: NDArray[np.float32], mask: Mask, camera: CameraArrays) -> tuple[Columns, Array, Array]:
    """Return the columns that need no times, the charges kept, and the pixels' positions along the axis in deg."""
    kept = np.where(mask, charge, 0).astype(np.float64)
    size = kept.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        lon, lat = (kept @ part / size for part in (camera.lon, camera.lat))
        x, y = camera.lon - lon[:, None], camera.lat - lat[:, None]
        columns, along, across = _hillas(kept, size, lon, lat, x, y)
        columns |= _axis_uncertainties(kept, (along, across), columns, camera)
        columns |= _leakage(kept, size, mask, camera)
        columns |= _concentration(kept, size, (x, y), (along, across), columns, camera)
        columns |= _morphology(mask, camera)
        columns |= _statistics("intensity", kept, mask)
    return columns, kept, along


def _hillas(kept: Array, size: Array, lon: Array, lat: Array, x: Array, y: Array) -> tuple[Columns, Array, Array]:
    """Second and higher moments, and their uncertainties as in ctapipe's ``hillas_parameters``."""

    def mean(values: Array) -> Array:
        return np.asarray(np.einsum("ij,ij->i", kept, values) / size)

    xx, yy, xy = mean(x * x), mean(y * y), mean(x * y)
    half, turn = (xx + yy) / 2, np.hypot((xx - yy) / 2, xy)
    length, width = np.sqrt(half + turn), np.sqrt(np.maximum(half - turn, 0))
    psi = 0.5 * np.arctan2(2 * xy, xx - yy)
    cosine, sine = np.cos(psi)[:, None], np.sin(psi)[:, None]
    along, across = x * cosine + y * sine, y * cosine - x * sine
    length_error, width_error = (
        np.sqrt(np.einsum("ij,ij->i", kept, (part**2 - value[:, None] ** 2) ** 2)) / size / (2 * value)
        for part, value in ((along, length), (across, width))
    )
    square = along * along
    columns: Columns = {
        "hillas_intensity": size,
        "hillas_skewness": mean(square * along) / length**3,
        "hillas_kurtosis": mean(square * square) / length**4,
        "hillas_fov_lon": lon,
        "hillas_fov_lat": lat,
        "hillas_r": np.hypot(lon, lat),
        "hillas_phi": np.degrees(np.arctan2(lat, lon)),
        "hillas_length": length,
        "hillas_length_uncertainty": length_error,
        "hillas_width": width,
        "hillas_width_uncertainty": width_error,
        "hillas_psi": np.degrees(psi),
    }
    return columns, along, across


def _axis_uncertainties(kept: Array, rotated: tuple[Array, Array], hillas: Columns, camera: CameraArrays) -> Columns:
    """How well the axis is known, as in the ``hillas_parameters`` of ctapipe 0.32: a weighted straight line's errors.

    Source: ctapipe, ``ctapipe/image/hillas.py``; older versions have no such columns.
    """
    along, across = rotated
    weight = kept / camera.area
    second, first, total = ((weight * part).sum(axis=1) for part in (along * along, along, np.ones_like(along)))
    determinant = second * total - first * first
    slope = (total * (weight * along * across).sum(axis=1) - first * (weight * across).sum(axis=1)) / determinant
    length, width = (hillas[f"hillas_{name}"].astype(float) for name in ("length", "width"))
    elongation = 1 + np.tan(width / length * np.pi / 2) ** 2
    psi = np.degrees(np.sqrt(total / determinant + slope**2) * elongation)
    across_error = np.sqrt(second / determinant * (1 + np.sin(slope) ** 2))
    lost = length == 0
    return {
        "hillas_psi_uncertainty": np.where(lost, np.nan, psi),
        "hillas_transverse_cog_uncertainty": np.where(lost, np.nan, across_error),
    }


def _timing(kept: Array, peak_time: NDArray[np.float32], along: Array, mask: Mask) -> Columns:
    """Fit peak time against the position along the axis."""
    total = kept.sum(axis=1)
    time = peak_time.astype(np.float64)
    mean_time = np.einsum("ij,ij->i", kept, time) / total
    spread = np.einsum("ij,ij->i", kept, along * along)
    slope = np.einsum("ij,ij->i", kept * along, time - mean_time[:, None]) / np.maximum(spread, 1e-12)
    rest = np.where(mask, time - mean_time[:, None] - slope[:, None] * along, 0)
    return {
        "timing_slope": slope,
        "timing_intercept": mean_time,
        "timing_deviation": np.sqrt((rest**2).sum(axis=1) / mask.sum(axis=1)),
    }


def _leakage(kept: Array, size: Array, mask: Mask, camera: CameraArrays) -> Columns:
    columns: Columns = {}
    pixels = mask.sum(axis=1)
    for width, border in ((1, camera.border1), (2, camera.border2)):
        columns[f"leakage_pixels_width_{width}"] = mask[:, border].sum(axis=1) / pixels
        columns[f"leakage_intensity_width_{width}"] = kept[:, border].sum(axis=1) / size
    return columns


def _concentration(
    kept: Array,
    size: Array,
    offset: tuple[Array, Array],
    rotated: tuple[Array, Array],
    hillas: Columns,
    camera: CameraArrays,
) -> Columns:
    """Shares of the charge near the centre of gravity, within the ellipse, and in the brightest pixel."""
    x, y = offset
    near = x * x + y * y < camera.width**2
    length, width = (np.maximum(hillas[f"hillas_{name}"].astype(float), 1e-9)[:, None] for name in ("length", "width"))
    within = (rotated[0] / length) ** 2 + (rotated[1] / width) ** 2 <= 1
    return {
        "concentration_cog": (kept * near).sum(axis=1) / size,
        "concentration_core": (kept * within).sum(axis=1) / size,
        "concentration_pixel": kept.max(axis=1) / size,
    }


def _morphology(mask: Mask, camera: CameraArrays) -> Columns:
    counts = islands(mask, camera)
    names = ("n_islands", "n_small_islands", "n_medium_islands", "n_large_islands")
    columns: Columns = {f"morphology_{name}": counts[:, i] for i, name in enumerate(names)}
    return {"morphology_n_pixels": mask.sum(axis=1), **columns}


def _statistics(prefix: str, values: NDArray[np.floating], mask: Mask) -> Columns:
    """Describe the kept pixels' values."""
    number = mask.sum(axis=1)
    data = values.astype(np.float64)
    mean = np.where(mask, data, 0).sum(axis=1) / number
    away = np.where(mask, data - mean[:, None], 0)
    square = away * away
    variance = square.sum(axis=1) / number
    with np.errstate(divide="ignore", invalid="ignore"):
        return {
            f"{prefix}_max": np.where(mask, data, -np.inf).max(axis=1),
            f"{prefix}_min": np.where(mask, data, np.inf).min(axis=1),
            f"{prefix}_mean": mean,
            f"{prefix}_std": np.sqrt(variance),
            f"{prefix}_skewness": (square * away).sum(axis=1) / number / variance**1.5,
            f"{prefix}_kurtosis": (square * square).sum(axis=1) / number / variance**2 - 3,
        }
