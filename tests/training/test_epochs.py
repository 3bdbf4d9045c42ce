"""Metrics that Keras does not log become columns of the learning curve, by which trainings are watched."""

from __future__ import annotations

import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from evonas.config.curves import more_is_better
from evonas.config.schema import TrainingConfig
from evonas.errors import ConfigError
from evonas.genome import Genome
from evonas.records import EvaluationRequest, EvaluationStatus
from evonas.training.curves import (
    check_monitor,
    curve_columns,
    epoch_metrics,
    logged,
    plain_names,
    watchable_columns,
    watched_column,
)
from evonas.training.data import Part, load_part
from evonas.training.evaluate import evaluate, evaluate_test
from evonas.training.heads import Head, Scored, classifier, regressor
from evonas.training.metrics import METRICS, MetricSettings, compute

from .conftest import small_cnn

TYPE = Head("type", "classification", 2, "cross_entropy")
ENERGY = Head("energy", "regression", 1, "mean_absolute_error", "log10(TeV)")
SKY = Head("skydirection", "regression", 2, "mean_absolute_error", "deg")
TEN = classifier(10)


class TestColumns:
    def test_every_metric_of_answers_has_a_column(self):
        heads = (TYPE, ENERGY, SKY)
        columns = watchable_columns(heads, ("true_energy",))
        assert set(curve_columns(heads)) < set(columns)
        scored = {"auc", "f1", "background_rejection", "auc_mean_energy", "energy_resolution", "angular_resolution"}
        assert {f"val_{name}" for name in scored} <= set(columns)
        assert "val_auc_mean_energy" not in watchable_columns(heads, ())
        assert not {"val_energy_bias", "val_parameters", "val_seconds", "val_rmse"} & set(columns)

    def test_the_objective_s_own_is_watched(self):
        for heads in (classifier(2), regressor(3), (TYPE, ENERGY, SKY), (ENERGY,)):
            for metric in epoch_metrics(heads):
                assert watched_column(heads, metric, "val_loss") == f"val_{metric}"
                assert more_is_better(f"val_{metric}") == (METRICS[metric].direction == "max")
        for metric in ("", "parameters", "seconds", "energy_bias", "auc"):
            assert watched_column((ENERGY,), metric, "val_loss") == "val_loss"

    def test_what_keras_logs_by_another_name(self):
        assert logged((TYPE, ENERGY), "accuracy").column == "val_type_accuracy"
        assert logged((TYPE, ENERGY), "mae").column == "val_energy_mae"
        assert logged((TYPE, ENERGY), "cross_entropy").column == "val_type_loss"
        assert logged((TYPE, ENERGY), "loss").column == "val_loss"
        assert logged((TYPE, ENERGY), "energy_mae") is None, "that is of gamma rays alone"
        assert logged((ENERGY,), "rmse") is None, "its loss is no square"
        assert logged(regressor(1), "rmse", penalties=True) is None
        assert logged(regressor(1), "mae", penalties=True).column == "val_mae"

    @pytest.mark.parametrize(
        ("monitor", "heads", "said"),
        [
            ("val_acu", TEN, "did you mean `val_auc`?"),
            ("auc", TEN, "did you mean `val_auc`?"),
            ("val_auc", regressor(1), "`auc` is a metric of a classification"),
            ("val_signal_efficiency", TEN, "needs two classes"),
            ("val_auc_mean_energy", classifier(2), "needs `true_energy` of each event"),
            ("val_energy_bias", (ENERGY,), "`energy_bias` is best at 0"),
            ("val_parameters", TEN, "no such column"),
        ],
    )
    def test_what_cannot_be_watched(self, monitor, heads, said):
        with pytest.raises(ConfigError) as caught:
            check_monitor(monitor, heads, ())
        assert caught.value.key == "training.monitor"
        assert said in str(caught.value)

    def test_a_single_head_s_name_is_left_out(self):
        logs = {"loss": 1.0, "energy_loss": 1.0, "val_energy_mae": 2.0}
        assert plain_names(logs, (ENERGY,)) == {"loss": 1.0, "val_mae": 2.0}


def asked(values):
    """Return columns of a training whose watched metric has these values, epoch by epoch."""
    from evonas.training.epochs import EpochColumns

    columns = EpochColumns(TEN, (), lambda: None, MetricSettings())
    return columns, iter(values)


