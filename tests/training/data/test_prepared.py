"""Preparing the data of a run: what lies there, what is used again, and what is wrong."""

from __future__ import annotations

import errno
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from evonas.config.schema import DataConfig, SplitConfig
from evonas.errors import DataError, StorageError
from evonas.training import DataSummary, prepare
from evonas.training.data import Arrays, load_part, load_some, read_summary
from evonas.training.data.standardise import Standardisation, fit
from evonas.training.data.targets import read_targets
from evonas.training.heads import regressor


def config(**changes):
    return DataConfig(**{"source": "npz", "options": {"file": "a.npz"}, **changes})


def write(folder, X, y, name="a.npz"):
    np.savez(folder / name, X=X, y=y)


@pytest.fixture
def events(tmp_path):
    rng = np.random.default_rng(0)
    X, y = rng.normal(3, 2, (100, 4)), np.arange(100) % 2
    X[:, 2] = 7  # a constant feature
    write(tmp_path, X, y)
    return X, y


def test_the_summary_says_what_is_there(tmp_path, events):
    summary = prepare(config(split=SplitConfig(validation=0.2, test=0.1)), tmp_path, tmp_path / "run")
    assert (summary.task, summary.input_shape, summary.outputs) == ("classification", (4,), 2)
    assert summary.counts == {"train": 70, "validation": 20, "test": 10}
    assert summary.class_counts == {"train": (35, 35), "validation": (10, 10), "test": (5, 5)}
    assert summary.class_names == ("0", "1")
    assert summary.test_from == "split"
    assert DataSummary.from_dict(json.loads(json.dumps(summary.to_dict()))) == summary
    assert sorted(path.name for path in (tmp_path / "run" / "data").iterdir()) == sorted(
        [*summary.files, "summary.json"]
    )


def test_standardisation_is_fitted_on_the_training_part_alone(tmp_path, events):
    X, y = events
    data = config(split=SplitConfig(validation=0.2, test=0.2))
    first = prepare(data, tmp_path, tmp_path / "one")
    train = load_part(tmp_path / "one" / "data", "train").inputs
    np.testing.assert_allclose(train.mean(axis=0), [0, 0, 7, 0], atol=1e-6)
    np.testing.assert_allclose(train.std(axis=0), [1, 1, 0, 1], atol=1e-6)

    changed = X * 1000  # the same events of the training part, others elsewhere
    raw = prepare(config(split=data.split, standardise=False), tmp_path, tmp_path / "raw")
    assert raw.standardisation is None
    kept = {tuple(row) for row in load_part(tmp_path / "raw" / "data", "train").inputs}
    for number, row in enumerate(X.astype(np.float32)):
        if tuple(row) in kept:
            changed[number] = X[number]
    write(tmp_path, changed, y)
    second = prepare(data, tmp_path, tmp_path / "two")
    assert second.standardisation == first.standardisation
    np.testing.assert_array_equal(load_part(tmp_path / "two" / "data", "train").inputs, train)


def test_images_are_standardised_per_channel():
    rng = np.random.default_rng(1)
    images = rng.normal([0, 5], [1, 10], (50, 6, 6, 2))
    fitted = fit(images, np.arange(30))
    np.testing.assert_allclose(fitted.shift, images[:30].mean(axis=(0, 1, 2)))
    np.testing.assert_allclose(fitted.scale, images[:30].std(axis=(0, 1, 2)))


def test_standardisation_is_stable_far_from_zero_and_in_pieces(monkeypatch):
    monkeypatch.setattr("evonas.training.data.standardise.CHUNK_BYTES", 100)
    values = 1e9 + np.random.default_rng(0).normal(size=(1000, 1))
    fitted = fit(values, np.arange(1000))
    assert fitted.scale[0] == pytest.approx(values.std(), rel=1e-6)
    assert fitted.shift[0] == pytest.approx(values.mean(), rel=1e-12)


