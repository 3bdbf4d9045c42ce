"""Winners handed over to CTLearn: its own commands train and predict with them, in processes without evonas."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import yaml

from evonas.config import load_config
from evonas.documents import format_document
from evonas.lineage import LineageStore
from evonas.run import training_settings

pytest.importorskip("ctlearn")

pytestmark = [
    pytest.mark.training,
    pytest.mark.timeout(600),
    pytest.mark.filterwarnings("ignore:In merged column"),  # astropy, joining tables of ctapipe
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # of ctapipe and what it imports
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]

BATCH = 16  # leaves an incomplete last batch
LAYER = {"filters": {"int": [4, 6]}, "kernel": 3, "number": 1}
HEAD = {"layers": {"length": [1, 1], "repeat": {"units": 8}}, "dropout": 0.0}
RUN = {
    "baseline": "none",
    "evolution": {"evaluations": 1, "epochs": 1, "population": 2, "founders": 1, "objectives": ["auc"]},
    "training": {"class_weights": "balanced"},
    "evaluation": {"devices": ["cpu"], "slots": 1},
}
MONO = {
    "name": "mono",
    "model": "ctlearn_cnn",
    "space": {
        "layers": {"length": [1, 1], "repeat": LAYER},
        "activation": "relu",
        "normalisation": "none",
        "dropout": 0.0,
        "attention": {"only": ["none"]},
        "head": {**HEAD, "activation": "ctlearn"},
        "learning": {"batch_size": BATCH, "schedule": {"only": ["plateau"]}, "optimizer": {"only": ["adam"]}},
    },
}
STEREO = {
    "name": "stereo",
    "model": "ctlearn_cnn_rnn",
    "space": {
        "layers": {"length": [1, 1], "repeat": LAYER},
        "activation": "elu",
        "combine": {"only": ["gru"], "select": {"gru": {"units": 6, "layers": 1}}},
        "head": HEAD,
        "learning": {"batch_size": BATCH, "schedule": {"only": ["cosine"]}, "optimizer": {"only": ["adamw"]}},
    },
}


@dataclass(frozen=True)
class HandedOver:
    """A run, its export, and the file of gammas to predict."""

    run: Path
    folder: Path
    gammas: Path
    environment: dict[str, str]

    def command(self, *arguments):
        """Run a command of CTLearn in a process that fails if it imports evonas."""
        ended = subprocess.run(
            [str(argument) for argument in arguments],
            capture_output=True,
            text=True,
            timeout=280,
            env=self.environment,
            cwd=self.folder.parent,
        )
        assert ended.returncode == 0, ended.stdout[-2000:] + ended.stderr[-4000:]

    def train(self, name):
        """Run `ctlearn-train-model` on one of the configurations as it is; return the folder that it writes."""
        out = self.folder.parent / f"trained_by_{name}"
        self.command("ctlearn-train-model", "--config", self.folder / name, "--output", out)
        return out

    def predict(self):
        """Run `predict.sh`; return the DL2 file."""
        out = self.folder.parent / "gammas.dl2.h5"
        options = (f"--PredictCTLearnModel.batch_size={BATCH}", "--PredictCTLearnModel.keras_verbose=0")
        self.command("sh", self.folder / "predict.sh", self.gammas, out, *options)
        return out

    def answers(self):
        """Return what evonas answers about all events of the run's parts, and their columns."""
        from evonas.training.retrain import answer, rebuild

        with LineageStore.open(self.run, read_only=True) as store:
            best = store.best(1)[0]
        weights = Path(best.result.result.artifacts["weights"])
        settings = training_settings(load_config(self.run / "config.yaml"))
        model = rebuild(best.individual.genome, settings, self.run, weights)
        scored = [answer(model, self.run / "data", part) for part in ("train", "validation", "test")]
        names = scored[0].answers
        answers = {name: np.concatenate([one.answers[name] for one in scored]) for name in names}
        return answers, {name: np.concatenate([one.events[name] for one in scored]) for name in scored[0].events}


def hand_over(tmp_path_factory, evonas, environment, settings, signal, background, **options):
    base = tmp_path_factory.mktemp(settings["name"])
    data = {"signal": [str(file) for file in signal], "background": [str(file) for file in background], **options}
    data["cache"] = str(base / "cache")
    (base / "config.yaml").write_text(
        format_document({**RUN, **settings, "data": {"source": "ctlearn", "options": data}}), encoding="utf-8"
    )
    evonas("evolve", base / "config.yaml", "--run-dir", base / "run").worked()
    evonas("export", base / "run", "--format", "ctlearn", "--to", base / "export").worked(base / "export" / "README.md")
    (base / "without" / "evonas").mkdir(parents=True)
    (base / "without" / "evonas" / "__init__.py").write_text("raise ImportError('evonas is not to be needed')\n")
    commands = os.pathsep.join((str(Path(sys.executable).parent), environment["PATH"]))
    own = {**environment, "PYTHONPATH": str(base / "without"), "PATH": commands}
    return HandedOver(base / "run", base / "export", signal[0], own)


