"""What happens in the process of one evaluation, however that process was started.

Environment, output into the log file, the evaluator, its outcome into a file that appears whole or not at all, and
the end. ``python -m evonas.evaluation.child`` is the same for a process that was spawned instead of forked: it reads
its command from the standard input, and dies when that closes, because then the coordinator is gone.
"""

from __future__ import annotations

import faulthandler
import json
import os
import random
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from evonas.errors import EvonasError
from evonas.evaluation.callables import Evaluate, resolve
from evonas.evaluation.files import CANNOT_WRITE, write_whole
from evonas.evaluation.protocol import EvaluationContext, EvaluatorSpec
from evonas.evaluation.resources import peak_memory
from evonas.evaluation.statuses import failure_cause, failure_status
from evonas.records import EvaluationRequest, EvaluationResult

__all__ = ["error_to_dict", "evaluate_and_exit", "redirect_output"]


def evaluate_and_exit(command: Mapping[str, Any], evaluate: Evaluate | None) -> NoReturn:
    """Run one evaluation in this process, write its outcome, and end the process.

    Args:
        command: what :class:`evonas.evaluation.launchers.Command` says.
        evaluate: the evaluator; None resolves it here, so that a failure to import it is an outcome, too.
    """
    code = CANNOT_WRITE
    try:
        os.environ.update(command["environment"])
        _tell_frameworks(command["environment"])
        redirect_output(command["log"])
        _protect_others()
        outcome = _outcome(command, evaluate)
        write_whole(Path(command["outcome"]), outcome)
        code = 0
    except BaseException:  # whatever it is, the process must not go on as a copy of the server
        with suppress(BaseException):
            traceback.print_exc()
    finally:
        for stream in (sys.stdout, sys.stderr):
            with suppress(BaseException):
                stream.flush()
        os._exit(code)  # no exit handlers: they are the server's


def redirect_output(log: str) -> None:
    """Append the standard output and error of this process, and of all it starts, to a file."""
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
    for target in (1, 2):
        os.dup2(descriptor, target)
    os.close(descriptor)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(line_buffering=True)
    faulthandler.enable(2)  # where it was when it crashed in native code


def error_to_dict(error: BaseException) -> dict[str, Any]:
    """Return an error as plain JSON values for the coordinator to raise again."""
    if isinstance(error, EvonasError):
        got = {"got": error.got if isinstance(error.got, str) else repr(error.got)} if error.has_got else {}
        return {"message": error.message, "expected": error.expected, "hint": error.hint, **got}
    text = "".join(traceback.format_exception(type(error), error, error.__traceback__)).rstrip()
    return {"message": f"{failure_cause(error)}\n{text}"}


def _outcome(command: Mapping[str, Any], evaluate: Evaluate | None) -> dict[str, Any]:
    request = EvaluationRequest.from_dict(command["request"])
    now = datetime.now(timezone.utc).isoformat(timespec="seconds")
    step = f", rung {request.rung}" if request.rung else ""
    step += f", repeat {request.repeat}" if request.repeat else ""
    print(  # noqa: T201 -- the standard output is the log of this evaluation
        f"-- evaluation {request.number}, individual {request.individual}{step}, attempt {request.attempt}, "
        f"{command['device']}, {now}",
        flush=True,
    )
    begun = None
    try:
        spec = EvaluatorSpec.from_dict(command["evaluator"])
        evaluate = resolve(spec) if evaluate is None else evaluate
        _seed(request.seed)
        with open(command["rows"], "a", encoding="utf-8", buffering=1) as rows:  # noqa: PTH123 -- a plain stream
            context = EvaluationContext(
                settings=dict(spec.settings),
                run_dir=Path(command["run_dir"]),
                device=command["device"],
                threads=command["threads"],
                report=_reporter(rows.write),
            )
            begun = time.monotonic()
            rows.write(json.dumps({"begun": begun}) + "\n")
            result = evaluate(request, context)
        if not isinstance(result, EvaluationResult) or result.number != request.number:
            raise TypeError(f"{spec.target} returned {result!r}, expected the EvaluationResult of its request")
        values = result.to_dict()
        json.dumps(values, default=float)  # a result that is no JSON is the evaluator's failure
    except BaseException as error:  # SystemExit and all else that a candidate may end with
        traceback.print_exc()
        values = request.failure(failure_status(error), failure_cause(error)).to_dict()
    return {"result": values, "begun": begun, "peak_memory": peak_memory()}


def _reporter(write: Callable[[str], Any]) -> Callable[[Mapping[str, Any]], None]:
    def report(row: Mapping[str, Any]) -> None:
        write(json.dumps({"row": dict(row)}, default=float) + "\n")  # float: NumPy and tensor scalars

    return report


def _seed(seed: int) -> None:
    """Seed the global generators: forked children would all share the state of the server's."""
    random.seed(seed)
    np.random.seed(seed % 2**32)  # noqa: NPY002 -- the global generator is what a user's code may draw from


def _tell_frameworks(environment: Mapping[str, str]) -> None:
    """Repeat to JAX, where the server has imported it, what it reads from the environment only when imported."""
    jax = sys.modules.get("jax")
    if jax is not None and "JAX_PLATFORMS" in environment:
        jax.config.update("jax_platforms", environment["JAX_PLATFORMS"])


def _protect_others() -> None:
    """When memory is short, the kernel shall take this process, not the coordinator; and no core dumps."""
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("500", encoding="ascii")
    with suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))


def _die_with_the_coordinator() -> None:
    """End this process group when the standard input closes: nobody is left who waits for the result."""
    lifeline = os.dup(0)  # not inherited by what the evaluator starts
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)

    def watch() -> None:
        with suppress(BaseException):
            while os.read(lifeline, 1024):
                pass
        if hasattr(os, "killpg"):
            os.killpg(os.getpgid(0), signal.SIGKILL)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _read_line() -> str:
    line = bytearray()
    while not line.endswith(b"\n"):  # byte by byte: what follows is for the watcher
        byte = os.read(0, 1)
        if not byte:
            break
        line += byte
    return line.decode()


def main() -> None:
    """Run the command that stands on the standard input, or check that the evaluator can be imported."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the coordinator's
    command = json.loads(_read_line())
    _die_with_the_coordinator()
    if "request" in command:
        evaluate_and_exit(command, None)
    answer: dict[str, Any] = {"event": "ready"}
    try:
        resolve(EvaluatorSpec.from_dict(command["evaluator"]))
    except BaseException as error:
        answer = {"event": "failed", "error": error_to_dict(error)}
    write_whole(Path(command["outcome"]), answer)
    os._exit(0)


if __name__ == "__main__":
    main()
