"""Two cameras of hexagonal pixels, made here: a small one, and one of the size of an LST's, in modules of seven."""

from __future__ import annotations

import astropy.units as u
import numpy as np
from ctapipe.coordinates import CameraFrame
from ctapipe.instrument import (
    CameraDescription,
    CameraGeometry,
    CameraReadout,
    OpticsDescription,
    ReflectorShape,
    SizeType,
    TelescopeDescription,
)
from ctapipe.instrument.camera import PixelShape
from numpy.typing import NDArray

__all__ = ["hexagons", "made_telescope", "modules_of_seven"]

_SAMPLES = 40
_PULSE_WIDTH = 2.0  # ns
_SMALL_RINGS = 10
_LST_MODULES = 265


def hexagons(rings: int) -> NDArray[np.float64]:
    """Return the centres of hexagonal pixels of width 1 (side to side): one, and rings around it.

    Args:
        rings: rings around the central pixel; 10 give 331 pixels.

    Returns:
        (pixels, 2): x and y, from the bottom row to the top, each row from left to right.
    """
    axial = np.arange(-rings, rings + 1)
    column, row = (part.ravel() for part in np.meshgrid(axial, axial))
    inside = np.abs(column + row) <= rings
    return _positions(column[inside], row[inside])


def modules_of_seven(modules: int) -> NDArray[np.float64]:
    """Return the centres of pixels of width 1 that lie in modules of a pixel and its six neighbours.

    Args:
        modules: how many modules; taken are those nearest to the centre, so that the outline is round.

    Returns:
        (7 * modules, 2): x and y, module by module.
    """
    reach = int(np.sqrt(modules)) + 2
    axial = np.arange(-reach, reach + 1)
    i, j = (part.ravel() for part in np.meshgrid(axial, axial))
    # The super-lattice of seven-pixel flowers: steps (2, 1) and (-1, 3) in axial coordinates tile the plane.
    column, row = 2 * i - j, i + 3 * j
    centres = _positions(column, row)
    turn = np.round(np.arctan2(centres[:, 1], centres[:, 0]), 9)
    order = np.lexsort((turn, np.round(np.hypot(*centres.T), 9)))[:modules]
    flower = np.array([(0, 0), (1, 0), (0, 1), (-1, 1), (-1, 0), (0, -1), (1, -1)])
    columns = column[order, None] + flower[:, 0]
    rows = row[order, None] + flower[:, 1]
    return _positions(columns.ravel(), rows.ravel())


def _positions(column: NDArray[np.int64], row: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.stack([column + row / 2, row * np.sqrt(3) / 2], axis=1)


def made_telescope(camera: str) -> TelescopeDescription:
    """Describe a telescope with one of the cameras made here.

    Args:
        camera: ``small`` (331 pixels of 0.05 m, 100 m2 of mirror, 16 m of focal length: 3.8 deg across) or ``lst``
            (1855 pixels of 0.05 m, 386 m2, 28 m: 4.6 deg across).
    """
    if camera == "lst":
        return _telescope("ToyLST", "ToyLSTCam", SizeType.LST, modules_of_seven(_LST_MODULES) * 0.05, 0.05, 28.0, 386.0)
    return _telescope("Toy", "ToyCam", SizeType.MST, hexagons(_SMALL_RINGS) * 0.05, 0.05, 16.0, 100.0)


def _telescope(
    name: str,
    camera: str,
    size: SizeType,
    positions: NDArray[np.float64],
    width: float,
    focal_length: float,
    mirror_area: float,
) -> TelescopeDescription:
    optics = OpticsDescription(
        name=name,
        size_type=size,
        n_mirrors=1,
        equivalent_focal_length=focal_length * u.m,
        effective_focal_length=focal_length * u.m,
        mirror_area=mirror_area * u.m**2,
        n_mirror_tiles=1,
        reflector_shape=ReflectorShape.PARABOLIC,
    )
    description = CameraDescription(
        name=camera,
        geometry=_geometry(camera, positions, width, focal_length),
        readout=_readout(camera, len(positions)),
    )
    return TelescopeDescription(name=name, optics=optics, camera=description)


def _geometry(name: str, positions: NDArray[np.float64], width: float, focal_length: float) -> CameraGeometry:
    pixels = len(positions)
    return CameraGeometry(
        name=name,
        pix_id=np.arange(pixels),
        pix_x=positions[:, 0] * u.m,
        pix_y=positions[:, 1] * u.m,
        pix_area=np.full(pixels, width**2 * np.sqrt(3) / 2) * u.m**2,
        pix_type=PixelShape.HEXAGON,
        pix_rotation=0 * u.deg,
        cam_rotation=0 * u.deg,
        frame=CameraFrame(focal_length=focal_length * u.m, rotation=0 * u.deg),
    )


def _readout(name: str, pixels: int) -> CameraReadout:
    times = np.arange(0, 20, 0.5)
    pulse = np.exp(-0.5 * ((times - 8) / _PULSE_WIDTH) ** 2)
    return CameraReadout(
        name=name,
        sampling_rate=u.Quantity(1, u.GHz),
        reference_pulse_shape=pulse[None],
        reference_pulse_sample_width=u.Quantity(0.5, u.ns),
        n_channels=1,
        n_pixels=pixels,
        n_samples=_SAMPLES,
    )
