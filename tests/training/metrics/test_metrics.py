"""Metrics against scikit-learn and against values worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as reference

from evonas.config.schema import TrainingConfig
from evonas.directions import MINIMISED
from evonas.errors import ConfigError, DataError
from evonas.training.heads import Scored, classifier, regressor
from evonas.training.metrics import (
    METRICS,
    MetricSettings,
    always,
    auc,
    background_rejection,
    bootstrap_error,
    check_metrics,
    compute,
    cross_entropy,
    defaults,
    f1,
    monitor_direction,
)


def binary(signal):
    signal = np.asarray(signal, float)
    return np.stack([1 - signal, signal], axis=1)


@given(st.integers(0, 10_000), st.integers(2, 6), st.sampled_from([2, 20, 10**6]))
def test_classification_equals_scikit_learn(seed, classes, levels):
    rng = np.random.default_rng(seed)
    y = np.concatenate([np.arange(classes), rng.integers(0, classes, 60)])
    raw = np.ceil(rng.random((len(y), classes)) * levels) + (y[:, None] == np.arange(classes)) * levels * 0.3
    scores = raw / raw.sum(axis=1, keepdims=True)
    found = compute(["accuracy", "auc", "cross_entropy", "f1", "loss"], Scored.single(y, scores))
    predicted = scores.argmax(axis=1)
    kind = "binary" if classes == 2 else "macro"
    expected = reference.roc_auc_score(y, scores[:, 1] if classes == 2 else scores, multi_class="ovr")
    assert found["accuracy"] == pytest.approx(reference.accuracy_score(y, predicted))
    assert found["auc"] == pytest.approx(expected)
    assert found["cross_entropy"] == found["loss"] == pytest.approx(reference.log_loss(y, scores))
    assert found["f1"] == pytest.approx(reference.f1_score(y, predicted, average=kind, zero_division=0))


@given(st.integers(0, 10_000), st.integers(1, 3))
def test_regression_equals_scikit_learn(seed, outputs):
    rng = np.random.default_rng(seed)
    y, predicted = rng.normal(size=(2, 30, outputs)).astype(np.float32)
    found = compute(["mae", "rmse", "loss"], Scored.single(y, predicted))
    assert found["mae"] == pytest.approx(reference.mean_absolute_error(y, predicted), rel=1e-5)
    assert found["loss"] == pytest.approx(reference.mean_squared_error(y, predicted), rel=1e-5)
    assert found["rmse"] == pytest.approx(np.sqrt(found["loss"]))


@given(st.integers(0, 10_000), st.floats(0.05, 1.0), st.sampled_from([10, 10**6]))
def test_background_rejection_is_read_off_the_roc_curve(seed, efficiency, levels):
    rng = np.random.default_rng(seed)
    y = np.concatenate([[0, 1], rng.integers(0, 2, 200)])
    score = np.ceil((rng.random(len(y)) + 0.3 * y) * levels) / (2 * levels)
    false, true, _ = reference.roc_curve(y, score, drop_intermediate=False)
    first = np.searchsorted(true, efficiency - 1e-9)  # the first point at or above it, the best of a vertical piece
    below, above = max(first - 1, 0), first
    share = (efficiency - true[below]) / (true[above] - true[below])
    expected = 1 / max(false[below] + share * (false[above] - false[below]), 1 / np.sum(y == 0))
    assert background_rejection(y, binary(score), efficiency) == pytest.approx(expected)


class TestByHand:
    # signal scores 0.9 0.7 0.5 0.3, background 0.8 0.4 0.2 0.1
    y = np.array([1, 1, 1, 1, 0, 0, 0, 0])
    scores = binary([0.9, 0.7, 0.5, 0.3, 0.8, 0.4, 0.2, 0.1])

    def test_background_rejection(self):
        assert background_rejection(self.y, self.scores, 0.5) == 4  # above 0.7: 2 of 4 signals, 1 of 4 backgrounds
        assert background_rejection(self.y, self.scores, 1.0) == 2  # above 0.3: backgrounds 0.8 and 0.4
        assert background_rejection(self.y, self.scores, 0.25) == 4  # above 0.9: no background; one is counted

    def test_it_interpolates_within_tied_scores(self):
        scores = binary([0.5] * 8)  # one point of the curve at (1, 1): guessing
        assert background_rejection(self.y, scores, 0.5) == pytest.approx(2)
        assert background_rejection(self.y, scores, 1.0) == pytest.approx(1)

    def test_the_signal_class_can_be_the_other(self):
        mirrored = self.scores[:, ::-1]
        assert background_rejection(1 - self.y, mirrored, 0.5, signal_class=0) == 4
        settings = MetricSettings(signal_efficiency=1.0, signal_class=0)
        assert compute(["background_rejection"], Scored.single(1 - self.y, mirrored), settings) == {
            "background_rejection": 2
        }

    def test_auc(self):
        assert auc(self.y, self.scores) == pytest.approx(12 / 16)
        assert auc(self.y, binary([0.5] * 8)) == 0.5

    def test_a_perfect_classifier_is_finite(self):
        perfect = binary(self.y)
        found = compute(defaults(classifier(2)), Scored.single(self.y, perfect))
        ones = dict.fromkeys(
            ("accuracy", "accuracy_signal", "accuracy_background", "auc", "f1", "signal_efficiency"), 1
        )
        assert found == {**ones, "cross_entropy": 0, "background_rejection": 4, "loss": 0}
        assert cross_entropy(self.y, 1 - perfect) == pytest.approx(-np.log(1e-7))

    def test_f1_without_any_positive_is_zero(self):
        assert f1(np.zeros(3, int), binary([0, 0, 0])) == 0


def test_one_class_has_no_auc():
    with pytest.raises(DataError, match="all of one class"):
        compute(["auc"], Scored.single(np.ones(5, int), binary([0.5] * 5)))


def test_scores_that_are_not_finite_are_a_divergence():
    with pytest.raises(FloatingPointError, match="1 predictions"):
        compute(["accuracy"], Scored.single(np.array([0, 1]), binary([0.5, np.nan])))


class TestChecks:
    def test_what_fits_passes(self):
        check_metrics(defaults(classifier(2)), classifier(2))
        check_metrics([*always(regressor(1)), "mae", "parameters"], regressor(1))
        check_metrics(always(classifier(10)), classifier(10))

    @pytest.mark.parametrize(
        ("name", "heads", "message"),
        [
            ("acuracy", classifier(10), "did you mean `accuracy`"),
            ("rmse", classifier(10), "metric of a regression"),
            ("auc", regressor(1), "metric of a classification"),
            ("background_rejection", classifier(3), "needs two classes"),
        ],
    )
    def test_what_does_not_fit_is_said(self, name, heads, message):
        with pytest.raises(ConfigError, match=message) as caught:
            check_metrics([name], heads, key="training.metrics")
        assert caught.value.key == "training.metrics"
        assert caught.value.got == name

    def test_the_signal_class_exists(self):
        with pytest.raises(ConfigError) as caught:
            check_metrics([], classifier(2), signal_class=2)
        assert caught.value.key == "training.signal_class"


def test_every_metric_is_described_and_has_the_direction_of_the_schema():
    for name, metric in METRICS.items():
        assert metric.name == name
        assert metric.description and metric.range
        assert (metric.direction == "min") == (name in MINIMISED)
    assert set(METRICS) >= MINIMISED
    assert MetricSettings.of(TrainingConfig()) == MetricSettings()
    assert MetricSettings.of(TrainingConfig(signal_efficiency=0.3, background_efficiency=0.1)) == MetricSettings(
        0.3, 1, 0.1
    )


def test_monitors_know_their_direction():
    assert [monitor_direction(name) for name in ("val_loss", "val_accuracy", "val_mae")] == ["min", "max", "min"]


class TestBootstrap:
    def test_the_error_of_an_accuracy_is_binomial(self):
        y = np.zeros(1000, int)
        scores = binary(np.arange(1000) < 200)
        error = bootstrap_error("accuracy", Scored.single(y, scores), resamples=400)
        assert error == pytest.approx(np.sqrt(0.2 * 0.8 / 1000), rel=0.15)
        assert error == bootstrap_error("accuracy", Scored.single(y, scores), resamples=400)
        assert error != bootstrap_error("accuracy", Scored.single(y, scores), resamples=400, seed=1)

    def test_a_cost_has_none(self):
        with pytest.raises(ValueError, match="parameters"):
            bootstrap_error("parameters", Scored.single(np.zeros(2, int), binary([0, 1])))

    def test_resamples_of_one_class_are_left_out(self):
        assert np.isfinite(bootstrap_error("auc", Scored.single(np.array([0, 1, 1]), binary([0.1, 0.9, 0.05]))))
        assert np.isnan(bootstrap_error("auc", Scored.single(np.ones(3, int), binary([0.1, 0.9, 0.05]))))
