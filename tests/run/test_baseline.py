"""Published networks of a family among the founders, and the comparison with them."""

from __future__ import annotations

import pytest

from evonas.config import RunConfig
from evonas.errors import ConfigError, GenomeError, LineageError
from evonas.evolution import Engine
from evonas.genome import Genome, write_genome
from evonas.genome.files import GenomeFile
from evonas.lineage import LineageStore, RunRecord, select
from evonas.report import summarise
from evonas.report.history import read_history
from evonas.run import seeding
from evonas.space import Space

SPACE = {"units": {"int": [1, 64]}}


class Family:
    name = "toy"

    def baselines(self):
        return {"Small": {"units": 8}, "Large": {"units": 100}}

    def adopt(self, genome):
        return Genome({"units": genome.genes["width"]}, "toy") if "width" in genome.genes else None


@pytest.fixture(autouse=True)
def family(monkeypatch):
    monkeypatch.setattr(seeding, "load_family", lambda name: Family())


def config(**more):
    return RunConfig.model_validate({"model": "toy", "evolution": {"evaluations": 6}, **more})


def plant(**more):
    return seeding.plant_seeds(config(**more), Space.from_dict(SPACE, family="toy"))


def test_the_first_baseline_is_planted():
    (one,) = plant()
    assert (one.seed.genome.genes, one.seed.parent.baseline, one.changes) == ({"units": 8}, "Small", ())


def test_a_baseline_by_name_is_repaired_into_the_space():
    (one,) = plant(baseline="Large")
    assert one.seed.parent.baseline == "Large" and one.changes


def test_no_baseline():
    assert plant(baseline="none") == []


def test_an_unknown_baseline():
    with pytest.raises(ConfigError, match="did you mean `Small`"):
        plant(baseline="Smal")


def test_a_genome_of_another_family_is_adopted(tmp_path):
    write_genome(tmp_path / "wide.yaml", GenomeFile(Genome({"width": 12}, "other"), name="wide"))
    write_genome(tmp_path / "odd.yaml", GenomeFile(Genome({"depth": 12}, "other"), name="odd"))
    planted = plant(seeds=[str(tmp_path / "wide.yaml")])
    assert [one.seed.genome.genes for one in planted] == [{"units": 8}, {"units": 12}]
    with pytest.raises(GenomeError, match="another model family"):
        plant(seeds=[str(tmp_path / "odd.yaml")])


def finished(tmp_path, **more):
    """Return the store of a run whose fitness is the number of units."""
    made = config(**more)
    space = Space.from_dict(SPACE, family="toy")
    planted = seeding.plant_seeds(made, space)
    engine = Engine(space, made.evolution, made.seed, seeds=[one.seed for one in planted])
    record = RunRecord.new("toy", config={}, space=SPACE, objectives=[{"metric": "accuracy", "direction": "max"}])
    store = LineageStore.create(tmp_path / "run", record)
    while (request := engine.ask()) is not None:
        store.add_individual(engine.individuals[request.individual], request)
        result = request.result({"accuracy": request.genome.genes["units"] / 64})
        store.add_result(result)
        engine.tell(result)
    return store


def test_the_best_is_compared_with_the_baseline(tmp_path):
    with finished(tmp_path) as store:
        (baseline,) = select(store, "baseline")
        summary = summarise(read_history(store))
    assert baseline.genome.genes == {"units": 8}
    assert summary.baseline is not None and summary.baseline.individual.number == baseline.number
    assert summary.over_baseline == pytest.approx(summary.best.value - 8 / 64)
    assert "the baseline (Small, individual 0) has 0.125" in summary.sentence


def test_a_run_without_a_baseline_says_so(tmp_path):
    with finished(tmp_path, baseline="none") as store:
        with pytest.raises(LineageError, match="did not start with a baseline"):
            select(store, "baseline")
        assert summarise(read_history(store)).baseline is None
