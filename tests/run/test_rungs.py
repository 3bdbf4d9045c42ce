"""Individuals that are evaluated more than once: in the lineage, when a run is taken up again, and on the disk."""

import re

import pytest

from evonas.config import SearchConfig, parse_config
from evonas.config.schema import EvolutionConfig
from evonas.evolution import Engine
from evonas.lineage import Artifact, LineageStore
from evonas.records import EvaluationStatus
from evonas.run import Listener, evolve, resume
from evonas.run.assembly import ask_question
from evonas.run.retention import WeightKeeper
from evonas.run.session import _as_begun, _engine
from evonas.space import Space
from evonas.testing.stores import new_run
from evonas.training.settings import Settings

RUNGS = {"rungs": [1, 3, 9], "repeats": 2}


@pytest.fixture
def settings(toy):
    made = toy(search=RUNGS)
    made["evolution"] |= {"evaluations": 12, "epochs": 9}
    return made


class Recorder(Listener):
    def __init__(self, stop_after=None):
        self.again = []
        self._left = stop_after

    def asked_again(self, request):
        self.again.append((request.number, request.individual, request.rung))

    def told(self, engine, result):
        if self._left is not None:
            self._left -= 1
            if self._left == 0:
                raise KeyboardInterrupt


def requests(store):
    return [request.to_dict() for request in store.replay().requests]


def test_promotions_are_stored_and_told(tmp_path, settings):
    listener = Recorder()
    outcome = evolve(parse_config(settings), tmp_path / "run", listener=listener)
    assert outcome.finished
    with LineageStore.open(tmp_path / "run", read_only=True) as store:
        past, results = store.replay(), store.results()
        promoted = [request for request in past.requests if request.rung]
        assert promoted and len(past.individuals) < len(past.requests) == len(results)
        assert listener.again == [(request.number, request.individual, request.rung) for request in promoted]
        assert past.requests == list(outcome.engine.requests)
        for request in promoted:
            before = past.requests[request.number - 1 :: -1]
            below = next(one for one in before if one.individual == request.individual)
            assert (below.rung, below.total_epochs) == (request.rung - 1, request.trained)
        # the toy leaves no files: it starts afresh at every rung, and is charged for that
        assert all(one.result.epochs == [1, 3, 9][one.result.rung] for one in results if one.result.answered_by is None)
        (best,) = store.best(1)
        assert best.individual.number == outcome.engine.best().number
        assert best.value == pytest.approx(outcome.engine.best().values[0])
        assert best.result.result.rung == max(one.result.rung for one in results)


