"""Small genomes of the CTLearn families, and heads to build them with."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

LEARNING = {"optimizer": {"type": "adam", "learning_rate": 1e-3, "epsilon": 1e-8}, "batch_size": 8}
HEAD = {"layers": [{"units": 6}, {"units": 5}], "activation": "ctlearn", "dropout": 0.0}


def cnn(**changes: Any) -> dict[str, Any]:
    layers = [{"filters": 4, "kernel": 3, "number": 2}, {"filters": 6, "kernel": 5, "number": 1}]
    return {"layers": layers, "head": HEAD, "learning": LEARNING, **changes}


def resnet(**changes: Any) -> dict[str, Any]:
    stages = [{"filters": 4, "blocks": 2}, {"filters": 6, "blocks": 1}]
    return {"stages": stages, "block": "basic", "head": HEAD, "learning": LEARNING, **changes}


def stereo(**changes: Any) -> dict[str, Any]:
    return {**cnn(), "combine": {"type": "mean"}, **changes}


@pytest.fixture(scope="session")
def small() -> SimpleNamespace:
    """Functions that return the genes of small networks, with changes."""
    return SimpleNamespace(ctlearn_cnn=cnn, ctlearn_resnet=resnet, ctlearn_cnn_rnn=stereo)