class TestNoValue:
    def test_it_is_never_the_best(self, monkeypatch):
        from evonas.training import keras_compat
        from evonas.training.callbacks import BestEpoch

        monkeypatch.setattr(keras_compat, "weights", lambda model: [np.zeros(1)])
        columns, values = asked([math.nan, 0.6, math.nan, 0.5])
        best = BestEpoch("val_auc", 3, columns=columns)
        for epoch, value in enumerate(values):
            columns.values = {"val_auc": value}
            best.on_epoch_end(epoch)
        assert (best.best, best.epoch) == (0.6, 2)
        assert not best.stopped

    @pytest.mark.parametrize(("least", "stopped"), [(0.55, False), (0.65, True)])
    def test_it_gives_nobody_up(self, least, stopped):
        from evonas.training.callbacks import Floor

        columns, values = asked([math.nan, 0.6, math.nan])
        floor = Floor([(1, 0.99), (3, least)], "val_auc", columns=columns)
        model = SimpleNamespace(stop_training=False)
        floor.set_model(model)
        for epoch, value in enumerate(values):
            columns.values = {"val_auc": value}
            floor.on_epoch_end(epoch)
            assert epoch > 1 or not floor.reason
        assert floor.best == 0.6
        assert bool(floor.reason) == model.stop_training == stopped

    @pytest.mark.training
    def test_a_class_without_events(self, digits):
        """Neither the area under a curve of one class nor its best epoch: the last one serves, and it is said why."""
        training = load_part(digits / "data", "train")
        few = Part(training.inputs[:40], np.zeros(40, np.int32))
        outcome = trained(two(training), two(few), classifier(2), monitor="val_auc", epochs=2)
        assert [sorted(row) for row in outcome.curve] == [sorted(ALWAYS)] * 2, "a row has no column without a value"
        assert outcome.state.best is None
        assert outcome.state.best_epoch == outcome.state.epochs == 2
        assert outcome.undefined == "`val_auc` has no value: the metric `auc` is not defined: " + (
            "the 40 events are all of one class"
        )
        for kept, last in zip(outcome.state.weights, outcome.state.last, strict=True):
            np.testing.assert_array_equal(kept, last)


ALWAYS = {"epoch", "loss", "accuracy", "val_loss", "val_accuracy", "learning_rate", "seconds"}


def two(part):
    """The same events in two classes: below five, and above."""
    return replace(part, targets=(part.targets > 4).astype(np.int32))


def trained(
    training, validation, heads, *, genome=None, epochs=3, watch=None, resume=None, floor=(), facts=None, **config
):
    from evonas.training.backend import seed_everything
    from evonas.training.families import load_family
    from evonas.training.trainer import train

    genome = genome or small_cnn()
    seed_everything(1, 0 if resume is None else resume.epochs)
    model = load_family(genome.family).build(genome, training.inputs.shape[1:], heads)
    return train(
        model,
        genome,
        training,
        validation,
        TrainingConfig(**config),
        heads=heads,
        epochs=epochs,
        seed=1,
        watch=watch,
        resume=resume,
        floor=floor,
        facts=facts,
    )


@pytest.fixture
def parts(digits):
    return tuple(two(load_part(digits / "data", part)) for part in ("train", "validation"))


@pytest.fixture
def questions(monkeypatch):
    """Count how often a network is asked about a part during its training."""
    from evonas.training import trainer

    real, asked = trainer.asked_again, []

    def counted(*arguments):
        ask = real(*arguments)
        return lambda: asked.append(1) or ask()

    monkeypatch.setattr(trainer, "asked_again", counted)
    return asked


def request(genome, epochs=3, number=0, **more):
    return EvaluationRequest(number, 3, genome, epochs, seed=1, **more)


