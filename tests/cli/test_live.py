"""The live panel and the plain lines, on real engines without a terminal."""

import io

import pytest
from rich.console import Console

from evonas.cli.live import LiveView, describe_best, describe_result, time_left
from evonas.config import parse_config
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
