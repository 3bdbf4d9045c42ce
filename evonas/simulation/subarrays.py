"""The telescopes of a simulation: made here, or read from a file of ctapipe; and their geometry as plain arrays."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path

import astropy.units as u
import numpy as np
from astropy.coordinates import EarthLocation
from ctapipe.coordinates import TelescopeFrame
from ctapipe.instrument import CameraGeometry, SubarrayDescription
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from evonas.errors import ConfigError, DataError
from evonas.simulation.cameras import made_telescope
from evonas.simulation.settings import SimulationSettings

__all__ = ["CameraArrays", "Telescopes", "load_subarray", "made_subarray", "subarray_of", "telescopes_of"]

_SPACING = 120.0  # m between the telescopes made here
_SITE = {"lon": -17.89, "lat": 28.76, "height": 2200.0}  # Roque de los Muchachos


@dataclass(frozen=True)
class CameraArrays:
    """A camera in angles on the sky: pixel positions (pixels,) in deg, neighbours, borders."""

    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    width: NDArray[np.float64]
    """Width of each pixel in deg."""
    area: NDArray[np.float64]
    """Area of each pixel in deg^2."""
    neighbours: csr_matrix
    """(pixels, pixels) float32: 1 where two pixels touch."""
    edges: NDArray[np.int64]
    """(pairs, 2): each pair of touching pixels once."""
    border1: NDArray[np.bool_]
    border2: NDArray[np.bool_]
    """Pixels of the outermost ring, and of the outermost two."""

    @property
    def pixels(self) -> int:
        """Return the number of pixels."""
        return len(self.lon)

    @property
    def radius(self) -> float:
        """Return the distance of the outermost pixel from the centre in deg."""
        return float(np.hypot(self.lon, self.lat).max())


@dataclass(frozen=True)
class Telescopes:
    """Where the telescopes stand, how large they are, and the camera of each."""

    ids: NDArray[np.int64]
    positions: NDArray[np.float64]
    """(telescopes, 3) in m, in ctapipe's ground frame: x to the north, y to the west, z up."""
    mirror_areas: NDArray[np.float64]
    cameras: tuple[CameraArrays, ...]
    camera_of: NDArray[np.int64]
    """(telescopes,): the index of each telescope's camera in ``cameras``."""
    site_height: float
    """Height of the ground frame's origin above sea level in m."""

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def extent(self) -> float:
        """Return the distance in m of the outermost telescope from the middle of the array."""
        ground = self.positions[:, :2]
        return float(np.hypot(*(ground - ground.mean(axis=0)).T).max())


def subarray_of(settings: SimulationSettings) -> SubarrayDescription:
    """Make or read the telescopes that the settings ask for.

    Raises:
        ConfigError: if the file has no such telescope type, or fewer telescopes than asked for.
        DataError: if the file cannot be read.
    """
    if settings.subarray is None:
        return made_subarray(settings.camera or "small", settings.telescopes or 1)
    return load_subarray(settings.subarray, settings.telescope_type, settings.telescopes)


def made_subarray(camera: str = "small", telescopes: int = 1) -> SubarrayDescription:
    """Make an array of equal telescopes on a square grid of 120 m, centred; camera is ``small`` or ``lst``."""
    side = int(np.ceil(np.sqrt(telescopes)))
    grid = np.stack([part.ravel() for part in np.meshgrid(np.arange(side), np.arange(side))], axis=1)[:telescopes]
    ground = (grid - grid.mean(axis=0)) * _SPACING
    described = made_telescope(camera)
    return SubarrayDescription(
        name=f"toy-{camera}-{telescopes}",
        tel_positions={i + 1: np.array([x, y, 0.0]) * u.m for i, (x, y) in enumerate(ground)},
        tel_descriptions={i + 1: described for i in range(telescopes)},
        reference_location=EarthLocation.from_geodetic(
            lon=_SITE["lon"] * u.deg, lat=_SITE["lat"] * u.deg, height=_SITE["height"] * u.m
        ),
    )