@pytest.mark.training
class TestTraining:
    def test_the_column_is_the_metric_of_the_network_at_that_epoch(self, context):
        at = context("auc", metrics=["f1"])
        whole = evaluate(request(small_cnn(optimizer={"type": "sgd", "learning_rate": 0.5}), epochs=4), at)
        losses = [row["val_loss"] for row in whole.curve]
        best = whole.curve[int(np.argmin(losses))]
        assert whole.metrics["auc"] == pytest.approx(best["val_auc"], rel=1e-6)
        assert len({row["val_auc"] for row in whole.curve}) == 4
        assert all(set(row) == {*ALWAYS, "val_auc"} for row in whole.curve), "other metrics have none"

    @pytest.mark.parametrize("genes", [{}, {"label_smoothing": 0.1, "schedule": {"type": "plateau", "patience": 1}}])
    def test_a_training_does_not_notice_it(self, parts, genes):
        genome = dropping(**genes)
        plain = trained(*parts, classifier(2), genome=genome)
        watched = trained(*parts, classifier(2), genome=genome, watch="val_auc")
        for name in ("weights", "last", "optimizer"):
            for one, other in zip(getattr(plain.state, name), getattr(watched.state, name), strict=True):
                np.testing.assert_array_equal(one, other)
        for one, other in zip(plain.curve, watched.curve, strict=True):
            assert {"val_auc"} == set(other) - set(one)
            assert all(one[name] == other[name] for name in one if name != "seconds")

    def test_nobody_is_asked_for_what_keras_logs(self, parts, questions):
        for watch in (None, "val_loss", "val_accuracy", "val_cross_entropy"):
            outcome = trained(*parts, classifier(2), watch=watch, epochs=1)
            assert (
                outcome.curve[0].get("val_cross_entropy", outcome.curve[0]["val_loss"]) == outcome.curve[0]["val_loss"]
            )
        assert not questions
        trained(*parts, classifier(2), watch="val_auc", monitor="val_f1", epochs=2)
        assert len(questions) == 2, "once an epoch, for both"

    def test_nobody_is_asked_for_a_column_that_nobody_reads(self, context, questions):
        at = context("auc")
        evaluate(request(small_cnn(), epochs=1, repeat=1), at)
        evaluate_test(request(small_cnn(), epochs=1, number=1), at)
        assert not questions
        evaluate(request(small_cnn(), epochs=1, number=2), at)
        assert len(questions) == 1

    def test_the_best_epoch_is_that_of_the_monitor(self, parts):
        outcome = trained(
            *parts, classifier(2), genome=small_cnn(optimizer={"type": "sgd", "learning_rate": 1.0}),
            monitor="val_auc", epochs=6,
        )  # fmt: skip
        areas = [row["val_auc"] for row in outcome.curve]
        assert outcome.state.best_epoch == 1 + int(np.argmax(areas))
        assert outcome.state.best == max(areas)

    def test_a_training_is_given_up_by_it(self, context, capfd):
        at = context("auc")
        for number, (least, epochs) in enumerate(((1.01, 2), (0.4, 4))):
            result = evaluate(request(small_cnn(), 4, number, floor=((2, least),)), at)
            assert result.status is EvaluationStatus.COMPLETED
            assert result.epochs == epochs
        assert "hopeless: val_auc is" in capfd.readouterr().out

    def test_it_goes_on_after_a_rung(self, context):
        at = context("auc")
        genome = small_cnn()
        whole = evaluate(request(genome, 4), at)
        first = evaluate(request(genome, 2, 1), at)
        more = {"trained": 2, "rung": 1, "resume_from": first.artifacts["weights"]}
        rest = evaluate(request(genome, 2, 2, **more), at)
        together = [row["val_auc"] for row in (*first.curve, *rest.curve)]
        assert together == pytest.approx([row["val_auc"] for row in whole.curve], rel=1e-4)

    def test_the_most_that_was_reached_before_a_resumption_counts(self, parts):
        genome = small_cnn(optimizer={"type": "sgd", "learning_rate": 0.05})
        first = trained(*parts, classifier(2), genome=genome, watch="val_auc", epochs=3)
        assert first.state.watched == "val_auc"
        assert first.state.reached == max(row["val_auc"] for row in first.curve)
        spoilt = [np.zeros_like(weight) for weight in first.state.last]  # every answer the same: an area of 0.5
        state = replace(first.state, last=spoilt, reached=0.99)
        rest = {"genome": genome, "watch": "val_auc", "epochs": 2}
        assert not trained(*parts, classifier(2), resume=state, floor=((4, 0.99),), **rest).stopped
        assert trained(*parts, classifier(2), resume=state, floor=((4, 0.995),), **rest).stopped

    def test_what_another_column_had_reached_does_not_count(self, parts):
        state = trained(*parts, classifier(2), epochs=1).state
        assert state.watched == "val_loss"
        for old in (state, replace(state, watched="")):
            rest = trained(*parts, classifier(2), resume=replace(old, reached=2.0), watch="val_auc", epochs=1)
            assert rest.state.reached == rest.curve[0]["val_auc"]
        kept = trained(
            *parts, classifier(2), resume=replace(state, watched="", reached=0.0), watch="val_loss", epochs=1
        )
        assert kept.state.reached == 0.0, "weights of before there were such columns say nothing"

    def test_rows_of_a_file_are_watched_as_copies_are(self, parts):
        order = np.random.default_rng(0).permutation(len(parts[1]))
        turned = Part(parts[1].inputs[np.argsort(order)], parts[1].targets, rows=order.astype(np.int64))
        plain, stored = (
            trained(parts[0], part, classifier(2), watch="val_auc", epochs=2) for part in (parts[1], turned)
        )
        assert [row["val_auc"] for row in plain.curve] == pytest.approx(
            [row["val_auc"] for row in stored.curve], rel=1e-5
        )


