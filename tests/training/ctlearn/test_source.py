"""What the source gives beside images: events, groups, facts; and that the cache answers for it."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("ctlearn")

import tables

from evonas.errors import ConfigError
from evonas.testing.data import DataSourceContract
from evonas.training.ctlearn.cache import entries, open_cached, remove
from evonas.training.ctlearn.options import CtlearnOptions
from evonas.training.ctlearn.sharing import release_all
from evonas.training.ctlearn.source import CtlearnSource
from evonas.training.data import load_source, read_options


class TestContract(DataSourceContract):
    source = "ctlearn"
    file_option = "signal"

    @pytest.fixture(autouse=True)
    def _files(self, dl1, cache):
        self.folder = dl1.mono

    def options(self, folder):
        for path in self.folder.iterdir():
            shutil.copy(path, folder)
        return {"signal": "gamma_1.dl1.h5", "background": ["proton_*.h5"], "mapper": "AxialMapper"}


@pytest.fixture
def no_reading(monkeypatch):
    """From here on nothing may be read from DL1 files."""

    def forbid():
        def refuse(*arguments, **named):
            raise AssertionError("the images were read again")

        monkeypatch.setattr("evonas.training.ctlearn.source.open_reader", refuse)

    return forbid


def test_inputs_lie_in_a_file_that_can_be_mapped(load):
    found = load()
    assert isinstance(found.inputs, np.memmap)
    assert found.file.offset % 64 == 0
    assert found.file.dtype == "float32" and found.file.shape == found.inputs.shape
    np.testing.assert_array_equal(found.file.map(), found.inputs)
    plain = np.fromfile(found.file.path, "<f4", found.inputs.size, offset=found.file.offset)
    np.testing.assert_array_equal(plain.reshape(found.inputs.shape), found.inputs)
    assert found.inputs.__array_interface__["data"][0] % 64 == 0


def test_events(load, dl1):
    found = load(tasks=["type", "energy"])
    events, count = found.events, len(found.inputs)
    floats = {"true_energy", "true_log_energy", "impact", "hillas_intensity", "cam_x", "cam_y", "fov_lon", "fov_lat"}
    ints = {"obs_id", "event_id", "tel_id", "file_index", "true_class", "true_particle"}
    assert set(events) == floats | ints
    assert all(events[name].dtype == np.float64 and events[name].shape == (count,) for name in floats)
    assert all(events[name].dtype == np.int64 and events[name].shape == (count,) for name in ints)
    assert (events["hillas_intensity"] > 50).all()
    np.testing.assert_allclose(events["true_log_energy"], np.log10(events["true_energy"]), rtol=1e-6)
    files = [*found.facts["signal_files"], *found.facts["background_files"]]
    run_of = {number: int(Path(path).name.split("_")[1].split(".")[0]) for number, path in enumerate(sorted(files))}
    np.testing.assert_array_equal([run_of[number] for number in events["file_index"]], events["obs_id"])
    np.testing.assert_array_equal(events["true_class"] == 1, events["true_particle"] == 0)
    np.testing.assert_array_equal(found.targets[:, 0], events["true_class"])


def test_intensities_are_those_of_the_images(load, dl1):
    found = load()
    with tables.open_file(str(dl1.mono / "gamma_2.dl1.h5")) as file:
        rows = file.root.dl1.event.telescope.parameters.tel_001.read()
    size = {int(row["event_id"]): float(row["hillas_intensity"]) for row in rows}
    of_run = found.events["obs_id"] == 2
    expected = [size[event] for event in found.events["event_id"][of_run]]
    np.testing.assert_allclose(found.events["hillas_intensity"][of_run], expected)


def test_facts(load):
    found = load(quality=[["bright", "hillas_intensity > 100"]], tasks=["energy", "type"])
    facts = json.loads(json.dumps(found.facts))
    assert facts["mode"] == "mono" and facts["tasks"] == ["type", "energy"]
    assert facts["quality"] == [["bright", "hillas_intensity > 100"]]
    assert facts["channels"] == ["image", "peak_time"] and facts["mapper"] == "BilinearMapper"
    assert facts["telescope_type"].endswith(facts["camera"]) and facts["tel_ids"] == [1]
    assert facts["image_shape"] == found.inputs.shape[1] and facts["focal_length"] > 1
    assert facts["versions"]["ctlearn"] and facts["versions"]["dl1_data_handler"]
    assert found.file.path.stem == facts["cache_key"]
    assert (found.events["hillas_intensity"] > 100).all()
    classes = found.events["true_class"]
    assert facts["class_weight"] == [len(classes) / 2 / (classes == value).sum() for value in (0, 1)]


def test_no_background_is_enough_without_the_task_type(load):
    found = load(background=[], tasks=["energy"])
    assert set(found.events["true_class"]) == {1}
    assert found.facts["class_weight"] is None


def test_several_types_of_background(load, dl1):
    found = load(background={"proton": f"{dl1.mono}/proton_11*", "electron": [f"{dl1.mono}/proton_12.dl1.h5"]})
    assert set(found.events["obs_id"]) == {1, 2, 11, 12}
    named = found.facts["background_particles"]
    assert {name: [Path(path).name for path in paths] for name, paths in named.items()} == {
        "proton": ["proton_11.dl1.h5"],
        "electron": ["proton_12.dl1.h5"],
    }


def test_images_of_one_shower_are_one_group(dl1, cache):
    """In mono, telescopes see the same shower in images of their own."""
    options = {"signal": f"{dl1.stereo}/gamma*", "background": f"{dl1.stereo}/proton*", "mapper": "AxialMapper"}
    found = CtlearnSource().load(CtlearnOptions(**options), None)
    assert found.groups.dtype == np.int64
    showers = np.stack((found.events["obs_id"], found.events["event_id"]), axis=1)
    assert len(np.unique(showers, axis=0)) == len(np.unique(found.groups)) < len(found.groups)
    for group in np.unique(found.groups):
        assert len(np.unique(showers[found.groups == group], axis=0)) == 1


def test_split_by_run(load):
    found = load(split_by="run")
    runs, groups = found.events["obs_id"], found.groups
    assert len(np.unique(groups)) == 4
    assert len(np.unique(np.stack((runs, groups), axis=1), axis=0)) == 4


def test_a_shower_that_is_used_again_is_one_group(copied, cache):
    """sim_telarray numbers the uses of shower 3 as events 300, 301, ..."""
    folder = copied()
    path = folder / "gamma_1.dl1.h5"
    with tables.open_file(str(path), "a") as file:
        file.root.configuration.simulation.run.modify_column(colname="shower_reuse", column=[10])
        for node in (
            file.root.dl1.event.subarray.trigger,
            file.root.simulation.event.subarray.shower,
            file.root.dl1.event.telescope.parameters.tel_001,
            file.root.dl1.event.telescope.images.tel_001,
        ):
            number = node.col("event_id")
            node.modify_column(colname="event_id", column=number // 4 * 100 + number % 4)
    found = CtlearnSource().load(CtlearnOptions(signal=str(path), tasks=("energy",), mapper="AxialMapper"), None)
    shower = found.events["event_id"] // 100
    assert len(np.unique(found.groups)) == len(np.unique(shower)) < len(shower)
    assert len(np.unique(np.stack((shower, found.groups), axis=1), axis=0)) == len(np.unique(shower))


def test_the_second_time_nothing_is_read(load, no_reading):
    first = load(tasks=["type"])
    no_reading()
    again = load(tasks=["type"])
    assert again.file == first.file and again.digest == first.digest
    other = load(tasks=["energy"], split_by="run")
    assert other.file == first.file, "the labels of all tasks are there"
    assert other.digest != first.digest


def test_files_that_moved_are_known_by_their_content(copied, cache, no_reading):
    folder = copied()
    options = {"signal": "gamma*", "background": "proton*", "mapper": "AxialMapper"}
    first = CtlearnSource().load(CtlearnOptions(**options), folder)
    elsewhere = folder.with_name("elsewhere")
    folder.rename(elsewhere)
    (elsewhere / "gamma_1.dl1.h5").rename(elsewhere / "gamma_9.dl1.h5")
    no_reading()
    again = CtlearnSource().load(CtlearnOptions(**options), elsewhere)
    assert again.file == first.file
    numbers = {run: set(again.events["file_index"][again.events["obs_id"] == run]) for run in (1, 2, 11, 12)}
    assert numbers == {1: {1}, 2: {0}, 11: {2}, 12: {3}}
    assert Path(again.facts["signal_files"][1]).name == "gamma_9.dl1.h5"


def test_other_content_and_other_options_are_other_entries(copied, cache):
    folder = copied()

    def key(**changes):
        options = {"signal": "gamma*", "background": "proton*", "mapper": "AxialMapper", **changes}
        return CtlearnSource().load(CtlearnOptions(**options), folder).facts["cache_key"]

    keys = [
        key(),
        key(channels=("peak_time", "image")),
        key(quality=()),
        key(mapper="ShiftingMapper"),
        key(max_events=50),
        key(signal="gamma_1*"),
        key(focal_length_choice="equivalent"),
    ]
    path = folder / "gamma_1.dl1.h5"
    with tables.open_file(str(path), "a") as file:
        file.root.dl1.event.telescope.images.tel_001.modify_column(0, 1, colname="image", column=np.ones((1, 331)))
    keys.append(key())
    assert len(set(keys)) == len(keys)
    assert key(telescopes=(1,)) == keys[-1], "all telescopes, said in words"


def test_max_events_keeps_proportions_and_is_repeatable(load):
    everything, some = load(), load(max_events=60)
    assert abs(len(some.inputs) - 60) <= 1
    share = everything.events["true_class"].mean()
    assert some.events["true_class"].mean() == pytest.approx(share, abs=0.02)
    place = {(run, event): row for row, (run, event) in enumerate(zip(*identity(everything), strict=True))}
    rows = [place[pair] for pair in zip(*identity(some), strict=True)]
    assert rows == sorted(rows)
    np.testing.assert_array_equal(some.inputs, everything.inputs[rows])


def identity(arrays):
    return arrays.events["obs_id"].tolist(), arrays.events["event_id"].tolist()


def test_tables_in_another_order_are_joined_by_event(copied, load, cache):
    """Parameters may be written in another order than images; the row alone would then be another event's image."""
    folder = copied()
    expected = load(mapper="AxialMapper")
    with tables.open_file(str(folder / "gamma_1.dl1.h5"), "a") as file:
        node = file.root.dl1.event.telescope.parameters.tel_001
        rows = node.read()[::-1].copy()
        node.modify_rows(0, len(rows), rows=rows)
    options = {"signal": f"{folder}/gamma*", "background": f"{folder}/proton*", "mapper": "AxialMapper"}
    found = CtlearnSource().load(CtlearnOptions(**options), None)
    assert found.file != expected.file
    np.testing.assert_array_equal(found.inputs, expected.inputs)
    np.testing.assert_array_equal(found.events["hillas_intensity"], expected.events["hillas_intensity"])


