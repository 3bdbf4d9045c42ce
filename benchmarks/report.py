"""What the report's numbers cost on a long run: reading, each analysis, the page, the tables behind the figures.

A run of toy evaluations with rungs, repeats, learning curves and failures is bred and written as in `long_run.py`.
Beside the wall time stands the CPU time, which other work on the machine disturbs less.

Usage: python benchmarks/report.py [--individuals 10000] [--repeats 3] [--run DIR] [--json FILE]
"""

from __future__ import annotations

import json
import resource
import time
from collections.abc import Callable
from typing import Any

from long_run import long_run, options_of
from machine import about

from evonas.lineage import LineageStore
from evonas.report import analysis, report_html
from evonas.report.history import LiveHistory, RunHistory, standings
from evonas.report.print import print_figures


def main(arguments: list[str] | None = None) -> int:
    """Write a lineage, time what is made of it, print a table, and write JSON if asked."""
    options = options_of(__doc__, repeats=3).parse_args(arguments)
    with long_run(options) as run, LineageStore.open(run / "lineage.sqlite", read_only=True) as store:
        follower = LiveHistory(store)
        times = {"read the run": measured(lambda: LiveHistory(store).update(), options.repeats)}
        history = follower.update()
        times["look again, nothing new"] = measured(follower.update, options.repeats)
    machine = about(individuals=len(history.individuals), evaluations=len(history.evaluations), repeats=options.repeats)
    times |= {name: measured(part, options.repeats) for name, part in parts(history).items()}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(", ".join(f"{name} {value}" for name, value in machine.items()) + f", peak memory {peak:.0f} MiB")
    print(f"\n{'part':<44} {'wall, s':>9} {'CPU, s':>9}")
    for name, (wall, cpu) in times.items():
        print(f"{name:<44} {wall:>9.3f} {cpu:>9.3f}")
    if options.json:
        figures = {"about": machine, "peak_mib": peak, "seconds": times}
        options.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return 0


def parts(history: RunHistory) -> dict[str, Callable[[], Any]]:
    """Return what is measured, by name."""
    genes = analysis.gene_table(history.individuals.values())
    x, y = genes.varying()[:2]
    epochs = analysis.heatmap_choices(history, table=genes).epochs
    return {
        "standings": lambda: standings(history),
        "gene table": lambda: analysis.gene_table(history.individuals.values()),
        "best over time": lambda: analysis.best_over_time(history),
        "frequency of a gene": lambda: analysis.gene_frequency(history, x, table=genes),
        "heatmap of two genes": lambda: analysis.fitness_heatmap(history, x, y, table=genes),
        "heatmap at an epoch": lambda: analysis.fitness_heatmap(history, x, y, table=genes, epoch=epochs),
        "importance, fANOVA and permutation": lambda: analysis.gene_importance(history, table=genes),
        "diversity": lambda: analysis.diversity_over_time(history),
        "founder shares, primary": lambda: analysis.founder_shares(history),
        "founder shares, pedigree": lambda: analysis.founder_shares(history, by="pedigree"),
        "common ancestor": lambda: analysis.common_ancestor(history),
        "operator success": lambda: analysis.operator_successes(history),
        "the whole page": lambda: report_html(history),
        "the data of all print figures": lambda: [figure.data for figure in print_figures(history)],
    }


def measured(part: Callable[[], Any], repeats: int) -> tuple[float, float]:
    """Return the least wall and CPU time of a part, s."""
    found = []
    for _ in range(repeats):
        wall, cpu = time.perf_counter(), time.process_time()
        part()
        found.append((time.perf_counter() - wall, time.process_time() - cpu))
    return min(wall for wall, _ in found), min(cpu for _, cpu in found)


if __name__ == "__main__":
    raise SystemExit(main())
