"""Heatmaps, frequencies, the best over time, winners, live histories and tables over a made-up run."""

from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evonas.errors import LineageError
from evonas.lineage import LineageStore
from evonas.records import FAILURES
from evonas.report.analysis import (
    Table,
    best_over_time,
    fitness_heatmap,
    gene_frequency,
    heatmap_choices,
    winner_rows,
    write_csv,
)
from evonas.report.history import LiveHistory, RunHistory, read_history, standings


@pytest.fixture(scope="module")
def history(finished: Path) -> RunHistory:
    with LineageStore.open(finished / "lineage.sqlite", read_only=True) as store:
        return read_history(store)


def test_heatmap_holds_the_mean_of_those_in_a_cell(history: RunHistory) -> None:
    x, y = "learning.optimizer.type", "stages: length"
    heatmap = fitness_heatmap(history, x, y)
    assert heatmap is not None
    completed = [one for one in history.evaluations if one.result.completed]
    assert heatmap.counts.sum() == len({one.individual.number for one in completed})
    own = [
        one.result.metrics["accuracy"]
        for one in completed
        if one.individual.genome["learning"]["optimizer"]["type"] == "sgd" and len(one.individual.genome["stages"]) == 2
    ]
    cell = heatmap.y.labels.index("2"), heatmap.x.labels.index("sgd")
    assert heatmap.counts[cell] == len(own)
    assert heatmap.values[cell] == pytest.approx(np.mean(own))
    assert heatmap.errors[cell] == pytest.approx(np.std(own, ddof=1) / np.sqrt(len(own)))
    best = fitness_heatmap(history, x, y, statistic="best")
    assert best is not None
    assert best.values[cell] == max(own)
    assert np.nanmax(best.values) == standings(history)[0].value


def test_heatmap_of_failures_epochs_and_costs(history: RunHistory) -> None:
    x, y = "dropout", "learning.optimizer.momentum"
    failures = fitness_heatmap(history, x, y, statistic="failures")
    assert failures is not None
    assert "absent" in failures.y.labels
    failed = sum(one.result.status in FAILURES for one in history.evaluations)
    assert np.nansum(failures.values * failures.counts) == pytest.approx(failed)
    early = fitness_heatmap(history, x, y, epoch=1)
    late = fitness_heatmap(history, x, y, epoch=8)
    assert early is not None
    assert late is not None
    assert early.goal.metric == "val_accuracy"
    assert np.nanmean(early.values) < np.nanmean(late.values)
    costs = fitness_heatmap(history, x, y, metric="parameters")
    assert costs is not None
    assert not costs.goal.maximise


@pytest.mark.parametrize(
    ("asked", "word"),
    [
        ({"metric": "acuracy"}, "accuracy"),
        ({"rung": 4}, "one of 0"),
        ({"epoch": 99}, "1 to 8"),
        ({"epoch": 1, "metric": "val_auc"}, "val_loss"),
        ({"statistic": "median"}, "mean"),
    ],
)
def test_heatmap_names_what_there_is(history: RunHistory, asked: dict[str, Any], word: str) -> None:
    with pytest.raises(LineageError, match=word):
        fitness_heatmap(history, "dropout", "batch_norm", **asked)


def test_choices_are_what_can_be_asked(history: RunHistory) -> None:
    choices = heatmap_choices(history)
    assert choices.metrics[0] == "accuracy"
    assert "parameters" in choices.metrics
    assert (choices.rungs, choices.epochs) == ((0,), 8)
    for metric in choices.metrics:
        assert fitness_heatmap(history, *choices.genes[:2], metric=metric) is not None


def test_frequencies_add_up_and_follow_the_generations(history: RunHistory) -> None:
    found = gene_frequency(history, "stages 1: filters", groups=5)
    assert found is not None
    assert found.axis == "generation"
    assert len(found.starts) <= 5
    assert found.shares.sum(axis=1) == pytest.approx(1)
    assert found.births.sum() == len(history.individuals)
    assert set(found.options) == {"8", "16", "32", "64"}
    founders = [one for one in history.individuals.values() if one.birth.generation <= found.ends[0]]
    share = sum(one.genome["stages"][0]["filters"] == 8 for one in founders) / len(founders)
    assert found.shares[0, found.options.index("8")] == pytest.approx(share)


def test_a_search_without_generations_is_seen_over_its_births(toy: Any) -> None:
    recorder = toy.Recorder()
    toy.evolve(recorder, toy.FOUNDERS, foreign=False)
    found = gene_frequency(recorder.history(toy.new_run()), "dropout")
    assert found is not None
    assert found.axis == "birth"


def test_best_over_time_ends_at_the_best(history: RunHistory) -> None:
    trace = best_over_time(history)
    assert trace is not None
    assert np.all(np.diff(trace.values) >= 0)
    assert np.all(np.diff(trace.evaluations) >= 0)
    assert trace.values[-1] == standings(history)[0].value
    assert trace.evaluations[-1] == 120
    assert trace.epochs[-1] == sum(one.result.epochs for one in history.evaluations if one.result.answered_by is None)
    assert np.isfinite(trace.seconds).all()
    assert best_over_time(RunHistory(history.run, history.goals, {})) is None


def test_winners_have_the_errors_of_their_retraining(toy: Any, tmp_path: Path) -> None:
    with toy.store_at(tmp_path) as store:
        toy.evolve(store, 30, failures=0)
        table = {"accuracy": [0.97, 0.004], "test_accuracy": [0.96, 0.006]}
        store.add_event("final", "retrained", individual=7, table=table, seeds=[1, 2, 3])
        history = read_history(store)
    [row] = winner_rows({"mine": history, "empty": RunHistory(history.run, history.goals, {})})
    assert (row.run, row.individual, row.retrained, row.trainings) == ("mine", 7, True, 3)
    assert (row.value, row.error, row.test, row.test_error) == (0.97, 0.004, 0.96, 0.006)
    assert row.parameters == history.individuals[7].costs["parameters"]


def test_a_live_history_reads_only_what_is_new(toy: Any, tmp_path: Path) -> None:
    with toy.store_at(tmp_path) as store:
        live = LiveHistory(store)
        assert live.update().evaluations == ()
        toy.evolve(store, 12)
        first = live.update()
        assert len(first.evaluations) == 12
        assert live.update() is first, "nothing has happened"
        store.mark_deaths([3], at_evaluation=12)
        store.set_run_status("finished", "done")
        second = live.update()
        assert second.evaluations[0] is first.evaluations[0]
        assert second.individuals[5] is first.individuals[5]
        assert second.lives[3] == (3, 12)
        assert second.run.status == "finished"
        assert second == read_history(store)


def test_csv_holds_full_figures_and_leaves_out_what_is_unknown(tmp_path: Path) -> None:
    table = Table("mine", {"a (s)": np.array([1 / 3, np.nan]), "b": ["x,y", None], "c": np.array([1, 2])})
    path = write_csv(table, tmp_path / "new" / "mine.csv")
    rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
    assert rows == [{"a (s)": repr(1 / 3), "b": "x,y", "c": "1"}, {"a (s)": "", "b": "", "c": "2"}]
    with pytest.raises(ValueError, match="same length"):
        Table("wrong", {"a": [1], "b": []})


def test_analyses_load_no_drawing_and_no_learning() -> None:
    code = (
        "import sys, evonas.report.analysis; "
        "print([name for name in ('plotly', 'matplotlib', 'sklearn', 'tensorflow') if name in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
