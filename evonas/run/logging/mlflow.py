"""MLflow: a run of MLflow for the search, and below it one for every training.

Only the client is needed, which the package mlflow-skinny is. A tracking server, or a database by its URL, is told in a
thread of its own; it may be slow, and it may be gone.
"""

from __future__ import annotations

import logging
import os
import re
import time
from collections.abc import Iterator, Mapping
from typing import Any

from evonas.lineage import RunRecord
from evonas.run.logging.entries import Entry, flat_genes

__all__ = ["MlflowLogger"]

_RUN, _KEYS, _SLOT = "evonas.run", "evonas.evaluations", "evonas.training"
_PARENT = "search"
_MOST_PARAMS, _MOST_METRICS = 100, 1000  # of one request
_LONGEST = 500  # characters of a value, and of a name 250: what every released server takes


class MlflowLogger:
    """Tells a tracking server of a run.

    Args:
        uri: of the server (``http://...``), or of a database (``sqlite:///mlflow.db``).
        run: the run; its name is the experiment's.
    """

    name = "MLflow"

    def __init__(self, uri: str, run: RunRecord) -> None:
        self._uri = uri
        self._run = run
        self._runs: dict[str, str] = {}  # training to the run of MLflow
        self._keys: dict[str, list[str]] = {}
        self._best: dict[str, float] = {}

    def open(self) -> set[str]:
        """Find or make the experiment and the run, and return the keys of the trainings that are there."""
        os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")  # a search tells nobody but whom it was told to
        from mlflow.tracking import MlflowClient

        logging.getLogger("mlflow").setLevel(logging.WARNING)
        self._client = MlflowClient(tracking_uri=self._uri)
        experiment = self._client.get_experiment_by_name(self._run.name)
        self._experiment = (
            experiment.experiment_id if experiment is not None else self._client.create_experiment(self._run.name)
        )
        for known in self._stored():
            slot = known.data.tags.get(_SLOT, "")
            self._runs[slot] = known.info.run_id
            self._keys[slot] = known.data.tags.get(_KEYS, "").split()
        if _PARENT not in self._runs:
            versions = {f"version.{name}": version for name, version in self._run.versions.items()}
            self._make(_PARENT, f"{self._run.name} {self._run.id[:8]}", versions)
        return {key for keys in self._keys.values() for key in keys}

    def log(self, entry: Entry) -> None:
        """Tell of a training: genes as parameters, the learning curve by epoch, metrics, how it ended."""
        slot = f"individual-{entry.individual.number}{f'-{entry.part}' if entry.part else ''}"
        params = [] if slot in self._runs else self._begin(slot, entry)
        run, result = self._runs[slot], entry.result
        keys = [*self._keys.get(slot, ()), entry.key]
        tags = {"evonas.status": result.status.value, _KEYS: " ".join(keys)}
        if result.error:
            tags["evonas.error"] = result.error[:_LONGEST]
        metrics = _batches(list(self._metrics(entry)), _MOST_METRICS)
        for more in params[1:]:
            self._client.log_batch(run, params=more)
        for more in metrics[1:]:
            self._client.log_batch(run, metrics=more)
        # The tag that says that the training is told goes with the last of it.
        self._client.log_batch(run, metrics=_first(metrics), params=_first(params), tags=_tags(tags))
        self._keys[slot] = keys
        self._client.set_terminated(run, "FINISHED" if result.completed else "FAILED")
        if entry.order and dict(entry.best) != self._best:
            best = {f"best_{name}": value for name, value in entry.best.items()}
            self._client.log_batch(self._runs[_PARENT], metrics=list(_scalars(entry.order, best)))
            self._best = dict(entry.best)

    def close(self) -> None:
        """End the run of the search."""
        self._client.set_terminated(self._runs[_PARENT], "FINISHED")

    def _stored(self) -> Iterator[Any]:
        token: str | None = None
        while True:
            found = self._client.search_runs(
                [self._experiment], f"tags.`{_RUN}` = '{self._run.id}'", max_results=1000, page_token=token
            )
            yield from found
            token = found.token
            if not token:
                return

    def _begin(self, slot: str, entry: Entry) -> list[list[Any]]:
        """Make the run of a training, and return its parameters in batches."""
        from mlflow.entities import Param

        birth = entry.individual.birth
        parents = " ".join(f"{parent.role} {parent.run or ''}:{parent.number}" for parent in birth.parents)
        tags = {
            "mlflow.parentRunId": self._runs[_PARENT],
            "evonas.individual": str(entry.individual.number),
            "evonas.genome": entry.individual.genome.id,
            "evonas.generation": str(birth.generation),
            "evonas.operators": " ".join(birth.operators),
            "evonas.parents": parents[:_LONGEST],
            **({"evonas.family": entry.individual.genome.family} if entry.individual.genome.family else {}),
        }
        self._make(slot, slot.replace("-", " "), tags)
        genes = flat_genes(entry.individual.genome.genes)
        params = [Param(_word(name), str(value)[:_LONGEST]) for name, value in genes.items()]
        return _batches(params, _MOST_PARAMS)

    def _make(self, slot: str, name: str, tags: Mapping[str, str]) -> None:
        marks = {_RUN: self._run.id, _SLOT: slot, "mlflow.source.name": "evonas"}
        made = self._client.create_run(self._experiment, run_name=name, tags={**tags, **marks})
        self._runs[slot] = made.info.run_id

    def _metrics(self, entry: Entry) -> Iterator[Any]:
        result = entry.result
        offset = max(0, entry.epochs - len(result.curve))
        for place, row in enumerate(result.curve, start=1):
            step = int(row.get("epoch", offset + place))
            yield from _scalars(step, {name: value for name, value in row.items() if name != "epoch"})
        costs = {f"cost.{name}": value for name, value in entry.individual.costs.items()}
        yield from _scalars(entry.epochs, {**costs, "seconds": result.seconds, **result.metrics})


def _scalars(step: int, values: Mapping[str, float]) -> Iterator[Any]:
    from mlflow.entities import Metric

    now = int(time.time() * 1000)
    for name, value in values.items():
        yield Metric(_word(name), float(value), now, step)


def _word(name: str) -> str:
    """Return a name that MLflow takes."""
    return re.sub(r"[^A-Za-z0-9_\-. /]", "_", name)[:250]


def _tags(values: Mapping[str, str]) -> list[Any]:
    from mlflow.entities import RunTag

    return [RunTag(name, value) for name, value in values.items()]


def _batches(items: list[Any], size: int) -> list[list[Any]]:
    return [items[begin : begin + size] for begin in range(0, len(items), size)]


def _first(batches: list[list[Any]]) -> list[Any]:
    return batches[0] if batches else []
