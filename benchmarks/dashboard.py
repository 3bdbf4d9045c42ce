"""What the dashboard costs: its views over a long run, and what a run notices of somebody who looks at it.

Parts, each alone with ``--only``:

- ``views``: a toy run of many individuals; from the start of the command to its address, from there to the first view,
  the time of each view and of a few choices in it, as headless Chromium sees them, and memory;
- ``reader``: runs that write so many toy evaluations a second, by turns alone and with somebody who asks the dashboard
  as fast as it answers: what each evaluation costs the writer, and whether one is lost.

Usage: python benchmarks/dashboard.py [--only PART ...] [--individuals 10000] [--pace 100] [--seconds 20] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
from machine import about

from evonas.config import EvolutionConfig, SearchConfig
from evonas.evolution import Engine
from evonas.lineage import LineageStore, RunLock, RunRecord
from evonas.records import EvaluationStatus
from evonas.testing.toy import toy_evaluate, toy_space

FIRST_BAR = 2.0  # s
SLOWER_BAR = 0.05
VIEWS = {
    "1": "Overview",
    "2": "Family tree",
    "3": "Individual",
    "4": "Genes",
    "5": "Population",
    "7": "Compare runs",
}
"""Key of a view, and its heading."""
DRAWN = "document.querySelector('main h1') && !document.querySelector('.waiting')"

Figures = dict[str, Any]
Row = tuple[str, str, str, bool | None]
"""What was measured, the figure, the bar, and whether it is met (None: there is no bar)."""


def main(arguments: list[str] | None = None) -> int:
    """Measure, print a table, and write JSON if asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", choices=list(PARTS), help="a part; default: all")
    parser.add_argument("--individuals", type=int, default=10_000, help="of the run for `views`")
    parser.add_argument("--pace", type=float, default=100.0, help="evaluations a second for `reader`")
    parser.add_argument("--seconds", type=float, default=20.0, help="length of each run for `reader`")
    parser.add_argument("--turns", type=int, default=5, help="runs alone and as many that are looked at for `reader`")
    parser.add_argument("--chromium", type=Path, default=Path("/usr/bin/chromium"), help="the browser for `views`")
    parser.add_argument("--dir", type=Path, help="folder on the disk to measure; default: the temporary folder")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    options = parser.parse_args(arguments)
    machine = about()
    print(", ".join(f"{name} {value}" for name, value in machine.items()))
    figures: Figures = {"about": machine}
    with tempfile.TemporaryDirectory(dir=options.dir) as folder:
        for part in options.only or PARTS:
            figures[part], rows = PARTS[part](options, Path(folder))
            print(f"\n{part}")
            for what, figure, bar, met in rows:
                mark = "" if met is None else ("  met" if met else "  MISSED")
                print(f"  {what:<58} {figure:>24}  {bar:<12}{mark}", flush=True)
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2), encoding="utf-8")
    return 0


def write_run(
    folder: Path, evaluations: int, *, pace: float | None = None, begun: Callable[[], None] = bool
) -> list[float]:
    """Live a toy run into a lineage; return what each evaluation cost the writer, s.

    Args:
        folder: of the run.
        evaluations: how many.
        pace: evaluations a second; None: as fast as can be.
        begun: called when the first evaluation is stored.
    """
    config = EvolutionConfig(evaluations=2 * evaluations, objectives=["accuracy"], population=50)
    search = Engine(toy_space(), config, seed=0, search=SearchConfig(surrogate=False))
    objectives = [{"metric": "accuracy", "direction": "max"}]
    settings = {"evolution": {"evaluations": evaluations, "population": 50}}
    record = RunRecord.new("toy", config=settings, space={}, objectives=objectives)
    costs = []
    with LineageStore.create(folder, record) as store, RunLock(folder):
        store.add_session()
        start = time.perf_counter()
        for number in range(evaluations):
            if pace is not None:
                time.sleep(max(0.0, start + number / pace - time.perf_counter()))
            before = time.perf_counter()
            request = search.ask()
            assert request is not None
            store.add_individual(search.individuals[request.individual], request)
            outcome = toy_evaluate(request.genome, request.epochs, request.seed)
            rows = [{"epoch": at, "accuracy": outcome["accuracy"] * at / 4} for at in (1, 2, 3, 4)]
            failed = number % 23 == 22
            result = (
                request.failure(EvaluationStatus.DIVERGED, "loss = nan", seconds=0.01, device="cpu:0")
                if failed
                else request.result(outcome, curve=rows, seconds=0.01, device="cpu:0")
            )
            store.add_result(result)
            left = search.tell(result)
            if left:
                store.mark_deaths(left, len(search.results))
            costs.append(time.perf_counter() - before)
            if number == 0:
                begun()
                start = time.perf_counter()
        store.end_session("all evaluations are used")
        store.set_run_status("finished", "all evaluations are used")
    return costs


