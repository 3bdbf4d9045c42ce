"""TensorBoard: scalars of every training, and its genes for the HParams view.

Written with TensorBoard's own record writer and messages, without TensorFlow, which the coordinator of a run does not
load. One folder an individual, as HParams wants it; in it one file of events an evaluation, there whole or not at all.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evonas.run.logging.entries import Entry, flat_genes

__all__ = ["TensorBoardLogger"]

_FILE = re.compile(r"events\.out\.tfevents\.\d+\.evonas\.(?P<key>.+)")


class TensorBoardLogger:
    """Writes event files below a folder.

    Args:
        folder: ``tensorboard --logdir`` of it shows the run.
    """

    name = "TensorBoard"

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def open(self) -> set[str]:
        """Make the folder, and return the keys of the entries that are in it."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._whole = _named(self._folder, "run")
        names = (_FILE.fullmatch(file.name) for file in self._folder.rglob("events.out.tfevents.*"))
        return {match["key"] for match in names if match}

    def log(self, entry: Entry) -> None:
        """Write the learning curve, the metrics and the genes of a training, and the best of the run so far."""
        result = entry.result
        if entry.order:
            best = {f"best/{name}": value for name, value in entry.best.items()}
            reached = {f"evaluation/{name}": value for name, value in result.metrics.items()}
            with _Events(self._whole, grows=True) as events:
                events.scalars(entry.order, {**best, **reached, "evaluation/seconds": result.seconds})
        folder = self._folder / f"individual-{entry.individual.number:06d}" / entry.part
        started = time.time() - result.seconds
        with _Events(_named(folder, entry.key)) as events:
            events.start(entry, started)
            offset = max(0, entry.epochs - len(result.curve))
            for place, row in enumerate(result.curve, start=1):
                step = int(row.get("epoch", offset + place))
                events.scalars(step, {name: value for name, value in row.items() if name != "epoch"})
            costs = {f"cost/{name}": value for name, value in entry.individual.costs.items()}
            events.scalars(entry.epochs, {**costs, "seconds": result.seconds, **result.metrics})
            events.end(completed=result.completed)

    def close(self) -> None:
        """Nothing is open between two entries."""


def _named(folder: Path, key: str) -> Path:
    """Return the name of a file of events, a time in ms first: TensorBoard reads them in the order of their names."""
    return folder / f"events.out.tfevents.{time.time_ns() // 1_000_000:013d}.evonas.{key}"


class _Events:
    """A file of events that gets its name when it is whole.

    Args:
        file: the file.
        grows: whether it is there at once, and events are added to it.
    """

    def __init__(self, file: Path, *, grows: bool = False) -> None:
        from tensorboard.compat.proto import event_pb2
        from tensorboard.summary.writer.record_writer import RecordWriter

        file.parent.mkdir(parents=True, exist_ok=True)
        self._file = file
        self._temporary = file if grows else file.with_name(f".{file.name}.{os.getpid()}.tmp")
        self._event = event_pb2.Event
        begun = grows and file.exists()
        self._writer = RecordWriter(self._temporary.open("ab" if grows else "wb"))
        if not begun:
            self._write(file_version="brain.Event:2")

    def __enter__(self) -> _Events:
        return self

    def __exit__(self, kind: type[BaseException] | None, *error: object) -> None:
        self._writer.close()
        if self._temporary == self._file:
            return
        if kind is None:
            self._temporary.replace(self._file)
        else:
            self._temporary.unlink(missing_ok=True)

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        """Write named values at an epoch, or at an evaluation."""
        from tensorboard.compat.proto.summary_pb2 import Summary

        if values:
            shown = [Summary.Value(tag=name, simple_value=float(value)) for name, value in values.items()]
            self._write(step=step, summary=Summary(value=shown))

    def start(self, entry: Entry, started: float) -> None:
        """Write the genes, as the hyperparameters of a session; trainings of one individual are one group."""
        from tensorboard.plugins.hparams import metadata
        from tensorboard.plugins.hparams.plugin_data_pb2 import SessionStartInfo

        info = SessionStartInfo(group_name=f"individual-{entry.individual.number}", start_time_secs=started)
        for name, value in flat_genes(entry.individual.genome.genes).items():
            if isinstance(value, bool):
                info.hparams[name].bool_value = value
            elif isinstance(value, str):
                info.hparams[name].string_value = value
            else:
                info.hparams[name].number_value = float(value)
        self._session(metadata.SESSION_START_INFO_TAG, session_start_info=info)

    def end(self, *, completed: bool) -> None:
        """Write how the session ended."""
        from tensorboard.plugins.hparams import metadata
        from tensorboard.plugins.hparams.api_pb2 import Status
        from tensorboard.plugins.hparams.plugin_data_pb2 import SessionEndInfo

        status = Status.Value("STATUS_SUCCESS" if completed else "STATUS_FAILURE")
        info = SessionEndInfo(status=status, end_time_secs=time.time())
        self._session(metadata.SESSION_END_INFO_TAG, session_end_info=info)

    def _session(self, tag: str, **content: Any) -> None:
        from tensorboard.compat.proto.summary_pb2 import Summary
        from tensorboard.plugins.hparams import metadata
        from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData

        described = metadata.create_summary_metadata(HParamsPluginData(**content))
        value = Summary.Value(tag=tag, metadata=described, tensor=metadata.NULL_TENSOR)
        self._write(summary=Summary(value=[value]))

    def _write(self, **fields: Any) -> None:
        self._writer.write(self._event(wall_time=time.time(), **fields).SerializeToString())
