"""Databases of an older schema: read as they are, brought up to date when they are written."""

import os
import shutil
import sqlite3
from pathlib import Path

import pytest

from evonas.errors import StorageError
from evonas.lineage import LineageStore, schema
from evonas.records import EvaluationRequest
from evonas.testing.stores import bear, new_run

OLD = Path(__file__).parents[1] / "compatibility" / "samples" / "lineage-1.sqlite"


@pytest.fixture
def old(tmp_path: Path) -> Path:
    shutil.copy(OLD, tmp_path / "lineage.sqlite")
    return tmp_path / "lineage.sqlite"


def columns(file: Path, table: str) -> set[str]:
    with sqlite3.connect(file) as connection:
        found = {row[1] for row in connection.execute(f"PRAGMA table_info({table})")}
    connection.close()
    return found


def test_a_reader_leaves_it_as_it_is(old):
    before = old.read_bytes()
    with LineageStore.open(old, read_only=True) as store:
        assert dict(store.individual(3).birth.forecast) == {}
        assert [(stored.trained, stored.repeat) for stored in store.results()] == [(0, 0)] * 5
        (pending,) = store.pending_requests()
        assert (pending.trained, pending.fraction, pending.repeat, pending.floor) == (0, 1.0, 0, ())
        assert len(store.replay().requests) == 6
        assert store.best(1)[0].individual.number == 3
    assert old.read_bytes() == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_file_can_be_read_and_not_written(old):
    old.chmod(0o444)
    old.parent.chmod(0o555)
    try:
        with LineageStore.open(old, read_only=True) as store:
            assert len(store.results()) == 5
        with pytest.raises(StorageError):
            LineageStore.open(old)
    finally:
        old.parent.chmod(0o755)


def test_a_writer_brings_it_up_to_date_once(old):
    for _ in range(2):
        with LineageStore.open(old) as store:
            (event,) = store.events("migrated")
            assert event.data == {"from": 1, "to": schema.SCHEMA_VERSION}
            assert event.message == "the lineage was brought from schema 1 to schema 3"
    with LineageStore.open(old) as store:
        individual = store.individual(5)
        more = EvaluationRequest(6, 5, individual.genome, 6, 1, rung=1, trained=3, fraction=0.5, floor=((4, 0.5),))
        store.add_request(more)
        assert store.pending_requests()[1] == more
        assert store.add_result(more.result({"accuracy": 0.9}))
        assert len(store.replay().requests) == 7


def test_it_then_has_the_columns_of_a_fresh_one(old, tmp_path):
    LineageStore.open(old).close()
    fresh = tmp_path / "fresh.sqlite"
    LineageStore.create(fresh, new_run()).close()
    for table in schema.tables.tables:
        assert columns(old, table) == columns(fresh, table)


def test_a_reader_that_was_open_goes_on(old):
    with LineageStore.open(old, read_only=True) as reader:
        with LineageStore.open(old) as writer:
            writer.add_individual(*bear(6, [5]))
        assert [request.number for request in reader.pending_requests()] == [5, 6]
        assert len(reader.replay().individuals) == 7


def test_another_run_in_an_old_database_brings_it_up_to_date(old):
    with LineageStore.create(old, new_run("second")) as store:
        assert store.events("migrated") == [], "the new run has nothing to tell of it"
        store.add_individual(*bear(0))
    with LineageStore.open(old, run="sample", read_only=True) as store:
        assert len(store.events("migrated")) == 1


def test_an_evonas_of_then_may_go_on_writing(old):
    """What it inserts lacks the new columns: their defaults stand in."""
    LineageStore.open(old).close()
    with sqlite3.connect(old) as connection:
        connection.execute(
            "INSERT INTO evaluations (run_id, number, individual, rung, epochs_asked, seed, attempt, asked_time, "
            "asked_evaluation, status) SELECT run_id, 9, 5, 0, 3, 1, 1, 0.0, 0, 'pending' FROM evaluations LIMIT 1"
        )
    connection.close()
    with LineageStore.open(old) as store:
        request = store.pending_requests()[-1]
        assert (request.number, request.trained, request.fraction, request.repeat) == (9, 0, 1.0, 0)
        assert request.floor == ()


def test_a_migration_that_fails_changes_nothing(old, monkeypatch):
    def broken(column, dialect):
        raise RuntimeError("killed")

    before = columns(old, "evaluations")
    monkeypatch.setattr("evonas.lineage.versions._add", broken)
    with pytest.raises(RuntimeError):
        LineageStore.open(old)
    monkeypatch.undo()
    assert columns(old, "evaluations") == before
    with LineageStore.open(old) as store:
        assert len(store.events("migrated")) == 1
