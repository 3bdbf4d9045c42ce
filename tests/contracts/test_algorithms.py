"""Every algorithm that the engine knows keeps the contract of evonas.testing.algorithms."""

from pathlib import Path

import pytest

from evonas.config.schema import SearchConfig
from evonas.evolution.algorithms import ALGORITHMS
from evonas.testing.algorithms import AlgorithmContract

_DIFFERENT = {
    "random": {"learns": False},
    "cmaes": {"several": False},
    "gp": {"budget": 14, "pytestmark": pytest.mark.filterwarnings("ignore::DeprecationWarning:torch")},
}
"""What an algorithm is not or cannot do; a birth of `gp` costs about a second."""

for _name in ALGORITHMS:
    _test = f"Test_{_name}"
    globals()[_test] = type(_test, (AlgorithmContract,), {"algorithm": _name, **_DIFFERENT.get(_name, {})})


def test_every_algorithm_is_tested() -> None:
    (names,) = [field.annotation.__args__ for name, field in SearchConfig.model_fields.items() if name == "algorithm"]
    assert set(ALGORITHMS) == set(names)


def test_every_algorithm_is_in_the_reference() -> None:
    page = Path(__file__).parents[2] / "docs" / "reference" / "algorithms.md"
    rows = [line for line in page.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    assert {row.split("`")[1] for row in rows} == set(ALGORITHMS)
