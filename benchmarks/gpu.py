"""What GPUs make of evonas: one device a child, memory given back, and candidates an hour with several slots a device.

It runs on whichever Keras backend is installed; KERAS_BACKEND chooses. Parts, each alone with ``--only``:

- ``see``: each child sees its one device and no other;
- ``memory``: the devices' used memory (NVML) before, during and after each candidate, and under the idle forkserver;
- ``throughput``: candidates an hour of a small and a middling network: one after the other in a fresh process each,
  then forked with 1, 2 and 4 slots a device, and with several slots again under CUDA MPS where it can be started.

Without a GPU nothing is measured. ``--fake N`` runs the same code on N stand-ins, on the CPU: it tests the code, and
its figures say nothing about GPUs; for memory it takes that of the children.

Usage: python benchmarks/gpu.py [--only PART ...] [--candidates 16] [--slots 1 2 4] [--fake N] [--json FILE]
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from machine import about
from mps import mps, mps_servers
from probes import Probe, probe_for

from evonas.config import DataConfig, EvaluationConfig, TrainingConfig
from evonas.evaluation import Device, EvaluatorSpec, LocalBackend, find_devices
from evonas.genome import Genome
from evonas.records import EvaluationRequest, EvaluationResult
from evonas.training import prepare
from evonas.training.evaluate import PRELOAD
from evonas.training.settings import settings_for

Figures = dict[str, Any]

TOLERANCE = 64 * 2**20
"""Bytes by which a device's used memory may differ afterwards: other programs use it, too."""

_HERE = (str(Path(__file__).resolve().parent),)
_SETTLING = 5.0  # s that a driver may take to give a dead process's memory back


