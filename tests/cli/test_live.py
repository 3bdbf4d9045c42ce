"""The live panel and the plain lines, on real engines without a terminal."""

import io
import re

import pytest
from rich.console import Console

from evonas.cli.live import LiveView, PlainView, describe_best, describe_result, describe_rungs, time_left
from evonas.config import SearchConfig, parse_config
from evonas.evaluation import BackendSnapshot, DeviceSnapshot, RunningEvaluation
from evonas.evolution import Engine
from evonas.records import EvaluationStatus
from evonas.space import Space
from evonas.testing.toy import toy_evaluate

ERROR = "ValueError: a cause that is much longer than a narrow terminal has columns\nsecond line"


@pytest.fixture
def config(toy):
    return parse_config(toy())


@pytest.fixture
def engine(config):
    """An engine with nine results, two of them failures."""
    engine = Engine(Space.from_dict(config.space), config.evolution, config.seed)
    for number in range(9):
        request = engine.ask()
        if number in (2, 4):
            engine.tell(request.failure(EvaluationStatus.CRASHED, ERROR))
        else:
            engine.tell(request.result(toy_evaluate(request.genome, request.epochs), epochs=3, seconds=0.25))
    return engine


def snapshot(seconds=100.0):
    running = (
        RunningEvaluation(number=9, individual=9, attempt=0, seconds=12.0, row={"epoch": 4.0, "loss": 0.3}),
        RunningEvaluation(number=10, individual=10, attempt=1, seconds=0.5, row=None),
    )
    return BackendSnapshot((DeviceSnapshot("gpu:0", 2, running, 150.0), DeviceSnapshot("gpu:1", 1, (), 40.0)), seconds)


def drawn(config, engine, width):
    """Return what a terminal shows at last."""
    terminal = Console(file=io.StringIO(), width=width, height=40, record=True, force_terminal=True)
    view = LiveView(config, terminal)
    with view:
        view.started(engine, snapshot())
        for result in engine.results:
            view.told(engine, result)
        view.tick(engine, snapshot())
    terminal.export_text()  # forget what was drawn before
    terminal.print(view._panel)
    return terminal.export_text()


@pytest.mark.parametrize("width", [120, 80])
def test_the_panel_shows_progress_best_failures_and_devices(config, engine, width):
    lines = drawn(config, engine, width).splitlines()
    assert lines[0].startswith("╭─ evonas: toy ─")
    assert any("9/14" in line and "gone" in line and "left" in line for line in lines)
    best = engine.best()
    assert any("best" in line and f"(individual {best.number})" in line for line in lines)
    assert any("failures" in line and "2 crashed" in line for line in lines)
    assert any(
        "gpu:0" in line and "75% of 2 slots busy; running 9 (epoch 4, 12 s), 10 (0.50 s)" in line for line in lines
    )
    assert any("gpu:1" in line and "40% busy; idle" in line for line in lines)
    assert any("individual 8: accuracy" in line and "after 3 epochs, 0.25 s" in line for line in lines)
    crashed = next(line for line in lines if "individual 4: crashed" in line)
    assert crashed.rstrip(" │").endswith("…") == (width == 80), "a line too long is cut, not wrapped"
    assert all(len(line) <= width - 4 for line in lines), "right of the panel the terminal may echo ^C"


def test_a_search_that_never_starts_leaves_no_panel(config):
    stream = io.StringIO()
    terminal = Console(file=stream, width=80, height=24, force_terminal=True)
    with pytest.raises(RuntimeError), LiveView(config, terminal):
        raise RuntimeError
    assert "starting the workers" in stream.getvalue()
    assert stream.getvalue().count("\x1b[2K") >= 3, "its lines are erased"


def test_the_view_of_a_search_at_its_end_shows_no_time_left(config, engine):
    while (request := engine.ask()) is not None:
        engine.tell(request.result(toy_evaluate(request.genome, request.epochs), epochs=3, seconds=0.25))
    text = drawn(config, engine, 120)
    assert "14/14" in text and "left" not in text


def test_describing_a_failure_takes_one_line(engine):
    failed = next(result for result in engine.results if not result.completed)
    assert describe_result(engine, failed).startswith("crashed: ValueError: a cause")
    assert "\n" not in describe_result(engine, failed)


