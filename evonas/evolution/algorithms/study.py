"""An Optuna study that only remembers: who was born, what came out, in an order that a resumed run repeats."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

from evonas.config.schema import Objective
from evonas.errors import DependencyError

__all__ = ["Sampler", "Study", "quiet", "require"]

Sampler = Callable[[int], Any]
"""Makes one of Optuna's samplers from a seed."""


def require(algorithm: str, extra: str, packages: Sequence[str]) -> None:
    """Check that optional packages are installed, without importing them.

    Raises:
        DependencyError: with the extra that brings them.
    """
    missing = [package for package in packages if find_spec(package) is None]
    if missing:
        raise DependencyError(
            f"`algorithm: {algorithm}` needs {' and '.join(missing)}, which {'are' if len(missing) > 1 else 'is'} "
            "not installed",
            key="search.algorithm",
            got=algorithm,
            hint=f'pip install "evonas[{extra}]", or use `algorithm: evolution`',
        )


@contextmanager
def quiet() -> Iterator[None]:
    """Keep Optuna's log lines, and its warnings about what it calls experimental, from the screen."""
    from optuna.exceptions import ExperimentalWarning

    logger = logging.getLogger("optuna")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ExperimentalWarning)
            yield
    finally:
        logger.setLevel(level)


class Study:
    """Optuna's study in memory, with trials that are entered by hand beside those that it was asked for.

    Args:
        objectives: what is optimised.
    """

    def __init__(self, objectives: Sequence[Objective]) -> None:
        import optuna

        with quiet():
            self._study = optuna.create_study(
                directions=["maximize" if objective.maximise else "minimize" for objective in objectives]
            )
        self._states = optuna.trial.TrialState
        self._create = optuna.trial.create_trial

    def ask(self, sampler: Any) -> Any:
        """Return a new trial, which takes its suggestions from a sampler."""
        self._study.sampler = sampler
        return self._study.ask()

    def drop(self, trial: Any) -> None:
        """End a trial of which nothing is to be learnt; a trial or its number."""
        self._study.tell(trial, state=self._states.FAIL)

    def reject(self, trial: Any) -> None:
        """End a trial that failed without a value, and is to be avoided; a trial or its number."""
        self._study.tell(trial, state=self._states.PRUNED)

    def complete(self, trial: Any, values: Sequence[float]) -> None:
        """End a trial with its values; a trial or its number."""
        self._study.tell(trial, list(values))

    def enter(self, parameters: dict[str, Any]) -> int:
        """Enter a trial that is running, with its parameters; return its number."""
        self._study.add_trial(self._create(state=self._states.RUNNING, **parameters))
        return len(self._study.get_trials(deepcopy=False)) - 1

    def carry(self, parameters: dict[str, Any], attributes: dict[str, Any]) -> None:
        """Enter a completed trial that stands for nothing but what a sampler wrote on it."""
        self._study.add_trial(
            self._create(state=self._states.COMPLETE, value=0.0, system_attrs=attributes, **parameters)
        )

    def written(self, trial: Any) -> dict[str, Any]:
        """Return what a sampler wrote on a trial."""
        return dict(self._study.get_trials(deepcopy=False)[trial.number].system_attrs)
