"""What the images must show, whatever the numbers behind them."""

import numpy as np
import pytest
from scipy.stats import spearmanr

pytest.importorskip("ctapipe")

from evonas.simulation.cascades import Cascades, cascades_of
from evonas.simulation.events import event_blocks
from evonas.simulation.light import spots_of
from evonas.simulation.settings import checked_settings
from evonas.simulation.showers import pointing_axes, ranges_of, throw
from evonas.simulation.subarrays import made_subarray, telescopes_of
from evonas.simulation.summary import separation_auc


def one_cascade(direction, core=(80.0, -30.0)):
    view = pointing_axes(70.0)
    axis = np.array([np.cos(np.radians(direction)), np.sin(np.radians(direction)), 0.0]) @ view
    return Cascades(
        shower=np.array([0]),
        energy=np.array([1.0]),
        axis=axis[None],
        through=np.array([[*core, 0.0]]),
        path=np.zeros(1),
        maximum=np.array([330.0]),
        depth_spread=np.array([90.0]),
        lateral=np.array([13.0]),
    )


def seen(cascade, telescopes):
    number = len(telescopes)
    images = np.arange(number)
    return spots_of(
        cascade, np.zeros(number, int), images, images, np.full(number, 100.0), telescopes, pointing_axes(70.0)
    )


def test_all_telescopes_see_the_shower_point_to_one_direction():
    telescopes = telescopes_of(made_subarray("small", 4))
    spots = seen(one_cascade(0.5), telescopes)
    for image in range(4):
        lon, lat = spots.lon[spots.image == image], spots.lat[spots.image == image]
        x, y = lon - 0.5, lat  # from the source
        assert np.abs(x * y[0] - y * x[0]).max() / np.hypot(x[0], y[0]) < 1e-3  # on a line through the source
        assert (np.diff(np.hypot(x, y)) > 0).all()  # the deeper, the further away from it


def test_light_from_afar_is_stretched_in_time():
    telescopes = telescopes_of(made_subarray("small", 1))
    times = [seen(one_cascade(0.0, (distance, 0.0)), telescopes).time for distance in (20.0, 250.0)]
    assert times[0][0] > times[0][-1]  # within the light pool, light is slower than the particles
    assert times[1][0] < times[1][-1]
    assert np.ptp(times[1]) > 2 * np.ptp(times[0])


def test_a_proton_has_several_cascades_that_share_its_energy():
    rng = np.random.default_rng(1)
    settings = checked_settings(particle="proton")
    telescopes = telescopes_of(made_subarray("small", 1))
    showers = throw(rng, 200, settings, ranges_of(settings, telescopes), telescopes)
    cascades = cascades_of(rng, showers, np.full(200, 80.0), "proton", 1.0, np.full(200, 18000.0))
    assert (np.bincount(cascades.shower) >= 1).all()
    assert len(cascades.shower) > 400
    assert np.median(np.bincount(cascades.shower, cascades.energy) / showers.energy) == pytest.approx(0.45, abs=0.05)


@pytest.mark.parametrize("particle", ["gamma", "proton"])
def test_the_seed_decides_everything(particle):
    telescopes = telescopes_of(made_subarray("small", 2))

    def images(**options):
        settings = checked_settings(particle=particle, events=30, telescopes=2, **options)
        return np.concatenate([b.telescopes[1].readout.charge for b in event_blocks(settings, telescopes)])

    first = images(seed=3)
    assert np.array_equal(first, images(seed=3))
    assert not np.array_equal(first[:5], images(seed=4)[:5])
    assert not np.array_equal(first[:5], images(seed=3, run=2)[:5])


def test_there_are_as_many_events_as_asked_for(sample):
    _, _, blocks = sample("gamma", telescopes=4, events=300)
    assert sum(len(block.showers) for block in blocks) == 300
    assert blocks[-1].thrown > 300
    triggered = np.zeros(300, int)
    for block in blocks:
        for images in block.telescopes.values():
            triggered[block.first + images.event] += 1
    assert triggered.min() == 2
    assert set(triggered) == {2, 3, 4}


@pytest.mark.parametrize("particle", ["gamma", "proton"])
def test_every_image_has_a_width_and_a_size(table, particle):
    columns = table(particle)
    assert (columns["hillas_width"] > 0).all()
    assert (columns["hillas_length"] >= columns["hillas_width"]).all()
    assert (columns["hillas_intensity"] > 4 * 7).all()
    assert np.isfinite(np.concatenate([columns[name] for name in columns if name != "core_psi"])).all()


