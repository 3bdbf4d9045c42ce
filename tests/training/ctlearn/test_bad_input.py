"""Files that cannot be read are said to be so: which, what was found, what was expected, what to do."""

from __future__ import annotations

import shutil
import sys

import h5py
import numpy as np
import pytest

pytest.importorskip("ctlearn")

import tables

from evonas.errors import DataError, DependencyError


@pytest.fixture
def folder(copied):
    return copied()


@pytest.fixture
def refuse(folder, load_written):
    """Load what is in the folder, which has to fail, and return the error."""

    def load_and_catch(kind=DataError, **options):
        chosen = {"signal": "gamma_*.h5", "background": "proton_*.h5", "mapper": "AxialMapper", **options}
        with pytest.raises(kind) as caught:
            load_written(folder, **chosen)
        assert caught.value.hint, "it says what to do next"
        return caught.value

    return load_and_catch


def changed(path):
    return tables.open_file(str(path), "a")


def test_a_missing_file(refuse, folder):
    error = refuse(signal="gamma_7.dl1.h5")
    assert error.key == "data.options.signal" and error.file == str(folder / "gamma_7.dl1.h5")
    assert "did you mean" in error.hint


def test_a_pattern_without_files(refuse):
    error = refuse(background="electron_*.h5")
    assert error.key == "data.options.background" and error.got == "electron_*.h5"


def test_a_folder_without_files(refuse, folder):
    (folder / "empty").mkdir()
    assert "holds no DL1 file" in str(refuse(background=["proton_11.dl1.h5", "empty"]))


def test_not_hdf5(refuse, folder):
    (folder / "gamma_1.dl1.h5").write_bytes(b"PK\x03\x04 not this")
    error = refuse()
    assert "not an HDF5 file" in error.message and error.file.endswith("gamma_1.dl1.h5")


@pytest.mark.parametrize("part", [0.5, 0.9])
def test_truncated(refuse, folder, part):
    path = folder / "proton_11.dl1.h5"
    size = int(path.stat().st_size * part)
    with path.open("r+b") as file:
        file.truncate(size)
    error = refuse()
    assert "truncated" in error.message and error.got == f"{size} bytes" and error.file == str(path)
    assert error.key == "data.options.background"


def test_damaged_in_the_middle(refuse, folder):
    """The file opens, and a table of images is garbage."""
    path = folder / "gamma_1.dl1.h5"
    with tables.open_file(str(path)) as file:
        node = file.root.dl1.event.telescope.images.tel_001
        places = [node.chunk_info((at,)).offset for at in range(0, node.nrows, node.chunkshape[0])]
    content = bytearray(path.read_bytes())
    for place in places:
        content[place + 16 : place + 400] = b"\xff" * 384
    path.write_bytes(bytes(content))
    error = refuse()
    assert error.file == str(path) and "cannot be read" in error.message


def test_another_hdf5_file(refuse, folder):
    with tables.open_file(str(folder / "gamma_1.dl1.h5"), "w") as file:
        file.create_array("/", "x", np.arange(3))
    assert "not written by ctapipe" in refuse().message


@pytest.mark.parametrize(("group", "what"), [("images", "no images"), ("parameters", "no image parameters")])
def test_without_images_or_parameters(refuse, folder, group, what):
    with changed(folder / "gamma_2.dl1.h5") as file:
        file.remove_node(f"/dl1/event/telescope/{group}", recursive=True)
    error = refuse()
    assert what in error.message and error.file.endswith("gamma_2.dl1.h5")
    assert f"ctapipe-process --write-{group}" in error.hint


def test_one_telescope_without_images(folder, load_written, dl1):
    shutil.copy(dl1.stereo / "gamma_1.dl1.h5", folder / "stereo.h5")
    with changed(folder / "stereo.h5") as file:
        file.remove_node("/dl1/event/telescope/images/tel_003")
    with pytest.raises(DataError, match="telescope 3 has no images") as caught:
        load_written(folder, signal="stereo.h5", tasks=["energy"], mode="stereo")
    assert "[1, 2, 4]" in caught.value.hint


def test_mixed_cameras(refuse, folder):
    from evonas.simulation import simulate

    simulate(folder / "gamma_3.dl1.h5", "gamma", 3, 3, camera="lst", run=3)
    error = refuse()
    assert "different cameras" in error.message and error.file.endswith("gamma_3.dl1.h5")
    assert error.got != error.expected and str(folder / "gamma_1.dl1.h5") in error.message


def test_mixed_arrays(folder, load_written, dl1):
    shutil.copy(dl1.stereo / "gamma_1.dl1.h5", folder / "gamma_3.dl1.h5")
    with pytest.raises(DataError, match="different arrays"):
        load_written(folder, signal="gamma_*.h5", tasks=["energy"])


def test_no_such_type_or_telescope(refuse):
    assert "did you mean" in refuse(telescope_type="MST_Toy_ToyCan").hint
    error = refuse(telescopes=[1, 5])
    assert error.key == "data.options.telescopes" and "numbers among 1" in error.expected


