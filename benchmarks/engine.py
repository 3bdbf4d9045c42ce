"""What the engine costs beside the training: processes, memory, births, the durable lineage, waiting, resuming.

Parts, each alone with ``--only``:

- ``setup``: from submitting a candidate to its evaluator's first line, in a forked process and in a spawned one;
- ``memory``: resident memory of the coordinator and of the forkserver over many small Keras trainings;
- ``engine``: ask, store the birth, store the result, tell, store the deaths, in one process without workers;
- ``busy``: part of the time that two slots are busy with evaluations of uneven length;
- ``resume``: from opening the lineage of a long run to its next birth, without and with the surrogate.

``engine``, ``busy`` and ``memory`` leave the surrogate out: what it costs is measured by ``benchmarks/search``.

Usage: python benchmarks/engine.py [--only PART ...] [--candidates 500] [--evaluations 10000] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from machine import about, fsync_seconds

from evonas.config import EvaluationConfig, EvolutionConfig, SearchConfig
from evonas.evaluation import BackendSnapshot, EvaluatorSpec, LocalBackend, Memo
from evonas.evolution import Engine
from evonas.genome import Genome
from evonas.lineage import LineageStore, RunRecord
from evonas.records import EvaluationRequest, EvaluationResult
from evonas.run.listeners import Listener
from evonas.run.loop import Search
from evonas.run.retention import WeightKeeper
from evonas.space import Space
from evonas.testing.toy import toy_evaluate, toy_space

SETUP_BAR = 0.1  # s
MEMORY_BAR = 1.0  # MB a 100 candidates
ENGINE_BAR = 1.0  # ms an evaluation
FLAT_BAR = 1.5  # ratio of the last mark to the first: what still counts as flat
BUSY_BAR = 0.95
RESUME_BAR = 1.0  # s

Figures = dict[str, Any]
Row = tuple[str, str, str, bool | None]
"""What was measured, the figure, the bar, and whether it is met (None: there is no bar)."""


def main(arguments: list[str] | None = None) -> int:
    """Measure, print a table, and write JSON if asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", choices=list(PARTS), help="a part; default: all")
    parser.add_argument("--setups", type=int, default=50, help="processes forked for `setup`")
    parser.add_argument("--spawned", type=int, default=3, help="processes spawned for `setup`")
    parser.add_argument("--candidates", type=int, default=500, help="Keras trainings for `memory`")
    parser.add_argument("--evaluations", type=int, default=10_000, help="toy evaluations for `engine` and `resume`")
    parser.add_argument("--sleeps", type=int, default=120, help="evaluations for `busy`")
    parser.add_argument("--dir", type=Path, help="folder on the disk to measure; default: the temporary folder")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    options = parser.parse_args(arguments)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    machine = about(candidates=options.candidates, evaluations=options.evaluations)
    print(", ".join(f"{name} {value}" for name, value in machine.items()))
    figures: Figures = {"about": machine}
    with tempfile.TemporaryDirectory(dir=options.dir) as folder:
        for part in options.only or PARTS:
            figures[part], rows = PARTS[part](options, Path(folder))
            print(f"\n{part}: {PART_WORDS[part]}")
            for what, figure, bar, met in rows:
                mark = "" if met is None else ("  met" if met else "  MISSED")
                print(f"  {what:<52} {figure:>34}  {bar:<18}{mark}", flush=True)
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return 0


# -- setup


def setup(options: argparse.Namespace, folder: Path) -> tuple[Figures, list[Row]]:
    """Time processes from their submission to the evaluator's first line."""
    evaluator = EvaluatorSpec("candidates:nothing", kind="callable", preload=("keras",), path=_HERE)
    forked = _setups(evaluator, "forkserver", options.setups, folder / "forked")
    figures = {"forked_s": _spread(forked)}
    median = figures["forked_s"]["median"]
    rows: list[Row] = [
        ("forked with Keras, median (min - max), s", _shown(forked), f"<= {SETUP_BAR} s", median <= SETUP_BAR)
    ]
    if options.spawned:
        spawned = _setups(evaluator, "spawn", options.spawned, folder / "spawned")
        figures["spawned_s"] = _spread(spawned)
        times = f"{figures['spawned_s']['median'] / median:.0f} times"
        rows.append(("spawned, importing Keras, median (min - max), s", _shown(spawned), times, None))
    return figures, rows


