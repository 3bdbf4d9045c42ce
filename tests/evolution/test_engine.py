"""The engine on a small problem with a known optimum: depth 4, 64 units, elu, sgd."""

import json
import math
import random

import pytest

from evonas import Engine, EvaluationStatus, EvolutionConfig, Genome, Space
from evonas.config.schema import SearchConfig
from evonas.errors import ConfigError, EvaluationError, GenomeError, SpaceError
from evonas.evolution import SeedGenome
from evonas.records import Parent
from evonas.testing.operators import SPACES


@pytest.fixture
def spec() -> dict:
    return SPACES[0]


def score(genome: Genome) -> float:
    value = -abs(len(genome["layers"]) - 4) / 4
    for layer in genome["layers"]:
        value -= abs(math.log(layer["units"] / 64)) / 10 + abs(layer["dropout"] - 0.2) / 5
        value -= 0.1 * (layer["activation"] != "elu")
    return value - 0.2 * (genome["optimizer"]["type"] != "sgd")


def drive(engine: Engine, upto: int | None = None) -> Engine:
    """Ask and tell one after the other until the engine ends, or has been told ``upto`` results."""
    while (upto is None or len(engine.results) < upto) and (request := engine.ask()) is not None:
        engine.tell(request.result({"accuracy": score(request.genome), "size": len(request.genome["layers"])}))
    return engine


def make(spec, **keys):
    seed = keys.pop("seed", 0)
    extra = {name: keys.pop(name) for name in ("seeds", "appraise", "clock", "elapsed", "search") if name in keys}
    # What is tested here is the engine; the surrogate has tests of its own, and takes its time.
    extra.setdefault("search", SearchConfig(surrogate=False))
    return Engine(Space.from_dict(spec), EvolutionConfig(**{"evaluations": 120, **keys}), seed=seed, **extra)


def births(engine):
    return [(one.genome.json, one.genome.marks, one.birth.to_dict()) for one in engine.individuals]


@pytest.mark.parametrize(
    "keys",
    [
        {},
        {"mode": "generational"},
        {"survival": "best"},
        {"objectives": ["accuracy", "size"]},
        {"search": SearchConfig()},
    ],
)
def test_the_search_beats_its_founders(spec, keys):
    engine = drive(make(spec, **keys))
    founders = [score(one.genome) for one in engine.individuals if one.birth.operators == ("founder",)]
    assert len(engine.results) == 120
    assert engine.finished
    assert engine.best().values[0] > max(founders)


@pytest.mark.parametrize("keys", [{}, {"mode": "generational"}, {"objectives": ["accuracy", "size"]}])
def test_the_same_seed_gives_the_same_births(spec, keys):
    one, other = (births(drive(make(spec, **keys))) for _ in range(2))
    assert json.dumps(one) == json.dumps(other)
    assert one != births(drive(make(spec, seed=1, **keys)))


def test_the_global_random_state_is_left_alone(spec):
    random.seed(5)
    before = random.getstate()
    drive(make(spec))
    assert random.getstate() == before


def test_the_global_random_state_does_not_matter(spec):
    random.seed(1)
    one = births(drive(make(spec)))
    random.seed(2)
    assert one == births(drive(make(spec)))


@pytest.mark.parametrize("told", [0, 3, 57])
@pytest.mark.parametrize("mode", ["steady", "generational"])
def test_state_resumes_with_pending_requests_and_then_goes_the_same_way(spec, told, mode):
    engine = drive(make(spec, mode=mode), upto=told)
    pending = [request for request in (engine.ask(), engine.ask()) if request is not None]
    again = Engine.from_state(json.loads(json.dumps(engine.state())))
    assert [again.ask() for _ in pending] == pending
    for request in pending:
        result = request.result({"accuracy": score(request.genome), "size": 1})
        engine.tell(result)
        again.tell(result)
    assert births(drive(engine)) == births(drive(again))
    assert [m.number for m in engine.members] == [m.number for m in again.members]


