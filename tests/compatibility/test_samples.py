"""Files of each schema, written once and frozen, that today's code must still read, resume and export."""

import shutil
from io import StringIO
from pathlib import Path

import pytest

from evonas.genome import GeneChange, read_genome, write_genome
from evonas.lineage import FORMATS, Artifact, LineageStore, export_lineage, primary_line, select
from evonas.records import EvaluationStatus, Individual, Parent

SAMPLES = Path(__file__).parent / "samples"
SAMPLES_OF_EACH = {"lineage-1.sqlite", "lineage-2.sqlite", "lineage-3.sqlite", "genome-1.yaml"}
IDS = [
    "8647a8fbf2caee74",
    "3a05109ef8290d87",
    "cd74565176bd3c3b",
    "b1c2d41bb618806e",
    "0f2e84e340cec0b3",
    "419775455bf9b99c",
]


@pytest.fixture
def store():
    with LineageStore.open(SAMPLES / "lineage-1.sqlite", read_only=True) as store:
        yield store
    assert {path.name for path in SAMPLES.iterdir()} == SAMPLES_OF_EACH


def test_the_run(store):
    run = store.run
    assert (run.id, run.name, run.seed) == ("0123456789abcdef0123456789abcdef", "sample", 7)
    assert run.created == "2025-01-02T03:04:05+00:00"
    assert run.config["evolution"]["evaluations"] == 6
    assert run.space["rate"] == {"float": [0.0001, 0.1], "log": True}
    assert run.directions == (("accuracy", True), ("parameters", False))
    assert run.command == ["evonas", "evolve", "sample.yaml"]
    assert (run.status, run.reason) == ("interrupted", "stopped by Ctrl-C")
    assert (run.versions["evonas"], run.environment) == ("0.1.0", {"devices": ["cpu:0"]})


def test_the_individuals(store):
    individuals = store.individuals()
    assert [individual.genome.id for individual in individuals] == IDS
    assert individuals[3].genome.genes == {"stages": [{"filters": 8}, {"filters": 32}], "rate": 0.01}
    assert individuals[5].genome.marks == {"stages": [[1, None], [0, None]]}
    assert individuals[1].birth.parents == (Parent(12, "fedcba9876543210fedcba9876543210", "seed", "runs/old:best"),)
    assert individuals[3].birth.parents == (Parent(0), Parent(1, role="mate"))
    assert individuals[3].birth.operators == ("crossover", "mutate_one")
    assert individuals[4].birth.changes == (GeneChange("rate", "changed", 0.01, 0.0005),)
    assert individuals[5].birth.changes[0].kind == "moved"
    assert (individuals[2].birth.generation, individuals[2].birth.attempts) == (1, 2)
    assert individuals[2].birth.random_state == "7/2"
    assert dict(individuals[2].costs) == {"parameters": 1002.0, "operations": 2e6}


def test_the_results(store):
    results = [stored.result for stored in store.results()]
    assert [result.number for result in results] == [0, 1, 2, 3, 4]
    assert results[2].status is EvaluationStatus.OUT_OF_MEMORY
    assert (results[2].error, results[2].attempt) == ("4 GiB were not enough", 2)
    best = results[3]
    assert dict(best.metrics) == {"accuracy": 0.8, "loss": 0.25}
    assert [dict(row) for row in best.curve][1] == {"epoch": 2, "loss": 0.5, "val_loss": 0.75}
    assert (best.seconds, best.setup_seconds, best.device, best.peak_memory) == (2.5, 0.05, "cpu:0", 123456789)
    assert (best.log, dict(best.artifacts)) == ("logs/3.txt", {"weights": "weights/3.weights.h5"})
    assert results[4].answered_by == 0
    assert store.counts()["pending"] == 1
    (pending,) = store.pending_requests()
    assert (pending.number, pending.epochs, pending.seed) == (5, 3, 105)


def test_the_rest(store):
    assert [event.kind for event in store.events()] == ["cancelled", "note"]
    assert store.events("note")[0].data == {"why": "compatibility"}
    assert store.artifacts(3) == [Artifact(3, "weights", "weights/3.weights.h5", 3)]
    assert len(store.artifacts(deleted=True)) == len(store.artifacts()) + 1
    (session,) = store.sessions()
    assert (session.reason, session.seconds) == ("stopped by Ctrl-C", store.elapsed())
    assert store.replay().deaths == {2: 4}


def test_the_questions(store, tmp_path):
    assert [individual.number for individual in select(store, "best(2)")] == [3, 1]
    assert [step.individual.number for step in primary_line(store, 5)] == [5, 3, 0]
    for format in FORMATS:
        export_lineage(store, format, tmp_path / format)


def test_it_can_be_resumed(tmp_path):
    shutil.copy(SAMPLES / "lineage-1.sqlite", tmp_path / "lineage.sqlite")
    with LineageStore.open(tmp_path) as store:
        (pending,) = store.pending_requests()
        store.add_session()
        assert store.add_result(pending.result({"accuracy": 0.9}))
        child = store.individual(5)
        store.add_individual(Individual(6, child.genome, child.birth, child.costs))
        assert [found.completion for found in store.results()] == [0, 1, 2, 3, 4, 5]
        assert store.best(1)[0].individual.number == 5


def test_rungs_repeats_and_forecasts_of_the_second_schema():
    with LineageStore.open(SAMPLES / "lineage-2.sqlite", read_only=True) as store:
        past = store.replay()
        assert [(one.number, one.individual) for one in past.requests] == [(0, 0), (1, 1), (2, 1), (3, 2), (4, 1)]
        assert [(one.epochs, one.trained, one.rung) for one in past.requests[:3]] == [(3, 0, 0), (3, 0, 0), (6, 3, 1)]
        assert [one.fraction for one in past.requests] == [0.5, 0.5, 1.0, 0.5, 1.0]
        assert past.requests[2].floor == ((6, 0.75), (8, 0.5))
        assert past.requests[2].resume_from == "weights/1.weights.h5"
        assert past.requests[4].repeat == 1
        assert dict(past.individuals[2].birth.forecast) == {"mean": 0.625, "sd": 0.125, "screened": 128.0}
        assert store.pending_requests() == [past.requests[3]]
        (best,) = store.best(3)
        assert (best.individual.number, best.value, best.error, best.trainings) == (1, 0.625, 0.125, 2)
        assert (best.result.result.number, best.result.total_epochs) == (2, 6)
        for format in FORMATS:
            export_lineage(store, format, StringIO())


def test_resolutions_of_the_third_schema():
    with LineageStore.open(SAMPLES / "lineage-3.sqlite", read_only=True) as store:
        requests = store.replay().requests
        assert [(one.number, one.rung, one.pooling) for one in requests] == [(0, 0, 2), (1, 1, 1)]
        assert store.pending_requests() == [requests[1]]
    with LineageStore.open(SAMPLES / "lineage-2.sqlite", read_only=True) as store:
        assert {one.pooling for one in store.replay().requests} == {1}


def test_the_genome_file(tmp_path):
    content = read_genome(SAMPLES / "genome-1.yaml")
    assert content.genome.id == IDS[3]
    assert content.genome.marks == {"stages": [[0, None], [1, None]]}
    assert content.provenance["metrics"] == {"accuracy": 0.8}
    write_genome(tmp_path / "again.yaml", content)
    assert read_genome(tmp_path / "again.yaml") == content