@pytest.mark.training
class TestSeveralHeads:
    heads = (TYPE, ENERGY, SKY)

    @pytest.fixture
    def part(self):
        rng = np.random.default_rng(0)
        inputs = rng.normal(size=(120, 6)).astype(np.float32)
        targets = np.column_stack([inputs[:, 0] > 0, inputs[:, 1], inputs[:, 2:4]]).astype(np.float32)
        return Part(inputs, targets, events={"true_energy": 10.0 ** inputs[:, 1].astype(float)})

    @pytest.mark.parametrize(
        "metric", ["accuracy", "auc", "cross_entropy", "energy_mae", "energy_resolution", "angular_resolution", "loss"]
    )
    def test_columns_have_plain_names(self, part, metric):
        from evonas.training.answers import predict, scored
        from evonas.training.families import load_family

        outcome = trained(part, part, self.heads, genome=DENSE, monitor=f"val_{metric}", watch=f"val_{metric}")
        model = load_family("dense").build(DENSE, (6,), self.heads)
        model.set_weights(outcome.state.weights)
        final = compute((metric,), scored(predict(model, part, self.heads), part, self.heads, {}), MetricSettings())
        best = outcome.curve[outcome.state.best_epoch - 1]
        assert best[f"val_{metric}"] == outcome.state.best == pytest.approx(final[metric], rel=1e-5)

    def test_a_head_alone_keeps_its_metric_s_name(self, part):
        one = replace(part, targets=part.targets[:, 1:2])
        outcome = trained(one, one, (ENERGY,), genome=DENSE, watch="val_energy_resolution", epochs=1)
        assert {"val_mae", "val_energy_resolution"} < set(outcome.curve[0])

    def test_angles_in_a_camera_know_the_focal_length(self, part):
        camera = Head("cameradirection", "regression", 2, "mean_absolute_error", "m")
        one = replace(part, targets=part.targets[:, 2:4])
        near, far = (
            trained(one, one, (camera,), genome=DENSE, watch="val_angular_resolution", facts={"focal_length": length})
            for length in (14.0, 28.0)
        )
        angles = [outcome.curve[-1]["val_angular_resolution"] for outcome in (near, far)]
        assert angles[0] == pytest.approx(2 * angles[1], rel=0.01)


DENSE = Genome(
    {
        "layers": [{"units": 24, "activation": "relu"}],
        "learning": {"optimizer": {"type": "adam", "learning_rate": 0.02}, "batch_size": 16},
    },
    "dense",
)


def dropping(**learning):
    """A network with dropout: a random number that is drawn in between would change its training."""
    genes = small_cnn(**learning).genes
    return Genome(
        {**genes, "head": {"pooling": "flatten", "layers": [{"units": 8, "activation": "relu", "dropout": 0.3}]}}, "cnn"
    )


@pytest.mark.training
def test_answers_that_are_not_finite_are_no_value(parts):
    from evonas.training.epochs import EpochColumns

    truth = parts[1].targets
    answers = np.full((len(truth), 2), np.nan)
    heads = classifier(2)
    columns = EpochColumns(
        heads, ("auc",), lambda: Scored(heads, {"output": truth}, {"output": answers}), MetricSettings()
    )
    columns.set_model(SimpleNamespace(losses=[]))
    columns.on_epoch_end(0, {"loss": 1.0, "val_loss": 1.0})
    assert math.isnan(columns.values["val_auc"])
    assert "predictions are not finite" in columns.undefined
