"""What a person sees while a search runs: a live panel in a terminal, plain lines elsewhere (a batch job's log)."""

from __future__ import annotations

import time
from types import TracebackType
from typing import TYPE_CHECKING, Any

from evonas.cli.output import console, figure, print_line, uncertain
from evonas.config import RunConfig
from evonas.evaluation import BackendSnapshot, DeviceSnapshot
from evonas.records import EvaluationResult, EvaluationStatus, Individual
from evonas.run import Listener

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.progress import Progress

    from evonas.evolution import Engine

__all__ = ["LiveView", "PlainView", "time_left"]

_RECENT = 5
_MARGIN = 4  # columns right of the panel, where the terminal echoes ^C: in the last column it would break the line
_QUIET = 60.0  # s without a line in a log before one says that the search is alive


class PlainView(Listener):
    """One line an evaluation."""

    def __init__(self, config: RunConfig) -> None:
        self._config = config
        self._last_line = time.monotonic()

    def __enter__(self) -> PlainView:
        """Nothing is to be prepared."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing is left to undo."""

    def started(self, engine: Engine, snapshot: BackendSnapshot) -> None:
        """Say what the search runs on."""
        devices = ", ".join(f"{device.name} x {device.slots}" for device in snapshot.devices)
        again = f", {len(engine.results)} evaluations done before" if engine.results else ""
        self._say(f"evolving {self._config.name} on {devices}{again}")

    def told(self, engine: Engine, result: EvaluationResult) -> None:
        """Show a result."""
        left = time_left(engine)
        self._say(
            f"[{_count(engine)}] individual {result.individual}: {describe_result(engine, result)}"
            f"; best {describe_best(engine)}" + (f"; {_duration(left)} left" if left is not None else "")
        )

    def retrained(self, individual: Individual, result: EvaluationResult, done: int, total: int) -> None:
        """Show a training of the last round."""
        self._say(describe_retraining(individual, result, done, total))

    def tick(self, engine: Engine, snapshot: BackendSnapshot) -> None:
        """Show that time passes."""
        if time.monotonic() - self._last_line > _QUIET:
            running = sum(len(device.running) for device in snapshot.devices)
            self._say(f"[{_count(engine)}] {running} evaluations under way for {_duration(engine.elapsed)}")

    def _say(self, line: str) -> None:
        self._last_line = time.monotonic()
        print_line(line, stderr=True)


