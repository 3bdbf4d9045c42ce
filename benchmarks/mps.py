"""CUDA MPS for the length of a block: processes that share a GPU compute at the same time instead of in turns.

The daemon gets folders of its own, so that one that runs already is left alone
(https://docs.nvidia.com/deploy/mps/appendix-tools-and-interface-reference.html).
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

__all__ = ["mps", "mps_servers"]

_PROGRAM = "nvidia-cuda-mps-control"
_PIPES, _LOGS = "CUDA_MPS_PIPE_DIRECTORY", "CUDA_MPS_LOG_DIRECTORY"
_PATIENCE = 30.0  # s for the daemon to answer


@contextmanager
def mps() -> Iterator[str]:
    """Start the daemon and stop it again; yield why it cannot be started, or an empty text while it runs.

    Processes that are started within the block, and their children, use it.
    """
    program = shutil.which(_PROGRAM)
    if program is None:
        yield f"{_PROGRAM} is not on the PATH"
        return
    saved = {name: os.environ.get(name) for name in (_PIPES, _LOGS)}
    with tempfile.TemporaryDirectory(prefix="mps-") as folder:
        for name, place in ((_PIPES, "pipe"), (_LOGS, "log")):
            Path(folder, place).mkdir()
            os.environ[name] = str(Path(folder, place))
        try:
            why_not = _start(program, Path(folder))
            try:
                yield why_not
            finally:
                _stop(program, Path(folder, "pipe"))
        finally:
            for name, value in saved.items():
                if value is None:
                    os.environ.pop(name, None)
                else:
                    os.environ[name] = value


def mps_servers() -> list[str]:
    """Return the process ids of the daemon's servers: there is one as soon as a process has used MPS."""
    program = shutil.which(_PROGRAM)
    if program is None:
        return []
    with suppress(OSError, subprocess.SubprocessError):
        done = subprocess.run(
            [program], input="get_server_list\n", capture_output=True, text=True, timeout=_PATIENCE, check=False
        )
        return [word for word in done.stdout.split() if word.isdigit()]
    return []


def _start(program: str, folder: Path) -> str:
    # All GPUs: a client's CUDA_VISIBLE_DEVICES counts among those that the daemon sees.
    environment = {name: value for name, value in os.environ.items() if name != "CUDA_VISIBLE_DEVICES"}
    errors = folder / "errors"
    with errors.open("wb") as out:  # not a pipe: the daemon would keep it open
        try:
            done = subprocess.run(
                [program, "-d"], env=environment, stdout=out, stderr=out, timeout=_PATIENCE, check=False
            )
        except (OSError, subprocess.SubprocessError) as error:
            return f"{_PROGRAM} does not start: {error}"
    if done.returncode != 0:
        words = " ".join(errors.read_text(encoding="utf-8", errors="replace").split())
        return f"{_PROGRAM} does not start: exit code {done.returncode} {words}".rstrip()
    return ""


def _stop(program: str, pipes: Path) -> None:
    with suppress(OSError, subprocess.SubprocessError):
        subprocess.run([program], input=b"quit\n", capture_output=True, timeout=_PATIENCE, check=False)
    with suppress(OSError, ValueError):  # still there: it did not listen
        os.kill(int((pipes / f"{_PROGRAM}.pid").read_text(encoding="ascii")), signal.SIGKILL)
