"""Short questions to a lineage answer as the store does."""

import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from evonas.errors import LineageError, RunError
from evonas.lineage import LineageStore, RunRecord
from evonas.lineage.descent import descent, find_parent_run
from evonas.lineage.kin import Kin, Measured, Measures, run_folder
from evonas.lineage.ranking import score
from evonas.records import EvaluationRequest, EvaluationStatus, Parent
from evonas.testing.stores import bear

SAMPLES = Path(__file__).parents[1] / "compatibility" / "samples"


def write(place, name="run", objectives=("accuracy",), config=None, births=(), run_id=None):
    """Write a run: of each birth (parents, {rung: accuracies}); who has none failed."""
    goals = [goal if isinstance(goal, dict) else {"metric": goal} for goal in objectives]
    record = RunRecord.new(name, config=config or {}, space={}, objectives=goals)
    if run_id:
        record = RunRecord(**{**record.__dict__, "id": run_id})
    number = 0
    with LineageStore.create(place, record, synchronous="normal") as store:
        for who, (parents, rungs) in enumerate(births):
            individual, request = bear(who, parents)
            store.add_individual(individual)
            for rung, values in rungs.items():
                for repeat, value in enumerate(values):
                    request = EvaluationRequest(number, who, individual.genome, 3, number, rung, repeat=repeat)
                    store.add_request(request)
                    store.add_result(request.result({"accuracy": value, "size": 10.0 * value}))
                    number += 1
            if not rungs:
                request = EvaluationRequest(number, who, individual.genome, 3, number)
                store.add_request(request)
                store.add_result(request.failure(EvaluationStatus.DIVERGED, "loss is NaN"))
                number += 1
    return place


FAMILY = (
    ([], {0: [0.5], 1: [0.6]}),
    ([], {0: [0.4]}),
    ([0, Parent(1, role="mate")], {0: [0.55], 1: [0.7, 0.8, 0.9]}),
    ([2], {0: [0.95]}),
    ([2], {}),
)


@pytest.fixture(scope="module")
def family(tmp_path_factory):
    return write(tmp_path_factory.mktemp("kin") / "run", births=FAMILY)


@pytest.mark.parametrize(
    ("objectives", "config"),
    [
        (("accuracy",), {}),
        (({"metric": "accuracy", "direction": "min"},), {}),
        (("parameters", "accuracy"), {}),
        (("size",), {"evolution": {"constraints": {"accuracy": {"max": 0.7}}}}),
        (("accuracy",), {"evolution": {"constraints": {"parameters": {"max": 101}, "size": {"min": 7.5}}}}),
        (("accuracy",), {"evolution": {"constraints": {"unheard_of": {"max": 1}}}}),
    ],
)
def test_the_best_is_that_of_the_store(tmp_path, objectives, config):
    place = write(tmp_path / "run", objectives=objectives, config=config, births=FAMILY)
    with LineageStore.open(place, read_only=True) as store, Kin(place) as kin:
        best = store.best(1)
        if best:
            assert kin.best() == best[0].individual.number
        else:
            with pytest.raises(LineageError, match="no best individual yet"):
                kin.best()


def test_births_and_genomes_are_those_of_the_store(family):
    with LineageStore.open(family, read_only=True) as store, Kin(family) as kin:
        assert (kin.name, kin.objective, kin.run_id, kin.highest_rung) == ("run", "accuracy", store.run_id, 1)
        for individual in store.individuals():
            birth = kin.birth(individual.number)
            assert (birth.operators, birth.parents) == (individual.birth.operators, individual.birth.parents)
            assert (birth.changes, birth.generation) == (individual.birth.changes, individual.birth.generation)
            genome = kin.genome(individual.number)
            assert (genome, genome.marks) == (individual.genome, individual.genome.marks)


