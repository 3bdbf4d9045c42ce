"""Which backend Keras computes with, its threads and its seeds; Keras is imported inside the functions."""

from __future__ import annotations

import contextlib
import importlib
import os
import sys

from evonas.errors import EvaluationError

__all__ = ["backend_name", "limit_threads", "seed_everything", "use_backend"]


def use_backend(name: str | None) -> None:
    """Choose Keras's backend for this process. It is chosen once, by the environment at the first import of Keras.

    Args:
        name: ``tensorflow``, ``jax`` or ``torch``; None takes what the environment or Keras's own file says.

    Raises:
        EvaluationError: if Keras runs on another backend here already.
    """
    if name is None:
        return
    if "keras" not in sys.modules:
        os.environ["KERAS_BACKEND"] = name
    elif (current := backend_name()) != name:
        raise EvaluationError(
            "Keras runs on another backend in this process already",
            key="training.keras_backend",
            got=current,
            expected=name,
            hint=f"start evonas with KERAS_BACKEND={name} in the environment",
        )


def backend_name() -> str:
    """Return ``tensorflow``, ``jax`` or ``torch``."""
    import keras

    return str(keras.backend.backend())


def limit_threads(threads: int) -> None:
    """Keep this process to a number of CPU threads.

    The environment that the worker was given says so, too; but a library that the fork server has imported has read
    the environment before. Without effect once the backend computes.

    Args:
        threads: CPU threads of this evaluation; below 1 leaves the backend's own choice.
    """
    if threads < 1:
        return
    backend = backend_name()
    with contextlib.suppress(RuntimeError):  # raised once the threads have started
        if backend == "tensorflow":
            import tensorflow as tf

            tf.config.threading.set_intra_op_parallelism_threads(threads)
            tf.config.threading.set_inter_op_parallelism_threads(threads)
        elif backend == "torch":
            importlib.import_module("torch").set_num_threads(threads)


def seed_everything(seed: int, start: int = 0) -> None:
    """Seed weights, dropout and every other random number of this process.

    Args:
        seed: the evaluation's seed.
        start: epochs trained before; a resumed training so draws other dropout masks than it began with.
    """
    import keras

    keras.utils.set_random_seed((seed + 1_000_003 * start) % 2**32)