def test_integers_do_not_overflow():
    images = np.array([[250], [0]], np.uint8)
    assert Standardisation((100.0,), (10.0,)).apply(images).tolist() == [[15.0], [-10.0]]


def test_a_fraction_shrinks_training_alone(tmp_path, events):
    whole = prepare(config(), tmp_path, tmp_path / "whole")
    tenth = prepare(config(fraction=0.1), tmp_path, tmp_path / "tenth")
    assert tenth.counts == {**whole.counts, "train": 6}
    for kind in ("validation_targets.npy", "test_targets.npy"):
        assert tenth.files[kind] == whole.files[kind]


def test_the_source_own_test_part_is_used(tmp_path, events):
    write(tmp_path, np.zeros((7, 4)), np.array([0, 1, 0, 1, 0, 1, 1]), "test.npz")
    data = config(options={"file": "a.npz", "test_file": "test.npz"})
    summary = prepare(data, tmp_path, tmp_path / "run")
    assert summary.counts == {"train": 80, "validation": 20, "test": 7}
    assert summary.test_from == "source"
    assert load_part(tmp_path / "run" / "data", "test").targets.tolist() == [0, 1, 0, 1, 0, 1, 1]


def test_without_a_test_part_asking_for_it_is_an_error(tmp_path, events):
    summary = prepare(config(split=SplitConfig(test=0)), tmp_path, tmp_path / "run")
    assert summary.counts["test"] == 0
    assert summary.test_from == "none"
    with pytest.raises(DataError, match=r"data\.split\.test is 0"):
        load_part(tmp_path / "run" / "data", "test")


def test_parts_are_mapped_and_aligned(tmp_path, events):
    prepare(config(), tmp_path, tmp_path / "run")
    part = load_part(tmp_path / "run" / "data", "train")
    assert isinstance(part.inputs, np.memmap)
    assert part.inputs.ctypes.data % 64 == 0
    assert part.inputs.dtype == np.float32
    assert part.targets.dtype == np.int32


class TestAgain:
    def test_what_lies_there_is_used_again(self, tmp_path, events):
        first = prepare(config(), tmp_path, tmp_path / "run")
        times = {path: path.stat().st_mtime_ns for path in (tmp_path / "run" / "data").iterdir()}
        assert prepare(config(), tmp_path, tmp_path / "run") == first
        assert {path: path.stat().st_mtime_ns for path in (tmp_path / "run" / "data").iterdir()} == times

    def test_a_lost_source_is_not_needed(self, tmp_path, events):
        first = prepare(config(), tmp_path, tmp_path / "run")
        (tmp_path / "a.npz").unlink()
        assert prepare(config(), tmp_path, tmp_path / "run") == first
        with pytest.raises(DataError, match="no such file"):
            prepare(config(), tmp_path, tmp_path / "another")

    def test_a_changed_source_is_an_error(self, tmp_path, events):
        prepare(config(), tmp_path, tmp_path / "run")
        X, y = events
        write(tmp_path, X + 1, y)
        with pytest.raises(DataError, match="have changed since this run"):
            prepare(config(), tmp_path, tmp_path / "run")

    def test_a_damaged_array_is_made_again(self, tmp_path, events):
        first = prepare(config(), tmp_path, tmp_path / "run")
        path = tmp_path / "run" / "data" / "train_inputs.npy"
        path.write_bytes(path.read_bytes()[:-4])
        assert prepare(config(), tmp_path, tmp_path / "run") == first
        assert len(load_part(tmp_path / "run" / "data", "train").inputs) == 60

    def test_another_configuration_is_prepared_anew(self, tmp_path, events):
        first = prepare(config(), tmp_path, tmp_path / "run")
        second = prepare(config(split=SplitConfig(test=0)), tmp_path, tmp_path / "run")
        assert second.config_digest != first.config_digest
        assert not (tmp_path / "run" / "data" / "test_inputs.npy").exists()

    def test_the_digest_is_that_of_the_numbers(self, tmp_path, events):
        first = prepare(config(), tmp_path, tmp_path / "one")
        write(tmp_path, *events, "b.npz")
        second = prepare(config(options={"file": "b.npz"}), tmp_path, tmp_path / "two")
        assert first.digest == second.digest
        assert first.config_digest != second.config_digest


