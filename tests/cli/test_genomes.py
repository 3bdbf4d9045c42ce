"""`evonas genomes ls`, `show`, `diff`."""

import csv
import json
from pathlib import Path

import pytest

from evonas.testing.runs import write_run

PUBLISHED = Path(__file__).parents[2] / "genomes"


@pytest.fixture
def kept(here, evonas):
    """A run, and its winner in `genomes`."""
    write_run(Path("runs/made"), [0.5, 0.9], finals={1: [(0.85, 0.80), (0.87, 0.82)]})
    evonas("winners", "add", "runs/made:best", "--name", "champion", "--note", "the champion").worked()
    return Path("genomes/champion.yaml")


def test_ls(evonas, kept):
    evonas("genomes", "ls").worked(
        "genomes/champion.yaml", "dense", "accuracy 0.8100 +- 0.0100 (test, retrained)", "made:1"
    )
    Path("genomes/broken.yaml").write_text("genes: [")
    ran = evonas("genomes", "ls", "--format", "json").worked()
    assert "broken.yaml" in ran.err and "Traceback" not in ran.err
    (row,) = json.loads(ran.out)
    assert (row["name"], row["metric"], row["part"], row["individual"]) == (
        "champion",
        "accuracy",
        "test, retrained",
        1,
    )
    rows = list(csv.DictReader(evonas("genomes", "ls", PUBLISHED, "--format", "csv").worked().out.splitlines()))
    assert {"LeNet-5", "CNN-RNN"} <= {row["name"] for row in rows}
    evonas("genomes", "ls", "nowhere").refused(13, "nowhere: there is no such folder", "evonas winners add")
    Path("none").mkdir()
    evonas("genomes", "ls", "none").worked("no genome files in none")


def test_show(evonas, kept):
    shown = evonas("genomes", "show", "champion").worked("champion", "the champion", "made:1", "genes:", "provenance:")
    assert "1 <- 0" in shown.out and "config_hash" in shown.out
    told = json.loads(evonas("genomes", "show", kept, "--format", "json").worked().out)
    assert told["provenance"]["individual"] == 1 and told["genes"]["layers"][1]["units"] == 2
    evonas("genomes", "show", "runs/made:0").worked("made-0", "accuracy 0.5 (validation, search)")
    evonas("genomes", "show", "LeNet-5", "--dir", PUBLISHED).worked("Gradient-based learning")
    evonas("genomes", "show", "champoin").refused(13, "no such genome", "did you mean `champion`?")
    evonas("genomes", "show", "runs/made:9").refused(15, "no individual 9")


def test_diff(evonas, kept):
    shown = (
        evonas("genomes", "diff", "runs/made:0", "champion").worked("layers[5]", "removed", "layers[6]", "added").out
    )
    assert "champion" in shown.splitlines()[0]
    evonas("genomes", "diff", "champion", kept).worked("have equal genes")
    rows = json.loads(evonas("genomes", "diff", "champion", PUBLISHED / "lenet5.yaml", "--format", "json").worked().out)
    assert rows[0]["gene"] == "family" and rows[0]["champion"] == "dense"
    evonas("genomes", "diff", "champion", "nothing").refused(13, "no such genome")