def test_no_genome_is_asked_for_twice_while_there_are_new_ones(spec):
    engine = drive(make(spec, evaluations=300))
    assert len({one.genome.id for one in engine.individuals}) == 300


def test_a_space_that_is_used_up_ends_the_search():
    engine = make({"a": {"choice": [1, 2, 3]}}, evaluations=8)
    while (request := engine.ask()) is not None:
        engine.tell(request.result({"accuracy": float(request.genome["a"])}))
    assert sorted(one.genome["a"] for one in engine.individuals) == [1, 2, 3]
    assert engine.finished
    assert engine.stop_reason == "all 3 genomes of the space are evaluated"
    assert engine.best().genome["a"] == 3


def test_where_limits_leave_no_new_genome_a_known_one_is_asked_again():
    engine = make(
        {"a": {"choice": [1, 2, 3]}},
        evaluations=8,
        limits={"parameters": 2},
        over_limit="reject",
        appraise=lambda genome: {"parameters": genome["a"]},
    )
    while (request := engine.ask()) is not None:
        engine.tell(request.result({"accuracy": float(request.genome["a"])}))
    assert len(engine.results) == 8
    assert {one.genome["a"] for one in engine.individuals} == {1, 2}


def test_a_failure_is_never_a_parent(spec):
    engine = make(spec)
    failed = set()
    while (request := engine.ask()) is not None:
        if request.number % 3 == 0:
            failed.add(request.individual)
            engine.tell(request.failure(EvaluationStatus.CRASHED, "for the test"))
        else:
            engine.tell(request.result({"accuracy": score(request.genome)}))
    parents = {parent.number for one in engine.individuals for parent in one.birth.parents}
    assert failed
    assert not failed & parents
    assert engine.best().number not in failed


def test_without_any_success_the_search_goes_on_at_random_and_ends(spec):
    engine = make(spec, evaluations=30)
    while (request := engine.ask()) is not None:
        engine.tell(request.failure(EvaluationStatus.DIVERGED, "for the test"))
    assert engine.finished
    with pytest.raises(EvaluationError, match="no evaluation has completed"):
        engine.best()


def test_a_nan_is_a_failure_and_not_a_value(spec):
    engine = make(spec)
    request = engine.ask()
    engine.tell(request.result({"accuracy": float("nan")}))
    assert engine.results[0].status is EvaluationStatus.DIVERGED
    assert not engine.has_best


def test_a_cancelled_evaluation_is_asked_for_again(spec):
    engine = make(spec)
    request = engine.ask()
    engine.tell(request.failure(EvaluationStatus.CANCELLED, "stopped"))
    assert engine.ask() == request
    assert len(engine.results) == 0


def test_a_lost_evaluation_is_spent_but_says_nothing_about_its_genome(spec):
    engine = make({"a": {"choice": [1, 2]}}, evaluations=4)
    request = engine.ask()
    engine.tell(request.failure(EvaluationStatus.LOST, "the node went away"))
    later = [engine.ask().genome, engine.ask().genome]
    assert len(engine.results) == 1
    assert request.genome in later


def test_results_nobody_asked_for_are_refused(spec):
    engine = make(spec)
    request = engine.ask()
    result = request.result({"accuracy": 1.0})
    engine.tell(result)
    with pytest.raises(ValueError, match="not under way"):
        engine.tell(result)


def test_a_missing_metric_names_what_there_is(spec):
    engine = make(spec)
    request = engine.ask()
    with pytest.raises(EvaluationError, match=r"acuracy") as caught:
        engine.tell(request.result({"acuracy": 1.0}))
    assert "did you mean 'acuracy'" in str(caught.value)
    assert engine.pending == (request,)