@pytest.fixture(scope="module")
def mono(tmp_path_factory, evonas, environment):
    """Type and energy from single images; the gammas lie in two folders."""
    from evonas.simulation import simulate

    files = tmp_path_factory.mktemp("dl1")
    for run, particle, folder in ((1, "gamma", "a"), (2, "gamma", "b"), (11, "proton", "c")):
        simulate(files / folder / f"{particle}.dl1.h5", particle, 90, run, camera="small", run=run)
    signal, background = [files / "a" / "gamma.dl1.h5", files / "b" / "gamma.dl1.h5"], [files / "c" / "proton.dl1.h5"]
    tasks = ["type", "energy"]
    return hand_over(tmp_path_factory, evonas, environment, MONO, signal, background, tasks=tasks)


@pytest.fixture(scope="module")
def stereo(tmp_path_factory, evonas, environment):
    """Type from the images of up to four telescopes."""
    from evonas.simulation import simulate

    files = tmp_path_factory.mktemp("dl1")
    for run, particle in ((1, "gamma"), (11, "proton")):
        simulate(files / f"{particle}.dl1.h5", particle, 50, run, camera="small", telescopes=4, run=run)
    signal, background = [files / "gamma.dl1.h5"], [files / "proton.dl1.h5"]
    return hand_over(tmp_path_factory, evonas, environment, STEREO, signal, background, mode="stereo", min_telescopes=2)


def predictions(file, table, column):
    """Return a column of a DL2 table by (obs_id, event_id, tel_id), telescope 0 for a whole event."""
    import tables

    with tables.open_file(str(file)) as opened:
        rows = opened.get_node(f"/dl2/event/{table}").read()
    telescopes = rows["tel_id"] if "tel_id" in rows.dtype.names else np.zeros(len(rows), int)
    found = zip(rows["obs_id"].tolist(), rows["event_id"].tolist(), telescopes.tolist(), rows[column], strict=True)
    return {(obs, event, tel): value for obs, event, tel, value in found if np.isfinite(value)}


def place(level, task, column):
    """Return where this CTLearn writes a task's predictions: the table and its column."""
    from ctlearn.tools.predict_model import PredictCTLearnModel

    newer = hasattr(PredictCTLearnModel, "prefixes")
    prefix = PredictCTLearnModel.prefixes.default()[task] if newer else "CTLearn"
    group = {"type": "particle_type" if newer else "classification"}.get(task, task)
    if level == "subarray":
        return f"subarray/{group}/{prefix}", f"{prefix}_{column}"
    return f"telescope/{group}/{prefix}/tel_001", f"{prefix}_tel_{column}"


def compare(stored, own, events, count):
    """Assert that each stored prediction is evonas's answer about the same event."""
    telescopes = events.get("tel_id", np.zeros(len(own), int))
    ids = zip(events["obs_id"].tolist(), events["event_id"].tolist(), telescopes.tolist(), strict=True)
    answers = dict(zip(ids, own.tolist(), strict=True))
    assert len(answers) == len(own)
    assert len(stored) >= count, "the tool left events out"
    assert stored.keys() <= answers.keys(), "the tool predicts events that the run never saw"
    worst = max(abs(value - answers[event]) for event, value in stored.items())
    assert worst < 1e-5, worst
    assert np.std(list(stored.values())) > 1e-4, "a network that says the same of everything proves nothing"


def column_of_background():
    """Return whether this CTLearn stores the probability of class 0 as its prediction, as 0.10.2 does."""
    import inspect

    from ctlearn.tools.predict_model import PredictCTLearnModel

    tool = PredictCTLearnModel
    predict = getattr(tool, "_predict_classification", None) or tool._predict_particletype
    return '["type"].T[0]' in inspect.getsource(predict)


def trained_weights(folder):
    """Return the weights' shapes of the model that `ctlearn-train-model` wrote."""
    import keras

    (file,) = [path for path in folder.iterdir() if path.suffix in (".keras", ".cpk")]
    return [weight.shape for weight in keras.saving.load_model(file, compile=False).get_weights()]


