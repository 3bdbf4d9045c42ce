"""Trained weights and the state of their training, in HDF5.

A file holds the weights of the best epoch (``weights``), and what a resumed training needs beside them: those of the
last epoch (``last``, absent where it was the best) and the optimizer's variables (``optimizer``). Arrays are numbered
in Keras's own order, which does not depend on its version or backend. HDF5 is written to memory first and then to a
temporary file that is renamed: a full disk is then a plain error, and a file is whole or not there; and no file lock
is asked for, which network file systems often refuse.
"""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evonas.errors import StorageError

__all__ = ["SCHEMA_VERSION", "TrainingState", "load_state", "save_state"]

SCHEMA_VERSION = 1
_FORMAT = "evonas weights"

Weights = list[NDArray[Any]]


@dataclass(frozen=True)
class TrainingState:
    """A network's weights, and where its training stands.

    Attributes:
        weights: weights of the best epoch, in the order of ``keras.Model.get_weights``.
        last: weights of the last epoch.
        optimizer: variables of the optimizer after the last epoch; empty if it cannot be resumed.
        epochs: epochs trained so far, resumptions included.
        best_epoch: the best of them, from 1.
        best: value of the monitored column in it; None where nothing was watched.
        pooling: pixels a side of the images it last learned from that were averaged into one.
        reached: best value so far of the column by which hopeless trainings are ended; None where it is not known.
        watched: that column; empty where it is not known.
    """

    weights: Weights
    last: Weights
    optimizer: Weights = field(default_factory=list)
    epochs: int = 0
    best_epoch: int = 0
    best: float | None = None
    pooling: int = 1
    reached: float | None = None
    watched: str = ""


def save_state(path: Path, state: TrainingState, *, genome: str = "") -> None:
    """Write a state, whole or not at all.

    Args:
        path: the file; its folder is made.
        state: the state.
        genome: id of the genome, so that weights are not given to another.

    Raises:
        StorageError: if it cannot be written.
    """
    import h5py

    content = io.BytesIO()
    with h5py.File(content, "w") as file:
        file.attrs.update(format=_FORMAT, schema_version=SCHEMA_VERSION, genome=genome)
        file.attrs.update(epochs=state.epochs, best_epoch=state.best_epoch, pooling=state.pooling)
        file.attrs.update(watched=state.watched)
        for name in ("best", "reached"):
            if (value := getattr(state, name)) is not None:
                file.attrs[name] = value
        _write(file, "weights", state.weights)
        if state.best_epoch != state.epochs:
            _write(file, "last", state.last)
        _write(file, "optimizer", state.optimizer)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("wb") as out:
            out.write(content.getbuffer())
            out.flush()
            os.fsync(out.fileno())
        temporary.replace(path)
    except OSError as error:
        hint = "free some space; `training.keep_weights` limits what is kept"
        raise StorageError(f"the weights cannot be written: {error}", file=path, hint=hint) from error
    finally:
        temporary.unlink(missing_ok=True)


def load_state(path: Path, *, genome: str = "") -> TrainingState:
    """Read a state.

    Args:
        path: the file.
        genome: id of the genome it is for; empty does not ask.

    Raises:
        StorageError: if it is missing, damaged, of a newer evonas, or belongs to another genome.
    """
    import h5py

    try:
        with path.open("rb") as raw, h5py.File(raw, "r") as file:
            if file.attrs.get("format") != _FORMAT or file.attrs.get("schema_version") != SCHEMA_VERSION:
                raise StorageError(
                    "this is not a file of weights that this evonas can read",
                    file=path,
                    got=f"{file.attrs.get('format')}, schema {file.attrs.get('schema_version')}",
                    expected=f"{_FORMAT}, schema {SCHEMA_VERSION}",
                )
            if genome and file.attrs["genome"] != genome:
                raise StorageError(
                    "these weights belong to another genome", file=path, got=str(file.attrs["genome"]), expected=genome
                )
            weights = _read(file["weights"])
            return TrainingState(
                weights=weights,
                last=_read(file["last"]) if "last" in file else weights,
                optimizer=_read(file["optimizer"]),
                epochs=int(file.attrs["epochs"]),
                best_epoch=int(file.attrs["best_epoch"]),
                best=float(file.attrs["best"]) if "best" in file.attrs else None,
                pooling=int(file.attrs.get("pooling", 1)),
                reached=float(file.attrs["reached"]) if "reached" in file.attrs else None,
                watched=str(file.attrs.get("watched", "")),
            )
    except FileNotFoundError as error:
        hint = "the weights of an individual that is not among the best are deleted; see training.keep_weights"
        raise StorageError("there are no such weights", file=path, hint=hint) from error
    except (OSError, KeyError) as error:
        raise StorageError(f"the weights cannot be read: {error}", file=path, hint="the file may be damaged") from error


def _write(file: Any, name: str, arrays: Sequence[NDArray[Any]]) -> None:
    group = file.create_group(name)
    for number, array in enumerate(arrays):
        group.create_dataset(f"{number:05d}", data=np.asarray(array))


def _read(group: Any) -> Weights:
    return [np.asarray(group[name][()]) for name in sorted(group)]
