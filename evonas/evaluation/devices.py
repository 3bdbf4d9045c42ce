"""The devices that evaluations run on, and what a child's environment must say before a framework touches one."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from evonas.config.schema import EvaluationConfig
from evonas.errors import EvaluationError

__all__ = ["Device", "Shares", "child_environment", "common_environment", "find_devices", "share_out"]

_LOG = logging.getLogger(__name__)

MEMORY_PER_CPU_SLOT = 1.5 * 2**30
"""Memory set aside for one evaluation on a CPU, bytes: Keras with TensorFlow takes 0.6 GiB before the first array."""

_GPU_FRACTION = 0.9
"""Part of a GPU's memory that the slots on it share; the rest is for the driver and the contexts."""

_NAME = re.compile(r"(?P<kind>gpu|cpu|fake)(?::(?P<id>[A-Za-z0-9][A-Za-z0-9/_.-]*))?")
_UUID = re.compile(r"(GPU|MIG)-[0-9A-Za-z/-]+")


@dataclass(frozen=True)
class Device:
    """A device.

    Attributes:
        name: as people write it, such as ``gpu:0``, ``gpu:GPU-8f3c...`` or ``cpu:0``.
        kind: ``gpu``, ``cpu``, or ``fake``: a stand-in that is handed out like a GPU, for tests without one.
        id: what CUDA_VISIBLE_DEVICES calls it: an index, a UUID, or a MIG instance; for a CPU its number.
    """

    name: str
    kind: Literal["gpu", "cpu", "fake"]
    id: str


@dataclass(frozen=True)
class Shares:
    """How the machine is shared out.

    Attributes:
        slots: evaluations at once on each device, in the order of the devices.
        threads: CPU threads of each evaluation.
    """

    slots: tuple[int, ...]
    threads: int


def find_devices(devices: Literal["auto"] | Sequence[str], environ: Mapping[str, str]) -> list[Device]:
    """Return the devices to use.

    A list names them: ``gpu:1`` is the second GPU that is *visible*, as CUDA counts, so that a batch system's
    allocation is never left; ``gpu:GPU-uuid`` is one of any number; ``cpu`` is the CPU. ``auto`` takes
    CUDA_VISIBLE_DEVICES as it is given (Slurm sets it; empty or -1 means no GPU), else all GPUs that NVML counts,
    else the CPU.

    Args:
        devices: ``auto`` or a list of names.
        environ: the environment to read CUDA_VISIBLE_DEVICES from.

    Raises:
        EvaluationError: if a name is none of these, stands there twice, or there is no such GPU.
    """
    if devices == "auto":
        visible = _visible_gpus(environ)
        return [Device(f"gpu:{gpu}", "gpu", gpu) for gpu in visible] or [Device("cpu:0", "cpu", "0")]
    found: list[Device] = []
    for name in devices:
        device = _named(name, environ)
        if any(device.kind == other.kind and device.id == other.id for other in found):
            raise EvaluationError(
                "a device stands in the list twice",
                key="evaluation.devices",
                got=name,
                expected="each device once",
                hint="use `slots` for several evaluations on a device",
            )
        found.append(device)
    if not found:
        raise EvaluationError(
            "there is no device in the list",
            key="evaluation.devices",
            got=list(devices),
            expected="`auto` or a list such as [gpu:0, gpu:1] or [cpu]",
        )
    return found


