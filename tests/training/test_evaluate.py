"""The evaluator from request to result, resuming, the test part, and what an export needs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from evonas.config.schema import DataConfig, SplitConfig, TrainingConfig
from evonas.errors import DataError, GenomeError, StorageError
from evonas.genome import Genome
from evonas.records import EvaluationRequest, EvaluationStatus
from evonas.training import prepare
from evonas.training.data import load_part
from evonas.training.evaluate import PRELOAD, evaluate, evaluate_test, settings_for

from .conftest import Context, small_cnn, small_dense

pytestmark = pytest.mark.training


def request(genome, epochs=2, number=0, **more):
    return EvaluationRequest(number, 3, genome, epochs, seed=1, **more)


def test_a_genome_becomes_metrics(context):
    at = context("accuracy", "parameters", "operations", "seconds_per_inference", metrics=["auc", "seconds", "epochs"])
    result = evaluate(request(small_cnn(), number=7), at)
    assert result.status is EvaluationStatus.COMPLETED
    wanted = ["accuracy", "auc", "epochs", "loss", "operations", "parameters", "seconds", "seconds_per_inference"]
    assert sorted(result.metrics) == wanted
    assert result.metrics["accuracy"] > 0.3
    assert result.metrics["epochs"] == result.epochs == 2
    assert 0 < result.metrics["seconds_per_inference"] < 1
    assert [dict(row) for row in result.curve] == at.rows
    assert result.artifacts == {"weights": "weights/7.weights.h5"}
    assert (at.run_dir / "weights" / "7.weights.h5").is_file()


def test_the_loss_is_that_of_the_best_epoch(context):
    result = evaluate(request(small_cnn(optimizer={"type": "sgd", "learning_rate": 0.5}), epochs=4), context())
    assert result.metrics["loss"] == pytest.approx(min(row["val_loss"] for row in result.curve), rel=1e-4)


def test_equal_requests_give_equal_metrics(context):
    at = context()
    first, second = (evaluate(request(small_cnn(), number=number), at) for number in (0, 1))
    assert dict(first.metrics) == pytest.approx(dict(second.metrics), rel=1e-6)


@pytest.mark.parametrize("optimizer", [None, {"type": "sgd", "learning_rate": 0.05, "momentum": 0.9}])
def test_a_resumed_training_goes_where_an_unbroken_one_goes(context, optimizer):
    at = context()
    genome = small_cnn(optimizer=optimizer)
    whole = evaluate(request(genome, epochs=4, number=0), at)
    half = evaluate(request(genome, epochs=2, number=1), at)
    rest = evaluate(request(genome, epochs=2, number=2, rung=1, resume_from=half.artifacts["weights"]), at)
    assert [row["epoch"] for row in rest.curve] == [3, 4]
    assert rest.epochs == 2
    for column in ("loss", "val_loss"):
        together = [row[column] for row in (*half.curve, *rest.curve)]
        assert together == pytest.approx([row[column] for row in whole.curve], rel=1e-4)
    assert dict(rest.metrics) == pytest.approx(dict(whole.metrics), rel=1e-4)


def test_a_resumed_training_that_gets_worse_keeps_its_best(context):
    at = context()
    genome = small_cnn(optimizer={"type": "adam", "learning_rate": 0.01})
    good = evaluate(request(genome, epochs=3, number=0), at)
    from evonas.training.weights import TrainingState, load_state, save_state

    state = load_state(at.run_dir / good.artifacts["weights"])
    spoilt = [np.full_like(weight, 9.0) for weight in state.last]  # as after epochs that went wrong
    worse = TrainingState(state.weights, spoilt, state.optimizer, epochs=4, best_epoch=3, best=state.best)
    save_state(at.run_dir / "weights" / "spoilt.weights.h5", worse, genome=genome.id)
    result = evaluate(request(genome, epochs=1, number=1, resume_from="weights/spoilt.weights.h5"), at)
    assert result.metrics["loss"] == pytest.approx(good.metrics["loss"], rel=1e-4)


def test_the_rungs_of_an_individual_add_up(context):
    """Epochs, learning curve and weights of three rungs are those of one training of that length."""
    at = context()
    genome = small_cnn()
    results, weights, trained = [], None, 0
    for rung, total in enumerate((1, 3, 6)):
        one = request(genome, total - trained, rung, rung=rung, trained=trained, resume_from=weights)
        results.append(evaluate(one, at))
        weights, trained = results[-1].artifacts["weights"], total
    assert [result.epochs for result in results] == [1, 2, 3]
    assert [[row["epoch"] for row in result.curve] for result in results] == [[1], [2, 3], [4, 5, 6]]
    whole = evaluate(request(genome, epochs=6, number=9), at)
    together = [row["val_loss"] for result in results for row in result.curve]
    assert together == pytest.approx([row["val_loss"] for row in whole.curve], rel=1e-4)
    assert dict(results[-1].metrics) == pytest.approx(dict(whole.metrics), rel=1e-4)


def test_a_rung_that_ended_early_is_made_up_for(context):
    at = context(patience=1, min_delta=1e9)
    genome = small_cnn()
    first = evaluate(request(genome, epochs=4), at)
    assert first.epochs == 2
    rest = evaluate(request(genome, 2, 1, rung=1, trained=4, resume_from=first.artifacts["weights"]), at)
    assert [row["epoch"] for row in rest.curve] == [3], "it was to go on to epoch 6, from epoch 2"


@pytest.mark.parametrize("lost", [None, "weights/0.weights.h5"])
def test_without_its_weights_an_individual_is_trained_from_the_start(context, capfd, lost):
    at = context()
    result = evaluate(request(small_cnn(), 2, 5, rung=1, trained=1, resume_from=lost), at)
    assert [row["epoch"] for row in result.curve] == [1, 2, 3]
    assert (result.epochs, result.rung) == (3, 1)
    assert "all 3 epochs are trained from the start" in capfd.readouterr().out
    whole = evaluate(request(small_cnn(), epochs=3, number=6), at)
    assert dict(result.metrics) == pytest.approx(dict(whole.metrics), rel=1e-6)


@pytest.mark.parametrize(
    ("objective", "monitor", "watched", "floor", "epochs"),
    [
        ("accuracy", "val_accuracy", "val_accuracy", ((2, 1.1), (3, 0.0)), 2),
        ("accuracy", "val_loss", "val_accuracy", ((2, 1.1), (3, 0.0)), 2),
        ("accuracy", "val_loss", "val_accuracy", ((1, 0.0), (2, 0.0)), 4),
        ("cross_entropy", "val_loss", "val_cross_entropy", ((1, 100.0), (3, 0.0)), 3),
        ("cross_entropy", "val_loss", "val_cross_entropy", ((1, 100.0), (3, 99.0)), 4),
        ("parameters", "val_loss", "val_loss", ((1, 100.0), (3, 0.0)), 3),
    ],
)
def test_a_hopeless_training_is_given_up(context, capfd, objective, monitor, watched, floor, epochs):
    result = evaluate(request(small_cnn(), epochs=4, floor=floor), context(objective, monitor=monitor))
    assert result.status is EvaluationStatus.COMPLETED
    assert result.epochs == len(result.curve) == epochs
    assert objective in result.metrics
    said = capfd.readouterr().out
    assert (f"hopeless: {watched} is" in said) == (epochs < 4)


def test_the_floor_counts_epochs_from_the_first_of_the_individual(context):
    at = context()
    first = evaluate(request(small_cnn(), epochs=2), at)
    more = {"trained": 2, "rung": 1, "resume_from": first.artifacts["weights"]}
    assert evaluate(request(small_cnn(), 3, 1, floor=((1, 0.0), (2, 0.0), (4, 0.0)), **more), at).epochs == 2


def test_what_was_reached_before_a_resumption_counts(context):
    """A higher rung begins with a higher learning rate, which may spoil its first epochs."""
    at = context()
    genome = small_cnn(optimizer={"type": "sgd", "learning_rate": 0.05})
    first = evaluate(request(genome, epochs=3), at)
    best = min(row["val_loss"] for row in first.curve)
    more = {"trained": 3, "rung": 1, "resume_from": first.artifacts["weights"]}
    assert evaluate(request(genome, 2, 1, floor=((4, best),), **more), at).epochs == 2


def test_a_part_of_the_events(context):
    at = context()
    few = evaluate(request(small_cnn(), epochs=1, fraction=0.2), at)
    all_of_them = evaluate(request(small_cnn(), 1, 1, rung=1, trained=1, resume_from=few.artifacts["weights"]), at)
    assert [row["epoch"] for row in all_of_them.curve] == [2]
    assert all_of_them.metrics["loss"] < few.metrics["loss"]
    assert few.metrics["loss"] != pytest.approx(evaluate(request(small_cnn(), 1, 2), at).metrics["loss"], rel=1e-3)


def test_weights_of_another_genome_are_not_resumed(context):
    at = context()
    first = evaluate(request(small_cnn(), epochs=1), at)
    other = small_cnn(label_smoothing=0.1)
    with pytest.raises(StorageError, match="another genome"):
        evaluate(request(other, epochs=1, number=1, resume_from=first.artifacts["weights"]), at)


def test_a_divergence_is_a_result_with_its_curve(regression):
    at = Context(settings_for("dense", DataConfig(), TrainingConfig(), ("rmse",)), regression)
    result = evaluate(request(small_dense(optimizer={"type": "sgd", "learning_rate": 0.5}), epochs=30), at)
    assert result.status is EvaluationStatus.DIVERGED
    assert "in epoch" in result.error
    assert 0 < result.epochs == len(result.curve) < 30
    assert result.artifacts == {}


def test_a_genome_that_cannot_be_built_is_told(context):
    with pytest.raises(GenomeError):
        evaluate(request(Genome({"stages": []}, "cnn")), context())


def test_finalists_are_scored_on_the_test_part(context):
    at = context("auc")
    result = evaluate_test(request(small_cnn()), at)
    assert sorted(result.metrics) == ["accuracy", "auc", "loss", "test_accuracy", "test_auc", "test_loss"]
    assert result.metrics["test_loss"] != result.metrics["loss"]
    again = evaluate(request(small_cnn(), number=1), at)
    assert result.metrics["loss"] == pytest.approx(again.metrics["loss"], rel=1e-6)


def test_without_a_test_part_finalists_cannot_be_scored(tmp_path):
    prepare(DataConfig(fraction=0.2, split=SplitConfig(test=0)), None, tmp_path)
    settings = settings_for("cnn", DataConfig(), TrainingConfig())
    with pytest.raises(DataError, match="no test part"):
        evaluate_test(request(small_cnn(), epochs=1), Context(settings, tmp_path))


def test_a_regression_is_scored_in_its_own_unit(regression):
    at = Context(settings_for("dense", DataConfig(), TrainingConfig(metrics=["mae"]), ("rmse",)), regression)
    result = evaluate(request(small_dense(optimizer={"type": "adam", "learning_rate": 0.3}), epochs=5), at)
    assert sorted(result.metrics) == ["loss", "mae", "rmse"]
    assert result.metrics["rmse"] ** 2 == pytest.approx(result.metrics["loss"])
    assert 1 < result.metrics["mae"] < 100


def test_a_network_is_rebuilt_scored_and_written(context, tmp_path):
    import keras

    from evonas.training.retrain import rebuild, retrain, save_keras, score

    at = context()
    genome = small_cnn()
    result = evaluate(request(genome), at)
    model = rebuild(genome, at.settings, at.run_dir, Path(result.artifacts["weights"]))
    assert score(model, at.settings, at.run_dir) == pytest.approx(dict(result.metrics), rel=1e-5)

    save_keras(model, tmp_path / "model.keras")
    inputs = np.array(load_part(at.run_dir / "data", "test").inputs[:20])
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(loaded.predict(inputs, verbose=0), model.predict(inputs, verbose=0), atol=1e-6)

    fresh = retrain(genome, at.settings, at.run_dir, seed=1, epochs=2, part="validation")
    assert fresh.metrics == pytest.approx(dict(result.metrics), rel=1e-5)
    with pytest.raises(StorageError, match="another genome"):
        rebuild(small_cnn(label_smoothing=0.1), at.settings, at.run_dir, Path(result.artifacts["weights"]))


_FORK = """
import importlib, os, sys
from pathlib import Path
for name in {preload!r}:
    importlib.import_module(name)
assert len(os.listdir("/proc/self/task")) == 1, "importing has started threads: forking is not safe"
sys.path.insert(0, {tests!r})
from conftest import Context, small_cnn
from evonas.records import EvaluationRequest
from evonas.training.evaluate import evaluate
for number in range(2):
    child = os.fork()
    if child == 0:
        try:
            context = Context({settings!r}, Path({run_dir!r}))
            result = evaluate(EvaluationRequest(number, 0, small_cnn(), 2, seed=1), context)
            print(number, repr(dict(result.metrics)), flush=True)
        finally:
            os._exit(0)
    os.waitpid(child, 0)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="forks, and looks into /proc")
def test_forked_children_train_as_if_they_had_been_started_afresh(context):
    at = context()
    program = _FORK.format(
        preload=PRELOAD, tests=str(Path(__file__).parent), settings=at.settings, run_dir=str(at.run_dir)
    )
    one_thread = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    answer = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, env={**os.environ, **one_thread}
    )
    assert answer.stdout, answer.stderr
    first, second = (line.split(" ", 1) for line in answer.stdout.splitlines() if line[:1].isdigit())
    assert (first[0], second[0]) == ("0", "1"), answer.stderr
    assert first[1] == second[1]
