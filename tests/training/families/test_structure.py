"""What each gene does to the network, and what a genome that cannot be built is told."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

from evonas.errors import DataError, GenomeError
from evonas.genome import Genome
from evonas.space import Space
from evonas.training.families import load_family
from evonas.training.families.plan import ACTIVATIONS, NORMALISATIONS
from evonas.training.heads import classifier

LEARNING = {"optimizer": {"type": "adam", "learning_rate": 1e-3}, "batch_size": 32}
DENSE: dict[str, Any] = {
    "layers": [
        {"units": 8, "activation": "relu", "normalisation": "batch", "dropout": 0.1},
        {"units": 8, "activation": "relu"},
        {"units": 4, "activation": "tanh", "normalisation": "layer"},
    ],
    "residual": True,
    "learning": LEARNING,
}
STAGE: dict[str, Any] = {"filters": 8, "kernel": 3, "blocks": 1, "activation": "relu", "normalisation": "batch"}
CNN: dict[str, Any] = {"stages": [STAGE], "head": {"pooling": "average", "layers": []}, "learning": LEARNING}


def names(family, genes, shape):
    return [row["layer"] for row in load_family(family).describe(Genome(genes, family), shape, classifier(3))]


def cnn(**stage):
    return {**CNN, "stages": [{**STAGE, **stage}]}


def test_dense_layers_in_order():
    assert names("dense", DENSE, (3, 2)) == [
        "input",
        "flatten",
        "layer1_dense",
        "layer1_normalisation",
        "layer1_activation",
        "layer1_dropout",
        "layer2_dense",
        "layer2_activation",
        "layer2_add",
        "layer3_dense",
        "layer3_normalisation",
        "layer3_activation",
        "layer3_projection",
        "layer3_add",
        "output",
    ]


def test_no_bias_before_batch_normalisation():
    rows = load_family("dense").describe(DENSE, (6,), classifier(3))
    assert {row["layer"]: row["parameters"] for row in rows if row["kind"] == "dense"} == {
        "layer1_dense": 6 * 8,
        "layer2_dense": 8 * 8 + 8,
        "layer3_dense": 8 * 4 + 4,
        "layer3_projection": 8 * 4,
    }


def test_all_parts_of_a_cnn_in_order():
    genes = {
        **cnn(pooling="max", dropout=0.2, attention={"type": "squeeze_excite", "ratio": 100}),
        "stem": {"type": "convolution", "filters": 4, "kernel": 5, "stride": 2, "activation": "elu"},
        "bottleneck": {"type": "convolution", "filters": 2, "activation": "relu"},
        "head": {"pooling": "flatten", "layers": [{"units": 5, "activation": "gelu", "dropout": 0.5}]},
    }
    assert names("cnn", genes, (20, 20)) == [
        "input",
        "channel",
        "stem_convolution",
        "stem_activation",
        "stage1_block1_convolution",
        "stage1_block1_normalisation",
        "stage1_block1_activation",
        "stage1_block1_squeeze",
        "stage1_block1_reduce",
        "stage1_block1_reduce_activation",
        "stage1_block1_excite",
        "stage1_block1_excite_activation",
        "stage1_block1_gate",
        "stage1_block1_scale",
        "stage1_pooling",
        "stage1_dropout",
        "bottleneck_convolution",
        "bottleneck_activation",
        "flatten",
        "head1_dense",
        "head1_activation",
        "head1_dropout",
        "output",
    ]
    shapes = {row["layer"]: row["shape"] for row in load_family("cnn").describe(genes, (20, 20), classifier(3))}
    assert shapes["stem_convolution"] == [10, 10, 4]
    assert shapes["stage1_block1_reduce"] == [1]  # a ratio beyond the channels leaves one unit
    assert shapes["stage1_pooling"] == [5, 5, 8]


def test_a_residual_block_is_projected_only_where_channels_differ():
    layers = names("cnn", cnn(block="residual", blocks=2), (8, 8, 1))
    assert [name for name in layers if name.endswith(("projection", "add"))] == [
        "stage1_block1_projection",
        "stage1_block1_add",
        "stage1_block2_add",
    ]


def test_a_separable_block_is_cheaper_than_a_plain_one():
    family = load_family("cnn")
    costs = {
        block: family.costs(cnn(block=block, blocks=3), (16, 16, 8), classifier(3)) for block in ("plain", "separable")
    }
    assert costs["separable"]["parameters"] < costs["plain"]["parameters"] / 2
    assert costs["separable"]["operations"] < costs["plain"]["operations"] / 2


def test_genes_left_out_take_their_neutral_value():
    full = cnn(block="plain", pooling="none", attention={"type": "none"}, dropout=0.0, padding="same")
    full |= {"stem": {"type": "none"}, "bottleneck": {"type": "none"}}
    assert load_family("cnn").plan(full, (8, 8, 1), classifier(3)) == load_family("cnn").plan(
        CNN, (8, 8, 1), classifier(3)
    )


def test_a_configuration_widens_the_space_beyond_the_default():
    changes = {"stages": {"length": [6, 6], "repeat": {"filters": 300, "kernel": 9, "pooling": "none"}}}
    space = Space.from_dict(load_family("cnn").default_space(), family="cnn").merged(changes)
    genome = space.sample(np.random.default_rng(0))
    assert len(genome["stages"]) == 6
    assert load_family("cnn").costs(genome, (16, 16, 1), classifier(2))["parameters"] > 0


def at(genes, path, value):
    """Return a copy with one gene changed; None removes it."""
    changed = copy.deepcopy(genes)
    place: Any = changed
    *way, last = path
    for step in way:
        place = place[step]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return changed


@pytest.mark.parametrize(
    ("family", "path", "value", "key", "message"),
    [
        ("dense", ("layers", 1, "units"), 0, "layers.1.units", "whole number of at least 1"),
        ("dense", ("layers", 1, "units"), 8.5, "layers.1.units", "whole number"),
        ("dense", ("layers", 1, "units"), True, "layers.1.units", "whole number"),
        ("dense", ("layers", 0, "dropout"), 1.0, "layers.0.dropout", "below 1"),
        ("dense", ("layers", 0, "activation"), "rleu", "layers.0.activation", "did you mean `relu`"),
        ("dense", ("layers", 0, "widht"), 3, "layers.0.widht", "unknown"),
        ("dense", ("layers", 0, "units"), None, "layers.0.units", "missing"),
        ("dense", ("layers",), [], "layers", "at least 1 item"),
        ("dense", ("layers",), [3], "layers.0", "mapping"),
        ("dense", ("residual",), 1, "residual", "true or false"),
        ("dense", ("learning",), None, "learning", "missing"),
        ("dense", ("learning", "batch_size"), 0, "learning.batch_size", "at least 1"),
        ("cnn", ("stages", 0, "block"), "dense", "stages.0.block", "no such choice"),
        ("cnn", ("stages", 0, "pool"), "max", "stages.0.pool", "did you mean `pooling`"),
        ("cnn", ("head", "pooling"), "none", "head.pooling", "average, max, flatten"),
        ("cnn", ("steam",), {"type": "none"}, "steam", "did you mean `stem`"),
        ("cnn", ("stem",), {"type": "none", "filters": 3}, "stem.filters", "unknown"),
    ],
)
def test_impossible_genes_are_named(family, path, value, key, message):
    genes = at(DENSE if family == "dense" else CNN, path, value)
    with pytest.raises(GenomeError) as error:
        load_family(family).costs(genes, (8, 8, 1), classifier(3))
    assert error.value.key == key
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("genes", "shape", "message"),
    [
        (CNN, (45,), "take the model family `dense`"),
        (CNN, (4, 4, 4, 1), "needs images"),
        (CNN, (), "the input has no size"),
        (cnn(kernel=5, padding="valid"), (4, 9, 1), "5x5 convolution does not fit on a map of 4x9 pixels"),
        (cnn(block="separable", kernel=5, padding="valid"), (9, 4, 1), "does not fit"),
        (cnn(block="residual", padding="valid"), (9, 9, 1), "needs padding"),
        ({**CNN, "stages": [{**STAGE, "pooling": "max"}] * 4}, (8, 8, 1), "stages.3.pooling: 2x2 pooling does not fit"),
        (Genome(DENSE, "dense"), (8, 8, 1), "belongs to the model family `dense`"),
    ],
)
def test_a_genome_that_does_not_suit_the_input_says_why(genes, shape, message):
    for method in ("costs", "build"):
        with pytest.raises(GenomeError) as error:
            getattr(load_family("cnn"), method)(genes, shape, classifier(3))
        assert message in str(error.value)


def test_every_activation_and_normalisation_is_inferred_with():
    stages = [
        {**STAGE, "activation": activation, "normalisation": kind}
        for activation in ACTIVATIONS
        for kind in NORMALISATIONS
    ]
    model = load_family("cnn").build({**CNN, "stages": stages}, (6, 6), classifier(3))
    model.compile(jit_compile=False)
    assert np.isfinite(model.predict(np.ones((2, 6, 6), "float32"), verbose=0)).all()


def test_a_classifier_needs_two_classes():
    with pytest.raises(DataError, match="two classes"):
        load_family("dense").build(DENSE, (4,), classifier(1))
