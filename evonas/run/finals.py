"""Finals: chosen genomes retrained from scratch with several seeds, and scored on the test part that no search saw."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from evonas.config import RunConfig
from evonas.errors import EvaluationError
from evonas.evaluation import Backend, LocalBackend
from evonas.genome import Genome
from evonas.lineage import LineageStore
from evonas.records import EvaluationRequest, EvaluationResult
from evonas.run.assembly import ask_question
from evonas.run.sameness import settings_digest

__all__ = ["Final", "retrain", "run_all", "store_final"]

_TICK = 0.5  # s between two looks at whether a stop is requested


@dataclass(frozen=True)
class Final:
    """A genome after its retrainings.

    Attributes:
        genome: the genome.
        results: one a seed, in the order of the seeds; failures among them.
        epochs: of each training; 0 where that is not known.
        settings: digest of what the workers were told, see :func:`evonas.run.sameness.settings_digest`; empty where
            that is not known.
    """

    genome: Genome
    results: tuple[EvaluationResult, ...]
    epochs: int = 0
    settings: str = ""

    @property
    def completed(self) -> tuple[EvaluationResult, ...]:
        """The trainings that ended well."""
        return tuple(result for result in self.results if result.completed)

    def mean(self, metric: str) -> float:
        """Return the mean of a metric over the seeds; NaN if none completed."""
        values = self.values(metric)
        return statistics.fmean(values) if values else math.nan

    def standard_error(self, metric: str) -> float:
        """Return the standard error of the mean over the seeds, s / sqrt(n); NaN below two seeds."""
        values = self.values(metric)
        return statistics.stdev(values) / math.sqrt(len(values)) if len(values) > 1 else math.nan

    def values(self, metric: str) -> list[float]:
        """Return the metric of each training that has it."""
        return [result.metrics[metric] for result in self.completed if metric in result.metrics]

    @property
    def metrics(self) -> list[str]:
        """Names of the metrics, in the order they were reported."""
        return list(dict.fromkeys(name for result in self.completed for name in result.metrics))

    def table(self) -> Mapping[str, tuple[float, float]]:
        """Return mean and standard error of every metric."""
        return {name: (self.mean(name), self.standard_error(name)) for name in self.metrics}


def retrain(
    config: RunConfig,
    genomes: Sequence[Genome],
    seeds: Sequence[int],
    run_dir: Path,
    *,
    epochs: int | None = None,
    on_result: Callable[[EvaluationResult], None] | None = None,
) -> list[Final]:
    """Train each genome from scratch with each seed and score it on validation and test part.

    Args:
        config: the run whose data and training settings are used.
        genomes: what to train.
        seeds: seeds of weights, shuffling and dropout.
        run_dir: folder for prepared data, logs and weights.
        epochs: training budget; None takes that of the run.
        on_result: called with each result as it comes.

    Raises:
        EvaluationError: if the run evolves a user's callable, which has no test part that evonas knows of.
        GenomeError: if one of the genomes cannot be built; nothing is trained then.
    """
    if config.model is None:
        raise EvaluationError(
            "a run with an `evaluator` of its own has no test part that evonas knows of",
            key="evaluator",
            got=config.evaluator,
            hint="call the function yourself with the genome that `evonas export` writes",
        )
    question = ask_question(config, run_dir)
    if question.appraise is not None:
        for genome in genomes:
            question.appraise(genome)
    budget = config.evolution.epochs if epochs is None else epochs
    requests = [
        EvaluationRequest(number, number // len(seeds), genome, budget, seed)
        for number, (genome, seed) in enumerate((genome, seed) for genome in genomes for seed in seeds)
    ]
    results: dict[int, EvaluationResult] = {}

    def keep(result: EvaluationResult) -> None:
        results[result.number] = result
        if on_result is not None:
            on_result(result)

    spec = question.evaluator("final")
    with LocalBackend(spec, config.evaluation, run_dir) as backend:
        run_all(backend, requests, keep)
    told = settings_digest(question, spec)
    return [
        Final(genome, tuple(results[place * len(seeds) + offset] for offset in range(len(seeds))), budget, told)
        for place, genome in enumerate(genomes)
    ]


def run_all(
    backend: Backend,
    requests: Sequence[EvaluationRequest],
    on_result: Callable[[EvaluationResult], None],
    stop_requested: Callable[[], bool] = lambda: False,
) -> bool:
    """Run requests on all devices; return whether all were run, False after a stop request.

    Args:
        backend: runs them.
        requests: of different numbers.
        on_result: called with each result as it comes; with those that a stop cancelled, too.
        stop_requested: says whether a person or the batch system wants an end.
    """
    waiting, under_way = list(reversed(requests)), 0
    while waiting or under_way:
        if stop_requested():
            for result in backend.cancel():
                on_result(result)
            return False
        while waiting and under_way < backend.capacity:
            backend.submit(waiting.pop())
            under_way += 1
        for result in backend.wait(timeout=_TICK):
            under_way -= 1
            on_result(result)
    return True


def store_final(store: LineageStore, individual: int, seeds: Sequence[int], final: Final) -> None:
    """Store the retrainings of an individual as an event ``final``: the search itself never learns from the test part.

    Args:
        store: the run's lineage.
        individual: its number.
        seeds: of its trainings.
        final: their results.
    """
    store.add_event(
        "final",
        f"individual {individual} was retrained with {len(seeds)} seeds",
        individual=individual,
        seeds=list(seeds),
        table={name: [mean, None if math.isnan(error) else error] for name, (mean, error) in final.table().items()},
        results=[result.to_dict() for result in final.results],
        **({"epochs": final.epochs, "settings": final.settings} if final.settings else {}),
    )
