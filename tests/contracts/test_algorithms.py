"""Every algorithm that the engine knows keeps the contract of evonas.testing.algorithms."""

from pathlib import Path

import pytest

from evonas.config.schema import SearchConfig
from evonas.evolution.algorithms import ALGORITHMS
from evonas.testing.algorithms import AlgorithmContract


class TestEvolution(AlgorithmContract):
    algorithm = "evolution"


class TestAgingEvolution(AlgorithmContract):
    algorithm = "aging_evolution"


class TestRandom(AlgorithmContract):
    algorithm = "random"
    learns = False


class TestGrid(AlgorithmContract):
    algorithm = "grid"


class TestTpe(AlgorithmContract):
    algorithm = "tpe"


class TestCmaes(AlgorithmContract):
    algorithm = "cmaes"
    several = False


@pytest.mark.filterwarnings("ignore::DeprecationWarning:torch")
class TestGp(AlgorithmContract):
    algorithm = "gp"
    budget = 14  # a birth costs about a second


def test_every_algorithm_is_tested() -> None:
    tested = {one.algorithm for one in AlgorithmContract.__subclasses__()}
    (names,) = [field.annotation.__args__ for name, field in SearchConfig.model_fields.items() if name == "algorithm"]
    assert tested == set(ALGORITHMS) == set(names)


def test_every_algorithm_is_in_the_reference() -> None:
    page = Path(__file__).parents[2] / "docs" / "reference" / "algorithms.md"
    rows = [line for line in page.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    assert {row.split("`")[1] for row in rows} == set(ALGORITHMS)
