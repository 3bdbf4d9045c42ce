"""The last round of a run: after the search its best are retrained from scratch with several seeds.

The value that made an individual the best of a search is too good: it was chosen among many noisy ones. Fresh trainings
have no such bias, and the test part, which no search saw, has none at all. Each training is stored when it ends, so a
round that was killed goes on with those that are missing.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from evonas.evaluation import EvaluatorSpec, LocalBackend
from evonas.lineage import LineageStore
from evonas.lineage.ranking import Scored, knee, non_dominated
from evonas.records import FINAL, EvaluationRequest, EvaluationResult, Individual
from evonas.run.assembly import Question
from evonas.run.finals import Final, run_all, store_final
from evonas.run.listeners import Listener
from evonas.run.sameness import settings_digest

__all__ = [
    "TRAINING",
    "Finalist",
    "finalists",
    "lacks_finals",
    "retrain_finalists",
    "retraining_evaluator",
    "stored_finalists",
]

_FOLDER = "finals"

TRAINING = "final_training"
"""Kind of the events in which the trainings are stored."""


@dataclass(frozen=True)
class Finalist:
    """One of the best after its retrainings.

    Attributes:
        individual: who it is.
        found: the value of the first objective by which the search found it; the mean over its repeats.
        final: its retrainings.
    """

    individual: Individual
    found: float
    final: Final


def finalists(store: LineageStore, count: int) -> list[Scored]:
    """Return the best individuals of a run, of equal genomes the first, the best first.

    With several objectives the knee of the Pareto front comes first, then the rest of the front, then the others.
    """
    everyone = store.standings()
    maximise = [more for _, more in store.run.directions]
    first: list[Scored] = []
    if len(maximise) > 1 and everyone:
        front = non_dominated(everyone, maximise)
        first = [knee(front, everyone, maximise), *front]
    chosen: dict[str, Scored] = {}
    for one in (*first, *everyone):
        chosen.setdefault(one.individual.genome.id, one)
    return list(chosen.values())[:count]


def retrain_finalists(
    question: Question, store: LineageStore, listener: Listener, stop_requested: Callable[[], bool]
) -> bool:
    """Retrain the best of a search that has ended, as ``search.finals`` asks; those that are stored are not repeated.

    Args:
        question: the run.
        store: its lineage; trainings are stored as events, for the search must never learn from the test part.
        listener: looks on.
        stop_requested: says whether a person or the batch system wants an end.

    Returns:
        Whether all are retrained; False after a stop request.

    Raises:
        EvaluationError: if evaluations cannot be run any more.
        StorageError: if the lineage cannot be written; nothing stored before is lost.
    """
    round_ = _Round.of(question, store)
    if round_.missing:
        individuals = {one.individual.number: one.individual for one in round_.chosen}
        settings = settings_digest(question, retraining_evaluator(question))

        def keep(result: EvaluationResult) -> None:
            if result.status in FINAL:
                who = result.individual
                kept = replace(result, artifacts={})  # the weights go with the folder
                message = f"individual {who} was retrained with seed {result.seed}: {result.status.value}"
                about = {"individual": who, "seed": result.seed, "epochs": question.config.evolution.epochs}
                store.add_event(TRAINING, message, **about, settings=settings, result=kept.to_dict())
                round_.done[who, result.seed] = kept
                listener.retrained(individuals[who], kept, len(round_.done), len(round_.requests))

        if not _run(question, round_.missing, keep, stop_requested):
            return False
    _conclude(store, round_)
    return True


def lacks_finals(question: Question, store: LineageStore) -> bool:
    """Return whether the best of a search that has ended are still to be retrained."""
    return bool(_Round.of(question, store).missing)


def stored_finalists(store: LineageStore, count: int, seeds: int) -> list[Finalist]:
    """Return the finalists of a run that are retrained already, in the order of :func:`finalists`."""
    enough = [event.data for event in store.events("final") if len(event.data["seeds"]) >= seeds]
    latest = {data["individual"]: data for data in enough}
    found = []
    for one in finalists(store, count):
        data = latest.get(one.individual.number)
        if data is not None:
            results = tuple(EvaluationResult.from_dict(result) for result in data["results"])
            found.append(Finalist(one.individual, one.value, Final(one.individual.genome, results)))
    return found


def _run(
    question: Question,
    requests: Sequence[EvaluationRequest],
    keep: Callable[[EvaluationResult], None],
    stop_requested: Callable[[], bool],
) -> bool:
    folder = question.run_dir / _FOLDER
    folder.mkdir(exist_ok=True)
    with LocalBackend(retraining_evaluator(question), question.config.evaluation, folder) as backend:
        ended = run_all(backend, requests, keep, stop_requested)
    shutil.rmtree(folder / "weights", ignore_errors=True)
    return ended


def retraining_evaluator(question: Question) -> EvaluatorSpec:
    """Return what the workers call: they read the run's own prepared data, one folder up, and have one of their own."""
    if question.data is None:
        return question.evaluator()
    spec = question.evaluator("final" if question.data.counts.get("test") else "search")
    cache = Path("..") / str(spec.settings["cache"])
    return replace(spec, settings={**spec.settings, "cache": cache.as_posix()})


@dataclass(frozen=True)
class _Round:
    """Who is retrained with which seeds, and which of these trainings have ended, by individual and seed."""

    chosen: Sequence[Scored]
    seeds: Sequence[int]
    requests: Sequence[EvaluationRequest]
    done: dict[tuple[int, int], EvaluationResult]

    @property
    def missing(self) -> list[EvaluationRequest]:
        return [one for one in self.requests if (one.individual, one.seed) not in self.done]

    @classmethod
    def of(cls, question: Question, store: LineageStore) -> _Round:
        search, epochs = question.config.search, question.config.evolution.epochs
        if not search.finals:
            return cls((), (), (), {})
        chosen, seeds = finalists(store, search.finals), range(search.final_seeds)
        requests = [
            EvaluationRequest(number, one.individual.number, one.individual.genome, epochs, seed, repeat=seed)
            for number, (one, seed) in enumerate((one, seed) for one in chosen for seed in seeds)
        ]
        wanted = {(one.individual, one.seed) for one in requests}
        events = [event.data for event in store.events(TRAINING) if event.data["epochs"] == epochs]
        done = {(data["individual"], data["seed"]): EvaluationResult.from_dict(data["result"]) for data in events}
        return cls(chosen, seeds, requests, {key: result for key, result in done.items() if key in wanted})


def _conclude(store: LineageStore, round_: _Round) -> None:
    """Store the figures of each finalist, unless a round that was killed had stored them already."""
    known = {(event.data["individual"], tuple(event.data["seeds"])) for event in store.events("final")}
    for one in round_.chosen:
        who = one.individual.number
        if (who, tuple(round_.seeds)) not in known:
            final = Final(one.individual.genome, tuple(round_.done[who, seed] for seed in round_.seeds))
            store_final(store, who, round_.seeds, final)