@pytest.mark.parametrize("metric", ["accuracy", "size", "parameters"])
def test_fitness_is_that_of_the_ranking(family, metric):
    with LineageStore.open(family, read_only=True) as store, Kin(family) as kin:
        scored = score(store.individuals(), store.results(), (metric,), own_rungs=True)
        found = kin.measures(range(5), metric)
    assert {one for one, measures in found.items() if measures.best} == {one.individual.number for one in scored}
    for one in scored:
        measures = found[one.individual.number]
        assert measures.rung == one.result.result.rung
        assert measures.best.value == pytest.approx(one.value)
        assert measures.best.error == (pytest.approx(one.error) if one.error is not None else None)
    assert (found[4].best, found[4].status) == (None, "diverged")


def test_differences_are_taken_at_a_rung_that_both_have(family):
    with Kin(family) as kin:
        found = kin.measures(range(5))
        line = descent(kin, 3)
    assert found[2].over(found[0]).value == pytest.approx(0.2), "at rung 1"
    assert found[3].over(found[2]).value == pytest.approx(0.4), "at rung 0"
    assert found[4].over(found[2]) is None
    assert [step.individual for step in line] == [3, 2, 0]
    assert [step.difference and round(step.difference.value, 6) for step in line] == [0.4, 0.2, None]
    assert Measured(0.5, 0.3).minus(Measured(0.1, 0.4)) == Measured(0.4, 0.5)
    assert Measured(0.5, 0.3, 2).minus(Measured(0.1)) == Measured(0.4, None, 2)
    assert Measures({}).rung is None


def test_a_line_that_bites_its_tail_ends(tmp_path):
    place = write(tmp_path / "run", births=[([], {0: [0.5]}), ([0], {0: [0.6]})])
    with closing(sqlite3.connect(place / "lineage.sqlite")) as connection, connection:
        run_id = connection.execute("SELECT id FROM runs").fetchone()[0]
        connection.execute("INSERT INTO parents VALUES (?, 0, 0, 1, NULL, 'primary', NULL)", (run_id,))
    with Kin(place) as kin:
        assert [number for number, _ in kin.line(1)] == [1, 0]


def test_the_walk_goes_on_in_the_parent_s_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    old = write(tmp_path / "runs" / "old", "old", births=FAMILY, run_id="a" * 32)
    write(tmp_path / "runs" / "other", "other", births=FAMILY, run_id="b" * 32)
    seed = Parent(2, "a" * 32, "seed", "elsewhere/old:best")
    new = write(tmp_path / "runs" / "new", "new", births=[([seed], {0: [0.9]}), ([0], {0: [0.95]})])

    def walked():
        with Kin(new) as kin:
            steps = descent(kin, 1, opened=lambda one: find_parent_run(one.run, one.source, kin.folder))
        return [(step.run_name, step.individual, step.difference is None) for step in steps]

    expected = [("new", 1, False), ("new", 0, True), ("old", 2, False), ("old", 0, True)]
    assert walked() == expected, "it lies beside"
    (tmp_path / "elsewhere").mkdir()
    old.rename(tmp_path / "elsewhere" / "old")
    assert walked() == expected, "where its source says"
    shutil.rmtree(tmp_path / "elsewhere")
    write(tmp_path / "runs" / "anew", "anew", births=FAMILY[:1], run_id="a" * 32)
    assert walked() == expected[:2], "it lacks the individual"
    (tmp_path / "runs" / "anew" / "lineage.sqlite").unlink()
    (tmp_path / "runs" / "broken").mkdir()
    (tmp_path / "runs" / "broken" / "lineage.sqlite").write_text("no database")
    assert walked() == expected[:2], "it is gone"


