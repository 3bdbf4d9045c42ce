"""The three families keep to the contract of model families."""

from __future__ import annotations

from math import prod

from evonas.testing.families import ModelFamilyContract


class TestCtlearnCnn(ModelFamilyContract):
    family = "ctlearn_cnn"
    inputs = (((24, 24, 2), 2),)
    models = 3


class TestCtlearnResnet(ModelFamilyContract):
    family = "ctlearn_resnet"
    inputs = (((24, 24, 2), 2),)
    models = 3


class TestCtlearnCnnRnn(ModelFamilyContract):
    family = "ctlearn_cnn_rnn"
    inputs = (((2, 24, 24, 2), 2),)
    models = 3

    def reference(self, model):
        """Count the built model: what telescopes share once a telescope, recurrent kernels once a step."""
        telescopes = model.input.shape[1]
        operations = 0
        for layer in every_layer(model):
            kernels = sum(prod(weight.shape) for weight in layer.weights if len(weight.shape) > 1)
            kind = type(layer).__name__
            if kind == "Conv2D" or "_cse_" in layer.name:
                operations += telescopes * kernels * prod(layer.output.shape[1:-1])
            elif kind in ("LSTM", "GRU"):
                recurrent = [weight for weight in layer.weights if "bias" not in weight.name]
                operations += telescopes * sum(prod(weight.shape) for weight in recurrent)
            elif kind == "Dense":
                operations += kernels * prod(layer.output.shape[1:-1])
        return {"parameters": model.count_params(), "operations": operations}


def every_layer(model):
    for layer in model.layers:
        yield from every_layer(layer) if getattr(layer, "layers", None) else [layer]
