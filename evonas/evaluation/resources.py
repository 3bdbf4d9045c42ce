"""What this machine grants: cores, memory, and whether the kernel has killed a process for want of it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil

__all__ = ["available_cores", "available_memory", "group_memory", "memory_kills", "peak_memory", "total_memory"]

_CGROUPS = Path("/sys/fs/cgroup")


def available_cores(root: Path = _CGROUPS, own: Path = Path("/proc/self/cgroup")) -> int:
    """Return how many cores this process may use: its affinity, limited by the CPU quota of its control groups.

    Batch systems bind jobs to cores; containers limit time instead, which affinity does not show.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    for folder in _control_groups(root, own, "cpu"):
        quota = _words(folder / "cpu.max") or [
            *_words(folder / "cpu.cfs_quota_us"),
            *_words(folder / "cpu.cfs_period_us"),
        ]
        if len(quota) == 2 and quota[0].isdigit() and quota[1].isdigit() and int(quota[1]) > 0:
            cores = min(cores, int(quota[0]) // int(quota[1]))
    return max(1, cores)


def total_memory(root: Path = _CGROUPS, own: Path = Path("/proc/self/cgroup")) -> int:
    """Return the memory that this process may use at most, bytes: the machine's, limited by its control groups."""
    limits = [psutil.virtual_memory().total]
    for folder in _control_groups(root, own, "memory"):
        for name in ("memory.max", "memory.limit_in_bytes"):
            limits += [int(word) for word in _words(folder / name) if word.isdigit()]
    return min(limits)


def available_memory() -> int:
    """Return the memory that new processes can have now without swapping, bytes."""
    return min(psutil.virtual_memory().available, total_memory())


def memory_kills(root: Path = _CGROUPS, own: Path = Path("/proc/self/cgroup")) -> int:
    """Return how often the kernel has killed for memory in our control groups so far; 0 where that is not told."""
    count = 0
    for folder in _control_groups(root, own, "memory"):
        for name in ("memory.events", "memory.oom_control"):
            words = _words(folder / name)
            for key, value in zip(words[::2], words[1::2], strict=False):
                if key == "oom_kill" and value.isdigit():
                    count = max(count, int(value))
    return count


def group_memory(group: int) -> int:
    """Return the resident memory of all processes of a group, bytes; pages they share count once for each.

    Args:
        group: process group id; where there are no groups (Windows), a process, whose descendants are taken.
    """
    total = 0
    for pid in _members(group):
        with suppress(psutil.Error, OSError):
            total += psutil.Process(pid).memory_info().rss
    return total


def peak_memory() -> int:
    """Return the highest resident memory of this process so far, bytes; 0 where the system does not tell."""
    with suppress(OSError, ValueError):
        for line in Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    with suppress(psutil.Error):
        return int(psutil.Process().memory_info().rss)
    return 0


def _members(group: int) -> Iterator[int]:
    if not hasattr(os, "getpgid"):
        with suppress(psutil.Error):
            yield group
            yield from (child.pid for child in psutil.Process(group).children(recursive=True))
        return
    for pid in psutil.pids():
        with suppress(OSError):
            if os.getpgid(pid) == group:
                yield pid


def _control_groups(root: Path, own: Path, controller: str) -> Iterator[Path]:
    """Yield the folders of our control group and its parents, version 2 first, then version 1."""
    with suppress(OSError):
        for line in own.read_text(encoding="utf-8").splitlines():
            hierarchy, controllers, path = line.split(":", 2)
            if hierarchy == "0":
                base = root
            elif controller in controllers.split(","):
                base = root / controllers if (root / controllers).is_dir() else root / controller
            else:
                continue
            folder = base / path.lstrip("/")
            while folder != base:
                yield folder
                folder = folder.parent
            yield base


def _words(file: Path) -> list[str]:
    with suppress(OSError, UnicodeDecodeError):
        return file.read_text(encoding="ascii").split()
    return []
