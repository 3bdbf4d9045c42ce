import pytest

from evonas.errors import ConfigError, DataError, StorageError
from evonas.simulation import SimulationSettings, simulate
from evonas.simulation.settings import checked_settings


def test_the_defaults_are_settings():
    settings = checked_settings()
    assert settings == SimulationSettings()
    assert settings.is_diffuse
    assert settings.primary_id == 0
    assert checked_settings(particle="proton").primary_id == 101


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"particle": "muon"}, ["particle", "muon"]),
        ({"events": 0}, ["events"]),
        ({"camera": "large"}, ["camera", "large"]),
        ({"camera": "lst", "subarray": "x.h5"}, ["exclude"]),
        ({"telescope_type": "MST"}, ["telescope_type"]),
        ({"particle": "proton", "diffuse": False}, ["point source"]),
        ({"energy_min": 2.0, "energy_max": 1.0}, ["energy_max"]),
        ({"picture_threshold": 9.0}, ["picture_threshold"]),
        ({"night_sky": float("nan")}, ["night_sky"]),
        ({"nightsky": 2.0}, ["nightsky", "did you mean night_sky?"]),
    ],
)
def test_a_wrong_setting_is_named(values, words):
    with pytest.raises(ConfigError) as caught:
        checked_settings(**values)
    for word in words:
        assert word in str(caught.value)


def test_a_file_that_exists_is_kept(tmp_path):
    file = tmp_path / "gamma.dl1.h5"
    file.write_text("mine")
    with pytest.raises(StorageError, match="exists already"):
        simulate(file, events=10)
    assert file.read_text() == "mine"


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"subarray": "missing.h5"}, DataError, "no such file"),
        ({"telescopes": 2, "min_telescopes": 3}, ConfigError, "fewer telescopes"),
        ({"energy_min": 1e-6, "energy_max": 1e-5}, ConfigError, "none of"),
    ],
)
def test_what_cannot_be_simulated_leaves_no_file(tmp_path, options, error, words):
    pytest.importorskip("ctapipe")
    with pytest.raises(error, match=words):
        simulate(tmp_path / "gamma.dl1.h5", events=10, **options)
    assert list(tmp_path.iterdir()) == []


def test_a_file_without_an_array_is_refused(tmp_path):
    pytest.importorskip("ctapipe")
    wrong = tmp_path / "array.h5"
    wrong.write_text("no HDF5")
    with pytest.raises(DataError, match="no array can be read"):
        simulate(tmp_path / "gamma.dl1.h5", events=10, subarray=wrong)
