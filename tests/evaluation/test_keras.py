"""A framework that the forkserver imported trains correctly in forked children."""

from pathlib import Path

import pytest

from evonas.config.schema import EvaluationConfig
from evonas.evaluation import EvaluatorSpec, LocalBackend
from evonas.genome import Genome
from evonas.records import EvaluationRequest

EVALUATOR = """
import keras
import numpy as np


def train(genome, budget):
    keras.utils.set_random_seed(budget.seed)
    rng = np.random.default_rng(0)
    X = rng.normal(size=(512, 8)).astype("float32")
    y = (X[:, 0] > 0).astype("int32")
    model = keras.Sequential([
        keras.layers.Input((8,)), keras.layers.Dense(genome["units"], "relu"), keras.layers.Dense(2, "softmax")
    ])
    model.compile(keras.optimizers.Adam(0.02), "sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(X, y, epochs=budget.epochs, batch_size=64, verbose=0).history
    return {"accuracy": history["accuracy"][-1], "loss": history["loss"][-1]}
"""


@pytest.mark.training
def test_forked_children_train(tmp_path: Path) -> None:
    (tmp_path / "my_training.py").write_text(EVALUATOR)
    evaluator = EvaluatorSpec("my_training:train", preload=("keras",), kind="callable", path=(str(tmp_path),))
    config = EvaluationConfig(devices=["cpu"], slots=2, threads=1)
    results = []
    with LocalBackend(evaluator, config, tmp_path / "run") as backend:
        for number in range(2):
            backend.submit(EvaluationRequest(number, number, Genome({"units": 16}), epochs=8, seed=3))
        while len(results) < 2:
            results += backend.wait()
    first, second = results
    assert first.completed, first.error
    assert first.metrics["accuracy"] > 0.85
    assert first.metrics == second.metrics  # the same seed, each in a fresh process
