"""How much of a device's memory is used, seen from outside the processes that use it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import psutil

from evonas.evaluation import Device

__all__ = ["FakeProbe", "NvmlProbe", "Probe", "probe_for"]

_FORKSERVER = "evonas.evaluation.forkserver"  # as its command line names it


class Probe(Protocol):
    """Looks at devices from outside."""

    def name(self, device: Device) -> str:
        """Return what the device is sold as."""

    def used(self, device: Device) -> int:
        """Return its used memory, bytes."""


class NvmlProbe:
    """Asks NVML, NVIDIA's management library."""

    def __init__(self) -> None:
        import pynvml

        self._nvml: Any = pynvml
        pynvml.nvmlInit()

    def name(self, device: Device) -> str:
        """See :class:`Probe`."""
        name = self._nvml.nvmlDeviceGetName(self._handle(device))
        return name.decode() if isinstance(name, bytes) else str(name)

    def used(self, device: Device) -> int:
        """See :class:`Probe`."""
        return int(self._nvml.nvmlDeviceGetMemoryInfo(self._handle(device)).used)

    def _handle(self, device: Device) -> Any:
        if device.id.isdigit():
            return self._nvml.nvmlDeviceGetHandleByIndex(int(device.id))
        return self._nvml.nvmlDeviceGetHandleByUUID(device.id)


class FakeProbe:
    """Takes the resident memory of all children of evonas's forkserver for the used memory of any device."""

    def name(self, device: Device) -> str:
        """See :class:`Probe`."""
        return "a stand-in on the CPU"

    def used(self, device: Device) -> int:
        """See :class:`Probe`."""
        total = 0
        for server in psutil.Process().children():
            try:
                if _FORKSERVER in server.cmdline():  # and not somebody else's child, such as a browser
                    total += sum(_resident(child) for child in server.children(recursive=True))
            except psutil.Error:  # it has just ended
                continue
        return total


def _resident(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.NoSuchProcess:  # it has just ended
        return 0


def probe_for(devices: Sequence[Device]) -> Probe:
    """Return what looks at these devices."""
    return NvmlProbe() if devices[0].kind == "gpu" else FakeProbe()
