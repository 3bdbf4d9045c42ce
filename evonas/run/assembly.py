"""From a configuration to the parts of a run: space, costs, evaluator."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from evonas.config import RunConfig
from evonas.errors import ConfigError
from evonas.evaluation import EvaluatorSpec
from evonas.evolution.limits import Appraise
from evonas.genome import Genome
from evonas.space import Space
from evonas.training import DataSummary, prepare
from evonas.training.data import load_source, read_options
from evonas.training.evaluate import PRELOAD
from evonas.training.families import ModelFamily, load_family
from evonas.training.heads import Heads
from evonas.training.metrics import check_metrics, check_objectives, first_scored
from evonas.training.pooling import check_poolings
from evonas.training.settings import Settings, check_settings, settings_for

__all__ = ["Question", "ask_question", "build_space", "check_data_options", "training_settings", "versions"]

_PACKAGES = (
    *("evonas", "deap", "optuna", "cmaes", "keras", "tensorflow", "jax", "torch", "numpy", "h5py", "scikit-learn"),
    *("ctlearn", "ctapipe", "dl1_data_handler", "pyirf"),
)
_TARGETS = {"search": "evonas.training.evaluate:evaluate", "final": "evonas.training.evaluate:evaluate_test"}


@dataclass(frozen=True)
class Question:
    """What a run asks, ready to be answered.

    Attributes:
        config: the configuration.
        space: where genomes live.
        appraise: exact costs before training; None for a user's callable.
        data: the prepared events; None for a user's callable.
        run_dir: the run directory.
    """

    config: RunConfig
    space: Space
    appraise: Appraise | None
    data: DataSummary | None
    run_dir: Path

    @property
    def watched(self) -> str:
        """Column of learning curves by which hopeless trainings are ended."""
        monitor = self.config.training.monitor
        return monitor if self.data is None else Settings.read(training_settings(self.config)).watched(self.data.heads)

    def evaluator(self, purpose: str = "search") -> EvaluatorSpec:
        """Return what the workers call.

        Args:
            purpose: ``search`` to train and score on the validation part; ``final`` to score on the test part, too.
        """
        config = self.config
        if config.evaluator is not None:
            folders = tuple(dict.fromkeys((config.base or str(Path.cwd()), str(Path.cwd()))))
            return EvaluatorSpec(config.evaluator, kind="callable", path=folders)
        backend = config.training.keras_backend
        environment = {} if backend is None else {"KERAS_BACKEND": backend}
        settings = training_settings(config)
        return EvaluatorSpec(_TARGETS[purpose], settings=settings, preload=PRELOAD, environment=environment)


def ask_question(config: RunConfig, run_dir: Path) -> Question:
    """Prepare a run: read and split the data, build the space, check metrics and limits.

    Raises:
        ConfigError, SpaceError, DataError: if the configuration does not make sense with the data and the family.
        StorageError: if the prepared data cannot be written.
    """
    if config.evaluator is not None:
        return Question(config, build_space(config), None, None, run_dir)
    check_objectives([objective.metric for objective in config.evolution.objectives], "evolution.objectives")
    data = prepare(config.data, _base(config), run_dir)
    check_metrics(
        [*config.evolution.constraints],
        data.heads,
        signal_class=config.training.signal_class,
        key="evolution.constraints",
        events=data.columns,
    )
    family = check_settings(training_settings(config), data)
    check_poolings(config.search.rung_resolutions or (1,), tuple(data.input_shape))
    appraise = partial(_costs, family, tuple(data.input_shape), data.heads)
    return Question(config, build_space(config), appraise, data, run_dir)


def check_data_options(config: RunConfig) -> None:
    """Check the name and the options of the data source without reading any data.

    Raises:
        ConfigError: if there is no such source, or an option is unknown, missing or of the wrong type.
    """
    if config.model is not None:
        read_options(load_source(config.data.source), config.data.options)


def training_settings(config: RunConfig) -> dict[str, Any]:
    """Return what a worker has to know to train a genome of this run."""
    if config.model is None:
        raise ConfigError("this run has no model family", key="model", hint="an `evaluator` trains what it likes")
    objectives = [objective.metric for objective in config.evolution.objectives]
    judged = tuple(dict.fromkeys([*objectives, *config.evolution.constraints]))
    watch = first_scored(objectives) if config.search.stop_hopeless else ""
    return settings_for(config.model, config.data, config.training, judged, _base(config), watch=watch)


def build_space(config: RunConfig) -> Space:
    """Return the run's space: a family's default with the configuration's changes, or the configuration's own.

    Raises:
        SpaceError: if the configuration's space is wrong.
    """
    if config.model is None:
        return Space.from_dict(config.space)
    family = load_family(config.model)
    return Space.from_dict(family.default_space(), family=family.name).merged(config.space)


def _base(config: RunConfig) -> Path | None:
    return None if config.base is None else Path(config.base)


def _costs(family: ModelFamily, input_shape: tuple[int, ...], heads: Heads, genome: Genome) -> Mapping[str, float]:
    return family.costs(genome, input_shape, heads)


def versions() -> dict[str, str]:
    """Return the versions that a result depends on, without importing the packages."""
    found = {name: _version(name) for name in _PACKAGES}
    return {"python": platform.python_version(), **{name: text for name, text in found.items() if text is not None}}


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
