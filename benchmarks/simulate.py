"""Images simulated and written in a second, a camera and a particle, on one core or more.

``made`` is the making of the images with their parameters; ``written`` is all of it, to a DL1 file through ctapipe's
tables, by the clock and by the processor's time, which others on the machine disturb less; ``one by one`` is the same
file written by ctapipe's ``DataWriter`` event by event, on fewer events.

Usage: python benchmarks/simulate.py [--images 10000] [--repeats 5] [--camera small ...] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from machine import about

from evonas.simulation import simulate
from evonas.simulation.settings import SimulationSettings, checked_settings
from evonas.simulation.source import ToyEventSource
from evonas.simulation.writer import write_events

BAR = 2000  # images a second on the small camera
_ONE_BY_ONE = 20  # times fewer events


def main(arguments: list[str] | None = None) -> int:
    """Measure, print a table, and write JSON if asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=10_000, help="a measurement, on the small camera")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--camera", choices=("small", "lst"), nargs="+", default=["small", "lst"])
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    options = parser.parse_args(arguments)
    machine = about(images=options.images, repeats=options.repeats)
    print(", ".join(f"{name} {value}" for name, value in machine.items()))
    figures: dict[str, Any] = {"about": machine}
    ways = ("made", "written", "written, CPU s", "one by one")
    print(f"\n{'images a second, median (min - max)':<40}" + "".join(f"{way:>24}" for way in ways))
    with tempfile.TemporaryDirectory() as folder:
        simulate(Path(folder) / "warm.dl1.h5", events=50)
        for camera in options.camera:
            for particle in ("gamma", "proton"):
                images = max(100, options.images if camera == "small" else options.images // 5)
                rates = _measure(camera, particle, images, options.repeats, Path(folder))
                figures[f"{camera} {particle}"] = rates
                print(f"{camera + ', ' + particle:<40}" + "".join(f"{_shown(rate):>24}" for rate in rates.values()))
    if "small" in options.camera:
        slowest = min(statistics.median(figures[f"small {particle}"]["written"]) for particle in ("gamma", "proton"))
        print(f"\nbar: {BAR} written images a second on the small camera: {'met' if slowest >= BAR else 'MISSED'}")
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return 0


def _measure(camera: str, particle: str, images: int, repeats: int, folder: Path) -> dict[str, list[float]]:
    def settings(events: int, seed: int) -> SimulationSettings:
        return checked_settings(particle=particle, camera=camera, events=events, seed=seed)

    def made(seed: int) -> int:
        return sum(block.images for block in ToyEventSource(settings(images, seed)).blocks())

    def written(seed: int) -> int:
        file = folder / "blocks.dl1.h5"
        return simulate(file, particle, images, seed, camera=camera, overwrite=True).images

    def one_by_one(seed: int) -> int:
        file = folder / "events.dl1.h5"
        file.unlink(missing_ok=True)
        few = settings(max(20, images // _ONE_BY_ONE), seed)
        write_events(ToyEventSource(few), file)
        return few.events

    ways = {"made": made, "written": written, "one by one": one_by_one}
    rates: dict[str, list[float]] = {}
    for name, way in ways.items():
        both = [_rate(way, seed) for seed in range(repeats)]
        rates[name] = [wall for wall, _ in both]
        if name == "written":
            rates["written, CPU s"] = [processor for _, processor in both]
    return rates


def _rate(way: Callable[[int], int], seed: int) -> tuple[float, float]:
    """Return images a second, by the clock and by the processor's time."""
    begun, busy = time.perf_counter(), time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        images = way(seed)
    return images / (time.perf_counter() - begun), images / (time.process_time() - busy)


def _shown(rates: list[float]) -> str:
    return f"{statistics.median(rates):,.0f} ({min(rates):,.0f} - {max(rates):,.0f})"


if __name__ == "__main__":
    raise SystemExit(main())
