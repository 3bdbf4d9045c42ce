"""The entry point: help, version, exit codes, interruptions."""

import os
import pty
import signal
import subprocess
import sys
import time

import pytest

import evonas as package
from evonas.lineage import LineageStore


def test_version(evonas):
    assert evonas("--version").worked().out == f"evonas {package.__version__}\n"


def test_help_names_every_command(evonas):
    evonas("--help").worked(
        *("evolve", "resume", "runs", "status", "best", "lineage", "report", "export", "evaluate", "config"),
        *("compare", "dashboard", "explain", "genomes", "tag", "winners"),
    )


def test_wrong_usage_ends_with_2(evonas):
    assert evonas("evolve").code == 2
    assert evonas("evolve", "a.yaml", "--run-dri", "x").code == 2
    assert evonas("devolve").code == 2


def test_a_bug_is_not_hidden(evonas, monkeypatch, toy_run):
    def broken(*_):
        raise OSError(5, "something nobody foresaw")

    monkeypatch.setattr(LineageStore, "counts", broken)
    with pytest.raises(OSError, match="nobody foresaw"):
        evonas("status", toy_run)


def test_full_disk_that_no_room_foresaw(evonas, monkeypatch, toy_run):
    def full(*_):
        raise OSError(28, "No space left on device", "/somewhere/file")

    monkeypatch.setattr(LineageStore, "counts", full)
    evonas("status", toy_run).refused(20, "/somewhere/file: cannot write: No space left on device", "next:")


SLOW = """
import time
from evonas.testing.toy import toy_evaluate

def train(genome, budget):
    time.sleep(0.05)
    return toy_evaluate(genome, budget.epochs, budget.seed)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_search_keeps_what_is_done_and_says_how_to_go_on(here, write, toy, evonas, number):
    (here / "slow_toy.py").write_text(SLOW)
    config = write(toy(evaluator="slow_toy:train"))
    command = [sys.executable, "-m", "evonas", "evolve", config, "--run-dir", "run"]
    command += ["--set", "evolution.evaluations=400"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True) as process:
        lines = []
        for line in process.stderr:
            lines.append(line)
            if line.startswith("[3/"):
                process.send_signal(number)
        out = process.stdout.read()
    assert process.returncode == 130
    assert f"interrupted: stopped by {number.name}; what is done is kept" in out
    assert "go on with: evonas resume run" in out
    assert not any("Traceback" in line for line in lines)
    evonas("status", "run").worked("interrupted", "go on with: evonas resume run")
    with LineageStore.open("run", read_only=True) as store:
        done = [stored.result.to_dict() for stored in store.results()]
    assert len(done) >= 3
    shorter = (here / "run/config.yaml").read_text().replace("evaluations: 400", f"evaluations: {len(done) + 3}")
    (here / "run/config.yaml").write_text(shorter)
    evonas("resume", "run").worked("finished")
    with LineageStore.open("run", read_only=True) as store:
        assert [stored.result.to_dict() for stored in store.results()][: len(done)] == done


def read_terminal(master):
    try:
        return os.read(master, 65536)
    except OSError:  # the other end is closed
        return b""


def test_in_a_terminal_the_panel_is_drawn_and_ctrl_c_leaves_it_clean(here, write, toy):
    (here / "slow_toy.py").write_text(SLOW)
    config = write(toy(evaluator="slow_toy:train"))
    command = [sys.executable, "-m", "evonas", "evolve", config, "--run-dir", "run"]
    command += ["--set", "evolution.evaluations=400"]
    master, slave = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "80", "LINES": "24"}
    with subprocess.Popen(
        command, stdin=slave, stdout=slave, stderr=slave, env=environment, start_new_session=True
    ) as process:
        os.close(slave)
        shown, deadline = b"", time.monotonic() + 120
        while b"left" not in shown and time.monotonic() < deadline:
            shown += read_terminal(master)
        process.send_signal(signal.SIGINT)
        while part := read_terminal(master):
            shown += part
    os.close(master)
    text = shown.decode()
    assert process.returncode == 130, text
    for words in ("evonas: toy", "/400", "gone", "best", "failures", "cpu:0", "busy"):
        assert words in text
    assert "go on with: evonas resume run" in text
    assert text.rfind("\x1b[?25h") > text.rfind("\x1b[?25l"), "the cursor is visible again"
    assert "Traceback" not in text