# -- views


def views(options: argparse.Namespace, folder: Path) -> tuple[Figures, list[Row]]:
    """Open every view of a long run in a browser."""
    from playwright.sync_api import sync_playwright

    write_run(folder / "long", options.individuals)
    figures: Figures = {"individuals": options.individuals}
    begun = time.perf_counter()
    server, url = _served(folder / "long")
    figures["to the address"] = time.perf_counter() - begun
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=str(options.chromium), args=["--no-sandbox", "--disable-gpu"]
            )
            for name in ("first view, nothing read before", "first view, again"):
                page = browser.new_page(viewport={"width": 1400, "height": 900})
                before = time.perf_counter()
                page.goto(url)
                page.wait_for_selector("#overview-facts .facts", timeout=120_000)
                figures[name] = time.perf_counter() - before
                page.wait_for_function(DRAWN, timeout=120_000)
                figures[f"{name}, its figure drawn"] = time.perf_counter() - before
            for key, heading in VIEWS.items():
                figures[f"view {heading}"] = _opened(page, key, heading)
            figures |= _choices(page)
            figures["memory of the browser's page, MB"] = page.evaluate("performance.memory.usedJSHeapSize") / 1e6
            browser.close()
        figures["memory of the dashboard, MB"] = psutil.Process(server.pid).memory_info().rss / 1e6
    finally:
        server.terminate()
        server.wait(10)
    rows: list[Row] = []
    for name, value in figures.items():
        if name.endswith("MB"):
            rows.append((name, f"{value:.0f} MB", "", None))
        elif isinstance(value, float):
            bar = name.startswith("first view") and not name.endswith("drawn")
            rows.append(
                (name, f"{value:.2f} s", f"< {FIRST_BAR:g} s" if bar else "", value < FIRST_BAR if bar else None)
            )
    return figures, rows


_NODES = "document.getElementById('tree-graph')?._cyreg?.cy.nodes().length"
_SAID = "document.getElementById('tree-said').textContent"


def _opened(page: Any, key: str, heading: str) -> float:
    """Go to a view by its key; return how long it took until all of it was drawn, s."""
    before = time.perf_counter()
    page.keyboard.press(key)
    page.wait_for_function(f"document.querySelector('main h1')?.textContent.startsWith('{heading}')", timeout=180_000)
    page.wait_for_function(DRAWN, timeout=180_000)
    if heading == VIEWS["2"]:
        page.wait_for_function(f"{_NODES} > 9", timeout=180_000)
    return time.perf_counter() - before


def _choices(page: Any) -> Figures:
    """Filter and colour the family tree, and open an individual."""
    figures: Figures = {}
    _opened(page, "2", VIEWS["2"])
    before = time.perf_counter()
    page.fill("#tree-where", "generation >= 20 and accuracy > 0.5")
    page.press("#tree-where", "Enter")
    page.wait_for_function(f"{_SAID}.includes('filter found')", timeout=60_000)
    figures["the tree filtered by a condition"] = time.perf_counter() - before
    before = time.perf_counter()
    page.fill("#tree-search", "123")
    page.press("#tree-search", "Enter")
    page.wait_for_selector("#tree-kin h2", timeout=60_000)
    figures["an individual searched in the tree"] = time.perf_counter() - before
    return figures


