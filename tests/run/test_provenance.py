"""What a run stores of its data, and ctapipe's own log."""

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from evonas.config import parse_config
from evonas.lineage import Artifact, LineageStore
from evonas.run.assembly import Question
from evonas.run.provenance import LOG, provenance_log, remember_data
from evonas.testing.stores import bear, new_run
from evonas.training.data import DataSummary


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    """A DL1 file as ctapipe writes it."""
    pytest.importorskip("ctapipe")
    from evonas.simulation import simulate

    path = tmp_path_factory.mktemp("dl1") / "gamma.dl1.h5"
    simulate(path, "gamma", 5, 1, camera="small", run=1)
    return path


@pytest.fixture
def question(file, toy, tmp_path):
    settings = {"source": "ctlearn", "options": {"cache": str(tmp_path / "cache")}}
    config = parse_config(toy()).model_copy(update={"data": SimpleNamespace(**settings)})
    facts = {"signal_files": [str(file)], "background_files": [str(tmp_path / "gone.h5")]}
    summary = DataSummary("ctlearn", str(file), (), (2, 2, 1), {"train": 5}, facts=facts, digest="d1")
    return Question(config, None, None, summary, tmp_path)


def test_what_a_file_says_of_itself(file):
    from ctapipe.io.metadata import read_reference_metadata

    from evonas.training.ctlearn.provenance import read_metadata

    told = read_metadata(file)
    expected = read_reference_metadata(file).to_dict()
    for key in ("CTA PRODUCT ID", "CTA ACTIVITY ID", "CTA ACTIVITY NAME", "CTA ACTIVITY SOFTWARE VERSION"):
        assert told[key] == expected[key]
    assert told["CTA ACTIVITY NAME"] == "evonas simulate"


def test_it_is_stored_once(question, file, tmp_path):
    with LineageStore.create(tmp_path / "lineage.sqlite", new_run(), synchronous="off") as store:
        remember_data(store, question)
        remember_data(store, question)
        (event,) = store.events("data")
    signal, background = event.data["files"]
    assert (signal["path"], signal["role"]) == (str(file), "signal")
    assert len(signal["sha256"]) == 64 and signal["metadata"]["CTA ACTIVITY NAME"] == "evonas simulate"
    assert background == {"path": str(tmp_path / "gone.h5"), "role": "background"}, "a file that is gone is named"
    assert event.data["counts"] == {"train": 5}


def test_the_log_is_as_ctapipe_writes_it(question, file, tmp_path):
    from ctapipe.core import Provenance

    with LineageStore.create(tmp_path / "lineage.sqlite", new_run(), synchronous="off") as store:
        remember_data(store, question)
        for number, (individual, request) in enumerate([bear(0)]):
            store.add_individual(individual, request)
            store.add_artifact(Artifact(number, "weights", "weights/0.h5"))
        for status in ("interrupted", "finished"):
            with provenance_log(store, tmp_path):
                store.set_run_status(status, "as asked")
        run = store.run
    stopped, finished = json.loads((tmp_path / LOG).read_text())
    assert (stopped["status"], stopped["exit_code"]) == ("interrupted", 130)
    assert (finished["activity_name"], finished["status"], finished["exit_code"]) == ("evonas", "completed", 0)
    with Provenance().activity("evonas"):
        pass
    own = Provenance().finished_activities[-1].provenance
    assert set(finished) - {"config"} == set(own), "the same keys as a tool of ctapipe writes"
    assert finished["start"]["time_utc"] <= finished["stop"]["time_utc"]
    signal = finished["input"][0]
    assert (signal["url"], signal["role"]) == (str(file), "DL1 signal")
    assert signal["reference_meta"]["CTA ACTIVITY NAME"] == "evonas simulate"
    assert [output["role"] for output in finished["output"]] == ["lineage", "weights"]
    assert finished["config"]["run"] == run.id
    text = (tmp_path / LOG).read_text()
    for private in ("node", "environment", "executable", "arguments"):
        assert f'"{private}"' not in text
    assert not Path(tmp_path / f".{LOG}.tmp").exists()


def test_other_runs_have_no_such_log(tmp_path):
    place = tmp_path / "lineage.sqlite"
    with LineageStore.create(place, new_run(), synchronous="off") as store, provenance_log(store, tmp_path):
        pass
    assert not (tmp_path / LOG).exists()


def test_a_log_that_cannot_be_written_costs_nothing(question, tmp_path, caplog):
    (tmp_path / LOG).write_text("this is no JSON")
    with LineageStore.create(tmp_path / "lineage.sqlite", new_run(), synchronous="off") as store:
        remember_data(store, question)
        with provenance_log(store, tmp_path):
            store.set_run_status("finished")
    assert "provenance.log is not written" in caplog.text
    assert (tmp_path / LOG).read_text() == "this is no JSON"


def test_a_run_of_arrays_stores_their_digest(question, tmp_path):
    summary = DataSummary("digits", "scikit-learn", (), (64,), {"train": 5, "test": 2}, digest="d2")
    with LineageStore.create(tmp_path / "lineage.sqlite", new_run(), synchronous="off") as store:
        remember_data(store, replace(question, data=summary))
        (event,) = store.events("data")
    assert event.message == "7 events of the source digits"
    assert event.data["files"] == [] and event.data["digest"] == "d2"
