"""A coordinator that is killed at any moment loses nothing that was committed, and resumes to the same end."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
import yaml

from evonas.lineage import LineageStore
from evonas.run import resume
from evonas.testing.toy import toy_space

EVALUATIONS = 120
SLOW_CALLABLE = """
import time
from evonas.testing.toy import toy_evaluate

def train(genome, budget):
    time.sleep(0.02)
    return toy_evaluate(genome, budget.epochs, budget.seed)
"""


SLOW_STEPS = """
import time
from evonas.testing.toy import toy_evaluate

def train(genome, budget):
    time.sleep(0.02)
    file = budget.directory / "epochs"
    found = int(file.read_text()) if file.exists() else 0
    if found < budget.epochs:  # else it was killed after this, and before its result was stored
        file.with_suffix(".tmp").write_text(str(budget.epochs))
        file.with_suffix(".tmp").rename(file)
    return toy_evaluate(genome, budget.epochs, budget.seed) | {"found": float(min(found, budget.trained))}
"""


@pytest.fixture
def config(tmp_path):
    (tmp_path / "slow_toy.py").write_text(SLOW_CALLABLE)
    content = {
        "name": "killed",
        "seed": 3,
        "evaluator": "slow_toy:train",
        "space": toy_space().to_dict(),
        "evolution": {"evaluations": EVALUATIONS, "objectives": ["accuracy"], "population": 12},
        "evaluation": {"devices": ["cpu"], "slots": 2},
    }
    file = tmp_path / "config.yaml"
    file.write_text(yaml.safe_dump(content, sort_keys=False))
    return file


COMMAND = """
import os, sys
os.setsid()
for stream in (1, 2):
    os.dup2(os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT), stream)
