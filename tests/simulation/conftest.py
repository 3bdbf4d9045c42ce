"""What tests of the simulation share: blocks of small simulated samples, made once."""

from functools import lru_cache

import numpy as np
import pytest


@lru_cache
def _sample(particle, telescopes, events, diffuse):
    from evonas.simulation.events import event_blocks
    from evonas.simulation.settings import checked_settings
    from evonas.simulation.subarrays import subarray_of, telescopes_of

    settings = checked_settings(particle=particle, telescopes=telescopes, events=events, diffuse=diffuse)
    array = telescopes_of(subarray_of(settings))
    return settings, array, list(event_blocks(settings, array))


@pytest.fixture(scope="session")
def sample():
    """Settings, telescopes and event blocks of a sample."""
    pytest.importorskip("ctapipe")

    def make(particle="gamma", telescopes=1, events=1500, diffuse=None):
        return _sample(particle, telescopes, events, diffuse)

    return make


@pytest.fixture(scope="session")
def table(sample):
    """Image parameters of a sample, with the truth: energy, impact, source position in the camera."""

    def make(particle="gamma", **options):
        _, _, blocks = sample(particle, **options)
        rows = [_columns(block, images) for block in blocks for images in block.telescopes.values()]
        return {name: np.concatenate([row[name] for row in rows]) for name in rows[0]}

    return make


def _columns(block, images):
    from evonas.simulation.showers import pointing_axes

    axis = block.showers.axis[images.event]
    ahead, lon, lat = (axis @ direction for direction in pointing_axes(70.0))
    truth = {
        "energy": block.showers.energy[images.event],
        "source_lon": np.degrees(np.arctan2(lon, ahead)),
        "source_lat": np.degrees(np.arcsin(lat)),
        "impact": images.impact,
    }
    return truth | images.parameters
