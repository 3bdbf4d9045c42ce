"""What the genes of the CTLearn families do, how their heads answer, and what a wrong genome is told."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from evonas.errors import GenomeError
from evonas.genome import Genome
from evonas.space import Space
from evonas.training import keras_compat
from evonas.training.ctlearn.tasks import ctlearn_heads
from evonas.training.families import load_family
from evonas.training.heads import Head, classifier, regressor

SHAPE = (16, 16, 2)
SHAPES = {"ctlearn_cnn": SHAPE, "ctlearn_resnet": SHAPE, "ctlearn_cnn_rnn": (3, *SHAPE)}
TYPE = ctlearn_heads(["type"])


def rows(family, genes, heads=TYPE):
    return {row["layer"]: row for row in load_family(family).describe(genes, SHAPES[family], heads)}


def answer_of(model, shape):
    x = np.random.default_rng(0).normal(size=(3, *shape)).astype("float32")
    answer = model(x)
    if isinstance(answer, dict):
        return {head: keras_compat.to_numpy(part) for head, part in answer.items()}
    return keras_compat.to_numpy(answer)


@pytest.mark.parametrize("family", SHAPES)
def test_several_heads_answer_by_their_names(small, family):
    heads = ctlearn_heads(["type", "energy", "cameradirection", "skydirection"])
    genes = getattr(small, family)()
    model = load_family(family).build(genes, SHAPES[family], heads)
    answer = answer_of(model, SHAPES[family])
    assert {head: part.shape for head, part in answer.items()} == {head.name: (3, head.outputs) for head in heads}
    np.testing.assert_allclose(answer["type"].sum(axis=1), 1.0, atol=1e-5)
    assert model.layers[-1].name not in ("type", "softmax"), "CTLearn would take the mapping for the type's answer"
    assert model.count_params() == load_family(family).costs(genes, SHAPES[family], heads)["parameters"]


@pytest.mark.parametrize(
    ("heads", "last"),
    [
        (TYPE, "type"),
        (classifier(3), "output"),
        (regressor(2), "output"),
        ([Head("mass", "regression", 1, "mean_squared_error")], "mass"),
    ],
    ids=["type", "classes", "values", "named"],
)
def test_one_head_answers_with_a_tensor(small, heads, last):
    keras.utils.set_random_seed(0)  # some random weights leave no unit of so small a network alive
    model = load_family("ctlearn_cnn").build(small.ctlearn_cnn(), SHAPE, heads)
    answer = answer_of(model, SHAPE)
    assert answer.shape == (3, heads[0].outputs)
    assert model.layers[-1].name == last
    if heads[0].classes:
        np.testing.assert_allclose(answer.sum(axis=1), 1.0, atol=1e-5)
    else:
        assert np.ptp(answer) > 0


@pytest.mark.parametrize("task", ["energy", "cameradirection", "skydirection"])
def test_one_regression_of_ctlearn_answers_by_its_name(small, task):
    model = load_family("ctlearn_cnn").build(small.ctlearn_cnn(), SHAPE, ctlearn_heads([task]))
    assert list(answer_of(model, SHAPE)) == [task]
    assert model.layers[-1].name == task


def test_the_model_is_an_input_a_backbone_and_heads(small):
    model = load_family("ctlearn_cnn").build(small.ctlearn_cnn(), SHAPE, TYPE)
    names = [layer.name for layer in model.layers]
    assert names == ["input", "SingleCNN_block", "fc_type_1", "fc_type_2", "type_logits", "type"]
    backbone = [layer.name for layer in model.layers[1].layers]
    assert backbone[1:] == [f"SingleCNN_block_{part}" for part in ("conv_1_1", "conv_1_2", "pool_1", "conv_2_1")] + [
        "SingleCNN_block_pool_2",
        "SingleCNN_block_global_avgpool",
    ]


def test_heads_have_ctlearns_activations_or_one_of_their_own(small):
    heads = ctlearn_heads(["type", "energy", "skydirection"])
    activations = {}
    for activation in ("ctlearn", "elu"):
        genes = small.ctlearn_cnn(head={"layers": [{"units": 4}], "activation": activation, "dropout": 0.25})
        model = load_family("ctlearn_cnn").build(genes, SHAPE, heads)
        named = {head.name: model.get_layer(f"fc_{head.name}_1").activation.__name__ for head in heads}
        activations[activation] = named
        assert model.get_layer("fc_energy_1_dropout").rate == 0.25
    assert activations["ctlearn"] == {"type": "relu", "energy": "relu", "skydirection": "tanh"}
    assert set(activations["elu"].values()) == {"elu"}


def test_genes_of_the_backbone_show_in_its_layers(small):
    plain = rows("ctlearn_cnn", small.ctlearn_cnn())
    assert plain["SingleCNN_block_pool_2"]["shape"] == [4, 4, 6], "max pooling by 2 is CTLearn's default"
    changed = rows(
        "ctlearn_cnn",
        small.ctlearn_cnn(
            pooling={"type": "average", "size": 3, "stride": 2},
            normalisation="batch",
            dropout=0.1,
            bottleneck={"type": "convolution", "filters": 3},
            attention={"type": "dual", "ratio": 8},
        ),
    )
    assert changed["SingleCNN_block_pool_1"]["shape"] == [7, 7, 4]
    assert [name for name in changed if "normalisation" in name] == [
        f"SingleCNN_block_normalisation_{place}" for place in (0, 1, 2, "bottleneck")
    ]
    assert changed["SingleCNN_block_dropout_2"]["kind"] == "dropout"
    assert changed["SingleCNN_block_bottleneck"]["parameters"] == 6 * 3 + 3
    assert changed["SingleCNN_block_dse_cse_1_dense"]["shape"] == [1, 1, 1], "at least one hidden unit"
    assert changed["SingleCNN_block_dse_sse_spatial_conv"]["parameters"] == 3 + 1


def test_a_residual_network_may_begin_with_a_convolution_and_a_pooling(small):
    genes = small.ctlearn_resnet(
        init={"type": "convolution", "filters": 8, "kernel": 7, "stride": 2},
        init_pool={"type": "max", "size": 3, "stride": 2},
    )
    found = rows("ctlearn_resnet", genes)
    assert found["ThinResNet_block_conv1_conv"]["shape"] == [5, 5, 8]
    assert found["ThinResNet_block_pool1_pool"]["shape"] == [2, 2, 8]
    model = load_family("ctlearn_resnet").build(genes, SHAPE, TYPE)
    assert model.count_params() == load_family("ctlearn_resnet").costs(genes, SHAPE, TYPE)["parameters"]
    assert answer_of(model, SHAPE).shape == (3, 2)


def test_only_the_first_block_of_a_stage_projects_and_halves(small):
    found = rows("ctlearn_resnet", small.ctlearn_resnet(block="bottleneck"))
    assert [name for name in found if name.endswith("_0_conv")] == [
        "ThinResNet_block_conv2_block1_0_conv",
        "ThinResNet_block_conv3_block1_0_conv",
    ]
    assert found["ThinResNet_block_conv2_block2_out"]["shape"] == [16, 16, 16]
    assert found["ThinResNet_block_conv3_block1_out"]["shape"] == [8, 8, 24]


def test_parameters_of_a_stereo_network_do_not_depend_on_its_telescopes(small):
    family = load_family("ctlearn_cnn_rnn")
    genes = small.ctlearn_cnn_rnn(combine={"type": "gru", "units": 5, "layers": 2})
    one, four = (family.costs(genes, (telescopes, *SHAPE), TYPE) for telescopes in (1, 4))
    head = 5 * 6 + 6 * 5 + 5 * 2
    assert one["parameters"] == four["parameters"]
    assert four["operations"] - head == 4 * (one["operations"] - head)


@pytest.mark.parametrize(
    ("family", "changes", "key"),
    [
        ("ctlearn_cnn", {"layers": []}, "layers"),
        ("ctlearn_cnn", {"layers": [{"filters": 4, "kernel": 3, "strides": 1}]}, "layers.0.strides"),
        ("ctlearn_cnn", {"pooling": {"type": "max", "size": 5}}, "pooling.size"),
        ("ctlearn_cnn", {"normalisation": "layer"}, "normalisation"),
        ("ctlearn_cnn", {"attention": {"type": "spatial", "ratio": 2}}, "attention.ratio"),
        ("ctlearn_cnn", {"combine": {"type": "mean"}}, "combine"),
        ("ctlearn_resnet", {"init": {"type": "convolution", "filters": 4, "kernel": 17}}, "init.kernel"),
        ("ctlearn_resnet", {"init_pool": {"type": "average", "size": 2}}, "init_pool.type"),
        ("ctlearn_resnet", {"head": {"layers": [{"units": 0}]}}, "head.layers.0.units"),
        ("ctlearn_cnn_rnn", {"normalisation": "batch"}, "normalisation"),
        ("ctlearn_cnn_rnn", {"combine": {"type": "lstm"}}, "combine.units"),
        ("ctlearn_cnn_rnn", {"combine": {"type": "mean", "units": 3}}, "combine.units"),
    ],
)
def test_a_wrong_gene_is_named(small, family, changes, key):
    with pytest.raises(GenomeError) as error:
        load_family(family).costs(getattr(small, family)(**changes), SHAPES[family], TYPE)
    assert error.value.key == key


@pytest.mark.parametrize("family", SHAPES)
def test_an_input_of_other_axes_is_refused(small, family):
    for shape in ((16,), (16, 16), (16, 16, 2, 2, 2)):
        with pytest.raises(GenomeError, match="needs other inputs"):
            load_family(family).costs(getattr(small, family)(), shape, TYPE)
    with pytest.raises(GenomeError, match="at least one output"):
        load_family(family).costs(getattr(small, family)(), SHAPES[family], [])


def test_the_backbone_of_one_telescope_seeds_the_stereo_network():
    single, stereo = load_family("ctlearn_cnn"), load_family("ctlearn_cnn_rnn")
    space = Space.from_dict(single.default_space(), family="ctlearn_cnn")
    rng = np.random.default_rng(0)
    for genome in (space.sample(rng) for _ in range(20)):
        adopted = stereo.adopt(genome)
        assert adopted.family == "ctlearn_cnn_rnn" and adopted["normalisation"] == "none"
        assert adopted["combine"]["type"] == "lstm" and adopted["features"] == "average"
        for gene in ("layers", "pooling", "activation", "dropout", "bottleneck", "attention", "head", "learning"):
            assert adopted[gene] == genome[gene]
        assert adopted.marks["layers"] == genome.marks["layers"]
        changes = Space.from_dict(stereo.default_space(), family="ctlearn_cnn_rnn").repair(adopted).changes
        assert changes == (), "nothing that was taken over may be lost"
    assert stereo.adopt(Genome(load_family("ctlearn_resnet").baselines()["ThinResNet"], "ctlearn_resnet")) is None
    assert single.adopt(Genome(stereo.baselines()["CNN-RNN"], "ctlearn_cnn_rnn")) is None


@pytest.mark.parametrize("family", SHAPES)
def test_a_baseline_lies_in_the_default_space(family):
    space = Space.from_dict(load_family(family).default_space(), family=family)
    for name, genes in load_family(family).baselines().items():
        assert space.contains(Genome(genes, family)), (name, space.why_not(Genome(genes, family)))
