"""Which loggers a run has, and for how long."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from evonas.config import RunConfig
from evonas.errors import DependencyError
from evonas.evaluation import BackendSnapshot
from evonas.evolution import Engine
from evonas.lineage import LineageStore
from evonas.records import EvaluationRequest, EvaluationResult, Individual
from evonas.run.listeners import Listener
from evonas.run.logging.copying import Copier
from evonas.run.logging.entries import Logger

__all__ = ["with_loggers"]


@contextmanager
def with_loggers(
    listener: Listener, config: RunConfig, engine: Engine, store: LineageStore, run_dir: Path
) -> Iterator[Listener]:
    """Give a session the loggers that its configuration asks for; they are told what the listener is told.

    Args:
        listener: who looks on anyway.
        config: with the section ``logging``.
        engine: as the session finds it; loggers are told of its past, too.
        store: the run's lineage.
        run_dir: the run directory.

    Raises:
        DependencyError: if a package is not installed.
    """
    copiers = [Copier(logger, store) for logger in _loggers(config, store, run_dir)]
    try:
        for copier in copiers:
            copier.catch_up(engine)
        yield _Chorus([listener, *copiers]) if copiers else listener
    finally:
        for copier in copiers:
            copier.close()


def _loggers(config: RunConfig, store: LineageStore, run_dir: Path) -> list[Logger]:
    asked = config.logging
    loggers: list[Logger] = []
    if asked.tensorboard:
        from evonas.run.logging.tensorboard import TensorBoardLogger

        _check("tensorboard", "logging.tensorboard")
        folder = run_dir / "tensorboard"
        if isinstance(asked.tensorboard, str):
            folder = Path(config.base or ".") / Path(asked.tensorboard).expanduser() / run_dir.name
        loggers.append(TensorBoardLogger(folder))
    if asked.mlflow:
        from evonas.run.logging.mlflow import MlflowLogger

        _check("mlflow", "logging.mlflow")
        loggers.append(MlflowLogger(asked.mlflow, store.run))
    return loggers


def _check(package: str, key: str) -> None:
    if find_spec(package) is None:
        raise DependencyError(
            f"the package {package} is not installed",
            key=key,
            hint='pip install "evonas[logging]", or leave the key out',
        )


class _Chorus(Listener):
    """Tells several listeners what it is told."""

    def __init__(self, voices: Sequence[Listener]) -> None:
        self._voices = voices

    def started(self, engine: Engine, snapshot: BackendSnapshot) -> None:
        for voice in self._voices:
            voice.started(engine, snapshot)

    def born(self, individual: Individual) -> None:
        for voice in self._voices:
            voice.born(individual)

    def asked_again(self, request: EvaluationRequest) -> None:
        for voice in self._voices:
            voice.asked_again(request)

    def told(self, engine: Engine, result: EvaluationResult) -> None:
        for voice in self._voices:
            voice.told(engine, result)

    def retrained(self, individual: Individual, result: EvaluationResult, done: int, total: int) -> None:
        for voice in self._voices:
            voice.retrained(individual, result, done, total)

    def tick(self, engine: Engine, snapshot: BackendSnapshot) -> None:
        for voice in self._voices:
            voice.tick(engine, snapshot)
