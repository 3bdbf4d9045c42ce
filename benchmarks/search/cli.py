"""The command: ``setup`` the peers' environments, ``run`` searches, ``report`` on them."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.search import environments
from benchmarks.search.methods import METHODS, find_method, names_of
from benchmarks.search.runner import Job, run_jobs
from benchmarks.search.tables import GROUPS, TABLES
from benchmarks.search.training import TIMES

__all__ = ["jobs_of", "main"]

OUT = environments.ROOT / "runs" / "search_benchmark"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit status."""
    options = _parser().parse_args(arguments)
    try:
        status: int = options.does(options)
    except (ValueError, RuntimeError, FileNotFoundError) as error:
        print(f"error: {error}")
        return 2
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python benchmarks/search", description=__doc__)
    commands = parser.add_subparsers(required=True)

    setup = commands.add_parser("setup", help="build the peers' environments")
    setup.add_argument("peer", nargs="*", default=list(environments.ENVIRONMENTS), help="default: all")
    setup.set_defaults(does=_setup)

    run = commands.add_parser("run", help="run searches that were not run before, then report")
    run.add_argument(
        "--method",
        action="append",
        required=True,
        help=f"repeat for several; one of {', '.join(METHODS)}, `algorithms`, `peers` or `ablations` for all; "
        "evonas's own take overrides: evolution,search.surrogate=false",
    )
    run.add_argument(
        "--table",
        action="append",
        required=True,
        help=f"repeat for several; one of {', '.join(TABLES)}, lcbench:TASK, made:NAME, "
        "or package.module:name of your own",
    )
    run.add_argument("--seeds", default="0..19", help="such as 0..19 or 0,3,5 (default %(default)s)")
    run.add_argument("--evaluations", type=int, default=100, help="budget, full trainings (default %(default)s)")
    run.add_argument("--rungs", action="store_true", help="let evonas train at rungs; some peers always do")
    run.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="override for evonas's methods")
    run.add_argument("--workers", type=int, default=1, help="simulated workers (default %(default)s)")
    run.add_argument("--through", choices=["engine", "run"], default="engine", help="`run`: with loop and lineage")
    run.add_argument("--times", choices=TIMES, default="table", help="how long trainings last (default %(default)s)")
    run.add_argument("--mean-seconds", type=float, default=60.0, help="of a full training, unless the table says")
    run.add_argument("--charge-engine", action="store_true", help="a method's own time passes on the simulated clock")
    run.add_argument("--processes", type=int, default=2, help="searches at a time (default %(default)s)")
    run.add_argument("--path", action="append", default=[], help="folder of modules for tables of your own")
    _report_options(run)
    run.set_defaults(does=_run)

    report = commands.add_parser("report", help="write tables and plots of the searches so far")
    report.add_argument("--method", action="append", help="only these; labels as in the report")
    report.add_argument("--table", action="append", help="only these")
    report.add_argument("--evaluations", type=int, help="only searches with this budget")
    _report_options(report)
    report.set_defaults(does=_report)
    return parser


def _report_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, default=OUT, help="folder of traces and reports (default runs/...)")
    parser.add_argument("--at", default="10,20,25,50,65,100,200", help="full trainings at which values are compared")
    parser.add_argument("--reference", default="evolution", help="method that the others are tested against")
    parser.add_argument(
        "--target",
        default="optuna_tpe@200",
        help="value to reach: a number, METHOD@COST for its mean there, or peers@COST for the best of theirs "
        "(default %(default)s)",
    )
    parser.add_argument("--no-plots", action="store_true", help="tables only")
    parser.add_argument("--with-results", action="store_true", help="compare with the peers' searches in results/")
    parser.add_argument("--keep", type=Path, help="write a summary of these searches to this file, as in results/")
    parser.add_argument("--count", choices=["full", "any"], default="full", help="trainings whose values count")


def _setup(options: argparse.Namespace) -> int:
    for peer in options.peer:
        if peer not in environments.ENVIRONMENTS:
            raise ValueError(f"no environment {peer}: expected one of {', '.join(environments.ENVIRONMENTS)}")
        print(f"{peer}: {', '.join(environments.ENVIRONMENTS[peer])}", flush=True)
        environments.build(peer)
    return 0


def _run(options: argparse.Namespace) -> int:
    failed = run_jobs(jobs_of(options), options.out, processes=options.processes, paths=options.path)
    tables = tables_of(options.table)
    _write(options, tables=tables)
    return 1 if failed else 0


def jobs_of(options: argparse.Namespace) -> list[Job]:
    """Return the searches that the options ask for: all seeds of a method and a table after each other."""
    tables = tables_of(options.table)
    seeds = seeds_of(options.seeds)
    return [_job(options, name, table, seed) for name in names_of(options.method) for table in tables for seed in seeds]


def _job(options: argparse.Namespace, name: str, table: str, seed: int) -> Job:
    method, _ = find_method(name)
    ours = method.environment is None
    return {
        "method": ",".join([name, *options.set]) if ours else name,
        "table": table,
        "seed": seed,
        "evaluations": options.evaluations,
        "rungs": method.rungs == "always" or (method.rungs == "both" and options.rungs),
        "workers": options.workers,
        "through": options.through if ours else "engine",
        "times": options.times,
        "mean_seconds": options.mean_seconds,
        "charge": options.charge_engine,
    }


def tables_of(names: Sequence[str]) -> list[str]:
    """Return the tables that names stand for."""
    return [name for one in names for name in GROUPS.get(one, [one])]


def seeds_of(text: str) -> list[int]:
    """Return the seeds of a text such as ``0..19`` or ``0,3,7..9``."""
    seeds: list[int] = []
    for part in text.split(","):
        first, dots, last = part.partition("..")
        seeds += range(int(first), int(last) + 1) if dots else [int(first)]
    return seeds


def _report(options: argparse.Namespace) -> int:
    _write(
        options,
        tables=options.table and tables_of(options.table),
        methods=options.method,
        evaluations=options.evaluations,
    )
    return 0


def _write(options: argparse.Namespace, **chosen: Any) -> None:
    from benchmarks.search.collected import KEPT
    from benchmarks.search.report import write_report

    at = [int(part) for part in options.at.split(",")]
    kept = KEPT if options.with_results else None
    words = {
        "target": options.target,
        "count": options.count,
        "kept": kept,
        "keep": options.keep,
        "plots": not options.no_plots,
    }
    write_report(options.out, at, options.reference, **words, **chosen)
