"""Networks of any family, in the form that CTLearn's tools load."""

from __future__ import annotations

import numpy as np
import pytest

from evonas.training.ctlearn.handover import ctlearn_form, save_for_ctlearn
from evonas.training.ctlearn.tasks import ctlearn_heads
from evonas.training.data import Standardisation
from evonas.training.families import load_family

pytestmark = [
    pytest.mark.training,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # of TensorFlow, when Keras 2 saves or loads
]

LEARNING = {"optimizer": {"type": "adam", "learning_rate": 1e-3}, "batch_size": 64}
CNN = {
    "layers": [{"filters": 4, "kernel": 3}],
    "head": {"layers": [{"units": 4}], "dropout": 0.1},
    "learning": LEARNING,
}
NETWORKS = {
    "ctlearn_cnn": (CNN, (12, 12, 2)),
    "ctlearn_cnn_rnn": ({**CNN, "combine": {"type": "gru", "units": 5}}, (3, 12, 12, 2)),
    "dense": ({"layers": [{"units": 5, "activation": "relu"}], "learning": LEARNING}, (12, 12, 2)),
}
SCALES = Standardisation((1.0, -2.0), (2.0, 3.0))


def built(family, tasks):
    genome, shape = NETWORKS[family]
    heads = ctlearn_heads(tasks)
    inputs = np.random.default_rng(0).normal(size=(7, *shape)).astype(np.float32) * 5
    inputs[:2, 0] = 0
    return load_family(family).build(genome, shape, heads), heads, inputs


def answers(model, inputs):
    found = model(inputs, training=False)
    return {name: np.asarray(value) for name, value in (found if isinstance(found, dict) else {"": found}).items()}


@pytest.mark.parametrize("family", NETWORKS)
@pytest.mark.parametrize("standardisation", [None, SCALES])
def test_a_network_of_several_tasks_becomes_one_model_a_task(family, standardisation):
    model, heads, inputs = built(family, ["type", "energy", "skydirection"])
    whole = answers(model, inputs)
    raw = inputs if standardisation is None else inputs * np.float32(SCALES.scale) + np.float32(SCALES.shift)
    for head in heads:
        alone = ctlearn_form(model, heads, [head], standardisation)
        found = answers(alone, raw)
        assert list(found) == ["" if head.name == "type" else head.name]
        np.testing.assert_allclose(next(iter(found.values())), whole[head.name], atol=1e-5)
        names = [layer.name for layer in alone.layers]
        assert names[0] == "input" and names[1].endswith("_block")
        assert names[-1] == head.name, "ctlearn-predict-* takes the last layer's name for the task"


def test_regressions_stay_together():
    model, heads, inputs = built("ctlearn_cnn", ["energy", "skydirection"])
    both = answers(ctlearn_form(model, heads, heads), inputs)
    for name, found in answers(model, inputs).items():
        np.testing.assert_allclose(both[name], found, atol=1e-6)


@pytest.mark.parametrize("family", ["ctlearn_cnn_rnn", "dense"])
def test_files_load_with_keras_alone(family, tmp_path):
    import keras

    model, heads, inputs = built(family, ["type"])
    file = save_for_ctlearn(ctlearn_form(model, heads, heads, SCALES), tmp_path, "type_model")
    assert file.name == ("type_model.keras" if keras.__version__.startswith("3") else "type_model.cpk")
    assert [path.name for path in tmp_path.iterdir()] == [file.name], "nothing is left behind"
    loaded = keras.saving.load_model(file)
    raw = inputs * np.float32(SCALES.scale) + np.float32(SCALES.shift)
    np.testing.assert_allclose(answers(loaded, raw)[""], answers(model, inputs)[""], atol=1e-5)


def test_a_file_takes_the_place_of_an_earlier_one(tmp_path):
    model, heads, _ = built("dense", ["type"])
    for _ in range(2):
        file = save_for_ctlearn(ctlearn_form(model, heads, heads), tmp_path, "type_model")
    assert [path.name for path in tmp_path.iterdir()] == [file.name]
