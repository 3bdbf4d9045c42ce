"""A toy search with copies elsewhere."""

import pytest

from evonas.config import parse_config


@pytest.fixture
def ask(toy):
    """Return the configuration of a toy run with rungs, repeats and a section `logging`."""

    def settings(**logging):
        evolution = {"evaluations": 14, "epochs": 4, "population": 6, "founders": 6}
        return parse_config(toy(evolution=evolution, search={"rungs": [2, 4], "repeats": 1}, logging=logging))

    return settings
