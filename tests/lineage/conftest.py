"""A small run with a family tree."""

from pathlib import Path

import pytest

from evonas.genome import GeneChange
from evonas.lineage import LineageStore
from evonas.records import EvaluationStatus, Parent
from evonas.testing.stores import bear, new_run

FOREIGN = "ab" * 16


@pytest.fixture
def family(tmp_path: Path):
    """Return the store of a run in which 0, 1 and 2 are founders: 1 from another run, 2 from a genome file.

    3 is the child of 0 and 1, 4 of 3 and 2 (by an operator with an odd name), 5 of 3 twice, and 6 of 4. 5 is pending,
    6 diverged, and 0 and 1 have left the population.
    """
    births = [
        bear(0),
        bear(1, [Parent(7, FOREIGN, "seed", "runs/old:best")], changes=()),
        bear(2, [Parent(None, None, "seed", 'genomes/"le net".yaml')], changes=()),
        bear(3, [0, Parent(1, role="mate")]),
        bear(4, [3, Parent(2, role="mate")], operators=("crossover", 'odd "name"\n<&>\x01'), generation=2),
        bear(5, [3, Parent(3, role="mate")], generation=2),
        bear(6, [4], generation=3, changes=(GeneChange("z", "changed", 0.1, 0.2), GeneChange("layers[5]", "added"))),
    ]
    with LineageStore.create(tmp_path / "family.sqlite", new_run("fam <ily>")) as store:
        for number, (individual, request) in enumerate(births):
            store.add_individual(individual, request)
            if number in (0, 1, 2, 3, 4):
                store.add_result(
                    request.result({"accuracy": 0.5 + number / 100, "loss": 1.0}, device="gpu:0", seconds=2.0)
                )
            elif number == 6:
                store.add_result(request.failure(EvaluationStatus.DIVERGED, "loss is NaN"))
        store.mark_deaths([0, 1], at_evaluation=4)
        yield store
