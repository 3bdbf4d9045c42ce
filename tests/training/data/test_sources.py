"""The sources of evonas: the contract of all, and the errors of each."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import h5py
import numpy as np
import pytest

from evonas.errors import ConfigError, DataError, DependencyError
from evonas.testing.data import DataSourceContract
from evonas.training import plugins
from evonas.training.data import load_source, read_options, registry
from evonas.training.data.idx import read_idx
from evonas.training.data.paths import find_file

DATA = Path(__file__).parents[4] / "shared" / "data"


def idx_bytes(array: np.ndarray) -> bytes:
    kinds = {"uint8": 0x08, "float32": 0x0D}
    header = bytes([0, 0, kinds[array.dtype.name], array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return header + array.astype(array.dtype.newbyteorder(">")).tobytes()


def events(count=60):
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (count, 4, 4), dtype=np.uint8), np.arange(count, dtype=np.uint8) % 3


class TestDigits(DataSourceContract):
    source = "digits"
    file_option = None

    def options(self, folder):
        return {}


class TestIdx(DataSourceContract):
    source = "idx"
    file_option = "images"

    def options(self, folder):
        images, labels = events()
        (folder / "images.gz").write_bytes(gzip.compress(idx_bytes(images)))
        (folder / "labels").write_bytes(idx_bytes(labels))
        return {"images": "images.gz", "labels": "labels", "test_images": "images.gz", "test_labels": "labels"}


class TestNpz(DataSourceContract):
    source = "npz"

    def options(self, folder):
        images, labels = events()
        np.savez(folder / "events.npz", X=images, y=labels)
        return {"file": "events.npz"}


class TestHdf5(DataSourceContract):
    source = "hdf5"

    def options(self, folder):
        images, labels = events()
        with h5py.File(folder / "events.h5", "w") as file:
            file["events/images"] = images
            file["events/kinds"] = [f"kind {label}" for label in labels]
        return {"file": "events.h5", "inputs": "events/images", "targets": "events/kinds", "test_file": "events.h5"}


def load(name, options, base):
    source = load_source(name)
    return source.load(read_options(source, options), base)


def test_an_unknown_source_names_the_nearest():
    with pytest.raises(ConfigError) as caught:
        load_source("digit")
    assert caught.value.key == "data.source"
    assert "`digits`" in str(caught.value)


def test_a_source_that_cannot_be_imported_says_so(monkeypatch):
    monkeypatch.setattr(registry, "BUILTIN", {"broken": "evonas.no_such_module:Source"})
    with pytest.raises(DependencyError, match="broken"):
        load_source("broken")


def test_the_builtin_sources_need_no_metadata(monkeypatch):
    monkeypatch.setattr(plugins, "entry_points", lambda group: [])
    assert registry.source_names() == ["ctlearn", "digits", "hdf5", "idx", "npz", "toy_showers"]


@pytest.mark.parametrize(
    ("options", "key"),
    [
        ({"fil": "a.npz"}, "data.options.fil"),
        ({}, "data.options.file"),
        ({"file": 3}, "data.options.file"),
        ({"file": "a.npz", "class_names": "ab"}, "data.options.class_names"),
    ],
)
def test_wrong_options_name_their_key(options, key):
    with pytest.raises(ConfigError) as caught:
        read_options(load_source("npz"), {**({"file": "x"} if "fil" in options else {}), **options})
    assert caught.value.key == key


def test_a_misspelt_option_names_the_nearest():
    with pytest.raises(ConfigError, match="did you mean `inputs`"):
        read_options(load_source("npz"), {"file": "x", "input": "X"})


def test_test_images_come_with_test_labels():
    with pytest.raises(ConfigError, match="both test_images and test_labels"):
        read_options(load_source("idx"), {"images": "a", "labels": "b", "test_images": "c"})


class TestPaths:
    def test_relative_paths_start_from_the_configuration(self, tmp_path, monkeypatch):
        (tmp_path / "configs").mkdir()
        (tmp_path / "here").mkdir()
        for folder in ("configs", "here"):
            (tmp_path / folder / "both").touch()
        (tmp_path / "here" / "one").touch()
        monkeypatch.chdir(tmp_path / "here")
        assert find_file("both", tmp_path / "configs", "k") == tmp_path / "configs" / "both"
        assert find_file("one", tmp_path / "configs", "k") == tmp_path / "here" / "one"
        assert find_file("../here/one", tmp_path / "configs", "k") == tmp_path / "here" / "one"

    def test_home_and_variables_are_expanded(self, tmp_path, monkeypatch):
        (tmp_path / "file").touch()
        monkeypatch.setenv("HOME", str(tmp_path))
        monkeypatch.setenv("EVONAS_TEST_FOLDER", str(tmp_path))
        assert find_file("~/file", None, "k") == find_file("$EVONAS_TEST_FOLDER/file", None, "k") == tmp_path / "file"

    def test_the_error_helps(self, tmp_path):
        (tmp_path / "events.npz").touch()
        with pytest.raises(DataError, match=r"did you mean .*events\.npz"):
            find_file("event.npz", tmp_path, "k")
        with pytest.raises(DataError, match="this is a folder"):
            find_file(str(tmp_path), None, "k")
        with pytest.raises(DataError, match="nowhere does not exist"):
            find_file(str(tmp_path / "nowhere" / "deep" / "file"), None, "k")
        with pytest.raises(DataError, match=r"\$EVONAS_UNSET is not set"):
            find_file("$EVONAS_UNSET/file", tmp_path, "k")


class TestIdxErrors:
    def test_types_and_shapes_survive(self, tmp_path):
        array = np.linspace(0, 1, 12, dtype=np.float32).reshape(3, 4)
        (tmp_path / "a").write_bytes(idx_bytes(array))
        np.testing.assert_array_equal(read_idx(tmp_path / "a"), array)

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            (b"", "not an IDX file"),
            (b"PNG and so on", "not an IDX file"),
            (bytes([0, 0, 0x42, 1, 0, 0, 0, 0]), "not an IDX file"),
            (bytes([0, 0, 0x08, 2, 0, 0]), "truncated"),
            (idx_bytes(np.zeros((5, 2), np.uint8))[:-1], "truncated"),
            (idx_bytes(np.zeros((5, 2), np.uint8)) + b"x", "left over"),
            (gzip.compress(idx_bytes(np.zeros((500, 2), np.uint8)), mtime=0)[:-9], "gzip file is truncated"),
            (b"\x1f\x8bnonsense and more", "gzip file is truncated or damaged"),
        ],
    )
    def test_damaged_files(self, tmp_path, content, message):
        (tmp_path / "a").write_bytes(content)
        with pytest.raises(DataError, match=message) as caught:
            read_idx(tmp_path / "a", "data.options.images")
        assert caught.value.file == str(tmp_path / "a")
        assert caught.value.key == "data.options.images"
        assert caught.value.has_got and caught.value.expected and caught.value.hint

    def test_images_and_labels_exchanged(self, tmp_path):
        images, labels = events()
        (tmp_path / "i").write_bytes(idx_bytes(images))
        (tmp_path / "l").write_bytes(idx_bytes(labels))
        with pytest.raises(DataError, match="not images"):
            load("idx", {"images": "l", "labels": "i"}, tmp_path)
        with pytest.raises(DataError, match="not labels"):
            load("idx", {"images": "i", "labels": "i"}, tmp_path)


class TestArrayErrors:
    def test_a_missing_array_lists_those_there(self, tmp_path):
        np.savez(tmp_path / "a.npz", Inputs=np.zeros(3), y=np.zeros(3))
        with pytest.raises(DataError, match=r"one of Inputs, y") as caught:
            load("npz", {"file": "a.npz", "inputs": "inputs"}, tmp_path)
        assert caught.value.hint == "did you mean `Inputs`?"
        assert caught.value.key == "data.options.inputs"
        with h5py.File(tmp_path / "a.h5", "w") as file:
            file["group/X"] = np.zeros(3)
        with pytest.raises(DataError, match="group/X"):
            load("hdf5", {"file": "a.h5"}, tmp_path)

    def test_pickled_objects_are_not_loaded(self, tmp_path):
        np.savez(tmp_path / "a.npz", X=np.array([{}, []], dtype=object), y=np.zeros(2))
        with pytest.raises(DataError, match="pickled Python objects"):
            load("npz", {"file": "a.npz"}, tmp_path)

    def test_a_single_array_is_not_npz(self, tmp_path):
        np.save(tmp_path / "a.npy", np.zeros(3))
        with pytest.raises(DataError, match="single array"):
            load("npz", {"file": "a.npy"}, tmp_path)

    @pytest.mark.parametrize("content", [b"", b"nothing of the kind", b"PK\x03\x04 truncated"])
    def test_files_of_another_kind(self, tmp_path, content):
        (tmp_path / "a").write_bytes(content)
        with pytest.raises(DataError, match=r"not an \.npz file"):
            load("npz", {"file": "a"}, tmp_path)
        with pytest.raises(DataError, match="not an HDF5 file"):
            load("hdf5", {"file": "a"}, tmp_path)

    def test_a_truncated_npz(self, tmp_path):
        np.savez(tmp_path / "a.npz", X=np.zeros((100, 3)), y=np.zeros(100))
        whole = (tmp_path / "a.npz").read_bytes()
        (tmp_path / "a.npz").write_bytes(whole[: len(whole) // 2])
        with pytest.raises(DataError, match="truncated"):
            load("npz", {"file": "a.npz"}, tmp_path)

    def test_a_truncated_hdf5(self, tmp_path):
        with h5py.File(tmp_path / "a.h5", "w") as file:
            file["X"] = np.zeros((100, 3))
        whole = (tmp_path / "a.h5").read_bytes()
        (tmp_path / "a.h5").write_bytes(whole[: len(whole) // 2])
        with pytest.raises(DataError, match="cannot be read"):
            load("hdf5", {"file": "a.h5"}, tmp_path)

    def test_a_table_in_hdf5_is_not_an_array(self, tmp_path):
        with h5py.File(tmp_path / "a.h5", "w") as file:
            file["X"] = np.zeros(3, [("a", "f4"), ("b", "i4")])
            file["y"] = np.zeros(3)
        with pytest.raises(DataError, match="not a plain array"):
            load("hdf5", {"file": "a.h5"}, tmp_path)


def shared(name):
    path = DATA / name
    if not path.exists():
        pytest.skip(f"{path} is not there")
    return path


def test_mnist_loads():
    images = shared("mnist/t10k-images-idx3-ubyte.gz")
    labels = shared("mnist/t10k-labels-idx1-ubyte.gz")
    arrays = load("idx", {"images": str(images), "labels": str(labels)}, None)
    assert arrays.inputs.shape == (10_000, 28, 28, 1)
    assert np.bincount(arrays.targets).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]


def test_quark_gluon_loads_by_its_default_names():
    arrays = load("npz", {"file": str(shared("quark_gluon/QG_nsubs_pythia8.npz"))}, None)
    assert arrays.inputs.shape == (16_000, 45)
    assert np.unique(arrays.targets).tolist() == [0, 1]