def test_no_background_for_the_task_type(refuse):
    for background in ([], {}):
        error = refuse(background=background)
        assert error.key == "data.options.background" and "one class only" in error.message


def test_an_older_data_model(refuse, folder):
    with h5py.File(folder / "gamma_1.dl1.h5", "r+") as file:
        file.attrs["CTA PRODUCT DATA MODEL VERSION"] = "v5.1.0"
    error = refuse()
    assert error.got == "v5.1.0" and error.expected == "v6.0.0 or newer"


def test_observed_events(refuse, folder):
    with h5py.File(folder / "gamma_1.dl1.h5", "r+") as file:
        file.attrs["CTA PROCESS TYPE"] = "Observation"
    assert "not simulated" in refuse().message


def test_one_run_number_in_two_files_of_a_stereo_reading(folder, load_written, dl1):
    from evonas.simulation import simulate

    simulate(folder / "other.h5", "proton", 10, 5, camera="small", telescopes=4, run=1)
    with pytest.raises(DataError, match="two files have the run 1") as caught:
        load_written(folder, signal=str(dl1.stereo / "gamma_1.dl1.h5"), background="other.h5", mode="stereo")
    assert "obs_id" in caught.value.expected


def test_a_file_of_both_classes(refuse, folder):
    assert "both signal and background" in refuse(background="*.h5").message
    shutil.copy(folder / "gamma_1.dl1.h5", folder / "proton_13.dl1.h5")
    error = refuse()
    assert "the same content" in error.message and error.file.endswith("proton_13.dl1.h5")


@pytest.mark.parametrize("mode", ["mono", "stereo"])
def test_no_event_survives(load, mode):
    with pytest.raises(DataError, match="no event passes the quality cuts") as caught:
        load(mode, quality=[["impossible", "hillas_intensity > 1e9"]], mapper="AxialMapper")
    assert caught.value.key == "data.options.quality"
    assert caught.value.got == [["impossible", "hillas_intensity > 1e9"]]


def test_the_file_in_which_no_event_survives_is_named(refuse, folder):
    with changed(folder / "proton_12.dl1.h5") as file:
        node = file.root.dl1.event.telescope.parameters.tel_001
        node.modify_column(colname="hillas_intensity", column=np.full(node.nrows, 10.0))
    error = refuse()
    assert error.file == str(folder / "proton_12.dl1.h5") and error.key == "data.options.quality"


def test_no_event_has_enough_telescopes(load):
    with pytest.raises(DataError, match="no event passes"):
        load("stereo", min_telescopes=5, mapper="AxialMapper")


def test_a_cut_on_an_unknown_column(refuse):
    error = refuse(quality=[["bright", "hillas_intensty > 50"]])
    assert error.got == "hillas_intensty" and "hillas_intensity" in error.hint


@pytest.mark.parametrize(
    "expression",
    [
        "__import__('os').system('true')",
        "hillas_intensity.__class__ == 1",
        "np.load('x.npy') > 1",
        "[x for x in hillas_intensity]",
        "open('x')",
        "hillas_intensity > ",
    ],
)
def test_a_cut_that_does_more_than_compare(refuse, expression):
    error = refuse(quality=[["evil", expression]])
    assert "refused" in error.message and error.key == "data.options.quality"


def test_cuts_that_reckon_are_let_through(load):
    found = load(quality=[["size", "(log10(hillas_intensity) > 2) & (np.abs(hillas_skewness) < 1e9)"]])
    assert found.events["hillas_intensity"].min() > 100


@pytest.mark.parametrize("column", ["image", "peak_time"])
def test_pixels_that_are_not_numbers(refuse, folder, cache, column):
    with changed(folder / "gamma_1.dl1.h5") as file:
        node = file.root.dl1.event.telescope.images.tel_001
        values = node.read(7, 8)[column]
        values[0, 100] = np.nan
        node.modify_column(7, 8, colname=column, column=values)
        event = node.read(7, 8)["event_id"][0]
    error = refuse(quality=[])
    assert "not finite" in error.message and f"nan in the channel {column} of event {event} in run 1" in error.got
    assert error.file.endswith("gamma_1.dl1.h5")
    assert not [path for path in cache.iterdir() if path.suffix in (".h5", ".tmp")], "nothing half read is left"


def test_a_camera_that_the_mapper_cannot_map(refuse):
    error = refuse(mapper="SquareMapper")
    assert error.key == "data.options.mapper" and "hexagonal" in error.hint


@pytest.mark.parametrize("module", ["dl1_data_handler.reader", "tables"])
def test_without_ctlearn(refuse, monkeypatch, module):
    monkeypatch.setitem(sys.modules, module, None)
    error = refuse(DependencyError)
    assert error.hint == 'pip install "evonas[ctlearn]"' and module.split(".")[0] in error.message