@pytest.mark.parametrize("direction", ["max", "min"])
def test_direction(direction):
    engine = make({"a": {"int": [0, 50]}}, objectives=[{"metric": "a", "direction": direction}], evaluations=40)
    while (request := engine.ask()) is not None:
        engine.tell(request.result({"a": float(request.genome["a"])}))
    values = [one.genome["a"] for one in engine.individuals]
    assert engine.best().values[0] == (max(values) if direction == "max" else min(values))


def test_losses_and_sizes_are_minimised_unless_told_otherwise():
    config = EvolutionConfig(
        evaluations=1, objectives=["auc", "loss", "parameters", {"metric": "rmse", "direction": "max"}]
    )
    assert [objective.maximise for objective in config.objectives] == [True, False, False, True]


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_stops(spec):
    clock = Clock()
    engine = make(spec, evaluations=None, wall_time=100.0, clock=clock)
    first = engine.ask()
    clock.now = 101.0
    assert engine.ask() is None
    assert not engine.finished, "what runs is finished"
    engine.tell(first.result({"accuracy": 0.0}))
    assert engine.finished
    assert "wall time" in engine.stop_reason

    assert drive(make(spec, evaluations=None, generations=3, population=10)).progress.ended == 30
    engine = drive(make(spec, evaluations=None, total_epochs=55, epochs=10))
    assert engine.progress.epochs == 60
    engine = drive(make(spec, evaluations=10_000, target=-0.35))
    assert engine.best().values[0] >= -0.35
    assert len(engine.results) < 10_000
    engine = drive(make(spec, evaluations=10_000, stagnation=40))
    assert engine.progress.since_improvement == 40


def test_wall_time_counts_earlier_sessions(spec):
    engine = make(spec, evaluations=None, wall_time=100.0, clock=Clock(), elapsed=100.0)
    assert engine.ask() is None


def test_no_stop_is_an_error():
    with pytest.raises(ValueError, match="has no end"):
        EvolutionConfig()


def test_generational_mode_waits_for_its_generation(spec):
    engine = make(spec, mode="generational", population=6, founders=6)
    requests = [engine.ask() for _ in range(6)]
    assert engine.ask() is None
    assert not engine.finished
    for request in reversed(requests):
        engine.tell(request.result({"accuracy": score(request.genome)}))
    assert engine.ask() is not None


@pytest.mark.parametrize("surrogate", [True, False])
def test_the_order_of_results_within_a_generation_does_not_matter(spec, surrogate):
    ends = []
    for order in (1, -1):
        search = SearchConfig(surrogate=surrogate)
        engine = make(spec, mode="generational", population=6, founders=6, evaluations=30, search=search)
        while not engine.finished:
            requests = []
            while (request := engine.ask()) is not None:
                requests.append(request)
            for request in requests[::order]:
                engine.tell(request.result({"accuracy": score(request.genome)}))
        ends.append(births(engine))
    assert ends[0] == ends[1]


