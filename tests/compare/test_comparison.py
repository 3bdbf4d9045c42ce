"""Runs side by side: groups, scores, targets, hypervolume, and which test is made."""

import json
import math
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from evonas.compare.bands import axis, bands
from evonas.compare.comparison import FINALS, SEARCH, TEST, compare_runs
from evonas.compare.rows import plain
from evonas.compare.significance import MANN_WHITNEY, WELCH, WILCOXON
from evonas.compare.words import advice, sentences
from evonas.errors import ConfigError, LineageError, RunError
from evonas.lineage import RunLock
from evonas.testing.runs import write_run

SAMPLES = Path(__file__).parents[1] / "compatibility" / "samples"
RANDOM = {"search": {"algorithm": "random"}}


def write_many(folder, name, ends, **config):
    """Write a run for each last value; the way there is the same for all."""
    return [
        folder / f"{name}-{seed}"
        for seed, end in enumerate(ends)
        if write_run(folder / f"{name}-{seed}", [0.5, None, end - 0.1, end], name=name, seed=seed, **config)
    ]


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    """Two configurations with four runs each, of the seeds 0 to 3."""
    folder = tmp_path_factory.mktemp("two")
    return write_many(folder, "ours", [0.90, 0.91, 0.92, 0.93]) + write_many(
        folder, "random", [0.80, 0.81, 0.82, 0.835], **RANDOM
    )


@pytest.fixture(scope="module")
def compared(two):
    return compare_runs(two)


def test_runs_that_differ_in_the_seed_alone_are_one_group(compared):
    assert [(group.label, group.seeds) for group in compared.groups] == [
        ("ours", (0, 1, 2, 3)),
        ("random", (0, 1, 2, 3)),
    ]
    assert list(compared.settings) == ["seed", "search.algorithm"]
    assert compared.settings["search.algorithm"] == ["evolution"] * 4 + ["random"] * 4


def test_the_test_of_two_groups(compared):
    (verdict,) = compared.verdicts
    assert (verdict.method, verdict.counts, verdict.better) == (MANN_WHITNEY, (4, 4), "ours")
    assert verdict.p == verdict.p_holm == pytest.approx(2 / 70)
    assert verdict.significant and verdict.superiority == 1.0
    assert verdict.interval.difference == pytest.approx(0.915 - 0.81625)
    assert verdict.interval.low < verdict.interval.difference < verdict.interval.high
    assert "ours is better than random by 0.0988 (95 % of the bootstrap: " in sentences(compared.verdicts)[0]


def test_scores_and_targets(compared):
    score = compared.scores[1]
    assert (score.best, score.best_error, score.individual, score.trainings) == (0.91, None, 3, 1)
    assert (score.run.epochs, len(score.run.history.evaluations)) == (9, 4)
    assert compared.source == SEARCH
    reached = {one.run: (one.target, one.evaluations, one.epochs) for one in compared.targets}
    assert reached["ours-0"] == (0.8, 3, 6)  # what the run that got least far ended with; the second evaluation failed
    assert reached["random-0"] == (0.8, 4, 9)
    assert all(one.seconds is not None and one.seconds >= 0 for one in compared.targets)


def test_targets_of_ones_own(two):
    found = compare_runs(two[:2], targets=[0.5, 0.905, 0.99]).targets
    assert [(one.target, one.evaluations) for one in found] == [
        (0.5, 1),
        (0.5, 1),
        (0.905, None),
        (0.905, 4),
        (0.99, None),
        (0.99, None),
    ]


def test_less_is_better(tmp_path):
    paths = write_many(tmp_path, "ours", [0.30, 0.31], objectives=("loss",)) + write_many(
        tmp_path, "random", [0.40, 0.41], objectives=("loss",), **RANDOM
    )
    compared = compare_runs(paths)
    (verdict,) = compared.verdicts
    assert (verdict.better, verdict.superiority, verdict.maximise) == ("ours", 1.0, False)
    assert verdict.interval.difference < 0
    (line,) = sentences(compared.verdicts)
    assert "no significant difference; ours is ahead of random by 0.1 " in line
    assert "p cannot fall below 0.33, however clear the difference: run more" in line
    assert compared.targets[0].target == pytest.approx(0.31)


