"""Runs jobs, one JSON line each on the standard input, and answers each with a line on the standard output.

It runs in the environment of one method: ``python -m benchmarks.search.worker``. Whatever a peer prints goes to the
standard error.
"""

from __future__ import annotations

import json
import os
import random
import sys
import time
import traceback
from collections.abc import Mapping
from typing import Any

from benchmarks.search.drive import drive
from benchmarks.search.methods import Task, find_method
from benchmarks.search.tables import open_table
from benchmarks.search.tables.protocol import best_of
from benchmarks.search.training import Trainings

__all__ = ["main", "run_job"]


def run_job(job: Mapping[str, Any]) -> dict[str, Any]:
    """Run a job and return its trace; see :func:`benchmarks.search.drive.drive`."""
    import numpy as np

    random.seed(job["seed"])
    np.random.seed(job["seed"])  # noqa: NPY002 # some peers draw from the global generator
    method, overrides = find_method(job["method"])
    table = open_table(job["table"])
    trainings = Trainings(table, job["times"], job["mean_seconds"])
    task = Task(table, job["seed"], job["evaluations"], job["rungs"], job["workers"], overrides)
    began = time.perf_counter()
    if job["through"] == "run":
        from benchmarks.search.house import search_through_house

        trace = search_through_house(task, trainings, method, charge=job["charge"])
    else:
        searcher = method.start(task)
        trace = drive(searcher, trainings, job["evaluations"], job["workers"], charge=job["charge"])
    about = {"epochs": table.epochs, "maximise": table.maximise, "best": best_of(table)}
    return {**trace, "wall": round(time.perf_counter() - began, 2), "table": about}


def main() -> int:
    """Run the jobs of the standard input."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what the peers print
    for line in sys.stdin:
        job = json.loads(line)
        try:
            answer = {"job": job, "trace": run_job(job)}
        except Exception as error:  # a peer may fail in any way; the others go on
            traceback.print_exc()
            answer = {"job": job, "error": f"{type(error).__name__}: {error}"}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
