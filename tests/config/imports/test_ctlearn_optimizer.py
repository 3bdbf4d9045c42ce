"""Files of ctlearn_optimizer (2019) turned into configurations."""

import copy

import numpy as np
import pytest

from evonas.config import load_config
from evonas.config.imports import import_ctlearn_optimizer
from evonas.config.imports.expressions import Linear, linear, names_in
from evonas.documents import format_document
from evonas.errors import ConfigError
from evonas.run import build_space
from evonas.training.families import load_family

LAYERS = ["Model", "Model Parameters", "basic", "conv_block", "layers"]
TRAINING = ["Training", "Hyperparameters"]
WHOLE = {"type": "quniform", "range": [2, 10], "step": 1}


def old(**hyperparameters):
    """Return the smallest file of the tool, with these labels to optimise."""
    config = {f"layer{n}_filters": [*LAYERS, n - 1, "filters"] for n in range(1, 5)}
    config |= {f"layer{n}_kernel": [*LAYERS, n - 1, "kernel_size"] for n in range(1, 5)}
    config |= {
        "rate": [*TRAINING, "base_learning_rate"],
        "optimizer_type": [*TRAINING, "optimizer"],
        "epsilon": [*TRAINING, "adam_epsilon"],
        "pool_size": ["Model", "Model Parameters", "basic", "conv_block", "max_pool", "size"],
        "pool_strides": ["Model", "Model Parameters", "basic", "conv_block", "max_pool", "strides"],
        "dropout": ["Model", "Model Parameters", "cnn_rnn", "dropout_rate"],
    }
    return {
        "General_settings": {
            "optimization_type": "gaussian_processes",
            "mode": "max",
            "n_initial_points": 20,
            "num_max_evals": 100,
            "random_state": 7,
            "metric_to_optimize": "auc",
            "num_gpus": 2,
            "num_parallel_trials": 4,
            "num_cpus_per_trial": 3,
        },
        "Optimizer_settings": {"gaussian_processes_config": {"kappa": 1.96}},
        "CTLearn_settings": {
            "model": "single_tel",
            "example_type": "single_tel",
            "num_validations": 15,
            "batch_size": 64,
            "seed": 1234,
            "selected_tel_types": ["LST:LSTCam"],
            "validation_split": 0.1,
        },
        "Hyperparameters_settings": {
            "hyperparameters_to_log": list(hyperparameters),
            "config": config,
            "hyperparameters_to_optimize": hyperparameters or {"layer1_filters": dict(WHOLE)},
        },
    }


@pytest.fixture
def translate(tmp_path):
    """Return the configuration that a file becomes, its losses by key, and its text."""

    def run(content):
        file = tmp_path / "opt_config.yml"
        file.write_text(content if isinstance(content, str) else format_document(content), encoding="utf-8")
        imported = import_ctlearn_optimizer(file)
        (tmp_path / "new.yaml").write_text(imported.text, encoding="utf-8")
        return load_config(tmp_path / "new.yaml"), {loss.key: loss for loss in imported.losses}, imported.text

    return run


def fixed(content, **values):
    content["Hyperparameters_settings"]["fixed_hyperparameters"] = values
    return content


def dependent(content, **values):
    content["Hyperparameters_settings"]["dependent_hyperparameters"] = values
    return content


def layered(number, **ranges):
    return {"value": number, "cond_params": {name: {**WHOLE, "range": list(span)} for name, span in ranges.items()}}


def test_metric_budget_seeds_and_machine(translate):
    config, losses, _ = translate(old())
    assert (config.model, config.seed, config.data.split.seed) == ("ctlearn_cnn", 7, 1234)
    (objective,) = config.evolution.objectives
    assert (objective.metric, objective.maximise) == ("auc", True)
    assert (config.evolution.evaluations, config.evolution.founders, config.evolution.epochs) == (100, 20, 15)
    assert (config.evaluation.slots, config.evaluation.threads) == (2, 3)
    assert config.data.source == "ctlearn"
    assert config.data.options["telescope_type"] == "LST_LST_LSTCam"
    assert config.data.split.validation == 0.1
    assert config.space["learning"]["batch_size"] == 64
    assert {"General_settings.optimization_type", "Optimizer_settings.gaussian_processes_config.kappa"} <= set(losses)


