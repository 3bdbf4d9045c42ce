"""Learning genes: what Keras is given for each, and that a resumed training goes on where it was."""

from __future__ import annotations

import math
from typing import Any

import keras
import numpy as np
import pytest

from evonas.errors import GenomeError
from evonas.space import Space
from evonas.training import keras_compat
from evonas.training.learning import (
    OPTIMIZERS,
    SCHEDULES,
    batch_size,
    callbacks,
    default_learning,
    label_smoothing,
    optimizer,
    read_learning,
)


def genome(optimizer: Any = None, **genes: Any) -> dict[str, Any]:
    first = optimizer or {"type": "adam", "learning_rate": 0.01}
    return {"learning": {"optimizer": first, "batch_size": 32, **genes}}


def model_of(weights: int = 3) -> Any:
    keras.utils.set_random_seed(0)
    return keras.Sequential([keras.Input((weights,)), keras.layers.Dense(4), keras.layers.Dense(1)])


def rate_at(made: Any, step: int) -> float:
    """Return the learning rate of a step of an optimizer with a schedule."""
    made.iterations.assign(step)
    return keras_compat.learning_rate(made)


def test_every_genome_of_the_default_space_makes_an_optimizer():
    space = Space.from_dict({"learning": default_learning()})
    rng = np.random.default_rng(0)
    seen = set()
    for _ in range(60):
        sampled = space.sample(rng)
        learning = read_learning(sampled)
        made = optimizer(sampled, steps_per_epoch=10, epochs=3)
        assert type(made).__name__.lower() == learning.optimizer
        assert made.global_clipnorm == learning.clip_norm
        assert rate_at(made, 0) == pytest.approx(learning.learning_rate, rel=1e-5)
        assert len(callbacks(sampled)) == (learning.schedule == "plateau")
        assert batch_size(sampled) == learning.batch_size
        assert label_smoothing(sampled) == learning.label_smoothing
        seen |= {learning.optimizer, learning.schedule}
    assert seen == {*OPTIMIZERS, *SCHEDULES}


@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_a_step_is_finite_and_moves(kind):
    model = model_of()
    genes = genome({"type": kind, "learning_rate": 0.1}, clipping={"type": "norm", "norm": 1.0})
    model.compile(optimizer=optimizer(genes, 1, 1), loss="mse")
    before = model.get_weights()[0].copy()
    assert math.isfinite(float(model.train_on_batch(np.ones((4, 3), "float32"), np.ones((4, 1), "float32"))))
    assert np.isfinite(model.get_weights()[0]).all()
    assert not np.array_equal(before, model.get_weights()[0])


def test_cosine_falls_to_its_final_part():
    made = optimizer(genome(schedule={"type": "cosine", "final": 0.1}), steps_per_epoch=10, epochs=4)
    rates = [rate_at(made, step) for step in (0, 20, 40, 60)]
    assert rates == pytest.approx([0.01, 0.01 * (0.1 + 0.9 / 2), 0.001, 0.001], rel=1e-5)


def test_exponential_falls_to_its_final_part():
    made = optimizer(genome(schedule={"type": "exponential", "final": 0.01}), steps_per_epoch=10, epochs=4)
    assert [rate_at(made, step) for step in (0, 20, 40)] == pytest.approx([0.01, 0.001, 0.0001], rel=1e-4)


def test_plateau_lowers_the_rate():
    genes = genome({"type": "sgd", "learning_rate": 0.5}, schedule={"type": "plateau", "factor": 0.1, "patience": 2})
    model = model_of()
    model.compile(optimizer=optimizer(genes, 1, 4), loss="mse")
    (callback,) = callbacks(genes)
    callback.set_model(model)
    callback.on_train_begin()
    for epoch in range(3):
        callback.on_epoch_end(epoch, {"val_loss": 1.0})
    assert keras_compat.learning_rate(model.optimizer) == pytest.approx(0.05)


def test_weight_decay_spares_biases():
    model = model_of()
    weights = [np.ones_like(weight) for weight in model.get_weights()]
    model.set_weights(weights)
    genes = genome({"type": "sgd", "learning_rate": 0.1, "weight_decay": 0.5})
    model.compile(optimizer=optimizer(genes, 1, 1), loss=lambda y, p: 0.0 * (p - y))
    model.train_on_batch(np.zeros((2, 3), "float32"), np.zeros((2, 1), "float32"))
    kernel, bias, *_ = model.get_weights()
    np.testing.assert_allclose(kernel, 1 - 0.1 * 0.5, rtol=1e-6)
    np.testing.assert_allclose(bias, 1.0)


