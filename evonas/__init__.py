"""evonas: evolutionary neural architecture search for Keras, with a lineage that shows where every winner came from.

The names below are loaded when they are first used, so that ``import evonas`` takes milliseconds.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from evonas.config import EvaluationConfig, EvolutionConfig, RunConfig, SearchConfig, TrainingConfig, load_config
    from evonas.errors import EvonasError
    from evonas.evaluation import LocalBackend
    from evonas.evolution import Engine
    from evonas.genome import Genome, read_genome, write_genome
    from evonas.lineage import LineageStore
    from evonas.records import EvaluationRequest, EvaluationResult, EvaluationStatus, Individual
    from evonas.run import evolve, resume
    from evonas.space import Space

__all__ = [
    "Engine",
    "EvaluationConfig",
    "EvaluationRequest",
    "EvaluationResult",
    "EvaluationStatus",
    "EvolutionConfig",
    "EvonasError",
    "Genome",
    "Individual",
    "LineageStore",
    "LocalBackend",
    "RunConfig",
    "SearchConfig",
    "Space",
    "TrainingConfig",
    "evolve",
    "load_config",
    "read_genome",
    "resume",
    "write_genome",
]

_HOMES = {
    "Engine": "evonas.evolution",
    "EvaluationConfig": "evonas.config",
    "EvaluationRequest": "evonas.records",
    "EvaluationResult": "evonas.records",
    "EvaluationStatus": "evonas.records",
    "EvolutionConfig": "evonas.config",
    "EvonasError": "evonas.errors",
    "Genome": "evonas.genome",
    "Individual": "evonas.records",
    "LineageStore": "evonas.lineage",
    "LocalBackend": "evonas.evaluation",
    "RunConfig": "evonas.config",
    "SearchConfig": "evonas.config",
    "Space": "evonas.space",
    "TrainingConfig": "evonas.config",
    "evolve": "evonas.run",
    "load_config": "evonas.config",
    "read_genome": "evonas.genome",
    "resume": "evonas.run",
    "write_genome": "evonas.genome",
}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return _version()
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'evonas' has no attribute {name!r}")


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("evonas")
    except PackageNotFoundError:  # a source tree that is not installed
        return "0.0.0"


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
