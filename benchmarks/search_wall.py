"""Wall time until a search has what random search finds in the whole budget, on real trainings.

Both searches run through the command line: side by side, each with one slot of one thread, so that whatever else the
machine does slows both; or, with ``--in-turn``, one after the other with all the slots of the configuration, which
wants a quiet machine; the second one then ends when it has what the first one had. The target is the best value that
random search, which trains every network in full, reaches within the whole wall time; the figure is when the other one
first had it, from its lineage: a network trained in full, and, with ``--final-seeds N``, both winners retrained from
scratch and scored on the test part.

    python benchmarks/search_wall.py configs/gamma_hadron.yaml --seeds 0 1 2
    python benchmarks/search_wall.py configs/mnist_cnn.yaml --in-turn --seeds 1 --keep runs/wall
    python benchmarks/search_wall.py configs/gamma_hadron.yaml --set search.surrogate=false    # an ablation
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from machine import about

BAR = 1 / 3
RANDOM = ("search.algorithm=random", "search.rungs=none", "search.repeats=none", "search.stop_hopeless=false")


@dataclass(frozen=True)
class Race:
    """One pair of searches.

    Attributes:
        seed: of both.
        wall_time: budget of each, s.
        target: best value of random search in the whole budget.
        reached: seconds after which the other one had it; None if it never did.
        random_reached: seconds after which random search had it itself.
        random: completed full trainings of random search.
        own: completed evaluations of the other one, those at low rungs included.
        own_best: its best value.
        finals: mean and standard error of the first objective on the test part, by search; empty without.
    """

    seed: int
    wall_time: float
    target: float
    reached: float | None
    random_reached: float
    random: int
    own: int
    own_best: float
    finals: dict[str, tuple[float, float]]


def main() -> int:
    """Race for every seed, print the table; 1 if the mean is over the bar."""
    options = _arguments()
    with tempfile.TemporaryDirectory(prefix="evonas-benchmark-") as scratch:
        folder = Path(options.keep or scratch)
        races = []
        for seed in options.seeds:
            races.append(_race(folder, seed, options))
            print(_line(races[-1]), file=sys.stderr, flush=True)
    _print(races)
    if options.json:
        figures = {"about": about(config=options.config, set=options.set), "races": [asdict(race) for race in races]}
        Path(options.json).write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return int(statistics.fmean(_ratio(race) for race in races) > BAR)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("config", help="a configuration with a model family")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--wall-time", type=float, help="budget of each search, s; default: the configuration's")
    parser.add_argument("--in-turn", action="store_true", help="one after the other instead of side by side")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="for the search that is judged")
    parser.add_argument("--final-seeds", type=int, default=0, help="trainings of each winner for the test part")
    parser.add_argument(
        "--keep",
        metavar="DIR",
        help="keep the runs in this folder; random searches that are there already are taken as they are",
    )
    parser.add_argument("--json", metavar="FILE")
    return parser.parse_args()


def _race(folder: Path, seed: int, options: argparse.Namespace) -> Race:
    budget = [] if options.wall_time is None else [f"evolution.wall_time={options.wall_time:g}"]
    slots = [] if options.in_turn else ["evaluation.slots=1", "evaluation.threads=1"]
    both = [f"seed={seed}", *slots, *budget]
    runs = {"random": folder / f"random-{seed}", "own": folder / f"own-{seed}"}
    if options.in_turn:
        if not runs["random"].exists():
            _end("random", _start(options.config, runs["random"], [*both, *RANDOM]))
        target = _best_of(runs["random"])[0]
        _end("own", _start(options.config, runs["own"], [*both, f"evolution.target={target!r}", *options.set]))
    else:
        settings = {"random": [*both, *RANDOM], "own": [*both, *options.set]}
        racing = {name: _start(options.config, runs[name], settings[name]) for name in runs}
        for name, process in racing.items():
            _end(name, process)
    target, random_reached, random_count, wall_time = _best_of(runs["random"])
    reached, own_count, own_best = _when(runs["own"], target)
    finals = {name: _final(run, options.final_seeds) for name, run in runs.items()} if options.final_seeds else {}
    return Race(seed, wall_time, target, reached, random_reached, random_count, own_count, own_best, finals)


def _end(name: str, search: subprocess.Popen[bytes]) -> None:
    if search.wait():
        raise SystemExit(f"the search `{name}` failed")


def _start(config: str, run: Path, settings: list[str]) -> subprocess.Popen[bytes]:
    keys = [part for key in settings for part in ("--set", key)]
    command = [sys.executable, "-m", "evonas.cli.main", "evolve", config, "--run-dir", str(run), *keys]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL)


def _history(run: Path) -> tuple[list[tuple[float, float]], int, bool, float]:
    """Return seconds and value of each completed full training, all completed, whether more is better, the budget."""
    from evonas import LineageStore

    with LineageStore.open(run, read_only=True) as store:
        metric, maximise = store.run.directions[0]
        begun = store.sessions()[0].started_at
        completed = [stored for stored in store.results(curves=False) if stored.result.completed]
        top = max(stored.result.rung for stored in completed)
        history = [
            (stored.completed_at - begun, stored.result.metrics[metric])
            for stored in completed
            if stored.result.rung == top
        ]
        return history, len(completed), maximise, float(store.run.config["evolution"]["wall_time"] or 0.0)


def _best_of(run: Path) -> tuple[float, float, int, float]:
    history, _, maximise, wall_time = _history(run)
    best = (max if maximise else min)(value for _, value in history)
    return best, next(seconds for seconds, value in history if value == best), len(history), wall_time


def _when(run: Path, target: float) -> tuple[float | None, int, float]:
    history, count, maximise, _ = _history(run)
    sign = 1 if maximise else -1
    reached = next((seconds for seconds, value in history if sign * (value - target) >= 0), None)
    return reached, count, (max if maximise else min)(value for _, value in history)


def _final(run: Path, seeds: int) -> tuple[float, float]:
    """Return mean and standard error of the winner's first objective on the test part."""
    from evonas import LineageStore, load_config
    from evonas.run import RunDirectory
    from evonas.run.finals import retrain

    with LineageStore.open(run, read_only=True) as store:
        best = store.best(1)[0].individual
        metric = store.run.directions[0][0]
    config = load_config(RunDirectory.open(run).config_file)
    with tempfile.TemporaryDirectory(prefix="evonas-benchmark-") as scratch:
        final = retrain(config, [best.genome], [10_000 + seed for seed in range(seeds)], Path(scratch))[0]
    return final.mean(f"test_{metric}"), final.standard_error(f"test_{metric}")


def _ratio(race: Race) -> float:
    """Return the part of the budget; 1 where the target was never reached."""
    return 1.0 if race.reached is None else race.reached / race.wall_time


def _line(race: Race) -> str:
    reached = "never" if race.reached is None else f"{race.reached:.0f} s"
    finals = "".join(f"; test {name} {mean:.4f} +- {error:.4f}" for name, (mean, error) in race.finals.items())
    return (
        f"seed {race.seed}: random {race.target:.4f} after {race.random_reached:.0f} of {race.wall_time:.0f} s "
        f"({race.random} networks); reached after {reached}, ratio {_ratio(race):.2f}; then up to {race.own_best:.4f} "
        f"({race.own} evaluations){finals}"
    )


def _print(races: list[Race]) -> None:
    print("\n".join(_line(race) for race in races))
    ratios = [_ratio(race) for race in races]
    spread = f" +- {statistics.stdev(ratios) / len(ratios) ** 0.5:.2f}" if len(ratios) > 1 else ""
    print(f"mean part of the budget: {statistics.fmean(ratios):.2f}{spread} over {len(ratios)} seeds (bar {BAR:.2f})")


if __name__ == "__main__":
    raise SystemExit(main())
