"""The differences between Keras 3 and the Keras 2.14 of CTLearn's released environment, in one place.

Everything else in evonas is written against what both share. Keras is imported inside the functions, because its
backend is chosen by the environment at its first import.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "activation",
    "keras_major",
    "learning_rate",
    "mend_backend",
    "operations",
    "optimizer_state",
    "predict_on_batch",
    "recurrent",
    "reduce_on_plateau",
    "restore_optimizer_state",
    "set_learning_rate",
    "to_numpy",
    "weights",
]

_LEAK = 0.2  # slope of leaky_relu below zero; Keras's function has 0.2 and its layer 0.3


def keras_major() -> int:
    """Return 2 or 3."""
    import keras

    return int(keras.__version__.split(".")[0])


def activation(kind: str, name: str) -> Any:
    """Return the layer of an activation of :data:`evonas.training.families.plan.ACTIVATIONS`."""
    import keras

    if kind == "leaky_relu":
        slope = {"negative_slope": _LEAK} if keras_major() >= 3 else {"alpha": _LEAK}
        return keras.layers.LeakyReLU(name=name, **slope)
    return keras.layers.Activation("swish" if kind == "silu" else kind, name=name)  # Keras 2.14 does not know "silu"


def mend_backend() -> None:
    """Switch off what is broken in the backend: to be called before a model is used.

    TensorFlow 2.14 fuses convolution, batch normalisation and tanh into a kernel that its CPU version lacks, and then
    fails with "Fusion is not implemented: [FusedBatchNorm,Tanh]" at the first inference; TensorFlow 2.20 does not.
    """
    if keras_major() >= 3:
        return
    import tensorflow as tf

    tf.config.optimizer.set_experimental_options({"remapping": False})


def to_numpy(tensor: Any) -> NDArray[Any]:
    """Return a variable or tensor of any backend as a NumPy array."""
    import keras

    if keras_major() < 3:
        return np.asarray(tensor)
    if isinstance(tensor, keras.Variable):  # its own __array__ does not know NumPy 2's copy argument
        tensor = tensor.value
        if keras.backend.backend() == "tensorflow":
            return np.asarray(tensor.numpy())
    return np.asarray(keras.ops.convert_to_numpy(tensor))


def weights(model: Any) -> list[NDArray[Any]]:
    """Return copies of all weights of a model, in the order of ``keras.Model.get_weights``."""
    return [np.array(to_numpy(weight)) for weight in model.weights]


def predict_on_batch(model: Any, inputs: Any) -> Any:
    """Return the answers of a compiled model about one batch, NumPy arrays.

    Where several batches are run between two returns to Python, Keras 2 would ask for as many here, and fail.
    """
    steps = getattr(model, "_steps_per_execution", None) if keras_major() < 3 else None
    if steps is None:
        return model.predict_on_batch(inputs)
    several = int(steps.numpy())
    model.make_predict_function()  # before the number is changed: that for one batch could not run several later
    steps.assign(1)
    try:
        return model.predict_on_batch(inputs)
    finally:
        steps.assign(several)


def optimizer_state(optimizer: Any) -> list[NDArray[Any]]:
    """Return the numbers an optimizer carries from step to step: iterations, learning rate, momenta."""
    return [to_numpy(variable) for variable in _variables(optimizer)]


def steps_done(state: Sequence[NDArray[Any]]) -> int | None:
    """Return the steps that an optimizer had made when its state was taken; None where the state does not tell.

    The count of steps is the first variable of every optimizer, in Keras 2 and 3.
    """
    return int(state[0]) if state and np.ndim(state[0]) == 0 else None


def restore_optimizer_state(optimizer: Any, variables: Sequence[Any], state: Sequence[NDArray[Any]]) -> None:
    """Give an optimizer the state that :func:`optimizer_state` took from one of the same kind.

    Args:
        optimizer: a fresh optimizer; it is built here.
        variables: the model's trainable variables.
        state: the state.

    Raises:
        ValueError: if the state is of another optimizer or another model.
    """
    if not getattr(optimizer, "built", False):
        optimizer.build(variables)
    own = _variables(optimizer)
    if [tuple(variable.shape) for variable in own] != [tuple(value.shape) for value in state]:
        raise ValueError(f"this optimizer has {len(own)} variables of other shapes than the {len(state)} saved ones")
    for variable, value in zip(own, state, strict=True):
        variable.assign(value)


def learning_rate(optimizer: Any) -> float:
    """Return the learning rate of the next step, whether a schedule, a callback or nobody changes it."""
    schedule = getattr(optimizer, "_learning_rate", None)
    if keras_major() < 3 and callable(schedule):  # its `learning_rate` is that of the step before
        return float(to_numpy(schedule(optimizer.iterations)))
    return float(to_numpy(optimizer.learning_rate))


def set_learning_rate(optimizer: Any, rate: float) -> None:
    """Set the learning rate of an optimizer without a schedule."""
    optimizer.learning_rate = rate


def reduce_on_plateau(factor: float, patience: int, min_delta: float = 1e-4, min_rate: float = 0.0) -> Any:
    """Return Keras's callback that lowers the learning rate when ``val_loss`` has stopped to fall."""
    import keras

    class ReduceOnPlateau(keras.callbacks.ReduceLROnPlateau):  # type: ignore[misc]  # Keras is untyped
        """Keras's own, without NumPy 2's warning about how Keras 3 reads the learning rate."""

        def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", message="__array__ implementation", category=DeprecationWarning)
                super().on_epoch_end(epoch, logs)

    return ReduceOnPlateau(
        monitor="val_loss", mode="min", factor=factor, patience=patience, min_delta=min_delta, min_lr=min_rate
    )


def _variables(optimizer: Any) -> list[Any]:
    variables = optimizer.variables
    found = list(variables() if callable(variables) else variables)
    if keras_major() < 3 and not callable(rate := optimizer._learning_rate):  # Keras 3 counts it in, unless scheduled
        found.append(rate)
    return found


def operations() -> Any:
    """Return functions on tensors under the names of ``keras.ops``: add, any, cast, divide, and so on.

    On the symbolic tensors of a model they become layers that are saved with it and loaded by plain Keras.
    """
    import keras

    if keras_major() >= 3:
        return keras.ops
    import tensorflow as tf

    return SimpleNamespace(
        add=tf.add,
        any=tf.reduce_any,
        cast=tf.cast,
        divide=tf.divide,
        exp=tf.exp,
        expand_dims=tf.expand_dims,
        max=tf.reduce_max,
        maximum=tf.maximum,
        multiply=tf.multiply,
        not_equal=tf.not_equal,
        reshape=tf.reshape,
        subtract=tf.subtract,
        sum=tf.reduce_sum,
    )


def recurrent(kind: str, units: int, *, sequences: bool, name: str) -> Any:
    """Return a recurrent layer that takes any mask.

    cuDNN's kernels take only masks that begin with what is present; Keras 3 would choose them on a GPU.

    Args:
        kind: ``lstm`` or ``gru``.
        units: its units.
        sequences: whether it returns its state after every step, or after the last one only.
        name: its name.
    """
    import keras

    made = {"lstm": keras.layers.LSTM, "gru": keras.layers.GRU}[kind]
    settings = {"use_cudnn": False} if keras_major() >= 3 else {}
    return made(units, return_sequences=sequences, name=name, **settings)