def _served(run: Path) -> tuple[subprocess.Popen[str], str]:
    command = [sys.executable, "-m", "evonas.cli.main", "dashboard", str(run), "--port", "0"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert server.stdout is not None
    return server, server.stdout.readline().strip()


# -- reader


def reader(options: argparse.Namespace, folder: Path) -> tuple[Figures, list[Row]]:
    """Let runs write at a pace, by turns alone and looked at."""
    evaluations = round(options.pace * options.seconds)
    (folder / "watched").mkdir()
    alone, watched, asked, lost = [], [], 0, 0
    for turn in range(options.turns):
        costs = write_run(folder / f"alone{turn}", evaluations, pace=options.pace)
        alone.append(statistics.fmean(costs))
        place = folder / "watched" / f"run{turn}"
        crowd = _Crowd(place)
        try:
            costs = write_run(place, evaluations, pace=options.pace, begun=crowd.come)
        finally:
            asked += crowd.leave()
        watched.append(statistics.fmean(costs))
        with LineageStore.open(place, read_only=True) as store:
            lost += evaluations - len(store.results(curves=False))
    pairs = [100 * (there / here - 1) for here, there in zip(alone, watched, strict=True)]
    # What the run as a whole notices: the writer's time over the time between two evaluations.
    whole = [options.pace * (there - here) for here, there in zip(alone, watched, strict=True)]
    figures = {
        "evaluations": evaluations,
        "alone_ms": [1e3 * one for one in alone],
        "watched_ms": [1e3 * one for one in watched],
        "questions_a_second": asked / (options.turns * options.seconds),
        "lost": lost,
    }
    slower = statistics.median(whole)
    return figures, [
        ("cost of an evaluation to the writer, alone", f"{1e3 * statistics.median(alone):.3f} ms", "", None),
        ("  with a reader", f"{1e3 * statistics.median(watched):.3f} ms", "", None),
        ("  the difference by turns", " ".join(f"{one:+.1f} %" for one in pairs), "", None),
        (
            f"the run at {options.pace:g} evaluations a second",
            f"{slower:+.2%} of its time",
            "< 5 %",
            slower < SLOWER_BAR,
        ),
        ("questions that the dashboard answered", f"{figures['questions_a_second']:.0f} a second", "", None),
        (f"evaluations lost of {options.turns * evaluations:,}", str(lost), "0", lost == 0),
    ]


class _Crowd:
    """A dashboard over a run, and somebody who asks it for news and for the overview as fast as it answers."""

    def __init__(self, run: Path) -> None:
        self._run = run
        self._over = threading.Event()
        self._asker: subprocess.Popen[str] | None = None
        self._server: subprocess.Popen[str] | None = None

    def come(self) -> None:
        """Start both, and wait for the first answers."""
        self._server, url = _served(self._run)
        command = [sys.executable, str(Path(__file__)), "--ask", url]
        self._asker = subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True)
        assert self._asker.stdout is not None
        self._asker.stdout.readline()  # it was answered once

    def leave(self) -> int:
        """End both; return how many questions were answered."""
        answered = 0
        if self._asker is not None:
            told, _ = self._asker.communicate("\n", timeout=60)
            answered = int(told or 0)
        if self._server is not None:
            self._server.terminate()
            self._server.wait(10)
        return answered


def ask(url: str) -> int:
    """Ask a dashboard until standard input ends; print when it has answered once, and how many questions in all."""
    with urllib.request.urlopen(f"{url}_dash-dependencies") as answer:
        callbacks = json.load(answer)
    wanted = [one for one in callbacks if "version.data" in one["output"] or "overview-" in one["output"]]
    with urllib.request.urlopen(url) as answer:  # it leads to the run's own address
        search = answer.geturl().partition("?")[2]
    over = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.readline(), over.set()), daemon=True).start()
    values = {"pathname": "/overview", "search": f"?{search}", "n_intervals": 1, "data": None}
    answered = 0
    while not over.is_set():
        if answered == len(wanted):
            print("begun", flush=True)
        for one in wanted:
            body = _question(one, values)
            request = urllib.request.Request(
                f"{url}_dash-update-component", json.dumps(body).encode(), {"Content-Type": "application/json"}
            )
            with urllib.request.urlopen(request) as answer:
                answer.read()
            answered += 1
    print(answered)
    return 0


def _question(callback: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    def known(one: dict[str, str]) -> dict[str, Any]:
        return {**one, "value": values.get(one["property"])}

    outputs = callback["output"].strip(".").split("...")
    split = [dict(zip(("id", "property"), one.rsplit(".", 1), strict=True)) for one in outputs]
    inputs = [known(one) for one in callback["inputs"]]
    return {
        "output": callback["output"],
        "outputs": split if callback["output"].startswith("..") else split[0],
        "inputs": inputs,
        "changedPropIds": [f"{inputs[0]['id']}.{inputs[0]['property']}"],
        "state": [known(one) for one in callback["state"]],
    }


PARTS: dict[str, Callable[[argparse.Namespace, Path], tuple[Figures, list[Row]]]] = {"views": views, "reader": reader}


if __name__ == "__main__":
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    if sys.argv[1:2] == ["--ask"]:
        sys.exit(ask(sys.argv[2]))
    sys.exit(main())
