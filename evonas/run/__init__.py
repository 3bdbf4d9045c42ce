"""The one place that joins the rooms: run directory, the loop, resume, seeds, finals.

The names below are loaded when they are first used: who only looks at runs need not wait for what carries them out.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from evonas.run.assembly import Question, ask_question, build_space, check_data_options, training_settings
    from evonas.run.directory import RunDirectory, find_runs
    from evonas.run.finals import Final, retrain, store_final
    from evonas.run.last_round import Finalist, stored_finalists
    from evonas.run.listeners import Listener
    from evonas.run.loop import Search
    from evonas.run.seeding import plant_seeds, split_selection
    from evonas.run.session import Outcome, evolve, resume

__all__ = [
    "Final",
    "Finalist",
    "Listener",
    "Outcome",
    "Question",
    "RunDirectory",
    "Search",
    "ask_question",
    "build_space",
    "check_data_options",
    "evolve",
    "find_runs",
    "plant_seeds",
    "resume",
    "retrain",
    "split_selection",
    "store_final",
    "stored_finalists",
    "training_settings",
]

_HOMES = {
    "Final": "finals",
    "Finalist": "last_round",
    "Listener": "listeners",
    "Outcome": "session",
    "Question": "assembly",
    "RunDirectory": "directory",
    "Search": "loop",
    "ask_question": "assembly",
    "build_space": "assembly",
    "check_data_options": "assembly",
    "evolve": "session",
    "find_runs": "directory",
    "plant_seeds": "seeding",
    "resume": "session",
    "retrain": "finals",
    "split_selection": "seeding",
    "store_final": "finals",
    "stored_finalists": "last_round",
    "training_settings": "assembly",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"evonas.run.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'evonas.run' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
