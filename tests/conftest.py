"""What tests of the command line share: commands as a person types them, and two small finished runs."""

import contextlib
import io
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import settings

from evonas.cli.main import main
from evonas.documents import format_document
from evonas.testing.toy import toy_space

REPOSITORY = Path(__file__).parents[1]

# An example takes as long as the machine lets it; all else is as it was, on a machine of continuous integration, too.
settings.register_profile("evonas", settings(deadline=None))
settings.load_profile("evonas")


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str

    def refused(self, code, *words):
        """Assert that the command said these words, ended with this code, and showed no traceback."""
        assert self.code == code, (self.code, self.out, self.err)
        assert "Traceback" not in self.out + self.err
        for word in words:
            assert str(word) in self.err, f"{word!r} is not in:\n{self.err}"
        return self

    def worked(self, *words):
        assert self.code == 0, (self.code, self.out, self.err)
        for word in words:
            assert str(word) in self.out, f"{word!r} is not in:\n{self.out}"
        return self


def run_command(*arguments):
    """Run `evonas ARGUMENTS` through its entry point in this process, as saves the imports."""
    out, err = io.StringIO(), io.StringIO()
    argv, path = sys.argv, list(sys.path)
    sys.argv = ["evonas", *map(str, arguments)]
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                main()
                code = 0
            except SystemExit as end:
                code = end.code if isinstance(end.code, int) else int(end.code is not None)
    finally:
        sys.argv, sys.path[:] = argv, path
    return Ran(code, out.getvalue(), err.getvalue())


def run_process(*arguments, cwd=None, timeout=240):
    """Run `evonas ARGUMENTS` in a process of its own."""
    command = [sys.executable, "-m", "evonas", *map(str, arguments)]
    ended = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=timeout, env=quiet_environment())
    return Ran(ended.returncode, ended.stdout, ended.stderr)


def quiet_environment():
    return {**os.environ, "OMP_NUM_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}


def toy_settings(**changes):
    """Return the configuration of a toy run, as it is written in YAML."""
    return {
        "name": "toy",
        "seed": 3,
        "evaluator": "evonas.testing.toy:toy_callable",
        "space": toy_space().to_dict(),
        "evolution": {"evaluations": 14, "epochs": 3, "population": 6, "founders": 6},
        "evaluation": {"devices": ["cpu"], "slots": 1},
    } | changes


def dense_settings(**changes):
    """Return the configuration of a run of tiny dense networks on the digits."""
    return {
        "name": "tiny",
        "seed": 1,
        "model": "dense",
        "starting_points": "none",
        "space": {
            "layers": {"length": [1, 2], "repeat": {"units": {"int": [4, 16]}, "dropout": 0.0}},
            "learning": {"batch_size": 64},
        },
        "evolution": {"evaluations": 4, "epochs": 2, "population": 3, "founders": 3},
        "training": {"metrics": ["cross_entropy"], "keep_weights": 2},
        "evaluation": {"devices": ["cpu"], "slots": 1},
    } | changes


@pytest.fixture(scope="session")
def evonas():
    """The command line, in this process."""
    return run_command


@pytest.fixture(scope="session")
def evonas_process():
    """The command line, in a process of its own."""
    return run_process


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty folder to work in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def write(here):
    """Write configurations into that folder."""

    def write_settings(settings, name="config.yaml"):
        (here / name).write_text(format_document(settings), encoding="utf-8")
        return name

    return write_settings


@pytest.fixture(scope="session")
def toy():
    return toy_settings


@pytest.fixture(scope="session")
def dense():
    return dense_settings


def finished_run(folder, settings):
    config = folder / "config.yaml"
    config.write_text(format_document(settings), encoding="utf-8")
    ran = run_command("evolve", config, "--run-dir", folder / "run").worked()
    return folder / "run", ran


@pytest.fixture(scope="session")
def toy_run_printed(tmp_path_factory):
    """A finished toy run with two objectives, and what its command printed; tests only read it."""
    objectives = ["accuracy", {"metric": "loss", "direction": "min"}]
    settings = toy_settings()
    settings["evolution"] |= {"objectives": objectives}
    return finished_run(tmp_path_factory.mktemp("toy"), settings)


@pytest.fixture(scope="session")
def toy_run(toy_run_printed):
    return toy_run_printed[0]


@pytest.fixture(scope="session")
def keras_run(tmp_path_factory):
    """A finished run of real trainings: `run` the folder, beside it `config.yaml`."""
    return finished_run(tmp_path_factory.mktemp("tiny"), dense_settings())[0]


@pytest.fixture(scope="session")
def environment():
    """The environment for processes of tests: one thread, no GPU, no chatter of TensorFlow."""
    return quiet_environment()
