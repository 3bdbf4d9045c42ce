"""`evonas export`, `report` and `evaluate` of a run that evolves a callable."""

from pathlib import Path

from evonas.genome import read_genome
from evonas.lineage import LineageStore


def test_export_writes_genome_and_card(here, evonas, toy_run):
    ran = evonas("export", toy_run, "--to", "winner").worked("winner/genome.yaml", "winner/MODEL_CARD.md")
    assert "no model.keras: the run evolves a function of yours" in ran.err
    with LineageStore.open(toy_run, read_only=True) as store:
        best = store.best(1)[0]
    assert read_genome("winner/genome.yaml").genome.id == best.individual.genome.id
    card = Path("winner/MODEL_CARD.md").read_text()
    assert f"| accuracy | {best.value:.6g} |" in card and "toy_callable" in card
    assert {entry.name for entry in Path("winner").iterdir()} == {"genome.yaml", "MODEL_CARD.md"}
    evonas("export", toy_run, "--to", "winner").worked()


def test_export_of_a_selection(here, evonas, toy_run):
    evonas("export", f"{toy_run}:3", "--to", "third").worked("third/genome.yaml")
    with LineageStore.open(toy_run, read_only=True) as store:
        assert read_genome("third/genome.yaml").genome.id == store.individual(3).genome.id
    evonas("export", f"{toy_run}:baseline", "--to", "there").refused(15, "did not start with a baseline")


def test_export_of_one_that_does_not_exist(here, evonas, toy_run):
    evonas("export", toy_run, 99, "--to", "there").refused(15, "no individual 99")
    evonas("export", "nowhere", "--to", "there").refused(16, "nowhere: there is no such run directory")
    assert not Path("there").exists()


def test_export_where_it_cannot_be_written(here, evonas, toy_run):
    Path("file").touch()
    evonas("export", toy_run, "--to", "file").refused(20, "file")


def test_report(here, evonas, toy_run):
    evonas("report", toy_run, "--to", "page.html").worked("page.html")
    assert "</html>" in Path("page.html").read_text(encoding="utf-8")
    evonas("report", toy_run, "--to", "no/such/page.html")


def test_a_callable_has_no_test_part(evonas, toy_run):
    evonas("evaluate", f"{toy_run}:best").refused(17, "no test part", "toy_callable", "next:")


def test_evaluating_one_that_does_not_exist(here, evonas, toy_run):
    evonas("evaluate", f"{toy_run}:99").refused(15, "no individual 99")
    evonas("evaluate", "nowhere:best").refused(16, "nowhere: there is no such run directory")
