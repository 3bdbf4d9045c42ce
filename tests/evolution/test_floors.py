"""Floors: what cannot become the best any more is given up; with several objectives, what nearly all others beat."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evonas import Engine, EvolutionConfig, SearchConfig
from evonas.evolution.floors import Floors
from evonas.testing.toy import toy_space


def curve(level, epochs=10, first=1, column="val_loss"):
    return [{"epoch": epoch, column: level / epoch} for epoch in range(first, first + epochs)]


def test_nothing_is_given_up_before_twenty_curves():
    floors = Floors("val_loss", maximise=False, predicts=False)
    for number in range(19):
        floors.told(number, curve(1.0 + number))
    assert floors.floor(0, 10) == ()
    floors.told(19, curve(20.0))
    assert [epoch for epoch, _ in floors.floor(0, 10)] == list(range(5, 10))


def test_the_floor_is_below_nine_tenths_of_the_others():
    losses, scores = (
        Floors("val_loss", maximise=False, predicts=False),
        Floors("val_auc", maximise=True, predicts=False),
    )
    for number in range(20):
        losses.told(number, curve(1.0 + number))
        scores.told(number, curve(1.0 + number, column="val_auc"))
    epoch, value = losses.floor(0, 10)[0]
    assert sum(level / epoch > value for level in range(1, 21)) == 2
    _, value = scores.floor(0, 10)[0]
    assert sum(level < value for level in range(1, 21)) == 2  # the best so far of a falling curve is its first


def test_a_curve_that_rises_again_is_judged_by_its_best():
    floors = Floors("val_loss", maximise=False, predicts=False)
    for number in range(20):
        floors.told(
            number, [{"epoch": 1, "val_loss": 0.1}, {"epoch": 2, "val_loss": 5.0}, {"epoch": 3, "val_loss": 5.0}]
        )
    assert floors.floor(0, 4) == ((2, 0.1), (3, 0.1))


def test_a_curve_goes_on_from_rung_to_rung():
    floors = Floors("val_loss", maximise=False, predicts=False)
    for number in range(20):
        floors.told(number, [{"epoch": 1, "val_loss": 0.1}])
        floors.told(number, [{"epoch": 2, "val_loss": 5.0}, {"epoch": 3, "val_loss": 5.0}])
    assert floors.floor(1, 3) == ((3, 0.1),)


def test_curves_without_the_column_teach_nothing():
    floors = Floors("val_loss", maximise=False, predicts=False)
    for number in range(20):
        floors.told(number, [{"epoch": 1, "loss": 0.1}, {"epoch": 2, "val_loss": float("nan")}])
    assert floors.floor(0, 4) == ()


def learned(noise=0.0, count=30, epochs=10, seed=0):
    """Return floors that know trainings whose outcome is a line of their loss, the losses, and the outcomes."""
    rng = np.random.default_rng(seed)
    floors, levels = Floors("val_loss", maximise=False), rng.uniform(0.5, 1.5, count)
    outcomes = 1.0 - 0.5 * levels + noise * rng.standard_normal(count)
    for number, (level, outcome) in enumerate(zip(levels, outcomes, strict=True)):
        floors.told(number, curve(level, epochs), outcome)
    return floors, levels, outcomes


def test_nothing_is_predicted_before_ten_trainings_ended():
    floors, _, outcomes = learned(count=9)
    assert floors.floor(0, 10, outcomes.max()) == ()
    floors.told(20, curve(1.0))  # not at its end
    assert floors.floor(0, 10, outcomes.max()) == ()
    floors.told(21, curve(1.0), 0.5)
    assert floors.floor(0, 10, outcomes.max())
    assert floors.floor(0, 10, None) == ()  # there is nothing to beat


def test_what_must_be_reached_is_what_the_best_needs():
    floors, levels, outcomes = learned()  # without noise: who is behind the best stays behind
    pairs = floors.floor(0, 10, outcomes.max())
    assert [epoch for epoch, _ in pairs] == [5, 6, 7, 8, 9]
    for epoch, least in pairs:
        assert least == pytest.approx(levels.min() / epoch, rel=1e-3)
    for epoch, least in floors.floor(0, 10, 0.6):
        assert least == pytest.approx(0.8 / epoch, rel=1e-3)


@pytest.mark.parametrize("seed", range(5))
def test_who_reached_the_floor_may_still_become_the_best(seed):
    floors, _, outcomes = learned(noise=0.05, count=200, seed=seed)
    floor = dict(floors.floor(0, 10, outcomes.max()))
    rng = np.random.default_rng(100 + seed)
    levels = rng.uniform(0.5, 1.5, 4000)
    better = 1.0 - 0.5 * levels + 0.05 * rng.standard_normal(4000) > outcomes.max()
    given_up = levels / 5 > floor[5]
    assert given_up.mean() > 0.5
    assert better[given_up].mean() < 0.01


def test_the_less_an_epoch_tells_the_less_is_given_up():
    given_up = []
    for noise in (0.0, 0.05, 0.2, 5.0):
        floors, levels, outcomes = learned(noise=noise, count=60)
        floor = dict(floors.floor(0, 10, outcomes.max()))
        given_up.append(np.mean(levels / 5 > floor.get(5, np.inf)))
    assert given_up == sorted(given_up, reverse=True)
    assert given_up[0] > 0.9
    assert given_up[-1] == 0.0


def test_trainings_that_ended_early_stand_where_they_ended():
    floors = Floors("val_loss", maximise=False)
    for number in range(10):
        level = 0.5 + number / 10
        floors.told(number, [{"epoch": epoch, "val_loss": level} for epoch in range(1, 4)], 1.0 - level)
    assert [epoch for epoch, _ in floors.floor(0, 10, 0.5)] == [5, 6, 7, 8, 9]


@pytest.mark.parametrize("maximise", [False, True])
def test_a_training_that_missed_its_floor_is_known_as_such(maximise):
    sign = 1 if maximise else -1
    floors = Floors("score", maximise=maximise)
    for number in range(12):
        level = 1.0 + sign * number / 10
        floors.told(number, [{"epoch": epoch, "score": level} for epoch in range(1, 7)], number / 10)
    floor = floors.floor(0, 6, 1.1)
    floors.told(20, [{"epoch": epoch, "score": 1.0 + sign * 0.4} for epoch in range(1, floor[0][0] + 1)])
    floors.told(21, [{"epoch": epoch, "score": 1.0 + sign * 1.2} for epoch in range(1, 7)])
    assert floors.stopped(20, floor)
    assert not floors.stopped(21, floor)
    assert floors.expected(20) == pytest.approx(0.4)


def test_long_trainings_are_checked_now_and_then():
    floors, _, outcomes = learned(epochs=200)
    assert 8 <= len(floors.floor(0, 200, outcomes.max())) <= 16


@given(st.data())
def test_floors_take_any_curve(data):
    floors = Floors("val_loss", maximise=False)
    values = st.floats(allow_nan=True, allow_infinity=True, width=32)
    for number in range(data.draw(st.integers(0, 14))):
        rows = data.draw(st.lists(values, max_size=6))
        outcome = data.draw(st.one_of(st.none(), st.floats(-1e6, 1e6)))
        floors.told(number, [{"epoch": epoch + 1, "val_loss": value} for epoch, value in enumerate(rows)], outcome)
    pairs = floors.floor(0, 8, data.draw(st.floats(-1e6, 1e6)))
    assert all(3 <= epoch < 8 and np.isfinite(value) for epoch, value in pairs)


def test_the_engine_hands_floors_to_later_requests():
    def requests(stop_hopeless, objectives=("accuracy",)):
        config = EvolutionConfig(evaluations=25, epochs=6, objectives=objectives)
        engine = Engine(toy_space(), config, search=SearchConfig(stop_hopeless=stop_hopeless), training=True)
        while (request := engine.ask()) is not None:
            metrics = {"accuracy": 0.9 - request.number / 100, "size": 1.0 + request.number % 7}
            engine.tell(request.result(metrics, curve=curve(1.0 + request.number, 6)))
        return engine.requests

    assert [bool(request.floor) for request in requests(True)] == [False] * 10 + [True] * 15
    several = requests(True, ["accuracy", {"metric": "size", "direction": "min"}])
    assert [bool(request.floor) for request in several] == [False] * 20 + [True] * 5
    assert not any(request.floor for request in requests(False))


def test_the_surrogate_hears_what_a_training_given_up_would_have_come_to():
    engine = Engine(toy_space(), EvolutionConfig(evaluations=20, epochs=6), training=True)
    seen = 0
    while (request := engine.ask()) is not None:
        level = 1.0 + (request.number * 7 % 20) / 10
        rows, accuracy = curve(level, 6), 1.5 - level / 2
        least = dict(request.floor)
        ended = next((row["epoch"] for row in rows if row["val_loss"] > least.get(row["epoch"], np.inf)), 6)
        engine.tell(request.result({"accuracy": accuracy * ended / 6}, curve=rows[:ended], epochs=ended))
        if ended < 6:
            seen += 1
            probably = max(accuracy, 0.2)  # how bad the worst are is not told apart
            assert engine.algorithm._setting.outlook(request.individual) == pytest.approx(probably, abs=0.02)
    assert seen > 3


def test_a_replayed_engine_knows_the_same_outlooks():
    config = EvolutionConfig(evaluations=24, epochs=6)
    first = Engine(toy_space(), config, seed=3, training=True)
    for _ in range(16):
        request = first.ask()
        level = 1.0 + (request.number * 7 % 20) / 10
        first.tell(request.result({"accuracy": 1.5 - level / 2}, curve=curve(level, 6)))
    second = Engine.from_state(first.state())
    for _ in range(8):
        one, other = first.ask(), second.ask()
        assert one.floor == other.floor
        assert one.genome == other.genome
        for engine, request in ((first, one), (second, other)):
            engine.tell(request.result({"accuracy": 0.4}, curve=curve(2.0, 3), epochs=3))
