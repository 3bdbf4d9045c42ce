"""Settings of the evaluator are checked in the coordinator, before anything is trained."""

from __future__ import annotations

import json

import pytest

from evonas.config.schema import DataConfig, TrainingConfig
from evonas.errors import ConfigError
from evonas.training.data import DataSummary
from evonas.training.heads import classifier, regressor
from evonas.training.settings import Settings, always_reported, check_settings, settings_for

CLASSES = DataSummary("digits", "", classifier(10), (8, 8, 1), {"train": 1})
QUANTITY = DataSummary("npz", "", regressor(1), (3,), {"train": 1})


def settings(*metrics, **training):
    return settings_for("dense", DataConfig(), TrainingConfig(**training), metrics)


def test_settings_are_json_and_read_back():
    made = settings("auc", metrics=["f1", "auc"], patience=3, class_weights={1: 2.0})
    assert json.loads(json.dumps(made)) == made
    read = Settings.read(made)
    assert read.metrics == ("auc", "f1")
    assert read.training.patience == 3
    assert read.training.class_weights == {1: 2.0}
    assert always_reported(read, CLASSES) == ("loss", "accuracy", "auc", "f1")
    assert check_settings(made, CLASSES).name == "dense"


def test_any_metric_of_answers_can_be_monitored():
    for monitor in ("val_auc", "val_f1", "val_cross_entropy", "accuracy"):
        assert check_settings(settings(monitor=monitor), CLASSES).name == "dense"
    assert check_settings(settings(monitor="val_rmse"), QUANTITY).name == "dense"


def test_what_is_watched():
    made = settings_for("dense", DataConfig(), TrainingConfig(monitor="val_f1"), ("accuracy",), watch="auc")
    assert Settings.read(made).watched(CLASSES.heads) == "val_auc"
    assert Settings.read(settings("auc", monitor="val_f1")).watched(CLASSES.heads) == "val_f1", "nobody is given up"


@pytest.mark.parametrize(
    ("made", "summary", "key"),
    [
        (settings("acuracy"), CLASSES, "evolution.objectives"),
        (settings(metrics=["rmse"]), CLASSES, "training.metrics"),
        (settings(monitor="val_acuracy"), CLASSES, "training.monitor"),
        (settings(monitor="val_accuracy"), QUANTITY, "training.monitor"),
        (settings(monitor="val_auc"), QUANTITY, "training.monitor"),
        (settings(monitor="val_auc_mean_energy"), CLASSES, "training.monitor"),
        (settings(class_weights="balanced"), QUANTITY, "training.class_weights"),
        (settings(class_weights={10: 1.0}), CLASSES, "training.class_weights.10"),
        ({**settings(), "family": "dens"}, CLASSES, "model"),
    ],
)
def test_what_does_not_fit_names_its_key(made, summary, key):
    with pytest.raises(ConfigError) as caught:
        check_settings(made, summary)
    assert caught.value.key == key
