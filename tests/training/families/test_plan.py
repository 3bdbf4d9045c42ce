"""Plans: shapes and counts by hand, errors that name the gene."""

from __future__ import annotations

import pytest

from evonas.errors import GenomeError
from evonas.training.families import Network
from evonas.training.heads import classifier


def test_a_small_network_counted_by_hand():
    network = Network((9, 8, 3))
    x = network.convolution(network.input, 4, 3, "a", stride=2)
    assert x.shape == (5, 4, 4)
    assert x.parameters == 3 * 3 * 3 * 4 + 4
    assert x.operations == 5 * 4 * 3 * 3 * 3 * 4
    x = network.normalise(x, "batch", "b")
    assert x.parameters == 16
    x = network.depthwise_convolution(x, 3, "c", padding="valid", bias=False)
    assert (x.shape, x.parameters, x.operations) == ((3, 2, 4), 36, 3 * 2 * 36)
    x = network.pool(x, "max", "d")
    assert x.shape == (1, 1, 4)
    x = network.normalise(network.flatten(x, "e"), "layer", "f")
    assert x.parameters == 8
    (x,) = network.outputs(x, classifier(2))
    assert (x.parameters, x.operations) == (10, 8)
    plan = network.plan()
    assert plan.costs() == {"parameters": 112 + 16 + 36 + 8 + 10, "operations": 2160 + 216 + 8}
    assert [row["layer"] for row in plan.rows()] == ["input", "a", "b", "c", "d", "e", "f", "output"]


def test_nothing_is_added_for_nothing():
    network = Network((4,))
    x = network.input
    assert network.dropout(x, 0.0, "a") is x
    assert network.normalise(x, "none", "b") is x
    assert network.flatten(x, "c") is x


@pytest.mark.parametrize(("shape", "fits"), [((2, 2, 1), True), ((2, 1, 1), False)])
def test_pooling_needs_its_pixels(shape, fits):
    network = Network(shape)
    if fits:
        assert network.pool(network.input, "average", "a", at="gene").shape == (1, 1, 1)
        return
    with pytest.raises(GenomeError, match=r"2x2 pooling does not fit on a map of 2x1 pixels") as error:
        network.pool(network.input, "average", "a", at="stages.0.pooling")
    assert error.value.key == "stages.0.pooling"
    assert error.value.hint


def test_two_layers_of_one_name_are_a_mistake_of_the_family():
    network = Network((4,))
    network.dense(network.input, 2, "a")
    with pytest.raises(ValueError, match="two layers"):
        network.dense(network.input, 2, "a")
