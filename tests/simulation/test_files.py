"""The files are those of ctapipe, and read by ctapipe, dl1_data_handler and CTLearn's reader."""

import json
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("ctapipe")

import tables
from traitlets.config import Config

from evonas.simulation import simulate
from evonas.simulation.settings import checked_settings
from evonas.simulation.subarrays import telescopes_of

PROD6 = Path(__file__).parents[3] / "shared/data/iact/prod6_LaPalma_SubarrayDescription.h5"
EVENTS = 40
EVERYTHING = Config({"TableQualityQuery": {"quality_criteria": []}})

# Two tables of ctapipe describe obs_id in different words, and astropy says so when they are joined.
pytestmark = pytest.mark.filterwarnings("ignore:In merged column 'obs_id'")


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dl1")
    made = {}
    for telescopes in (1, 3):
        for particle, run in (("gamma", 1), ("proton", 1001)):
            file = folder / f"{particle}_{telescopes}_run{run}.dl1.h5"
            made[particle, telescopes] = simulate(file, particle, EVENTS, run=run, telescopes=telescopes)
    return made


def test_a_summary_says_what_was_written(files):
    for (_, telescopes), summary in files.items():
        assert summary.file.is_file()
        assert summary.events == EVENTS
        assert summary.images == EVENTS if telescopes == 1 else EVENTS * 2 <= summary.images <= EVENTS * 3
        assert summary.thrown > EVENTS


def test_blocks_and_single_events_give_the_same_file(tmp_path):
    """The quick way to fill ctapipe's tables against ctapipe's own way, row by row."""
    from evonas.simulation.source import ToyEventSource
    from evonas.simulation.writer import write_blocks, write_events

    settings = checked_settings(particle="proton", events=12, telescopes=2, run=7)
    quick, slow = tmp_path / "quick.h5", tmp_path / "slow.h5"
    thrown, _ = write_blocks(ToyEventSource(settings), quick)
    assert write_events(ToyEventSource(settings), slow) == thrown
    with tables.open_file(str(quick)) as left, tables.open_file(str(slow)) as right:
        names = {node._v_pathname for node in right.walk_nodes("/", "Table")}
        assert {node._v_pathname for node in left.walk_nodes("/", "Table")} == names
        assert sum("/images/" in name for name in names) == 4
        for name in names:
            one, other = left.get_node(name), right.get_node(name)
            assert one.dtype == other.dtype
            assert len(one) == len(other)
            attributes = {key: str(one.attrs[key]) for key in one.attrs._f_list("user")}
            assert attributes == {key: str(other.attrs[key]) for key in other.attrs._f_list("user")}
            for column in one.colnames:
                a, b = one.col(column), other.col(column)
                if np.issubdtype(a.dtype, np.floating):
                    np.testing.assert_allclose(a, b, rtol=1e-6, err_msg=f"{name} {column}")
                else:
                    assert np.array_equal(a, b), (name, column)


def test_true_images_can_be_left_out(tmp_path):
    with_them = simulate(tmp_path / "with.h5", events=5)
    without = simulate(tmp_path / "without.h5", events=5, true_images=False)
    with tables.open_file(str(without.file)) as file, tables.open_file(str(with_them.file)) as whole:
        own, other = (opened.root.simulation.event.telescope for opened in (file, whole))
        assert "true_image" not in own.images.tel_001.colnames
        assert "parameters" not in own
        sums = other.images.tel_001.col("true_image").sum(axis=1)
        assert np.array_equal(own.images.tel_001.col("true_image_sum"), sums)
        size = file.root.dl1.event.telescope.parameters.tel_001.col("hillas_intensity")
        assert size == pytest.approx(sums, rel=0.5)


def test_the_file_says_that_it_is_a_toy(files):
    with tables.open_file(str(files["gamma", 1].file)) as file:
        attributes = file.root._v_attrs
        assert "not a physics simulation" in attributes["CONTEXT SIMULATION KIND"]
        assert json.loads(attributes["CONTEXT SIMULATION SETTINGS"])["particle"] == "gamma"
        assert attributes["CTA PROCESS TYPE"] == "Simulation"
        run = file.root.configuration.simulation.run[0]
        assert run["n_showers"] == files["gamma", 1].thrown
        assert run["obs_id"] == 1
        assert run["diffuse"]


