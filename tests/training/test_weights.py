"""Files of weights: whole or not there, of the right genome, with all that a resumed training needs."""

from __future__ import annotations

import errno

import h5py
import numpy as np
import pytest

from evonas.errors import StorageError
from evonas.training.weights import TrainingState, load_state, save_state

ARRAYS = [np.arange(6, dtype=np.float32).reshape(2, 3), np.float32(3.5)]
STATE = TrainingState(
    ARRAYS,
    [array + 1 for array in ARRAYS],
    [np.int64(7), *ARRAYS],
    epochs=9,
    best_epoch=4,
    best=0.25,
    reached=0.75,
    watched="val_auc",
)


def same(first, second):
    assert len(first) == len(second)
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one, other)
        assert np.asarray(one).dtype == other.dtype


def test_what_is_written_is_read(tmp_path):
    save_state(tmp_path / "weights" / "1.weights.h5", STATE, genome="abc")
    found = load_state(tmp_path / "weights" / "1.weights.h5", genome="abc")
    same(STATE.weights, found.weights)
    same(STATE.last, found.last)
    same(STATE.optimizer, found.optimizer)
    assert (found.epochs, found.best_epoch, found.best) == (9, 4, 0.25)
    assert (found.reached, found.watched) == (0.75, "val_auc")
    assert [path.name for path in (tmp_path / "weights").iterdir()] == ["1.weights.h5"]


def test_the_last_weights_are_not_written_twice(tmp_path):
    save_state(tmp_path / "w", TrainingState(ARRAYS, ARRAYS, [], epochs=4, best_epoch=4))
    with h5py.File(tmp_path / "w") as file:
        assert "last" not in file
    found = load_state(tmp_path / "w")
    same(ARRAYS, found.last)
    assert found.best is None


def test_weights_of_another_genome_are_refused(tmp_path):
    save_state(tmp_path / "w", STATE, genome="abc")
    with pytest.raises(StorageError, match="another genome"):
        load_state(tmp_path / "w", genome="abd")


def test_missing_and_damaged_files(tmp_path):
    with pytest.raises(StorageError, match=r"(?s)no such weights.*keep_weights"):
        load_state(tmp_path / "none")
    save_state(tmp_path / "w", STATE)
    (tmp_path / "w").write_bytes((tmp_path / "w").read_bytes()[:2000])
    with pytest.raises(StorageError, match="cannot be read"):
        load_state(tmp_path / "w")
    with h5py.File(tmp_path / "other", "w") as file:
        file["x"] = 1
    with pytest.raises(StorageError, match="not a file of weights"):
        load_state(tmp_path / "other")


def test_a_full_disk_leaves_the_old_file(tmp_path, monkeypatch):
    save_state(tmp_path / "w", STATE, genome="abc")

    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(StorageError, match="No space left"):
        save_state(tmp_path / "w", STATE, genome="new")
    assert load_state(tmp_path / "w", genome="abc").epochs == 9
    assert [path.name for path in tmp_path.iterdir()] == ["w"]