def test_pairs_where_there_are_six_of_the_same_seeds(tmp_path):
    ends = [0.70, 0.75, 0.80, 0.85, 0.90, 0.95]
    paths = write_many(tmp_path, "ours", [end + 0.001 * at for at, end in enumerate(ends, start=1)])
    paths += write_many(tmp_path, "random", ends, **RANDOM)
    (verdict,) = compare_runs(paths).verdicts
    assert (verdict.method, verdict.counts) == (WILCOXON, (6, 6))
    assert verdict.p == pytest.approx(1 / 32)  # over unpaired runs nothing could be seen
    (verdict,) = compare_runs(paths[:-1]).verdicts
    assert (verdict.method, verdict.counts) == (MANN_WHITNEY, (6, 5))
    assert verdict.p > 0.4


def test_single_runs_are_compared_by_their_retrained_winners(tmp_path):
    for name, test in (("one", 0.9), ("other", 0.8)):
        trainings = [(test + 0.05, test), (test + 0.06, test + 0.01), (test + 0.04, test - 0.01)]
        write_run(tmp_path / name, [0.5, 0.95], name=name, finals={1: trainings}, evolution={"population": len(name)})
    compared = compare_runs([tmp_path / "one", tmp_path / "other"])
    (verdict,) = compared.verdicts
    assert (compared.source, verdict.method, verdict.counts) == (TEST, WELCH, (3, 3))
    assert verdict.interval.difference == pytest.approx(0.1) and verdict.significant
    assert "compares the two networks" in sentences(compared.verdicts)[0]
    score = compared.scores[0]
    assert (score.retrained, score.seeds, score.test) == (1, 3, pytest.approx(0.9))
    assert score.test_error == pytest.approx(0.01 / math.sqrt(3))
    assert score.final == pytest.approx(0.95)


def test_without_a_test_it_is_said_what_to_run(tmp_path, two):
    write_run(tmp_path / "alone", [0.5, 0.7], name="alone", seed=3, **RANDOM)
    compared = compare_runs([two[0], tmp_path / "alone"])
    (line,) = sentences(compared.verdicts)
    assert line.startswith("No test is possible of ours against alone: one run of each configuration")
    commands = advice(compared.verdicts)
    assert f"evonas evolve {tmp_path / 'alone'}/config.yaml --set seed=0" in commands
    assert f"evonas evaluate {two[0]}:best --seeds 5" in commands
    compared = compare_runs([*two[:2], tmp_path / "alone"])
    assert [verdict.missing for verdict in compared.verdicts] == ["fewer than two runs of alone with a value"]
    assert advice(compared.verdicts) == [f"evonas evolve {tmp_path / 'alone'}/config.yaml --set seed=0"]


def test_only_what_lacks_is_advised(tmp_path):
    write_run(tmp_path / "full", [0.5, 0.9], name="full", finals={1: [(0.8, 0.7), (0.82, 0.72)]}, **RANDOM)
    write_run(tmp_path / "none", [], name="none", evolution={"population": 4})
    compared = compare_runs([tmp_path / "full", tmp_path / "none"])
    (line,) = sentences(compared.verdicts)
    assert "the winner of none was not retrained" in line
    assert not [one for one in advice(compared.verdicts) if "evaluate" in one], "one has them, the other no winner"


def test_retrained_values_are_tested_only_where_all_runs_have_them(tmp_path, two):
    write_run(tmp_path / "again", [0.5, 0.9], name="again", finals={1: [(0.8, 0.7), (0.82, 0.72)]}, **RANDOM)
    compared = compare_runs([two[0], tmp_path / "again"])
    assert compared.source == SEARCH
    assert any("values of the search are tested, for nobody of ours was retrained" in note for note in compared.notes)
    write_run(tmp_path / "blind", [0.5, 0.9], name="blind", finals={1: [(0.8, 0.7)]})
    assert compare_runs([tmp_path / "again", tmp_path / "blind"]).source == TEST


