"""Loggers and the run: what they are told, and that a bad one costs nothing."""

import logging
import os
import pickle
import time
from contextlib import suppress
from dataclasses import replace
from itertools import accumulate
from pathlib import Path

import pytest

from evonas.config import EvolutionConfig, SearchConfig
from evonas.errors import DependencyError
from evonas.evolution import Engine
from evonas.lineage import LineageStore
from evonas.records import EvaluationResult, EvaluationStatus
from evonas.run import evolve, resume
from evonas.run.logging import Copier, flat_genes, starting
from evonas.testing.births import bear, new_run
from evonas.testing.toy import toy_evaluate, toy_space


class Notebook:
    """A logger that writes into a file, from whichever process it is used in."""

    name = "a notebook"

    def __init__(self, file, known=(), fail_at=None, gate=None):
        self.file, self.known, self.fail_at, self.gate = Path(file), set(known), fail_at, gate
        self.written = 0

    def open(self):
        print("words of a library, which are no answer")  # noqa: T201 - that is what it is about
        return self.known

    def log(self, entry):
        while self.gate is not None and not self.gate.exists():
            time.sleep(0.01)
        if self.written == self.fail_at:
            raise OSError("the notebook is full\nof words")
        self.written += 1
        self._write(entry)

    def close(self):
        self._write("closed")

    def _write(self, what):
        with self.file.open("ab") as file:
            pickle.dump((os.getpid(), what), file)


def read(notebook):
    """Return the processes that wrote, the entries, and whether the end was written."""
    found = []
    with notebook.file.open("rb") as file, suppress(EOFError):
        while True:
            found.append(pickle.load(file))
    entries = [what for _, what in found if what != "closed"]
    return {process for process, _ in found}, entries, len(entries) < len(found)


@pytest.fixture
def notebook(tmp_path):
    return Notebook(tmp_path / "notebook")


@pytest.fixture
def with_notebook(monkeypatch):
    def use(notebook):
        monkeypatch.setattr(starting, "_loggers", lambda *_: [notebook])
        return notebook

    return use


@pytest.fixture
def store(tmp_path):
    with LineageStore.create(tmp_path / "alone", new_run(), synchronous="off") as store:
        yield store


def engine_of(amount):
    """Return an engine that was told so many results."""
    config = EvolutionConfig(evaluations=amount, objectives=["accuracy"], population=6)
    engine = Engine(toy_space(), config, seed=1, search=SearchConfig(surrogate=False, rungs="none", repeats="none"))
    for _ in range(amount):
        request = engine.ask()
        engine.tell(request.result(toy_evaluate(request.genome, 3, request.seed)))
    return engine


def test_every_result_is_told_in_a_process_of_its_own(ask, tmp_path, notebook, with_notebook):
    with_notebook(notebook)
    outcome = evolve(ask(), tmp_path / "run")
    processes, entries, closed = read(notebook)
    assert closed and len(processes) == 1 and os.getpid() not in processes
    with LineageStore.open(tmp_path / "run", read_only=True) as store:
        results = store.results()
        assert [entry.result for entry in entries] == [stored.result for stored in results]
        assert [entry.epochs for entry in entries] == [stored.total_epochs for stored in results]
    assert [entry.order for entry in entries] == list(range(1, len(results) + 1))
    assert {entry.result.rung for entry in entries} == {0, 1}
    own = [one.result.metrics["accuracy"] for one in entries if one.result.rung == 1 and not one.part]
    assert entries[-1].best["accuracy"] == max(own)
    assert outcome.finished


def test_a_logger_that_fails_is_dropped_with_one_warning(ask, tmp_path, with_notebook, caplog):
    notebook = with_notebook(Notebook(tmp_path / "notebook", fail_at=3))
    with caplog.at_level(logging.WARNING, "evonas"):
        outcome = evolve(ask(), tmp_path / "run")
    assert outcome.finished and len(read(notebook)[1]) == 3
    (record,) = [one for one in caplog.records if "not written" in one.getMessage()]
    assert "a notebook is not written any more in this session: the notebook is full;" in record.getMessage()
    with LineageStore.open(tmp_path / "run", read_only=True) as store:
        assert store.counts()["completed"] == len(outcome.engine.results)
        (event,) = store.events("logging")
        assert event.data == {"logger": "a notebook", "written": 3}


