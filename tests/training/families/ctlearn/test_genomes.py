"""The genome files of CTLearn's networks: they are the baselines, and what the 2019 study's files say."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from evonas.genome import Genome, read_genome
from evonas.training.ctlearn.tasks import ctlearn_heads
from evonas.training.families import load_family

REPOSITORY = Path(__file__).parents[4]
FOLDER = REPOSITORY / "genomes/ctlearn"
STUDY = REPOSITORY.parent / "shared/data/ctlearn_optimizer"
BASELINES = {
    "single_cnn": ("ctlearn_cnn", "SingleCNN"),
    "thin_resnet": ("ctlearn_resnet", "ThinResNet"),
    "cnn_rnn": ("ctlearn_cnn_rnn", "CNN-RNN"),
}
TELESCOPES = ("lst", "mstf", "mstn", "sstc")
TYPE = ctlearn_heads(["type"])


def test_they_are_there():
    assert {path.stem for path in FOLDER.glob("*.yaml")} == {*BASELINES, *(f"optimised_{name}" for name in TELESCOPES)}


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.yaml")), ids=lambda path: path.stem)
def test_a_genome_names_its_source_and_can_be_built(path):
    content = read_genome(path)
    assert content.name and content.description and content.source
    shape = (4, 110, 110, 2) if content.genome.family == "ctlearn_cnn_rnn" else (110, 110, 2)
    assert load_family(content.genome.family).costs(content.genome, shape, TYPE)["parameters"] > 0


@pytest.mark.parametrize(("file", "baseline"), BASELINES.items(), ids=BASELINES)
def test_a_baseline_is_what_its_file_says(file, baseline):
    family, name = baseline
    assert read_genome(FOLDER / f"{file}.yaml").genome == Genome(load_family(family).baselines()[name], family)


@pytest.mark.parametrize("telescope", TELESCOPES)
def test_an_optimised_genome_is_the_studys_best(telescope):
    table = STUDY / f"Basic_optimization_run_{telescope}.csv"
    if not table.exists():
        pytest.skip(f"the 2019 study's file is not here: {table}")
    with table.open(encoding="utf-8") as lines:
        best = max(csv.DictReader(lines), key=lambda row: float(row["auc_val"]))
    content = read_genome(FOLDER / f"optimised_{telescope}.yaml")
    layers = content.genome["layers"]
    for number, layer in enumerate(layers, start=1):
        assert (layer["filters"], layer["kernel"], layer["number"]) == (
            int(best[f"layer{number}_filters"]),
            int(best[f"layer{number}_kernel"]),
            1,
        )
    assert f"layer{len(layers) + 1}_filters" not in best
    assert content.provenance["iteration"] == int(best["iteration"])
    assert content.provenance["value"] == float(best["auc_val"])
