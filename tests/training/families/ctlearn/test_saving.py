"""A saved network is loaded by plain Keras, in a process that has never seen evonas."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest

from evonas.training import keras_compat
from evonas.training.ctlearn.tasks import ctlearn_heads
from evonas.training.families import load_family

LOAD = """
import sys, numpy, keras
sys.modules["evonas"] = None  # whoever imports it fails
x = numpy.load("x.npy")
for number in range(int(sys.argv[2])):
    model = keras.saving.load_model(sys.argv[1].format(number))
    answer = model.predict(x, verbose=0)
    numpy.savez(f"answer{number}.npz", **(answer if isinstance(answer, dict) else {"type": answer}))
    print([layer.name for layer in model.layers if layer.name.endswith("_block")], model.layers[-1].name)
"""
COMBINATIONS = [
    {"type": "lstm", "units": 4, "dropout": 0.2},
    {"type": "attention", "units": 4, "heads": 2},
    {"type": "mean"},
]


def test_plain_keras_loads_what_was_saved(small, tmp_path):
    shape = (3, 12, 12, 2)
    family = load_family("ctlearn_cnn_rnn")
    x = np.random.default_rng(0).normal(size=(5, *shape)).astype("float32")
    x[0, 1] = x[2, 0] = x[2, 2] = x[3] = 0.0
    np.save(tmp_path / "x.npy", x)
    pattern = "model{}.keras" if keras_compat.keras_major() >= 3 else "model{}.cpk"
    heads = [ctlearn_heads(["type"])] * 2 + [ctlearn_heads(["type", "energy"])]
    models = []
    for number, (combine, answers) in enumerate(zip(COMBINATIONS, heads, strict=True)):
        genes = small.ctlearn_cnn_rnn(
            combine=combine, normalisation="layer", attention={"type": "dual", "ratio": 2}, features="flatten"
        )
        models.append(family.build(genes, shape, answers))
        models[-1].save(tmp_path / pattern.format(number))
    printed = run(tmp_path, LOAD, pattern, str(len(models)))
    assert printed.splitlines() == ["['CNNRNN_block'] type"] * 2 + ["['CNNRNN_block'] type_softmax"]
    for number, model in enumerate(models):
        expected = model.predict(x, verbose=0)
        expected = expected if isinstance(expected, dict) else {"type": expected}
        with np.load(tmp_path / f"answer{number}.npz") as found:
            assert set(found) == set(expected)
            for head, answer in expected.items():
                np.testing.assert_allclose(found[head], answer, atol=1e-6)


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
def test_ctlearn_gives_the_backbone_a_new_head(small, tmp_path):
    """Its LoadedModel takes the backbone of a saved network, which is how one task's network seeds another's."""
    base = pytest.importorskip("ctlearn.core.model").CTLearnModel
    shape = (3, 12, 12, 2)
    genes = small.ctlearn_cnn_rnn(combine=COMBINATIONS[0])
    model = load_family("ctlearn_cnn_rnn").build(genes, shape, ctlearn_heads(["type"]))
    file = tmp_path / ("model.keras" if keras_compat.keras_major() >= 3 else "model.cpk")
    model.save(file)
    loaded = base.from_name(
        "LoadedModel",
        input_shape=shape,
        tasks=["energy"],
        load_model_from=file,
        overwrite_head=True,
        head_layers={"energy": [5, 1]},
    )
    answer = loaded.model.predict(np.ones((2, *shape), "float32"), verbose=0)
    assert answer["energy"].shape == (2, 1)
    for found, weight in zip(loaded.backbone_model.get_weights(), model.layers[1].get_weights(), strict=True):
        np.testing.assert_array_equal(found, weight)


def run(folder, program, *arguments):
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1", "OMP_NUM_THREADS": "1"}
    ended = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout
