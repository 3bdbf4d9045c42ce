"""`evonas lineage export` and `import`: by the file's ending, into a run that other commands take."""

import json

import pytest

pytest.importorskip("evonas.cli.lineage_exchange")

PHYLOGENY = """id,ancestor_list,origin_time,accuracy,layers
1,[none],0,0.5,1
2,[1],1,0.75,2
3,"[2,1]",2,0.625,3
"""


@pytest.fixture
def phylogeny(here):
    (here / "others.csv").write_text(PHYLOGENY)
    return here / "others.csv"


@pytest.mark.parametrize(
    ("name", "begins"),
    [
        ("a.graphml", "<?xml"),
        ("a.gexf", "<?xml"),
        ("a.gv", "digraph"),
        ("a.csv", "id,ancestor_list"),
        ("a.nwk", "[evonas"),
        ("a.prov.json", '{\n"prefix"'),
        ("a.cyjs", '{"data"'),
    ],
)
def test_the_ending_tells_the_format(evonas, toy_run, here, name, begins):
    evonas("lineage", "export", toy_run, "--to", name).worked(name)
    assert (here / name).read_text().startswith(begins)


def test_a_research_object(evonas, toy_run, here):
    evonas("lineage", "export", toy_run, "--to", "crate", "--as", "ro-crate").worked("crate")
    graph = json.loads((here / "crate" / "ro-crate-metadata.json").read_text())["@graph"]
    assert {"config.yaml", "lineage.sqlite"} <= {entity["@id"] for entity in graph}
    evonas("lineage", "export", toy_run, "--to", "crate.zip").worked("crate.zip")
    ran = evonas("lineage", "export", toy_run, "--to", "other.zip", "--where", "accuracy > 0")
    ran.refused(18, "a research object holds a whole run")


def test_an_ending_that_tells_nothing(evonas, toy_run, here):
    evonas("lineage", "export", toy_run, "--to", "a.json").refused(18, "does not tell the format", "--as")
    evonas("lineage", "export", toy_run, "--to", "a.json", "--as", "prof").refused(18, "did you mean `prov`?")


def test_a_part_of_a_run(evonas, toy_run, here):
    evonas("lineage", "export", toy_run, "--to", "part.csv", "--where", "generation >= 1").worked()
    evonas("lineage", "export", toy_run, "--to", "all.csv").worked()
    part, whole = ((here / name).read_text().count("\n") for name in ("part.csv", "all.csv"))
    assert 1 < part < whole


def test_what_is_imported_can_be_looked_at(evonas, phylogeny):
    ran = evonas("lineage", "import", phylogeny, "--to", "runs/others", "--gene", "layers=depth")
    ran.worked("3 individuals and 3 evaluations of an ALife phylogeny", "metrics: accuracy", "genes: layers")
    evonas("lineage", "show", "runs/others").worked("0.75")
    evonas("lineage", "ancestors", "runs/others", 2).worked("depth 2 -> 3")
    evonas("best", "runs/others").worked("0.75")
    evonas("runs", "runs").worked("others")
    evonas("lineage", "export", "runs/others", "--to", "again.csv").worked()
    evonas("report", "runs/others").worked()


def test_what_is_imported_seeds_a_search(evonas, phylogeny, write, toy):
    evonas("lineage", "import", phylogeny, "--to", "others", "--gene", "layers=depth").worked()
    space = {"depth": {"int": [1, 8]}, "rate": {"float": [0.0, 1.0]}}
    settings = toy(space=space, evaluator="scoring:score", seeds=["others:best(2)"])
    phylogeny.with_name("scoring.py").write_text(
        "def score(genome, budget):\n    return {'accuracy': genome['depth'] / 8}\n"
    )
    evonas("evolve", write(settings), "--run-dir", "new").worked()
    rows = json.loads(evonas("lineage", "ancestors", "new", 0, "--format", "json").worked().out)
    assert "others" in json.dumps(rows)
    from evonas.lineage import LineageStore

    with LineageStore.open("new", read_only=True) as store:
        first, second = store.individuals()[:2]
        assert [one.genome["depth"] for one in (first, second)] == [2, 3]
        assert first.birth.primary.number == 1 and first.birth.primary.role == "seed"
        (event,) = store.events("seeds")
        assert "3 evaluations of earlier runs are known" in event.message


def test_what_is_imported_cannot_be_gone_on_with(evonas, phylogeny):
    evonas("lineage", "import", phylogeny, "--to", "others").worked()
    ran = evonas("resume", "others")
    assert ran.code != 0 and "Traceback" not in ran.err and "config.yaml" in ran.err


def test_wrong_files(evonas, phylogeny, here):
    evonas("lineage", "import", "nowhere.csv", "--to", "x").refused(15, "no such file")
    evonas("lineage", "import", phylogeny, "--to", here).refused(16, "not empty")
    evonas("lineage", "import", phylogeny, "--to", "x", "--objective", "acuracy").refused(
        15, "did you mean `accuracy`?"
    )
    assert evonas("lineage", "import", phylogeny, "--to", "x", "--direction", "up").code == 2
    assert not (here / "x").exists()
