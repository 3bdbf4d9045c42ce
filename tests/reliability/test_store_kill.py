"""SIGKILL at any moment: every result that was acknowledged is there, once, and the store opens."""

import random
import signal
import sqlite3
import subprocess
import sys
import time

import pytest

from evonas.lineage import LineageStore
from evonas.testing.stores import new_run

WRITER = """
import sys
from evonas.lineage import LineageStore, sqlite
from evonas.records import Parent
from evonas.testing.stores import bear

network = sys.argv[2] == "network"
sqlite.on_network_filesystem = lambda path: network
with LineageStore.open(sys.argv[1], synchronous=sys.argv[3]) as store:
    store.add_session()
    print("ready", flush=True)
    for request in store.pending_requests():
        store.add_result(request.result({"accuracy": 0.5}, curve=[{"epoch": 1.0}] * 30))
        print(request.number, flush=True)
    for number in range(len(store.individuals()), 10**6):
        individual, request = bear(number, [number - 1] if number else [])
        store.add_individual(individual, request)
        store.add_result(request.result({"accuracy": 0.5}, curve=[{"epoch": 1.0}] * 30))
        print(number, flush=True)
        store.mark_deaths([number - 5], number)
"""


@pytest.mark.parametrize(
    ("place", "synchronous", "kills"),
    [("local", "auto", 6), ("local", "normal", 6), ("network", "auto", 4)],
)
def test_what_was_acknowledged_survives_the_writer(tmp_path, monkeypatch, place, synchronous, kills):
    rng = random.Random(f"{place} {synchronous}")
    monkeypatch.setattr("evonas.lineage.sqlite.on_network_filesystem", lambda path: place == "network")
    LineageStore.create(tmp_path, new_run()).close()
    acknowledged: list[int] = []
    for kill in range(kills):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path), place, synchronous], stdout=subprocess.PIPE, text=True
        )
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
        acknowledged += [int(writer.stdout.readline()) for _ in range(rng.randint(0, 60))]
        time.sleep(rng.uniform(0, 0.003))
        writer.send_signal(signal.SIGKILL)
        acknowledged += [int(line) for line in writer.stdout if line.endswith("\n")]
        writer.wait()
        writer.stdout.close()

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
