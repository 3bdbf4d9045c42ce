"""Every operator that the engine knows keeps the laws of evonas.testing.operators."""

import pytest

from evonas.evolution import MUTATIONS, crossover
from evonas.testing.operators import CrossoverContract, MutationContract


class TestCrossover(CrossoverContract):
    operator = staticmethod(crossover)


def _contract(name: str) -> type[MutationContract]:
    return type(f"Test_{name}", (MutationContract,), {"operator": staticmethod(MUTATIONS[name])})


for _name in MUTATIONS:
    globals()[f"Test_{_name}"] = _contract(_name)


def test_every_default_operator_exists() -> None:
    from evonas.config import EvolutionConfig

    assert set(EvolutionConfig(evaluations=1).mutations) == set(MUTATIONS)
    with pytest.raises(KeyError):
        MUTATIONS["no_such_operator"]
