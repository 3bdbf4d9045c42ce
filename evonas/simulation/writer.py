"""Writing DL1 files through ctapipe's ``DataWriter``.

``DataWriter`` writes a row at a time, in Python, at a few milliseconds an image. Here it lays out the file and every
table, from a first event in which all telescopes take part; the rows are then appended to its tables as whole
columns, with the same names, types, units and transformations. Writing event by event gives the same tables (tested).
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import tables
from astropy.time import Time
from ctapipe.containers import EventType
from ctapipe.core import Provenance
from ctapipe.io import DataWriter
from numpy.typing import NDArray

from evonas.simulation.containers import EVENT_SPACING, START, add_telescope, array_event
from evonas.simulation.events import EventBlock, TelescopeImages
from evonas.simulation.images import Readout
from evonas.simulation.settings import SimulationSettings
from evonas.simulation.source import ToyEventSource

__all__ = ["write_blocks", "write_events"]

Progress = Callable[[int], None]
_TOY = "toy showers by evonas, for demonstrations and tests: not a physics simulation"


def write_events(source: ToyEventSource, file: Path, progress: Progress | None = None) -> int:
    """Write the events of a source one by one, as ctapipe's own tools do; return how many showers were thrown."""
    thrown = 0
    with _provenance(), _writer(source, file) as writer:
        for block in source.blocks():
            thrown = block.thrown
            for row in range(len(block.showers)):
                writer(array_event(block, row, source.settings))
            if progress:
                progress(len(block.showers))
        _finish_configuration(writer, thrown)
    return thrown


def write_blocks(source: ToyEventSource, file: Path, progress: Progress | None = None) -> tuple[int, int]:
    """Write the events of a source in blocks; return how many showers were thrown and how many images written."""
    thrown = images = 0
    with _provenance(), _writer(source, file) as writer:
        for block in source.blocks():
            if not images:
                _lay_out(writer, block, source)
            _append_block(writer, block, source)
            thrown, images = block.thrown, images + block.images
            if progress:
                progress(len(block.showers))
        _finish_configuration(writer, thrown)
    return thrown, images


class _provenance:  # noqa: N801
    """ctapipe notes in a file which activity made it; a file cannot be written without one."""

    def __enter__(self) -> None:
        self._log = logging.getLogger("ctapipe.core.provenance")
        self._level = self._log.level
        self._log.setLevel(logging.ERROR)
        Provenance().start_activity("evonas simulate")

    def __exit__(self, *error: object) -> None:
        Provenance().finish_activity("evonas simulate")
        self._log.setLevel(self._level)


def _writer(source: ToyEventSource, file: Path) -> DataWriter:
    settings = source.settings
    described = settings.model_dump_json(exclude={"subarray"}, exclude_none=True)
    writer = DataWriter(
        event_source=source,
        output_path=file,
        write_dl1_images=True,
        write_dl1_parameters=True,
        context_metadata={"SIMULATION KIND": _TOY, "SIMULATION SETTINGS": described},
        compression_level=1,
    )
    if not settings.true_images:
        writer._writer.exclude("/simulation/event/telescope/images/.*", "true_image")
    return writer


def _lay_out(writer: DataWriter, block: EventBlock, source: ToyEventSource) -> None:
    """Have the tables of all telescopes made, by writing an event that all of them saw, and empty them again."""
    event = array_event(block, 0, source.settings)
    donor = next(iter(block.telescopes.values()))
    for place, tel_id in enumerate(source.telescopes.ids):
        if int(tel_id) not in event.trigger.tels_with_trigger:
            camera = source.telescopes.cameras[source.telescopes.camera_of[place]]
            add_telescope(event, int(tel_id), _blank(camera.pixels, donor), 0, source.settings)
    writer(event)
    writer._writer.h5file.flush()
    for name, table in writer._writer._tables.items():
        if "/event/" in name:
            table.truncate(0)


def _blank(pixels: int, like: TelescopeImages) -> TelescopeImages:
    """Return one empty image with the parameters that other images have."""
    dark = np.zeros((1, pixels), np.float32)
    return TelescopeImages(
        event=np.zeros(1, np.int64),
        readout=Readout(dark, dark, dark.astype(np.int32)),
        mask=np.zeros((1, pixels), bool),
        parameters={name: column[:1] for name, column in like.parameters.items()},
        true_parameters={name: column[:1] for name, column in like.true_parameters.items()},
        impact=np.zeros(1),
    )


