"""Trainings on images of a lower resolution, and how they go on with whole ones."""

from __future__ import annotations

import numpy as np
import pytest

from evonas.errors import ConfigError, StorageError
from evonas.genome import Genome
from evonas.records import EvaluationRequest, EvaluationStatus
from evonas.training.data import Part
from evonas.training.evaluate import evaluate
from evonas.training.pooling import check_poolings, pooled, pooled_shape
from evonas.training.retrain import rebuild
from evonas.training.weights import load_state

from .conftest import small_cnn


def request(genome: Genome, epochs: int, number: int = 0, **more: object) -> EvaluationRequest:
    return EvaluationRequest(number, 3, genome, epochs, seed=1, **more)


def headed(pooling: str) -> Genome:
    genome = small_cnn()
    return Genome({**genome.genes, "head": {"pooling": pooling, "layers": []}}, "cnn")


def test_squares_of_pixels_become_their_mean() -> None:
    inputs = np.arange(2 * 5 * 4 * 1, dtype=np.float32).reshape(2, 5, 4, 1)
    part = Part(inputs, np.array([7, 8]), events={"energy": np.array([1.0, 2.0])})
    small = pooled(part, 2)
    assert small.inputs.shape == (2, *pooled_shape((5, 4, 1), 2)) == (2, 2, 2, 1)
    assert small.inputs[1, 0, 1, 0] == pytest.approx(inputs[1, :2, 2:, 0].mean())
    assert small.inputs.dtype == np.float32
    assert (small.targets is part.targets, small.events) == (True, part.events)
    assert pooled(part, 1) is part


def test_a_part_of_some_rows_is_averaged_in_its_own_order() -> None:
    inputs = np.random.default_rng(0).random((6, 2, 4, 4, 3)).astype(np.float32)
    rows = np.array([4, 0, 5])
    small = pooled(Part(inputs, np.arange(3), rows), 2)
    assert small.rows is None
    assert np.allclose(small.inputs, inputs[rows].reshape(3, 2, 2, 2, 2, 2, 3).mean(axis=(3, 5)))


def test_images_without_channels_are_averaged_too() -> None:
    inputs = np.arange(2 * 4 * 4, dtype=np.float32).reshape(2, 4, 4)
    small = pooled(Part(inputs, np.zeros(2)), 2).inputs
    assert small.shape == (2, 2, 2)
    assert small[1, 1, 0] == pytest.approx(inputs[1, 2:, :2].mean())


def test_what_is_no_image_cannot_be_averaged() -> None:
    with pytest.raises(ConfigError, match="only images") as caught:
        check_poolings([2, 1], (16,))
    assert caught.value.key == "search.rung_resolutions"
    check_poolings([1, 1], (16,))


def test_a_few_pixels_must_be_left() -> None:
    check_poolings([2, 1], (8, 8, 1))
    with pytest.raises(ConfigError, match="too little would be left of images of 8 x 8 x 1") as caught:
        check_poolings([4, 2, 1], (8, 8, 1))
    assert "at most 2" in str(caught.value)


@pytest.mark.training
def test_weights_that_fit_are_carried_to_whole_images(context, capfd):
    at, genome = context(), headed("average")
    low = evaluate(request(genome, 2, 0, pooling=2), at)
    assert low.status is EvaluationStatus.COMPLETED
    assert load_state(at.run_dir / low.artifacts["weights"]).pooling == 2
    more = {"rung": 1, "trained": 2, "resume_from": low.artifacts["weights"]}
    high = evaluate(request(genome, 2, 1, **more), at)
    assert [row["epoch"] for row in high.curve] == [3, 4]
    assert high.metrics["loss"] == pytest.approx(min(row["val_loss"] for row in high.curve), rel=1e-4)
    assert load_state(at.run_dir / high.artifacts["weights"]).pooling == 1
    assert "from the start" not in capfd.readouterr().out
    afresh = evaluate(request(genome, 2, 2), at)
    assert high.curve[0]["loss"] < afresh.curve[0]["loss"], "it had learned before"


@pytest.mark.training
def test_where_weights_do_not_fit_the_training_begins_again(context, capfd):
    at, genome = context(), headed("flatten")
    low = evaluate(request(genome, 1, 0, pooling=2), at)
    with pytest.raises(StorageError, match="lower resolution"):
        rebuild(genome, at.settings, at.run_dir, at.run_dir / low.artifacts["weights"])
    more = {"rung": 1, "trained": 1, "resume_from": low.artifacts["weights"]}
    high = evaluate(request(genome, 1, 1, **more), at)
    assert [row["epoch"] for row in high.curve] == [1, 2]
    assert "all 2 epochs are trained from the start" in capfd.readouterr().out
    whole = evaluate(request(genome, 2, 2), at)
    assert dict(high.metrics) == pytest.approx(dict(whole.metrics), rel=1e-6)


@pytest.mark.training
def test_a_network_that_needs_more_pixels_sees_whole_images(context, capfd):
    at = context()
    stage = {"filters": 4, "kernel": 5, "blocks": 1, "activation": "relu", "pooling": "none", "padding": "valid"}
    genome = headed("average")
    genome = Genome({**genome.genes, "stages": [stage]}, "cnn")
    low = evaluate(request(genome, 1, 0, pooling=2), at)
    assert low.status is EvaluationStatus.COMPLETED
    assert "learns from whole images" in capfd.readouterr().out
    assert load_state(at.run_dir / low.artifacts["weights"]).pooling == 1
