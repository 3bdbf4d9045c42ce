"""The session of an ablation: one process that holds the run, trains on its devices and may be stopped at any time."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from evonas.config import RunConfig
from evonas.errors import EvaluationError, RunError
from evonas.explain.ablation import ablate
from evonas.explain.descent import Descent
from evonas.explain.ranking import Ablation
from evonas.explain.trainings import FOLDER, Trainings
from evonas.explain.words import genes_words
from evonas.genome import Genome
from evonas.lineage import LineageStore, RunLock
from evonas.records import EvaluationResult
from evonas.run import RunDirectory, ask_question
from evonas.run.signals import stop_on_signals

__all__ = ["ablation_session"]

Say = Callable[[int, int, str, str], None]
"""Told after each training: how many are done, of how many, which, and how it ended."""


def ablation_session(
    directory: RunDirectory,
    config: RunConfig,
    descent: Descent,
    seeds: Sequence[int],
    *,
    epochs: int | None = None,
    top: int | None = None,
    say: Say = lambda done, total, what, outcome: None,
) -> Ablation:
    """Take the inherited changes of an individual back one at a time, retrain, and rank them.

    The run is locked meanwhile. The first SIGINT or SIGTERM ends it after what is stored; a second call goes on.

    Args:
        directory: the run.
        config: its configuration.
        descent: the line of the individual.
        seeds: of the trainings of each network.
        epochs: of each training; None for those of the run.
        top: take back only the changes of the births with the largest steps; None for all.
        say: told after each training.

    Raises:
        RunError: if another process works on the run.
        EvonasError: as :func:`evonas.explain.ablate`; if the data or the model family of the run are gone.
    """
    _check_free(directory)
    with RunLock(directory.path), LineageStore.open(directory.lineage_file) as store:
        question = ask_question(config, directory.path)
        with stop_on_signals() as stop:
            done: set[tuple[str, int]] = set()

            def on_result(trainings: Trainings, genome: Genome, result: EvaluationResult) -> None:
                done.add((genome.id, result.seed))
                total = len(trainings.missing)
                outcome = "done" if result.completed else f"{result.status.value}: {result.error}"
                say(
                    len(done),
                    total,
                    f"{_name(trainings, genome)}, seed {result.seed}",
                    f"{outcome}, {result.seconds:.1f} s",
                )

            found = ablate(
                descent,
                question,
                store,
                seeds,
                epochs=epochs,
                top=top,
                on_result=on_result,
                stop_requested=stop,
            )
            if not found.complete and not stop():
                raise EvaluationError(
                    "trainings were lost to the infrastructure, each after its retries",
                    file=directory.path / FOLDER / "logs",
                    hint="mend the device or the machine; the same command then goes on with those that are missing",
                )
            return found


def _check_free(directory: RunDirectory) -> None:
    holder = RunLock.holder(directory.path)
    if holder is not None:
        raise RunError(
            "this run is still going on: an ablation writes into its lineage, and only one process may",
            file=directory.path,
            got=f"process {holder}" if holder else "a process on another machine",
            expected="a run that nobody works on",
            hint="wait for its end or stop it; `evonas explain` without --ablate works meanwhile",
        )


def _name(trainings: Trainings, genome: Genome) -> str:
    if genome == trainings.plan.winner.genome:
        return f"individual {trainings.plan.winner.number} as it is"
    taken = next(one for one in trainings.plan.reverts if one.genome is not None and one.genome.id == genome.id)
    return f"without {genes_words(taken.change.genes, 24)} of {taken.change.birth}"
