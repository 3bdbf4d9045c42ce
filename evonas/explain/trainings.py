"""The trainings of an ablation: on the run's own backend, each stored when it ends, none done twice.

As those of a run's last round (:mod:`evonas.run.last_round`) they are events: the search never learns from them. A
training is the same as a stored one if genome, seed, epochs and what the workers are told are the same; those of the
last round and of ``evonas evaluate`` count, too.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from evonas.evaluation import LocalBackend
from evonas.explain.plan import Plan
from evonas.genome import Genome
from evonas.lineage import LineageStore
from evonas.records import FINAL, EvaluationRequest, EvaluationResult, EvaluationStatus
from evonas.run import Question
from evonas.run.finals import run_all
from evonas.run.last_round import TRAINING as LAST_ROUND
from evonas.run.last_round import retraining_evaluator
from evonas.run.sameness import settings_digest

__all__ = ["EVENT", "FOLDER", "Trainings", "carry_out", "stored_trainings"]

EVENT = "ablation_training"
"""Kind of the events in which they are stored."""

FOLDER = "ablation"
"""Folder in the run directory for their logs."""

_KEPT = FINAL - {EvaluationStatus.LOST}  # a device that failed says nothing about a network: it is trained again


@dataclass(frozen=True)
class Trainings:
    """What is to be trained, and what has been.

    Attributes:
        plan: the genomes.
        seeds: of each.
        epochs: of each training.
        part: ``test`` where the run has a test part, else ``validation``.
        settings: digest of what the workers are told.
        done: results by id of the genome and seed.
        reused: those of ``done`` that were trained for something else: the last round, ``evonas evaluate``.
    """

    plan: Plan
    seeds: Sequence[int]
    epochs: int
    part: str
    settings: str
    done: Mapping[tuple[str, int], EvaluationResult]
    reused: frozenset[tuple[str, int]] = frozenset()

    @property
    def missing(self) -> list[tuple[Genome, int]]:
        """Genomes and seeds that are still to be trained; all genomes with the first seed first."""
        pairs = [(genome, seed) for seed in self.seeds for genome in self.plan.genomes]
        return [pair for pair in pairs if (pair[0].id, pair[1]) not in self.done]

    def of(self, genome: Genome) -> list[EvaluationResult]:
        """Return the results of a genome in the order of the seeds, as far as they are there."""
        return [self.done[genome.id, seed] for seed in self.seeds if (genome.id, seed) in self.done]


def stored_trainings(
    store: LineageStore, question: Question, plan: Plan, seeds: Sequence[int], epochs: int | None = None
) -> Trainings:
    """Return the trainings of an ablation with those results that the lineage holds.

    Args:
        store: the run's lineage.
        question: the run.
        plan: what is trained.
        seeds: of each genome.
        epochs: of each training; None for those of the run.
    """
    epochs = question.config.evolution.epochs if epochs is None else epochs
    spec = retraining_evaluator(question)
    tested = question.data is not None and bool(question.data.counts.get("test"))
    settings = settings_digest(question, spec)
    wanted = {(genome.id, seed) for genome in plan.genomes for seed in seeds}
    own = {
        (event.data["genome"], event.data["seed"]): EvaluationResult.from_dict(event.data["result"])
        for event in store.events(EVENT)
        if event.data["epochs"] == epochs and event.data["settings"] == settings
    }
    others = {key: result for key, result in _of_others(store, epochs, settings).items() if key in wanted - own.keys()}
    part = "test" if tested else "validation"
    return Trainings(plan, tuple(seeds), epochs, part, settings, {**others, **own}, frozenset(others))


def _of_others(store: LineageStore, epochs: int, settings: str) -> dict[tuple[str, int], EvaluationResult]:
    """Return the same trainings as they were done after the search, by genome and seed.

    Events of before this was stored do not say what their workers were told, and are left out.
    """
    told = [(event.data, [event.data["result"]]) for event in store.events(LAST_ROUND)]
    told += [(event.data, event.data["results"]) for event in store.events("final")]
    found: dict[tuple[str, int], EvaluationResult] = {}
    genomes: dict[int, str] = {}
    for data, results in told:
        if data.get("epochs") != epochs or data.get("settings") != settings:
            continue
        who = data["individual"]
        genomes[who] = genomes.get(who) or store.individual(who).genome.id
        for result in map(EvaluationResult.from_dict, results):
            if result.status in _KEPT:
                found.setdefault((genomes[who], result.seed), result)
    return found


def carry_out(
    trainings: Trainings,
    question: Question,
    store: LineageStore,
    on_result: Callable[[Genome, EvaluationResult], None],
    stop_requested: Callable[[], bool],
) -> Trainings:
    """Train what is missing on the devices of the run, and store each result when it is there.

    Args:
        trainings: what is wanted, and what is stored.
        question: the run.
        store: its lineage, open for writing; the caller holds the run's lock.
        on_result: called with each genome and its result as it comes.
        stop_requested: says whether a person or the batch system wants an end.

    Returns:
        All results that are there; some are missing after a stop request, or where the infrastructure failed.

    Raises:
        EvaluationError: if evaluations cannot be run at all.
        StorageError: if the lineage or the run directory cannot be written; nothing stored before is lost.
    """
    missing = trainings.missing
    if not missing:
        return trainings
    folder = question.run_dir / FOLDER
    folder.mkdir(exist_ok=True)
    _clear(folder)
    places = {genome.id: place for place, genome in enumerate(trainings.plan.genomes)}
    first = len(store.events(EVENT))  # so that each training of the run has a log of its own
    requests = [
        # A callable finds the files of an individual's earlier trainings by its number: no two genomes share one.
        EvaluationRequest(first + at, places[genome.id], genome, trainings.epochs, seed, repeat=seed)
        for at, (genome, seed) in enumerate(missing)
    ]
    done = dict(trainings.done)

    def keep(result: EvaluationResult) -> None:
        genome, seed = missing[result.number - first]
        for file in result.artifacts.values():
            with suppress(OSError):
                (folder / file).unlink(missing_ok=True)
        if result.status not in _KEPT:
            return
        log = None if result.log is None else f"{FOLDER}/{result.log}"
        kept = replace(result, individual=trainings.plan.winner.number, artifacts={}, log=log)
        _store(store, trainings, genome, kept)
        done[genome.id, seed] = kept
        on_result(genome, kept)

    with LocalBackend(retraining_evaluator(question), question.config.evaluation, folder) as backend:
        run_all(backend, requests, keep, stop_requested)
    _clear(folder)
    return replace(trainings, done=done)


def _store(store: LineageStore, trainings: Trainings, genome: Genome, result: EvaluationResult) -> None:
    winner = trainings.plan.winner
    who = "as it is" if genome == winner.genome else f"as {genome.id}, with a change taken back,"
    store.add_event(
        EVENT,
        f"individual {winner.number} {who} was retrained with seed {result.seed}: {result.status.value}",
        individual=winner.number,
        genome=genome.id,
        family=genome.family,
        genes=genome.genes,
        seed=result.seed,
        epochs=trainings.epochs,
        part=trainings.part,
        settings=trainings.settings,
        result=result.to_dict(),
    )


def _clear(folder: Path) -> None:
    """Remove weights and files of callables: every training of an ablation starts from scratch."""
    for name in ("weights", "work"):
        shutil.rmtree(folder / name, ignore_errors=True)
