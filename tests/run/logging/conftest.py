"""A toy search with copies elsewhere."""

from functools import partial

import pytest

from evonas.config import parse_config
from evonas.run.logging import Copier, starting


@pytest.fixture
def ask(toy):
    """Return the configuration of a toy run with rungs, repeats and a section `logging`."""

    def settings(**logging):
        evolution = {"evaluations": 14, "epochs": 4, "population": 6, "founders": 6}
        return parse_config(toy(evolution=evolution, search={"rungs": [2, 4], "repeats": 1}, logging=logging))

    return settings


@pytest.fixture(autouse=True)
def patient(monkeypatch):
    """Give loggers more time than a person would, however busy the machine is; return what makes such a copier."""
    copier = partial(Copier, patience=250)
    monkeypatch.setattr(starting, "Copier", copier)
    return copier