def epochs(folder):
    with (folder / "training_log.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert all(np.isfinite(float(row["val_loss"])) for row in rows)
    return len(rows)


def untrained_weights(handed, tasks):
    """Return the shapes of the weights of the individual's network for some tasks."""
    from evonas.training.data import read_summary
    from evonas.training.families import load_family

    with LineageStore.open(handed.run, read_only=True) as store:
        genome = store.best(1)[0].individual.genome
    summary = read_summary(handed.run / "data")
    heads = [head for head in summary.heads if head.name in tasks]
    model = load_family(genome.family).build(genome, summary.input_shape, heads)
    return [weight.shape for weight in model.get_weights()]


def test_ctlearn_scores_single_images_as_evonas_does(mono):
    answers, events = mono.answers()
    file = mono.predict()
    stored = predictions(file, *place("telescope", "type", "prediction"))
    in_file = int((events["obs_id"] == 1).sum())
    compare(stored, answers["type"][:, 0 if column_of_background() else 1], events, in_file)
    energy = predictions(file, *place("telescope", "energy", "energy"))
    compare({event: np.log10(value) for event, value in energy.items()}, answers["energy"][:, 0], events, in_file)


def test_ctlearn_trains_its_own_class_for_one_of_several_tasks(mono):
    """With gammas alone: CTLearn's class weights fail for regressions."""
    settings = yaml.safe_load((mono.folder / "train_energy.yaml").read_text())
    assert settings["TrainCTLearnModel"]["model_type"] == "SingleCNN"
    assert "input_dir_background" not in settings["TrainCTLearnModel"]
    out = mono.train("train_energy.yaml")
    assert epochs(out) == 1
    assert trained_weights(out) == untrained_weights(mono, ["energy"])


def test_events_in_several_folders_are_linked(mono):
    settings = yaml.safe_load((mono.folder / "train_type.yaml").read_text())["TrainCTLearnModel"]
    folder = Path(settings["input_dir_signal"])
    found = sorted(path for pattern in settings["file_pattern_signal"] for path in folder.glob(pattern))
    assert [path.resolve().parent.name for path in found] == ["b", "a"]  # 001_gamma sorts before gamma
    assert all(path.is_symlink() for path in found)
    assert Path(settings["input_dir_background"]).name == "c"
    assert "links" in (mono.folder / "README.md").read_text()


def test_ctlearn_scores_stereo_events_as_evonas_does(stereo):
    answers, events = stereo.answers()
    stored = predictions(stereo.predict(), *place("subarray", "type", "prediction"))
    own = answers["type"][:, 0 if column_of_background() else 1]
    assert events["multiplicity"].min() < 4 <= events["multiplicity"].max()
    stereo_events = {name: values for name, values in events.items() if name != "tel_id"}
    compare(stored, own, stereo_events, int((events["obs_id"] == 1).sum()))


def test_ctlearn_trains_a_network_that_none_of_its_classes_builds(stereo):
    """From a file with fresh weights, without evonas; what CTLearn cannot do is said."""
    settings = yaml.safe_load((stereo.folder / "train.yaml").read_text())
    assert settings["TrainCTLearnModel"]["model_type"] == "LoadedModel"
    out = stereo.train("train.yaml")
    assert epochs(out) == 1
    assert trained_weights(out) == untrained_weights(stereo, ["type"])
    text = (stereo.folder / "README.md").read_text()
    assert "AdamW" in text and "`cosine`" in text
    script = (stereo.folder / "train.py").read_text()
    assert "EvonasCNNRNN" in script
    compile(script, "train.py", "exec")


def test_without_weights_there_is_still_a_configuration(mono, tmp_path):
    from evonas.export import export_ctlearn
    from evonas.run import RunDirectory

    with LineageStore.open(mono.run, read_only=True) as store:
        best = store.best(1)[0]
        weights = mono.run / best.result.result.artifacts["weights"]
        hidden = weights.rename(weights.with_suffix(".hidden"))
        try:
            exported = export_ctlearn(RunDirectory.open(mono.run), store, best.individual.number, tmp_path / "there")
        finally:
            hidden.rename(weights)
    assert "weights" in exported.note and "evonas evaluate" in exported.note
    names = {path.name for path in (tmp_path / "there").iterdir()}
    assert {"train_type.yaml", "train_energy.yaml", "predict.yaml", "genome.yaml", "README.md"} <= names
    assert not {name for name in names if "model." in name or name == "predict.sh"}
    assert "no trained model" in (tmp_path / "there" / "README.md").read_text()
