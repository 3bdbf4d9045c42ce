"""A disk that is full or read-only: an error in words, and what was committed before is there."""

import contextlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from evonas.errors import StorageError
from evonas.lineage import LineageStore
from evonas.testing.stores import bear, new_run


def fill(store, start=0, until=100_000):
    """Add individuals and results until the disk is full; yield each number whose result was acknowledged."""
    for number in range(start, until):
        individual, request = bear(number)
        store.add_individual(individual, request)
        curve = [{"epoch": epoch, "loss": 1 / 3} for epoch in range(1, 50)]
        store.add_result(request.result({"accuracy": number / 1000}, curve=curve))
        yield number


def fill_up(store):
    acknowledged = []
    with pytest.raises(StorageError) as caught:
        for number in fill(store):
            acknowledged.append(number)  # noqa: PERF402 - what was taken before the error counts
    return acknowledged, caught.value


def check(store, acknowledged):
    stored = [found.result.number for found in store.results()]
    assert stored[: len(acknowledged)] == acknowledged
    assert len(stored) <= len(acknowledged) + 1
    individuals = {individual.number for individual in store.individuals()}
    pending = {request.number for request in store.pending_requests()}
    assert individuals == set(stored) | pending


def test_a_database_at_its_size_limit(tmp_path):
    with LineageStore.create(tmp_path, new_run()) as store:
        assert store._writer is not None
        driver = store._writer.connection.driver_connection
        assert driver is not None
        driver.execute("PRAGMA max_page_count=60")
        acknowledged, error = fill_up(store)
        assert len(acknowledged) > 5
        assert "full" in error.message
        assert "committed before is safe" in error.message
        assert error.exit_code == 20
        assert str(tmp_path) in str(error)
        check(store, acknowledged)
        driver.execute("PRAGMA max_page_count=100000")
        number = max(individual.number for individual in store.individuals()) + 1
        assert list(fill(store, number, number + 3)) == [number, number + 1, number + 2]
    with LineageStore.open(tmp_path, read_only=True) as store:
        check(store, [*acknowledged, number, number + 1, number + 2])


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 1 MB."""
    place = tmp_path / "disk"
    place.mkdir()
    mount(["-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)])
    yield place
    subprocess.run(["umount", str(place)], check=True)


def mount(arguments):
    if os.geteuid() != 0:
        pytest.skip("only root may mount a disk")
    try:
        subprocess.run(["mount", *arguments], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"mounting is not permitted here: {error}")


@pytest.mark.parametrize("network", [False, True], ids=["wal", "rollback journal"])
def test_a_full_disk(small_disk, monkeypatch, network):
    monkeypatch.setattr("evonas.lineage.sqlite.on_network_filesystem", lambda path: network)
    ballast = small_disk / "ballast"
    ballast.write_bytes(b"\0" * 300_000)
    with LineageStore.create(small_disk, new_run()) as store:
        acknowledged, error = fill_up(store)
        assert len(acknowledged) > 5
        assert "full" in error.message
        check(store, acknowledged)
        ballast.unlink()
        number = max(individual.number for individual in store.individuals()) + 1
        list(fill(store, number, number + 1))
    with LineageStore.open(small_disk) as store:
        check(store, [*acknowledged, number])


def test_a_full_disk_from_the_start(small_disk):
    with contextlib.suppress(OSError), (small_disk / "ballast").open("wb", buffering=0) as ballast:
        while ballast.write(b"\0" * 4096):
            pass
    with pytest.raises(StorageError) as caught:
        LineageStore.create(small_disk, new_run())
    assert caught.value.exit_code == 20


@pytest.mark.parametrize("network", [False, True], ids=["wal", "rollback journal"])
def test_a_read_only_disk_can_be_read(small_disk, monkeypatch, network):
    monkeypatch.setattr("evonas.lineage.sqlite.on_network_filesystem", lambda path: network)
    with LineageStore.create(small_disk, new_run()) as store:
        store.add_individual(*bear(0))
    mount(["-o", "remount,ro", str(small_disk)])
    with LineageStore.open(small_disk, read_only=True) as store:
        assert store.individuals() == [bear(0)[0]]
    with pytest.raises(StorageError), LineageStore.open(small_disk) as store:
        store.add_event("note", "not here")
    with pytest.raises(StorageError):
        LineageStore.create(small_disk / "other", new_run())


def test_an_old_schema_on_a_read_only_disk_can_be_read(small_disk):
    shutil.copy(Path(__file__).parents[1] / "compatibility/samples/lineage-1.sqlite", small_disk / "lineage.sqlite")
    mount(["-o", "remount,ro", str(small_disk)])
    with LineageStore.open(small_disk, read_only=True) as store:
        assert [stored.repeat for stored in store.results()] == [0] * 5
        assert len(store.replay().requests) == 6
    with pytest.raises(StorageError):
        LineageStore.open(small_disk)


KILLED = """
import os, sys
from evonas.lineage import LineageStore, sqlite
from evonas.testing.stores import bear

sqlite.on_network_filesystem = lambda path: True
store = LineageStore.open(sys.argv[1])
store.add_individual(*bear(0))
driver = store._writer.connection.driver_connection
driver.execute("PRAGMA cache_size=1")  # what is written goes to the file before the end of the transaction
driver.execute("BEGIN IMMEDIATE")
for kind in range(2000):
    driver.execute("INSERT INTO events (run_id, time, kind, message, data) VALUES ('x', 0, ?, 'half', '{}')", (kind,))
os.kill(os.getpid(), 9)
"""


def killed_in_mid_write(place):
    LineageStore.create(place, new_run()).close()
    subprocess.run([sys.executable, "-c", KILLED, str(place)], check=False)
    assert (place / "lineage.sqlite-journal").exists()


def test_a_reader_finishes_what_a_killed_writer_left(tmp_path):
    killed_in_mid_write(tmp_path)
    with LineageStore.open(tmp_path, read_only=True) as store:
        assert store.individuals() == [bear(0)[0]]
        assert store.events() == []
    assert not (tmp_path / "lineage.sqlite-journal").exists()


def test_where_that_is_not_allowed_it_says_so(small_disk):
    killed_in_mid_write(small_disk)
    mount(["-o", "remount,ro", str(small_disk)])
    with pytest.raises(StorageError, match="killed while it wrote") as caught:
        LineageStore.open(small_disk, read_only=True)
    assert "copy" in str(caught.value.hint)