def test_direction_and_genetic_settings(translate):
    content = old()
    content["General_settings"] |= {
        "metric_to_optimize": "loss",
        "mode": "min",
        "optimization_type": "genetic_algorithm",
    }
    genetic = {"max_generation": 5, "population_size": 10, "population_decay": 0.95}
    content["Optimizer_settings"] = {"genetic_algorithm_config": genetic}
    config, losses, _ = translate(content)
    assert config.evolution.objectives[0].metric == "cross_entropy"
    assert not config.evolution.objectives[0].maximise
    assert (config.evolution.generations, config.evolution.population) == (5, 10)
    assert "Optimizer_settings.genetic_algorithm_config.population_decay" in losses


@pytest.mark.parametrize(
    ("kind", "span", "step", "gene", "said"),
    [
        ("uniform", [0.1, 0.3], 1, {"float": [0.1, 0.3]}, False),
        ("loguniform", [1e-5, 1e-2], 1, {"float": [1e-5, 1e-2], "log": True}, False),
        ("loguniform", [-5, 0], 1, {"float": [1e-5, 1.0], "log": True}, True),
        ("choice", [1e-4, 1e-3], 1, {"choice": [1e-4, 1e-3]}, False),
        ("normal", [0.5, 0.1], 1, {"float": [0.2, 0.8]}, True),
        ("lognormal", [0.001, 2.0], 1, {"float": [0.000125, 0.008], "log": True}, True),
    ],
)
def test_distributions_of_real_numbers(translate, kind, span, step, gene, said):
    config, losses, _ = translate(old(rate={"type": kind, "range": span, "step": step}))
    made = config.space["learning"]["optimizer"]["select"]["adam"]["learning_rate"]
    assert made.keys() == gene.keys()
    assert made[next(iter(gene))] == pytest.approx(gene[next(iter(gene))])
    assert ("Hyperparameters_settings.hyperparameters_to_optimize.rate" in losses) is said


@pytest.mark.parametrize(
    ("kind", "span", "step", "gene"),
    [
        ("quniform", [16, 64], 1, {"int": [16, 64]}),
        ("quniform", [16, 64], 16, {"int": [16, 64], "step": 16}),
        ("quniform", [10, 60], 16, {"int": [16, 64], "step": 16}),  # multiples of 16, as hyperopt rounds
        ("qloguniform", [8, 128], 1, {"int": [8, 128], "log": True}),
        ("uniform", [3.5, 9.5], 1, {"int": [4, 9]}),
        ("choice", [3, 5, 7], 1, {"choice": [3, 5, 7]}),
        ("quniform", [5, 5], 1, 5),
    ],
)
def test_distributions_of_whole_numbers(translate, kind, span, step, gene):
    config, _, _ = translate(old(layer1_filters={"type": kind, "range": span, "step": step}))
    assert config.space["layers"]["repeat"]["filters"] == gene
    assert config.space["layers"]["length"] == [1, 1]


def test_ranges_of_each_layer_become_one_that_covers_them_and_it_is_said(translate):
    ranges = {f"layer{n}_filters": {**WHOLE, "range": [16, 2 ** (5 + n)]} for n in range(1, 5)}
    kernels = {f"layer{n}_kernel": dict(WHOLE) for n in range(1, 5)}
    config, losses, text = translate(old(**ranges, **kernels))
    layers = config.space["layers"]
    assert (layers["length"], layers["repeat"]["filters"], layers["repeat"]["kernel"]) == (
        [4, 4],
        {"int": [16, 512]},
        {"int": [2, 10]},
    )
    told = losses["Hyperparameters_settings.hyperparameters_to_optimize.layer1_filters"]
    assert "16 to 512" in told.why
    assert f"(line {told.line})" in text
    assert "Hyperparameters_settings.hyperparameters_to_optimize.layer1_kernel" not in losses


