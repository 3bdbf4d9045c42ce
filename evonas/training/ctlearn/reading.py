"""The events that CTLearn's own reader lets through, with its labels.

dl1_data_handler's ``DLImageReader`` decides which events and telescopes pass and what their labels are; nothing of
that is computed here. Its images are read by :mod:`evonas.training.ctlearn.images`.
"""

from __future__ import annotations

import atexit
import traceback
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evonas.errors import DataError
from evonas.training.ctlearn.dl1 import needs_ctlearn
from evonas.training.ctlearn.inputs import InputFiles
from evonas.training.ctlearn.options import CtlearnOptions
from evonas.training.ctlearn.selection import Selection

__all__ = ["Events", "open_reader", "read_events"]

Columns = Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class Events:
    """Events in CTLearn's order, and where their images lie.

    Attributes:
        columns: per event, (events,): identity, truth and labels; see :func:`read_events`.
        file_index: (events, telescopes) int64, the file of each image by its place in the reader's order; -1 where
            the telescope has none.
        tel_id: likewise, the telescope's number.
        table_index: likewise, the row in the telescope's table.
    """

    columns: Columns
    file_index: NDArray[np.int64]
    tel_id: NDArray[np.int64]
    table_index: NDArray[np.int64]

    def take(self, places: NDArray[np.intp]) -> Events:
        """Return some of the events."""
        columns = {name: values[places] for name, values in self.columns.items()}
        return Events(columns, self.file_index[places], self.tel_id[places], self.table_index[places])


@contextmanager
def open_reader(
    inputs: InputFiles, selection: Selection, options: CtlearnOptions, *, look_up: bool = False
) -> Iterator[Any]:
    """Make a ``DLImageReader`` as the options say; its files are closed at the end.

    Args:
        inputs: the files.
        selection: the telescopes.
        options: mode, channels, mapper, cuts and focal length.
        look_up: find images by their event instead of their row; for files whose tables are ordered differently.

    Raises:
        DataError: if the reader refuses the files.
        DependencyError: if dl1_data_handler is not installed.
    """
    module = needs_ctlearn("dl1_data_handler.reader")
    reader = module.DLImageReader.__new__(module.DLImageReader)
    try:
        with _quiet():
            _start(reader, inputs, selection, options, look_up)
        _check_mapper(reader, options)
        yield reader
    finally:
        _close(reader)


def read_events(reader: Any, options: CtlearnOptions) -> Events:
    """Return the events that the reader lets through.

    Columns, all of shape (events,), int64 or float64: ``obs_id``, ``event_id``, ``file_index``, ``true_energy`` [TeV],
    ``true_log_energy`` [log10(TeV)], ``true_class`` (1 signal, 0 background), ``true_particle`` (ctapipe's number),
    ``impact`` [m] from the array's centre, ``fov_lon`` and ``fov_lat`` [deg], ``shower`` (equal for events that are
    one simulated shower), ``hillas_intensity`` [p.e.] (stereo: the telescopes' sum), ``multiplicity`` (telescopes with
    an image); mono also ``tel_id``, ``cam_x`` and ``cam_y`` [m].

    Args:
        reader: from :func:`open_reader`.
        options: mode and order of telescopes.

    Raises:
        DataError: if an event of a stereo reading is in two files.
    """
    table = reader.example_identifiers
    events = np.arange(len(table)) if options.mode == "mono" else _numbered(table)
    first = np.unique(events, return_index=True)[1]
    tel_ids = np.unique(_ints(table, "tel_id")) if options.mode == "mono" else np.sort(reader.tel_ids)
    slots = np.zeros(len(table), np.intp) if options.mode == "mono" else np.searchsorted(tel_ids, table["tel_id"])
    shape = (len(first), 1 if options.mode == "mono" else len(tel_ids))
    if options.mode == "stereo":
        _check_files(reader, table, events)
        _check_once(reader, table, events, slots)
    intensity = _intensity(reader, table, options)
    images = {name: np.full(shape, -1, np.int64) for name in ("file_index", "tel_id", "table_index")}
    for name, values in images.items():
        values[events, slots] = _ints(table, name)
    size = np.zeros(shape, intensity.dtype)
    size[events, slots] = intensity
    columns = _columns(reader, table[first], options)
    columns["hillas_intensity"] = size.sum(axis=1, dtype=np.float64)
    columns["multiplicity"] = (images["table_index"] >= 0).sum(axis=1).astype(np.int64)
    if options.sort_by_size:
        # as CTLearn's loader sorts an event's telescopes: astropy's Table.sort with reverse=True
        order = np.stack([np.argsort(row)[::-1] for row in size]) if len(size) else np.zeros(shape, np.intp)
        images = {name: np.take_along_axis(values, order, axis=1) for name, values in images.items()}
    return Events(columns, images["file_index"], images["tel_id"], images["table_index"])


