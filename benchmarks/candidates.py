"""What the benchmarks' worker processes run. They import this module by its name, so it imports next to nothing."""

from __future__ import annotations

import importlib
import json
import os
import random
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from evonas.evaluation import EvaluationContext
    from evonas.records import EvaluationRequest, EvaluationResult

__all__ = ["nothing", "see_devices", "sleep", "tiny_training"]


class _Budget(Protocol):
    seed: int


def nothing(genome: Mapping[str, Any], budget: _Budget) -> dict[str, float]:
    """Return at once: what is left is the price of a process."""
    return {"score": 1.0}


def sleep(genome: Mapping[str, Any], budget: _Budget) -> dict[str, float]:
    """Sleep for a time that differs from one evaluation to the next: log-normal around 0.45 s, from 0.2 to 1.0 s."""
    scale = float(os.environ.get("EVONAS_BENCHMARK_SLEEP", "1"))  # the smoke tests sleep less
    seconds = scale * min(1.0, max(0.2, random.Random(budget.seed).lognormvariate(-0.8, 0.5)))
    begun = time.monotonic()
    time.sleep(seconds)
    return {"score": genome["x"], "slept": time.monotonic() - begun}


def tiny_training(genome: Mapping[str, Any], budget: _Budget) -> dict[str, float]:
    """Build a small dense Keras network and fit it one step on 32 rows."""
    import keras
    import numpy as np

    keras.utils.set_random_seed(budget.seed)
    rng = np.random.default_rng(budget.seed)
    inputs = rng.standard_normal((32, 8), np.float32)
    targets = (inputs[:, 0] > 0).astype(np.int32)
    layers = [keras.layers.Dense(8 + int(24 * genome["x"]), "relu"), keras.layers.Dense(2, "softmax")]
    model = keras.Sequential([keras.Input((8,)), *layers])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(inputs, targets, batch_size=32, epochs=1, verbose=0).history
    return {"score": float(history["accuracy"][-1])}


def see_devices(request: EvaluationRequest, context: EvaluationContext) -> EvaluationResult:
    """Compute a little on the device, and write down which GPUs the framework sees in this process."""
    import keras

    backend = keras.backend.backend()
    names = _GPUS[backend]()
    product = keras.ops.matmul(keras.ops.ones((64, 64)), keras.ops.ones((64, 64)))
    seen = {"device": context.device, "visible": os.environ.get("CUDA_VISIBLE_DEVICES"), "gpus": names}
    file = context.run_dir / f"seen-{request.number}.json"
    file.write_text(json.dumps({**seen, "backend": backend}), encoding="utf-8")
    return request.result({"gpus": float(len(names)), "product": float(keras.ops.convert_to_numpy(product)[0, 0])})


def _tensorflow_gpus() -> list[str]:
    tf: Any = importlib.import_module("tensorflow")
    return [device.name for device in tf.config.list_physical_devices("GPU")]


def _jax_gpus() -> list[str]:
    jax: Any = importlib.import_module("jax")  # by name: where it is not installed, the type checker is not asked
    return [str(device) for device in jax.devices() if device.platform != "cpu"]


def _torch_gpus() -> list[str]:
    torch: Any = importlib.import_module("torch")
    return [torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count())]


_GPUS = {"tensorflow": _tensorflow_gpus, "jax": _jax_gpus, "torch": _torch_gpus}
