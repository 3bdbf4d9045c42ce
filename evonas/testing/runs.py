"""Run directories made up from values, without any evaluation: what tests of reports and comparisons read."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from evonas.lineage import LineageStore
from evonas.records import EvaluationStatus, Parent
from evonas.testing.births import bear, new_run

__all__ = ["made_config", "write_run"]

Values = Sequence["float | tuple[float, ...] | None"]


def made_config(name: str = "made", seed: int = 0, **changes: Any) -> dict[str, Any]:
    """Return a configuration as a lineage holds it."""
    return {
        "name": name,
        "seed": seed,
        "evaluator": "evonas.testing.toy:toy_callable",
        "evolution": {"evaluations": 10, "population": 4},
        "search": {"algorithm": "evolution"},
        "evaluation": {"devices": ["cpu"], "slots": 1},
    } | changes


def write_run(
    folder: Path,
    values: Values,
    *,
    name: str = "made",
    seed: int = 0,
    objectives: Sequence[str] = ("accuracy",),
    seeds: Mapping[int, Parent] | None = None,
    finals: Mapping[int, Sequence[tuple[float, ...]]] | None = None,
    status: str = "finished",
    **config: Any,
) -> str:
    """Write a run in which every individual is the child of the one before it; return its id.

    Args:
        folder: the run directory; made if it is missing.
        values: one an individual: its value, or one an objective; None for one that crashed.
        name: of the run.
        seed: of the run.
        objectives: metrics.
        seeds: number of an individual to its parent elsewhere; it begins a line of its own.
        finals: number of an individual to the validation and test value of each of its retrainings; without
            a test value there was no test part.
        status: how it ended; of one that is ``running`` the session has not ended.
        config: keys of the configuration that are not as in :func:`made_config`.
    """
    run = new_run(
        name,
        config=made_config(name, seed, **config),
        objectives=[{"metric": metric, "direction": "auto"} for metric in objectives],
        seed=seed,
    )
    with LineageStore.create(folder / "lineage.sqlite", run, synchronous="normal") as store:
        store.add_session({"evonas": "0.1.0"}, {})
        for number, value in enumerate(values):
            elsewhere = (seeds or {}).get(number)
            parents: list[Parent | int] = [elsewhere] if elsewhere else [number - 1] if number else []
            born: dict[str, Any] = {"operators": ("seed",), "changes": (), "generation": 0} if elsewhere else {}
            individual, request = bear(number, parents, **born)
            store.add_individual(individual, request)
            if value is None:
                store.add_result(request.failure(EvaluationStatus.CRASHED, "it was made to", seconds=1.0))
                continue
            figures = value if isinstance(value, tuple) else (value,)
            metrics = dict(zip(objectives, figures, strict=True))
            store.add_result(request.result(metrics, epochs=3, seconds=2.0, device="cpu:0"))
        for number, trainings in (finals or {}).items():
            _retrain(store, number, objectives[0], trainings)
        store.end_session("done")
        store.set_run_status(status, "" if status == "running" else "the budget is spent")
    return run.id


def _retrain(store: LineageStore, number: int, metric: str, trainings: Sequence[tuple[float, ...]]) -> None:
    """Store an event as :func:`evonas.run.store_final` does."""
    names = (metric, f"test_{metric}")
    _, request = bear(number)
    results = [request.result(dict(zip(names, values, strict=False)), epochs=3) for values in trainings]
    table = {
        name: _mean_and_error([values[at] for values in trainings])
        for at, name in enumerate(names[: len(trainings[0])])
    }
    store.add_event(
        "final",
        f"individual {number} was retrained with {len(trainings)} seeds",
        individual=number,
        seeds=list(range(len(trainings))),
        table=table,
        results=[replace(result, seed=seed).to_dict() for seed, result in enumerate(results)],
    )


def _mean_and_error(values: Sequence[float]) -> list[float | None]:
    error = statistics.stdev(values) / len(values) ** 0.5 if len(values) > 1 else None
    return [statistics.fmean(values), error]