def load_subarray(file: Path, telescope_type: str | None = None, telescopes: int | None = None) -> SubarrayDescription:
    """Read an array from a file of ctapipe, and choose telescopes.

    Args:
        file: written by ``SubarrayDescription.to_hdf``; a DL1 file holds one too.
        telescope_type: only telescopes of this type, such as ``LST_LST_LSTcam``.
        telescopes: only the first so many.

    Raises:
        ConfigError: if there is no such type, or if there are fewer telescopes.
        DataError: if the file is missing or holds no array.
    """
    whole = _read_subarray(file)
    types: dict[str, list[int]] = {}
    for tel_id, telescope in whole.tel.items():
        types.setdefault(str(telescope), []).append(int(tel_id))
    if telescope_type is not None and telescope_type not in types:
        raise ConfigError(
            "the array has no telescope of this type",
            file=file,
            key="telescope_type",
            got=telescope_type,
            expected=f"one of {', '.join(types)}",
        )
    chosen = sorted(types[telescope_type]) if telescope_type else sorted(int(tel_id) for tel_id in whole.tel)
    if telescopes is not None and telescopes > len(chosen):
        raise ConfigError(
            "the array has fewer telescopes", file=file, key="telescopes", got=telescopes, expected=f"<= {len(chosen)}"
        )
    return whole.select_subarray(chosen[:telescopes])


def _read_subarray(file: Path) -> SubarrayDescription:
    if not file.is_file():
        raise DataError("no such file", file=file, expected="a file of ctapipe's SubarrayDescription.to_hdf")
    try:
        return SubarrayDescription.from_hdf(file)
    except Exception as error:
        raise DataError(
            f"no array can be read: {str(error).strip().splitlines()[-1]}",
            file=file,
            expected="a file of ctapipe's SubarrayDescription.to_hdf",
        ) from error


def telescopes_of(subarray: SubarrayDescription) -> Telescopes:
    """Return an array's geometry as plain NumPy arrays."""
    ids = sorted(int(tel_id) for tel_id in subarray.tel)
    cameras: list[CameraArrays] = []
    known: dict[str, int] = {}
    for tel_id in ids:
        name = str(subarray.tel[tel_id])
        if name not in known:
            known[name] = len(cameras)
            cameras.append(_camera_arrays(subarray.tel[tel_id].camera.geometry))
    return Telescopes(
        ids=np.array(ids),
        positions=np.array([subarray.positions[tel_id].to_value(u.m) for tel_id in ids]),
        mirror_areas=np.array([subarray.tel[tel_id].optics.mirror_area.to_value(u.m**2) for tel_id in ids]),
        cameras=tuple(cameras),
        camera_of=np.array([known[str(subarray.tel[tel_id])] for tel_id in ids]),
        site_height=float(subarray.reference_location.geodetic.height.to_value(u.m)),
    )


def _camera_arrays(geometry: CameraGeometry) -> CameraArrays:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # coordinates without a time: angles relative to the pointing need none
        sky = geometry.transform_to(TelescopeFrame())
    neighbours = csr_matrix(geometry.neighbor_matrix_sparse, dtype=np.float32)
    pairs = np.argwhere(np.triu(geometry.neighbor_matrix))
    return CameraArrays(
        lon=sky.pix_x.to_value(u.deg),
        lat=sky.pix_y.to_value(u.deg),
        width=np.broadcast_to(sky.pixel_width.to_value(u.deg), sky.pix_x.shape).copy(),
        area=np.broadcast_to(sky.pix_area.to_value(u.deg**2), sky.pix_x.shape).copy(),
        neighbours=neighbours,
        edges=pairs.astype(np.int64),
        border1=geometry.get_border_pixel_mask(1),
        border2=geometry.get_border_pixel_mask(2),
    )
