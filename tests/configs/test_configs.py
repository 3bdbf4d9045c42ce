"""Every configuration and every genome that comes with evonas is one that works."""

import math
from pathlib import Path

import numpy as np
import pytest

from evonas.config import load_config
from evonas.documents import read_document
from evonas.errors import ConfigError
from evonas.genome import read_genome
from evonas.run import build_space, check_data_options
from evonas.training.ctlearn.tasks import ctlearn_heads
from evonas.training.families import load_family
from evonas.training.heads import classifier

REPOSITORY = Path(__file__).parents[2]
CONFIGS = sorted((REPOSITORY / "configs").glob("*.yaml"))
GENOMES = sorted((REPOSITORY / "genomes").glob("*.yaml"))
INPUTS = {
    "mnist": (28, 28, 1),
    "quark": (45,),
    "gamma_hadron": (21, 21, 2),
    "ctlearn_lst": (110, 110, 2),
    "ctlearn_stereo": (4, 21, 21, 2),
    "ctlearn_multitask": (21, 21, 2),
}
MADE_FOR = {"quark_gluon_dense": ((45,), 2), "small_vgg": ((32, 32, 3), 10)}
NAMES = {*INPUTS, "quickstart", "mnist_cnn", "quark_gluon_dense", "custom_callable"} - {"mnist", "quark"}


def stem(path):
    return path.stem


def test_they_are_there():
    assert {path.stem for path in CONFIGS} >= NAMES
    assert {path.stem for path in GENOMES} >= {"lenet5", "quark_gluon_dense", "small_vgg"}


@pytest.mark.parametrize("path", CONFIGS, ids=stem)
def test_a_configuration_is_valid_and_its_space_is_one_to_sample_from(path):
    config = load_config(path)
    check_data_options(config)
    space = build_space(config)
    assert space.size() > 1000 or math.isinf(space.size())
    rng = np.random.default_rng(0)
    for _ in range(20):
        genome = space.sample(rng)
        assert space.contains(genome), space.why_not(genome)


@pytest.mark.parametrize("path", CONFIGS, ids=stem)
def test_every_key_of_a_configuration_stands_beside_or_below_a_comment(path):
    text = path.read_text(encoding="utf-8")
    assert text.startswith("# "), "a configuration says what it is for"
    assert f"evonas evolve configs/{path.name}" in text, "and how it is run"
    document = read_document(path, ConfigError)
    for key in ("evolution", "evaluation"):
        begin, end = section_lines(document, key, text)
        assert any("#" in line for line in text.splitlines()[begin - 1 : end]) or key == "evaluation"


def section_lines(document, key, text):
    begin = document.line((key,))
    later = [line for path, line in document.lines.items() if len(path) == 1 and line > begin]
    return begin, min(later, default=len(text.splitlines()) + 1) - 1


@pytest.mark.parametrize("path", CONFIGS, ids=stem)
def test_its_seeds_fit_its_family_and_its_limits_are_known_costs(path):
    config = load_config(path)
    if config.model is None:
        assert not config.seeds and not config.evolution.limits
        return
    family, space = load_family(config.model), build_space(config)
    for seed in config.seeds:
        genome = read_genome(Path(config.base) / seed).genome
        assert genome.family == config.model
        assert space.contains(space.repair(genome).genome)
    shape = next((shape for word, shape in INPUTS.items() if word in path.stem), (8, 8, 1))
    heads = ctlearn_heads(config.data.options["tasks"]) if "tasks" in config.data.options else classifier(10)
    costs = family.costs(space.sample(np.random.default_rng(0)), shape, heads)
    assert set(config.evolution.limits) <= set(costs)


@pytest.mark.parametrize("path", GENOMES, ids=stem)
def test_a_genome_reads_names_its_source_and_can_be_built(path):
    content = read_genome(path)
    assert content.name and content.description and content.source
    stated = read_document(path, ConfigError).content.get("id")
    assert stated is None or stated == content.genome.id
    shape, outputs = MADE_FOR.get(path.stem, ((28, 28, 1), 10))
    costs = load_family(content.genome.family).costs(content.genome, shape, classifier(outputs))
    assert costs["parameters"] > 0 and costs["operations"] > 0


def test_published_sizes():
    """LeNet-5 as in Keras's and PyTorch's tutorials has 61,706 parameters; the quark/gluon network is 3 x 100."""
    lenet = read_genome(REPOSITORY / "genomes/lenet5.yaml").genome
    assert load_family("cnn").costs(lenet, (28, 28, 1), classifier(10))["parameters"] == 61706
    dense = read_genome(REPOSITORY / "genomes/quark_gluon_dense.yaml").genome
    expected = 45 * 100 + 100 + 2 * (100 * 100 + 100) + 100 * 2 + 2
    assert load_family("dense").costs(dense, (45,), classifier(2))["parameters"] == expected