class LiveView(Listener):
    """A panel that is redrawn twice a second: progress, best so far, devices, failures, the latest results.

    Args:
        config: the run.
        terminal: where to draw; None takes stderr.
    """

    def __init__(self, config: RunConfig, terminal: Console | None = None) -> None:
        from rich.live import Live

        self._config = config
        self._console = terminal or console(stderr=True)
        self._recent: list[str] = []
        self._progress: Progress | None = None
        self._task: Any = None
        self._panel: RenderableType = self._framed("reading the data and starting the workers ...")
        self._live = Live(
            console=self._console, refresh_per_second=4, transient=False, get_renderable=lambda: self._panel
        )

    def __enter__(self) -> LiveView:
        """Show at once that something happens: libraries and data take seconds."""
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the last panel on the screen; one that never showed a search is wiped."""
        self._live.transient = self._progress is None
        self._live.stop()

    def started(self, engine: Engine, snapshot: BackendSnapshot) -> None:
        """Say what the search runs on."""
        from rich.progress import BarColumn, Progress, TextColumn

        self._progress = Progress(
            BarColumn(None),
            TextColumn("{task.fields[count]}"),
            TextColumn("{task.fields[shown]}"),
            console=self._console,
            expand=True,
        )
        self._task = self._progress.add_task(self._config.name, total=engine.budget, count="", shown="")
        self._draw(engine, snapshot)

    def told(self, engine: Engine, result: EvaluationResult) -> None:
        """Show a result."""
        self._recent.append(f"individual {result.individual}: {describe_result(engine, result)}")
        del self._recent[:-_RECENT]

    def retrained(self, individual: Individual, result: EvaluationResult, done: int, total: int) -> None:
        """Show a training of the last round below what the search left on the screen."""
        from rich.text import Text

        line = Text(describe_retraining(individual, result, done, total), no_wrap=True, overflow="ellipsis")
        self._live.console.print(line)

    def tick(self, engine: Engine, snapshot: BackendSnapshot) -> None:
        """Show that time passes."""
        self._draw(engine, snapshot)

    def _draw(self, engine: Engine, snapshot: BackendSnapshot) -> None:
        from rich.console import Group
        from rich.table import Table
        from rich.text import Text

        if self._progress is None:
            return
        left = None if engine.finished else time_left(engine)
        shown = f"{_duration(engine.elapsed)} gone" + (f", {_duration(left)} left" if left is not None else "")
        self._progress.update(self._task, completed=_spent(engine), count=_count(engine), shown=shown)
        facts = Table.grid(padding=(0, 2))
        facts.add_row("best", Text(describe_best(engine)))
        if engine.ladder.top:
            facts.add_row("rungs", Text(describe_rungs(engine)))
        facts.add_row("failures", Text(_failures(engine)))
        for device in snapshot.devices:
            facts.add_row(device.name, Text(_device(device, snapshot.seconds)))
        recent = Text("\n".join(self._recent), style="dim", no_wrap=True, overflow="ellipsis")
        self._panel = self._framed(Group(self._progress.get_renderable(), facts, recent))

    def _framed(self, body: RenderableType) -> RenderableType:
        from rich import box
        from rich.panel import Panel

        width = max(20, self._console.width - _MARGIN)
        return Panel(body, title=f"evonas: {self._config.name}", title_align="left", box=box.ROUNDED, width=width)


def describe_result(engine: Engine, result: EvaluationResult) -> str:
    """Return a result in a few words: its objectives, or why there are none."""
    if result.status is EvaluationStatus.COMPLETED:
        known = {**engine.individuals[result.individual].costs, **result.metrics}
        text = ", ".join(f"{one.metric} {figure(known[one.metric])}" for one in engine.config.objectives)
        if result.answered_by is not None:
            return f"{text} (known from evaluation {result.answered_by})"
        return f"{text} after {_training(engine, result)}, {_duration(result.seconds)}"
    cause = (result.error or "no cause is known").splitlines()[0]
    return f"{result.status.value.replace('_', ' ')}: {cause}"


def describe_best(engine: Engine) -> str:
    """Return the best so far in a few words."""
    if not engine.has_best:
        return "none yet"
    best = engine.best()
    pairs = zip(engine.config.objectives, best.values, strict=True)
    values = [f"{objective.metric} {figure(value)}" for objective, value in pairs]
    if len(best.results) > 1:
        values[0] = f"{engine.config.objectives[0].metric} " + uncertain(
            best.values[0], best.standard_error, len(best.results)
        )
    text = ", ".join(values)
    front = f"; {len(engine.pareto())} on the Pareto front" if engine.multi_objective else ""
    return f"{text} (individual {best.number}){front}"


def time_left(engine: Engine) -> float | None:
    """Return the time until the search ends as its evaluations went so far, s; None where that is unknown."""
    config = engine.config
    estimates = []
    budget, spent = engine.budget, _spent(engine)
    if budget is not None and spent > 0:
        estimates.append(engine.elapsed / spent * (budget - spent))
    if config.wall_time is not None:
        estimates.append(config.wall_time - engine.elapsed)
    if config.total_epochs is not None and engine.progress.epochs:
        estimates.append(engine.elapsed / engine.progress.epochs * (config.total_epochs - engine.progress.epochs))
    return max(0.0, min(estimates)) if estimates else None


def describe_rungs(engine: Engine) -> str:
    """Return how many individuals were trained at each rung, and the epochs spent on all of them."""
    reached: dict[int, set[int]] = {}
    for request, _ in engine.history():
        reached.setdefault(request.rung, set()).add(request.individual)
    steps = [
        f"{len(reached.get(rung, ())):,} trained {epochs} epochs" for rung, epochs in enumerate(engine.ladder.epochs)
    ]
    return f"{', '.join(steps)}; {engine.progress.epochs:,} epochs in all"


def describe_retraining(individual: Individual, result: EvaluationResult, done: int, total: int) -> str:
    """Return a training of the last round in a few words."""
    outcome = "done" if result.completed else f"{result.status.value}: {(result.error or '').splitlines()[0]}"
    return (
        f"[last round {done}/{total}] individual {individual.number} with seed {result.seed}: {outcome}, "
        f"{_duration(result.seconds)}"
    )


def _training(engine: Engine, result: EvaluationResult) -> str:
    request = engine.requests[result.number]
    words = f"{request.trained + result.epochs} epochs"
    if engine.ladder.top:
        words += f" (rung {request.rung} of {engine.ladder.top})"
    return words + (f" (repeat {request.repeat})" if request.repeat else "")


def _spent(engine: Engine) -> float:
    """Return the full trainings that have ended; one at a low rung is a part of one."""
    under_way = sum(engine.ladder.cost(one.rung, afresh=one.repeat > 0) for one in engine.pending)
    return engine.progress.spent - under_way


def _count(engine: Engine) -> str:
    budget, spent = engine.budget, round(_spent(engine), 1)
    shown = f"{spent:g}"
    return shown if budget is None else f"{shown}/{budget}"


def _failures(engine: Engine) -> str:
    counts: dict[str, int] = {}
    for result in engine.results:
        if result.status is not EvaluationStatus.COMPLETED:
            counts[result.status.value] = counts.get(result.status.value, 0) + 1
    return ", ".join(f"{number} {name.replace('_', ' ')}" for name, number in counts.items()) or "none"


def _device(device: DeviceSnapshot, seconds: float) -> str:
    busy = device.busy_seconds / (device.slots * seconds) if seconds > 0 else 0.0
    running = []
    for one in device.running:
        row = one.row or {}
        epoch = f"epoch {row['epoch']:g}, " if "epoch" in row else ""
        running.append(f"{one.individual} ({epoch}{_duration(one.seconds)})")
    doing = f"running {', '.join(running)}" if running else "idle"
    slots = f" of {device.slots} slots" if device.slots > 1 else ""
    return f"{min(busy, 1.0):.0%}{slots} busy; {doing}"


def _duration(seconds: float) -> str:
    if seconds < 1:
        return f"{seconds:.2f} s"
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 120:
        return f"{seconds:.0f} s"
    minutes = int(seconds // 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60} min"
