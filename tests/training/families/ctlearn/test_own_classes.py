"""Networks equal those of CTLearn's own classes: in layers, in numbers, and in what they answer."""

from __future__ import annotations

import numpy as np
import pytest

from evonas.genome import Genome
from evonas.space import Space
from evonas.training.ctlearn.tasks import ctlearn_heads
from evonas.training.families import load_family
from evonas.training.families.ctlearn import native_component

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # of ctapipe and what it imports
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]

SQUEEZING = {
    "channel": {"attention": {"type": "channel", "ratio": 2}},
    "dual": {"attention": {"type": "dual", "ratio": 3}},
    "dual behind a bottleneck": {
        "attention": {"type": "dual", "ratio": 2},
        "bottleneck": {"type": "convolution", "filters": 4},
        "normalisation": "batch",
    },
}
SHAPE = (32, 32, 2)
TYPE = ctlearn_heads(["type"])
ALL = ctlearn_heads(["type", "energy", "cameradirection", "skydirection"])
NATIVE = {
    "batch normalisation": ("ctlearn_cnn", {"normalisation": "batch"}),
    "bottleneck": ("ctlearn_cnn", {"bottleneck": {"type": "convolution", "filters": 3}}),
    "bottleneck and batch": (
        "ctlearn_cnn",
        {"normalisation": "batch", "bottleneck": {"type": "convolution", "filters": 3}},
    ),
    "average pooling": ("ctlearn_cnn", {"pooling": {"type": "average", "size": 3, "stride": 2}}),
    "no pooling": ("ctlearn_cnn", {"pooling": {"type": "none"}}),
    "spatial attention": ("ctlearn_cnn", {"attention": {"type": "spatial"}}),
    "no hidden layer": ("ctlearn_cnn", {"head": {"layers": [], "activation": "silu"}}),
    "basic": ("ctlearn_resnet", {}),
    "basic, dual": ("ctlearn_resnet", {"attention": {"type": "dual", "ratio": 2}}),
    "bottleneck, channel": ("ctlearn_resnet", {"block": "bottleneck", "attention": {"type": "channel", "ratio": 4}}),
    "bottleneck, spatial": ("ctlearn_resnet", {"block": "bottleneck", "attention": {"type": "spatial"}}),
}
NOT_NATIVE = {
    "activation": ("ctlearn_cnn", {"activation": "gelu"}),
    "dropout": ("ctlearn_cnn", {"dropout": 0.1}),
    "head's dropout": ("ctlearn_cnn", {"head": {"layers": [{"units": 4}], "dropout": 0.1}}),
    "SingleCNN without hidden unit": ("ctlearn_cnn", {"attention": {"type": "channel", "ratio": 8}}),
    "no hidden unit": ("ctlearn_resnet", {"attention": {"type": "dual", "ratio": 8}}),
    "initial layer": ("ctlearn_resnet", {"init": {"type": "convolution", "filters": 4, "kernel": 3}}),
    "initial pooling": ("ctlearn_resnet", {"init_pool": {"type": "max", "size": 3, "stride": 2}}),
    "stereo": ("ctlearn_cnn_rnn", {}),
}


@pytest.fixture(scope="module")
def ctlearn():
    """CTLearn's own base class."""
    return pytest.importorskip("ctlearn.core.model").CTLearnModel


def own(ctlearn, genome, shape, heads):
    name, traits = native_component(genome, heads)
    return ctlearn.from_name(name, input_shape=shape, tasks=[head.name for head in heads], **traits).model


@pytest.mark.parametrize(
    ("family", "name", "parameters"),
    [("ctlearn_cnn", "SingleCNN", 300_098), ("ctlearn_resnet", "ThinResNet", 6_582_957)],
)
def test_a_baseline_is_ctlearns_default_layer_by_layer(ctlearn, family, name, parameters):
    genome = Genome(load_family(family).baselines()[name], family)
    ours = load_family(family).build(genome, (110, 110, 2), TYPE)
    plain = {"attention_mechanism": None} if name == "SingleCNN" else {}
    component = "SingleCNN" if name == "SingleCNN" else "ResNet"
    theirs = ctlearn.from_name(component, input_shape=(110, 110, 2), tasks=["type"], **plain).model
    assert load_family(family).costs(genome, (110, 110, 2), TYPE)["parameters"] == parameters
    assert ours.count_params() == theirs.count_params() == parameters
    assert backbone(ours).name == backbone(theirs).name == f"{name}_block"
    assert layers(backbone(ours)) == layers(backbone(theirs))
    assert [layer[1:] for layer in layers(ours)] == [layer[1:] for layer in layers(theirs)]
    assert set(described(family, genome)) >= set(layers(backbone(ours)))