def test_a_resumed_run_tells_what_is_missing(ask, tmp_path, with_notebook):
    first = with_notebook(Notebook(tmp_path / "first", fail_at=5))
    evolve(ask(), tmp_path / "run")
    with LineageStore.open(tmp_path / "run") as store:
        store.set_run_status("interrupted", "as if")
    known = {entry.key for entry in read(first)[1]}
    second = with_notebook(Notebook(tmp_path / "second", known))
    resume(tmp_path / "run")
    keys = [entry.key for entry in read(second)[1]]
    assert len(known) == 5 and not known & set(keys)
    with LineageStore.open(tmp_path / "run", read_only=True) as store:
        assert {*known, *keys} == {f"evaluation-{stored.result.number}" for stored in store.results()}


def test_what_the_queue_has_no_room_for_is_told_at_the_end(tmp_path, store, patient):
    gate, engine = tmp_path / "gate", engine_of(40)
    notebook = Notebook(tmp_path / "notebook", gate=gate)
    copier = patient(notebook, store, room=3)
    copier.catch_up(engine)
    for number, seed in enumerate((7, 8)):
        individual, request = bear(number)
        copier.retrained(individual, replace(request.result({"accuracy": 1.0}), seed=seed), number + 1, 2)
    assert copier.waiting >= 38 and copier._queue.qsize() <= 3, "the search does not wait"
    gate.touch()
    copier.close()
    entries = read(notebook)[1]
    assert [entry.order for entry in entries] == [*range(1, 41), 0, 0] and copier.waiting == 0
    assert [entry.best["accuracy"] for entry in entries[:40]] == list(
        accumulate((result.metrics["accuracy"] for result in engine.results), max)
    )


def test_silence_is_said_once_while_the_search_goes_on(tmp_path, store, caplog, patient):
    gate, engine = tmp_path / "gate", engine_of(5)
    copier = patient(Notebook(tmp_path / "notebook", gate=gate), store, silence=0.05)
    copier.catch_up(engine)
    until = time.monotonic() + 250
    while "has not answered" not in caplog.text and time.monotonic() < until:
        copier.tick(engine, None)
    copier.tick(engine, None)
    gate.touch()
    copier.close()
    said = [one.getMessage() for one in caplog.records if "has not answered" in one.getMessage()]
    assert len(said) == 1 and "the search goes on" in said[0] and "results wait to be copied" in said[0]
    assert len(read(Notebook(tmp_path / "notebook"))[1]) == 5


def test_a_logger_that_hangs_is_left(tmp_path, store, caplog):
    copier = Copier(Notebook(tmp_path / "notebook", gate=tmp_path / "never"), store, patience=0.5)
    individual, request = bear(0)
    copier.retrained(individual, request.result({"accuracy": 1.0}), 1, 1)
    copier.close()
    assert "it has not answered for 0.5 s" in caplog.text
    assert not copier._thread.is_alive() and copier._desk._process.returncode is not None, "nothing is left behind"
    assert [event.data["written"] for event in store.events("logging")] == [0]


def test_a_process_that_is_killed_costs_one_warning(tmp_path, store, caplog):
    copier = Copier(Notebook(tmp_path / "notebook", gate=tmp_path / "never"), store)
    copier.catch_up(engine_of(3))
    until = time.monotonic() + 250
    while copier._desk is None and time.monotonic() < until:
        time.sleep(0.01)
    copier._desk._process.kill()
    copier.close()
    assert "a notebook is not written any more in this session: its process is gone" in caplog.text


def test_a_package_that_is_missing(ask, tmp_path, monkeypatch):
    monkeypatch.setattr(starting, "find_spec", lambda name: None)
    for key, value in (("tensorboard", True), ("mlflow", "sqlite:///x.db")):
        with pytest.raises(DependencyError) as caught:
            evolve(ask(**{key: value}), tmp_path / "run")
        assert caught.value.key == f"logging.{key}" and "evonas[logging]" in caught.value.hint
        assert not (tmp_path / "run").exists(), "a run that could not start leaves nothing behind"


def test_genes_as_hyperparameters():
    genes = {"layers": [{"units": 8, "act": "relu"}, {"units": 4, "act": None}], "on": True, "rate": 0.1, "none": []}
    assert flat_genes(genes) == {
        "layers.length": 2,
        "layers.0.units": 8,
        "layers.0.act": "relu",
        "layers.1.units": 4,
        "layers.1.act": "none",
        "on": True,
        "rate": 0.1,
        "none.length": 0,
    }


def test_a_failure_is_told_too(notebook, store, patient):
    individual, _ = bear(0)
    failed = EvaluationResult(0, 0, EvaluationStatus.CRASHED, error="boom", seed=7)
    copier = patient(notebook, store)
    copier.retrained(individual, failed, 1, 1)
    copier.close()
    (entry,) = read(notebook)[1]
    assert (entry.key, entry.part) == ("final-0-seed-7", "final-seed-7")