sys.argv = ["evonas", *arguments]
from evonas.cli.main import main
main()
"""


@pytest.fixture
def start(forked):
    """Start `evonas ARGUMENTS` as a process."""
    return lambda log, *arguments: forked(COMMAND, log=str(log), arguments=[str(argument) for argument in arguments])


def end_of(process, log):
    """Wait for the end of a command that works."""
    process.join(timeout=120)
    assert process.exitcode == 0, log.read_text()


def committed(run):
    """Return every final result as stored, by evaluation."""
    with LineageStore.open(run / "lineage.sqlite", read_only=True) as store:
        return {one.result.number: one.result.to_dict() for one in store.results()}


def wait_for_results(run, process, count):
    """Wait until so many results are stored, or the process has ended."""
    with LineageStore.open(run / "lineage.sqlite", read_only=True) as store:

        def stored():
            counts = store.counts()
            return sum(counts.values()) - counts["pending"] - counts["individuals"]

        wait_for(lambda: process.exitcode is not None or stored() >= count)


def wait_for(condition, seconds=60.0):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return
        time.sleep(0.01)
    raise AssertionError("waited in vain")


def test_killed_twenty_times_and_nothing_lost(config, tmp_path, start):
    kills = 20
    run, log = tmp_path / "run", tmp_path / "log"
    moments = random.Random(kills)
    process = start(log, "evolve", config, "--run-dir", run)
    wait_for(lambda: (run / "lineage.sqlite").exists() and committed_or_none(run))
    known, sessions = {}, 1
    for kill in range(kills):
        target = min(EVALUATIONS - 2, len(known) + moments.randint(1, 2 * EVALUATIONS // kills - 2))
        wait_for_results(run, process, target)
        time.sleep(moments.random() * 0.05)
        if process.exitcode is not None:  # it was faster than this test could look
            assert kill > kills // 2, log.read_text()
            break
        process.kill()
        process.join()
        now = committed(run)
        for number, result in known.items():
            assert now[number] == result, f"evaluation {number} changed after kill {kill}"
        known = now
        process = start(log, "resume", run)
        sessions += 1
    end_of(process, log)
    final = committed(run)
    assert len(final) == EVALUATIONS
    for number, result in known.items():
        assert final[number] == result
    with LineageStore.open(run / "lineage.sqlite", read_only=True) as store:
        individuals = store.individuals()
        assert [one.number for one in individuals] == list(range(EVALUATIONS))
        assert store.run.status == "finished"
        assert store.counts()["pending"] == 0
        completions = [one.completion for one in store.results()]
        assert completions == list(range(EVALUATIONS))
        assert len(store.sessions()) == sessions
        ids = Counter(one.genome.id for one in individuals)
        assert max(ids.values()) == 1, "no genome was born twice"
    assert_no_process_left(run)


def test_killed_on_the_rungs_and_nothing_trained_twice(config, tmp_path, start):
    (tmp_path / "slow_toy.py").write_text(SLOW_STEPS)
    content = yaml.safe_load(config.read_text())
    content["evolution"] |= {"evaluations": 30, "epochs": 9, "population": 8}
    content["search"] = {"rungs": [1, 3, 9], "repeats": 1}
    config.write_text(yaml.safe_dump(content, sort_keys=False))
    run, log = tmp_path / "run", tmp_path / "log"
    process = start(log, "evolve", config, "--run-dir", run)
    wait_for(lambda: (run / "lineage.sqlite").exists() and committed_or_none(run))
    known = {}
    for kill in range(5):
        target = len(known) + 12
        wait_for_results(run, process, target)
        process.kill()
        process.join()
        now = committed(run)
        assert {number: now[number] for number in known} == known, f"a result changed after kill {kill}"
        known = now
        process = start(log, "resume", run)
    end_of(process, log)
    with LineageStore.open(run / "lineage.sqlite", read_only=True) as store:
        past, results = store.replay(), store.results()
        assert store.run.status == "finished"
        assert [request.number for request in past.requests] == list(range(len(results)))
        assert len(past.individuals) < len(results)
        asked = Counter((one.individual, one.rung, one.repeat) for one in past.requests)
        assert max(asked.values()) == 1, "nobody was asked for the same rung twice"
        higher = [one for one in results if one.result.rung and not one.repeat and one.result.answered_by is None]
        assert higher
        for one in higher:
            assert one.result.metrics["found"] == one.trained, "it went on from the files of the rung below"
            assert one.result.epochs == one.epochs_asked
    assert_no_process_left(run)


def committed_or_none(run):
    try:
        return committed(run)
    except Exception:  # the first tables are being written
        return None


def assert_no_process_left(run):
    """No coordinator and no worker, which have files of the run open."""

    def left():
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and int(entry.name) != os.getpid():
                try:
                    files = [str(file.readlink()) for file in (entry / "fd").iterdir()]
                except OSError:  # it has just ended
                    continue
                found += [entry.name for file in files if file.startswith(str(run))]
        return found

    wait_for(lambda: not left(), 20)


@pytest.mark.parametrize("signal_number", [signal.SIGINT, signal.SIGTERM])
def test_a_polite_stop_keeps_what_is_done_and_says_how_to_go_on(config, tmp_path, signal_number):
    run = tmp_path / "run"
    command = [sys.executable, "-m", "evonas", "evolve", str(config), "--run-dir", str(run)]
    command += ["--set", "evolution.evaluations=400"]  # which it does not reach
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)
    wait_for(lambda: run.exists() and committed_or_none(run) and len(committed(run)) >= 10)
    process.send_signal(signal_number)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert f"go on with: evonas resume {run}" in out.decode()
    with LineageStore.open(run / "lineage.sqlite", read_only=True) as store:
        assert store.run.status == "interrupted"
        assert signal.Signals(signal_number).name in store.run.reason
    before = committed(run)
    shorter = (run / "config.yaml").read_text().replace("evaluations: 400", f"evaluations: {len(before) + 8}")
    (run / "config.yaml").write_text(shorter)
    outcome = resume(run)
    assert outcome.finished
    after = committed(run)
    assert len(after) == len(before) + 8
    assert {number: after[number] for number in before} == before


def test_one_slot_gives_the_same_births_byte_for_byte(config, tmp_path, start):
    births = []
    for name in ("one", "two"):
        changes = ("--set", "evaluation.slots=1", "--set", "evolution.evaluations=40")
        end_of(start(tmp_path / "log", "evolve", config, "--run-dir", tmp_path / name, *changes), tmp_path / "log")
        with LineageStore.open(tmp_path / name / "lineage.sqlite", read_only=True) as store:
            births.append(
                json.dumps([[one.genome.json, one.genome.marks, one.birth.to_dict()] for one in store.individuals()])
            )
    assert births[0].encode() == births[1].encode()
