"""What the report tells of the search itself: front, hypervolume, operators, forecasts, rungs, epochs, noise."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr

from evonas import Engine, EvolutionConfig
from evonas.config import SearchConfig
from evonas.genome import Genome
from evonas.lineage import LineageStore, RunRecord, Scored, StoredResult
from evonas.records import Birth, EvaluationRequest, EvaluationStatus, Individual, Parent
from evonas.report.analysis.forecasts import Forecast, forecasts, measure_calibration, rank_correlation
from evonas.report.analysis.fronts import hypervolume_trace
from evonas.report.analysis.noise import pooled_deviation, repeated
from evonas.report.analysis.operators import Successes, mix_over_births, successes, wilson_interval
from evonas.report.analysis.progress import best_so_far, epochs_spent
from evonas.report.analysis.rungs import rung_pairs, rungs
from evonas.report.figures import (
    best_over_epochs,
    calibration,
    noise_figure,
    operator_mix,
    operator_success,
    pareto_scatter,
    rung_figure,
)
from evonas.report.fronts import pareto_content
from evonas.report.history import Evaluation, Goal, RunHistory, read_history
from evonas.report.search import search_content
from evonas.testing.toy import toy_evaluate, toy_space

ACCURACY = Goal("accuracy")
SIZE = Goal("size", maximise=False)


class Events:
    """Evaluations made up one after the other."""

    def __init__(self) -> None:
        self.individuals: dict[int, Individual] = {}
        self.evaluations: list[Evaluation] = []

    def add(self, number: int, *values: float | None, **details: Any) -> None:
        """Add an evaluation with accuracy and size; None is a failure."""
        birth = details.pop("birth", Birth(("founder",)))
        rung, repeat = details.pop("rung", 0), details.pop("repeat", 0)
        trained, epochs = details.pop("trained", 0), details.pop("epochs", 3)
        status = details.pop("status", EvaluationStatus.CRASHED)
        individual = self.individuals.setdefault(number, Individual(number, Genome({"n": number}), birth))
        at = len(self.evaluations)
        request = EvaluationRequest(at, number, individual.genome, epochs, 0, rung, trained=trained, repeat=repeat)
        metrics = dict(zip(("accuracy", "size"), values, strict=False))
        failed = values[0] is None
        result = request.failure(status, "boom") if failed else request.result(metrics, **details)
        self.evaluations.append(Evaluation(at + 1, individual, result, trained=trained, repeat=repeat))


def child(parent: int, *operators: str, **forecast: float) -> Birth:
    return Birth(operators, (Parent(parent),), generation=1, forecast=forecast)


def test_best_so_far_compares_full_trainings_alone() -> None:
    events = Events()
    events.add(0, 0.99)
    events.add(0, 0.6, rung=1)
    events.add(1, 0.9)
    events.add(1, 0.7, rung=1)
    events.add(1, 0.8, rung=1, repeat=1)
    assert best_so_far(events.evaluations, ACCURACY) == [None, 0.6, 0.6, 0.7, 0.7]


def test_epochs_are_added_up_and_the_memo_is_free() -> None:
    events = Events()
    events.add(0, 0.5, epochs=3)
    events.add(1, None, epochs=3)
    events.add(2, 0.7, epochs=3, answered_by=0)
    events.add(2, 0.8, epochs=6, rung=1, trained=3)
    assert epochs_spent(events.evaluations) == [3, 3, 3, 9]
    (line,) = best_over_epochs(events.evaluations, ACCURACY).data
    assert list(line.x) == [3, 3, 3, 9] and list(line.y) == [None, None, None, 0.8]


def test_hypervolume_over_evaluations() -> None:
    events = Events()
    for number, (accuracy, size) in enumerate([(0.5, 20.0), (0.9, 30.0), (0.4, 90.0), (0.6, 10.0)]):
        events.add(number, accuracy, size)
    trace = hypervolume_trace(events.evaluations, [ACCURACY, SIZE])
    # The last front is (0.9, 30) and (0.6, 10): scaled (0, 1) and (1, 0); the first is at (4/3, 1/2), beyond the box.
    box = 1.1**2
    assert trace == pytest.approx([0.0, 0.11 / box, 0.11 / box, 0.21 / box])


def test_only_who_keeps_the_constraints_counts_for_the_hypervolume() -> None:
    events = Events()
    for number, (accuracy, size) in enumerate([(0.9, 30.0), (0.6, 10.0), (0.95, 5.0)]):
        events.add(number, accuracy, size)
    free = hypervolume_trace(events.evaluations, [ACCURACY, SIZE])
    held = hypervolume_trace(events.evaluations, [ACCURACY, SIZE], {"accuracy": (None, 0.92)})
    assert free[-1] == pytest.approx(1.0)
    assert held[-1] == held[-2] == pytest.approx(0.21 / 1.1**2)
    assert hypervolume_trace(events.evaluations, [ACCURACY, SIZE], {"latency": (None, 1.0)}) == []


def scored(number: int, *values: float, errors: tuple[float | None, ...] = (), trainings: int = 1) -> Scored:
    individual = Individual(number, Genome({"n": number}), Birth(("founder",)))
    result = EvaluationRequest(number, number, individual.genome, 1, 0).result({"accuracy": values[0]})
    return Scored(individual, StoredResult(result, number, 0.0, 1), values, errors, trainings)


def test_the_knee_is_marked_and_errors_are_shown() -> None:
    front = [scored(0, 0.9, 30.0, errors=(0.01, None), trainings=3), scored(1, 0.8, 10.0)]
    figure = pareto_scatter([ACCURACY, SIZE], [*front, scored(2, 0.5, 40.0)], front, front[1])
    by_name = {trace.name: trace for trace in figure.data if trace.name}
    assert list(by_name["knee"].x) == [10.0] and list(by_name["knee"].y) == [0.8]
    assert by_name["knee"].marker.symbol == "star"
    assert list(by_name["Pareto front"].error_y.array) == [0.01, 0.0]
    assert by_name["Pareto front"].error_y.visible and not by_name["dominated"].error_y.visible
    assert "± 0.01 (3 trainings)" in by_name["Pareto front"].text[0]


def test_the_mix_looks_back_over_a_window() -> None:
    births = [Birth(("founder",)), child(0, "eda"), child(0, "eda"), child(0, "crossover", "mutate_one")]
    shares = mix_over_births(births, 2)
    assert shares == {"founder": [1, 0.5, 0, 0], "crossover": [0, 0, 0, 0.5], "eda": [0, 0.5, 1, 0.5]}


@settings(deadline=None)
@given(st.lists(st.sampled_from(["eda", "mutate_one", "random", "mine"]), min_size=1, max_size=40), st.integers(1, 9))
def test_shares_add_up_to_one(operators: list[str], window: int) -> None:
    shares = mix_over_births([child(0, name) for name in operators], window)
    assert all(sum(trace[at] for trace in shares.values()) == pytest.approx(1) for at in range(len(operators)))


def test_operators_of_one_colour_differ_in_their_pattern() -> None:
    names = ["founder", "random", "insert_item", "remove_item", "mine", "yours"]
    figure, window = operator_mix([child(0, name) for name in names])
    looks = [(trace.line.color, trace.fillpattern.shape) for trace in figure.data]
    assert window == 10 and len(set(looks)) == len(names)


def test_success_is_being_better_than_the_primary_parent() -> None:
    events = Events()
    events.add(0, 0.5)
    events.add(1, 0.6, birth=child(0, "eda"))
    events.add(2, 0.5, birth=child(0, "eda"))
    events.add(3, None, birth=child(0, "eda", "shrink"))
    events.add(4, None, birth=child(0, "eda"), status=EvaluationStatus.LOST)  # says nothing
    events.add(5, None)
    events.add(6, 0.9, birth=child(5, "eda"))  # its parent has no value
    events.add(7, 0.9, birth=Birth(("seed",), (Parent(3, "f" * 32, "seed"),)))
    assert successes(events.evaluations, ACCURACY) == [Successes("eda", 1, 3), Successes("shrink", 0, 1)]
    assert successes(events.evaluations, Goal("accuracy", False))[0] == Successes("eda", 0, 3)


def test_success_compares_what_was_trained_alike() -> None:
    events = Events()
    events.add(0, 0.5)
    events.add(0, 0.9, rung=1, trained=3)
    events.add(1, 0.6, birth=child(0, "eda"))
    assert successes(events.evaluations, ACCURACY) == [Successes("eda", 1, 1)]
    events.add(1, 0.8, rung=1, trained=3)
    events.add(1, 0.99, rung=1, repeat=1)
    assert successes(events.evaluations, ACCURACY) == [Successes("eda", 0, 1)]


@pytest.mark.parametrize(
    ("hits", "trials", "low", "high"), [(0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (15, 148, 0.0624, 0.1605)]
)
def test_wilson_s_interval(hits: int, trials: int, low: float, high: float) -> None:
    """The last row is from Newcombe 1998, table I (15 of 148)."""
    assert wilson_interval(hits, trials) == pytest.approx((low, high), abs=5e-5)


def test_the_bars_are_wilson_s_intervals() -> None:
    figure = operator_success([Successes("eda", 5, 10)])
    (point,) = figure.data
    low, high = wilson_interval(5, 10)
    assert (point.x[0] - point.error_x.arrayminus[0], point.x[0] + point.error_x.array[0]) == pytest.approx((low, high))


def test_forecasts_are_checked_by_full_trainings() -> None:
    events = Events()
    events.add(0, 0.5)
    events.add(1, 0.2, birth=child(0, "eda", mean=0.7, sd=0.1))
    events.add(1, 0.65, rung=1, trained=3)
    events.add(1, 0.9, rung=1, repeat=1)
    events.add(2, 0.3, birth=child(0, "eda", mean=0.4, sd=0.1))
    events.add(3, None, birth=child(0, "eda", mean=0.4, sd=0.1), rung=1)
    assert forecasts(events.evaluations, ACCURACY) == [Forecast(1, 0.7, 0.1, 0.65)]


def test_calibration_of_a_known_record() -> None:
    found = [Forecast(at, float(at), 1.0, at + off) for at, off in enumerate([0.5, -0.5, 1.5, 3.0])]
    how = measure_calibration(found)
    assert (how.forecasts, how.within_one, how.within_two) == (4, 0.5, 0.75)
    assert how.correlation == pytest.approx(math.sqrt(0.9))  # measured 0.5, 0.5, 3.5, 6.0: two of them share a rank
    figure = calibration(found, ACCURACY)
    assert list(figure.data[0].error_x.array) == [1.0] * 4
    assert list(figure.data[1].x) == list(figure.data[1].y) == [0.0, 6.0]


def test_calibration_without_deviations() -> None:
    how = measure_calibration([Forecast(at, float(at), math.nan, float(at)) for at in range(4)])
    assert how.correlation == 1 and math.isnan(how.within_one)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=3, max_size=30))
def test_rank_correlation_is_spearman_s(pairs: list[tuple[int, int]]) -> None:
    one, other = zip(*pairs, strict=True)
    found = rank_correlation(one, other)
    if len(set(one)) == 1 or len(set(other)) == 1:
        assert math.isnan(found)
    else:
        assert found == pytest.approx(spearmanr(one, other).statistic, abs=1e-9)


def test_rungs_and_pairs() -> None:
    events = Events()
    events.add(0, 0.5)
    events.add(1, 0.4)
    events.add(0, 0.8, rung=1, trained=3, epochs=6)
    events.add(0, 0.9, rung=1, repeat=1, epochs=9)
    events.add(1, None, rung=1, trained=3, epochs=6)
    steps = rungs(events.evaluations)
    assert [(step.rung, step.epochs, step.individuals, step.completed) for step in steps] == [
        (0, 3, 2, 2),
        (1, 9, 2, 1),
    ]
    assert rung_pairs(events.evaluations, ACCURACY, 0, 1) == [(0, 0.5, 0.8)]
    bars, points = rung_figure(events.evaluations, ACCURACY).data
    assert list(bars.y) == [2, 2] and list(points.x) == [0.5] and list(points.y) == [0.8]


def test_noise_is_the_spread_of_repeats() -> None:
    events = Events()
    events.add(0, 0.2)
    events.add(0, 0.8, rung=1)
    events.add(0, 0.6, rung=1, repeat=1)
    events.add(1, 0.9, rung=1)
    events.add(1, 0.9, rung=1, repeat=1)
    events.add(2, 0.95, rung=1)
    found = repeated(events.evaluations, ACCURACY)
    assert [(one.individual, one.values) for one in found] == [(1, (0.9, 0.9)), (0, (0.8, 0.6))]
    assert found[1].error == pytest.approx(0.1)
    assert pooled_deviation(found) == pytest.approx(math.sqrt(0.02 / 2))
    first, further, means = noise_figure(found, ACCURACY).data
    assert list(first.x) == [0.9, 0.8] and list(further.x) == [0.9, 0.6] and list(means.x) == pytest.approx([0.9, 0.7])


def laddered(folder: Path, objectives: list[Any]) -> RunHistory:
    """Return a real search over three rungs with repeats, failures, and forecasts made up for its children."""
    config = EvolutionConfig(evaluations=60, epochs=27, objectives=objectives, constraints={"latency": {"max": 0.5}})
    search = SearchConfig(rungs=[3, 9, 27], repeats=2, surrogate=False)
    engine = Engine(toy_space(), config, 3, search=search, training=True)
    run = RunRecord.new(
        "laddered",
        config={"evolution": config.model_dump(mode="json")},
        space=engine.space.to_dict(),
        objectives=[objective.model_dump() for objective in config.objectives],
    )
    rng = np.random.default_rng(0)
    born = 0
    with LineageStore.create(folder, run, synchronous="off") as store:
        while (request := engine.ask()) is not None:
            individual = engine.individuals[request.individual]
            if individual.number < born:
                store.add_request(request)
            else:
                born += 1
                told = {"mean": float(rng.uniform(0.5, 0.9)), "sd": 0.1} if individual.birth.parents else {}
                store.add_individual(replace(individual, birth=replace(individual.birth, forecast=told)), request)
            metrics = toy_evaluate(request.genome, request.total_epochs, request.seed)
            layers = request.genome["layers"]
            metrics |= {"size": float(sum(layer["units"] for layer in layers)), "latency": 0.1 * len(layers)}
            failed = request.failure(EvaluationStatus.CRASHED, "boom") if rng.random() < 0.05 else None
            result = failed or request.result(metrics, seconds=1.0)
            store.add_result(result)
            engine.tell(result)
        return read_history(store)


def test_the_page_shows_what_the_run_has(tmp_path: Path) -> None:
    history = laddered(tmp_path, ["accuracy"])
    page = "".join(search_content(history))
    for anchor in ("epochs", "rungs", "mix", "success", "calibration", "noise"):
        assert f'id="figure-{anchor}"' in page, anchor
    assert "reached rung 2 (27 epochs)" in page
    assert "would be well calibrated" in page
    assert pareto_content(history, []) == []


def test_the_page_says_who_went_on_unasked() -> None:
    run = RunRecord.new("r", config={}, space={}, objectives=[{"metric": "accuracy"}])
    for bypassing, told in ((0, ""), (1, "1 individual went on unasked"), (2, "2 individuals went on unasked")):
        events = Events()
        for number in range(4):
            bypass = {"bypass": 1.0} if 0 < number <= bypassing else {}
            events.add(number, 0.5, birth=child(0, "eda", mean=0.7, sd=0.1, **bypass))
            events.add(number, 0.6, rung=1, trained=3, epochs=6)
        page = "".join(search_content(RunHistory(run, (ACCURACY,), events.individuals, tuple(events.evaluations))))
        assert told in page and ("unasked" in page) == bool(told)


def test_several_objectives_show_knee_and_hypervolume(tmp_path: Path) -> None:
    from evonas.lineage.ranking import knee
    from evonas.report.history import pareto_front, standings

    history = laddered(tmp_path, ["accuracy", {"metric": "size", "direction": "min"}])
    ordered = standings(history)
    front = pareto_front(history, ordered)
    page = "".join(pareto_content(history, ordered))
    assert 'id="figure-pareto"' in page and 'id="figure-hypervolume"' in page
    assert all(one.violation == 0 for one in front)
    chosen = knee(front, ordered, [True, False]).individual.number
    assert f"is individual {chosen}:" in page
    assert "kept the constraints" in page


def test_a_run_without_any_of_it_has_no_such_section(tmp_path: Path) -> None:
    run = RunRecord.new("r", config={}, space={}, objectives=[{"metric": "accuracy"}])
    with LineageStore.create(tmp_path, run) as store:
        assert search_content(read_history(store)) == []
    events = Events()
    for number in range(30):
        events.add(number, 0.5 + number / 100)
    history = RunHistory(run, (ACCURACY,), events.individuals, tuple(events.evaluations))
    assert search_content(history) == [], "random search at full training: nothing to tell"
