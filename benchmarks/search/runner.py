"""Runs jobs in their environments, several processes at a time, and keeps each trace the moment it is there."""

from __future__ import annotations

import json
import os
import re
import subprocess
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks.search.environments import ROOT, built, python_of
from benchmarks.search.methods import find_method

__all__ = ["Job", "read_traces", "run_jobs"]

Job = dict[str, Any]

_PORTION = 5  # jobs a process, so that a slow method shares the processes with itself
_VARIABLES = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}


def run_jobs(jobs: Sequence[Job], out: Path, *, processes: int = 2, paths: Sequence[str] = ()) -> int:
    """Run the jobs that have no trace yet; return how many failed.

    Args:
        jobs: method, table, seed, budget, ...; see :func:`benchmarks.search.cli.jobs_of`.
        out: folder of the traces, a file for each method and table.
        processes: jobs at a time.
        paths: further folders of modules, for tables of your own.

    Raises:
        RuntimeError: if a method's environment is not built.
    """
    done = {_key(answer["job"]) for answer in read_traces(out)}
    waiting = [job for job in jobs if _key(job) not in done]
    for environment in {find_method(job["method"])[0].environment for job in waiting}:
        if not built(environment):
            raise RuntimeError(
                f"no environment {environment}: run `python benchmarks/search setup {environment}` first"
            )
    print(f"{len(jobs)} searches, {len(jobs) - len(waiting)} of them done before", flush=True)
    keeper = _Keeper(out, len(waiting))
    with ThreadPoolExecutor(processes) as pool:
        for _ in pool.map(lambda portion: _run(portion, keeper, paths), list(_portions(waiting))):
            pass
    return keeper.failed


def read_traces(out: Path) -> Iterator[dict[str, Any]]:
    """Yield ``{"job": ..., "trace": ...}`` of every search in a folder."""
    for file in sorted((out / "traces").glob("*.jsonl")):
        with file.open(encoding="utf-8") as lines:
            for line in lines:
                try:
                    yield json.loads(line)
                except json.JSONDecodeError:  # the last line of a run that was killed
                    continue


class _Keeper:
    """Writes answers to their files, one at a time."""

    def __init__(self, out: Path, total: int) -> None:
        self.failed = 0
        self._folder = out / "traces"
        self._folder.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._total = total
        self._ended = 0
        self._began = time.monotonic()

    def take(self, answer: Mapping[str, Any]) -> None:
        job = answer["job"]
        with self._lock:
            self._ended += 1
            if "error" in answer:
                self.failed += 1
                said = f"FAILED: {answer['error']}"
            else:
                name = re.sub(r"[^A-Za-z0-9_.=-]+", "-", f"{job['method']}--{job['table']}")
                with (self._folder / f"{name}.jsonl").open("a", encoding="utf-8") as file:
                    file.write(json.dumps(answer) + "\n")
                said = f"{len(answer['trace']['value'])} trainings, {answer['trace']['wall']:.1f} s"
            passed = time.monotonic() - self._began
            place = f"[{self._ended}/{self._total}, {passed:.0f} s]"
            print(f"{place} {job['method']} {job['table']} seed {job['seed']}: {said}", flush=True)


def _key(job: Mapping[str, Any]) -> str:
    return json.dumps(job, sort_keys=True)


def _portions(jobs: Sequence[Job]) -> Iterator[list[Job]]:
    """Yield jobs of one method on one table, a few at a time, in the order of the jobs."""
    groups: dict[tuple[str, str], deque[Job]] = {}
    for job in jobs:
        groups.setdefault((job["method"], job["table"]), deque()).append(job)
    for group in groups.values():
        while group:
            yield [group.popleft() for _ in range(min(_PORTION, len(group)))]


def _run(portion: Sequence[Job], keeper: _Keeper, paths: Sequence[str]) -> None:
    """Give jobs to a process of their own; those that it did not answer have failed."""
    method, _ = find_method(portion[0]["method"])
    known = [*paths, *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {**os.environ, **_VARIABLES, "PYTHONPATH": os.pathsep.join(known)}
    with subprocess.Popen(
        [python_of(method.environment), "-m", "benchmarks.search.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
        env=environment,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        words: deque[str] = deque(maxlen=20)
        listening = threading.Thread(target=words.extend, args=(process.stderr,), daemon=True)
        listening.start()
        process.stdin.write("".join(json.dumps(job) + "\n" for job in portion))
        process.stdin.close()
        answered = 0
        for line in process.stdout:
            answered += 1
            keeper.take(json.loads(line))
        listening.join(timeout=5.0)
    for job in portion[answered:]:
        keeper.take({"job": job, "error": f"its process ended: {''.join(words)[-500:]}"})
