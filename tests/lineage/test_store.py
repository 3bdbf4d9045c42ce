"""The store beyond its contract: wrong files, wrong schemas, errors in words, threads."""

import pickle
import sqlite3
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evonas.errors import DependencyError, LineageError, StorageError
from evonas.genome import Genome, gene_diff
from evonas.lineage import LineageStore, codec
from evonas.lineage import store as store_module
from evonas.lineage.codec import StoredGenome, to_json
from evonas.records import EvaluationRequest
from evonas.testing.stores import bear, new_run


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "lineage.sqlite"


def test_a_missing_lineage_is_an_error_that_makes_no_file(tmp_path):
    for place in (tmp_path, tmp_path / "lineage.sqlite", tmp_path / "no run"):
        for read_only in (True, False):
            with pytest.raises(LineageError, match="there is no lineage here"):
                LineageStore.open(place, read_only=read_only)
    assert list(tmp_path.iterdir()) == []


def test_a_run_directory_is_made(tmp_path):
    with LineageStore.create(tmp_path / "runs" / "v1.2", new_run()) as store:
        assert store.place == str(tmp_path / "runs" / "v1.2" / "lineage.sqlite")
        assert store.directory == tmp_path / "runs" / "v1.2"


@pytest.mark.parametrize("content", [b"run: 1\n" * 100, b"SQLite format 3\x00" + b"\x00" * 4000])
def test_a_file_that_is_no_database(file, content):
    file.write_bytes(content)
    for action in (LineageStore.open, lambda place: LineageStore.create(place, new_run())):
        with pytest.raises(LineageError) as caught:
            action(file)
        assert str(file) in str(caught.value)
        assert caught.value.exit_code == 15
    assert file.read_bytes() == content


def test_the_database_of_another_program_is_left_as_it_is(file):
    with sqlite3.connect(file) as other:
        other.execute("CREATE TABLE trials (number INTEGER)")
    other.close()
    before = file.read_bytes()
    for action in (LineageStore.open, lambda place: LineageStore.create(place, new_run())):
        with pytest.raises(LineageError, match="belongs to another program") as caught:
            action(file)
        assert caught.value.got == ["trials"]
    assert file.read_bytes() == before
    assert [path.name for path in file.parent.iterdir()] == [file.name]


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [("schema_version", "4", "a schema that this version"), ("program", "other", "belongs to another program")],
)
def test_a_newer_schema(file, name, value, message):
    LineageStore.create(file, new_run()).close()
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE evonas_meta SET value = ? WHERE name = ?", (value, name))
    connection.close()
    with pytest.raises(LineageError, match=message) as caught:
        LineageStore.open(file)
    assert caught.value.got == value
    assert caught.value.expected in ("at most 3", "evonas")


def test_an_empty_file_was_never_started(file):
    file.touch()
    with pytest.raises(LineageError, match="was never started"):
        LineageStore.open(file)
    LineageStore.create(file, new_run()).close()
    LineageStore.open(file).close()


def test_a_damaged_database(file):
    with LineageStore.create(file, new_run()) as store:
        for number in range(200):
            store.add_individual(*bear(number))
    content = bytearray(file.read_bytes())
    for page in range(8, len(content) // 4096):
        content[page * 4096 : page * 4096 + 200] = b"\xff" * 200
    file.write_bytes(content)
    with pytest.raises(LineageError, match="damaged") as caught, LineageStore.open(file, read_only=True) as store:
        store.individuals()
    assert caught.value.hint is not None


def test_which_run_is_meant(file):
    runs = [new_run("one"), new_run("two"), new_run("two")]
    for run in runs:
        LineageStore.create(file, run).close()
    with pytest.raises(LineageError, match="several runs") as caught:
        LineageStore.open(file)
    assert runs[0].id in str(caught.value.expected)
    with pytest.raises(LineageError, match="several runs"):
        LineageStore.open(file, run="two")
    with pytest.raises(LineageError, match="no such run"):
        LineageStore.open(file, run="three")
    with LineageStore.open(file, run="one") as store:
        assert store.run == runs[0]


@pytest.mark.parametrize(
    ("url", "error", "message"),
    [
        ("no-database://host/base", LineageError, "not a database URL"),
        ("://", LineageError, "not a database URL"),
        ("sqlite://", LineageError, "in memory"),
        ("sqlite:///:memory:", LineageError, "in memory"),
        ("postgresql+psycopg://me:secret@localhost/base", DependencyError, "psycopg"),
    ],
)
def test_urls(url, error, message):
    if error is DependencyError:
        try:
            import psycopg  # noqa: F401 - only its absence matters
        except ModuleNotFoundError:
            pass
        else:
            pytest.skip("psycopg is installed")
    with pytest.raises(error, match=message) as caught:
        LineageStore.open(url)
    assert "secret" not in str(caught.value)


def test_nothing_is_written_to_a_closed_or_read_only_store(file):
    store = LineageStore.create(file, new_run())
    store.close()
    store.close()
    with pytest.raises(StorageError, match="is closed"):
        store.add_event("note", "late")
    with LineageStore.open(file, read_only=True) as reader, pytest.raises(StorageError, match="read only"):
        reader.add_individual(*bear(0))


def test_a_birth_is_stored_whole_or_not_at_all(file):
    with LineageStore.create(file, new_run()) as store:
        store.add_individual(*bear(0))
        taken = EvaluationRequest(0, 1, bear(1)[0].genome, epochs=1, seed=0)
        with pytest.raises(LineageError, match="already holds"):
            store.add_individual(bear(1, [0])[0], taken)
        assert [individual.number for individual in store.individuals()] == [0]
        store.add_individual(*bear(1, [0]))
        assert store.individual(1).birth.parents == bear(1, [0])[0].birth.parents


def test_a_status_is_one_of_four(file):
    with LineageStore.create(file, new_run()) as store, pytest.raises(ValueError, match="interrupted"):
        store.set_run_status("paused")


def test_a_session_need_not_be(file):
    with LineageStore.create(file, new_run()) as store:
        store.end_session("nothing began")
        assert store.sessions() == []
        assert store.elapsed() == 0.0


def test_a_missing_individual_names_those_that_are_there(file):
    with LineageStore.create(file, new_run()) as store:
        with pytest.raises(LineageError, match="no individual 0") as caught:
            store.individual(0)
        assert caught.value.expected == "a run with individuals"
        store.add_individual(*bear(0))
        with pytest.raises(LineageError) as caught:
            store.individual(7)
        assert caught.value.expected == "a number from 0 to 0"
        assert store.result(0) is None
        assert store.curve(0) == []


class Courteous:
    """A lock that lets the others go first each time it is given back, so that what it does not cover shows."""

    def __init__(self, lock=threading.RLock) -> None:
        self._lock = lock()

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, *raised: object) -> None:
        self._lock.release()
        time.sleep(0.001)


