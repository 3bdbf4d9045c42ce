"""MLflow, read back from its own store."""

import socket
import time

import pytest

from evonas.lineage import LineageStore
from evonas.run import evolve
from evonas.run.logging import Copier, flat_genes
from evonas.run.logging.mlflow import MlflowLogger
from evonas.testing.births import bear, new_run

pytest.importorskip("mlflow")
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    """A database with MLflow's tables, which take a while to be made."""
    return f"sqlite:///{tmp_path_factory.mktemp('mlflow')}/mlflow.db"


def stored(database):
    from mlflow.tracking import MlflowClient

    client = MlflowClient(tracking_uri=database)
    experiment = client.get_experiment_by_name("toy")
    runs = client.search_runs([experiment.experiment_id], max_results=1000)
    return client, {run.data.tags["evonas.training"]: run for run in runs}


@pytest.mark.timeout(240)
def test_a_whole_run_is_read_back(ask, tmp_path, database):
    evolve(ask(mlflow=database), tmp_path / "run")
    client, runs = stored(database)
    with LineageStore.open(tmp_path / "run", read_only=True) as store:
        assert not store.events("logging")
        results, people, run = store.results(), store.individuals(), store.run
    search = runs.pop("search")
    assert search.info.status == "FINISHED" and search.data.tags["evonas.run"] == run.id
    assert "best_accuracy" in search.data.metrics
    keys = {key for one in runs.values() for key in one.data.tags["evonas.evaluations"].split()}
    assert keys == {f"evaluation-{one.result.number}" for one in results}
    assert len({one.result.individual for one in results if one.repeat}) == sum("repeat" in slot for slot in runs)
    for individual in people:
        told = runs[f"individual-{individual.number}"]
        assert told.data.tags["mlflow.parentRunId"] == search.info.run_id
        assert told.data.tags["evonas.genome"] == individual.genome.id
        assert told.data.params == {name: str(value) for name, value in flat_genes(individual.genome.genes).items()}
        own = [one for one in results if one.result.individual == individual.number and not one.repeat]
        history = client.get_metric_history(told.info.run_id, "accuracy")
        assert {(point.step, point.value) for point in history} >= {
            (one.total_epochs, one.result.metrics["accuracy"]) for one in own
        }
    again = MlflowLogger(database, run)
    assert again.open() == keys, "a resumed run tells nothing twice"


def test_a_server_that_is_gone_costs_one_warning(ask, tmp_path, caplog, monkeypatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "2")
    outcome = evolve(ask(mlflow="http://127.0.0.1:9"), tmp_path / "run")
    assert outcome.finished
    (record,) = [one for one in caplog.records if one.name == "evonas"]
    assert "MLflow is not written any more in this session" in record.getMessage()
    with LineageStore.open(tmp_path / "run", read_only=True) as store:
        assert store.counts()["completed"] == len(outcome.engine.results)
        assert [event.data["logger"] for event in store.events("logging")] == ["MLflow"]


@pytest.mark.timeout(280)
def test_a_folder_of_files_is_written_and_read_back(tmp_path, patient, monkeypatch):
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")  # MLflow 3 asks whether that is meant
    place = f"file://{tmp_path}/mlruns"
    with LineageStore.create(tmp_path / "run", new_run("toy"), synchronous="off") as store:
        copier = patient(MlflowLogger(place, store.run), store)
        for number in range(4):
            individual, request = bear(number)
            copier.retrained(individual, request.result({"accuracy": 0.5 + number / 10}), number + 1, 4)
        copier.close()
        assert not store.events("logging")
        run = store.run
    _, runs = stored(place)
    assert runs.pop("search").info.status == "FINISHED" and len(runs) == 4
    for number in range(4):
        (told,) = (one for slot, one in runs.items() if slot.startswith(f"individual-{number}-"))
        assert told.data.metrics["accuracy"] == pytest.approx(0.5 + number / 10)
        assert told.data.params == {name: str(gene) for name, gene in flat_genes(bear(number)[0].genome.genes).items()}
    assert len(MlflowLogger(place, run).open()) == 4, "a resumed run tells nothing twice"


def test_a_server_that_does_not_answer_holds_nothing_up(tmp_path, caplog):
    """It takes the connection, and then is silent."""
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        LineageStore.create(tmp_path, new_run(), synchronous="off") as store,
    ):
        place = f"http://127.0.0.1:{server.getsockname()[1]}"
        copier = Copier(MlflowLogger(place, store.run), store, patience=1.0, silence=0.2)
        individual, request = bear(0)
        copier.retrained(individual, request.result({"accuracy": 1.0}), 1, 1)
        until = time.monotonic() + 200
        while "MLflow has not answered" not in caplog.text and time.monotonic() < until:
            copier.tick(None, None)
        copier.close()
        assert [event.data for event in store.events("logging")] == [{"logger": "MLflow", "written": 0}]
    assert "MLflow has not answered for 0 s; the search goes on, and 1 results wait" in caplog.text
    assert "MLflow is not written any more in this session: it has not answered for 1 s" in caplog.text
    assert copier._desk._process.returncode is not None, "its process is ended"