def test_a_condition_on_the_number_of_layers_becomes_a_list_of_that_length(translate):
    two, three = (10, 20), (10, 30)
    branches = [
        layered(2, layer1_filters=two, layer2_filters=two, layer1_kernel=(2, 5), layer2_kernel=(2, 5)),
        layered(
            3, **{f"layer{n}_filters": three for n in (1, 2, 3)}, **{f"layer{n}_kernel": (2, 5) for n in (1, 2, 3)}
        ),
    ]
    config, losses, _ = translate(old(number_of_layers={"type": "conditional", "range": branches}))
    layers = config.space["layers"]
    assert (layers["length"], layers["repeat"]["filters"]) == ([2, 3], {"int": [10, 30]})
    assert any("condition" in loss.why for loss in losses.values())


def test_a_condition_that_cannot_change_the_depth_is_said(translate):
    outside = {f"layer{n}_{what}": dict(WHOLE) for n in (1, 2) for what in ("filters", "kernel")}
    branches = [layered(1, layer1_filters=(2, 10))]
    content = old(**outside, number_of_layers={"type": "conditional", "range": branches})
    config, losses, _ = translate(content)
    assert config.space["layers"]["length"] == [2, 2]
    (told,) = [loss for key, loss in losses.items() if key.endswith("number_of_layers")]
    assert "had 2 layers" in told.why


def test_a_condition_on_the_optimizer_becomes_a_select(translate):
    rate = {"type": "loguniform", "range": [1e-4, 1e-2]}
    branches = [
        {"value": "Adam", "cond_params": {"rate": rate, "epsilon": {**rate, "range": [1e-9, 1e-7]}}},
        {"value": "SGD", "cond_params": {"rate": {**rate, "range": [1e-2, 1e-1]}}},
        {"value": "Ftrl", "cond_params": {"rate": rate}},
    ]
    config, losses, _ = translate(old(optimizer_type={"type": "conditional", "range": branches}))
    optimizer = config.space["learning"]["optimizer"]
    assert optimizer["only"] == ["adam", "sgd"]
    assert optimizer["select"] == {
        "adam": {
            "learning_rate": {"float": [1e-4, 1e-2], "log": True},
            "epsilon": {"float": [1e-9, 1e-7], "log": True},
        },
        "sgd": {"learning_rate": {"float": [1e-2, 1e-1], "log": True}},
    }
    assert any(loss.old == "Ftrl" for loss in losses.values())


def test_dependent_filters_become_tied_genes(translate):
    expressions = {"layer2_filters": "2 * layer1_filters", "layer3_filters": "layer1_filters*4"}
    content = dependent(old(layer1_filters={**WHOLE, "range": [16, 64]}), **expressions)
    config, losses, _ = translate(content)
    layers = config.space["layers"]
    assert layers["length"] == [3, 3]
    assert layers["repeat"]["filters"] == {"scales": "previous", "by": 2, "first": {"int": [16, 64]}}
    assert not any("dependent" in key for key in losses)


def test_expressions_that_are_no_tie_become_free_ranges_or_are_said(translate, tmp_path):
    touched = tmp_path / "touched"
    content = old(layer1_filters={**WHOLE, "range": [16, 64]}, layer1_kernel=dict(WHOLE))
    expressions = {
        "layer2_filters": "layer1_filters + 8",
        "layer3_filters": "layer1_filters ** 2",
        "layer4_filters": f"__import__('pathlib').Path({str(touched)!r}).touch() or 16",
    }
    config, losses, text = translate(dependent(content, **expressions))
    text = text.replace("\n#", "")
    assert config.space["layers"]["repeat"]["filters"] == {"int": [16, 72]}
    prefix = "Hyperparameters_settings.dependent_hyperparameters."
    assert losses[f"{prefix}layer2_filters"].old == "layer1_filters + 8"
    assert "free between 24 and 72" in text
    assert "evaluated as code" in losses[f"{prefix}layer3_filters"].why
    assert "evaluated as code" in losses[f"{prefix}layer4_filters"].why
    assert not touched.exists()


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("2 * (x + 1) - x / 4", Linear("x", 1.75, 2)),
        ("-(3)", Linear(None, 0, -3)),
        ("x * y", None),
        ("x + y", None),
        ("1 / x", None),
        ("1 / 0", None),
        ("10 ** 10 ** 10", None),
        ("max(x, 3)", None),
        ("True", None),
        ("x if x else 2", None),
        ("(" * 400, None),
        ("x +", None),
    ],
)
def test_expressions(text, tree):
    assert linear(text) == tree


