"""`evonas evolve` and `evonas resume`."""

import re
import shutil
import tempfile
from pathlib import Path

import pytest

from evonas import Engine, EvolutionConfig
from evonas.cli.evolve import _conclude
from evonas.documents import read_document
from evonas.errors import ConfigError
from evonas.genome import GenomeFile, write_genome
from evonas.lineage import LineageStore
from evonas.run import Outcome, RunDirectory
from evonas.space import Space
from evonas.testing.toy import toy_space


def born(run):
    with LineageStore.open(run, read_only=True) as store:
        return store.individuals()


def events(run, kind):
    with LineageStore.open(run, read_only=True) as store:
        return store.events(kind)


def test_a_cost_that_is_an_objective_is_said_once(capsys, tmp_path):
    config = EvolutionConfig(evaluations=1, objectives=["accuracy", "parameters"])
    engine = Engine(toy_space(), config, appraise=lambda genome: {"parameters": 7, "operations": 9})
    request = engine.ask()
    engine.tell(request.result({"accuracy": 0.5}))
    _conclude(Outcome(RunDirectory(tmp_path), finished=True, reason="done", engine=engine))
    assert "with accuracy 0.5, parameters 7, operations 9\n" in capsys.readouterr().out


def test_a_line_for_each_evaluation_then_the_best_and_what_to_do_next(toy_run_printed):
    run, ran = toy_run_printed
    lines = ran.err.splitlines()
    assert lines[0] == "evolving toy on cpu:0 x 1"
    assert len(lines) == 1 + 14
    for number, line in enumerate(lines[1:], 1):
        assert re.fullmatch(
            rf"\[{number}/14\] individual \d+: accuracy [\d.]+, loss [\d.]+ (after 3 epochs|\(known), .*; "
            r"best accuracy [\d.]+, loss [\d.]+ \(individual \d+\); \d+ on the Pareto front; .* left",
            line,
        ), line
    assert "finished: all 14 evaluations are used" in ran.out
    assert re.search(r"best: individual \d+ with accuracy [\d.]+, loss [\d.]+\n", ran.out)
    assert "evonas report" in ran.out and "evonas lineage show" in ran.out
    assert "evonas evaluate" not in ran.out, "a callable has no test part"
    assert {"config.yaml", "lineage.sqlite", "logs"} <= {entry.name for entry in run.iterdir()}


def test_the_run_keeps_its_command_configuration_and_versions(toy_run):
    with LineageStore.open(toy_run, read_only=True) as store:
        record = store.run
    assert record.status == "finished"
    assert record.command[:2] == ["evonas", "evolve"]
    assert record.config["evolution"]["evaluations"] == 14
    assert {"evonas", "python", "numpy"} <= set(record.versions)
    assert read_document(toy_run / "config.yaml", ConfigError).content["seed"] == 3


def test_options_win_over_the_file_and_the_default_folder_carries_name_and_date(here, evonas, write, toy):
    evonas("evolve", write(toy()), "--set", "evolution.evaluations=3", "--set", "name=other", "--set", "seed=9").worked(
        "all 3 evaluations"
    )
    (run,) = Path("runs").iterdir()
    assert re.fullmatch(r"other-\d{8}-\d{6}", run.name)
    assert len(born(run)) == 3
    assert read_document(run / "config.yaml", ConfigError).content["seed"] == 9
    evonas("runs").worked(run.name, "finished")


def test_the_same_seed_gives_the_same_births(here, evonas, write, toy, toy_run):
    config = write(toy())
    for run in ("one", "two"):
        evonas("evolve", config, "--run-dir", run, "--set", "evolution.evaluations=10").worked()
    assert [one.genome.id for one in born("one")] == [one.genome.id for one in born("two")]


@pytest.mark.parametrize("kind", ["toy", "dense"])
def test_a_dry_run_trains_nothing_and_leaves_nothing_behind(here, evonas, write, kind, request, monkeypatch, tmp_path):
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    config = write(request.getfixturevalue(kind)())
    ran = evonas("evolve", config, "--dry-run").worked(
        "space: ", "genomes", "devices: cpu:0", "individual 0", "nothing"
    )
    if kind == "dense":
        ran.worked("data: digits, classification of 8 x 8 x 1 into 10; 1,079 train", "parameters ")
    assert {entry.name for entry in here.iterdir()} == {config, "temporary"}
    assert not list(folder.iterdir())


def test_seeds_from_a_run_and_from_a_genome_file(here, evonas, write, toy, toy_run):
    narrow = toy()
    narrow["space"]["batch_size"] = {"choice": [16]}
    narrow["evolution"] |= {"evaluations": 8}
    genome = Space.from_dict(toy()["space"]).complete(born(toy_run)[3].genome.genes)
    write_genome("hand.yaml", GenomeFile(genome, name="hand"))
    config = write(narrow)
    options = ["--seed-from", f"{toy_run}:best(2)", "--seed-from", "hand.yaml"]

    dry = evonas("evolve", config, "--dry-run", *options).worked()
    said = [line for line in dry.out.splitlines() if line.startswith("seed ")]
    assert len(said) == 3
    assert all("batch_size" in line and "16" in line for line in said), said

    evonas("evolve", config, "--run-dir", "run", *options).worked()
    with LineageStore.open(toy_run, read_only=True) as store:
        run_id = store.run.id
        best = [one.individual.number for one in store.best(2)]
    founders = [one for one in born("run") if one.birth.parents and one.birth.parents[0].role == "seed"]
    parents = [one.birth.parents[0] for one in founders]
    assert [(parent.run, parent.number) for parent in parents] == [(run_id, best[0]), (run_id, best[1]), (None, None)]
    assert parents[2].source.endswith("hand.yaml")
    assert all(one.genome.genes["batch_size"] == 16 for one in born("run"))
    (event,) = events("run", "seeds")
    assert "3 seeds planted, 3 of them repaired" in event.message

    evonas("lineage", "ancestors", "run", founders[0].number).worked(f"{toy_run}:best(2)")
    evonas("lineage", "show", "run", founders[2].number).worked("seed from", "hand.yaml")


