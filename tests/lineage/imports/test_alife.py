"""ALife phylogenies: our own come back, others' are taken as far as they go, wrong ones are refused in words."""

import pytest

from evonas.errors import LineageError, RunError
from evonas.genome import GeneChange, Genome
from evonas.lineage import LineageStore, export_lineage, select
from evonas.lineage.imports import read_alife, write_history
from evonas.records import EvaluationStatus, Parent
from evonas.testing.stores import bear, new_run

AVIDA = """id,ancestor_list,origin_time,destruction_time,fitness,genome_length,sequence
10,[NONE],0,30,0.5,100,wzcagczvfcaxgab
20,[10],10,inf,0.75,101,wzcagczvfcaxgabc
30,"[10, 20]",20,50,,99,wzcag
"""


@pytest.fixture
def file(tmp_path):
    def written(text, name="a.csv"):
        path = tmp_path / name
        path.write_text(text)
        return path

    return written


@pytest.fixture
def imported(tmp_path):
    opened = []

    def run(history):
        folder = write_history(history, tmp_path / "run", ["evonas", "lineage", "import"])
        opened.append(LineageStore.open(folder, read_only=True))
        return opened[-1]

    yield run
    for store in opened:
        store.close()


def test_a_phylogeny_of_another_program(file, imported):
    store = imported(read_alife(file(AVIDA)))
    assert (store.run.name, store.run.status) == ("a", "finished")
    assert store.run.directions == (("fitness", True),)
    first, second, third = store.individuals()
    assert first.genome == Genome({"sequence": "wzcagczvfcaxgab"})
    assert first.birth.operators == ("founder",) and first.birth.parents == ()
    assert second.birth.parents == (Parent(0),)
    assert second.birth.changes == (GeneChange("sequence", "changed", "wzcagczvfcaxgab", "wzcagczvfcaxgabc"),)
    assert third.birth.parents == (Parent(0), Parent(1, role="mate"))
    assert [one.birth.generation for one in (first, second, third)] == [0, 1, 2]
    assert dict(third.costs) == {"origin_time": 20.0, "id": 30.0}
    assert [dict(stored.result.metrics) for stored in store.results()] == [
        {"fitness": 0.5, "genome_length": 100.0},
        {"fitness": 0.75, "genome_length": 101.0},
        {"genome_length": 99.0},
    ]
    assert store.lives() == {0: (0, 3), 1: (1, None), 2: (2, 3)}
    assert select(store, "best")[0].number == 1
    assert store.run.space == {"sequence": {"choice": ["wzcagczvfcaxgab", "wzcagczvfcaxgabc", "wzcag"]}}
    (event,) = store.events("imported")
    assert event.data["columns"] == {"fitness": "metric", "genome_length": "metric", "sequence": "gene"}


def test_the_user_says_what_a_column_is(file, imported):
    genes = {"genome_length": "body.length", "sequence": ""}
    store = imported(read_alife(file(AVIDA), objective="fitness", direction="min", genes=genes))
    assert store.run.directions == (("fitness", False),)
    assert store.individual(1).genome.genes == {"body": {"length": 101}, "sequence": "wzcagczvfcaxgabc"}
    assert store.run.space["body"] == {"length": {"int": [99, 101]}}
    assert [one.individual.number for one in store.best(5)] == [0, 1]


def test_rows_in_any_order(file, imported):
    text = "id,ancestor_list\n7,[3]\n3,[1]\n1,[none]\n"
    store = imported(read_alife(file(text)))
    assert [one.genome.genes for one in store.individuals()] == [{"id": 1}, {"id": 3}, {"id": 7}]
    assert store.counts()["completed"] == store.counts()["pending"] == 0
    assert "no column is called like a fitness" in store.events("imported")[0].data["notes"][-1]


def test_ancestor_id_alone(file, imported):
    store = imported(read_alife(file("id,ancestor_id\n0,0\n1,0\n")))
    assert [one.birth.parents for one in store.individuals()] == [(), (Parent(0),)]


def test_our_own_file_comes_back(tmp_path, imported):
    births = [
        bear(0),
        bear(1, [Parent(7, "ab" * 16, "seed", "runs/old")], changes=(), generation=0),
        bear(2, [0, Parent(1, role="mate")]),
        bear(3, [2], generation=2),
        bear(4, [2], generation=2),
    ]
    with LineageStore.create(tmp_path / "own", new_run(), synchronous="off") as store:
        for number, (individual, request) in enumerate(births):
            store.add_individual(individual, request)
            if number < 3:
                store.add_result(request.result({"accuracy": 0.5 + number / 10}, epochs=3, seconds=1.5, device="gpu:0"))
            elif number == 3:
                store.add_result(request.failure(EvaluationStatus.TIMED_OUT, "too long"))
        store.mark_deaths([0], 2)
        export_lineage(store, "alife", tmp_path / "own.csv")
        original, lives, counts = store.individuals(), store.lives(), store.counts()
    copy = imported(read_alife(tmp_path / "own.csv"))
    assert copy.lives() == lives and copy.counts() == counts
    for before, after in zip(original, copy.individuals(), strict=True):
        assert after.genome == before.genome and after.genome.family == "dense"
        assert after.genome.marks == before.genome.marks
        assert after.costs == before.costs
        assert after.birth.operators == before.birth.operators
        assert after.birth.generation == before.birth.generation
        assert [(parent.number, parent.run, parent.role) for parent in after.birth.parents] == [
            (parent.number, parent.run, parent.role) for parent in before.birth.parents
        ]
    result = copy.results()[2].result
    assert (dict(result.metrics), result.seconds, result.device) == ({"accuracy": 0.7}, 1.5, "gpu:0")
    export_lineage(copy, "alife", tmp_path / "again.csv")
    assert (tmp_path / "again.csv").read_text() == (tmp_path / "own.csv").read_text()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("name,parent\n1,2\n", "no phylogeny"),
        ("id,ancestor_list\n1,[none]\n1,[none]\n", "twice"),
        ("id,ancestor_list\n1,[2]\n", "is no row"),
        ("id,ancestor_list\n1,[2]\n2,[1]\n", "own ancestors"),
        ("id,ancestor_list\n1,none\n", "no list of ancestors"),
        ("id,ancestor_list\n-1,[none]\n", "at least 0"),
        ("id,ancestor_list\nx,[none]\n", "at least 0"),
        ("id,ancestor_list,origin_time\n1,[none],soon\n", "a number, or inf"),
    ],
)
def test_what_breaks_the_standard(file, text, words):
    with pytest.raises(LineageError, match=words) as caught:
        read_alife(file(text))
    assert caught.value.file.endswith("a.csv")


def test_a_column_that_is_not_there(file):
    with pytest.raises(LineageError) as caught:
        read_alife(file(AVIDA), objective="fitnes")
    assert caught.value.hint == "did you mean `fitness`?"
    with pytest.raises(LineageError, match="no such column") as caught:
        read_alife(file(AVIDA), genes={"sequenze": ""})
    assert caught.value.hint == "did you mean `sequence`?"
    with pytest.raises(LineageError, match="no such file"):
        read_alife("nowhere.csv")
    with pytest.raises(LineageError, match="cannot be read"):
        read_alife(__file__.replace("test_alife.py", ""))


def test_a_file_without_rows(file, imported):
    store = imported(read_alife(file("id,ancestor_list\n")))
    assert store.individuals() == [] and store.results() == []


def test_a_folder_that_is_used(file, tmp_path):
    with pytest.raises(RunError, match="not empty"):
        write_history(read_alife(file(AVIDA)), tmp_path)