def test_hypervolume_on_one_reference(tmp_path):
    fronts = {"good": [(0.9, 0.2), (0.8, 0.1)], "poor": [(0.7, 0.2), (0.6, 0.3)]}
    for name, values in fronts.items():
        config = {} if name == "good" else RANDOM
        for seed in (0, 1):
            write_run(
                tmp_path / f"{name}-{seed}", values, name=name, seed=seed, objectives=("accuracy", "loss"), **config
            )
    compared = compare_runs(sorted(tmp_path.iterdir()))
    volumes = compared.figures["hypervolume"]
    assert volumes["good-0"] == volumes["good-1"] > 0.1 > volumes["poor-0"] == 0.0
    assert [verdict.figure for verdict in compared.verdicts] == ["accuracy", "hypervolume"]
    assert all(verdict.p_holm >= verdict.p for verdict in compared.verdicts)
    assert plain(compared)["runs"][0]["hypervolume"] == volumes["good-0"]


def test_empty_and_running_runs_are_told(tmp_path, two):
    write_run(tmp_path / "empty", [], name="empty", status="interrupted")
    write_run(tmp_path / "failed", [None, None], name="failed")
    write_run(tmp_path / "killed", [0.5], name="killed", status="running")
    compared = compare_runs([two[0], tmp_path / "empty", tmp_path / "failed", tmp_path / "killed"])
    notes = "; ".join(compared.notes)
    assert "empty has no completed evaluation yet" in notes and "failed has no completed evaluation yet" in notes
    assert "killed is killed: its figures are those so far" in notes
    with RunLock(tmp_path / "killed"):
        compared_now = compare_runs([two[0], tmp_path / "killed"])
    assert "killed is running: its figures are those so far" in compared_now.notes
    assert [score.best for score in compared.scores] == [0.9, None, None, 0.5]
    assert json.loads(json.dumps(plain(compared)))["runs"][1]["best_accuracy"] is None
    nothing = compare_runs([tmp_path / "empty", tmp_path / "failed"])
    assert nothing.targets == () and not nothing.figures["accuracy"]


def test_runs_that_train_for_different_times_are_told(tmp_path):
    for name, epochs in (("short", 3), ("long", 9)):
        write_run(tmp_path / name, [0.5], name=name, evolution={"epochs": epochs})
    (note,) = compare_runs([tmp_path / "short", tmp_path / "long"]).notes
    assert "train for different numbers of epochs" in note


def test_a_run_is_no_second_measurement_of_itself(tmp_path, two):
    shutil.copytree(two[0], tmp_path / "copy")
    with pytest.raises(RunError, match="both are the same run"):
        compare_runs([two[0], tmp_path / "copy"])
    with pytest.raises(RunError, match="named twice"):
        compare_runs([two[0], two[0]])


def test_metrics_that_do_not_compare(tmp_path, two):
    write_run(tmp_path / "loss", [0.5], name="by-loss", objectives=("loss", "accuracy")[:1])
    with pytest.raises(LineageError, match="not after the same metric") as error:
        compare_runs([two[0], tmp_path / "loss"])
    assert "--metric parameters" in str(error.value)
    assert compare_runs([two[0], tmp_path / "loss"], metric="parameters").scores[1].best == 100.0
    with pytest.raises(LineageError, match="no evaluation of by-loss"):
        compare_runs([two[0], tmp_path / "loss"], metric="accuracy")
    with pytest.raises(LineageError, match="no evaluation") as error:
        compare_runs(two[:2], metric="acuracy")
    assert "did you mean `accuracy`?" in str(error.value)


def test_a_constraint_that_is_broken_is_no_way_to_a_target(tmp_path):
    limits = {"evolution": {"constraints": {"loss": {"min": None, "max": 0.5}}}}
    for name, values in (("one", [(0.9, 0.9), (0.6, 0.1)]), ("other", [(0.5, 0.1), (0.7, 0.2)])):
        write_run(tmp_path / name, values, name=name, objectives=("accuracy", "loss"), **limits)
    compared = compare_runs([tmp_path / "one", tmp_path / "other"], targets=[0.65])
    assert [score.best for score in compared.scores] == [0.6, 0.7]
    assert [one.evaluations for one in compared.targets] == [None, 2]


def test_settings_of_an_older_evonas_are_absent_not_default(tmp_path, two):
    write_run(tmp_path / "old", [0.5], name="old", search={})
    settings = compare_runs([two[0], tmp_path / "old"]).settings
    assert settings["search.algorithm"] == ["evolution", "not there"]


