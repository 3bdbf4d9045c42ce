"""A search from Python: what it returns, what listeners hear, what is left when it cannot start."""

import re
import threading

import pytest
import yaml

from evonas.config import load_config, parse_config
from evonas.errors import ConfigError, EvaluationError, GenomeError
from evonas.genome import read_genome
from evonas.lineage import LineageStore
from evonas.run import (
    Listener,
    RunDirectory,
    check_data_options,
    evolve,
    resume,
    retrain,
    split_selection,
    training_settings,
)


class Recorder(Listener):
    def __init__(self):
        self.heard = []

    def started(self, engine, snapshot):
        self.heard.append(("started", len(engine.results), [device.name for device in snapshot.devices]))

    def born(self, individual):
        self.heard.append(("born", individual.number))

    def told(self, engine, result):
        assert engine.results[-1] is result
        self.heard.append(("told", result.number))

    def tick(self, engine, snapshot):
        self.heard.append(("tick", len(engine.results)))


def test_a_search_and_what_its_listener_hears(tmp_path, toy):
    listener = Recorder()
    outcome = evolve(parse_config(toy()), tmp_path / "run", listener=listener, command=["evonas", "evolve"])
    assert outcome.finished and not outcome.untouched
    assert outcome.reason == "all 14 evaluations are used"
    assert outcome.directory == RunDirectory.open(tmp_path / "run")
    assert listener.heard[0] == ("started", 0, ["cpu:0"])
    assert [number for kind, number, *_ in listener.heard if kind == "told"] == list(range(14))
    assert listener.heard[-1] == ("tick", 14), "at last the listeners see the end"
    with LineageStore.open(tmp_path / "run", read_only=True) as store:
        assert [one.genome.id for one in store.individuals()] == [one.genome.id for one in outcome.engine.individuals]
        assert store.best(1)[0].individual.number == outcome.engine.best().number
        assert store.run.status == "finished"


def test_what_the_algorithm_learned_is_in_the_lineage(tmp_path, toy):
    evolve(
        parse_config(toy(evolution={"evaluations": 55, "epochs": 3, "population": 6, "founders": 6})), tmp_path / "run"
    )
    with LineageStore.open(tmp_path / "run", read_only=True) as store:
        events = [event for event in store.events() if event.kind == "search"]
    assert [event.data["evaluations"] for event in events] == [25, 50]
    shares = [event.data["operators"] for event in events]
    assert all(abs(sum(one.values()) - 1) < 1e-9 for one in shares)
    assert shares[0] != shares[1], "they follow the operators' success"
    assert events[1].data["calibration"]["forecasts"] > 20


def test_resuming_a_finished_run_leaves_it(toy_run):
    listener = Recorder()
    outcome = resume(toy_run, listener=listener)
    assert outcome.finished and outcome.untouched
    assert outcome.reason == "all 14 evaluations are used"
    assert listener.heard == []


def test_a_search_runs_in_a_thread_too(tmp_path, toy):
    """A notebook or a server runs it there; signals are then not its business."""
    outcomes = []
    settings = toy()
    settings["evolution"]["evaluations"] = 3
    thread = threading.Thread(target=lambda: outcomes.append(evolve(parse_config(settings), tmp_path / "run")))
    thread.start()
    thread.join()
    assert outcomes[0].finished


def test_what_cannot_start_leaves_nothing(tmp_path, toy):
    for changes in ({"evaluator": "nowhere_at_all:train"}, {"evaluation": {"devices": ["gpu:99"]}}, {"seeds": ["x"]}):
        with pytest.raises((EvaluationError, ConfigError)):
            evolve(parse_config(toy(**changes)), tmp_path / "run")
        assert not (tmp_path / "run").exists()
    assert evolve(parse_config(toy()), tmp_path / "run").finished


def test_a_metric_that_the_callable_does_not_report(tmp_path, toy):
    settings = toy()
    settings["evolution"]["objectives"] = ["acuracy"]
    with pytest.raises(EvaluationError, match="does not report"):
        evolve(parse_config(settings), tmp_path / "run")
    with LineageStore.open(tmp_path / "run", read_only=True) as store:
        assert store.run.status == "failed"
        assert "does not report" in store.run.reason


