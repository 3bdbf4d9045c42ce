"""The surrogate: what it learns, how sure it is, and what it finds promising."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evonas import Engine
from evonas.config.schema import EvolutionConfig, SearchConfig
from evonas.evolution.adaptation import Credit
from evonas.evolution.births import PriorEvaluation
from evonas.evolution.layout import Layout
from evonas.evolution.surrogate import Observations, Prediction, Surrogate, lessons
from evonas.evolution.surrogate.acquisition import expected_improvement, feasibility, hypervolume_improvement
from evonas.evolution.surrogate.calibration import Calibration
from evonas.evolution.surrogate.clock import Clock
from evonas.evolution.surrogate.counts import Counts
from evonas.evolution.surrogate.embedding import Embedding
from evonas.evolution.surrogate.gaussian import GaussianProcess, _evidence, learn
from evonas.evolution.surrogate.prior import Prior
from evonas.evolution.surrogate.promise import Promise
from evonas.evolution.surrogate.targets import BENDS, Scale
from evonas.frontier import hypervolume
from evonas.space import Space


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


# -- the Gaussian process


def test_the_gradient_of_the_evidence_is_the_slope() -> None:
    points, values = rng().random((12, 5)), rng(1).standard_normal(12)
    parts = np.array([0, 0, 1, 2, 2])
    at = np.array([0.3, -0.5, 0.8, -3.0, 0.2])
    _, gradient = _evidence(at, points, values, parts, None)
    for index in range(5):
        step = np.zeros(5)
        step[index] = 1e-5
        up, down = (_evidence(at + sign * step, points, values, parts, None)[0] for sign in (1, -1))
        assert gradient[index] == pytest.approx((up - down) / 2e-5, rel=1e-4, abs=1e-6)


def test_it_finds_out_which_parts_matter() -> None:
    points = rng().random((60, 6))
    values = np.sin(6 * points[:, 2])
    learned = learn(points, (values - values.mean()) / values.std(), np.arange(6))
    assert int(np.argmax(learned.logarithms[:6])) == 2
    assert learned.noise < 1e-2


def test_of_trainings_it_expects_chance() -> None:
    points = rng(4).random((8, 3))
    values = np.array([-1.5, -1.0, -0.5, 0.0, 0.2, 0.5, 1.0, 1.3])[np.argsort(np.argsort(points[:, 0]))]
    exact, noisy = (learn(points, values, np.arange(3), noisy=one) for one in (False, True))
    assert noisy.noise > 3 * exact.noise
    many = rng(5).random((200, 1))
    sure = learn(many, 2 * many[:, 0] - 1, np.array([0]), noisy=True)
    assert sure.noise < 0.1 * noisy.noise, "many results tell how little chance there is"


def test_what_was_seen_is_known_and_the_rest_is_not() -> None:
    points, parts = rng().random((30, 3)), np.arange(3)
    values = points.sum(axis=1) - 1.5
    process = GaussianProcess(learn(points, values, parts), points, values, parts)
    mean, deviation = process.predict(points)
    assert np.abs(mean - values).max() < 0.05
    assert np.allclose(process.mean(points), mean)
    assert np.allclose(process.smoothed, mean)
    assert process.predict(np.full((1, 3), 9.0))[1][0] > 3 * deviation.max()


def test_left_out_values_are_predicted_from_the_others() -> None:
    points, parts = rng(2).random((15, 2)), np.arange(2)
    values = np.cos(3 * points[:, 0])
    learned = learn(points, values, parts)
    mean, deviation = GaussianProcess(learned, points, values, parts).left_out()
    others = np.arange(15) != 4
    alone = GaussianProcess(learned, points[others], values[others], parts)
    expected_mean, expected_deviation = alone.predict(points[4:5])
    assert mean[4] == pytest.approx(expected_mean[0], abs=1e-6)
    assert deviation[4] ** 2 == pytest.approx(expected_deviation[0] ** 2 + learned.noise + 1e-6, rel=1e-3)


def test_drawn_functions_agree_with_the_prediction() -> None:
    points, parts = rng().random((10, 1)), np.array([0])
    process = GaussianProcess(learn(points, points[:, 0], parts), points, points[:, 0], parts)
    there = np.array([[0.1], [0.5], [3.0]])
    draws = np.array([process.sample(there, rng(seed)) for seed in range(400)])
    mean, deviation = process.predict(there)
    assert np.allclose(draws.mean(axis=0), mean, atol=0.2)
    assert draws.std(axis=0)[2] == pytest.approx(deviation[2], rel=0.2)


# -- targets and points


@pytest.mark.parametrize("further", [0, 1, 5])
def test_a_process_that_grows_is_the_one_made_at_once(further: int) -> None:
    points, parts = rng().random((20, 3)), np.array([0, 0, 1])
    values, spread = np.sin(6 * points[:, 0]) + points[:, 2], np.linspace(0.0, 0.3, 20)
    learned = learn(points, values, parts, spread)
    known = 20 - further
    before = GaussianProcess(learned, points[:known], rng(1).random(known), parts, spread[:known])
    grown = GaussianProcess(learned, points, values, parts, spread, before)
    there = rng(2).random((30, 3))
    at_once = GaussianProcess(learned, points, values, parts, spread)
    for one, other in zip(grown.predict(there), at_once.predict(there), strict=True):
        assert np.allclose(one, other, rtol=1e-9, atol=1e-9)
    assert np.allclose(grown.smoothed, at_once.smoothed)
    assert np.allclose(grown.left_out(), at_once.left_out())


def test_a_diverged_loss_does_not_drown_the_others() -> None:
    values = np.array([-1.0, -1.1, -1.2, -1.3, -1e12, math.nan])
    scaled = Scale.of(values)(values)
    assert np.ptp(scaled[:4]) > 0.25
    assert scaled[4] == scaled[5] == scaled.min()


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30), st.sampled_from(BENDS))
def test_scaling_keeps_the_order_and_can_be_undone(values: list[float], bend: float) -> None:
    known = np.array(values)
    scale = Scale.of(known, bend=bend)
    scaled = scale(known)
    assert (np.diff(scaled[np.argsort(known)]) >= -1e-9).all()
    kept = known >= scale.lowest
    spread = np.ptp(known) + 1e-9
    for value, one in zip(known[kept], scaled[kept], strict=True):
        assert scale.value(float(one)) == pytest.approx(value, abs=1e-6 * spread + 1e-9 * abs(value))


def test_a_few_failed_trainings_leave_the_good_apart() -> None:
    values = np.array([0.86, 0.87, 0.88, 0.89, 0.90, 0.5, 0.48])
    assert np.ptp(Scale.of(values, bend=BENDS[-1])(values)[:5]) > 1.5 * np.ptp(
        ((values - values.mean()) / values.std())[:5]
    )


@pytest.mark.parametrize("bend", BENDS)
def test_the_evidence_of_a_scale_is_its_slope(bend: float) -> None:
    values = rng().normal(size=40)
    scale = Scale.of(values, bend=bend)
    step = 1e-6
    slopes = (scale(values + step) - scale(values - step)) / (2 * step)
    assert scale.evidence(values) == pytest.approx(float(np.log(slopes).sum()), rel=1e-3)


@pytest.mark.parametrize("fails", [False, True])
def test_low_values_are_bent_where_trainings_fail_by_chance(fails: bool) -> None:
    space = Space.from_dict({"x": {"float": [0.0, 1.0]}, "y": {"float": [0.0, 1.0]}})
    layout, chance = Layout(space), rng(3)
    genomes = [space.sample(rng(number)) for number in range(60)]
    known = Observations(layout, 1, depths=False, row=lambda number: layout.row(genomes[number]))
    for number, genome in enumerate(genomes):
        value = 0.9 - 0.1 * abs(genome["x"] - 0.5)
        known.append(number, [0.5 * chance.random() if fails and chance.random() < 0.15 else value])
    surrogate = Surrogate(known, [True])
    surrogate.fit()
    assert (surrogate.scales[0].reach < surrogate.scales[0].middle - surrogate.scales[0].lowest) == fails


def test_a_failure_says_nothing_of_a_constrained_figure() -> None:
    scale = Scale.of(np.array([1.0, 3.0, math.nan]), one_sided=False)
    assert scale(np.array([math.nan]))[0] == pytest.approx(0.0)
    assert scale.value(float(scale(np.array([3.0]))[0])) == pytest.approx(3.0)


def test_two_options_are_at_distance_one() -> None:
    space = Space.from_dict({"a": {"choice": ["x", "y", "z"]}, "b": {"float": [0.0, 1.0]}})
    layout = Layout(space)
    rows = np.array([layout.row(space.complete({"a": option, "b": 0.5})) for option in "xyz"])
    points = Embedding(layout).points(rows)
    squares = ((points[:, None] - points[None]) ** 2).sum(axis=-1)
    assert np.allclose(squares, 1 - np.eye(3))


def test_the_same_items_in_another_order_are_alike_in_their_family() -> None:
    space = Space.from_dict({f"edge_{place}": {"choice": ["a", "b"]} for place in range(3)})
    layout, embedding = Layout(space), Embedding(Layout(space))
    one, other = (
        layout.row(space.complete({f"edge_{place}": option for place, option in enumerate(word)}))
        for word in ("aab", "baa")
    )
    points = embedding.points(np.array([one, other]))
    family = embedding.parts == embedding.parts.max()
    assert family.sum() == 2
    assert np.allclose(points[0, family], points[1, family])


# -- the surrogate


def observed(count: int, depths: bool = False) -> tuple[Space, Layout, Observations]:
    space = Space.from_dict({"x": {"float": [0.0, 1.0]}, "kind": {"choice": ["a", "b"]}})
    layout = Layout(space)
    known = Observations(layout, 1, depths=depths, row=lambda number: layout.row(space.sample(rng(number))))
    for number in range(count):
        genome = space.sample(rng(number))
        value = -((genome["x"] - 0.3) ** 2) + 0.1 * (genome["kind"] == "a")
        known.append(number, [value])
    return space, layout, known


def test_it_is_a_function_of_the_first_observations() -> None:
    known = observed(40)[2]
    late = Surrogate(known, [True])
    late.fit()
    _, _, growing = observed(3)
    early = Surrogate(growing, [True])
    for number in range(3, 40):
        growing.append(number, [float(known.values[number, 0])])
        early.fit()
    points = known.embedded(rng(9).random((20, 2)))
    assert np.array_equal(early.predict(points).mean, late.predict(points).mean)


def test_it_is_less_curious_about_what_is_under_way() -> None:
    _, _, known = observed(8)
    surrogate = Surrogate(known, [True])
    point = known.embedded(np.array([[0.95, 0.75]]))
    surrogate.fit()
    before = surrogate.predict(point)
    surrogate.fit(point)
    after = surrogate.predict(point)
    assert after.deviation[0, 0] < 0.8 * before.deviation[0, 0]
    assert after.mean[0, 0] == pytest.approx(before.mean[0, 0], abs=0.05)


def test_shorter_trainings_are_levelled_by_those_who_went_on() -> None:
    known = observed(0, depths=True)[2]
    for number, value in enumerate((0.5, 0.6, 0.7)):
        known.append(number, [value], 0.5)
    for number, value in ((1, 0.8), (2, 0.9)):
        known.append(number, [value], 1.0)
    assert known.levelled(0, 5).tolist() == pytest.approx([0.7, 0.8, 0.9, 0.8, 0.9])
    assert known.levelled(0, 3).tolist() == pytest.approx([0.5, 0.6, 0.7])
    surrogate = Surrogate(known, [True])
    surrogate.fit()
    assert len(surrogate.found) == 2, "two were trained in full"


def test_earlier_runs_say_what_is_good_until_this_one_knows_better() -> None:
    space, layout, known = observed(0)
    genomes = [space.sample(rng(seed)) for seed in range(100, 160)]
    evaluations = [PriorEvaluation(genome, (1000 * genome["x"],), "earlier") for genome in genomes]
    prior = Prior(evaluations, layout, known, np.array([1.0]), 1)
    assert len(prior) == 60
    surrogate = Surrogate(known, [True], prior)
    points = known.embedded(np.array([[0.1, 0.25], [0.9, 0.25]]))
    for number in range(3):
        known.append(number, [1.0])
    surrogate.fit()
    low, high = surrogate.predict(points).mean[:, 0]
    assert high > low + 0.5
    for number in range(3, 60):
        known.append(number, [-space.sample(rng(number))["x"]])
    surrogate.fit()
    low, high = surrogate.predict(points).mean[:, 0]
    assert low > high + 1.0


# -- promise


def test_expected_improvement_is_what_draws_improve_on_average() -> None:
    mean, deviation = np.array([0.0, 1.0, -2.0]), np.array([1.0, 0.1, 0.7])
    draws = mean + deviation * rng().standard_normal((400_000, 3))
    expected = np.maximum(draws - 0.5, 0).mean(axis=0)
    assert np.exp(expected_improvement(mean, deviation, 0.5))[:2] == pytest.approx(expected[:2], rel=0.02)
    far = expected_improvement(np.array([-10.0, -20.0, -40.0, -1e6]), np.ones(4), 0.0)
    assert np.isfinite(far).all()
    assert (np.diff(far) < 0).all()


def test_expected_improvement_has_no_step_where_its_formula_changes() -> None:
    means = np.linspace(-5, -3, 400)
    values = expected_improvement(means, np.ones(400), 0.0)
    assert np.abs(np.diff(values, 2)).max() < 1e-3


def test_hypervolume_improvement_is_what_the_front_gains() -> None:
    front = np.array([[0.0, 1.0], [1.0, 0.0]])
    means = np.array([[0.8, 0.8], [0.4, 0.4], [1.3, 0.2], [-1.0, -1.0]])
    gains = hypervolume_improvement(Prediction(means, np.full((4, 2), 1e-6)), front, front, rng())
    reference = np.array([0.1, 0.1])  # a tenth below the worst
    before = hypervolume(-front, reference)
    true = [hypervolume(-np.vstack([front, mean]), reference) - before for mean in means]
    assert np.argsort(-gains).tolist() == np.argsort(-np.array(true)).tolist()
    assert gains[0] / gains[2] == pytest.approx(true[0] / true[2], rel=0.35)


def test_feasibility_falls_beyond_a_limit() -> None:
    prediction = Prediction(np.array([[0.0], [2.0], [-2.0]]), np.ones((3, 1)))
    chance = np.exp(feasibility(prediction, np.array([-np.inf]), np.array([0.0])))
    assert chance == pytest.approx([0.5, 0.0228, 0.977], abs=1e-3)


def test_constraints_lead_away_from_what_breaks_them() -> None:
    space = Space.from_dict({"x": {"float": [0.0, 1.0]}, "y": {"float": [0.0, 1.0]}})
    layout = Layout(space)
    genomes = [space.sample(rng(number)) for number in range(25)]
    known = Observations(layout, 2, depths=False, row=lambda number: layout.row(genomes[number]))
    for number, genome in enumerate(genomes):
        known.append(number, [genome["x"], genome["x"]])
    surrogate = Surrogate(known, [True, False])
    surrogate.fit()
    config = EvolutionConfig.model_validate({"evaluations": 9, "constraints": {"size": {"max": 0.6}}})
    judge = Promise(config).judge(surrogate, 1.0, 0, rng())
    scores = judge(known.embedded(np.array([[0.58, 0.5], [0.99, 0.5]])))
    assert scores[0] > scores[1]


def test_improvement_counts_for_the_time_it_takes() -> None:
    space = Space.from_dict({"x": {"float": [0.0, 1.0]}, "y": {"float": [0.0, 1.0]}})
    layout = Layout(space)
    genomes = [space.sample(rng(number)) for number in range(25)]
    counts = Counts(lambda row: {"operations": 1e6 * 10 ** row[1], "parameters": 1e3})
    clock = Clock(layout, lambda number: layout.row(genomes[number]), counts)
    for number, genome in enumerate(genomes):
        clock.told(number, 2.0 * 10 ** genome["y"], 2)
    clock.fit()
    rows = np.array([[0.9, 0.2], [0.9, 0.8]])
    score = clock.hurried(np.zeros(2), rows)
    assert score[0] - score[1] == pytest.approx(0.3 * math.log(10), rel=0.2), "the one takes 4 times as long"


def rising() -> tuple[Surrogate, np.ndarray]:
    """Return a model of values that rise, and two points: beside the best one, and far out where nothing is known."""
    space = Space.from_dict({"x": {"float": [0.0, 1.0]}})
    layout = Layout(space)
    genomes = [space.complete({"x": 0.4 + 0.02 * number}) for number in range(9)]
    known = Observations(layout, 1, depths=False, row=lambda number: layout.row(genomes[number]))
    for number, genome in enumerate(genomes):
        known.append(number, [genome["x"]])
    surrogate = Surrogate(known, [True])
    surrogate.fit()
    return surrogate, known.embedded(np.array([[0.57], [0.95]]))


def test_some_births_dare_more_even_where_time_counts() -> None:
    surrogate, points = rising()
    promise = Promise(EvolutionConfig(evaluations=9, constraints={}))

    def margin(seed: int) -> float:
        near, far = promise.judge(surrogate, 1.0, 0, rng(seed), timed=True)(points)
        return far - near

    margins = {round(margin(seed), 6) for seed in range(12)}
    assert len(margins) == 2, "one kind of birth that expects, and one that dares"
    daring = [seed for seed in range(12) if margin(seed) == pytest.approx(max(margins), abs=1e-5)]
    assert 1 <= len(daring) <= 8


@pytest.mark.parametrize("timed", [True, False])
def test_where_results_depend_on_chance_a_search_stays_nearer_to_what_it_knows(timed) -> None:
    surrogate, points = rising()

    def drawn_away(seed: int, noisy: bool) -> float:
        promise = Promise(EvolutionConfig(evaluations=9), noisy=noisy)
        near, far = promise.judge(surrogate, 1.0, 0, rng(seed), timed=timed)(points)
        return float(far - near)

    exact, noisy = ([drawn_away(seed, chance) for seed in range(12)] for chance in (False, True))
    assert all(one >= other for one, other in zip(exact, noisy, strict=True))
    nearer = sum(one > other for one, other in zip(exact, noisy, strict=True))
    assert nearer == 12 if timed else 4 <= nearer < 12, "untimed bounds and drawn functions are as they are"


def test_where_time_is_short_quick_trainings_are_preferred() -> None:
    space = Space.from_dict({"x": {"float": [0.0, 1.0]}, "y": {"float": [0.0, 1.0]}, "slow": {"float": [0.0, 4.0]}})

    def slowness(seed: int, **stop: float) -> float:
        now = 0.0
        engine = Engine(space, EvolutionConfig.model_validate(stop), seed, clock=lambda: now)
        slow: list[float] = []
        while (request := engine.ask()) is not None and len(slow) < 16:
            x, y, further = (request.genome[name] for name in ("x", "y", "slow"))
            seconds = float(np.exp(further))
            now += seconds
            slow.append(further)
            engine.tell(request.result({"accuracy": 1 - (x - 0.3) ** 2 - (y - 0.6) ** 2}, seconds=seconds))
        return float(np.mean(slow[5:]))  # behind the founders

    hurried = np.mean([slowness(seed, wall_time=1e6) for seed in range(12)])
    assert hurried < 0.65 * np.mean([slowness(seed, evaluations=1000) for seed in range(12)])


def test_a_hurried_search_gets_beyond_what_models_rest_on() -> None:
    space = Space.from_dict({"x": {"float": [0.0, 1.0]}, "y": {"float": [0.0, 1.0]}})
    engine = Engine(space, EvolutionConfig(wall_time=1e6), clock=lambda: 0.0)
    for _ in range(300):  # more than a model of durations is fitted to
        request = engine.ask()
        assert request is not None
        engine.tell(request.result({"accuracy": request.genome["x"]}, seconds=1.0 + request.genome["y"]))
    assert engine.best is not None


# -- the record


def test_a_surrogate_that_was_too_sure_is_trusted_less() -> None:
    calibration = Calibration()
    assert calibration.factor == 1.0
    for step in range(40):
        calibration.told({"mean": 0.0, "raw_sd": 1.0}, 2.0 if step % 2 else -2.0)
    assert calibration.factor > 1.6
    assert calibration.report()["forecasts"] == 40
    calibration.told({}, 5.0)
    assert calibration.report()["forecasts"] == 40


def test_what_succeeds_is_used_more_often_and_nothing_is_given_up() -> None:
    credit = Credit({"good": 1.0, "bad": 1.0, "off": 0.0})
    assert credit.shares() == {"good": 0.5, "bad": 0.5}
    for _ in range(80):
        credit.reward(["good"], 1.0)
        credit.reward(["bad", "unknown"], 0.0)
    shares = credit.shares()
    assert shares["good"] > 0.75
    assert shares["bad"] > 0.1
    assert credit.shares(["bad"]) == {"bad": 1.0}
    fixed = Credit({"good": 1.0, "bad": 1.0}, adaptive=False)
    fixed.reward(["good"], 1.0)
    assert fixed.shares() == {"good": 0.5, "bad": 0.5}


@pytest.mark.parametrize("kind", ["gaussian", "trees", "ensemble"])
def test_while_devices_are_busy_all_is_learned_that_the_next_birth_goes_by(monkeypatch, kind) -> None:
    learned: list[str] = []

    def counting(name: str):
        known = getattr(lessons, name)
        monkeypatch.setattr(lessons, name, lambda *args, **keys: (learned.append(name), known(*args, **keys))[1])

    counting("learn")
    counting("grow")
    space = Space.from_dict({"x": {"float": [0.0, 1.0]}, "y": {"float": [0.0, 1.0]}})
    config = EvolutionConfig.model_validate({"evaluations": 40, "objectives": ["accuracy", "size"]})
    engine = Engine(space, config, 3, search=SearchConfig(surrogate=kind))
    requests = [engine.ask() for _ in range(3)]
    at_births = set()
    while requests:
        while engine.reflect():
            pass
        request = requests.pop(0)
        assert request is not None
        x, y = (request.genome[name] for name in "xy")
        engine.tell(request.result({"accuracy": 1 - (x - 0.3) ** 2, "size": 1.0 + y}))
        before = len(learned)
        requests += [one for one in [engine.ask()] if one is not None]
        if len(learned) > before:
            at_births.add(len(engine.results))
    assert len(engine.results) == 40
    assert set(learned) == {"gaussian": {"learn"}, "trees": {"grow"}, "ensemble": {"learn", "grow"}}[kind]
    assert at_births <= {3}, "the first birth by surrogate has nothing to go by before; the others have"
    assert len(learned) > 40


def test_a_model_of_two_results_learns_from_no_third_one() -> None:
    """There is room for further results behind them, and anything may stand there."""
    layout = Layout(Space.from_dict({"x": {"float": [0.0, 1.0]}}))
    known = Observations(layout, 1, depths=False, row=lambda number: np.array([0.2 + 0.5 * number]))
    known._values[:] = np.nan
    known._values[2] = 1e9
    for number, value in enumerate((0.3, 0.8)):
        known.append(number, [value])
    surrogate = Surrogate(known, [True])
    surrogate.fit()
    assert surrogate.scales[0].centre == pytest.approx(0.55, abs=0.02)
    assert 0.3 < surrogate.scales[0].value(float(surrogate.means(known.embedded(np.array([[0.7]])))[0, 0])) <= 0.8
