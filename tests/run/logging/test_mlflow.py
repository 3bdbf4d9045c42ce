"""MLflow, read back from its own store."""

import pytest

from evonas.lineage import LineageStore
from evonas.run import evolve
from evonas.run.logging import flat_genes
from evonas.run.logging.mlflow import MlflowLogger

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