def test_runs_that_seed_each_other_end_the_walk(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    there, back = Parent(0, "b" * 32, "seed"), Parent(0, "a" * 32, "seed")
    write(tmp_path / "runs" / "one", "one", births=[([there], {0: [0.9]})], run_id="a" * 32)
    write(tmp_path / "runs" / "two", "two", births=[([back], {0: [0.9]})], run_id="b" * 32)
    with Kin(tmp_path / "runs" / "one") as kin:
        steps = descent(kin, 0, opened=lambda one: find_parent_run(one.run, one.source, kin.folder))
    assert [step.run_name for step in steps] == ["one", "two"]


@pytest.mark.parametrize("version", [1, 2])
def test_older_schemas_are_read_as_they_are(tmp_path, version):
    (tmp_path / "run").mkdir()
    file = tmp_path / "run" / "lineage.sqlite"
    shutil.copy(SAMPLES / f"lineage-{version}.sqlite", file)
    before = file.read_bytes()
    with LineageStore.open(file, read_only=True) as store, Kin(file.parent) as kin:
        assert kin.best() == store.best(1)[0].individual.number
        for individual in store.individuals():
            assert kin.birth(individual.number).parents == individual.birth.parents
            assert kin.genome(individual.number) == individual.genome
        assert descent(kin, store.individuals()[-1].number)
    assert file.read_bytes() == before


def test_what_is_no_run_is_told_as_by_the_store(tmp_path):
    for place, words in [(tmp_path / "none", "no such run directory"), (tmp_path, "not a run directory")]:
        with pytest.raises(RunError, match=words):
            Kin(place)
        with pytest.raises(RunError, match=words):
            run_folder(place)
    file = tmp_path / "lineage.sqlite"
    file.write_text("this is no database at all, but long enough to be taken for one" * 20)
    with pytest.raises(LineageError, match="not a lineage database"):
        Kin(tmp_path)
    file.unlink()
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("CREATE TABLE mine (x)")
    with pytest.raises(LineageError, match="another program"):
        Kin(tmp_path)


def test_a_newer_schema_is_refused(family, tmp_path):
    place = shutil.copytree(family, tmp_path / "newer")
    with closing(sqlite3.connect(place / "lineage.sqlite")) as connection, connection:
        connection.execute("UPDATE evonas_meta SET value = '99' WHERE name = 'schema_version'")
    with pytest.raises(LineageError, match="cannot read"):
        Kin(place)


def test_unknown_individuals_and_empty_runs(family, tmp_path):
    with Kin(family) as kin:
        for ask in (kin.birth, kin.genome, kin.line):
            with pytest.raises(LineageError, match="no individual 99") as caught:
                ask(99)
            assert "a number from 0 to 4" in str(caught.value)
    with pytest.raises(LineageError, match="closed"):
        kin.birth(0)
    with Kin(write(tmp_path / "run")) as kin:
        with pytest.raises(LineageError, match="no best individual yet"):
            kin.best()
        with pytest.raises(LineageError, match="no individual 0"):
            kin.birth(0)
        assert kin.measures([]) == {}


def test_a_run_that_is_being_written_is_read(tmp_path):
    place = write(tmp_path / "run", births=FAMILY)
    with LineageStore.open(place) as store:
        store.add_individual(*bear(20, [2]))
        with Kin(place) as kin:
            assert kin.line(20)[0][1].primary == Parent(2)
            assert kin.measures([20])[20].status == "pending"
            store.add_individual(*bear(21, [20]))
            with pytest.raises(LineageError, match="no individual 21"):
                kin.birth(21)  # it sees the state of its beginning


@pytest.mark.skipif(
    os.name == "nt" or not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere"
)
def test_a_folder_that_may_not_be_written_is_read(family, tmp_path):
    place = shutil.copytree(family, tmp_path / "closed")
    place.chmod(0o555)
    try:
        with Kin(place) as kin:
            assert kin.best() == 2
    finally:
        place.chmod(0o755)


def test_the_questions_load_no_toolkit():
    code = "import sys, evonas.lineage.descent; print(*sorted({name.split('.')[0] for name in sys.modules}))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert not {"sqlalchemy", "pydantic", "numpy", "networkx", "rich"} & set(loaded.stdout.split())