class TestErrors:
    @pytest.mark.parametrize(
        ("X", "y", "message"),
        [
            (np.zeros((10, 2)), np.zeros(9, int), "same number of events"),
            (np.zeros(10), np.zeros(10, int), "wrong shape"),
            (np.zeros((0, 2)), np.zeros(0, int), "wrong shape"),
            (np.array([["a"]] * 10), np.zeros(10, int), "inputs are not numbers"),
            (np.zeros((10, 2), complex), np.arange(10) % 2, "inputs are not numbers"),
            (np.zeros((10, 2)), np.zeros(10, int), "one class only"),
            (np.zeros((10, 2)), np.zeros((10, 2, 2)), "wrong number of dimensions"),
            (np.zeros((10, 2)), np.array([0, 1] * 4 + [2, 2]), "class `2` has too few events"),
            (np.zeros((10, 2)), np.array([0, 1] * 4 + [np.nan] * 2), "2 targets are not finite"),
            (np.zeros((60, 2)), np.arange(60), "data.task: regression"),
            (np.zeros((2, 2)), np.array([0.5, 1.5]), "too few events to split"),
        ],
    )
    def test_arrays_that_do_not_do(self, tmp_path, X, y, message):
        write(tmp_path, X, y)
        with pytest.raises(DataError, match=message) as caught:
            prepare(config(), tmp_path, tmp_path / "run")
        assert caught.value.file == str(tmp_path / "a.npz")
        assert caught.value.key
        assert caught.value.expected

    @pytest.mark.parametrize("value", [np.nan, np.inf, 1e300])
    def test_inputs_that_are_not_finite(self, tmp_path, events, value):
        X, y = events
        X[17, 3] = value
        write(tmp_path, X, y)
        with pytest.raises(DataError, match="1 of 100 events") as caught:
            prepare(config(), tmp_path, tmp_path / "run")
        assert "place 3 of event 17" in str(caught.value)

    def test_a_full_disk(self, tmp_path, events, monkeypatch):
        def full(*_, **__):
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr("os.fsync", full)
        with pytest.raises(StorageError, match="No space left"):
            prepare(config(), tmp_path, tmp_path / "run")
        assert list((tmp_path / "run" / "data").iterdir()) == []

    def test_a_summary_that_is_damaged(self, tmp_path):
        with pytest.raises(DataError, match="no prepared data"):
            read_summary(tmp_path)
        (tmp_path / "summary.json").write_text("{")
        with pytest.raises(DataError, match="cannot be read"):
            read_summary(tmp_path)
        (tmp_path / "summary.json").write_text('{"version": 99}')
        with pytest.raises(DataError, match="another version"):
            read_summary(tmp_path)
        (tmp_path / "summary.json").write_text('{"version": 2}')
        with pytest.raises(DataError, match="damaged"):
            read_summary(tmp_path)