def test_describing_the_best_before_there_is_one(config):
    engine = Engine(Space.from_dict(config.space), config.evolution, config.seed)
    assert describe_best(engine) == "none yet"
    assert time_left(engine) is None


@pytest.fixture
def laddered(config):
    """An engine with rungs and repeats that has spent a part of its budget."""
    evolution = config.evolution.model_copy(update={"epochs": 9, "evaluations": 60})
    search = SearchConfig(algorithm="evolution", rungs=[1, 3, 9], repeats=1, surrogate=False)
    engine = Engine(Space.from_dict(config.space), evolution, config.seed, search=search, training=True)
    while engine.progress.spent < 55:
        request = engine.ask()
        metrics = toy_evaluate(request.genome, request.total_epochs, request.seed)
        engine.tell(request.result(metrics, seconds=0.25))
    return engine


def test_rungs_repeats_and_epochs_are_told(config, laddered):
    lines = drawn(config, laddered, 140).splitlines()
    assert any(
        re.search(r"rungs +\d+ trained 1 epochs, \d+ trained 3 epochs, \d+ trained 9 epochs; [\d,]+ epochs", line)
        for line in lines
    )
    assert any(re.search(r"5[56](\.\d)?/60 ", line) for line in lines), "full trainings, of the budget"
    told = [describe_result(laddered, result) for result in laddered.results]
    assert any("after 3 epochs (rung 1 of 2)" in line for line in told)
    assert any("after 9 epochs (rung 2 of 2) (repeat 1)" in line for line in told)
    reached = [{one.individual for one in laddered.requests if one.rung == rung} for rung in range(3)]
    assert describe_rungs(laddered).startswith(
        ", ".join(f"{len(who)} trained {epochs} epochs" for who, epochs in zip(reached, (1, 3, 9), strict=True))
    )


def test_the_best_has_its_standard_error(laddered, monkeypatch):
    everyone = (laddered.member(one.number) for one in laddered.individuals)
    repeated = next(one for one in everyone if one is not None and len(one.results) > 1)
    assert repeated.standard_error > 0
    monkeypatch.setattr(Engine, "best", lambda engine: repeated)
    assert re.search(r"accuracy 0\.\d+ \+- 0\.\d+ \(2\)", describe_best(laddered))


def test_the_time_left_follows_the_budget_that_is_spent(config):
    clock = iter(float(second) for second in range(10**6))
    search = SearchConfig(rungs=[1, 9], surrogate=False)
    evolution = config.evolution.model_copy(update={"epochs": 9, "evaluations": 10})
    engine = Engine(Space.from_dict(config.space), evolution, 1, search=search, clock=lambda: next(clock))
    for _ in range(2):
        request = engine.ask()
        engine.tell(request.result(toy_evaluate(request.genome, 1)))
    elapsed = engine.elapsed
    left = time_left(engine)
    assert left == pytest.approx(elapsed / (2 / 9) * (10 - 2 / 9), rel=0.5), "two ninths of ten full trainings are done"


def test_a_line_for_each_training_of_the_last_round(config, engine, capsys):
    view = PlainView(config)
    failed = next(result for result in engine.results if not result.completed)
    view.retrained(engine.individuals[0], engine.results[0], 1, 6)
    view.retrained(engine.individuals[2], failed, 2, 6)
    first, second = capsys.readouterr().err.splitlines()
    assert first == f"[last round 1/6] individual 0 with seed {engine.results[0].seed}: done, 0.25 s"
    assert second.startswith("[last round 2/6] individual 2 with seed") and "crashed: ValueError: a cause" in second


def test_the_panel_stays_below_the_last_round(config, engine):
    terminal = Console(file=io.StringIO(), width=100, height=40, record=True, force_terminal=True)
    with LiveView(config, terminal) as view:
        view.started(engine, snapshot())
        view.retrained(engine.individuals[0], engine.results[0], 1, 6)
    text = terminal.export_text()
    assert "[last round 1/6] individual 0 with seed" in text
    assert text.rindex("[last round 1/6]") < text.rindex("evonas: toy")
