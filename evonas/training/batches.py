"""Events batch by batch, in an order that seed and epoch alone decide, without a copy of the whole array.

The order does not depend on the backend, nor on whether a training was resumed: epoch 7 of seed 3 sees the same batches
everywhere. Arrays are mapped files (:func:`evonas.training.data.load_part`). TensorFlow would copy them whole, twice;
here it is given the mapped pages themselves, and gathers each batch in its own threads as Keras's own pipeline does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from evonas.training.backend import backend_name

__all__ = ["Columns", "EventOrder", "batches", "in_order", "shared_tensor", "steps_per_epoch"]


_ALIGNMENT = 64  # bytes; TensorFlow aborts on memory that is not. An `.npy` file that is mapped is aligned.


class EventOrder:
    """The order of the events in each epoch.

    Args:
        events: number of events.
        seed: seed of the order.
        epoch: the epoch to come, from 0; set by the trainer at the end of each epoch.
    """

    def __init__(self, events: int, seed: int, epoch: int = 0) -> None:
        self.events = events
        self.seed = seed
        self.epoch = epoch

    def permutation(self) -> NDArray[np.int64]:
        """Return the order of this epoch, (events,)."""
        return np.random.default_rng([self.seed, self.epoch]).permutation(self.events)


def steps_per_epoch(events: int, batch_size: int) -> int:
    """Return the number of batches of an epoch; the last one may be smaller."""
    return -(-events // batch_size)


@dataclass(frozen=True)
class Columns:
    """What a training learns from: inputs, targets and perhaps weights, event by event.

    Attributes:
        inputs: (stored events, ...).
        targets: (events, ...), or a mapping of names to such.
        weights: (events,), or a mapping of names to such; None where all weigh the same.
        rows: (events,) which of the stored inputs are the events; None where all are, in their order.
    """

    inputs: NDArray[Any]
    targets: Any
    weights: Any = None
    rows: NDArray[np.int64] | None = None

    @property
    def beside(self) -> tuple[Any, ...]:
        """Targets and, if any, weights."""
        return (self.targets,) if self.weights is None else (self.targets, self.weights)


def batches(columns: Columns, order: EventOrder, batch_size: int) -> Any:
    """Return what ``fit`` iterates over: one pass gives every event once, in the order of the epoch.

    Args:
        columns: the events.
        order: the order.
        batch_size: events of a batch.
    """
    if backend_name() == "tensorflow":
        return _dataset(columns, order, batch_size)
    return _Batches(columns, order, batch_size)


class _AsStored(EventOrder):
    """One order for all epochs: that of the events."""

    def permutation(self) -> NDArray[np.int64]:
        return np.arange(self.events, dtype=np.int64)


def in_order(columns: Columns, batch_size: int) -> Any:
    """Return batches in the events' own order, as a validation takes them."""
    events = len(columns.rows) if columns.rows is not None else len(columns.inputs)
    return batches(columns, _AsStored(events, 0), batch_size)


def _mapped(function: Callable[[Any], Any], arrays: Any) -> Any:
    """Apply a function to an array, or to each of a mapping."""
    if isinstance(arrays, Mapping):
        return {name: function(array) for name, array in arrays.items()}
    return function(arrays)


def shared_tensor(array: NDArray[Any]) -> Any:
    """Return an array as what the backend takes best, sharing its memory where that is possible.

    With TensorFlow this is a tensor over the same memory: the array must not be written to afterwards.
    """
    if backend_name() != "tensorflow":
        return array
    import tensorflow as tf

    plain = np.ascontiguousarray(array)
    with tf.device("CPU:0"):
        if plain.ctypes.data % _ALIGNMENT or not plain.flags.writeable or not plain.size:
            return tf.convert_to_tensor(plain)
        return tf.experimental.dlpack.from_dlpack(plain.__dlpack__())


def _dataset(columns: Columns, order: EventOrder, batch_size: int) -> Any:
    import tensorflow as tf

    inputs = shared_tensor(columns.inputs)
    rows = None if columns.rows is None else tf.constant(np.asarray(columns.rows, np.int64))
    beside = tuple(_mapped(shared_tensor, array) for array in columns.beside)
    events = order.events
    full = events // batch_size
    plain = tf.autograph.experimental.do_not_convert  # there is nothing to convert, and looking for it takes 0.3 s

    def shuffled(_: Any) -> Any:
        indices = tf.numpy_function(order.permutation, [], tf.int64)
        indices.set_shape([events])
        return indices

    def cut(indices: Any) -> Any:
        pieces = tf.data.Dataset.from_tensor_slices(tf.reshape(indices[: full * batch_size], [full, batch_size]))
        rest = indices[full * batch_size :]
        return pieces.concatenate(tf.data.Dataset.from_tensors(rest)) if events % batch_size else pieces

    def gather(indices: Any) -> Any:
        stored = indices if rows is None else tf.gather(rows, indices)
        others = (_mapped(lambda tensor: tf.gather(tensor, indices), tensors) for tensors in beside)
        return (tf.gather(inputs, stored), *others)

    options = tf.data.Options()
    # as in Keras's own adapter: rewriting the pipeline costs more than it gains, and would serialise the arrays
    options.experimental_optimization.apply_default_optimizations = False
    options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.OFF
    indices = tf.data.Dataset.range(1).map(plain(shuffled)).flat_map(plain(cut))
    dataset = indices.map(plain(gather), num_parallel_calls=tf.data.AUTOTUNE)
    dataset = dataset.apply(tf.data.experimental.assert_cardinality(steps_per_epoch(events, batch_size)))
    return dataset.with_options(options).prefetch(tf.data.AUTOTUNE)


_Base: Any = getattr(keras.utils, "PyDataset", None) or keras.utils.Sequence  # its name in Keras 3, and before


class _Batches(_Base):  # type: ignore[misc]  # Keras is untyped
    """The same for the other backends, which take NumPy arrays as they are."""

    def __init__(self, columns: Columns, order: EventOrder, batch_size: int) -> None:
        super().__init__()
        self._columns = columns
        self._order = order
        self._batch_size = batch_size
        self._epoch = -1
        self._indices = np.empty(0, np.int64)

    def __len__(self) -> int:
        return steps_per_epoch(self._order.events, self._batch_size)

    def __getitem__(self, number: int) -> tuple[Any, ...]:
        if self._epoch != self._order.epoch:
            self._epoch, self._indices = self._order.epoch, self._order.permutation()
        columns = self._columns
        some = self._indices[number * self._batch_size : (number + 1) * self._batch_size]
        stored = some if columns.rows is None else columns.rows[some]
        others = (_mapped(lambda array: np.asarray(array[some]), arrays) for arrays in columns.beside)
        return (np.asarray(columns.inputs[stored]), *others)
