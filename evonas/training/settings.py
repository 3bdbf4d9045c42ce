"""The settings of the evaluator: plain JSON in the run's record, read and checked here; no Keras."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evonas.config.schema import DataConfig, TrainingConfig
from evonas.errors import ConfigError
from evonas.training.curves import check_monitor, watched_column
from evonas.training.data import FOLDER, DataSummary
from evonas.training.families import ModelFamily, load_family
from evonas.training.heads import Heads
from evonas.training.metrics import MetricSettings, always, check_metrics

__all__ = ["Settings", "always_reported", "check_settings", "settings_for"]


@dataclass(frozen=True)
class Settings:
    """The settings of this evaluator, read.

    Attributes:
        family: name of the model family.
        training: how networks are trained.
        metrics: metrics to report beside loss and accuracy (or RMSE).
        cache: folder of the prepared arrays, relative to the run directory.
        split_seed: seed of the split of the events.
        watch: metric by which hopeless trainings are ended; empty where there is none, or none is ended.
    """

    family: str
    training: TrainingConfig
    metrics: tuple[str, ...] = ()
    cache: str = FOLDER
    split_seed: int = 0
    watch: str = ""

    @classmethod
    def read(cls, values: Mapping[str, Any]) -> Settings:
        """Read the plain JSON that :func:`settings_for` made."""
        return cls(
            family=values["family"],
            training=TrainingConfig.model_validate(values.get("training", {})),
            metrics=tuple(values.get("metrics", ())),
            cache=values.get("cache", FOLDER),
            split_seed=values.get("data", {}).get("split", {}).get("seed", 0),
            watch=values.get("watch", ""),
        )

    @property
    def metric_settings(self) -> MetricSettings:
        """Signal class and efficiency."""
        return MetricSettings.of(self.training)

    def watched(self, heads: Heads) -> str:
        """Return the column of learning curves by which hopeless trainings are ended."""
        return watched_column(heads, self.watch, self.training.monitor)


def settings_for(
    family: str,
    data: DataConfig,
    training: TrainingConfig,
    metrics: tuple[str, ...] = (),
    base: Path | None = None,
    *,
    watch: str = "",
) -> dict[str, Any]:
    """Return the settings of this evaluator as plain JSON, for an ``EvaluatorSpec``.

    Args:
        family: name of the model family.
        data: the data, for the record; workers read the prepared arrays.
        training: how networks are trained.
        metrics: the objectives' metrics.
        base: folder of the configuration.
        watch: metric by which hopeless trainings are ended; empty where none is ended.
    """
    return {
        "family": family,
        "data": data.model_dump(mode="json"),
        "base": None if base is None else str(base),
        "training": training.model_dump(mode="json"),
        "metrics": list(dict.fromkeys((*metrics, *training.metrics))),
        "cache": FOLDER,
        "watch": watch,
    }


def check_settings(settings: Mapping[str, Any], summary: DataSummary) -> ModelFamily:
    """Check in the coordinator, before anything is trained, that metrics, monitor and weights fit the data.

    Args:
        settings: as :func:`settings_for` made them.
        summary: the prepared data.

    Returns:
        The model family, which counts parameters without Keras.

    Raises:
        ConfigError: for an unknown family, metric, monitor or class weight.
    """
    read = Settings.read(settings)
    classes = None if summary.classification is None else summary.classification.outputs
    for names, key in ((read.training.metrics, "training.metrics"), (read.metrics, "evolution.objectives")):
        check_metrics(names, summary.heads, signal_class=read.training.signal_class, key=key, events=summary.columns)
    training = read.training
    check_monitor(training.monitor, summary.heads, summary.columns, signal_class=training.signal_class)
    weights = training.class_weights
    if weights != "none" and classes is None:
        raise ConfigError("a regression has no classes to weigh", key="training.class_weights", got=weights)
    wrong = (
        [number for number in weights if number >= (classes or 0) or number < 0] if isinstance(weights, dict) else []
    )
    if wrong:
        raise ConfigError(
            "there is no such class",
            key=f"training.class_weights.{wrong[0]}",
            got=wrong[0],
            expected=f"a class from 0 to {(classes or 0) - 1}",
        )
    return load_family(read.family)


def always_reported(settings: Settings, summary: DataSummary) -> tuple[str, ...]:
    """Return the names of all metrics that an evaluation reports, each once."""
    return tuple(dict.fromkeys((*always(summary.heads), *settings.metrics, *settings.training.metrics)))
