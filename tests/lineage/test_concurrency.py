"""A reader in another process that never rests, while the coordinator writes."""

import subprocess
import sys

import pytest

from evonas.lineage import LineageStore
from evonas.testing.stores import bear, new_run

READER = """
import sys
from pathlib import Path
from evonas.lineage import LineageStore, lineage_graph

rounds, before = 0, (0, 0)
while True:
    last = (Path(sys.argv[1]) / "stop").exists()
    with LineageStore.open(sys.argv[1], read_only=True) as store:
        for _ in range(5):
            results, individuals = store.results(), store.individuals()
            now = len(individuals), len(results)
            assert now >= before, (now, before)
            assert len(individuals) >= len(results)
            assert [stored.completion for stored in results] == list(range(len(results)))
            assert all(stored.result.curve[1]["loss"] == stored.result.number for stored in results)
            replay = store.replay()
            assert len(replay.individuals) >= len(replay.results) >= now[1]
            counts = store.counts()
            assert counts["pending"] + counts["completed"] == counts["individuals"]
            before = now
            rounds += 1
    if rounds == 5:
        print("reading", flush=True)
    if last:
        print(rounds, *before, flush=True)
        break
"""


@pytest.mark.parametrize(("network", "total"), [(False, 300), (True, 60)], ids=["wal", "rollback journal"])
def test_readers_and_the_writer_do_not_disturb_each_other(tmp_path, monkeypatch, network, total):
    monkeypatch.setattr("evonas.lineage.sqlite.on_network_filesystem", lambda path: network)
    with LineageStore.create(tmp_path, new_run()) as store:
        readers = [
            subprocess.Popen([sys.executable, "-c", READER, str(tmp_path)], stdout=subprocess.PIPE, text=True)
            for _ in range(2)
        ]
        try:
            for reader in readers:
                assert reader.stdout is not None
                assert reader.stdout.readline() == "reading\n"
            for number in range(total):
                individual, request = bear(number)
                store.add_individual(individual, request)
                curve = [{"epoch": 1.0, "loss": 0.0}, {"epoch": 2.0, "loss": float(number)}]
                store.add_result(request.result({"accuracy": 0.5}, curve=curve))
            (tmp_path / "stop").touch()
            for reader in readers:
                output, _ = reader.communicate(timeout=120)
                assert reader.returncode == 0
                rounds, individuals, results = map(int, output.split())
                assert rounds > 5
                assert (individuals, results) == (total, total)
        finally:
            for reader in readers:
                reader.kill()
                reader.wait()
                reader.stdout.close()
        assert [found.result.number for found in store.results()] == list(range(total))