def main(arguments: list[str] | None = None) -> int:
    """Measure, print, and write JSON if asked; 1 if a check fails."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", choices=list(PARTS), help="a part; default: all")
    parser.add_argument("--workload", action="append", choices=list(WORKLOADS), help="a network; default: all")
    parser.add_argument("--candidates", type=int, default=16, help="a device, for each way; a quarter where spawned")
    parser.add_argument("--slots", type=int, nargs="+", default=[1, 2, 4], help="slots a device to try")
    parser.add_argument("--images", type=int, default=8192, help="synthetic images to train on")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=4, help="candidates a device for `memory`")
    parser.add_argument("--fake", type=int, default=0, metavar="N", help="N stand-ins for GPUs, on the CPU")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    options = parser.parse_args(arguments)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    os.environ.setdefault("CUDA_DEVICE_ORDER", "PCI_BUS_ID")  # an index means the same GPU to CUDA and to NVML
    # PyTorch would initialise CUDA when Keras, imported by the forkserver, asks whether there is a GPU; no fork
    # survives that (https://docs.pytorch.org/docs/stable/notes/cuda.html).
    os.environ.setdefault("PYTORCH_NVML_BASED_CUDA_CHECK", "1")
    fakes = [f"fake:{number}" for number in range(options.fake)]
    devices = find_devices(fakes, {}) if fakes else gpus(os.environ)
    if not devices:
        print("no GPU: not measured (--fake 2 runs the same code on two stand-ins)")
        return 0
    backend = choose_backend()
    probe = probe_for(devices)
    machine = about(backend=backend, devices={device.name: probe.name(device) for device in devices})
    print(", ".join(f"{name} {value}" for name, value in machine.items()))
    figures: Figures = {"about": machine, "fake": devices[0].kind == "fake"}
    wrong: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        for part in options.only or PARTS:
            print(f"\n{part}", flush=True)
            place = Path(folder) / part
            place.mkdir()
            figures[part], complaints = PARTS[part](devices, options, place)
            wrong += complaints
    figures["wrong"] = wrong
    for complaint in wrong:
        print(f"WRONG: {complaint}")
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return 1 if wrong else 0


def gpus(environ: Any) -> list[Device]:
    """Return the GPUs that evonas would use here; none if there are none."""
    return [device for device in find_devices("auto", environ) if device.kind == "gpu"]


def choose_backend() -> str:
    """Return the Keras backend, choosing one that is installed where KERAS_BACKEND does not.

    Raises:
        SystemExit: if none is installed.
    """
    chosen = os.environ.get("KERAS_BACKEND")
    if chosen is None:
        installed = [name for name in ("tensorflow", "jax", "torch") if importlib.util.find_spec(name) is not None]
        if not installed:
            raise SystemExit("no Keras backend is installed: pip install tensorflow, jax or torch")
        chosen = os.environ["KERAS_BACKEND"] = installed[0]
    return chosen


# -- the work


@dataclass(frozen=True)
class Workload:
    """Candidates to train: networks of one family on synthetic images.

    Attributes:
        shape: of an image.
        genes: of candidate ``number``; widths differ a little from one to the next.
    """

    shape: tuple[int, ...]
    genes: Callable[[int], dict[str, Any]]

    def evaluator(self, options: argparse.Namespace, run_dir: Path) -> EvaluatorSpec:
        """Make the images, as any run prepares its data, and return what the workers call."""
        run_dir.mkdir(parents=True, exist_ok=True)
        rng = np.random.default_rng(0)
        targets = rng.integers(0, 4, options.images)
        inputs = rng.standard_normal((options.images, *self.shape), np.float32)
        inputs += targets.reshape(-1, *[1] * len(self.shape)).astype(np.float32) / 4  # there is something to learn
        np.savez(run_dir / "images.npz", X=inputs, y=targets)
        source = {"file": str(run_dir / "images.npz"), "inputs": "X", "targets": "y"}
        data = DataConfig(source="npz", options=source)
        prepare(data, None, run_dir)
        settings = settings_for("cnn", data, TrainingConfig(), ("accuracy",))
        return EvaluatorSpec("evonas.training.evaluate:evaluate", settings=settings, preload=PRELOAD)

    def request(self, number: int, epochs: int) -> EvaluationRequest:
        """Return candidate ``number``."""
        return EvaluationRequest(number, number, Genome(self.genes(number), "cnn"), epochs, seed=number)


def _cnn(filters: Sequence[int], blocks: int, block: str, number: int) -> dict[str, Any]:
    stage = {"kernel": 3, "blocks": blocks, "block": block, "activation": "relu", "normalisation": "batch"}
    return {
        "stages": [{**stage, "filters": width + 4 * (number % 4), "pooling": "max"} for width in filters],
        "head": {"pooling": "average", "layers": [{"units": 64, "activation": "relu", "dropout": 0.1}]},
        "learning": {"optimizer": {"type": "adam", "learning_rate": 1e-3}, "batch_size": 128},
    }


WORKLOADS = {
    "small": Workload((28, 28, 1), lambda number: _cnn((16, 32), 1, "plain", number)),
    "middling": Workload((64, 64, 1), lambda number: _cnn((32, 64, 128), 2, "residual", number)),
}


def _config(devices: Sequence[Device], slots: int, method: Literal["auto", "spawn"] = "auto") -> EvaluationConfig:
    return EvaluationConfig(devices=[device.name for device in devices], slots=slots, start_method=method, retries=0)


# -- see


def see(devices: Sequence[Device], options: argparse.Namespace, folder: Path) -> tuple[Figures, list[str]]:
    """Run two children a device, and compare what each one's framework sees with the device it was given."""
    evaluator = EvaluatorSpec("candidates:see_devices", preload=("keras",), path=_HERE)
    requests = [EvaluationRequest(n, n, Genome({"x": n}), 1, n) for n in range(2 * len(devices))]
    with LocalBackend(evaluator, _config(devices, 1), folder) as backend:
        results = run_all(backend, requests)
    by_name = {device.name: device for device in devices}
    children, wrong = [], []
    for result in results:
        if not result.completed:
            wrong.append(f"a child, {_failure(result)}")
            continue
        seen = json.loads((folder / f"seen-{result.number}.json").read_text(encoding="utf-8"))
        children.append(seen)
        device = by_name[result.device]
        own = seen["device"] == device.name and seen["visible"] == device.id
        if not own or (device.kind == "gpu" and len(seen["gpus"]) != 1):
            wrong.append(f"a child on {device.name} sees {seen}, expected one GPU, the one that CUDA calls {device.id}")
        print(f"  {device.name}: CUDA_VISIBLE_DEVICES={seen['visible']}, {seen['backend']} sees {seen['gpus']}")
    unused = sorted(set(by_name) - {child["device"] for child in children})
    if unused and not wrong:
        wrong.append(f"no child ran on {', '.join(unused)}")
    return {"children": children}, wrong


def run_all(
    backend: LocalBackend, requests: Sequence[EvaluationRequest], look: Callable[[], None] | None = None
) -> list[EvaluationResult]:
    """Keep a backend full until all requests are answered; ``look`` is called some ten times a second."""
    waiting = list(reversed(requests))
    results: list[EvaluationResult] = []
    while len(results) < len(requests):
        while waiting and len(requests) - len(waiting) - len(results) < backend.capacity:
            backend.submit(waiting.pop())
        results += backend.wait(None if look is None else 0.1)
        if look is not None:
            look()
    return results


def _failure(result: EvaluationResult) -> str:
    return f"{result.device}: {result.status.value}: {result.error}"


# -- memory


