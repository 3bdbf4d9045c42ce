"""What it costs to give a long lineage away, to take one in, and to copy results to TensorBoard and MLflow.

Every export and import of a run of toy evaluations is a process of its own: CPU time, wall time, the highest resident
memory, and how much of it the process held before it began. Then short searches are run with and without loggers.

Usage: python benchmarks/exchange.py [--individuals 10000] [--run DIR] [--evaluations 300] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from long_run import long_run, options_of
from machine import about

from evonas.testing.toy import toy_space

FORMATS = ("alife", "cytoscape", "dot", "gexf", "graphml", "newick", "prov", "ro-crate", "import")


def main(arguments: list[str] | None = None) -> int:
    """Measure, print two tables, and write JSON if asked."""
    parser = options_of(__doc__)
    parser.add_argument("--evaluations", type=int, default=300, help="of each search with and without loggers")
    parser.add_argument("--only", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.only:
        name, run, folder = options.only
        print(json.dumps(exchanged(name, Path(run), Path(folder))))
        return 0
    machine = about(individuals=options.individuals)
    print(", ".join(f"{name} {value}" for name, value in machine.items()))
    with tempfile.TemporaryDirectory() as temporary, long_run(options) as run:
        folder = Path(temporary)
        costs = {name: alone(name, run, folder) for name in FORMATS}
        print(f"\n{'format':<10} {'CPU, s':>8} {'wall, s':>8} {'peak, MB':>9} {'before':>7} {'file, MB':>9}")
        for name, cost in costs.items():
            print(f"{name:<10} {cost['cpu_s']:>8.2f} {cost['wall_s']:>8.2f} {cost['peak_mb']:>9.0f} ", end="")
            print(f"{cost['before_mb']:>7.0f} {cost['file_mb']:>9.1f}")
        loggers = {
            "none": {},
            "tensorboard": {"tensorboard": True},
            "mlflow": {"mlflow": f"sqlite:///{folder}/mlflow.db"},
        }
        searches = {name: searched(asked, folder / name, options.evaluations) for name, asked in loggers.items()}
        print(f"\n{'logging':<12} {'search, s':>10} {'all, s':>8} {'CPU, s':>8}  of {options.evaluations} evaluations")
        for name, seconds in searches.items():
            print(f"{name:<12} {seconds['search_s']:>10.2f} {seconds['all_s']:>8.2f} {seconds['cpu_s']:>8.2f}")
    if options.json:
        figures = {"about": machine, "exchange": costs, "logging": searches}
        options.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return 0


def alone(name: str, run: Path, folder: Path) -> dict[str, float]:
    """Measure one export, or the import, in a process of its own."""
    command = [sys.executable, __file__, "--only", name, str(run), str(folder)]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(ended.stdout)
    return found


def exchanged(name: str, run: Path, folder: Path) -> dict[str, float]:
    """Export a run, or import what was exported as ALife CSV, and return what it cost."""
    from evonas.lineage import LineageStore
    from evonas.lineage.exports import export_lineage
    from evonas.lineage.exports.crate import write_crate
    from evonas.lineage.imports import read_history, write_history

    before, started, used = peak(), time.perf_counter(), time.process_time()
    if name == "import":
        made = write_history(read_history(str(folder / "lineage.alife")), folder / "imported") / "lineage.sqlite"
    else:
        made = folder / ("crate.zip" if name == "ro-crate" else f"lineage.{name}")
        with LineageStore.open(run, read_only=True) as store:
            if name == "ro-crate":
                write_crate(store, run, made)
            else:
                export_lineage(store, name, made)
    return {
        "cpu_s": time.process_time() - used,
        "wall_s": time.perf_counter() - started,
        "peak_mb": peak(),
        "before_mb": before,
        "file_mb": made.stat().st_size / 1e6,
    }


def peak() -> float:
    """Return the highest resident memory of this process so far, MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def searched(asked: Mapping[str, Any], folder: Path, evaluations: int) -> dict[str, float]:
    """Run a toy search; return how long it took up to its last evaluation and until the loggers were done.

    ``cpu_s`` is what the coordinator's own process computed: evaluations and loggers have processes of their own.
    """
    from evonas.config import parse_config
    from evonas.lineage import LineageStore
    from evonas.run import evolve

    settings = {
        "evaluator": "evonas.testing.toy:toy_callable",
        "space": toy_space().to_dict(),
        "evolution": {"evaluations": evaluations, "epochs": 3},
        "search": {"surrogate": False, "rungs": "none", "repeats": "none"},
        "evaluation": {"devices": ["cpu"], "slots": 1},
        "logging": dict(asked),
    }
    started, used = time.perf_counter(), time.process_time()
    evolve(parse_config(settings), folder)
    ended, computed = time.perf_counter() - started, time.process_time() - used
    with LineageStore.open(folder, read_only=True) as store:
        if store.events("logging"):
            raise SystemExit(f"a logger failed: {store.events('logging')[0].message}")
        return {"search_s": store.elapsed(), "all_s": ended, "cpu_s": computed}


if __name__ == "__main__":
    sys.exit(main())