class TestTargets:
    def read(self, targets, choice="auto", **more):
        return read_targets(Arrays(np.zeros((len(targets), 1)), np.asarray(targets), **more), choice)

    def test_classes_are_numbered_in_order(self):
        found = self.read([5, 3, 5, 9])
        assert (found.values.tolist(), found.class_names, found.heads[0].outputs) == ([1, 0, 1, 2], ("3", "5", "9"), 3)

    def test_strings_are_classes(self):
        assert self.read(["gamma", "proton", "gamma"]).class_names == ("gamma", "proton")
        assert self.read(np.array([b"a", b"b"])).class_names == ("a", "b")

    def test_whole_floats_and_booleans_are_classes(self):
        assert self.read([0.0, 1.0, 1.0]).values.tolist() == [0, 1, 1]
        assert self.read([True, False]).class_names == ("0", "1")

    def test_one_hot_rows_are_classes(self):
        assert self.read([[0, 1, 0], [1, 0, 0], [0, 0, 1]]).values.tolist() == [1, 0, 2]

    def test_fractions_are_regressed_in_their_unit(self):
        found = self.read([0.5, 100.0])
        assert (found.heads, found.values.tolist()) == (regressor(1), [[0.5], [100.0]])
        assert self.read([[0.5, 1.0], [2.0, 3.0]]).heads == regressor(2)
        assert self.read([1, 2], "regression").heads == regressor(1)

    def test_names_are_given_by_the_source(self):
        found = self.read([0, 1, 1], class_names=("background", "signal"))
        assert found.class_names == ("background", "signal")
        with pytest.raises(DataError, match="class that is not known"):
            self.read([0, 2], class_names=("background", "signal"))
        with pytest.raises(DataError, match="number of class names"):
            self.read(["a", "b"], class_names=("one",))

    def test_a_test_part_has_the_same_classes(self):
        test = {"test_inputs": np.zeros((2, 1)), "test_targets": np.array([1, 4])}
        with pytest.raises(DataError, match="4 in event 1"):
            self.read([1, 2], **test)

    @pytest.mark.parametrize(("targets", "choice"), [(["a", "b"], "regression"), ([0.5, 1.0], "classification")])
    def test_a_task_that_does_not_fit(self, targets, choice):
        with pytest.raises(DataError):
            self.read(targets, choice)


def test_preparing_needs_no_keras(tmp_path):
    program = (
        "import sys; from pathlib import Path; from evonas.config.schema import DataConfig, TrainingConfig; "
        "from evonas.training import prepare; import evonas.training.metrics; "
        "from evonas.training.evaluate import check_settings, settings_for, PRELOAD; "
        "print(*sorted({'keras', 'tensorflow', 'sklearn'} & set(sys.modules))); "
        f"summary = prepare(DataConfig(), None, Path({str(tmp_path)!r})); "
        "check_settings(settings_for('cnn', DataConfig(), TrainingConfig(), ('accuracy',)), summary); "
        "print(*sorted({'keras', 'tensorflow'} & set(sys.modules)))"
    )
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.split() == []


def test_mnist_splits_into_seven_thousand_to_train(tmp_path):
    folder = Path(__file__).parents[4] / "shared" / "data" / "mnist"
    if not (folder / "t10k-images-idx3-ubyte.gz").exists():
        pytest.skip(f"{folder / 't10k-images-idx3-ubyte.gz'} is not there")
    options = {"images": "t10k-images-idx3-ubyte.gz", "labels": "t10k-labels-idx1-ubyte.gz"}
    data = DataConfig(source="idx", options=options, split=SplitConfig(validation=0.15, test=0.15))
    summary = prepare(data, folder, tmp_path)
    assert summary.counts == {"train": 7000, "validation": 1500, "test": 1500}
    assert summary.input_shape == (28, 28, 1)


def test_some_events_of_a_part_are_rows_of_it(tmp_path, events):
    prepare(config(), tmp_path, tmp_path)
    whole = load_part(tmp_path / "data", "train")
    some = load_some(tmp_path / "data", "train", 0.3, 0)
    assert some.rows is not None
    assert some.inputs.shape == whole.inputs.shape, "mapped as they are, nothing is copied"
    np.testing.assert_array_equal(some.targets, whole.targets[some.rows])
    np.testing.assert_array_equal(some.gather(0, len(some)), whole.inputs[some.rows])
    assert len(some) == 18 and np.bincount(some.targets).tolist() == [9, 9]
    again, more, other = (
        load_some(tmp_path / "data", "train", part, seed) for part, seed in ((0.3, 0), (0.6, 0), (0.3, 1))
    )
    assert again.rows.tolist() == some.rows.tolist() != other.rows.tolist()
    assert set(some.rows) <= set(more.rows)