@pytest.mark.parametrize("particle", ["gamma", "proton"])
def test_size_grows_with_energy_and_falls_with_the_impact(table, particle):
    columns = table(particle)
    near = columns["impact"] < 120
    size, energy = np.log(columns["hillas_intensity"]), np.log(columns["energy"])
    assert spearmanr(size[near], energy[near]).statistic > 0.6
    a_decade = (columns["energy"] > 0.5) & (columns["energy"] < 2)
    assert spearmanr((size - energy)[a_decade], columns["impact"][a_decade]).statistic < -0.5


def test_energy_follows_from_size_and_impact(table):
    """With the true impact, size gives the energy to 20 to 40 %."""
    columns = table("gamma", events=1500)
    inside = columns["leakage_intensity_width_2"] < 0.2
    size, energy = np.log(columns["hillas_intensity"][inside]), np.log(columns["energy"][inside])
    impact = columns["impact"][inside] / 100
    terms = np.stack([impact**0, size, impact, impact**2, impact**3, size * impact, size**2], axis=1)
    fitted = terms @ np.linalg.lstsq(terms, energy, rcond=None)[0]
    assert 0.08 < np.percentile(np.abs(np.expm1(fitted - energy)), 68) < 0.4


@pytest.mark.parametrize("diffuse", [False, True])
def test_images_of_gammas_point_to_their_direction(table, diffuse):
    columns = table("gamma", diffuse=diffuse)
    clear = (columns["hillas_length"] > 1.5 * columns["hillas_width"]) & (columns["hillas_intensity"] > 200)
    x, y = (columns[f"source_{name}"] - columns[f"hillas_fov_{name}"] for name in ("lon", "lat"))
    psi = np.radians(columns["hillas_psi"])
    miss = np.abs(x * np.sin(psi) - y * np.cos(psi))[clear]
    assert clear.sum() > 200
    assert np.median(miss) < 0.1  # deg: far less than the distance of image and source
    assert np.median(np.hypot(x, y)[clear]) > 0.5


def test_a_point_source_is_a_point_and_diffuse_gammas_are_everywhere(table):
    assert np.ptp(table("gamma", diffuse=False)["source_lon"]) < 1e-9
    spread = table("gamma", diffuse=True)["source_lon"]
    assert spread.min() < -0.8
    assert spread.max() > 0.8


def test_time_runs_from_head_to_tail_at_large_impact(table):
    columns = table("gamma")
    far = (columns["impact"] > 160) & (columns["hillas_intensity"] > 150)
    psi = np.radians(columns["hillas_psi"])
    x, y = (columns[f"hillas_fov_{name}"] - columns[f"source_{name}"] for name in ("lon", "lat"))
    away = np.sign(x * np.cos(psi) + y * np.sin(psi))
    assert np.mean((away * columns["timing_slope"])[far] > 0) > 0.8


def test_protons_are_broader_and_have_more_islands(table):
    gammas, protons = table("gamma"), table("proton")
    assert np.median(protons["hillas_width"]) > 1.15 * np.median(gammas["hillas_width"])
    assert np.mean(protons["morphology_n_islands"] > 1) > 2 * np.mean(gammas["morphology_n_islands"] > 1)


def test_width_and_length_leave_something_to_win(table):
    gammas, protons = table("gamma"), table("proton")
    auc = separation_auc(gammas, protons)
    assert auc is not None
    assert 0.75 < auc < 0.9


def test_telescopes_agree_on_direction_core_and_impact():
    """ctapipe's own stereo reconstruction finds what was simulated."""
    import astropy.units as u
    from astropy.coordinates import angular_separation
    from ctapipe.reco import HillasReconstructor

    from evonas.simulation.source import ToyEventSource

    source = ToyEventSource(checked_settings(events=60, telescopes=4, seed=5))
    reconstruct = HillasReconstructor(subarray=source.subarray)
    angles, cores, impacts = [], [], []
    for event in source:
        reconstruct(event)
        found, shower = event.dl2.stereo.geometry["HillasReconstructor"], event.simulation.shower
        if len(event.dl1.tel) < 3 or not found.is_valid:
            continue
        angles.append(angular_separation(found.az, found.alt, shower.az, shower.alt).to_value(u.deg))
        cores.append(
            np.hypot((found.core_x - shower.core_x).to_value(u.m), (found.core_y - shower.core_y).to_value(u.m))
        )
        for tel_id in event.dl1.tel:
            distance = event.dl2.tel[tel_id].impact["HillasReconstructor"].distance
            impacts.append((distance - event.simulation.tel[tel_id].impact.distance).to_value(u.m))
    assert len(angles) > 20
    assert np.median(angles) < 0.2
    assert np.median(cores) < 30
    assert np.median(np.abs(impacts)) < 30