def share_out(devices: Sequence[Device], config: EvaluationConfig, cores: int, memory: int) -> Shares:
    """Share cores and memory out over the devices.

    ``auto`` slots: one on a GPU; on a CPU as many as it has cores (that the GPUs leave) and gibibytes for.
    ``auto`` threads: the cores divided by all slots, at least 1. With both given, both are taken as they are.

    Args:
        devices: at least one.
        config: ``slots`` and ``threads`` are read.
        cores: cores that may be used.
        memory: memory that may be used, bytes.
    """
    threads = 1 if config.threads == "auto" else config.threads
    processors = sum(device.kind == "cpu" for device in devices)
    slots = []
    for device in devices:
        if config.slots != "auto":
            slots.append(config.slots)
        elif device.kind == "cpu":
            by_cores = (cores - (len(devices) - processors) * threads) // (threads * processors)
            by_memory = int(memory // (MEMORY_PER_CPU_SLOT * processors))
            slots.append(max(1, min(by_cores, by_memory)))
        else:
            slots.append(1)
    if config.threads == "auto":
        threads = max(1, cores // sum(slots))
    elif sum(slots) * threads > cores:
        _LOG.warning("%d slots with %d threads each share %d cores", sum(slots), threads, cores)
    return Shares(tuple(slots), threads)


def child_environment(
    device: Device, slots: int, threads: int, environ: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Return the variables to set in a child before its framework touches a device.

    Args:
        device: the one device that the child may see.
        slots: evaluations at once on that device; above 1 they share a GPU's memory evenly.
        threads: CPU threads of the child.
        environ: the coordinator's environment; a TF_CPP_MIN_LOG_LEVEL there is kept.
    """
    environ = environ or {}
    variables = {
        "CUDA_VISIBLE_DEVICES": "" if device.kind == "cpu" else device.id,
        "TF_FORCE_GPU_ALLOW_GROWTH": "true",
        "XLA_PYTHON_CLIENT_PREALLOCATE": "false",
        # Keras's torch backend asks for CUDA when it is imported; asking NVML instead leaves later forks usable.
        "PYTORCH_NVML_BASED_CUDA_CHECK": "1",
        "TF_CPP_MIN_LOG_LEVEL": environ.get("TF_CPP_MIN_LOG_LEVEL", "2"),
        "TF_NUM_INTRAOP_THREADS": str(threads),
        "TF_NUM_INTEROP_THREADS": str(min(threads, 2)),
        "OMP_NUM_THREADS": str(threads),
        "OPENBLAS_NUM_THREADS": str(threads),
        "MKL_NUM_THREADS": str(threads),
    }
    if device.kind == "cpu":
        variables["JAX_PLATFORMS"] = "cpu"
    elif slots > 1:
        variables["XLA_PYTHON_CLIENT_MEM_FRACTION"] = f"{_GPU_FRACTION / slots:.3f}"
    if device.kind == "gpu" and "CUDA_VISIBLE_DEVICES" not in environ:
        variables["CUDA_DEVICE_ORDER"] = "PCI_BUS_ID"  # the index is NVML's; CUDA alone puts the fastest GPU first
    return variables


def common_environment(environments: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """Return the variables that all children agree on: a forkserver sets them before it imports a framework."""
    first, *others = environments
    return {name: value for name, value in first.items() if all(other.get(name) == value for other in others)}


def _named(name: str, environ: Mapping[str, str]) -> Device:
    match = _NAME.fullmatch(name)
    if match is None or (match["kind"] == "gpu" and match["id"] is None):
        raise EvaluationError(
            "a device's name is not known",
            key="evaluation.devices",
            got=name,
            expected="gpu:0, gpu:GPU-<uuid>, gpu:MIG-<uuid>, cpu or cpu:0",
        )
    kind, number = match["kind"], match["id"] or "0"
    if kind == "fake":
        return Device(f"fake:{number}", "fake", number)
    if kind == "cpu":
        if not number.isdigit():
            raise EvaluationError(
                "a CPU is named by a number", key="evaluation.devices", got=name, expected="cpu or cpu:0"
            )
        return Device(f"cpu:{number}", "cpu", number)
    return _gpu(name, number, _visible_gpus(environ))


def _gpu(name: str, number: str, visible: Sequence[str]) -> Device:
    here = f"one of the visible GPUs: {', '.join(visible)}" if visible else "there is no visible GPU here; use cpu"
    if number.isdigit():
        if int(number) >= len(visible):
            expected = f"gpu:0 to gpu:{len(visible) - 1}" if visible else here
            raise EvaluationError(
                "there is no such GPU",
                key="evaluation.devices",
                got=name,
                expected=expected,
                hint="look at nvidia-smi and CUDA_VISIBLE_DEVICES",
            )
        return Device(name, "gpu", visible[int(number)])
    if not _UUID.fullmatch(number):
        raise EvaluationError(
            "a GPU is named by its index or its UUID",
            key="evaluation.devices",
            got=name,
            expected="gpu:0, gpu:GPU-<uuid> or gpu:MIG-<uuid>",
            hint="nvidia-smi -L lists them",
        )
    # Visible indices cannot be compared with a UUID; then, the driver decides.
    if not any(gpu.startswith(number) or number.startswith(gpu) or gpu.isdigit() for gpu in visible):
        raise EvaluationError(
            "there is no such GPU",
            key="evaluation.devices",
            got=name,
            expected=here,
            hint="nvidia-smi -L lists the UUIDs",
        )
    return Device(name, "gpu", number)


def _visible_gpus(environ: Mapping[str, str]) -> list[str]:
    given = environ.get("CUDA_VISIBLE_DEVICES")
    if given is None:
        return [str(index) for index in range(_nvml_count())]
    visible: list[str] = []
    for part in given.split(","):
        gpu = part.strip()
        if gpu in ("", "-1") or gpu in visible:
            break  # as CUDA reads it: what follows an invalid entry is not visible
        if not gpu.isdigit() and not _UUID.fullmatch(gpu):
            raise EvaluationError(
                "CUDA_VISIBLE_DEVICES cannot be read",
                key="CUDA_VISIBLE_DEVICES",
                got=given,
                expected="indices, GPU- or MIG- UUIDs with commas between, or nothing for no GPU",
            )
        visible.append(gpu)
    return visible


def _nvml_count() -> int:
    try:
        import pynvml
    except ImportError:
        return 0
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:  # no driver here
        return 0
    try:
        return int(pynvml.nvmlDeviceGetCount())
    except pynvml.NVMLError:
        return 0
    finally:
        pynvml.nvmlShutdown()
