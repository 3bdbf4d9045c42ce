"""The model families keep to the published contract."""

from __future__ import annotations

from evonas.testing.families import ModelFamilyContract


class TestDense(ModelFamilyContract):
    family = "dense"
    inputs = (((45,), 2), ((6, 5, 2), 3))
    models = 4


class TestCnn(ModelFamilyContract):
    family = "cnn"
    inputs = (((28, 28, 1), 10), ((17, 12), 3))
    models = 4
