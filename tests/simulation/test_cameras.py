from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("ctapipe")

from evonas.errors import ConfigError
from evonas.simulation.cameras import hexagons, modules_of_seven
from evonas.simulation.subarrays import load_subarray, made_subarray, telescopes_of

ARRAYS = Path(__file__).parents[3] / "shared/data/iact"
LST1 = ARRAYS / "LST-1_SubarrayDescription.h5"
PROD6 = ARRAYS / "prod6_LaPalma_SubarrayDescription.h5"


def distances(positions):
    return np.hypot(*(positions[:, None] - positions[None]).T)


def test_ten_rings_are_331_pixels_that_touch():
    positions = hexagons(10)
    away = distances(positions)
    assert len(positions) == 331
    assert np.sort(away, axis=1)[:, 1] == pytest.approx(1.0)
    assert (np.isclose(away, 1).sum(axis=1) == 6).sum() == 271  # all but the 60 of the outermost ring


def test_modules_of_seven_fill_a_round_camera_without_gaps():
    positions = modules_of_seven(265)
    away = distances(positions)
    assert len(positions) == 1855
    assert np.sort(away, axis=1)[:, 1] == pytest.approx(1.0)  # no pixel twice, none alone
    for module in positions.reshape(265, 7, 2):
        assert np.hypot(*(module[1:] - module[0]).T) == pytest.approx(1.0)
    inner = np.hypot(*positions.T) < 20.9
    assert (np.isclose(away, 1).sum(axis=1)[inner] == 6).all()


@pytest.mark.parametrize(("camera", "pixels", "radius"), [("small", 331, 1.8), ("lst", 1855, 2.4)])
def test_the_cameras_made_here(camera, pixels, radius):
    telescopes = telescopes_of(made_subarray(camera, 4))
    assert len(telescopes) == 4
    assert telescopes.cameras[0].pixels == pixels
    assert telescopes.cameras[0].radius == pytest.approx(radius, abs=0.1)
    assert telescopes.positions.mean(axis=0) == pytest.approx(0)
    assert len(telescopes.cameras) == 1


@pytest.mark.skipif(not LST1.is_file(), reason=f"needs {LST1}")
def test_the_real_lst1():
    telescopes = telescopes_of(load_subarray(LST1))
    assert telescopes.cameras[0].pixels == 1855
    assert telescopes.mirror_areas[0] == pytest.approx(386.7, abs=1)


@pytest.mark.skipif(not PROD6.is_file(), reason=f"needs {PROD6}")
def test_one_type_of_the_prod6_array():
    everything = telescopes_of(load_subarray(PROD6))
    assert {camera.pixels for camera in everything.cameras} == {1855}
    medium = load_subarray(PROD6, "MST_MST_NectarCam", 5)
    assert {str(telescope) for telescope in medium.tel.values()} == {"MST_MST_NectarCam"}
    assert len(medium.tel) == 5
    with pytest.raises(ConfigError, match="LST_LST_LSTcam"):
        load_subarray(PROD6, "SST")
    with pytest.raises(ConfigError, match="fewer telescopes"):
        load_subarray(PROD6, "LST_LST_LSTcam", 50)
