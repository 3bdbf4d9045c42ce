"""Evaluators that misbehave, each in its own way; imported by workers through `EvaluatorSpec.path`."""

import ctypes
import fcntl
import json
import os
import subprocess
import sys
import time
from pathlib import Path

from evonas.records import EvaluationRequest, EvaluationResult
from evonas.testing.backends import until


def misbehave(request: EvaluationRequest, context) -> EvaluationResult:
    does = request.genome["does"]
    if does == "segfault":
        ctypes.string_at(0)
    elif does == "chatter":
        for _ in range(200):
            sys.stdout.write("x" * 50_000)
            sys.stderr.write("y" * 50_000)
    elif does == "hoard":
        hoard = []
        while True:
            hoard.append(bytearray(os.urandom(1)) * (8 * 2**20))
            time.sleep(0.01)
    elif does == "let a grandchild hoard":
        code = "x = [bytearray(b'1') * 2**20 for _ in range(400)]; import time; time.sleep(600)"
        subprocess.Popen([sys.executable, "-c", code]).wait()
    elif does == "leave a grandchild":
        _grandchild(request, context)
    elif does == "wait with a grandchild":
        _grandchild(request, context)
        until((context.run_dir / "cue").exists)
    elif does == "fill the disk":
        Path("/dev/full").write_text("weights")
    return request.result({"pid": float(os.getpid())})


def _grandchild(request: EvaluationRequest, context) -> None:
    process = subprocess.Popen(["sleep", "600"])
    text = json.dumps([os.getpid(), process.pid, os.getppid()])
    partial = context.run_dir / f"pids-{request.number}.tmp"
    partial.write_text(text)
    partial.rename(context.run_dir / f"pids-{request.number}.json")


def enter_and_leave(request: EvaluationRequest, context) -> EvaluationResult:
    """Write into one file a device when an evaluation begins and ends, and what its environment says."""
    with (context.run_dir / f"{context.device}.crowd").open("a") as crowd:

        def write(word: str) -> None:
            fcntl.flock(crowd, fcntl.LOCK_EX)
            crowd.write(word + "\n")
            crowd.flush()
            fcntl.flock(crowd, fcntl.LOCK_UN)

        write("in")
        time.sleep(0.02)
        write("out")
    names = ("CUDA_VISIBLE_DEVICES", "XLA_PYTHON_CLIENT_MEM_FRACTION", "OMP_NUM_THREADS", "TF_FORCE_GPU_ALLOW_GROWTH")
    environment = {name: os.environ.get(name) for name in names}
    (context.run_dir / f"environment-{request.number}.json").write_text(json.dumps([context.device, environment]))
    return request.result({"score": 1.0})


def draw(genome, budget):
    """Return numbers from the global generators, which the worker seeds."""
    import random

    import numpy as np

    legacy = np.float32(np.random.rand())  # noqa: NPY002 -- the global generator is under test
    return {"python": random.random(), "numpy": legacy, "hash": float(hash("evonas") % 1000)}


BACKEND_AT_IMPORT = os.environ.get("KERAS_BACKEND")


def backend(genome, budget):
    """Return 1 where the variable was set before this module was imported."""
    return {"accuracy": float(BACKEND_AT_IMPORT == "chosen" == os.environ.get("KERAS_BACKEND"))}


def answer(genome, budget):
    values = {"empty": {}, "number": 0.5, "text": {"accuracy": "0.5"}, "nan": {"accuracy": float("nan"), "loss": 1.0}}
    return values[genome["as"]]


def steps(genome, budget):
    """Go on from the epochs that a file tells, if the genome says so; return what was found."""
    file = budget.directory / "epochs"
    found = float(file.read_text()) if file.exists() else 0.0
    if genome["keeps"]:
        file.write_text(str(budget.epochs))
    return {"found": found, "epochs": budget.epochs, "trained": budget.trained, "fraction": budget.fraction}


def of_one_argument(genome):
    return {"accuracy": 1.0}


NOT_A_FUNCTION = 3
