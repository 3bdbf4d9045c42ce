"""The searches of a study: ordinary run directories, each begun, taken up again, or left as it is when finished."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evonas.config import RunConfig, load_config
from evonas.errors import RunError
from evonas.genome import Genome
from evonas.lineage import LineageStore
from evonas.report.history import RunHistory, read_history, standings
from evonas.run import Listener, Outcome, RunDirectory, evolve, resume
from evonas.study.settings import StudySettings, Telescope

__all__ = ["SearchRun", "View", "run_search", "search_directory"]

View = Callable[[RunConfig], AbstractContextManager[Listener]]
"""Makes what looks on while a search runs."""


@dataclass(frozen=True)
class SearchRun:
    """A finished search.

    Attributes:
        telescope: its name.
        seed: of the search.
        directory: its run directory.
        history: what happened.
        winner: the best genome by the first objective; None if no evaluation completed.
    """

    telescope: str
    seed: int
    directory: RunDirectory
    history: RunHistory
    winner: Genome | None

    @property
    def baseline_value(self) -> float | None:
        """Value of the published network in the search itself, after the search's own training; None without one."""
        for one in standings(self.history):
            if any(parent.baseline is not None for parent in one.individual.birth.parents):
                return one.value
        return None


def search_directory(folder: Path, telescope: Telescope, seed: int) -> Path:
    """Return the run directory of a search."""
    return folder / f"{telescope.name}-seed{seed}"


def run_search(
    settings: StudySettings, telescope: Telescope, seed: int, folder: Path, view: View, command: Sequence[str] = ()
) -> SearchRun | Outcome:
    """Run a search, go on with it, or take the result of one that is finished.

    Args:
        settings: of the study.
        telescope: whose search.
        seed: of the search.
        folder: the study's folder.
        view: makes what looks on.
        command: the command line, for the record.

    Returns:
        The search; or, when it was asked to stop, how its session ended.

    Raises:
        RunError: if the run directory is another's: made with other settings, or not a run at all.
        EvonasError: whatever stops a run.
    """
    path, config = search_directory(folder, telescope, seed), telescope.run_config(seed)
    started = _started(path, config)
    with view(config) as listener:
        outcome = (
            resume(path, listener=listener) if started else evolve(config, path, listener=listener, command=command)
        )
    if not outcome.finished:
        return outcome
    with LineageStore.open(outcome.directory.lineage_file, read_only=True) as store:
        history = read_history(store)
    ordered = standings(history)
    winner = ordered[0].individual.genome if ordered else None
    return SearchRun(telescope.name, seed, outcome.directory, history, winner)


def _started(path: Path, config: RunConfig) -> bool:
    """Whether a run was begun there, with the same settings; the beginnings of one that never started are removed."""
    directory = RunDirectory(path.resolve())
    if not directory.config_file.is_file():
        return False  # `evolve` says what it finds there instead
    if not directory.lineage_file.is_file():
        directory.discard()
        return False
    there = load_config(directory.config_file)
    different = _differences(_plain(there), _plain(config))
    if different:
        raise RunError(
            "the study's folder holds a run that was made with other settings",
            file=path,
            key=different[0],
            got=_at(_plain(there), different[0]),
            expected=repr(_at(_plain(config), different[0])),
            hint="take the old settings again, or another folder with --study-dir",
        )
    return True


def _plain(config: RunConfig) -> dict[str, Any]:
    # A study may be moved, and where evaluations run changes nothing that it compares.
    return config.model_dump(mode="json", exclude={"base", "name", "evaluation"})


def _differences(one: Any, other: Any, key: str = "") -> list[str]:
    if isinstance(one, dict) and isinstance(other, dict):
        names = dict.fromkeys([*one, *other])
        found = [_differences(one.get(name), other.get(name), f"{key}.{name}" if key else name) for name in names]
        return [inner for names_below in found for inner in names_below]
    return [] if one == other else [key]


def _at(content: Any, key: str) -> Any:
    for name in key.split("."):
        content = content.get(name) if isinstance(content, dict) else None
    return content