def test_resuming_a_finished_run_says_so_and_changes_nothing(here, evonas, toy_run):
    shutil.copytree(toy_run, "run")
    before = evonas("status", "run", "--format", "json").worked().out

    def stored():
        with LineageStore.open("run", read_only=True) as store:
            return store.sessions(), store.events(), store.results(), store.run

    known = stored()
    ran = evonas("resume", "run").worked("this run is finished, and is left as it is: all 14 evaluations are used")
    ran.worked("best: individual", "evonas report run")
    assert ran.err == ""
    assert stored() == known
    assert evonas("status", "run", "--format", "json").worked().out == before


def test_a_finished_run_goes_on_when_it_is_given_more_evaluations(here, evonas, toy_run):
    shutil.copytree(toy_run, "run")
    text = Path("run/config.yaml").read_text().replace("evaluations: 14", "evaluations: 17")
    Path("run/config.yaml").write_text(text)
    ran = evonas("resume", "run").worked("finished: all 17 evaluations are used")
    assert "14 evaluations done before" in ran.err
    assert [one.genome.id for one in born("run")][:14] == [one.genome.id for one in born(toy_run)]


def test_failures_are_said_and_the_search_goes_on(here, evonas, write, toy):
    Path("mine.py").write_text(
        "from evonas.testing.toy import toy_callable\n"
        "def train(genome, budget):\n"
        "    if genome['residual']:\n"
        "        raise ValueError('no residual\\nnetworks here')\n"
        "    return toy_callable(genome, budget)\n"
    )
    ran = evonas("evolve", write(toy(evaluator="mine:train")), "--run-dir", "run").worked()
    crashed = [line for line in ran.err.splitlines() if "crashed: " in line]
    assert crashed and "ValueError: no residual" in crashed[0]
    (row,) = evonas("status", "run", "--format", "csv").worked().out.splitlines()[1:]
    assert f",{len(crashed)}," in row


def test_nothing_completes(here, evonas, write, toy):
    Path("mine.py").write_text("def train(genome, budget):\n    raise ValueError('never')\n")
    config = write(toy(evaluator="mine:train"))
    ran = evonas("evolve", config, "--run-dir", "run", "--set", "evolution.evaluations=4")
    ran.refused(17, "all 4 evaluations so far crashed", "never", "read logs/evaluation-")
    assert "finished" not in ran.out and "best none yet" in ran.err
    evonas("best", "run").worked("no evaluation has completed yet")
    assert evonas("best", "run", "--format", "json").worked().out.strip() == "[]"
    evonas("best", "run", "--metric", "loss").worked("no evaluation has completed yet")
    evonas("best", "run", "--pareto").worked("no evaluation has completed yet")
    evonas("lineage", "show", "run").refused(15, "no evaluation has completed", "name an individual")
    evonas("lineage", "show", "run", 0).worked("crashed")
    evonas("export", "run", "--to", "there").refused(15, "no evaluation has completed")
    evonas("export", "run", 0, "--to", "there").refused(18, "individual 0 has no completed evaluation", "['crashed']")
    evonas("report", "run").worked("report.html")
    assert not Path("there").exists()


def test_after_the_search_the_best_are_retrained(here, evonas, write, toy):
    settings = toy(search={"algorithm": "random", "finals": 2, "final_seeds": 2})
    ran = evonas("evolve", write(settings), "--run-dir", "run").worked("the best, retrained from scratch")
    assert ran.err.splitlines()[-1].startswith("[last round 4/4] individual ")
    rows = re.findall(r"^ +(\d+) +2/2 +(0\.\d+) +(0\.\d+ \+- 0\.0\d+)", ran.out, re.MULTILINE)
    with LineageStore.open("run", read_only=True) as store:
        best = store.best(2)
        assert [int(row[0]) for row in rows] == [one.individual.number for one in best]
        assert evonas("status", "run").worked("last_round").out.split("last_round")[1].split()[0] == "4"
        assert [float(row[1]) for row in rows] == [pytest.approx(one.value, abs=1e-5) for one in best]
    assert "retrained from scratch" in evonas("resume", "run").worked("left as it is").out.lower()
    page = Path(evonas("report", "run").worked().out.strip()).read_text()
    assert "Retrained from scratch, each seed with its own weights and order." in page
    assert "accuracy, validation" in page and "accuracy, test" not in page


@pytest.mark.training
def test_the_best_of_real_trainings_are_scored_on_the_test_part(here, evonas, write, dense):
    settings = dense(search={"finals": 1, "final_seeds": 2})
    settings["evolution"] |= {"evaluations": 1, "epochs": 1}
    ran = evonas("evolve", write(settings), "--run-dir", "run").worked("accuracy, test")
    assert re.search(r"^ +\d+ +2/2 +0\.\d+ +0\.\d+ \+- \S+ +0\.\d+ \+- ", ran.out, re.MULTILINE)
    (event,) = events("run", "final")
    assert {"accuracy", "test_accuracy", "test_cross_entropy"} <= set(event.data["table"])
    assert sorted(entry.name for entry in Path("run/finals").iterdir()) == ["logs", "running"], "no weights, no data"
