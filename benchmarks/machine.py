"""What a figure depends on beside evonas, in words that name no host and no path."""

from __future__ import annotations

import os
import platform
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from evonas.evaluation.resources import available_cores, total_memory

__all__ = ["about", "fsync_seconds", "load_average"]

_PACKAGES = ("evonas", "numpy", "deap", "sqlalchemy", "keras", "tensorflow", "jax", "torch")


def about(**more: Any) -> dict[str, Any]:
    """Return the machine's size, the versions, and what else the caller says."""
    return {
        "system": platform.system(),
        "machine": platform.machine(),
        "cores": available_cores(),
        "memory_gib": round(total_memory() / 2**30, 1),
        "load": load_average(),
        "python": platform.python_version(),
        **{name: found for name in _PACKAGES if (found := _version(name)) is not None},
        **more,
    }


def load_average() -> float | None:
    """Return how many processes wanted a core in the last minute: figures taken on a busy machine are not the best."""
    return round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None


def fsync_seconds(folder: Path, repeats: int = 20) -> float:
    """Return the mean time that a disk takes to make 4 KiB safe, s: no durable store can be faster."""
    file = folder / "fsync.probe"
    with file.open("wb", buffering=0) as probe:
        begun = time.perf_counter()
        for _ in range(repeats):
            probe.write(b"x" * 4096)
            os.fsync(probe.fileno())
        seconds = (time.perf_counter() - begun) / repeats
    file.unlink()
    return seconds


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
