"""Real trainings of small networks on the digits: the curve, the guard, early stopping, the best epoch, weights."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from evonas.config.schema import TrainingConfig
from evonas.errors import ConfigError, EvaluationError
from evonas.training.data import load_part
from evonas.training.heads import classifier, regressor

from .conftest import small_cnn, small_dense

pytestmark = pytest.mark.training


@pytest.fixture
def parts(digits):
    return load_part(digits / "data", "train"), load_part(digits / "data", "validation")


def fit(genome, parts, epochs=2, seed=1, **training):
    from evonas.training.backend import seed_everything
    from evonas.training.families import load_family
    from evonas.training.trainer import train

    seed_everything(seed)
    model = load_family(genome.family).build(genome, (8, 8, 1), classifier(10))
    config = TrainingConfig(**training)
    return model, train(model, genome, *parts, config, heads=classifier(10), epochs=epochs, seed=seed)


def test_the_curve_has_a_row_an_epoch(parts):
    _, outcome = fit(small_cnn(schedule={"type": "exponential", "final": 0.01}), parts, epochs=3)
    assert [row["epoch"] for row in outcome.curve] == [1, 2, 3]
    columns = {"epoch", "loss", "accuracy", "val_loss", "val_accuracy", "learning_rate", "seconds"}
    assert all(set(row) == columns for row in outcome.curve)
    rates = [row["learning_rate"] for row in outcome.curve]
    assert rates == pytest.approx([0.01, 0.01 * 0.01 ** (1 / 3), 0.01 * 0.01 ** (2 / 3)], rel=1e-3)
    assert outcome.curve[2]["loss"] < outcome.curve[0]["loss"]


def test_keras_s_own_evaluation_gives_the_losses_of_the_curve(parts):
    model, outcome = fit(small_cnn(), parts, epochs=2)
    again = model.evaluate(parts[1].inputs, parts[1].targets, verbose=0, return_dict=True)
    best = outcome.curve[outcome.state.best_epoch - 1]
    assert again["loss"] == pytest.approx(best["val_loss"], rel=1e-4)


def test_every_event_is_seen_once_an_epoch():
    from evonas.training.batches import Columns, EventOrder, batches, steps_per_epoch

    order = EventOrder(50, seed=3)
    x, y = np.arange(50, dtype=np.float32).reshape(50, 1), np.arange(50, dtype=np.int32)
    seen = {}
    for epoch in (0, 1):
        order.epoch = epoch
        pieces = [(np.asarray(a)[:, 0], np.asarray(b)) for a, b in batches(Columns(x, y), order, 16)]
        assert [len(b) for _, b in pieces] == [16, 16, 16, 2]
        assert steps_per_epoch(50, 16) == 4
        assert all((a == b).all() for a, b in pieces)
        seen[epoch] = np.concatenate([b for _, b in pieces]).tolist()
        assert sorted(seen[epoch]) == list(range(50))
    assert seen[0] != seen[1]
    assert EventOrder(50, seed=3, epoch=1).permutation().tolist() == seen[1]


def test_mapped_arrays_are_shared_and_never_written(parts):
    from evonas.training.batches import shared_tensor

    tensor = shared_tensor(parts[0].inputs)
    assert np.asarray(tensor).shape == parts[0].inputs.shape
    assert np.asarray(tensor).ctypes.data == parts[0].inputs.ctypes.data
    askew = np.frombuffer(bytearray(4 * 11), np.float32)[1:]  # memory that TensorFlow would abort on
    assert np.asarray(shared_tensor(askew)).tolist() == askew.tolist()


def test_the_best_epoch_is_put_back(parts):
    model, outcome = fit(small_cnn(optimizer={"type": "sgd", "learning_rate": 0.5}), parts, epochs=5)
    losses = [row["val_loss"] for row in outcome.curve]
    assert outcome.state.best_epoch == 1 + int(np.argmin(losses))
    assert outcome.state.best == min(losses)
    assert model.evaluate(parts[1].inputs, parts[1].targets, verbose=0)[0] == pytest.approx(min(losses), rel=1e-4)
    for kept, now in zip(outcome.state.weights, model.get_weights(), strict=True):
        np.testing.assert_array_equal(kept, now)


def test_early_stopping_counts_epochs_without_gain(parts):
    _, outcome = fit(small_cnn(), parts, epochs=9, patience=2, min_delta=1e9)
    assert outcome.epochs == 3  # the first counts as a gain, the next two do not
    losses = [row["val_loss"] for row in outcome.curve]
    assert outcome.state.best_epoch == 1 + int(np.argmin(losses)), "the best epoch is the best, however small the gain"


def test_another_column_can_be_watched(parts):
    _, outcome = fit(small_cnn(), parts, epochs=2, monitor="val_accuracy")
    assert outcome.state.best == max(row["val_accuracy"] for row in outcome.curve)
    with pytest.raises(ConfigError, match="no such column"):
        fit(small_cnn(), parts, epochs=1, monitor="val_acuracy")


def test_a_plateau_lowers_the_learning_rate(parts):
    genome = small_cnn(
        optimizer={"type": "sgd", "learning_rate": 1e-12}, schedule={"type": "plateau", "factor": 0.5, "patience": 1}
    )
    _, outcome = fit(genome, parts, epochs=3)
    assert outcome.curve[-1]["learning_rate"] < outcome.curve[0]["learning_rate"]


def resumed(genome, parts, first, epochs, **more):
    """Go on with a training of `fit`."""
    from evonas.training.backend import seed_everything
    from evonas.training.families import load_family
    from evonas.training.trainer import train

    seed_everything(1, first.state.epochs)
    model = load_family(genome.family).build(genome, (8, 8, 1), classifier(10))
    config = TrainingConfig()
    return train(model, genome, *parts, config, heads=classifier(10), epochs=epochs, seed=1, resume=first.state, **more)


def test_a_plateau_goes_on_with_the_rate_that_it_had_lowered(parts):
    genome = small_cnn(
        optimizer={"type": "sgd", "learning_rate": 1e-12}, schedule={"type": "plateau", "factor": 0.5, "patience": 1}
    )
    _, first = fit(genome, parts, epochs=3)
    rest = resumed(genome, parts, first, epochs=2)
    lowered = first.curve[-1]["learning_rate"]
    assert lowered < 1e-12
    assert rest.curve[0]["learning_rate"] in (pytest.approx(lowered), pytest.approx(0.5 * lowered))
    assert rest.curve[1]["learning_rate"] <= rest.curve[0]["learning_rate"]


@pytest.mark.parametrize("part", [1.0, 0.25])
def test_a_schedule_ends_with_its_rung(digits, parts, part):
    """After a rung on a part of the events, too, which has fewer steps an epoch."""
    from evonas.training.data import load_some

    some = load_some(digits / "data", "train", part, 0)
    genome = small_cnn(schedule={"type": "exponential", "final": 0.01})
    _, first = fit(genome, (some, parts[1]), epochs=2)
    rest = resumed(genome, parts, first, epochs=4)
    steps = [-(-len(one) // 64) for one in (some, parts[0])]
    whole = 2 * steps[0] + 4 * steps[1]
    done = [2 * steps[0] + epoch * steps[1] for epoch in range(4)]
    assert [row["learning_rate"] for row in rest.curve] == pytest.approx(
        [0.01 * 0.01 ** (step / whole) for step in done], rel=1e-3
    )


def test_a_loss_that_is_not_finite_stops_the_training(regression):
    from evonas.training.callbacks import DivergedError

    with pytest.raises(FloatingPointError, match=r"loss = (inf|nan) in epoch \d") as caught:
        fit_regression(regression, {"type": "sgd", "learning_rate": 0.5}, epochs=30)
    assert isinstance(caught.value, DivergedError)
    assert 1 < caught.value.epoch < 30
    assert len(caught.value.curve) == caught.value.epoch - 1
    assert all(math.isfinite(row["val_loss"]) for row in caught.value.curve)


def test_the_guard_looks_within_an_epoch():
    from evonas.training.callbacks import DivergedError, NanGuard

    guard = NanGuard(every=2)
    guard.on_epoch_begin(4)
    guard.on_train_batch_end(0, {"loss": math.nan})
    with pytest.raises(DivergedError, match="loss = nan in epoch 5"):
        guard.on_train_batch_end(1, {"loss": math.nan})


def test_label_smoothing_leaves_the_validation_loss_alone(parts):
    model, outcome = fit(small_cnn(label_smoothing=0.2), parts, epochs=2)
    scores = model.predict(parts[1].inputs, verbose=0)
    true = scores[np.arange(len(scores)), parts[1].targets]
    best = outcome.curve[outcome.state.best_epoch - 1]
    assert best["val_loss"] == pytest.approx(float(-np.log(true).mean()), rel=1e-4)
    assert best["val_accuracy"] == pytest.approx(float((scores.argmax(axis=1) == parts[1].targets).mean()))


class TestClassWeights:
    targets = np.array([0, 0, 0, 1])

    def test_balanced_classes_weigh_the_same(self):
        from evonas.training.objectives import event_weights

        weights = event_weights(self.targets, "balanced", 2)
        assert weights.tolist() == pytest.approx([2 / 3] * 3 + [2])
        assert event_weights(self.targets, {1: 5.0}, 2).tolist() == [1, 1, 1, 5]
        assert event_weights(self.targets, "none", 2) is None

    def test_weights_of_no_class(self):
        from evonas.training.objectives import event_weights

        for weights, classes in (({2: 1.0}, 2), ({0: -1.0}, 2), ("balanced", None)):
            with pytest.raises(ConfigError, match="class"):
                event_weights(self.targets, weights, classes)

    def test_they_change_what_is_learnt(self, parts):
        model, _ = fit(small_cnn(), parts, epochs=1, class_weights=dict.fromkeys(range(1, 10), 1e-06))
        assert (model.predict(parts[1].inputs, verbose=0).argmax(axis=1) == 0).mean() > 0.9


def test_the_graph_of_a_step_is_traced_once(parts, monkeypatch):
    import keras

    from evonas.training.backend import backend_name

    if backend_name() != "tensorflow":
        pytest.skip("only TensorFlow traces again where variables are made inside the graph")
    traced = []
    step = keras.Model.train_step
    monkeypatch.setattr(keras.Model, "train_step", lambda self, data: traced.append(1) or step(self, data))
    fit(small_cnn(), parts)
    assert len(traced) == 1


def test_equal_seeds_give_equal_curves(parts):
    genome = small_cnn(label_smoothing=0.1)
    first, second, other = (fit(genome, parts, seed=seed)[1].curve for seed in (5, 5, 6))
    assert [row["val_loss"] for row in first] == pytest.approx([row["val_loss"] for row in second], rel=1e-6)
    assert first[0]["val_loss"] != other[0]["val_loss"]


def test_running_several_batches_at_once_changes_nothing(parts, monkeypatch):
    from evonas.training import trainer

    one_by_one = fit(small_cnn(), parts)[1].curve
    monkeypatch.setattr(trainer, "_WORTH_A_LOOP", 0)
    for several in (4, 16):  # 9 batches an epoch: a remainder, and more than there are
        monkeypatch.setattr(trainer, "_STEPS_PER_EXECUTION", several)
        curve = fit(small_cnn(), parts)[1].curve
        for column in ("loss", "accuracy", "val_loss"):
            assert [row[column] for row in curve] == pytest.approx([row[column] for row in one_by_one], rel=1e-4)


def test_predictions_do_not_depend_on_the_way_they_are_made(parts, monkeypatch):
    from evonas.training import answers

    model, _ = fit(small_cnn(), parts, epochs=1)
    few = answers.predict(model, parts[1], classifier(10))["output"]
    again = answers.asked_again(model, parts[1], classifier(10))
    monkeypatch.setattr(answers, "_EAGER_BATCHES", 0)
    for other in (answers.predict(model, parts[1], classifier(10)), again(), again()):
        np.testing.assert_allclose(other["output"], few, rtol=1e-4, atol=1e-6)


def test_single_batches_are_answered_where_several_are_run_at_once(parts, monkeypatch):
    from evonas.training import answers, trainer
    from evonas.training.retrain import seconds_per_inference

    monkeypatch.setattr(trainer, "_WORTH_A_LOOP", 0)
    model, _ = fit(small_cnn(), parts, epochs=1)
    few = answers.predict(model, parts[1], classifier(10))["output"]
    monkeypatch.setattr(answers, "_EAGER_BATCHES", 0)
    monkeypatch.setattr(answers, "EVALUATION_BATCH", 64)
    some = replace(parts[1], rows=np.arange(len(parts[1])))
    for _ in range(2):
        np.testing.assert_allclose(answers.predict(model, some, classifier(10))["output"], few, rtol=1e-4, atol=1e-6)
        whole = model.predict(parts[1].inputs, batch_size=16, verbose=0)  # several at once, as before
        np.testing.assert_allclose(whole, few, rtol=1e-4, atol=1e-6)
    assert seconds_per_inference(model, parts[1].inputs, repeats=1) > 0


def fit_regression(run_dir, optimizer, epochs):
    from evonas.training.backend import seed_everything
    from evonas.training.families import load_family
    from evonas.training.trainer import train

    genome = small_dense(optimizer=optimizer)
    seed_everything(0)
    model = load_family("dense").build(genome, (3,), regressor(1))
    learn, watch = (load_part(run_dir / "data", part) for part in ("train", "validation"))
    return train(model, genome, learn, watch, TrainingConfig(), heads=regressor(1), epochs=epochs, seed=0)


def test_a_regression_learns_in_its_own_unit(regression):
    outcome = fit_regression(regression, {"type": "adam", "learning_rate": 0.3}, epochs=12)
    assert {"mae", "val_mae", "val_loss"} <= set(outcome.curve[0])
    typical = float(np.abs(load_part(regression / "data", "validation").targets).mean())
    assert outcome.curve[-1]["val_mae"] < 0.6 * typical
    assert all(math.isfinite(row["val_loss"]) for row in outcome.curve)


def test_another_backend_cannot_be_had_once_keras_runs():
    from evonas.training.backend import backend_name, use_backend

    running = backend_name()
    use_backend(None)
    use_backend(running)
    with pytest.raises(EvaluationError, match="another backend"):
        use_backend("jax" if running != "jax" else "torch")
