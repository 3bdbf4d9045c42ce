"""Loggers and the run: what they are told, and that a bad one costs nothing."""

import logging
import threading

import pytest

from evonas.errors import DependencyError
from evonas.lineage import LineageStore
from evonas.records import EvaluationResult, EvaluationStatus
from evonas.run import evolve, resume
from evonas.run.logging import Copier, flat_genes, starting
from evonas.testing.births import bear, new_run


class Notebook:
    name = "a notebook"

    def __init__(self, known=(), fail_at=None):
        self.known, self.fail_at = set(known), fail_at
        self.entries, self.threads, self.closed = [], set(), False

    def open(self):
        return self.known

    def log(self, entry):
        self.threads.add(threading.current_thread().name)
        if len(self.entries) == self.fail_at:
            raise OSError("the notebook is full\nof words")
        self.entries.append(entry)

    def close(self):
        self.closed = True


@pytest.fixture
def with_notebook(monkeypatch):
    def use(notebook):
        monkeypatch.setattr(starting, "_loggers", lambda *_: [notebook])
        return notebook

    return use


def test_every_result_is_told_in_a_thread_of_its_own(ask, tmp_path, with_notebook):
    notebook = with_notebook(Notebook())
    outcome = evolve(ask(), tmp_path / "run")
    assert notebook.closed and notebook.threads == {"evonas-a notebook"}
    with LineageStore.open(tmp_path / "run", read_only=True) as store:
        results = store.results()
        assert [entry.result for entry in notebook.entries] == [stored.result for stored in results]
        assert [entry.epochs for entry in notebook.entries] == [stored.total_epochs for stored in results]
    assert [entry.order for entry in notebook.entries] == list(range(1, len(results) + 1))
    assert {entry.result.rung for entry in notebook.entries} == {0, 1}
    own = [one.result.metrics["accuracy"] for one in notebook.entries if one.result.rung == 1 and not one.part]
    assert notebook.entries[-1].best["accuracy"] == max(own)
    assert outcome.finished


def test_a_logger_that_fails_is_dropped_with_one_warning(ask, tmp_path, with_notebook, caplog):
    notebook = with_notebook(Notebook(fail_at=3))
    with caplog.at_level(logging.WARNING, "evonas"):
        outcome = evolve(ask(), tmp_path / "run")
    assert outcome.finished and len(notebook.entries) == 3
    (record,) = caplog.records
    assert "a notebook is not written any more in this session: the notebook is full;" in record.getMessage()
    with LineageStore.open(tmp_path / "run", read_only=True) as store:
        assert store.counts()["completed"] == len(outcome.engine.results)
        (event,) = store.events("logging")
        assert event.data == {"logger": "a notebook", "written": 3}


def test_a_resumed_run_tells_what_is_missing(ask, tmp_path, with_notebook):
    class Impatient(Notebook):
        def log(self, entry):
            super().log(entry)
            if len(self.entries) == 5:
                raise KeyError("gone")

    first = with_notebook(Impatient())
    config = ask()
    evolve(config, tmp_path / "run")
    with LineageStore.open(tmp_path / "run") as store:
        store.set_run_status("interrupted", "as if")
    known = {entry.key for entry in first.entries}
    second = with_notebook(Notebook(known))
    resume(tmp_path / "run")
    keys = [entry.key for entry in second.entries]
    assert not known & set(keys)
    with LineageStore.open(tmp_path / "run", read_only=True) as store:
        assert {*known, *keys} == {f"evaluation-{stored.result.number}" for stored in store.results()}


def test_a_logger_that_hangs_is_left(tmp_path, caplog):
    gate = threading.Event()

    class Slow(Notebook):
        def log(self, entry):
            gate.wait(10)

    individual, request = bear(0)
    with LineageStore.create(tmp_path, new_run(), synchronous="off") as store:
        copier = Copier(Slow(), store, patience=0.01)
        copier.retrained(individual, request.result({"accuracy": 1.0}), 1, 1)
        copier.close()
        assert "nothing was written for 0.01 s" in caplog.text
        gate.set()
        copier._thread.join()


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


def test_a_failure_is_told_too(tmp_path):
    notebook = Notebook()
    individual, _ = bear(0)
    failed = EvaluationResult(0, 0, EvaluationStatus.CRASHED, error="boom", seed=7)
    with LineageStore.create(tmp_path, new_run(), synchronous="off") as store:
        copier = Copier(notebook, store)
        copier.retrained(individual, failed, 1, 1)
        copier.close()
    (entry,) = notebook.entries
    assert (entry.key, entry.part) == ("final-0-seed-7", "final-seed-7")
