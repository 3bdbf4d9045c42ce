"""Winners become genome files with all that is known of them; files are found by name and set side by side."""

import shutil
from pathlib import Path

import pytest

from evonas.compare.genomes import differences, find_genome, fitness_of, genome_files
from evonas.compare.winners import keep_winners
from evonas.errors import ExportError, GenomeError, LineageError, RunError, StorageError
from evonas.genome import Genome, GenomeFile, read_genome, write_genome
from evonas.lineage import LineageStore
from evonas.records import Parent
from evonas.testing.runs import write_run

SAMPLES = Path(__file__).parents[1] / "compatibility" / "samples"
PARENT = Parent(12, "f" * 32, "seed", "runs/older:12")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run whose individual 2 was retrained, and descends from a seed of another run."""
    path = tmp_path_factory.mktemp("run") / "run"
    write_run(
        path,
        [0.5, 0.6, 0.9, None],
        seeds={1: PARENT},
        finals={2: [(0.85, 0.8), (0.87, 0.82)]},
        data={"source": "digits"},
    )
    return path


def test_a_winner_keeps_everything_that_is_known(run, tmp_path):
    (kept,) = keep_winners(f"{run}:best", tmp_path / "genomes", note="the one of the paper")
    assert (kept.individual, kept.twins, kept.file.name) == (2, (), "made-2.yaml")
    content = read_genome(kept.file)
    with LineageStore.open(run, read_only=True) as store:
        record, individual = store.run, store.individual(2)
    assert content.genome == individual.genome and content.genome.marks == individual.genome.marks
    assert (content.name, content.description) == ("made-2", "the one of the paper")
    known = content.provenance
    assert (known["run"], known["individual"], known["run_name"]) == (record.id, 2, "made")
    assert known["fitness"]["accuracy"] == {"value": 0.9, "standard_error": None, "trainings": 1}
    assert known["retrained"]["metrics"]["test_accuracy"]["mean"] == pytest.approx(0.81)
    assert known["retrained"]["metrics"]["test_accuracy"]["standard_error"] == pytest.approx(0.01)
    assert [step["individual"] for step in known["line"]] == [2, 1]
    assert (known["line"][1]["from"], known["line"][0]["accuracy"]) == ("runs/older:12", 0.9)
    assert known["parents"] == [1] and len(known["config_hash"]) == 16
    assert known["versions"]["evonas"] == "0.1.0"
    assert known["data"] == {"evaluator": "evonas.testing.toy:toy_callable"}
    assert known["added"].endswith("+00:00")
    metric, value, error, part = fitness_of(content)
    assert (metric, value, error, part) == ("accuracy", pytest.approx(0.81), pytest.approx(0.01), "test, retrained")


def test_nothing_is_overwritten_silently(run, tmp_path):
    (kept,) = keep_winners(f"{run}:2", tmp_path, name="champion")
    before = kept.file.read_bytes()
    with pytest.raises(StorageError, match="exists and is left as it is") as error:
        keep_winners(f"{run}:1", tmp_path, name="champion")
    assert "--replace" in str(error.value) and kept.file.read_bytes() == before
    keep_winners(f"{run}:1", tmp_path, name="champion", replace_file=True)
    assert read_genome(kept.file).provenance["individual"] == 1
    (twin,) = keep_winners(f"{run}:1", tmp_path)
    assert twin.twins == (kept.file,)


def test_several_at_once_all_or_none(run, tmp_path):
    kept = keep_winners(f"{run}:best(2)", tmp_path)
    assert [one.file.name for one in kept] == ["made-2.yaml", "made-1.yaml"]
    kept[1].file.unlink()
    with pytest.raises(StorageError):
        keep_winners(f"{run}:best(2)", tmp_path)
    assert not kept[1].file.exists()
    with pytest.raises(GenomeError, match="one name for 2 individuals"):
        keep_winners(f"{run}:best(2)", tmp_path, name="both")


@pytest.mark.parametrize(
    ("selection", "error", "words"),
    [
        (":99", LineageError, "no individual 99"),
        (":3", ExportError, "no completed evaluation"),
        (":bset", LineageError, "not understood"),
        ("-not-there:2", RunError, "no such run directory"),
    ],
)
def test_wrong_selections(run, tmp_path, selection, error, words):
    with pytest.raises(error, match=words):
        keep_winners(f"{run}{selection}", tmp_path)
    assert not list(tmp_path.iterdir())


def test_names_that_are_none(run, tmp_path):
    for name in ("../up", "a b", ".hidden"):
        with pytest.raises(GenomeError, match="not a name of a genome file"):
            keep_winners(f"{run}:2", tmp_path, name=name)


def test_an_empty_run_has_no_winner(tmp_path):
    write_run(tmp_path / "empty", [])
    with pytest.raises(LineageError, match="has completed an evaluation"):
        keep_winners(str(tmp_path / "empty"), tmp_path / "genomes")


def test_a_winner_of_a_run_of_the_first_schema(tmp_path):
    (tmp_path / "old").mkdir()
    shutil.copy(SAMPLES / "lineage-1.sqlite", tmp_path / "old" / "lineage.sqlite")
    (kept,) = keep_winners(f"{tmp_path / 'old'}:best", tmp_path)
    known = read_genome(kept.file).provenance
    assert known["individual"] == 3 and known["parents"] == [0, 1]


def test_genomes_are_found_by_file_name_and_run(run, tmp_path):
    (kept,) = keep_winners(f"{run}:2", tmp_path / "deep", name="champion")
    (tmp_path / "broken.yaml").write_text("genes: [")
    (tmp_path / ".hidden.yaml").write_text("genes: [")
    assert set(genome_files(tmp_path)) == {kept.file, tmp_path / "broken.yaml"}
    for text in (str(kept.file), "champion"):
        assert find_genome(text, tmp_path).content.provenance["individual"] == 2
    born = find_genome(f"{run}:2")
    assert (born.content.genome, born.origin) == (
        read_genome(kept.file).genome,
        find_genome("champion", tmp_path).origin,
    )
    assert find_genome(f"{run}:3").content.name == "made-3"  # it failed, and has its genes all the same
    with pytest.raises(GenomeError, match="no such genome") as error:
        find_genome("champoin", tmp_path)
    assert "did you mean `champion`?" in str(error.value)
    shutil.copy(kept.file, tmp_path / "champion.yaml")
    with pytest.raises(GenomeError, match="several genome files"):
        find_genome("champion", tmp_path)
    with pytest.raises(LineageError, match="2 individuals are meant"):
        find_genome(f"{run}:best(2)")
    with pytest.raises(RunError):
        find_genome("nowhere:2", tmp_path)


def test_marks_of_different_runs_are_not_compared(run, tmp_path):
    one, other = find_genome(f"{run}:1"), find_genome(f"{run}:2")
    assert {change.gene for change in differences(one, other)} == {"z", "layers[6]", "layers[7]"}
    write_genome(tmp_path / "hand.yaml", GenomeFile(Genome(one.content.genome.genes, "cnn")))
    found = differences(find_genome(str(tmp_path / "hand.yaml")), other)
    assert [(change.gene, change.kind) for change in found] == [
        ("family", "changed"),
        ("z", "changed"),
        ("layers[1].units", "changed"),
    ]


def test_what_a_file_does_not_know():
    assert fitness_of(GenomeFile(Genome({"x": 1}))) is None
    odd = GenomeFile(Genome({"x": 1}), provenance={"fitness": [1], "metrics": {"auc": "good", "loss": 0.5}})
    assert fitness_of(odd) == ("loss", 0.5, None, "validation, search")