def test_a_damaged_cache_file_is_built_again(load):
    first = load(mapper="AxialMapper")
    images = np.array(first.inputs)
    release_all()
    path, size = first.file.path, first.file.path.stat().st_size
    with path.open("r+b") as file:
        file.truncate(size - 100)
    assert open_cached(path) is None
    again = load(mapper="AxialMapper")
    np.testing.assert_array_equal(again.inputs, images)
    assert again.digest == first.digest


def test_a_cache_file_in_use_is_not_removed(load, cache):
    load(mapper="AxialMapper")
    (entry,) = entries(cache)
    assert entry.in_use and not entry.stale and entry.events > 100
    assert not remove(entry)
    release_all()
    assert remove(entries(cache)[0])
    assert [path.name for path in cache.iterdir()] in ([], ["digests.json"])


def test_stereo_needs_min_telescopes(load):
    some, all_ = load("stereo", mapper="AxialMapper", min_telescopes=3), load("stereo", mapper="AxialMapper")
    assert some.events["multiplicity"].min() == 3
    assert len(some.inputs) == (all_.events["multiplicity"] >= 3).sum()
    assert set(some.events) == set(all_.events) and "tel_id" not in some.events


def test_some_telescopes(load):
    found = load("stereo", mapper="AxialMapper", telescopes=[4, 2])
    assert found.inputs.shape[1] == 2 and found.facts["tel_ids"] == [2, 4]


