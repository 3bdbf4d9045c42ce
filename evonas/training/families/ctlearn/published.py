"""The genes of published CTLearn networks; the genome files in ``genomes/ctlearn`` say the same.

Sources: ``ctlearn.core.model`` and ``ctlearn.tools.train_model`` of CTLearn 0.10.2 (defaults of their traits); for the
CNN-RNN ``ctlearn/default_models/cnn_rnn.py`` and ``config/v_0_3_0_benchmarks`` of CTLearn 0.4.0.
"""

from __future__ import annotations

from typing import Any

from evonas.training.families.ctlearn.genes import ordinary_head
from evonas.training.families.ctlearn.trunk import ordinary_trunk

__all__ = ["cnn_rnn", "single_cnn", "thin_resnet"]


def single_cnn() -> dict[str, Any]:
    """Return the genes of CTLearn's default ``SingleCNN``, fresh.

    Its attention is left out: with it, CTLearn 0.10.2 itself fails by ``KeyError: 'ratio'``.
    """
    return {**_basic_backbone(), "head": _default_head(), "learning": _default_learning()}


def thin_resnet() -> dict[str, Any]:
    """Return the genes of CTLearn's default ``ResNet``, fresh."""
    return {
        "init": {"type": "none"},
        "init_pool": {"type": "none"},
        "stages": [
            {"filters": 48, "blocks": 2},
            {"filters": 96, "blocks": 3},
            {"filters": 128, "blocks": 3},
            {"filters": 256, "blocks": 3},
        ],
        "block": "bottleneck",
        "activation": "relu",
        "attention": {"type": "dual", "ratio": 16},
        "head": _default_head(),
        "learning": _default_learning(),
    }


def cnn_rnn() -> dict[str, Any]:
    """Return the genes of the CNN-RNN that CTLearn 0.3 to 0.5 had, and that the 2019 study compares with; fresh.

    What differs: its dense layers are linear and have an L2 penalty (0.004), which is not among the genes; the features
    of each telescope pass a dropout of 0.5; its LSTM hands the states after all telescopes to the head, ours the state
    after the last one that is present.
    """
    return {
        **_basic_backbone(),
        "features": "flatten",
        "combine": {"type": "lstm", "units": 2048, "layers": 1, "dropout": 0.5},
        "head": {"layers": [{"units": 1024}, {"units": 512}], "activation": "relu", "dropout": 0.5},
        "learning": {**_default_learning(), "schedule": {"type": "constant"}, "batch_size": 16},
    }


def _basic_backbone() -> dict[str, Any]:
    return ordinary_trunk((32, 32, 64, 128), "none")


def _default_head() -> dict[str, Any]:
    return ordinary_head(512, 256)


def _default_learning() -> dict[str, Any]:
    return {
        "optimizer": {"type": "adam", "learning_rate": 1e-4, "epsilon": 1e-8},
        "schedule": {"type": "plateau", "factor": 0.5, "patience": 5, "min_delta": 0.01, "min_rate": 1e-6},
        "batch_size": 64,
        "label_smoothing": 0.0,
        "clipping": {"type": "none"},
    }
