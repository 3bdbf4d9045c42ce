"""Absent telescopes: nothing depends on them, neither an answer nor a step of training."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from evonas.training import keras_compat
from evonas.training.ctlearn.tasks import ctlearn_heads
from evonas.training.families import load_family

SHAPE = (12, 12, 2)
COMBINATIONS = {
    "lstm": {"type": "lstm", "units": 5},
    "two lstm": {"type": "lstm", "units": 5, "layers": 2},
    "gru": {"type": "gru", "units": 5},
    "attention": {"type": "attention", "units": 5, "heads": 2},
    "mean": {"type": "mean"},
}
PATTERNS = [present for size in range(1, 5) for present in combinations(range(4), size)]


@pytest.fixture(scope="module")
def build(small):
    """Return a function that builds a network for some telescopes, with biases that speak for a zero image."""

    def made(telescopes, combine, like=None, **changes):
        head = {"layers": [{"units": 6}], "activation": "tanh"}
        genes = small.ctlearn_cnn_rnn(combine=combine, features="flatten", head=head, **changes)
        model = load_family("ctlearn_cnn_rnn").build(genes, (telescopes, *SHAPE), ctlearn_heads(["type"]))
        if like is None:
            rng = np.random.default_rng(0)
            model.set_weights([random_weight(rng, weight) for weight in model.weights])
        else:
            model.set_weights(like.get_weights())
        return model

    return made


def random_weight(rng, weight):
    """Return a kernel that keeps the variance of a signal, or a bias that is not 0."""
    inputs = np.prod(weight.shape[:-1]) if len(weight.shape) > 1 else 4
    return rng.normal(scale=inputs**-0.5, size=weight.shape)


def images(events, telescopes=4, seed=1):
    return np.random.default_rng(seed).normal(size=(events, telescopes, *SHAPE)).astype("float32")


def with_absent(full, present):
    out = np.zeros_like(full)
    out[:, list(present)] = full[:, list(present)]
    return out


@pytest.mark.parametrize("combine", COMBINATIONS.values(), ids=COMBINATIONS)
def test_an_answer_is_that_of_the_telescopes_present(build, combine, normalisation="layer"):
    whole = build(4, combine, normalisation=normalisation)
    networks = {size: build(size, combine, whole, normalisation=normalisation) for size in range(1, 5)}
    full = images(3)
    for present in PATTERNS:
        answer = answer_of(whole, with_absent(full, present))
        expected = answer_of(networks[len(present)], full[:, list(present)])
        np.testing.assert_allclose(answer, expected, atol=1e-6, rtol=0, err_msg=str(present))
    missing = answer_of(whole, with_absent(full, (0, 2)))
    assert np.abs(missing - answer_of(whole, full)).max() > 1e-3, "the networks must see the other telescopes"


@pytest.mark.parametrize("combine", COMBINATIONS.values(), ids=COMBINATIONS)
def test_a_step_of_training_is_that_of_the_telescopes_present(build, combine):
    """With plain gradient descent and a rate of 1, the change of a weight is its gradient."""
    start = build(4, combine)
    full, truth = images(2), np.eye(2, dtype="float32")
    for present in [(2,), (1, 3), (0, 1, 3)]:
        some = build(len(present), combine, start)
        changed = step(some, full[:, list(present)], truth)
        whole = build(4, combine, start)
        for weight, gradient, expected in zip(
            whole.weights, step(whole, with_absent(full, present), truth), changed, strict=True
        ):
            np.testing.assert_allclose(gradient, expected, atol=1e-6, rtol=0, err_msg=f"{present} {weight.name}")
        assert max(np.abs(change).max() for change in changed) > 1e-3


def test_events_of_one_batch_have_their_own_telescopes(build):
    """Each event of a batch is masked by itself."""
    network = build(4, COMBINATIONS["attention"])
    full = images(len(PATTERNS))
    batch = np.stack([with_absent(full[[row]], present)[0] for row, present in enumerate(PATTERNS)])
    one_by_one = np.concatenate([answer_of(network, batch[[row]]) for row in range(len(batch))])
    np.testing.assert_allclose(answer_of(network, batch), one_by_one, atol=1e-6)


@pytest.mark.parametrize("combine", COMBINATIONS.values(), ids=COMBINATIONS)
def test_an_event_without_any_telescope_stays_finite(build, combine):
    network = build(4, combine)
    nothing = np.zeros((2, 4, *SHAPE), "float32")
    assert np.isfinite(answer_of(network, nothing)).all()
    assert all(np.isfinite(change).all() for change in step(network, nothing, np.eye(2, dtype="float32")))


def answer_of(model, x):
    return keras_compat.to_numpy(model(x))


def step(model, x, y):
    before = model.get_weights()
    model.compile(optimizer="sgd", loss="categorical_crossentropy", run_eagerly=True)
    model.optimizer.learning_rate = 1.0
    model.train_on_batch(x, y)
    return [new - old for new, old in zip(model.get_weights(), before, strict=True)]