def test_fixed_values_and_pooling(translate):
    content = fixed(old(layer1_filters=dict(WHOLE)), optimizer_type="RMSProp", rate=5.0e-05, pool_size=3, epsilon=1e-8)
    config, _, _ = translate(dependent(content, pool_strides="pool_size"))
    assert config.space["learning"]["optimizer"] == {
        "only": ["rmsprop"],
        "select": {"rmsprop": {"learning_rate": 5e-05}},
    }
    assert config.space["pooling"]["select"]["max"] == {"size": 3, "stride": {"scales": "size", "by": 1}}


def test_the_stereo_network(translate):
    content = old(dropout={"type": "uniform", "range": [0, 1]}, layer1_filters=dict(WHOLE))
    content["CTLearn_settings"] |= {"model": "cnn_rnn", "example_type": "array", "min_num_tels": 2, "sorting": "size"}
    config, losses, _ = translate(content)
    assert config.model == "ctlearn_cnn_rnn"
    assert config.space["combine"]["select"]["lstm"]["dropout"] == {"float": [0.0, 0.9]}
    options = config.data.options
    assert (options["mode"], options["min_telescopes"], options["sort_by_size"]) == ("stereo", 2, True)
    assert "learns nothing" in losses["Hyperparameters_settings.hyperparameters_to_optimize.dropout"].why


def test_a_metric_of_the_users_own_becomes_its_parts(translate):
    content = old()
    content["General_settings"] |= {
        "metric_to_optimize": "mine",
        "user_defined_metric_val": {"label": "mine", "expression": "(auc + accuracy_gamma)*0.5"},
    }
    config, losses, _ = translate(content)
    assert [one.metric for one in config.evolution.objectives] == ["auc", "accuracy_signal"]
    assert "side by side" in losses["General_settings.user_defined_metric_val.expression"].why
    assert names_in("(auc +") == []


def test_what_is_lost_stands_at_the_top_and_in_the_order_of_the_file(translate):
    content = old(mystery=dict(WHOLE), layer1_filters=dict(WHOLE))
    content["General_settings"]["num_gpu"] = 1
    _, losses, text = translate(content)
    heading = text[: text.index("\nname:")]
    assert all(row.startswith("#") for row in heading.strip().splitlines())
    assert all(key in heading for key in losses)
    lines = [loss.line for loss in losses.values()]
    assert lines == sorted(lines)
    assert "`num_gpus` is meant" in losses["General_settings.num_gpu"].why
    assert "no place under `config`" in losses["Hyperparameters_settings.hyperparameters_to_optimize.mystery"].why


def without(content, *keys):
    content = copy.deepcopy(content)
    inner = content
    for key in keys[:-1]:
        inner = inner[key]
    del inner[keys[-1]]
    return content


