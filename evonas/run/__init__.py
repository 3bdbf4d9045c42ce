"""The one place that joins the rooms: run directory, the loop, resume, seeds, finals."""

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