def test_aging_the_oldest_leaves_but_the_elite_stays(spec):
    engine = make(spec, population=5, founders=5, elitism=1)
    values = [9.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
    left = [engine.tell(engine.ask().result({"accuracy": value})) for value in values]
    assert left == [(), (), (), (), (), (1,), (2,)]
    assert 0 in [member.number for member in engine.members]


def test_pareto_front_of_two_objectives(spec):
    engine = drive(make(spec, objectives=["accuracy", {"metric": "size", "direction": "min"}]))
    front = engine.pareto()
    points = [(result.metrics["accuracy"], result.metrics["size"]) for result in engine.results]
    for member in front:
        a, n = member.values
        assert not any((x > a and m <= n) or (x >= a and m < n) for x, m in points)
    assert len(front) > 1


# limits


def parameters(genome):
    total = 0
    for layer in genome["layers"]:
        if layer["units"] == 13:
            raise GenomeError("13 units cannot be built")
        total += layer["units"]
    return {"parameters": total}


@pytest.mark.parametrize("policy", ["repair", "reject"])
def test_no_individual_is_over_a_limit(spec, policy):
    engine = drive(make(spec, limits={"parameters": 100}, over_limit=policy, appraise=parameters))
    assert all(one.costs["parameters"] <= 100 for one in engine.individuals)
    assert all(dict(one.costs) == parameters(one.genome) for one in engine.individuals)
    shrunk = [one for one in engine.individuals if "shrink" in one.birth.operators]
    assert bool(shrunk) == (policy == "repair")
    for one in shrunk:
        assert one.birth.changes, "what shrinking changed is in the birth"


def test_a_space_without_a_genome_in_the_limits_is_an_error(spec):
    engine = make(spec, limits={"parameters": 3}, appraise=parameters)
    with pytest.raises(SpaceError, match="may be trained") as caught:
        engine.ask()
    assert "parameters" in str(caught.value)


def test_limits_need_known_costs(spec):
    with pytest.raises(ConfigError, match="known before training"):
        make(spec, limits={"parameters": 3})
    engine = make(spec, limits={"weight": 3}, appraise=parameters)
    with pytest.raises(ConfigError, match="does not know"):
        engine.ask()


def test_costs_can_be_objectives(spec):
    engine = make(spec, objectives=["parameters"], appraise=parameters)
    request = engine.ask()
    engine.tell(request.result({"accuracy": 1.0}))
    assert engine.best().values == (parameters(request.genome)["parameters"],)


def test_an_unknown_operator_is_an_error(spec):
    with pytest.raises(ConfigError, match="did you mean `mutate_one`"):
        make(spec, mutations={"mutate_on": 1.0})


def test_switched_off_operators_are_never_used(spec):
    engine = drive(make(spec, mutations={"mutate_one": 1.0}, crossover=0.0))
    used = {name for one in engine.individuals for name in one.birth.operators}
    assert used <= {"founder", "mutate_one", "random"}


@pytest.mark.parametrize(("without", "longest"), [([], 5), (["second_round"], 1)])
def test_the_most_promising_children_are_bred_on(spec, without, longest):
    engine = drive(make(spec, evaluations=40, search=SearchConfig(without=without)))
    assert max(len(one.birth.operators) for one in engine.individuals) == longest


# seeds


def test_seeds_come_first_and_are_repaired(spec):
    genome = Genome({"layers": [{"units": 1000, "activation": "relu", "dropout": 0.1}], "extra": 1})
    parent = Parent(7, run="an-earlier-run", role="seed", source="runs/old:7")
    engine = drive(make(spec, seeds=[SeedGenome(genome, parent)]))
    first = engine.individuals[0]
    assert first.birth.operators == ("seed",)
    assert first.birth.parents == (parent,)
    assert first.genome["layers"][0]["units"] == 256
    changed = {change.gene: change.kind for change in first.birth.changes}
    assert changed["extra"] == "removed"
    assert changed["layers[0].units"] == "changed"
    again = Engine.from_state(engine.state())
    assert births(again) == births(engine)


def test_the_public_api_as_the_readme_shows_it():
    def f(genome, epochs):
        return -((genome["x"] - 0.3) ** 2) * epochs

    engine = Engine(
        Space.from_dict({"x": {"float": [0, 1]}}), EvolutionConfig(evaluations=200, objectives=["accuracy"]), seed=0
    )
    while (request := engine.ask()) is not None:
        engine.tell(request.result({"accuracy": f(request.genome, request.epochs)}))
    assert abs(engine.best().genome["x"] - 0.3) < 0.01


def test_replay_says_who_left_and_when(spec):
    engine = make(spec, population=5, founders=5)
    left = {}
    while (request := engine.ask()) is not None:
        for number in engine.tell(request.result({"accuracy": score(request.genome)})):
            left[number] = len(engine.results)
    again = make(spec, population=5, founders=5)
    assert again.replay(engine.individuals, engine.requests, engine.results) == left
    assert len(left) == 115
