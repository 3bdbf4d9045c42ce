"""Diversity, founder shares and the common ancestor of a family whose answers are known."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from evonas.genome import Genome
from evonas.records import Birth, EvaluationResult, EvaluationStatus, Individual, Parent
from evonas.report.analysis import common_ancestor, diversity_over_time, founder_shares
from evonas.report.history import Evaluation, Goal, RunHistory


def family(
    new_run: Any, *births: tuple[int, ...], deaths: dict[int, int] | None = None, failed: int = -1
) -> RunHistory:
    """Individuals 0, 1, 2, ... with their parents; each is born when one evaluation less has completed than its own."""
    individuals, evaluations, lives = {}, [], {}
    for number, parents in enumerate(births):
        kin = tuple(Parent(parent, None, "primary" if not at else "mate") for at, parent in enumerate(parents))
        birth = Birth(("mutate_one",) if kin else ("founder",), kin, (), len(parents))
        individuals[number] = Individual(number, Genome({"x": number}), birth)
        result = EvaluationResult(number, number, EvaluationStatus.COMPLETED, {"auc": 0.5})
        if number == failed:
            result = EvaluationResult(number, number, EvaluationStatus.CRASHED, error="it crashed")
        evaluations.append(Evaluation(number + 1, individuals[number], result))
        lives[number] = (number, (deaths or {}).get(number))
    return RunHistory(new_run(), (Goal("auc"),), individuals, tuple(evaluations), lives=lives)


def test_shares_by_primary_parents_and_by_pedigree(toy: Any) -> None:
    # 0 and 1 are founders; 2 is of 0 and 1; 3 of 2; 0, 1 and 2 die when 3 is there
    history = family(toy.new_run, (), (), (0, 1), (2,), deaths={0: 4, 1: 4, 2: 4})
    primary = founder_shares(history)
    assert primary is not None
    assert primary.founders.tolist() == [0, 1]
    assert primary.shares[0].tolist() == [1.0, 0.0, 0.0]
    assert primary.shares[2] == pytest.approx([2 / 3, 1 / 3, 0])
    assert primary.shares[3].tolist() == [1.0, 0.0, 0.0]
    assert primary.lines.tolist() == [1, 2, 2, 1]
    pedigree = founder_shares(history, by="pedigree")
    assert pedigree is not None
    assert pedigree.shares[3] == pytest.approx([0.5, 0.5, 0])
    assert pedigree.lines[3] == 2
    with pytest.raises(ValueError, match="pedigree"):
        founder_shares(history, by="mother")


def test_others_take_what_the_first_founders_leave(toy: Any) -> None:
    shares = founder_shares(family(toy.new_run, *[()] * 12), most=3)
    assert shares is not None
    assert shares.shares.shape == (12, 4)
    assert shares.shares.sum(axis=1) == pytest.approx(1)
    assert shares.shares[-1, -1] == pytest.approx(9 / 12)


def test_the_common_ancestor_is_the_youngest_one(toy: Any) -> None:
    # 0 -> 2 -> 3, 4 and a line of 1 that dies out with it
    history = family(toy.new_run, (), (), (0,), (2,), (2,), deaths={0: 4, 1: 3})
    found = common_ancestor(history)
    assert found is not None
    assert found.individual.tolist() == [0, -1, 0, 2, 2]
    assert found.lines.tolist() == [1, 2, 1, 1, 1]
    assert np.isnan(found.age[1])
    assert found.age[-1] == 5 - 2, "evaluations completed since the birth of individual 2"


def test_who_failed_never_lived(toy: Any) -> None:
    history = family(toy.new_run, (), (), (0,), failed=1)
    found = founder_shares(history)
    assert found is not None
    assert found.founders.tolist() == [0]
    assert found.lines.tolist() == [1, 1, 1]
    diversity = diversity_over_time(history)
    assert diversity is not None
    assert diversity.living.tolist() == [1, 1, 2]


def test_diversity_falls_where_all_become_equal(toy: Any) -> None:
    history = family(toy.new_run, (), (), (), deaths={0: 3})
    individuals = dict(history.individuals)
    individuals[2] = Individual(2, Genome({"x": 1}), individuals[2].birth)
    evaluations = tuple(
        Evaluation(one.order, individuals[one.individual.number], one.result) for one in history.evaluations
    )
    found = diversity_over_time(replace(history, individuals=individuals, evaluations=evaluations))
    assert found is not None
    assert np.isnan(found.distance[0])
    assert found.distance[1:].tolist() == [1.0, 0.0]
    assert found.distinct.tolist() == [1.0, 1.0, 0.5]


def test_parents_from_other_runs_begin_a_line(toy: Any) -> None:
    history = family(toy.new_run, (), (0,))
    seed = Birth(("seed",), (Parent(0, "f" * 32, "seed", "runs/older"),))
    individuals = {**history.individuals, 1: Individual(1, Genome({"x": 7}), seed)}
    found = founder_shares(
        RunHistory(history.run, history.goals, individuals, history.evaluations, lives=history.lives)
    )
    assert found is not None
    assert found.founders.tolist() == [0, 1]


def test_an_empty_run_has_no_population(toy: Any) -> None:
    empty = RunHistory(toy.new_run(), (Goal("auc"),), {})
    assert diversity_over_time(empty) is None
    assert founder_shares(empty) is None
    assert common_ancestor(empty) is None
