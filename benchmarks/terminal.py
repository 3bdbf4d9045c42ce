"""What the terminal's questions to a long lineage cost: ``evonas lineage ...`` and ``evonas best``, from the shell.

Each command is a process of its own, as a person starts it, with its standard output on a pipe; the run is that of
`long_run.py`. Beside the wall
time stands the CPU time, which other work on the machine disturbs less.

Usage: python benchmarks/terminal.py [--individuals 10000] [--repeats 7] [--run DIR] [--json FILE]
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

from long_run import long_run, options_of
from machine import about

from evonas.lineage import LineageStore

BAR = 0.3  # s for `lineage ancestors`
COMMANDS: tuple[tuple[str, ...], ...] = (
    ("--help",),
    ("lineage", "ancestors", "RUN"),
    ("lineage", "ancestors", "RUN", "LAST"),
    ("lineage", "ancestors", "RUN", "LAST", "--format", "json"),
    ("lineage", "show", "RUN"),
    ("lineage", "diff", "RUN", "0", "LAST"),
    ("lineage", "top", "RUN"),
    ("lineage", "top", "RUN", "--where", "parameters < 1e5 and optimizer.learning_rate > 1e-3"),
    ("lineage", "stats", "RUN"),
    ("best", "RUN"),
    ("best", "RUN", "--where", "parameters < 1e5 and accuracy > 0.5"),
)


def main(arguments: list[str] | None = None) -> int:
    """Write a lineage, time the commands, print a table, and write JSON if asked."""
    options = options_of(__doc__, repeats=7).parse_args(arguments)
    with long_run(options) as run:
        with LineageStore.open(run, read_only=True) as store:
            counts = store.counts()
            last = store.results(curves=False)[-1].result.individual
        machine = about(individuals=counts["individuals"], repeats=options.repeats)
        print(", ".join(f"{name} {value}" for name, value in machine.items()))
        times = {" ".join(command): measured(command, run, last, options.repeats) for command in COMMANDS}
    print(f"\n{'command':<86} {'best, s':>8} {'median':>8} {'CPU':>8}")
    for command, found in times.items():
        best = min(found["wall_s"])
        met = f"  {'met' if best <= BAR else 'MISSED'} ({BAR:g} s)" if "ancestors" in command else ""
        median, cpu = statistics.median(found["wall_s"]), min(found["cpu_s"])
        print(f"{command:<86} {best:>8.3f} {median:>8.3f} {cpu:>8.3f}{met}")
    if options.json:
        figures = {"about": machine, "counts": counts, "seconds": times}
        options.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return 0


def measured(command: tuple[str, ...], run: Path, last: int, repeats: int) -> dict[str, list[float]]:
    """Return the wall and CPU times of a command, s."""
    words = [{"RUN": str(run), "LAST": str(last)}.get(word, word) for word in command]
    times: dict[str, list[float]] = {"wall_s": [], "cpu_s": []}
    for _ in range(repeats):
        begun, cpu = time.perf_counter(), _children_seconds()
        done = subprocess.run(
            [sys.executable, "-m", "evonas.cli.main", *words], capture_output=True, text=True, env=dict(os.environ)
        )
        times["wall_s"].append(time.perf_counter() - begun)
        times["cpu_s"].append(_children_seconds() - cpu)
        if done.returncode:
            raise SystemExit(f"evonas {' '.join(words)} failed:\n{done.stderr}")
    return times


def _children_seconds() -> float:
    used = os.times()
    return used.children_user + used.children_system


if __name__ == "__main__":
    sys.exit(main())