MENDABLE = """
import pathlib

HERE = pathlib.Path(__file__).parent

def train(genome, budget, **options):
    if not (HERE / "mended").exists():
        raise KeyError("energy")
    return {"accuracy": 0.5}
"""


@pytest.fixture
def mendable(tmp_path, toy):
    """Return the configuration of a run whose function crashes until there is a file ``mended`` beside it."""
    (tmp_path / "mendable_function.py").write_text(MENDABLE)

    def settings(evaluations):
        evolution = {"evaluations": evaluations, "objectives": ["accuracy"]}
        file = tmp_path / "config.yaml"
        file.write_text(yaml.safe_dump(toy(evaluator="mendable_function:train", evolution=evolution), sort_keys=False))
        return load_config(file)

    return settings


def test_a_run_whose_every_evaluation_crashes_ends_and_says_why(tmp_path, mendable):
    with pytest.raises(EvaluationError, match=r"all 2\d evaluations so far crashed") as error:
        evolve(mendable(60), tmp_path / "run")
    assert "energy" in error.value.got
    assert "resume" in error.value.hint
    log = re.search(r"logs/\S+", error.value.hint)
    assert "KeyError: 'energy'" in (tmp_path / "run" / log[0]).read_text()
    with LineageStore.open(tmp_path / "run", read_only=True) as store:
        assert store.run.status == "failed"
        assert "crashed" in store.run.reason
        crashed = len(store.results())
    with pytest.raises(EvaluationError):  # it is not mended yet
        resume(tmp_path / "run")
    (tmp_path / "mended").touch()
    outcome = resume(tmp_path / "run")
    assert outcome.finished
    assert sum(result.completed for result in outcome.engine.results) > 60 - crashed - 10


def test_a_short_run_whose_every_evaluation_crashed_is_no_success(tmp_path, mendable):
    with pytest.raises(EvaluationError, match="all 6 evaluations so far crashed") as error:
        evolve(mendable(6), tmp_path / "run")
    assert "new run" in error.value.hint and "resume" not in error.value.hint
    with LineageStore.open(tmp_path / "run", read_only=True) as store:
        assert (store.run.status, len(store.results())) == ("failed", 6)


def test_a_bug_in_a_listener_ends_the_run_and_is_written_down(tmp_path, toy):
    class Broken(Listener):
        def told(self, engine, result):
            raise RuntimeError("a bug")

    with pytest.raises(RuntimeError, match="a bug"):
        evolve(parse_config(toy()), tmp_path / "run", listener=Broken())
    with LineageStore.open(tmp_path / "run", read_only=True) as store:
        assert (store.run.status, store.run.reason) == ("failed", "a bug")
        assert len(store.results()) == 1, "the result was stored before"
    assert resume(tmp_path / "run").finished


def test_selections(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert split_selection("runs/one") == ("runs/one", "best")
    assert split_selection("runs/one:best(5)") == ("runs/one", "best(5)")
    assert split_selection("runs/one:pareto") == ("runs/one", "pareto")
    assert split_selection("runs/one:12") == ("runs/one", "12")
    assert split_selection("runs/one:worst") == ("runs/one:worst", "best")
    (tmp_path / "runs" / "one").mkdir(parents=True)
    assert split_selection("runs/one:worst") == ("runs/one", "worst")


def test_a_callable_has_no_data_no_training_and_no_test_part(tmp_path, toy, toy_run):
    config = parse_config(toy())
    check_data_options(config)
    with pytest.raises(ConfigError, match="no model family"):
        training_settings(config)
    with LineageStore.open(toy_run, read_only=True) as store:
        genome = store.individual(0).genome
    with pytest.raises(EvaluationError, match="no test part"):
        retrain(config, [genome], [0], tmp_path)


def test_retraining_what_cannot_be_built(tmp_path, dense, request):
    lenet = read_genome(request.config.rootpath / "genomes/lenet5.yaml").genome
    with pytest.raises(GenomeError, match="belongs to the model family"):
        retrain(parse_config(dense()), [lenet], [0], tmp_path)
