"""SIGKILL at any moment: every result that was acknowledged is there, once, and the store opens."""

import multiprocessing
import random
import sqlite3
import time

import pytest

from evonas.lineage import LineageStore
from evonas.testing.stores import new_run

WRITER = """
from evonas.lineage import LineageStore, sqlite
from evonas.records import Parent
from evonas.testing.stores import bear

sqlite.on_network_filesystem = lambda path: place == "network"
with LineageStore.open(run, synchronous=synchronous) as store:
    store.add_session()
    told.send("ready")
    for request in store.pending_requests():
        store.add_result(request.result({"accuracy": 0.5}, curve=[{"epoch": 1.0}] * 30))
        told.send(request.number)
    for number in range(len(store.individuals()), 10**6):
        individual, request = bear(number, [number - 1] if number else [])
        store.add_individual(individual, request)
        store.add_result(request.result({"accuracy": 0.5}, curve=[{"epoch": 1.0}] * 30))
        told.send(number)
        store.mark_deaths([number - 5], number)
"""


def rest(heard):
    """Return what had been sent before the sender died."""
    found = []
    with heard:
        while True:
            try:
                found.append(heard.recv())
            except (EOFError, OSError):
                return found


@pytest.mark.parametrize(
    ("place", "synchronous", "kills"),
    [("local", "auto", 6), ("local", "normal", 6), ("network", "auto", 4)],
)
def test_what_was_acknowledged_survives_the_writer(tmp_path, monkeypatch, forked, place, synchronous, kills):
    rng = random.Random(f"{place} {synchronous}")
    monkeypatch.setattr("evonas.lineage.sqlite.on_network_filesystem", lambda path: place == "network")
    LineageStore.create(tmp_path, new_run()).close()
    acknowledged: list[int] = []
    for kill in range(kills):
        heard, told = multiprocessing.Pipe(duplex=False)
        writer = forked(WRITER, run=str(tmp_path), place=place, synchronous=synchronous, told=told)
        told.close()
        assert heard.recv() == "ready"
        acknowledged += [heard.recv() for _ in range(rng.randint(0, 60))]
        time.sleep(rng.uniform(0, 0.003))
        writer.kill()
        acknowledged += rest(heard)
        writer.join()

        with LineageStore.open(tmp_path, read_only=True) as store:
            stored = [found.result.number for found in store.results()]
            # One result may have been stored and not yet told when the process died.
            assert set(acknowledged) <= set(stored)
            assert len(stored) <= len(acknowledged) + kill + 1
            assert len(set(stored)) == len(stored)
            assert [found.completion for found in store.results()] == list(range(len(stored)))
            individuals = [individual.number for individual in store.individuals()]
            pending = [request.number for request in store.pending_requests()]
            assert individuals == list(range(len(individuals)))
            assert sorted(stored + pending) == individuals
            assert len(pending) <= 1
            assert len(store.sessions()) == kill + 1
    connection = sqlite3.connect(tmp_path / "lineage.sqlite")
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    connection.close()