def _place(source: ToyEventSource, tel_id: int) -> int:
    return int(np.searchsorted(source.telescopes.ids, tel_id))


def _append_block(writer: DataWriter, block: EventBlock, source: ToyEventSource) -> None:
    number = len(block.showers)
    index = block.first + np.arange(number)
    times = _stored_times(writer, index)
    events: dict[str, Any] = {"obs_id": source.settings.run, "event_id": index + 1}
    table = writer._writer._tables
    took_part = np.zeros((number, len(source.telescopes)), bool)
    for tel_id, images in block.telescopes.items():
        took_part[images.event, _place(source, tel_id)] = True
    _append(
        table["dl1/event/subarray/trigger"],
        events | {"time": times, "tels_with_trigger": took_part, "event_type": EventType.SUBARRAY.value},
        number,
    )
    _append(table["simulation/event/subarray/shower"], events | _shower_columns(block, source.settings), number)
    _append_triggers(table["dl1/event/telescope/trigger"], took_part, index, times, source)
    for tel_id, images in block.telescopes.items():
        _append_images(table, f"tel_{tel_id:03d}", images, {**_rows(events, images), "tel_id": tel_id})


def _stored_times(writer: DataWriter, index: NDArray[np.int64]) -> NDArray[Any]:
    """Return the times of events as the tables of triggers hold them: days, or two integers in newer ctapipe."""
    times = Time(START + index * EVENT_SPACING, format="mjd", scale="tai")
    stored: NDArray[Any] = writer._writer._apply_col_transform("dl1/event/subarray/trigger", "time", times)
    return stored


def _rows(events: dict[str, Any], images: TelescopeImages) -> dict[str, Any]:
    return {"obs_id": events["obs_id"], "event_id": events["event_id"][images.event]}


def _shower_columns(block: EventBlock, settings: SimulationSettings) -> dict[str, Any]:
    showers = block.showers
    return {
        "true_energy": showers.energy,
        "true_alt": showers.altitude,
        "true_az": showers.azimuth,
        "true_core_x": showers.core[:, 0],
        "true_core_y": showers.core[:, 1],
        "true_h_first_int": block.first_interaction,
        "true_x_max": block.maximum,
        "true_starting_grammage": 0.0,
        "true_shower_primary_id": settings.primary_id,
    }


def _append_triggers(
    table: tables.Table, took_part: NDArray[np.bool_], index: NDArray[Any], times: NDArray[Any], source: ToyEventSource
) -> None:
    row, place = np.nonzero(took_part)
    columns = {
        "obs_id": source.settings.run,
        "event_id": index[row] + 1,
        "tel_id": source.telescopes.ids[place],
        "time": times[row],
        "event_type": EventType.SUBARRAY.value,
        "n_trigger_pixels": -1,
    }
    _append(table, columns, len(row))


def _append_images(table: dict[str, tables.Table], name: str, images: TelescopeImages, index: dict[str, Any]) -> None:
    number, readout = len(images), images.readout
    _append(table[f"dl1/event/telescope/parameters/{name}"], index | images.parameters, number)
    charges = {
        "image": readout.charge,
        "peak_time": readout.peak_time,
        "image_mask": images.mask,
        "is_valid": True,
    }
    _append(table[f"dl1/event/telescope/images/{name}"], index | charges, number)
    true = {"true_image_sum": readout.true.sum(axis=1), "true_image": readout.true}
    _append(table[f"simulation/event/telescope/images/{name}"], index | true, number)
    if images.true_parameters:
        _append(table[f"simulation/event/telescope/parameters/{name}"], index | images.true_parameters, number)
    impact = {"true_impact_distance": images.impact, "true_impact_distance_uncert": 0.0}
    _append(table[f"simulation/event/telescope/impact/{name}"], index | impact, number)


def _append(table: tables.Table, columns: dict[str, Any], number: int) -> None:
    """Append rows to a table; every column of the table must be among the columns given."""
    rows = np.empty(number, table.dtype)
    for name in table.colnames:
        rows[name] = columns[name]
    table.append(rows)


def _finish_configuration(writer: DataWriter, thrown: int) -> None:
    """Note how many showers were thrown, which is known only now."""
    table = writer._writer._tables["configuration/simulation/run"]
    table.flush()
    row = table.read(0, 1)
    row["n_showers"] = thrown
    table.modify_rows(0, 1, rows=row)
    table.flush()
