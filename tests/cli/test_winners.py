"""`evonas winners add`, and that a winner seeds the next search at once."""

from pathlib import Path

import pytest

from evonas.genome import read_genome
from evonas.lineage import LineageStore
from evonas.testing.runs import write_run


@pytest.fixture
def run(here):
    write_run(Path("runs/made"), [0.5, 0.9])
    return "runs/made"


def test_add(evonas, run):
    ran = evonas("winners", "add", f"{run}:best", "--note", "a good one").worked("genomes/made-1.yaml")
    assert "evonas evolve CONFIG --seed-from genomes/made-1.yaml" in ran.err
    assert read_genome("genomes/made-1.yaml").description == "a good one"
    evonas("winners", "add", f"{run}:best").refused(20, "genomes/made-1.yaml", "left as it is", "--replace")
    ran = evonas("winners", "add", f"{run}:1", "--name", "champion", "--to", "kept").worked("kept/champion.yaml")
    ran = evonas("winners", "add", f"{run}:1", "--name", "twin", "--to", "kept").worked("kept/twin.yaml")
    assert "kept/twin.yaml: the same genome as kept/champion.yaml" in ran.err
    evonas("winners", "add", f"{run}:1", "--name", "twin", "--to", "kept", "--replace").worked("kept/twin.yaml")


def test_what_cannot_be_added(evonas, run):
    evonas("winners", "add", f"{run}:7").refused(15, "no individual 7", "a number from 0 to 1")
    evonas("winners", "add", "nowhere:7").refused(16, "nowhere: there is no such run directory")
    evonas("winners", "add", f"{run}:1", "--name", "a/b").refused(13, "--name", "a/b")
    Path("file").touch()
    evonas("winners", "add", f"{run}:1", "--to", "file").refused(20, "file")
    assert not Path("genomes").exists()


def test_a_winner_seeds_the_next_search(evonas, write, toy, toy_run):
    evonas("winners", "add", f"{toy_run}:best", "--name", "champion").worked()
    evonas("genomes", "ls").worked("genomes/champion.yaml", "accuracy")
    settings = toy(seeds=["genomes/champion.yaml"], seed=8)
    settings["evolution"] = settings["evolution"] | {"evaluations": 6, "population": 3, "founders": 2}
    evonas("evolve", write(settings), "--run-dir", "runs/next").worked()
    with LineageStore.open("runs/next", read_only=True) as store:
        seeded = next(one for one in store.individuals() if one.birth.operators == ("seed",))
    assert seeded.genome.id == read_genome("genomes/champion.yaml").genome.id
    assert seeded.birth.parents[0].source == "genomes/champion.yaml"
    evonas("runs", "--phylogeny").worked("next", "seed genomes/champion.yaml")


@pytest.mark.training
def test_a_trained_winner_tells_of_its_data_and_costs(here, evonas, keras_run):
    evonas("winners", "add", f"{keras_run}:best", "--name", "tiny").worked()
    known = read_genome("genomes/tiny.yaml").provenance
    assert known["data"]["source"] == "digits" and len(known["data"]["digest"]) == 64
    assert known["data"]["events"]["test"] > 0 and known["costs"]["parameters"] > 0
    assert known["fitness"]["accuracy"]["value"] == known["metrics"]["accuracy"]
