"""The parameters of many images at once equal those that ctapipe computes one by one."""

import numpy as np
import pytest

pytest.importorskip("ctapipe")

from ctapipe.containers import (
    HillasParametersContainer,
    IntensityStatisticsContainer,
    PeakTimeStatisticsContainer,
)
from ctapipe.coordinates import TelescopeFrame
from ctapipe.image import (
    concentration_parameters,
    descriptive_statistics,
    hillas_parameters,
    leakage_parameters,
    morphology_parameters,
    tailcuts_clean,
)

from evonas.simulation.images import triggered
from evonas.simulation.subarrays import subarray_of

IMAGES = 60


@pytest.fixture(scope="module", params=["gamma", "proton"])
def images(request, sample):
    settings, telescopes, blocks = sample(request.param)
    geometry = subarray_of(settings).tel[1].camera.geometry.transform_to(TelescopeFrame())
    return settings, telescopes.cameras[0], geometry, blocks[0].telescopes[1]


def test_the_cleaning_is_ctapipes(images):
    settings, _, geometry, found = images
    for charge, mask in zip(found.readout.charge[:IMAGES], found.mask[:IMAGES], strict=True):
        expected = tailcuts_clean(geometry, charge, settings.picture_threshold, settings.boundary_threshold)
        assert np.array_equal(mask, expected)


def test_the_trigger_needs_four_pixels_together(images):
    settings, camera, geometry, found = images
    dark = np.zeros((3, camera.pixels), np.float32)
    centre = int(np.argmin(np.hypot(camera.lon, camera.lat)))
    around = geometry.neighbor_matrix[centre].nonzero()[0]
    dark[0, [centre, *around[:3]]] = 10
    dark[1, [centre, *around[:2]]] = 1000
    dark[2, ::7] = 1000
    assert triggered(dark, camera, settings.trigger_threshold).tolist() == [True, False, False]
    assert triggered(found.readout.charge, camera, settings.trigger_threshold).all()


def test_the_parameters_are_ctapipes(images):
    _, _, geometry, found = images
    for row in range(IMAGES):
        charge, time, mask = found.readout.charge[row], found.readout.peak_time[row], found.mask[row]
        kept, lit = geometry[mask], charge[mask]
        hillas = hillas_parameters(kept, lit)
        assert isinstance(hillas, HillasParametersContainer)
        containers = [
            hillas,
            leakage_parameters(geometry, charge, mask),
            concentration_parameters(kept, lit, hillas),
            morphology_parameters(geometry, mask),
            descriptive_statistics(lit, container_class=IntensityStatisticsContainer),
            descriptive_statistics(time[mask], container_class=PeakTimeStatisticsContainer),
        ]
        for container in containers:
            for name, value in container.items(add_prefix=True):
                if name == "hillas_psi":  # a direction and its opposite are the same axis
                    turn = np.radians(found.parameters[name][row]) - value.to_value("rad")
                    assert np.sin(turn) == pytest.approx(0, abs=1e-4)
                    continue
                expected = value.to_value("deg") if hasattr(value, "to_value") else value
                tolerance = {"hillas_skewness": 1e-3}.get(name, 1e-4)
                got = found.parameters[name][row]
                assert abs(got) == pytest.approx(abs(expected), rel=2e-3, abs=tolerance), name


def test_the_time_gradient_is_the_slope_that_was_put_in(images):
    from evonas.simulation.parameters import image_parameters

    _, camera, _, found = images
    slope = 5.0
    psi = np.radians(found.parameters["hillas_psi"])[:, None]
    along = camera.lon * np.cos(psi) + camera.lat * np.sin(psi)
    time = (20 + slope * along).astype(np.float32)
    columns = image_parameters(found.readout.charge, time, found.mask, camera)
    assert columns["timing_slope"] == pytest.approx(slope, rel=1e-3)
    assert columns["timing_deviation"] == pytest.approx(0, abs=1e-3)