def _start(reader: Any, inputs: InputFiles, selection: Selection, options: CtlearnOptions, look_up: bool) -> None:
    from traitlets.config import Config

    try:
        reader.__init__(
            input_url_signal=[str(path) for path in inputs.signal],
            input_url_background=[str(path) for path in inputs.background],
            config=Config(_settings(selection, options, look_up)),
        )
    except Exception as error:
        if _from_mapper(error):
            raise DataError(
                f"dl1_data_handler's {options.mapper} cannot map this camera: {_one_line(error)}",
                file=inputs.signal[0],
                key="data.options.mapper",
                got=options.mapper,
                expected=f"a mapper for the camera of {selection.telescope_type}",
                hint="BilinearMapper maps hexagonal pixels, SquareMapper square ones",
            ) from error
        if isinstance(error, (IndexError, ZeroDivisionError)) or "at least one row" in str(error):
            raise _nothing_left(inputs, options, error) from error
        raise DataError(
            f"dl1_data_handler cannot read these files: {_one_line(error)}",
            file=inputs.signal[0],
            key="data.options",
            hint="check the mapper and the cuts; `ctlearn-train-model` would say the same",
        ) from error
    if len(reader.example_identifiers) == 0:
        raise _nothing_left(inputs, options)


def _nothing_left(inputs: InputFiles, options: CtlearnOptions, error: BaseException | None = None) -> DataError:
    """Say that a file has no event left, over whose empty table the reader stumbled."""
    there = [
        frame.f_locals["filename"]
        for frame, _ in traceback.walk_tb(error.__traceback__ if error else None)
        if frame.f_code.co_filename.endswith("reader.py") and "filename" in frame.f_locals
    ]
    return DataError(
        "no event passes the quality cuts" + ("" if options.mode == "mono" else " in one of the telescopes"),
        file=there[-1] if there else inputs.signal[0],
        key="data.options.quality",
        got=[list(cut) for cut in options.quality],
        expected="cuts that leave events in each file, and of each telescope in stereo",
        hint="loosen the cuts or min_telescopes, or leave out the file or the telescope (data.options.telescopes)",
    )


def _check_mapper(reader: Any, options: CtlearnOptions) -> None:
    """Refuse options that do not reach the mapper: CTLearn's tools would not map so when they use the winner."""
    mapper = reader.image_mappers[reader.cam_name]
    for name, value in options.mapper_options.items():
        if getattr(mapper, name, None) != value:
            raise DataError(
                f"this version of dl1_data_handler does not pass `{name}` on to its mappers",
                key=f"data.options.mapper_options.{name}",
                got=value,
                expected=f"{mapper.image_shape} rows, as {options.mapper} makes of the camera {reader.cam_name}",
                hint="leave it out; AxialMapper and ShiftingMapper make images of half as many rows",
            )


def _from_mapper(error: BaseException) -> bool:
    return any(frame.filename.endswith("image_mapper.py") for frame in traceback.extract_tb(error.__traceback__))


def _settings(selection: Selection, options: CtlearnOptions, look_up: bool) -> dict[str, Any]:
    return {
        "DLImageReader": {
            "mode": options.mode,
            "channels": list(options.channels),
            "allowed_tels": set(selection.tel_ids),
            "image_mapper_type": options.mapper,
            "focal_length_choice": options.focal_length_choice.upper(),
            "min_telescopes": options.min_telescopes,
            "force_dl1_lookup": look_up,
        },
        "TableQualityQuery": {"quality_criteria": [tuple(cut) for cut in options.quality]},
        options.mapper: dict(options.mapper_options),
    }


def _close(reader: Any) -> None:
    for file in getattr(reader, "files", {}).values():
        with suppress(Exception):
            file.close()
    with suppress(AttributeError):  # it would keep the reader and its tables until the process ends
        atexit.unregister(reader._DLDataReader__destructor)


@contextmanager
def _quiet() -> Iterator[None]:
    """Leave out what astropy says about merging the tables' metadata, and about dates."""
    from astropy.utils.exceptions import AstropyWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AstropyWarning)
        warnings.filterwarnings("ignore", module="erfa")
        yield


def _numbered(table: Any) -> NDArray[np.int64]:
    """Number the events of a table sorted by run and event: (rows,), from 0."""
    obs, event = _ints(table, "obs_id"), _ints(table, "event_id")
    changes = (np.diff(obs) != 0) | (np.diff(event) != 0)
    return np.concatenate([[0], np.cumsum(changes)]).astype(np.int64)