@pytest.mark.parametrize("telescopes", [1, 3])
def test_ctapipe_reads_events_and_tables(files, telescopes):
    from ctapipe.io import EventSource, TableLoader

    summary = files["gamma", telescopes]
    with EventSource(summary.file) as source:
        assert source.is_simulation
        assert len(source.subarray.tel) == telescopes
        images = 0
        for event in source:
            assert set(event.dl1.tel) == set(event.trigger.tels_with_trigger)
            for camera in event.dl1.tel.values():
                images += 1
                assert camera.image.shape == (331,)
                assert camera.image[camera.image_mask].sum() == pytest.approx(camera.parameters.hillas.intensity, 1e-5)
        assert images == summary.images
    with TableLoader(summary.file) as loader:
        table = loader.read_telescope_events(dl1_parameters=True, dl1_images=True, simulated=True)
        assert len(table) == summary.images
        assert (table["true_shower_primary_id"] == 0).all()
        assert np.isfinite(table["true_impact_distance"]).all()


def close(reader):
    for opened in reader.files.values():
        opened.close()


@pytest.mark.parametrize(("mode", "telescopes"), [("mono", 1), ("stereo", 3)])
def test_ctlearns_reader_reads_them(files, mode, telescopes):
    handler = pytest.importorskip("dl1_data_handler.reader")
    reader = handler.DLImageReader(
        input_url_signal=[str(files["gamma", telescopes].file)],
        input_url_background=[str(files["proton", telescopes].file)],
        mode=mode,
        config=EVERYTHING,
    )
    rows = reader.example_identifiers if mode == "mono" else reader.unique_example_identifiers
    assert len(rows) == 2 * EVENTS
    assert set(reader.class_weight.values()) == {1.0}
    batch = (reader.generate_mono_batch if mode == "mono" else reader.generate_stereo_batch)([0, 1, 2, 3])
    assert batch["features"].shape == (4 * telescopes, 42, 42, 2)
    assert batch["features"][:, :, :, 0].max() > 7
    offset = np.hypot(batch["fov_lon"], batch["fov_lat"])
    assert offset.max() < 1.2  # deg: inside the cone that directions come from
    close(reader)


def test_the_direction_of_a_point_source_is_where_ctlearn_expects_it(tmp_path):
    handler = pytest.importorskip("dl1_data_handler.reader")
    file = simulate(tmp_path / "point.dl1.h5", events=20, diffuse=False, source_offset=0.5).file
    reader = handler.DLImageReader(input_url_signal=[str(file)], config=EVERYTHING)
    rows = reader.example_identifiers
    assert rows["fov_lon"] == pytest.approx(0.5, abs=1e-3)
    assert rows["fov_lat"] == pytest.approx(0, abs=5e-3)
    camera = np.hypot(rows["cam_coord_offset_x"], rows["cam_coord_offset_y"])
    assert camera == pytest.approx(16 * np.radians(0.5), rel=1e-2)
    close(reader)


@pytest.mark.skipif(not PROD6.is_file(), reason=f"needs {PROD6}")
def test_an_array_of_two_telescope_types_goes_into_one_file(tmp_path):
    from ctapipe.instrument import SubarrayDescription

    summary = simulate(tmp_path / "prod6.dl1.h5", events=5, subarray=PROD6)
    with tables.open_file(str(summary.file)) as file:
        images = {node.name: node for node in file.iter_nodes("/dl1/event/telescope/images")}
        array = telescopes_of(SubarrayDescription.from_hdf(summary.file))
        assert len(images) == len(array) > 40
        assert sum(len(table) for table in images.values()) == summary.images
        assert images["tel_001"].coldescrs["image"].shape == (1855,)


def test_without_ctapipe_the_extra_is_named(tmp_path, monkeypatch):
    import sys

    from evonas.errors import DependencyError

    monkeypatch.setitem(sys.modules, "ctapipe.io", None)
    with pytest.raises(DependencyError, match=r"evonas\[ctlearn\]"):
        simulate(tmp_path / "gamma.dl1.h5", events=5)
