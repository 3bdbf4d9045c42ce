"""All trainings of an individual, and the tests of significance between runs."""

import pytest

pytest.importorskip("dash_cytoscape", reason="needs the extra `dashboard`")

from dash import html

from evonas.dashboard import significance as tests_of
from evonas.dashboard.shelf import Shelf
from evonas.dashboard.significance import significance
from evonas.dashboard.trainings import detail, table, trainings_of
from evonas.lineage import LineageStore
from evonas.records import EvaluationResult

from .conftest import walk


def said(parts):
    return " ".join(one for part in parts for one in walk(part) if isinstance(one, (str, int)))


@pytest.fixture(scope="module")
def retrained(made, tmp_path_factory):
    """Findings of a run whose individual 5 was trained again: by finals, told twice, and by an ablation."""
    folder = tmp_path_factory.mktemp("retrained") / "run"
    made.evolved(folder, evaluations=12)
    (folder / "logs").mkdir()
    (folder / "logs" / "final-2.log").write_text("the words of seed 2")
    with LineageStore.open(folder) as store:
        own = next(one.result for one in store.results() if one.result.individual == 5)
        genome = store.individual(5).genome.id
        told = []
        for seed in (1, 2):
            result = {**own.to_dict(), "number": seed, "seed": seed, "log": f"logs/final-{seed}.log", "device": "gpu:1"}
            told.append(EvaluationResult.from_dict(result).to_dict())
            store.add_event("final_training", "again", individual=5, seed=seed, result=told[-1])
        store.add_event("final", "again", individual=5, seeds=[1, 2], table={}, results=told)
        for name in (genome, "another"):
            store.add_event("ablation_training", "again", individual=5, genome=name, seed=1, result=told[0])
        store.add_event("ablation_training", "of a later evonas", individual=5, genome="x", result={"odd": 1})
        store.add_event("final", "of another one", individual=6, seeds=[1], table={}, results=told[:1])
    return Shelf([folder]).state().findings


def test_each_training_is_there_once_whatever_it_was_for(retrained):
    found = trainings_of(retrained, 5)
    kinds = [one.kind for one in found]
    assert kinds == ["rung 0", "final", "final", "ablation, as it is", "ablation, as genome another"]
    assert len({one.key for one in found}) == 5 and [one.key for one in found] == [
        one.key for one in trainings_of(retrained, 5)
    ]
    words = said(table(found))
    assert "gpu:1" in words and "ablation, as genome another" in words
    assert trainings_of(retrained, 4)[0].kind == "rung 0" and len(trainings_of(retrained, 6)) == 2


def test_a_chosen_training_shows_curve_device_time_and_log(retrained):
    training = next(one for one in trainings_of(retrained, 5) if one.result.seed == 2)
    parts = detail(retrained, training)
    words = said(parts)
    assert "final, seed 2" in words and "gpu:1" in words and "1.5 s" in words and "the words of seed 2" in words
    assert any(getattr(one, "id", None) == "figure-training" for part in parts for one in walk(part))
    gone = next(one for one in trainings_of(retrained, 5) if one.result.seed == 1)
    assert "is not there any more" in said(detail(retrained, gone))


def test_a_failed_training_says_its_cause(retrained):
    (failed,) = trainings_of(retrained, 8)
    assert failed.title.endswith("diverged") and "loss = nan in epoch 2" in said(detail(retrained, failed))


@pytest.fixture(scope="module")
def repeated(made, tmp_path_factory):
    """A shelf with three runs of each of two configurations."""
    root = tmp_path_factory.mktemp("repeated")
    for seed in range(3):
        for name, population in (("small", 8), ("large", 16)):
            made.evolved(root / f"{name}-{seed}", name, population + seed, population=population, seed=seed)
    return Shelf(folder=root)


def test_runs_are_tested_as_the_command_does_it(repeated):
    from evonas.compare.comparison import compare_runs

    states = repeated.states(repeated.labels())
    words = said(significance(states, {}))
    (verdict,) = compare_runs([state.path for state in states]).verdicts
    assert verdict.method in words and "p, Holm" in words and f"{verdict.p_holm:.2g}" in words
    assert "With so few runs p cannot fall below" in words


def test_too_few_runs_are_told_with_what_to_do(repeated):
    states = repeated.states(repeated.labels())
    one, other = (next(state for state in states if state.path.name == name) for name in ("small-0", "large-0"))
    assert "needs two runs" in said(significance([one], {}))
    parts = significance([one, other], {})
    assert "No test is possible" in said(parts)
    commands = [part for part in parts if isinstance(part, html.Pre)]
    assert "--set seed=" in said(commands)


def test_repetitions_of_one_configuration_are_nothing_to_test(repeated):
    small = [state for state in repeated.states(repeated.labels()) if state.path.name.startswith("small")]
    assert "nothing to test" in said(significance(small, {}))


def test_runs_after_different_things_are_told(toys, made, tmp_path):
    with LineageStore.create(tmp_path / "other", made.record("other", ("auc",))) as store:
        store.add_session({}, {})
    shelf = Shelf([toys["first"], tmp_path / "other"])
    assert "cannot be tested against each other" in said(significance(shelf.states(shelf.labels()), {}))


def test_what_has_not_changed_is_not_tested_again(repeated, monkeypatch):
    states = repeated.states(repeated.labels())
    kept: tests_of.Kept = {}
    first = significance(states, kept)
    monkeypatch.setattr(tests_of, "_compared", lambda _: pytest.fail("tested again"))
    assert significance(states, kept) is first