@pytest.mark.parametrize("kind", OPTIMIZERS)
@pytest.mark.parametrize("schedule", ["constant", "cosine"])
def test_a_resumed_training_goes_on_where_it_was(kind, schedule):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(6, 16, 3)).astype("float32"), rng.normal(size=(6, 16, 1)).astype("float32")
    genes = genome({"type": kind, "learning_rate": 0.05}, schedule={"type": schedule})

    def fresh() -> Any:
        model = model_of()
        model.compile(optimizer=optimizer(genes, steps_per_epoch=3, epochs=2), loss="mse")
        return model

    whole = fresh()
    for step in range(6):
        whole.train_on_batch(x[step], y[step])
    first = fresh()
    for step in range(3):
        first.train_on_batch(x[step], y[step])
    second = fresh()
    second.set_weights(first.get_weights())
    keras_compat.restore_optimizer_state(
        second.optimizer, second.trainable_variables, keras_compat.optimizer_state(first.optimizer)
    )
    for step in range(3, 6):
        second.train_on_batch(x[step], y[step])
    for one, other in zip(whole.get_weights(), second.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-7)


def test_a_lowered_learning_rate_survives_a_resumption():
    models = [model_of(), model_of()]
    for model in models:
        model.compile(optimizer=optimizer(genome(), 1, 1), loss="mse")
    first, second = models
    first.train_on_batch(np.ones((4, 3), "float32"), np.ones((4, 1), "float32"))
    keras_compat.set_learning_rate(first.optimizer, 1e-4)
    state = keras_compat.optimizer_state(first.optimizer)
    keras_compat.restore_optimizer_state(second.optimizer, second.trainable_variables, state)
    assert keras_compat.learning_rate(second.optimizer) == pytest.approx(1e-4)


def test_the_state_of_another_model_is_refused():
    model, other = model_of(3), model_of(5)
    for one in (model, other):
        one.compile(optimizer=optimizer(genome(), 1, 1), loss="mse")
    other.optimizer.build(other.trainable_variables)
    state = keras_compat.optimizer_state(other.optimizer)
    with pytest.raises(ValueError, match="other shapes"):
        keras_compat.restore_optimizer_state(model.optimizer, model.trainable_variables, state)


def test_the_learning_rate_can_be_set():
    made = optimizer(genome(), 1, 1)
    keras_compat.set_learning_rate(made, 0.25)
    assert keras_compat.learning_rate(made) == 0.25


@pytest.mark.parametrize("kind", ["relu", "leaky_relu", "elu", "selu", "silu", "gelu", "softplus", "tanh", "sigmoid"])
def test_activations(kind):
    x = np.array([-2.0, -0.5, 0.0, 1.5], "float64")
    sigmoid = 1 / (1 + np.exp(-x))
    alpha, scale = 1.6732632423543772, 1.0507009873554805
    expected = {
        "relu": np.maximum(x, 0),
        "leaky_relu": np.where(x > 0, x, 0.2 * x),
        "elu": np.where(x > 0, x, np.expm1(x)),
        "selu": scale * np.where(x > 0, x, alpha * np.expm1(x)),
        "silu": x * sigmoid,
        "gelu": x * np.array([0.5 * (1 + math.erf(value / math.sqrt(2))) for value in x]),
        "softplus": np.log1p(np.exp(x)),
        "tanh": np.tanh(x),
        "sigmoid": sigmoid,
    }
    result = keras_compat.to_numpy(keras_compat.activation(kind, kind)(x.astype("float32")[None]))[0]
    np.testing.assert_allclose(result, expected[kind], atol=1e-3)  # Keras may take gelu's tanh form


@pytest.mark.parametrize(
    ("genes", "key", "message"),
    [
        ({"optimizer": {"type": "adem", "learning_rate": 0.1}}, "learning.optimizer.type", "did you mean `adam`"),
        ({"optimizer": {"type": "adam"}}, "learning.optimizer.learning_rate", "missing"),
        ({"optimizer": {"type": "adam", "learning_rate": 0}}, "learning.optimizer.learning_rate", "above 0"),
        (
            {"optimizer": {"type": "adam", "learning_rate": 0.1, "weight_decay": 0.1}},
            "learning.optimizer.weight_decay",
            "unknown",
        ),
        (
            {"optimizer": {"type": "sgd", "learning_rate": 0.1, "momentum": 1.0}},
            "learning.optimizer.momentum",
            "below 1",
        ),
        ({"schedule": {"type": "linear"}}, "learning.schedule.type", "no such choice"),
        ({"schedule": {"type": "exponential", "final": 0.0}}, "learning.schedule.final", "above 0 and at most 1"),
        ({"batch_size": 2.0}, "learning.batch_size", "whole number"),
        ({"label_smoothing": 1.0}, "learning.label_smoothing", "below 1"),
        ({"clipping": {"type": "norm", "norm": -1}}, "learning.clipping.norm", "above 0"),
        ({"learning_rate": 0.1}, "learning.learning_rate", "unknown"),
    ],
)
def test_impossible_learning_genes_are_named(genes, key, message):
    wrong = {"learning": {**genome()["learning"], **genes}}
    with pytest.raises(GenomeError) as error:
        read_learning(wrong)
    assert error.value.key == key
    assert message in str(error.value)
