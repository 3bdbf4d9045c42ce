"""A tiny study of dense networks on the digits, stopped twice and gone on with, and what it said each time.

Everything is real but the training: a stand-in answers for it in microseconds, in worker processes of their own.
"""

import os
import signal
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from evonas.documents import format_document
from evonas.evaluation import EvaluatorSpec
from evonas.genome import Genome
from evonas.run import Listener, Question
from evonas.study import read_study, run_study
from evonas.training.families.cnn import CnnFamily
from evonas.training.families.dense import DenseFamily

STAND_IN = '''
"""Stands in for a training: figures that depend on the size of the network and on the seed."""

from random import Random


def train(genome, budget):
    size = genome["layers"][0]["units"] if "layers" in genome else genome["stages"][0]["filters"]
    noise = Random(f"{genome.id} {budget.seed}").gauss(0, 0.01)
    accuracy = 1 - 1 / (size + budget.epochs) + noise
    return {"accuracy": accuracy, "loss": 1 - accuracy, "test_accuracy": accuracy - 0.01}
'''
LEARNING = {"optimizer": {"type": "adam", "learning_rate": 1e-3}, "batch_size": 64}
BASELINE = {"layers": [{"units": 8, "activation": "relu", "normalisation": "none", "dropout": 0.0}]}


def base(**changes):
    return {
        "name": "tiny",
        "model": "dense",
        "space": {
            "layers": {"length": [1, 2], "repeat": {"units": {"int": [4, 16]}, "dropout": 0.0}},
            "learning": {"batch_size": 64},
        },
        "evolution": {"evaluations": 3, "epochs": 1, "population": 3, "founders": 3},
        "training": {"keep_weights": 0},
        "evaluation": {"devices": ["cpu"], "slots": 2, "threads": 1},
    } | changes


def write(folder, **changes):
    """Write a study and its configurations into a folder; return the study's file."""
    study = {
        "config": "base.yaml",
        "telescopes": {"small": {"data.fraction": 0.5}, "large": {"data": {"fraction": 0.8}}},
        "seeds": [0, 1],
        "finals": {"seeds": 2, "epochs": 2},
        "transfer": {"config": "stereo.yaml", "seeds": 1, "epochs": 1},
    }
    (folder / "base.yaml").write_text(format_document(base()), encoding="utf-8")
    (folder / "stereo.yaml").write_text(format_document(base(model="cnn", space={})), encoding="utf-8")
    (folder / "study.yaml").write_text(format_document({**study, **changes}), encoding="utf-8")
    return folder / "study.yaml"


def baselines(family):
    return {"tiny-net": {**BASELINE, "learning": LEARNING}}


def adopt(family, genome):
    """Turn a dense network into a convolutional one with as many filters as its first layer has units."""
    stage = {"filters": genome["layers"][0]["units"], "kernel": 3, "blocks": 1, "activation": "relu", "pooling": "max"}
    genes = {"stages": [stage], "head": {"pooling": "average", "layers": []}, "learning": LEARNING}
    return Genome(genes, "cnn")


@contextmanager
def stand_in(folder):
    """Let networks be trained by the stand-in, and the families know a baseline and how to adopt each other's."""
    (folder / "stand_in.py").write_text(STAND_IN, encoding="utf-8")
    spec = EvaluatorSpec("stand_in:train", kind="callable", path=(str(folder),))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Question, "evaluator", lambda question, purpose="search": spec)
        patch.setattr(DenseFamily, "baselines", baselines, raising=False)
        patch.setattr(CnnFamily, "adopt", adopt, raising=False)
        yield


@dataclass
class Told:
    """What was said in one session, and how it ended."""

    lines: list
    outcome: object

    @property
    def trainings(self):
        return [line for line in self.lines if ": done" in line]


@contextmanager
def quiet(config):
    yield Listener()


class Impatient(Listener):
    """Presses Ctrl-C after the first evaluation, once: two may be under way then, and the third was not begun."""

    pressed = False

    def told(self, engine, result):
        if len(engine.results) == 1 and not self.pressed:
            self.pressed = True
            os.kill(os.getpid(), signal.SIGINT)


@contextmanager
def impatient(config):
    yield Impatient() if config.name == "small-seed1" else Listener()


def session(file, folder, view=quiet, stop_at=None):
    lines = []

    def say(line):
        lines.append(line)
        if stop_at is not None and ": done" in line and sum(": done" in one for one in lines) == stop_at:
            raise KeyboardInterrupt

    try:
        outcome = run_study(read_study(file), folder, view=view, say=say)
    except KeyboardInterrupt:
        outcome = None
    return Told(lines, outcome)


@pytest.fixture(scope="session")
def sessions(tmp_path_factory):
    """Four sessions of one study: Ctrl-C in a search, Ctrl-C in the retrainings, to the end, and once more."""
    folder = tmp_path_factory.mktemp("study")
    file = write(folder)
    with stand_in(folder):
        where = folder / "out"
        return [
            session(file, where, impatient),
            session(file, where, stop_at=3),
            session(file, where),
            session(file, where),
        ]


@pytest.fixture(scope="session")
def finished(sessions):
    return sessions[2].outcome


@pytest.fixture(scope="session")
def base_settings():
    """The configuration that the study repeats."""
    return base


@pytest.fixture(scope="session")
def study_file():
    """Write a study and its configurations into a folder."""
    return write


@pytest.fixture(scope="session")
def quiet_view():
    """Nobody looks on."""
    return quiet


@pytest.fixture
def stand_in_trainings(tmp_path, monkeypatch):
    """Trainings by the stand-in; no family knows a baseline."""
    (tmp_path / "stand_in.py").write_text(STAND_IN, encoding="utf-8")
    spec = EvaluatorSpec("stand_in:train", kind="callable", path=(str(tmp_path),))
    monkeypatch.setattr(Question, "evaluator", lambda question, purpose="search": spec)