def test_runs_of_older_schemas_are_read_as_they_are(tmp_path):
    for schema in (1, 2):
        (tmp_path / f"schema-{schema}").mkdir()
        shutil.copy(SAMPLES / f"lineage-{schema}.sqlite", tmp_path / f"schema-{schema}" / "lineage.sqlite")
    compared = compare_runs([tmp_path / "schema-1", tmp_path / "schema-2"], metric="accuracy")
    assert [score.best for score in compared.scores] == [0.8, 0.625]
    assert (compared.scores[1].best_error, compared.scores[1].trainings) == (0.125, 2)
    assert sentences(compared.verdicts)[0].startswith("No test is possible")
    old = (tmp_path / "schema-1" / "lineage.sqlite").read_bytes()
    assert old == (SAMPLES / "lineage-1.sqlite").read_bytes()


def test_ignored_settings_join_groups(tmp_path):
    for seed in (0, 1):
        write_run(tmp_path / f"run-{seed}", [0.5], name="run", seed=seed, data={"split": {"seed": seed}})
    paths = [tmp_path / "run-0", tmp_path / "run-1"]
    assert len(compare_runs(paths).groups) == 2
    joined = compare_runs(paths, ignored=["data.split"])
    assert [group.label for group in joined.groups] == ["run"] and joined.verdicts == ()
    with pytest.raises(ConfigError, match="no run has such a setting") as error:
        compare_runs(paths, ignored=["data.split.sed"])
    assert "did you mean `data.split.seed`?" in str(error.value)


def test_groups_of_the_same_name_are_called_after_their_settings(tmp_path):
    for at, algorithm in enumerate(("evolution", "random", "evolution", "random")):
        write_run(tmp_path / f"run-{at}", [0.5], name="run", seed=at, search={"algorithm": algorithm})
    compared = compare_runs(sorted(tmp_path.iterdir()))
    assert [group.label for group in compared.groups] == ["algorithm=evolution", "algorithm=random"]
    assert [run.label for run in compared.runs] == ["run-0", "run-1", "run-2", "run-3"]


def test_bands_are_medians_with_quartiles(compared):
    ours, _ = bands(compared.groups, "evaluations")
    assert ours.spent.tolist() == [1, 3, 4]
    assert ours.middle.tolist() == pytest.approx([0.5, 0.815, 0.915])
    assert ours.low.tolist()[2] == pytest.approx(0.9075) and ours.high.tolist()[2] == pytest.approx(0.9225)
    time, _ = bands(compared.groups, "seconds")
    assert (time.spent >= 0).all() and time.values.shape[0] == 4
    assert axis("seconds", [replace(time, spent=np.array([100.0, 7300.0]))]) == ("wall time (h)", 3600.0)
    assert axis("seconds", [replace(time, spent=np.array([100.0]))]) == ("wall time (s)", 1.0)
    assert axis("epochs", [replace(time, spent=np.array([7300.0]))]) == ("epochs trained", 1.0)


def test_a_band_begins_where_all_of_its_runs_have_a_value(tmp_path):
    for seed, values in enumerate(([None, None, 0.5, 0.6], [0.4, 0.45])):
        write_run(tmp_path / f"run-{seed}", values, name="run", seed=seed)
    (band,) = bands(compare_runs(sorted(tmp_path.iterdir())).groups, "evaluations")
    assert band.spent.tolist() == [3, 4] and band.low is None
    assert band.values.tolist() == [[0.5, 0.6], [0.45, 0.45]]  # the second run ended, and stays where it was


def test_without_a_test_part_the_validation_part_is_tested(tmp_path):
    for name in ("one", "other"):
        trainings = [(0.5,), (0.6,)]
        write_run(tmp_path / name, [0.7], name=name, finals={0: trainings}, evolution={"population": len(name)})
    compared = compare_runs([tmp_path / "one", tmp_path / "other"])
    assert compared.source == FINALS
    assert compared.scores[0].final == pytest.approx(0.55) and compared.scores[0].test is None
    assert compared.verdicts[0].p == 1.0
