"""Exports and finals of a real run of Keras networks."""

import json
import math
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest

from evonas.genome import read_genome
from evonas.lineage import LineageStore
from evonas.training.data.digits import DigitsSource

pytestmark = pytest.mark.training

PREDICT = """
import json, sys
import numpy as np
import keras

model = keras.saving.load_model(sys.argv[1])
inputs, targets = (np.load(f"{sys.argv[2]}/validation_{name}.npy") for name in ("inputs", "targets"))
scores = np.asarray(model.predict(inputs, verbose=0))
print(json.dumps({"accuracy": float((scores.argmax(axis=1) == targets).mean()), "parameters": model.count_params()}))
"""


@pytest.fixture(scope="module", autouse=True)
def no_gpu(environment):
    """As the command sets it for its own process, which is this one here."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("CUDA_VISIBLE_DEVICES", "TF_CPP_MIN_LOG_LEVEL"):
            patch.setenv(name, environment[name])
        yield


@pytest.fixture(scope="module")
def exported(keras_run, tmp_path_factory, evonas):
    """The best individual's folder."""
    folder = tmp_path_factory.mktemp("exported") / "winner"
    ran = evonas("export", keras_run, "--to", folder).worked()
    files = ("model.keras", "inputs.json", "genome.yaml", "MODEL_CARD.md")
    assert ran.out.splitlines() == [str(folder / name) for name in files]
    return folder


@pytest.fixture(scope="module")
def best(keras_run):
    with LineageStore.open(keras_run, read_only=True) as store:
        return store.best(1)[0]


def test_the_model_loads_without_evonas_and_scores_as_its_evaluation_did(
    keras_run, exported, best, tmp_path, environment
):
    (tmp_path / "predict.py").write_text(PREDICT)
    command = [sys.executable, tmp_path / "predict.py", exported / "model.keras", keras_run / "data"]
    ended = subprocess.run(
        command, capture_output=True, text=True, check=True, timeout=240, env=environment, cwd=tmp_path
    )
    scores = json.loads(ended.stdout.splitlines()[-1])
    assert scores["accuracy"] == pytest.approx(best.result.result.metrics["accuracy"], abs=1e-6)
    assert scores["parameters"] == best.individual.costs["parameters"]


def test_events_as_they_were_read_become_the_networks_inputs(keras_run, exported):
    inputs = json.loads((exported / "inputs.json").read_text())
    raw = DigitsSource().load(DigitsSource.Options(), None).inputs
    fed = ((raw - np.array(inputs["shift"])) / np.array(inputs["scale"])).astype(np.float32)
    known = {row.tobytes() for row in fed}
    validation = np.load(keras_run / "data" / "validation_inputs.npy")
    assert all(row.tobytes() in known for row in validation)
    assert inputs["class_names"] == [str(digit) for digit in range(10)]
    assert inputs["input_shape"] == list(validation.shape[1:])


def test_the_genome_reads_back_with_its_origin(keras_run, exported, best):
    content = read_genome(exported / "genome.yaml")
    assert content.genome == best.individual.genome
    assert content.genome.id == best.individual.genome.id
    provenance = content.provenance
    with LineageStore.open(keras_run, read_only=True) as store:
        assert provenance["run"] == store.run.id
    assert provenance["individual"] == best.individual.number
    assert provenance["metrics"] == dict(best.result.result.metrics)
    assert {"evonas", "keras", "python"} <= set(provenance["versions"])


def test_the_card_names_figures_and_where_the_network_came_from(exported, best):
    card = (exported / "MODEL_CARD.md").read_text()
    assert f"| accuracy | {best.result.result.metrics['accuracy']:.6g} |" in card
    assert f"| parameters | {best.individual.costs['parameters']:,.0f} |" in card
    assert best.individual.genome.id in card
    assert re.search(r"^- \d+: founder", card, re.MULTILINE)
    assert "keras.saving.load_model" in card


def test_weights_that_were_not_kept(keras_run, evonas, tmp_path):
    """Two of five were kept: of another one there is a genome and a card, and the way to its model is said."""
    kept = {int(file.name.split(".")[0]) for file in (keras_run / "weights").iterdir()}
    with LineageStore.open(keras_run, read_only=True) as store:
        results = [stored.result for stored in store.results() if stored.result.completed]
    pruned = next(result.individual for result in results if result.number not in kept)
    ran = evonas("export", keras_run, pruned, "--to", tmp_path / "there").worked("genome.yaml", "MODEL_CARD.md")
    assert "no model.keras: the weights of individual" in ran.err and "evonas evaluate" in ran.err
    assert {entry.name for entry in (tmp_path / "there").iterdir()} == {"genome.yaml", "MODEL_CARD.md"}


