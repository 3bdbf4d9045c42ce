"""Ablations: on a user's callable, stopped and killed, and once with real trainings."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys

import pytest

from evonas.config import load_config
from evonas.documents import format_document
from evonas.errors import EvaluationError, GenomeError, LineageError, RunError
from evonas.explain import ablation_words, explain, last_ablation, revert
from evonas.explain.session import ablation_session
from evonas.lineage import LineageStore, RunLock
from evonas.report.history import read_history
from evonas.run import RunDirectory, resume

SCORER = '''
import random
import time

def train(genome, budget):
    """The width helps a lot, the depth a little, dropout does not matter; seeds add noise to all alike."""
    assert not any(budget.directory.iterdir()), "every training starts from scratch"
    (budget.directory / "weights").write_text("x")
    time.sleep(SLEEP)
    noise = random.Random(budget.seed).gauss(0, 0.01) + random.Random(f"{genome.id} {budget.seed}").gauss(0, 0.001)
    value = 0.01 * genome["width"] + 0.02 * len(genome["layers"]) + noise + 0.0 * genome["dropout"]
    return {"accuracy": value, "loss": 1 - value}
'''
SPACE = {
    "width": {"int": [1, 20]},
    "dropout": {"float": [0.0, 0.5]},
    "layers": {"repeat": {"units": {"int": [4, 64]}}, "length": [1, 4]},
}


def settings(**changes):
    return {
        "name": "callable",
        "seed": 2,
        "evaluator": "scorer:train",
        "space": SPACE,
        "evolution": {"evaluations": 30, "epochs": 2, "population": 6, "founders": 4, "crossover": 0.0},
        "search": {"surrogate": False},
        "evaluation": {"devices": ["cpu"], "slots": 2},
    } | changes


@pytest.fixture(scope="module")
def finished(tmp_path_factory, evonas):
    """A finished run of the callable; tests work on copies of it."""
    folder = tmp_path_factory.mktemp("callable")
    (folder / "scorer.py").write_text(SCORER.replace("SLEEP", "0"))
    config = folder / "config.yaml"
    config.write_text(format_document(settings()), encoding="utf-8")
    run = folder / "run"
    evonas("evolve", config, "--run-dir", run, "--set", "evaluation.slots=1").worked()
    effective = run / "config.yaml"
    effective.write_text(effective.read_text().replace("slots: 1\n", "slots: 2\n"))
    changes = [change for change in line(run).changes if change.present and change.kind != "tied"]
    assert len(changes) > 3, "one at a time the search is the same everywhere; its winner must have changes to revert"
    return run


@pytest.fixture
def run(finished, tmp_path):
    return shutil.copytree(finished, tmp_path / "run")


@pytest.fixture
def rescored(tmp_path):
    """Let a copy of the run be scored by a module in which a line is put before the score."""

    def change(run, statement):
        folder = tmp_path / "rescored"
        folder.mkdir()
        (folder / "scorer.py").write_text(SCORER.replace("    time.sleep(SLEEP)", f"    {statement}"))
        config = run / "config.yaml"
        before = config.read_text()
        config.write_text(re.sub("(?m)^base: .*$", f"base: {folder}", before))
        return before

    return change


def line(run, number=None):
    with LineageStore.open(run, read_only=True) as store:
        return explain(read_history(store), number)


def session(run, seeds=3, number=None, **options):
    directory = RunDirectory.open(run)
    return ablation_session(directory, load_config(directory.config_file), line(run, number), range(seeds), **options)


def trainings(run):
    with LineageStore.open(run, read_only=True) as store:
        return [(event.data["genome"], event.data["seed"]) for event in store.events("ablation_training")]


def truth(genes):
    """Return what a network is worth without noise."""
    return 0.01 * genes["width"] + 0.02 * len(genes["layers"])


def variants(run, number):
    """Return the genomes of an individual with one change taken back."""
    descent = line(run, number)
    present = [one for one in descent.changes if one.present]
    parents = [descent.parent_of(one.birth).genome for one in present]
    return [revert(descent.space, descent.winner.genome, *pair) for pair in zip(parents, present, strict=True)]


@pytest.fixture(scope="module")
def telling(finished):
    """An individual with changes that matter and changes that do not."""
    with LineageStore.open(finished, read_only=True) as store:
        people = store.individuals()
    for one in reversed(people):
        gains = [truth(one.genome) - truth(two.genome) for two in variants(finished, one.number) if two.genome]
        if any(abs(gain) > 0.015 for gain in gains) and 0 in gains:
            return one.number
    raise AssertionError("no individual of this run has a change that matters")


def test_changes_are_ranked_by_what_they_are_worth(run, telling):
    heard = []
    found = session(run, 4, telling, say=lambda *told: heard.append(told))
    descent = line(run, telling)
    assert found.individual == telling and found.complete and found.part == "validation"
    rows = [row for row in found.rows if row.worth is not None]
    assert [row.worth for row in rows] == sorted((row.worth for row in rows), reverse=True)
    assert {(row.birth, row.genes[0].gene) for row in found.rows} == {
        (change.birth, change.gene) for change in descent.changes if change.present
    }
    genomes = {one.genome.id: one.genome for one in variants(run, telling) if one.genome}
    for row in rows:
        gain = truth(descent.winner.genome) - truth(genomes[row.genome])
        assert row.worth == pytest.approx(gain, abs=0.004)
        assert row.error < 0.003, "paired by seed: the noise that seeds share is gone"
        assert row.significant or abs(gain) < 0.015
    assert heard[-1][:2] == (len(heard), len(heard)) and len(heard) == len(trainings(run))
    assert len(set(trainings(run))) == len(trainings(run))
    with LineageStore.open(run, read_only=True) as store:
        assert len(store.results()) == 30, "the search knows nothing of them"
        (event,) = store.events("ablation")
        assert last_ablation(read_history(store), telling, "accuracy") == found
        assert event.data["seeds"] == [0, 1, 2, 3]
        logs = {event.data["result"]["log"] for event in store.events("ablation_training")}
        assert len(logs) == len(heard) and all((run / log).is_file() for log in logs)
    assert sorted(path.name for path in (run / "ablation").iterdir()) == ["logs", "running"]
    assert resume(run).untouched


def test_what_is_stored_is_not_trained_again(run):
    first = session(run, 2, top=2)
    before = trainings(run)
    heard = []

    def again(seeds, **options):
        return session(run, seeds, top=2, say=lambda *told: heard.append(told), **options)

    assert again(2) == first and heard == []
    more = again(3)
    assert len(heard) == 3 and trainings(run)[:6] == before
    assert more.seeds == (0, 1, 2) and len(trainings(run)) == 9
    again(2, epochs=1)
    assert len(heard) == 9, "another budget is another training"


def test_trainings_of_the_last_round_are_not_done_again(run):
    config = run / "config.yaml"
    config.write_text(config.read_text().replace("finals: 0", "finals: 1").replace("final_seeds: 3", "final_seeds: 2"))
    resume(run)
    with LineageStore.open(run, read_only=True) as store:
        finals = [event.data for event in store.events("final_training")]
    assert sorted(data["seed"] for data in finals) == [0, 1]
    heard = []
    found = session(run, 3, top=2, say=lambda *told: heard.append(told))
    assert found.individual == finals[0]["individual"] and found.reused == 2
    assert len(heard) == len(trainings(run)) == 3 * 3 - 2 and heard[-1][:2] == (7, 7)
    assert "2 trainings of these were there already" in ablation_words(found)
    values = {one["result"]["metrics"]["accuracy"] for one in finals}
    own = found.value * 3 - sum(values)
    assert all(abs(own - value) < 0.2 for value in values), "the mean is over theirs and one more"
    assert session(run, 3, top=2) == found, "nothing is trained, and the same is said"
    with LineageStore.open(run, read_only=True) as store:
        assert len(store.events("ablation")) == 1
    assert session(run, 2, top=2, epochs=1).reused == 0, "another budget is another training"


def test_top_takes_those_of_the_largest_steps(run):
    found = session(run, 2, top=2)
    descent = line(run)
    tried = [row for row in found.rows if row.genome]
    assert len(tried) == 2 and found.left_out > 0
    sizes = {step.individual.number: step.size for step in descent.steps[1:]}
    others = [one for one in descent.changes if one.present and one.kind != "tied"]
    births = sorted((sizes[one.birth] for one in others), reverse=True)[: len(found.rows)]
    assert sorted((sizes[row.birth] for row in found.rows), reverse=True) == births


def test_an_ablation_that_was_stopped_goes_on(run):
    stop_at = 3

    def say(done, total, what, outcome):
        if done == stop_at:
            os.kill(os.getpid(), signal.SIGTERM)

    stopped = session(run, top=3, say=say)
    done = trainings(run)
    assert not stopped.complete and stop_at <= len(done) < 12
    with LineageStore.open(run, read_only=True) as store:
        assert store.events("ablation") == [] and store.run.status == "finished"
    found = session(run, top=3)
    assert found.complete and trainings(run)[: len(done)] == done
    assert len(set(trainings(run))) == len(trainings(run))


def test_an_ablation_that_was_killed_goes_on_and_ends_as_one_that_was_not(
    finished, run, rescored, tmp_path, environment
):
    whole = session(shutil.copytree(finished, tmp_path / "whole"), top=3)
    before = rescored(run, "time.sleep(0.3)")
    command = [sys.executable, "-m", "evonas.cli.main", "explain", str(run), "--ablate", "--seeds", "3", "--top", "3"]
    pipes = {"stderr": subprocess.PIPE, "stdout": subprocess.DEVNULL}
    with subprocess.Popen(command, text=True, env=environment, **pipes) as process:
        for text in process.stderr:
            if text.startswith("[3/"):
                process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    done = trainings(run)
    assert 3 <= len(done) < 12
    (run / "config.yaml").write_text(before)
    assert session(run, top=3) == whole
    assert trainings(run)[: len(done)] == done and len(set(trainings(run))) == len(trainings(run)) == 12


def test_a_network_that_fails_without_a_change_is_told(run, rescored, evonas):
    """Where a network cannot be trained without a change, that is the answer; it is not tried again."""
    variant = next(one.genome for one in variants(run, None) if one.genome)
    rescored(run, f"if genome.id == '{variant.id}': raise ValueError('no way')")
    found = session(run, 2)
    failed = [row for row in found.rows if row.genome == variant.id]
    assert [(row.worth, row.reason) for row in failed] == [(None, "crashed: ValueError: no way")]
    assert len(trainings(run)) == 2 * (1 + len({row.genome for row in found.rows if row.genome}))
    told = evonas("explain", run).worked("no way").out
    assert "no training completes" in " ".join(told.split())


def test_one_writer(run, evonas):
    with RunLock(run):
        with pytest.raises(RunError, match="still going on"):
            session(run)
        evonas("explain", run).worked("descends from founder")
        evonas("explain", run, "--ablate").refused(16, "still going on", f"process {os.getpid()}", "without --ablate")
    assert trainings(run) == []


def test_a_founder_and_a_foreign_space(run, evonas):
    with pytest.raises(LineageError, match="no inherited change to take back: it is a founder"):
        session(run, number=0)
    evonas("explain", run, 0).worked("Individual 0 is a founder")
    evonas("explain", run, 0, "--ablate").refused(15, "it is a founder", "lineage.sqlite", "expected:")
    config = run / "config.yaml"
    config.write_text(re.sub(r"(?s)width:\n( +)int:.*?- 20\n", r"width:\n\1int: [1, 2]\n", config.read_text()))
    with pytest.raises(GenomeError, match="does not belong to the space"):
        session(run)


def test_a_callable_that_is_gone(run):
    config = run / "config.yaml"
    config.write_text(config.read_text().replace("scorer:train", "scorer_that_left:train"))
    with pytest.raises(EvaluationError, match="scorer_that_left"):
        session(run)


def test_the_winner_itself_fails(run, rescored):
    rescored(run, "raise ValueError('gone wrong')")
    with pytest.raises(EvaluationError, match="completed none of its 2 retrainings: crashed: ValueError: gone wrong"):
        session(run, 2, top=1)


@pytest.mark.training
def test_real_trainings(keras_run, tmp_path, evonas):
    """Tiny networks on the digits: measured on the test part, which no search saw, from the run's own prepared data."""
    run = shutil.copytree(keras_run, tmp_path / "run")
    with LineageStore.open(run, read_only=True) as store:
        number = next(one.number for one in store.individuals() if one.birth.primary and one.birth.changes)
    evonas("evaluate", f"{run}:{number}", "--seeds", 1, "--epochs", 1).worked()
    options = ["--ablate", "--seeds", 2, "--epochs", 1, "--top", 1, "--format", "json"]
    told = json.loads(evonas("explain", run, number, *options).worked().out)
    ablation = told["ablation"]
    assert (ablation["part"], ablation["epochs"], ablation["complete"]) == ("test", 1, True)
    (row,) = [row for row in ablation["rows"] if row["genome"]]
    assert row["pairs"] == 2 and isinstance(row["worth"], float)
    with LineageStore.open(run, read_only=True) as store:
        results = [event.data["result"]["metrics"] for event in store.events("ablation_training")]
    assert ablation["reused"] == 1, "what `evonas evaluate` trained with seed 0"
    assert len(results) == 3 and all({"accuracy", "test_accuracy"} <= set(metrics) for metrics in results)
    assert not (run / "ablation" / "weights").exists() and not (run / "ablation" / "data").exists()
    again = evonas("explain", run, number, *options).worked()
    assert json.loads(again.out)["ablation"] == ablation and again.err == ""
    shutil.rmtree(run / "data")
    evonas("explain", run, number).worked("on the test part")
