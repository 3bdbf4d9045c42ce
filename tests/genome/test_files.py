"""Genome files: what is written comes back, and what is wrong is explained."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evonas.errors import GenomeError, StorageError
from evonas.genome import Genome, GenomeFile, read_genome, write_genome

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
GENES = st.dictionaries(
    st.text(max_size=5),
    st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner)),
    max_size=4,
)


def test_a_winner_comes_back(tmp_path):
    content = GenomeFile(
        Genome({"layers": [{"units": 64}], "rate": 1e-5}, "dense", marks={"layers": [[3, None]]}),
        name="winner",
        description="a small one",
        source="run 12",
        provenance={"run": "abc", "individual": 12, "metrics": {"accuracy": 0.98}},
    )
    path = tmp_path / "deeper" / "winner.yaml"
    write_genome(path, content)
    again = read_genome(path)
    assert again == content
    assert again.genome.marks == content.genome.marks
    assert [file.name for file in path.parent.iterdir()] == ["winner.yaml"]


@settings(max_examples=50, deadline=None)
@given(genes=GENES)
def test_any_genome_comes_back(tmp_path_factory, genes):
    path = tmp_path_factory.mktemp("genomes") / "genome.yaml"
    genome = Genome(genes, "any")
    write_genome(path, GenomeFile(genome))
    assert read_genome(path).genome == genome


@pytest.mark.parametrize(
    "word", ["1e3", "1e-3", "no", "on", "yes", "true", "null", "~", "12", "1_000", "0x10", "1:30", "é"]
)
def test_a_word_that_looks_like_something_else_stays_a_word(tmp_path, word):
    path = tmp_path / "genome.yaml"
    write_genome(path, GenomeFile(Genome({"x": word, word: 1})))
    assert read_genome(path).genome.genes == {"x": word, word: 1}


def test_a_file_by_hand(tmp_path):
    path = tmp_path / "lenet.yaml"
    path.write_text("schema_version: 1\nfamily: cnn\ngenes:\n  rate: 1e-3\n  norm: no\n", encoding="utf-8")
    content = read_genome(path)
    assert content.genome == Genome({"rate": 0.001, "norm": "no"}, "cnn")
    assert content.name == "lenet"
    assert content.provenance == {}


@pytest.mark.parametrize(
    ("text", "line", "key", "message"),
    [
        ("- 1\n", None, None, "is a mapping"),
        ("", None, None, "is a mapping"),
        ("genes: {}\n", 1, "schema_version", "cannot read"),
        ("name: x\nschema_version: 2\ngenes: {}\n", 2, "schema_version", "cannot read"),
        ("schema_version: 1\ngene: {}\n", 2, "gene", "unknown key"),
        ("schema_version: 1\n", None, "genes", "missing"),
        ("schema_version: 1\ngenes: 3\n", 2, "genes", "missing"),
        ("schema_version: 1\ngenes: {rate: .nan}\n", None, "rate", "not finite"),
        ("schema_version: 1\ngenes: {day: 2020-01-01}\n", None, "day", "type"),
        ("schema_version: 1\ngenes: [\n", 3, None, "not valid YAML"),
        ("schema_version: 1\nschema_version: 1\n", 2, "schema_version", "twice"),
    ],
)
def test_what_is_wrong_is_explained(tmp_path, text, line, key, message):
    path = tmp_path / "genome.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(GenomeError, match=message) as caught:
        read_genome(path)
    error = caught.value
    assert error.file == str(path)
    if line is not None:
        assert error.line == line
    if key is not None:
        assert (error.key or "").endswith(key)


def test_no_such_file(tmp_path):
    with pytest.raises(GenomeError, match="no such file"):
        read_genome(tmp_path / "none.yaml")


def test_a_typing_error_names_the_nearest_key(tmp_path):
    path = tmp_path / "genome.yaml"
    path.write_text("schema_version: 1\ngenes: {}\nprovenence: {}\n", encoding="utf-8")
    with pytest.raises(GenomeError) as caught:
        read_genome(path)
    assert caught.value.hint == "did you mean `provenance`?"


def test_a_file_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(StorageError, match="cannot write"):
        write_genome(tmp_path / "file" / "genome.yaml", GenomeFile(Genome({})))


def test_a_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "genome.yaml"
    write_genome(path, GenomeFile(Genome({"x": 1})))

    def full(*arguments, **keywords):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.write_text", full)
    with pytest.raises(StorageError, match="No space left"):
        write_genome(path, GenomeFile(Genome({"x": 2})))
    assert read_genome(path).genome == Genome({"x": 1})
    assert len(list(tmp_path.iterdir())) == 1