def described(family, genome):
    rows = load_family(family).describe(genome, (110, 110, 2), TYPE)
    return [(row["layer"], tuple(row["shape"]), row["parameters"]) for row in rows]


@pytest.mark.parametrize(("family", "changes"), NATIVE.values(), ids=NATIVE)
@pytest.mark.parametrize("heads", [TYPE, ALL], ids=["type", "all"])
def test_ctlearns_own_class_builds_the_same_network(ctlearn, small, family, changes, heads):
    assert_same(ctlearn, Genome(getattr(small, family)(**changes), family), heads)


@pytest.mark.parametrize("changes", SQUEEZING.values(), ids=SQUEEZING)
def test_attention_with_a_ratio_is_ctlearns_where_its_single_cnn_can_have_it(ctlearn, small, changes):
    """CTLearn 0.10.2 cannot; newer versions can."""
    genome = Genome(small.ctlearn_cnn(**changes), "ctlearn_cnn")
    if native_component(genome, TYPE) is not None:
        assert_same(ctlearn, genome, TYPE)
        return
    attention = {"attention_mechanism": "Channel-SE", "attention_reduction_ratio": 2}
    with pytest.raises(KeyError, match="ratio"):
        ctlearn.from_name("SingleCNN", input_shape=SHAPE, tasks=["type"], **attention)


def assert_same(ctlearn, genome, heads):
    family = genome.family
    ours = load_family(family).build(genome, SHAPE, heads)
    theirs = own(ctlearn, genome, SHAPE, heads)
    assert [layer[1:] for layer in layers(backbone(ours))] == [layer[1:] for layer in layers(backbone(theirs))]
    give_weights(theirs, ours)
    x = np.random.default_rng(0).normal(size=(4, *SHAPE)).astype("float32")
    for head, answer in answers(theirs, x, heads).items():
        np.testing.assert_allclose(answers(ours, x, heads)[head], answer, atol=1e-6)


@pytest.mark.parametrize(("family", "changes"), NOT_NATIVE.values(), ids=NOT_NATIVE)
def test_what_ctlearn_cannot_build_is_not_handed_to_it(small, family, changes):
    assert native_component(Genome(getattr(small, family)(**changes), family), TYPE) is None


def test_heads_that_are_not_ctlearns_are_not_handed_to_it(small):
    from evonas.training.heads import Head, classifier

    genome = Genome(small.ctlearn_cnn(), "ctlearn_cnn")
    assert native_component(genome, TYPE)
    assert native_component(genome, classifier(2)) is None
    assert native_component(genome, [Head("type", "classification", 3, "cross_entropy")]) is None
    assert native_component(genome, [Head("energy", "classification", 2, "cross_entropy")]) is None


def test_what_can_be_handed_over_in_a_space_is_buildable(ctlearn):
    """Whatever genome is said to be CTLearn's own has as many parameters there as here."""
    rng = np.random.default_rng(0)
    for family in ("ctlearn_cnn", "ctlearn_resnet"):
        space = Space.from_dict(
            load_family(family).default_space() | {"activation": "relu", "dropout": 0.0}
            if family == "ctlearn_cnn"
            else load_family(family).default_space() | {"activation": "relu", "init": {"type": "none"}},
            family=family,
        )
        found = [genome for genome in (space.sample(rng) for _ in range(300)) if handed_over(family, genome)]
        assert found
        for genome in found[:2]:
            parameters = load_family(family).costs(genome, SHAPE, TYPE)["parameters"]
            assert own(ctlearn, genome, SHAPE, TYPE).count_params() == parameters


def handed_over(family, genome):
    try:
        load_family(family).costs(genome, SHAPE, TYPE)
    except Exception:
        return False
    return native_component(genome, TYPE) is not None


def backbone(model):
    return next(layer for layer in model.layers if layer.name.endswith("_block"))


def layers(model):
    """Return name, shape and parameters of each layer, in the order of the names' numbers where Keras gives them."""
    return [(layer.name, tuple(layer.output.shape[1:]), layer.count_params()) for layer in model.layers[1:]]


def answers(model, x, heads):
    answered = model.predict_on_batch(x)
    return answered if isinstance(answered, dict) else {heads[0].name: answered}


def give_weights(source, target):
    """Copy weights backbone to backbone, and the other layers' by their order among those of one head."""
    backbone(target).set_weights(backbone(source).get_weights())
    names = {"type_logits": "type"}
    for layer in target.layers:
        if layer.weights and not layer.name.endswith("_block"):
            layer.set_weights(source.get_layer(names.get(layer.name, layer.name)).get_weights())