def test_a_run_that_is_taken_up_again_goes_the_same_way(tmp_path, settings):
    evolve(parse_config(settings), tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        evolve(parse_config(settings), tmp_path / "run", listener=Recorder(stop_after=9))
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            resume(tmp_path / "run", listener=Recorder(stop_after=5))
    assert resume(tmp_path / "run").finished
    with (
        LineageStore.open(tmp_path / "whole", read_only=True) as whole,
        LineageStore.open(tmp_path / "run", read_only=True) as run,
    ):
        assert [one.genome.id for one in run.individuals()] == [one.genome.id for one in whole.individuals()]
        assert requests(run) == requests(whole)
        assert [dict(one.result.metrics) for one in run.results()] == [
            dict(one.result.metrics) for one in whole.results()
        ]


def test_a_run_from_before_there_were_rungs_goes_on_without(toy):
    config = parse_config(toy())
    assert _as_begun(config, new_run(config=config.model_dump(mode="json"))) is config
    old = {key: value for key, value in config.model_dump(mode="json").items() if key != "search"}
    before = _as_begun(config, new_run(config=old)).search
    assert (before.rungs, before.repeats, before.stop_hopeless) == ("none", "none", False)
    assert before.algorithm == "evolution"


@pytest.mark.training
def test_trainings_go_on_from_their_weights(tmp_path, dense):
    made = dense(search={"rungs": [1, 2], "repeats": "none"})
    made["evolution"] |= {"evaluations": 4, "epochs": 2}
    outcome = evolve(parse_config(made), tmp_path / "run")
    logs = "".join(path.read_text() for path in (tmp_path / "run" / "logs").iterdir())
    assert "from the start" not in logs
    with LineageStore.open(tmp_path / "run", read_only=True) as store:
        results = store.results()
        higher = [one for one in results if one.result.rung]
        assert higher
        for one in higher:
            assert one.result.epochs == one.epochs_asked == len(one.result.curve)
            assert one.result.curve[0]["epoch"] == one.trained + 1
        kept = {artifact.evaluation for artifact in store.artifacts()}
    files = {int(re.match(r"\d+", path.name)[0]) for path in (tmp_path / "run" / "weights").iterdir()}
    assert files == kept
    best = sorted((one for one in results if one.result.completed), key=lambda one: one.result.number)
    individuals = {one.result.number: one.result.individual for one in best}
    assert len(kept) == 2 == len({individuals[number] for number in kept}), "training.keep_weights: 2"
    assert outcome.engine.best().number in {individuals[number] for number in kept}


# weights, without trainings


class Weights:
    """An engine whose evaluations leave files, and the keeper that looks after them."""

    def __init__(self, folder, keep, evaluations=100, **search):
        self.folder = folder
        config = EvolutionConfig(evaluations=evaluations, epochs=9, objectives=["accuracy"], population=4, founders=4)
        self.make = lambda: Engine(Space.from_dict({"x": {"float": [0, 1]}}), config, search=SearchConfig(**search))
        self.engine = self.make()
        self.store = LineageStore.create(folder, new_run())
        self.keeper = WeightKeeper(folder, self.store, keep)
        (folder / "weights").mkdir(parents=True)

    def step(self, accuracy=None, status=EvaluationStatus.COMPLETED):
        request = self.engine.ask()
        if request.repeat or request.rung:
            self.store.add_request(request)
        else:
            self.store.add_individual(self.engine.individuals[request.individual], request)
        name = f"weights/{request.number}"
        (self.folder / name).write_text("w")
        value = request.genome["x"] if accuracy is None else accuracy
        if status is EvaluationStatus.COMPLETED:
            result = request.result({"accuracy": value}, artifacts={"weights": name})
        else:
            result = request.failure(status, "because", artifacts={"weights": name})
        self.store.add_result(result)
        self.engine.tell(result)
        self.keeper.consider(self.engine, result)
        return request

    @property
    def files(self):
        return {int(path.name) for path in (self.folder / "weights").iterdir()}

    @property
    def stored(self):
        return {artifact.evaluation for artifact in self.store.artifacts()}


@pytest.fixture
def weights(tmp_path):
    made = []

    def make(*arguments, **search):
        made.append(Weights(tmp_path / "run", *arguments, **search))
        return made[-1]

    yield make
    for one in made:
        one.store.close()


def test_whoever_may_be_promoted_keeps_its_weights(weights):
    run = weights(1, rungs=[3, 9])
    asked = [run.step(), run.step()]
    assert run.files == run.stored == {0, 1}, "only one is among the best, but the other may be promoted yet"
    while not any(request.rung for request in asked):
        asked.append(run.step())
    promoted = asked[-1]
    below = next(request.number for request in asked if request.individual == promoted.individual)
    assert promoted.resume_from == f"weights/{below}"
    assert promoted.number in run.files
    assert below not in run.files, "of one individual only the newest are kept"
    assert run.files == run.stored


def test_weights_are_there_while_a_promotion_is_under_way(weights):
    run = weights(0, rungs=[3, 9])
    while True:
        request = run.engine.ask()
        if request.rung:
            break
        run.store.add_individual(run.engine.individuals[request.individual], request)
        name = f"weights/{request.number}"
        (run.folder / name).write_text("w")
        result = request.result({"accuracy": request.genome["x"]}, artifacts={"weights": name})
        run.store.add_result(result)
        run.engine.tell(result)
        run.keeper.consider(run.engine, result)
    assert request.individual not in run.engine.promotable()
    run.keeper.tidy(run.engine)
    assert (run.folder / request.resume_from).is_file()


def test_at_the_end_only_the_best_keep_theirs(weights):
    run = weights(2, 6, rungs=[3, 9])
    while not run.engine.finished:
        run.step()
    run.keeper.tidy(run.engine)
    assert len(run.files) == 2
    assert run.files == run.stored
    best = run.engine.best()
    assert best.result.number in run.files


def test_failures_and_repeats_leave_no_weights(weights):
    run = weights(5, rungs="none", repeats=2)
    run.step(status=EvaluationStatus.DIVERGED)
    assert run.files == run.stored == set()
    repeats = []
    while not repeats:
        request = run.step()
        repeats += [request.number] if request.repeat else []
    assert not run.files & set(repeats)
    assert len(run.files) == 5


def test_a_keeper_takes_up_what_lies_there(weights):
    run = weights(1, rungs=[3, 9])
    while not run.step().rung:
        pass
    run.store.add_artifact(Artifact(0, "model", "best.keras"))
    before = run.files
    past = run.store.replay()
    engine = run.make()
    engine.replay(past.individuals, past.requests, past.results)
    keeper = WeightKeeper(run.folder, run.store, 1)
    keeper.restore(engine)
    keeper.tidy(engine)
    assert run.files == before == run.stored - {None}
    run.engine, run.keeper = engine, keeper
    run.step(accuracy=2.0)
    assert run.files == run.stored - {None}


@pytest.mark.parametrize(
    ("objective", "monitor", "watched"),
    [
        ("accuracy", "val_loss", "val_accuracy"),
        ("cross_entropy", "val_loss", "val_cross_entropy"),
        ("auc", "val_accuracy", "val_auc"),
        ("parameters", "val_accuracy", "val_accuracy"),
    ],
)
def test_the_search_and_the_trainings_watch_the_same_curve(tmp_path, dense, objective, monitor, watched):
    config = parse_config(
        dense(evolution={"evaluations": 1, "epochs": 2, "objectives": [objective]}, training={"monitor": monitor})
    )
    question = ask_question(config, tmp_path / "run")
    assert question.watched == watched
    assert _engine(question, (), ()).state()["watch"] == watched
    assert Settings.read(question.evaluator().settings).watched(question.data.heads) == watched


def test_the_first_objective_that_a_network_is_scored_with_is_watched(tmp_path, dense):
    evolution = {"evaluations": 1, "epochs": 2, "objectives": ["parameters", "auc", "accuracy"]}
    made = dense(evolution=evolution, training={"metrics": ["f1"]})
    assert ask_question(parse_config(made), tmp_path / "run").watched == "val_auc"
    nobody = {**made, "search": {"stop_hopeless": False}}
    assert ask_question(parse_config(nobody), tmp_path / "other").watched == "val_loss", "no column is made for nobody"


def test_what_a_callable_watches_is_what_is_configured(tmp_path, toy):
    assert ask_question(parse_config(toy()), tmp_path / "run").watched == "val_loss"