@pytest.mark.parametrize(
    ("content", "key", "words"),
    [
        ({"model": "cnn", "evolution": {}}, None, "not a file of ctlearn_optimizer"),
        ([1, 2], None, "not a file of ctlearn_optimizer"),
        (without(old(), "CTLearn_settings"), "CTLearn_settings", "the section is missing"),
        (without(old(), "General_settings", "num_max_evals"), "General_settings.num_max_evals", "the key is missing"),
        (without(old(), "Hyperparameters_settings", "config"), "Hyperparameters_settings.config", "the key is missing"),
        (old() | {"General_settings": [1]}, "General_settings", "not a section"),
        (
            old(rate={"type": "logunifrom", "range": [1, 2]}),
            "Hyperparameters_settings.hyperparameters_to_optimize.rate.type",
            "did you mean `loguniform`?",
        ),
        (
            old(rate={"type": "uniform", "range": [2, 1]}),
            "Hyperparameters_settings.hyperparameters_to_optimize.rate.range",
            "wrong way round",
        ),
        (
            old(rate={"type": "uniform", "range": ["a", 1]}),
            "Hyperparameters_settings.hyperparameters_to_optimize.rate.range",
            "two numbers",
        ),
        (
            old(depth={"type": "conditional", "range": [3]}),
            "Hyperparameters_settings.hyperparameters_to_optimize.depth.range.0",
            "cond_params",
        ),
        (old(rate=3), "Hyperparameters_settings.hyperparameters_to_optimize.rate", "type and range"),
    ],
)
def test_bad_files_are_refused_with_key_and_line(tmp_path, content, key, words):
    file = tmp_path / "opt_config.yml"
    file.write_text(format_document(content), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        import_ctlearn_optimizer(file)
    assert words in str(caught.value)
    assert caught.value.file == str(file)
    assert caught.value.key == key
    assert key is None or caught.value.line is not None


def test_an_unknown_algorithm_is_refused(tmp_path):
    content = old()
    content["General_settings"]["optimization_type"] = "random_serach"
    file = tmp_path / "opt_config.yml"
    file.write_text(format_document(content), encoding="utf-8")
    with pytest.raises(ConfigError, match="unknown algorithm") as caught:
        import_ctlearn_optimizer(file)
    assert caught.value.hint == "did you mean `random_search`?"


@pytest.mark.parametrize("model", ["single_tel", "cnn_rnn"])
def test_the_family_takes_the_space(translate, model):
    name = {"single_tel": "ctlearn_cnn", "cnn_rnn": "ctlearn_cnn_rnn"}[model]
    try:
        load_family(name)
    except ConfigError:
        pytest.skip(f"the family {name} is not installed")
    hyperparameters = {f"layer{n}_{what}": dict(WHOLE) for n in (1, 2, 3) for what in ("filters", "kernel")}
    hyperparameters |= {
        "optimizer_type": {"type": "choice", "range": ["Adadelta", "Adam", "RMSProp", "SGD"]},
        "rate": {"type": "loguniform", "range": [1e-5, 1e-1]},
        "dropout": {"type": "uniform", "range": [0, 0.5]},
    }
    content = fixed(old(**hyperparameters), pool_size=2, pool_strides=2, epsilon=1e-8)
    content["CTLearn_settings"]["model"] = model
    config, _, _ = translate(content)
    genome = build_space(config).sample(np.random.default_rng(0))
    assert len(genome.genes["layers"]) == 3


def test_command(evonas, here):
    (here / "opt_config.yml").write_text(format_document(old()), encoding="utf-8")
    ran = evonas("config", "import", "ctlearn-optimizer", "opt_config.yml", "--to", "new.yaml").worked("wrote new.yaml")
    assert "General_settings.optimization_type: gaussian_processes" in ran.err
    text = (here / "new.yaml").read_text()
    assert evonas("config", "import", "ctlearn-optimizer", "opt_config.yml").worked().out == text
    evonas("config", "import", "ctlearn-optimizer", "opt_config.yml", "--to", "new.yaml").refused(20, "the file exists")
    evonas("config", "import", "ctlearn-optimizer", "absent.yml").refused(11, "absent.yml: there is no such file")
    (here / "ours.yaml").write_text(text, encoding="utf-8")
    evonas("config", "import", "ctlearn-optimizer", "ours.yaml").refused(
        11, "ours.yaml", "not a file of ctlearn_optimizer"
    )