def _setups(evaluator: EvaluatorSpec, method: Any, count: int, folder: Path) -> list[float]:
    config = EvaluationConfig(devices=["cpu"], slots=1, start_method=method)
    times = []
    with LocalBackend(evaluator, config, folder) as backend:
        for number in range(count):
            backend.submit(EvaluationRequest(number, number, Genome({"x": 0.5}), epochs=1, seed=number))
            (result,) = backend.wait()
            _check(result)
            times.append(result.setup_seconds)
    return times


# -- memory


def memory(options: argparse.Namespace, folder: Path) -> tuple[Figures, list[Row]]:
    """Train small networks through the whole loop, and look at the memory of the two processes that stay."""
    every = max(1, min(25, options.candidates // 4))
    sampler = _MemorySampler(every)
    evaluator = EvaluatorSpec("candidates:tiny_training", kind="callable", preload=("keras",), path=_HERE)
    _, seconds = _search(evaluator, options.candidates, folder / "memory", sampler)
    figures: Figures = {"candidates": options.candidates, "seconds": seconds, "every": every}
    rows: list[Row] = []
    for who, samples in sampler.samples.items():
        counts, sizes = np.array(samples).T
        half = len(counts) // 2  # what a process keeps once and for all it has by then
        slope = 100 * float(np.polyfit(counts, sizes, 1)[0])
        later = 100 * float(np.polyfit(counts[half:], sizes[half:], 1)[0]) if len(counts) - half > 1 else slope
        figures[who] = {"first_mb": sizes[0], "last_mb": sizes[-1], "mb_per_100": slope, "mb_per_100_later": later}
        figures[who]["samples"] = samples
        shown = f"{sizes[0]:.1f} -> {sizes[-1]:.1f} MB, {slope:+.3f} MB a 100"
        rows.append(
            (f"{who}, {options.candidates} candidates", shown, f"< {MEMORY_BAR:g} MB a 100", slope < MEMORY_BAR)
        )
        rows.append(("  its second half alone", f"{later:+.3f} MB a 100", "", None))
    rows.append(("wall time of a candidate, two slots", f"{seconds / options.candidates:.2f} s", "", None))
    return figures, rows


class _MemorySampler(Listener):
    """Samples the resident memory after every so many results."""

    def __init__(self, every: int) -> None:
        self.samples: dict[str, list[tuple[int, float]]] = {"coordinator": [], "forkserver": []}
        self._every = every
        self._processes: dict[str, psutil.Process] = {}

    def started(self, engine: Engine, snapshot: BackendSnapshot) -> None:
        own = psutil.Process()
        servers = [child for child in own.children() if "evonas.evaluation.forkserver" in child.cmdline()]
        self._processes = {"coordinator": own, "forkserver": servers[0]}

    def told(self, engine: Engine, result: EvaluationResult) -> None:
        _check(result)
        if len(engine.results) % self._every == 0:
            for who, process in self._processes.items():
                self.samples[who].append((len(engine.results), process.memory_info().rss / 1e6))


# -- engine


def engine(options: argparse.Namespace, folder: Path) -> tuple[Figures, list[Row]]:
    """Time what a toy evaluation costs the coordinator, from its birth to its death."""
    figures: Figures = {"fsync_ms": 1e3 * fsync_seconds(folder)}
    rows: list[Row] = [("one fsync of this disk", f"{figures['fsync_ms']:.2f} ms", "", None)]
    for synchronous in ("normal", "auto", "full"):
        place = folder / f"{synchronous}.sqlite"
        times = _live(place, options.evaluations, synchronous)
        found = figures[synchronous] = _marks(times, options.evaluations)
        marks = list(found)
        for mark in marks:
            ms = found[mark]["ms"]
            what = f"synchronous={synchronous}, the {_window(mark)} before {mark}"
            shown = f"{ms:.3f} ms, {found[mark]['cpu_ms']:.3f} of CPU"
            rows.append((what, shown, f"<= {ENGINE_BAR:g} ms", ms <= ENGINE_BAR))
        steps = found[marks[-1]]["steps_ms"]
        rows.append(("  its steps, ms", " ".join(f"{name} {ms:.3f}" for name, ms in steps.items()), "", None))
        growth = found[marks[-1]]["cpu_ms"] / found[marks[0]]["cpu_ms"]
        rows.append((f"  CPU at {marks[-1]} to that at {marks[0]}", f"{growth:.2f}", "flat", growth <= FLAT_BAR))
    return figures, rows


_STEPS = ("ask", "birth", "result", "tell", "deaths")


def _live(place: Path, evaluations: int, synchronous: Any) -> np.ndarray[Any, Any]:
    """Live a run of toy evaluations into a store; return the seconds of each step and the CPU time, (n, 6)."""
    search = _toy_engine(evaluations)
    record = RunRecord.new("toy", config={}, space={}, objectives=[{"metric": "accuracy", "direction": "max"}])
    times = np.zeros((evaluations, len(_STEPS) + 1))
    now = time.perf_counter
    with LineageStore.create(place, record, synchronous=synchronous) as store:
        store.add_session()
        for number in range(evaluations):
            cpu, t0 = time.process_time(), now()
            request = search.ask()
            assert request is not None
            t1 = now()
            store.add_individual(search.individuals[request.individual], request)
            t2 = now()
            evaluated = time.process_time()
            result = request.result(
                toy_evaluate(request.genome, request.epochs, request.seed), seconds=0.001, device="cpu:0"
            )
            cpu += time.process_time() - evaluated
            t3 = now()
            store.add_result(result)
            t4 = now()
            left = search.tell(result)
            t5 = now()
            if left:
                store.mark_deaths(left, len(search.results))
            t6 = now()
            times[number] = t1 - t0, t2 - t1, t4 - t3, t5 - t4, t6 - t5, time.process_time() - cpu
        store.end_session()
    return times


def _toy_engine(evaluations: int, surrogate: bool = False) -> Engine:
    config = EvolutionConfig(evaluations=2 * evaluations, objectives=["accuracy"], population=50)
    return Engine(toy_space(), config, seed=0, search=SearchConfig(surrogate=surrogate))


def _window(mark: int) -> int:
    return min(mark, max(100, mark // 10))


def _marks(times: np.ndarray[Any, Any], evaluations: int) -> dict[int, Figures]:
    marks = [mark for mark in (100, 1_000, 10_000, 100_000) if mark <= evaluations] or [evaluations]
    found = {}
    for mark in marks:
        mean = 1e3 * times[mark - _window(mark) : mark].mean(axis=0)
        steps = dict(zip(_STEPS, map(float, mean), strict=False))
        found[mark] = {"ms": sum(steps.values()), "cpu_ms": float(mean[-1]), "steps_ms": steps}
    return found


# -- busy


def busy(options: argparse.Namespace, folder: Path) -> tuple[Figures, list[Row]]:
    """Let two slots work on evaluations of uneven length, from the first birth to the last end."""
    evaluator = EvaluatorSpec("candidates:sleep", kind="callable", path=_HERE)
    results, seconds = _search(evaluator, options.sleeps, folder / "busy", Listener())
    slots = 2 * seconds
    held = sum(result.seconds for result in results) / slots
    inside = sum(result.metrics["slept"] for result in results) / slots
    figures = {"evaluations": len(results), "seconds": seconds, "busy": held, "evaluator": inside}
    return figures, [
        (f"slots busy, {len(results)} evaluations", f"{held:.1%}", f">= {BUSY_BAR:.0%}", held >= BUSY_BAR),
        ("  inside the evaluator, processes' start left out", f"{inside:.1%}", "", None),
    ]


def _search(
    evaluator: EvaluatorSpec, evaluations: int, folder: Path, listener: Listener
) -> tuple[list[EvaluationResult], float]:
    """Run a whole search with two slots; return its results and its wall time, s."""
    config = EvaluationConfig(devices=["cpu"], slots=2, threads=1)
    question = EvolutionConfig(evaluations=evaluations, objectives=["score"])
    alone = SearchConfig(surrogate=False)
    search = Engine(Space.from_dict({"x": {"float": [0.0, 1.0]}}), question, seed=0, search=alone)
    record = RunRecord.new("benchmark", config={}, space={}, objectives=[{"metric": "score", "direction": "max"}])
    folder.mkdir()
    with LineageStore.create(folder, record) as store, LocalBackend(evaluator, config, folder) as backend:
        store.add_session()
        listener.started(search, backend.snapshot())
        begun = time.perf_counter()
        keeper = WeightKeeper(folder, store, keep=5)
        Search(search, backend, store, Memo(), keeper, listener, lambda: False).run()
        seconds = time.perf_counter() - begun
    for result in search.results:
        _check(result)
    return list(search.results), seconds


# -- resume


def resume(options: argparse.Namespace, folder: Path) -> tuple[Figures, list[Row]]:
    """Do what ``evonas resume`` does before the first evaluation, with a lineage of many toy evaluations."""
    place = folder / "normal.sqlite"
    if not place.exists():
        _live(place, options.evaluations, "normal")
    figures: Figures = {}
    rows: list[Row] = []
    for surrogate in (False, True):
        name = "with the surrogate" if surrogate else "without surrogate"
        figures[name], found = _resumed(place, options.evaluations, folder, surrogate)
        rows += [(f"{what}{'' if what.startswith(' ') else f', {name}'}", *rest) for what, *rest in found]
    return figures, rows


def _resumed(place: Path, evaluations: int, folder: Path, surrogate: bool) -> tuple[Figures, list[Row]]:
    tries = []
    used = []
    for _ in range(5):
        begun = time.process_time()
        tries.append(_resume(place, evaluations, folder, surrogate))
        used.append(time.process_time() - begun)
    best = min(tries, key=lambda steps: sum(steps.values()))
    total = sum(best.values())
    median = statistics.median(sum(steps.values()) for steps in tries)
    cpu = statistics.median(used)
    rows: list[Row] = [
        (
            f"resume at {evaluations}, best of {len(tries)}",
            f"{total:.3f} s",
            f"<= {RESUME_BAR:g} s",
            total <= RESUME_BAR,
        ),
        ("  the median of them", f"{median:.3f} s, {cpu:.3f} of CPU", "", None),
    ]
    rows += [(f"  {name}", f"{seconds:.3f} s", "", None) for name, seconds in best.items()]
    return {"best_s": total, "median_s": median, "cpu_s": cpu, "steps_s": best}, rows


def _resume(place: Path, evaluations: int, folder: Path, surrogate: bool) -> dict[str, float]:
    steps: dict[str, float] = {}
    begun = time.perf_counter()

    def done(step: str) -> None:
        nonlocal begun
        steps[step] = time.perf_counter() - begun
        begun = time.perf_counter()

    with LineageStore.open(place) as store:
        done("open the lineage")
        past = store.replay()
        done("read it")
        search = _toy_engine(evaluations, surrogate)
        done("make the engine")
        search.replay(past.individuals, past.requests, past.results)
        done("replay")
        WeightKeeper(folder, store, keep=5).restore(search)
        done("find the weights")
        memo = Memo()
        for request, result in search.history():
            memo.learn(request, result)
        done("fill the memo")
        assert search.ask() is not None
        done("the first birth")
    return steps


# -- words


def _check(result: EvaluationResult) -> None:
    if not result.completed:
        raise SystemExit(f"evaluation {result.number}: {result.status.value}: {result.error}")


def _spread(values: list[float]) -> dict[str, float]:
    return {"median": statistics.median(values), "min": min(values), "max": max(values), "count": len(values)}


def _shown(values: list[float]) -> str:
    return f"{statistics.median(values):.3f} ({min(values):.3f} - {max(values):.3f}), n={len(values)}"


_HERE = (str(Path(__file__).resolve().parent),)

PARTS: dict[str, Callable[[argparse.Namespace, Path], tuple[Figures, list[Row]]]] = {
    "setup": setup,
    "engine": engine,
    "resume": resume,
    "busy": busy,
    "memory": memory,
}
PART_WORDS = {name: (part.__doc__ or "").split("\n")[0] for name, part in PARTS.items()}


if __name__ == "__main__":
    sys.exit(main())
