"""Prepared digits, small networks, and a context to evaluate them in."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evonas.config.schema import DataConfig, TrainingConfig
from evonas.genome import Genome
from evonas.training import prepare
from evonas.training.evaluate import settings_for
from evonas.training.metrics import first_scored

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")


@dataclass
class Context:
    """What the evaluation room hands to an evaluator."""

    settings: dict[str, Any]
    run_dir: Path
    device: str = "cpu:0"
    threads: int = 1
    rows: list[dict[str, Any]] = field(default_factory=list)

    def report(self, row: dict[str, Any]) -> None:
        self.rows.append(row)


def small_cnn(*, optimizer=None, **learning):
    """A network of about 400 parameters that learns the digits in a few epochs."""
    genes = {
        "stages": [{"filters": 4, "kernel": 3, "blocks": 1, "activation": "relu", "pooling": "max"}],
        "head": {"pooling": "flatten", "layers": []},
        "learning": {
            "optimizer": optimizer or {"type": "adam", "learning_rate": 0.01},
            "batch_size": 64,
            **learning,
        },
    }
    return Genome(genes, "cnn")


def small_dense(**learning):
    genes = {
        "layers": [{"units": 8, "activation": "tanh"}],
        "learning": {"optimizer": {"type": "adam", "learning_rate": 0.01}, "batch_size": 32, **learning},
    }
    return Genome(genes, "dense")


@pytest.fixture(scope="session")
def digits(tmp_path_factory):
    """A run directory with half of the digits to train on."""
    run_dir = tmp_path_factory.mktemp("digits")
    prepare(DataConfig(fraction=0.5), None, run_dir)
    return run_dir


@pytest.fixture
def context(digits, tmp_path):
    """Make a context over the digits with its own run directory for weights."""

    def make(*metrics, family="cnn", **training):
        (tmp_path / "data").symlink_to(digits / "data")
        made = settings_for(family, DataConfig(), TrainingConfig(**training), metrics, watch=first_scored(metrics))
        return Context(made, tmp_path)

    return make


@pytest.fixture
def regression(tmp_path):
    """A run directory with a regression, y = 100 x0 + x1."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 3)).astype(np.float32)
    np.savez(tmp_path / "a.npz", X=X, y=100 * X[:, 0] + X[:, 1])
    prepare(DataConfig(source="npz", options={"file": "a.npz"}), tmp_path, tmp_path)
    return tmp_path