def _columns(reader: Any, table: Any, options: CtlearnOptions) -> dict[str, NDArray[Any]]:
    floats = {
        "true_energy": "true_energy",
        "true_log_energy": "log_true_energy",
        "impact": "impact_radius",
        "fov_lon": "fov_lon",
        "fov_lat": "fov_lat",
    }
    ints = {
        "obs_id": "obs_id",
        "event_id": "event_id",
        "file_index": "file_index",
        "true_class": "true_shower_primary_class",
        "true_particle": "true_shower_primary_id",
    }
    if options.mode == "mono":
        floats |= {"cam_x": "cam_coord_offset_x", "cam_y": "cam_coord_offset_y"}
        ints["tel_id"] = "tel_id"
    columns: dict[str, NDArray[Any]] = {name: _ints(table, column) for name, column in ints.items()}
    columns |= {name: np.asarray(table[column].data, np.float64) for name, column in floats.items()}
    columns["shower"] = _showers(reader, columns)
    return columns


def _showers(reader: Any, columns: Columns) -> NDArray[np.int64]:
    """Number the simulated showers: a CORSIKA shower that is used several times has event numbers 100 n, 100 n + 1, ...

    Numbers as sim_telarray's ``MC run header`` and ``event`` blocks make them: event = 100 * shower + use.
    """
    reused: set[int] = set()
    if "shower_reuse" in reader.simulation_info.colnames:
        uses = np.asarray(reader.simulation_info["shower_reuse"].data, np.float64)
        reused = set(_ints(reader.simulation_info, "obs_id")[uses > 1].tolist())
    obs, event = columns["obs_id"], columns["event_id"]
    shower = np.where(np.isin(obs, list(reused)), event // 100, event) if reused else event
    rows = np.stack((columns["true_particle"], obs, shower), axis=1)
    return np.unique(rows, axis=0, return_inverse=True)[1].ravel().astype(np.int64)


def _intensity(reader: Any, table: Any, options: CtlearnOptions) -> NDArray[Any]:
    """Return the Hillas intensity of each image, (rows,), p.e."""
    if options.mode == "stereo":
        return np.asarray(table["hillas_intensity"].data)
    result = np.full(len(table), np.nan)
    files, telescopes = _ints(table, "file_index"), _ints(table, "tel_id")
    names = list(reader.files)
    for file, tel_id in sorted(set(zip(files.tolist(), telescopes.tolist(), strict=True))):
        rows = np.flatnonzero((files == file) & (telescopes == tel_id))
        node = reader.files[names[file]].get_node(f"/dl1/event/telescope/parameters/tel_{tel_id:03d}")
        if "hillas_intensity" not in node.colnames:
            continue
        wanted = np.stack((_ints(table, "obs_id")[rows], _ints(table, "event_id")[rows]), axis=1)
        there = np.stack((node.col("obs_id"), node.col("event_id")), axis=1).astype(np.int64)
        result[rows] = node.col("hillas_intensity")[_found(there, wanted)]
    return result


def _found(there: NDArray[np.int64], wanted: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the row in ``there`` of each row of ``wanted``; all of them are there."""
    number = np.unique(np.concatenate([there, wanted]), axis=0, return_inverse=True)[1].ravel()
    place = np.empty(number.max() + 1, np.int64)
    place[number[: len(there)]] = np.arange(len(there))
    found: NDArray[np.int64] = place[number[len(there) :]]
    return found


def _check_files(reader: Any, table: Any, events: NDArray[np.int64]) -> None:
    files = _ints(table, "file_index")
    mixed = np.flatnonzero((np.diff(files) != 0) & (np.diff(events) == 0))
    if not len(mixed):
        return
    names, row = list(reader.files), int(mixed[0])
    obs, event = int(table["obs_id"][row]), int(table["event_id"][row])
    raise DataError(
        f"two files have the run {obs}, and CTLearn would join telescopes of different showers to one event",
        file=names[files[row + 1]],
        key="data.options",
        got=f"event {event} of run {obs} there and in {names[files[row]]}",
        expected="another run number (obs_id) in each file",
        hint="merge parts of one run with ctapipe-merge; simulate with other run numbers otherwise",
    )


def _check_once(reader: Any, table: Any, events: NDArray[np.int64], slots: NDArray[Any]) -> None:
    twice = np.flatnonzero((np.diff(events) == 0) & (np.diff(slots) == 0))
    if not len(twice):
        return
    row = table[int(twice[0])]
    raise DataError(
        "a telescope has two images of one event",
        file=list(reader.files)[int(row["file_index"])],
        key="data.options",
        got=f"telescope {row['tel_id']} in event {row['event_id']} of run {row['obs_id']}",
        expected="one image",
        hint="write the file again with ctapipe-process",
    )


def _ints(table: Any, name: str) -> NDArray[np.int64]:
    return np.asarray(table[name].data).astype(np.int64)


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__