def test_stacked_channels_have_names(load):
    found = load("stereo", mapper="AxialMapper", stack=True, telescopes=[1, 2])
    assert found.input_names == ("image_1", "peak_time_1", "image_2", "peak_time_2")


def test_one_type_of_an_array_of_several(tmp_path, cache, pytestconfig):
    array = pytestconfig.rootpath.parent / "shared/data/iact/prod6_LaPalma_SubarrayDescription.h5"
    if not array.exists():
        pytest.skip("the array's description is not there")
    from evonas.errors import DataError
    from evonas.simulation import simulate

    path = tmp_path / "gamma.dl1.h5"
    simulate(path, "gamma", 3, 1, subarray=array, max_impact=100.0, energy_min=20.0)
    options = {"signal": str(path), "tasks": ("energy",), "mapper": "AxialMapper"}
    with pytest.raises(DataError) as caught:
        CtlearnSource().load(CtlearnOptions(**options), None)
    assert caught.value.key == "data.options.telescope_type"
    assert "LST_LST_LSTcam" in caught.value.expected and "MST_MST_NectarCam" in caught.value.expected
    with tables.open_file(str(path)) as file:
        there = sorted(int(name[-3:]) for name in file.root.dl1.event.telescope.images._v_children)
        types = {
            int(row["tel_id"]): row["tel_description"] for row in file.root.configuration.instrument.subarray.layout
        }
    lst = tuple(tel_id for tel_id in there if types[tel_id] == b"LST_LST_LSTcam")
    options |= {"telescope_type": "LST_LST_LSTcam", "telescopes": lst}
    found = CtlearnSource().load(CtlearnOptions(**options), None)
    assert found.facts["camera"] == "LSTcam" and set(found.events["tel_id"]) <= set(lst)


