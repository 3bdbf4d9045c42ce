"""A study from its first search to its table; stopped at any point, it goes on where it was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evonas.config import RunConfig
from evonas.errors import StorageError
from evonas.genome import Genome
from evonas.lineage import RunLock
from evonas.run import Outcome
from evonas.study.finals import Retrained, Say, retrain_all, why_not_buildable
from evonas.study.results import TelescopeResult
from evonas.study.searches import SearchRun, View, run_search
from evonas.study.settings import Finals, StudySettings, Telescope
from evonas.training.families import load_family

__all__ = ["Stopped", "Study", "run_study"]

_ALSO = ("auc", "accuracy")  # shown where they were measured, whatever the objectives


@dataclass(frozen=True)
class Study:
    """A study that is done.

    Attributes:
        settings: what it asked.
        folder: where it lies.
        searches: all of them, telescope by telescope.
        results: one a telescope.
        transfers: the same after the transfer; empty without one.
        notes: what a reader must know, such as a baseline that cannot be built.
    """

    settings: StudySettings
    folder: Path
    searches: tuple[SearchRun, ...]
    results: tuple[TelescopeResult, ...]
    transfers: tuple[TelescopeResult, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Stopped:
    """A study that was asked to stop during a search; all that is done is kept.

    Attributes:
        reason: how the session ended.
    """

    reason: str


def run_study(
    settings: StudySettings, folder: str | Path, *, view: View, say: Say, command: Sequence[str] = ()
) -> Study | Stopped:
    """Run a study, or go on with it.

    Args:
        settings: what it asks.
        folder: of the study; made where it is missing. Finished searches and trainings in it are not repeated.
        view: makes what looks on while a search runs.
        say: told what begins, and about every training.
        command: the command line, for the record of the runs.

    Raises:
        RunError: if another process works on the study, or its folder holds runs made with other settings.
        EvonasError: whatever stops a run; what is done is kept.
    """
    folder = Path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"the study's folder cannot be made: {error.strerror}", file=folder) from error
    with RunLock(folder):
        searches = _searches(settings, folder, view, say, command)
        if isinstance(searches, Outcome):
            return Stopped(searches.reason)
        asked = _Retraining(settings, folder, say)
        results, transfers = [], []
        for telescope in settings.telescopes:
            own = [search for search in searches if search.telescope == telescope.name]
            results.append(asked.result(telescope, own))
            if telescope.transfer is not None and settings.transfer is not None:
                transfers.append(asked.transferred(telescope, telescope.transfer, settings.transfer, own))
        notes = tuple(dict.fromkeys(asked.notes))
        return Study(settings, folder, tuple(searches), tuple(results), tuple(transfers), notes)


def _searches(
    settings: StudySettings, folder: Path, view: View, say: Say, command: Sequence[str]
) -> list[SearchRun] | Outcome:
    done: list[SearchRun] = []
    total = len(settings.telescopes) * len(settings.seeds)
    for telescope in settings.telescopes:
        for seed in settings.seeds:
            say(f"search {len(done) + 1} of {total}: {telescope.name}, seed {seed}")
            found = run_search(settings, telescope, seed, folder, view, command)
            if isinstance(found, Outcome):
                return found
            done.append(found)
    return done


class _Retraining:
    """Retrains baselines and winners; collects notes."""

    def __init__(self, settings: StudySettings, folder: Path, say: Say) -> None:
        self.settings = settings
        self.folder = folder / "finals"
        self.say = say
        self.notes: list[str] = []

    def result(self, telescope: Telescope, searches: Sequence[SearchRun]) -> TelescopeResult:
        """Return baseline and winners of a telescope."""
        config, folder = telescope.config, self.folder / telescope.name
        self.say(f"retraining: {telescope.name}")
        named = self._winners(telescope.name, searches)
        name, baseline = _baseline(config)
        if baseline is None:
            self.notes.append(f"The model family {config.model} has no baseline here: nothing to compare with.")
        else:
            why = why_not_buildable(config, baseline, folder)
            if why is not None:
                self.notes.append(f"{telescope.name}: the baseline {name} cannot be built for these data: {why}")
            else:
                named = {"baseline": baseline, **named}
        return self._retrained(telescope.name, config, name, named, self.settings.finals, folder)

    def transferred(
        self, telescope: Telescope, config: RunConfig, finals: Finals, searches: Sequence[SearchRun]
    ) -> TelescopeResult:
        """Return baseline and winners of a telescope after their transfer to another family."""
        folder = self.folder / f"{telescope.name}-transfer"
        self.say(f"retraining after transfer to {config.model}: {telescope.name}")
        adopt: Any = getattr(load_family(str(config.model)), "adopt", None)
        name, baseline = _baseline(telescope.config)
        given = self._winners(telescope.name, searches)
        if baseline is not None:
            given = {"baseline": baseline, **given}
        named: dict[str, Genome] = {}
        for who, genome in given.items():
            turned: Genome | None = None if adopt is None else adopt(genome)
            why = "it knows no such network" if turned is None else why_not_buildable(config, turned, folder)
            if turned is not None and why is None:
                named[who] = turned
            else:
                self.notes.append(f"{telescope.name}, {who}: not transferred to {config.model}: {why}")
        return self._retrained(telescope.name, config, name, named, finals, folder)

    def _winners(self, telescope: str, searches: Sequence[SearchRun]) -> dict[str, Genome]:
        for search in searches:
            if search.winner is None:
                self.notes.append(f"{telescope}, seed {search.seed}: no evaluation completed, so there is no winner.")
        return {f"winner of seed {one.seed}": one.winner for one in searches if one.winner is not None}

    def _retrained(
        self, telescope: str, config: RunConfig, baseline: str, named: dict[str, Genome], finals: Finals, folder: Path
    ) -> TelescopeResult:
        def say(line: str) -> None:
            self.say(f"{telescope}, {line}")

        found = retrain_all(config, named, finals, folder, say) if named else {}
        winners: dict[int, Retrained] = {
            int(name.rpartition(" ")[2]): one for name, one in found.items() if name != "baseline"
        }
        objectives = [objective.metric for objective in config.evolution.objectives]
        metrics = tuple(dict.fromkeys((*objectives, *_ALSO)))
        own = found.get("baseline")
        return TelescopeResult(telescope, str(config.model), "" if own is None else baseline, own, winners, metrics)


def _baseline(config: RunConfig) -> tuple[str, Genome | None]:
    """Return name and genome of the published network that a search is measured against, as it was published."""
    family = load_family(str(config.model))
    known = dict(getattr(family, "baselines", dict)())
    name = next(iter(known), "") if config.baseline == "auto" else config.baseline
    return (name, Genome(known[name], config.model or "")) if name in known else ("", None)
