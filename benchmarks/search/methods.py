"""Who searches: evonas's algorithms and the peers, by name."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.search.drive import Searcher
from benchmarks.search.tables.protocol import Table

__all__ = ["ABLATIONS", "ALGORITHMS", "METHODS", "Method", "Task", "find_method"]

ALGORITHMS = ("evolution", "random", "grid", "tpe", "gp", "cmaes", "aging_evolution")
"""Values of `search.algorithm` of evonas."""


@dataclass(frozen=True)
class Task:
    """What a method is to do.

    Attributes:
        table: the table; the method may look at its space, epochs, objective and direction.
        seed: seed of the method.
        evaluations: budget, full trainings.
        rungs: whether trainings may be shorter than a full one.
        workers: trainings at once.
        sets: configuration of evonas, dotted key to value.
    """

    table: Table
    seed: int
    evaluations: int
    rungs: bool = False
    workers: int = 1
    sets: Mapping[str, Any] | None = None

    @property
    def ladder(self) -> list[int]:
        """Epochs of the peers' rungs: a ninth, a third, all; each three times the one before, as they expect."""
        first = max(1, round(self.table.epochs / 9))
        return list(dict.fromkeys([first, min(3 * first, self.table.epochs), self.table.epochs]))

    @property
    def shortest(self) -> float:
        """Epochs of the shortest training for peers that divide by three themselves: a hair below a ninth of all."""
        return max(0.999 * self.table.epochs / 9, 0.999)

    def loss(self, value: float) -> float:
        """Return a value as what is to be minimised: as it is, or by how much it is below 1, 100 or 10,000.

        It is positive, because SMAC takes the logarithm; the other peers only compare, or standardise.
        """
        if not self.table.maximise:
            return value
        ceiling: float = getattr(self.table, "ceiling", 1.0)
        while value > ceiling:
            ceiling *= 100.0
        return ceiling - value


@dataclass(frozen=True)
class Method:
    """How a method is reached.

    Attributes:
        environment: name of the peer's environment; None for evonas itself, which runs in the present one.
        module: where its searcher is made.
        options: arguments of the maker.
        rungs: whether it trains at rungs: ``never``, ``always``, or ``both``, as asked for.
    """

    environment: str | None
    module: str
    options: Mapping[str, Any]
    rungs: str = "never"

    def start(self, task: Task) -> Searcher:
        """Return a searcher; runs in the method's environment."""
        make: Callable[..., Searcher] = importlib.import_module(self.module).make
        return make(task, **self.options)


def _peer(name: str, rungs: str = "never", **options: Any) -> Method:
    return Method(name, f"benchmarks.search.peers.{name}_peer", options, rungs)


METHODS: dict[str, Method] = {
    **{
        name: Method(None, "benchmarks.search.ours", {"algorithm": name}, "both" if "ev" in name else "never")
        for name in ALGORITHMS
    },
    "optuna_random": _peer("optuna", sampler="random"),
    "optuna_tpe": _peer("optuna", sampler="tpe"),
    "optuna_tpe_multivariate": _peer("optuna", sampler="tpe_multivariate"),
    "optuna_tpe_independent": _peer("optuna", sampler="tpe_independent"),
    "optuna_nsga2": _peer("optuna", sampler="nsga2"),
    "optuna_gp": _peer("optuna", sampler="gp"),
    "optuna_cmaes": _peer("optuna", sampler="cmaes"),
    "optuna_tpe_hyperband": _peer("optuna", "always", sampler="tpe", pruner="hyperband"),
    "optuna_asha": _peer("optuna", "always", sampler="random", pruner="asha"),
    "optuna_tpe_asha": _peer("optuna", "always", sampler="tpe", pruner="asha"),
    "smac": _peer("smac"),
    "smac_multifidelity": _peer("smac", "always", multifidelity=True),
    "dehb": _peer("dehb", "always"),
    "nevergrad": _peer("nevergrad"),
}
"""Name to method. The peers are called by their package's name first."""


ABLATIONS = (
    "search.surrogate=false",
    "search.adaptive=false",
    *(
        f"search.without=[{part}]"
        for part in ("families", "bending", "bypass", "calibration", "daring", "immigrants", "restarts", "second_round")
    ),
)
"""Parts of `evolution` switched off, each alone, without those that only trainings have; `bypass` needs rungs."""


def find_method(name: str) -> tuple[Method, dict[str, str]]:
    """Return a method and the overrides in its name, as in ``evolution,search.surrogate=false``.

    Raises:
        ValueError: if there is none of that name, or a peer is given overrides.
    """
    base, *overrides = name.split(",")
    if base not in METHODS:
        raise ValueError(f"no method {base}: expected one of {', '.join(METHODS)}")
    method = METHODS[base]
    if overrides and method.environment is not None:
        raise ValueError(f"{base} is a peer: it runs at its defaults, and takes no overrides")
    return method, dict(_pair(text) for text in overrides)


def _pair(text: str) -> tuple[str, str]:
    key, sign, value = text.partition("=")
    if not sign:
        raise ValueError(f"{text} is no override: expected key=value, such as search.surrogate=false")
    return key, value


def names_of(group: Sequence[str]) -> list[str]:
    """Return the names, with ``peers``, ``algorithms`` and ``ablations`` replaced by what they stand for."""
    named = {
        "algorithms": list(ALGORITHMS),
        "peers": [name for name in METHODS if METHODS[name].environment],
        "ablations": ["evolution", *(f"evolution,{override}" for override in ABLATIONS)],
    }
    return list(dict.fromkeys(name for one in group for name in named.get(one, [one])))