@pytest.mark.parametrize(
    ("options", "key", "word"),
    [
        ({"channels": ["charge"]}, "channels", "image"),
        ({"mapper": "BilinearMaper"}, "mapper", "BilinearMapper"),
        ({"tasks": []}, "tasks", "at least 1"),
        ({"tasks": ["type", "type"]}, "", "twice"),
        ({"stack": True}, "", "mode: stereo"),
        ({"mode": "stereo", "tasks": ["cameradirection"]}, "", "skydirection"),
        ({"mapper": "AxialMapper", "mapper_options": {"set_index_matrix": 1}}, "", "set_index_matrix"),
        ({"chanels": ["image"]}, "chanels", "channels"),
    ],
)
def test_wrong_options_are_named(options, key, word):
    with pytest.raises(ConfigError) as caught:
        read_options(load_source("ctlearn"), {"signal": "gamma.h5", **options})
    assert caught.value.key.startswith(f"data.options.{key}".rstrip("."))
    assert word in str(caught.value)


def test_files_are_hashed_once(copied, cache, monkeypatch):
    import os

    from evonas.training.ctlearn import digests

    folder = copied()
    for path in folder.iterdir():
        os.utime(path, (1e9, 1e9))
    hashed = []
    real = digests.sha256_of
    monkeypatch.setattr(digests, "sha256_of", lambda path: hashed.append(path.name) or real(path))
    paths = sorted(folder.iterdir())
    first = digests.file_digests(paths, cache)
    assert digests.file_digests(paths, cache) == first and len(hashed) == 4
    assert first[paths[0]] == hashlib.sha256(paths[0].read_bytes()).hexdigest()
    paths[0].write_bytes(paths[0].read_bytes() + b" ")
    assert digests.file_digests(paths, cache)[paths[0]] != first[paths[0]]
    assert hashed[4:] == [paths[0].name]


def test_the_reader_is_let_go(dl1, cache, load):
    """dl1_data_handler keeps its files open until the process ends; here they are closed."""
    load(mapper="AxialMapper")
    assert not [name for name in tables.file._open_files.filenames if str(dl1.mono) in name]