def test_only_the_best_keep_their_weights(keras_run):
    with LineageStore.open(keras_run, read_only=True) as store:
        best = {one.result.result.number for one in store.best(2)}
        artifacts = store.artifacts()
    assert {int(file.name.split(".")[0]) for file in (keras_run / "weights").iterdir()} == best
    assert {artifact.evaluation for artifact in artifacts if artifact.kind == "weights"} == best


def test_damaged_weights(keras_run, best, tmp_path, evonas):
    shutil.copytree(keras_run, tmp_path / "run")
    weights = tmp_path / "run" / best.result.result.artifacts["weights"]
    weights.write_bytes(weights.read_bytes()[:200])
    ran = evonas("export", tmp_path / "run", "--to", tmp_path / "there")
    assert ran.code in (18, 20)
    ran.refused(ran.code, weights.name)


def test_finals_are_printed_with_errors_and_stored(keras_run, best, tmp_path, evonas):
    shutil.copytree(keras_run, tmp_path / "run")
    number = best.individual.number
    ran = evonas("evaluate", f"{tmp_path / 'run'}:{number}", "--seeds", 2, "--to", tmp_path / "kept")
    ran.worked("2/2", "test_accuracy", "+-")
    assert "seed 0: done" in ran.err and "seed 1: done" in ran.err
    with LineageStore.open(tmp_path / "run", read_only=True) as store:
        (event,) = store.events("final")
    assert event.data["individual"] == number and event.data["seeds"] == [0, 1]
    first, second = (result["metrics"]["test_accuracy"] for result in event.data["results"])
    mean, error = event.data["table"]["test_accuracy"]
    assert mean == pytest.approx((first + second) / 2)
    assert error == pytest.approx(abs(first - second) / 2)
    assert list((tmp_path / "kept").rglob("*.weights.h5")), "--to keeps the weights"

    from evonas.config import load_config
    from evonas.export.card import model_card

    config = load_config(tmp_path / "run" / "config.yaml")
    with LineageStore.open(tmp_path / "run", read_only=True) as store:
        card = model_card(store, config, best.individual, best.result.result, has_model=True)
    assert f"| test_accuracy | {mean:.6g} +- {error:.2g} |" in card


def test_a_genome_file_needs_a_configuration(exported, keras_run, evonas):
    evonas("evaluate", exported / "genome.yaml").refused(11, "--config", "which data and training settings?", "example")
    both = (f"{keras_run}:best", exported / "genome.yaml")
    evonas("evaluate", *both).refused(11, "--config", "genome files and several runs do not say")


@pytest.mark.slow
def test_a_genome_file_is_evaluated_with_a_configuration(keras_run, best, exported, tmp_path, evonas):
    genome, config = exported / "genome.yaml", keras_run.parent / "config.yaml"
    ran = evonas("evaluate", genome, "--config", config, "--seeds", 1, "--epochs", 1, "--format", "json").worked()
    (row,) = json.loads(ran.out)
    assert row["genome"] == f"tiny-{best.individual.number}" and row["trained"] == "1/1"
    assert 0 < row["test_accuracy"] < 1 and row["test_accuracy_error"] is None


def test_the_report_is_one_page(keras_run, tmp_path, evonas):
    evonas("report", keras_run, "--to", tmp_path / "page.html").worked(tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert page.lstrip().lower().startswith("<!doctype html>") and page.rstrip().endswith("</html>")
    assert not re.search(r"<(script|img|iframe)[^>]+src=.https?:|<link[^>]+href=.https?:", page)
    assert [entry.name for entry in tmp_path.iterdir()] == ["page.html"]


def test_curves_and_costs_are_in_the_lineage(keras_run):
    with LineageStore.open(keras_run, read_only=True) as store:
        results = [stored.result for stored in store.results()]
        individuals = store.individuals()
    assert all(result.completed and len(result.curve) == 2 for result in results if result.answered_by is None)
    assert all(set(one.costs) == {"parameters", "operations"} for one in individuals)
    assert all(0 < result.metrics["accuracy"] < 1 and math.isfinite(result.metrics["loss"]) for result in results)
