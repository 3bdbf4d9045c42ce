"""The baselines in genomes/: each is read, counted, built, and repaired into the default space of its family."""

from __future__ import annotations

from pathlib import Path

import pytest

from evonas.genome import read_genome
from evonas.space import Space
from evonas.training.families import load_family, model_costs
from evonas.training.heads import classifier

GENOMES = Path(__file__).parents[3] / "genomes"

# parameters, operations: LeNet-5's and the dense network's by hand, the others recorded when they were written
COSTS = {
    "lenet5": ((28, 28, 1), 10, 61_706, 416_520),
    "quark_gluon_dense": ((45,), 2, 25_002, 24_700),
    "small_vgg": ((28, 28, 1), 10, 651_306, 29_490_176),
    "handmade_mnist_cnn": ((28, 28, 1), 10, 436_650, 29_275_904),
}


def test_lenet5_by_hand():
    maps = 28 * 28 * (25 * 1 * 6) + 10 * 10 * (25 * 6 * 16)
    layers = 400 * 120 + 120 * 84 + 84 * 10
    assert COSTS["lenet5"][3] == maps + layers
    assert COSTS["lenet5"][2] == 25 * 6 + 6 + 25 * 6 * 16 + 16 + layers + 120 + 84 + 10


def test_every_baseline_is_counted_here():
    assert {path.stem for path in GENOMES.glob("*.yaml")} >= set(COSTS)


@pytest.mark.parametrize("name", COSTS)
def test_baseline(name):
    shape, outputs, parameters, operations = COSTS[name]
    file = read_genome(GENOMES / f"{name}.yaml")
    assert file.name
    assert file.description
    assert file.source
    family = load_family(file.genome.family)
    costs = family.costs(file.genome, shape, classifier(outputs))
    assert costs == {"parameters": parameters, "operations": operations}
    assert model_costs(family.build(file.genome, shape, classifier(outputs))) == costs
    assert f"{parameters:,} parameters" in (GENOMES / f"{name}.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", COSTS)
def test_baseline_fits_into_the_default_space(name):
    genome = read_genome(GENOMES / f"{name}.yaml").genome
    family = load_family(genome.family)
    space = Space.from_dict(family.default_space(), family=genome.family)
    repaired = space.repair(genome).genome
    assert space.contains(repaired)
    shape, outputs, *_ = COSTS[name]
    assert family.costs(repaired, shape, classifier(outputs))["parameters"] > 0