@pytest.mark.parametrize("lock", [threading.RLock, Courteous])
def test_several_threads_may_write_and_read(file, monkeypatch, lock):
    monkeypatch.setattr(store_module, "threading", SimpleNamespace(RLock=lock))
    wrong: list[BaseException] = []

    def work(first: int) -> None:
        try:
            for number in range(first, first + 20):
                individual, request = bear(number)
                store.add_individual(individual, request)
                store.add_result(request.result({"accuracy": 0.5}))
                store.results()
        except BaseException as error:
            wrong.append(error)

    with LineageStore.create(file, new_run()) as store:
        threads = [threading.Thread(target=work, args=(20 * index,)) for index in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert wrong == []
        assert sorted(stored.completion for stored in store.results()) == list(range(80))


FULL, NORMAL = 2, 1


@pytest.mark.parametrize(
    ("synchronous", "levels"),
    [("full", [FULL, FULL, FULL]), ("normal", [NORMAL, NORMAL, NORMAL]), ("auto", [FULL, NORMAL, FULL])],
)
def test_results_are_synced_as_asked(file, monkeypatch, synchronous, levels):
    """The second of three results was cheap and came soon after the first."""
    monkeypatch.setattr("evonas.lineage.store.time.monotonic", lambda: 100.0)
    with LineageStore.create(file, new_run(), synchronous=synchronous) as store:
        assert store._writer is not None
        driver = store._writer.connection.driver_connection
        assert driver is not None
        assert driver.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        for number, (seconds, level) in enumerate(zip([0.0, 0.1, 60.0], levels, strict=True)):
            individual, request = bear(number)
            store.add_individual(individual, request)
            assert driver.execute("PRAGMA synchronous").fetchone() == (NORMAL,)
            store.add_result(request.result({"accuracy": 0.5}, seconds=seconds))
            assert driver.execute("PRAGMA synchronous").fetchone() == (level,)


def test_a_rollback_journal_is_always_synced(file, monkeypatch):
    monkeypatch.setattr("evonas.lineage.sqlite.on_network_filesystem", lambda path: True)
    with LineageStore.create(file, new_run(), synchronous="normal") as store:
        assert store._writer is not None
        driver = store._writer.connection.driver_connection
        assert driver is not None
        store.add_individual(*bear(0))
        assert driver.execute("PRAGMA synchronous").fetchone() == (FULL,)
        assert driver.execute("PRAGMA journal_mode").fetchone() == ("delete",)


def test_a_learning_curve_may_hold_what_is_not_finite(file):
    with LineageStore.create(file, new_run()) as store:
        individual, request = bear(0)
        store.add_individual(individual, request)
        store.add_result(request.result({"accuracy": 0.5, "loss": float("nan")}, curve=[{"loss": float("nan")}]))
        assert store.curve(0)[0]["loss"] != store.curve(0)[0]["loss"]
        assert store.results()[0].result.status.value == "diverged"


# genomes that are parsed at the first look

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=12,
)


@given(st.dictionaries(st.text(max_size=4), json_values, max_size=4), st.text(max_size=5))
def test_a_stored_genome_is_the_genome(genes, family):
    genome = Genome(genes, family)
    row = codec.individual_row(bear(0)[0])
    stored = StoredGenome(genome.id, family, to_json(genome._genes), None)
    assert (stored.id, stored, hash(stored)) == (genome.id, genome, hash(genome))
    assert stored.json == genome.json
    assert list(stored) == list(genome)
    assert (stored.genes, stored.marks, stored.family) == (genome.genes, genome.marks, genome.family)
    assert gene_diff(stored, genome) == ()
    assert pickle.loads(pickle.dumps(stored)) == genome
    assert row["genome_id"] == bear(0)[0].genome.id


def test_a_stored_genome_has_no_other_attributes():
    with pytest.raises(AttributeError, match="wings"):
        StoredGenome("0", "", "{}", None).wings  # noqa: B018 - the access is what is tested