def memory(devices: Sequence[Device], options: argparse.Namespace, folder: Path) -> tuple[Figures, list[str]]:
    """Train one candidate a device at a time, and look at the devices' memory before, meanwhile and afterwards."""
    probe = probe_for(devices)
    workload = WORKLOADS["small"]
    evaluator = workload.evaluator(options, folder)
    before = [probe.used(device) for device in devices]
    peaks = list(before)

    def look() -> None:
        for place, device in enumerate(devices):
            peaks[place] = max(peaks[place], probe.used(device))

    rounds: list[list[int]] = []
    wrong: list[str] = []
    with LocalBackend(evaluator, _config(devices, 1), folder) as backend:
        server = [probe.used(device) for device in devices]
        for turn in range(options.rounds):
            numbers = range(turn * len(devices), (turn + 1) * len(devices))
            results = run_all(backend, [workload.request(number, options.epochs) for number in numbers], look)
            wrong += [f"candidate {result.number}, {_failure(result)}" for result in results if not result.completed]
            rounds.append([_settled(probe, device, limit) for device, limit in zip(devices, before, strict=True)])
    figures: Figures = {}
    for place, device in enumerate(devices):
        after = [used[place] for used in rounds]
        shown = {"before": before[place], "forkserver": server[place], "peak": peaks[place]}
        figures[device.name] = {**shown, "after": after}
        words = ", ".join(f"{when} {used / 2**20:.0f}" for when, used in {**shown, "after": max(after)}.items())
        print(f"  {device.name}: used memory, MiB: {words} (the highest after {len(after)} candidates)")
        wrong += kept_memory(device, before[place], {"the idle forkserver": server[place], "a candidate": max(after)})
    return figures, wrong


def kept_memory(device: Device, before: int, used: Mapping[str, int]) -> list[str]:
    """Return a complaint for each process that keeps, or has kept, memory of a device.

    Args:
        device: the device.
        before: its used memory at first, bytes.
        used: whose doing it is, to the used memory then, bytes.
    """
    return [
        f"{device.name}: {who} keeps {(amount - before) / 2**20:.0f} MiB that were free before"
        for who, amount in used.items()
        if amount > before + TOLERANCE
    ]


def _settled(probe: Probe, device: Device, before: int) -> int:
    end = time.monotonic() + _SETTLING
    while (used := probe.used(device)) > before + TOLERANCE and time.monotonic() < end:
        time.sleep(0.1)
    return used


# -- throughput


def throughput(devices: Sequence[Device], options: argparse.Namespace, folder: Path) -> tuple[Figures, list[str]]:
    """Train the same candidates one after the other and with several slots a device, with and without MPS."""
    rows: list[Figures] = []
    wrong: list[str] = []
    served: dict[str, Any] = {}
    several = [slots for slots in options.slots if slots > 1]
    print(f"  {'network':<10} {'how':<42} {'candidates':>10} {'seconds':>9} {'an hour':>9} {'times':>6}  of one, s")

    def take(name: str, how: str, slots: int, count: int, method: Literal["auto", "spawn"] = "auto") -> None:
        config = _config(devices, slots, method)
        requests = [WORKLOADS[name].request(number, options.epochs) for number in range(count * len(devices))]
        row = _timed(evaluators[name], config, requests, folder / name)
        base = next((other["per_hour"] for other in rows if other["network"] == name), row["per_hour"])
        row = {"network": name, "how": how, **row, "times": row["per_hour"] / base if base else 0.0}
        rows.append(row)
        wrong.extend(f"{name}, {how}: {failure}" for failure in row["failures"])
        one = "{median:.1f} ({min:.1f} - {max:.1f})".format(**row["one_s"])
        sums = f"{row['candidates']:>10} {row['seconds']:>9.1f} {row['per_hour']:>9.0f} {row['times']:>6.2f}"
        print(f"  {name:<10} {how:<42} {sums}  {one}", flush=True)

    names = options.workload or list(WORKLOADS)
    evaluators = {name: WORKLOADS[name].evaluator(options, folder / name) for name in names}
    for name in names:
        take(name, "one after the other, a fresh process each", 1, max(1, options.candidates // 4), "spawn")
        for slots in options.slots:
            take(name, f"{slots} a device", slots, options.candidates)
    with mps() as why_not:
        if not why_not and several:
            for name in names:
                for slots in several:
                    take(name, f"{slots} a device, MPS", slots, options.candidates)
            served = {"servers": mps_servers()}
            if not served["servers"]:
                why_not = "its daemon was started, but no candidate used it"
    if why_not:
        print(f"  MPS: not measured: {why_not}")
    return {"rows": rows, "mps": {"measured": not why_not and bool(several), "why_not": why_not, **served}}, wrong


def _timed(
    evaluator: EvaluatorSpec, config: EvaluationConfig, requests: Sequence[EvaluationRequest], run_dir: Path
) -> Figures:
    begun = time.monotonic()
    with LocalBackend(evaluator, config, run_dir) as backend:
        started = time.monotonic()
        results = run_all(backend, requests)
        seconds = time.monotonic() - started
    done = [result for result in results if result.completed]
    times = [result.seconds for result in results]
    return {
        "candidates": len(done),
        "slots": config.slots,
        "seconds": seconds,
        "start_s": started - begun,  # of the forkserver, once a run
        "per_hour": 3600 * len(done) / seconds,
        "one_s": {"median": statistics.median(times), "min": min(times), "max": max(times)},
        "setup_s": statistics.median(result.setup_seconds for result in results),
        "failures": [_failure(result) for result in results if not result.completed],
    }


PARTS: dict[str, Callable[[Sequence[Device], argparse.Namespace, Path], tuple[Figures, list[str]]]] = {
    "see": see,
    "memory": memory,
    "throughput": throughput,
}


if __name__ == "__main__":
    sys.exit(main())
