"""Costs from the genome alone are exactly those of the Keras model, over random genomes of the default spaces."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from evonas.errors import GenomeError
from evonas.space import Space
from evonas.training.families import load_family, model_costs
from evonas.training.heads import classifier, regressor

INPUTS = {"dense": [(45,), (8, 8), (3, 2, 2, 2)], "cnn": [(28, 28, 1), (8, 8), (31, 23, 2)]}


def buildable(family, shape, outputs, count, seed):
    """Return genomes that can be built, sampled from the default space."""
    rng = np.random.default_rng(seed)
    space = Space.from_dict(load_family(family).default_space(), family=family)
    found = []
    while len(found) < count:
        genome = space.sample(rng)
        try:
            load_family(family).costs(genome, shape, classifier(outputs))
        except GenomeError:
            continue
        found.append(genome)
    return found


@pytest.mark.parametrize("family", ["dense", "cnn"])
def test_costs_are_exact(family):
    for shape in INPUTS[family]:
        for genome in buildable(family, shape, 3, 3, seed=1):
            model = load_family(family).build(genome, shape, classifier(3))
            assert model_costs(model) == load_family(family).costs(genome, shape, classifier(3)), genome
            keras.backend.clear_session()


@pytest.mark.parametrize("family", ["dense", "cnn"])
def test_the_plan_has_the_shapes_of_the_keras_model(family):
    for shape in INPUTS[family]:
        for genome in buildable(family, shape, 4, 3, seed=2):
            model = load_family(family).build(genome, shape, regressor(4))
            rows = load_family(family).describe(genome, shape, regressor(4))
            assert {row["layer"] for row in rows} == {layer.name for layer in model.layers}
            for row in rows[1:]:
                layer = model.get_layer(row["layer"])
                assert tuple(layer.output.shape[1:]) == tuple(row["shape"]), row
                assert layer.count_params() == row["parameters"], row


@pytest.mark.parametrize("family", ["dense", "cnn"])
def test_operations_are_half_of_what_the_tensorflow_profiler_counts(family):
    if keras.backend.backend() != "tensorflow":
        pytest.skip("the profiler is TensorFlow's")
    for shape in INPUTS[family]:
        for genome in buildable(family, shape, 3, 2, seed=3):
            model = load_family(family).build(genome, shape, classifier(3))
            assert profiled(model) == 2 * load_family(family).costs(genome, shape, classifier(3))["operations"], genome


def profiled(model):
    """Return the floating point operations of convolutions and matrix products, counted on TensorFlow's graph."""
    import tensorflow as tf

    example = tf.TensorSpec((1, *model.input_shape[1:]), tf.float32)
    graph = tf.function(lambda x: model(x, training=False)).get_concrete_function(example).graph
    options = tf.compat.v1.profiler.ProfileOptionBuilder(tf.compat.v1.profiler.ProfileOptionBuilder.float_operation())
    quiet = options.with_empty_output().build()
    total = 0
    for kernel in ("Conv2D", "DepthwiseConv2dNative", "MatMul"):
        chosen = {**quiet, "account_type_regexes": [f"^{kernel}$"]}
        total += tf.compat.v1.profiler.profile(graph, cmd="op", options=chosen).total_float_ops
    return total


def test_a_layer_without_a_rule_is_an_error():
    model = keras.Sequential([keras.Input((4, 2)), keras.layers.LSTM(3)])
    with pytest.raises(TypeError, match="no rule"):
        model_costs(model)


def test_models_within_models_and_other_convolutions_are_counted():
    inner = keras.Sequential([keras.Input((4, 4, 2)), keras.layers.SeparableConv2D(3, 3, padding="same")])
    model = keras.Sequential([keras.Input((4, 4, 2)), inner, keras.layers.Conv2DTranspose(5, 2, strides=2)])
    assert model_costs(model)["operations"] == 16 * (9 * 2 + 2 * 3) + 16 * (4 * 3 * 5)
