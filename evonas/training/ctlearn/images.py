"""Images as CTLearn's reader makes them, bit by bit, many at a time.

``DLImageReader`` reads and maps image by image. Here the rows of a telescope's table are read in blocks, and a block is
mapped by one product with the mapper's own table. Each sum runs over the pixels in the same order, so the results are
the same numbers; the first images of each table are compared with dl1_data_handler's own functions, which do the work
where they are not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evonas.errors import DataError
from evonas.training.ctlearn.compat import cleaned_last
from evonas.training.ctlearn.dl1 import needs_ctlearn
from evonas.training.ctlearn.options import CtlearnOptions
from evonas.training.ctlearn.reading import Events

__all__ = ["ImageBlocks", "OrderError", "unmapped_images"]

_BLOCK_BYTES = 32 * 2**20  # mapped images that are held at a time
_COLUMNS = 512  # images times channels in one product: their sums stay in the processor's cache
_COMPARED = 8  # images of each table that are compared with dl1_data_handler's own


class OrderError(Exception):
    """The rows of a table of images are not those of the table of parameters."""


class ImageBlocks:
    """The images of events, block after block.

    Args:
        reader: dl1_data_handler's ``DLImageReader``, open.
        events: which images, in which order.
        options: channels, and how the telescopes of an event are put together.
    """

    def __init__(self, reader: Any, events: Events, options: CtlearnOptions) -> None:
        self._reader, self._events, self._options = reader, events, options
        self._names = list(reader.files)
        self._mapper = reader.image_mappers[reader.cam_name]
        self._size = int(self._mapper.image_shape)
        self._table = _product_table(self._mapper)
        self._compared: set[tuple[int, int]] = set()

    @property
    def vectorised(self) -> bool:
        """Whether the mapper's table does the work; False once it was seen to give other images than the mapper."""
        return self._table is not None

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of all images: mono (events, rows, columns, channels); stereo with a telescope axis, or stacked."""
        events, telescopes = self._events.tel_id.shape
        square, channels = (self._size, self._size), len(self._options.channels)
        if self._options.mode == "mono":
            return (events, *square, channels)
        if self._options.stack:
            return (events, *square, telescopes * channels)
        return (events, telescopes, *square, channels)

    def __iter__(self) -> Iterator[NDArray[np.float32]]:
        """Yield blocks of images, float32, along the first axis of :attr:`shape`.

        Raises:
            DataError: if a pixel is not finite, or a table cannot be read.
            OrderError: if images and parameters are ordered differently.
        """
        per_event = 4 * int(np.prod(self.shape[1:], dtype=np.int64))
        step = max(1, _BLOCK_BYTES // per_event)
        for start in range(0, self.shape[0], step):
            yield self._block(np.arange(start, min(start + step, self.shape[0])))

    def _block(self, events: NDArray[np.intp]) -> NDArray[np.float32]:
        files, telescopes = self._events.file_index[events], self._events.tel_id[events]
        result = np.zeros((*files.shape, self._size, self._size, len(self._options.channels)), np.float32)
        present = self._events.table_index[events] >= 0
        for file, tel_id in sorted(set(zip(files[present].tolist(), telescopes[present].tolist(), strict=True))):
            places = np.nonzero((files == file) & (telescopes == tel_id))
            result[places] = self._images(file, tel_id, events[places[0]], self._events.table_index[events][places])
        if self._options.mode == "mono":
            return result[:, 0]
        if self._options.stack:  # CTLearn's loader concatenates the telescopes along the last axis
            return np.moveaxis(result, 1, 3).reshape(len(events), self._size, self._size, -1)
        return result

    def _images(self, file: int, tel_id: int, events: NDArray[np.intp], rows: NDArray[np.int64]) -> NDArray[np.float32]:
        records = self._records(file, tel_id, events, rows)
        images = np.empty((len(rows), self._size, self._size, len(self._options.channels)), np.float32)
        if (file, tel_id) not in self._compared:
            self._compare(records[:_COMPARED])
            self._compared.add((file, tel_id))
        step = max(1, _COLUMNS // len(self._options.channels))
        for start in range(0, len(rows), step):
            images[start : start + step] = self._mapped(records[start : start + step])
        self._check_finite(images, file, tel_id, records)
        return images

    def _records(self, file: int, tel_id: int, events: NDArray[np.intp], rows: NDArray[np.int64]) -> NDArray[np.void]:
        path = f"/dl1/event/telescope/images/tel_{tel_id:03d}"
        first, stop = int(rows.min()), int(rows.max()) + 1
        with _readable(self._names[file], path):
            node = self._reader.files[self._names[file]].get_node(path)
            if stop > node.nrows:
                raise OrderError(path)
            if stop - first <= 4 * len(rows):
                records: NDArray[np.void] = node.read(first, stop)[rows - first]
            else:
                records = node.read_coordinates(rows)
        wanted = (self._events.columns["obs_id"][events], self._events.columns["event_id"][events])
        if not (np.array_equal(records["obs_id"], wanted[0]) and np.array_equal(records["event_id"], wanted[1])):
            raise OrderError(path)
        return records

    def _mapped(self, records: NDArray[np.void]) -> NDArray[np.float32]:
        if self._table is None:
            return self._one_by_one(records)
        pixels = unmapped_images(records, self._options.channels, self._reader.transforms)
        count, width, channels = pixels.shape
        product = self._table @ pixels.transpose(1, 0, 2).reshape(width, count * channels)
        images: NDArray[np.float32] = product.reshape(self._size, self._size, count, channels).transpose(2, 0, 1, 3)
        return images

    def _one_by_one(self, records: NDArray[np.void]) -> NDArray[np.float32]:
        unmapped = needs_ctlearn("dl1_data_handler.reader").get_unmapped_image
        channels, transforms = list(self._options.channels), self._reader.transforms
        return np.stack([self._mapper.map_image(unmapped(record.copy(), channels, transforms)) for record in records])

    def _compare(self, records: NDArray[np.void]) -> None:
        if self._table is None:
            return
        with np.errstate(all="ignore"):
            own = self._mapped(records)
            if not np.isfinite(own).all():
                return  # an error of its own
            if not np.array_equal(own, self._one_by_one(records)):
                self._table = None

    def _check_finite(self, images: NDArray[np.float32], file: int, tel_id: int, records: NDArray[np.void]) -> None:
        good = np.isfinite(images).reshape(len(images), -1).all(axis=1)
        if good.all():
            return
        row = int(np.argmin(good))
        place = np.argwhere(~np.isfinite(images[row]))[0]
        raise DataError(
            f"{int((~good).sum())} images of telescope {tel_id} have pixels that are not finite",
            file=self._names[file],
            key="data.options.channels",
            got=f"{images[row][tuple(place)]} in the channel {self._options.channels[int(place[-1])]} of event "
            f"{records['event_id'][row]} in run {records['obs_id'][row]}",
            expected="finite numbers",
            hint="leave such events out with data.options.quality; a relative peak time needs a pixel that is cleaned",
        )


def unmapped_images(
    records: NDArray[np.void], channels: Sequence[str], transforms: Mapping[str, Any]
) -> NDArray[np.float32]:
    """Return the channels of many images, (images, pixels, channels), as dl1_data_handler makes them of one.

    The same as its ``get_unmapped_image``, step by step, with its side effect: a cleaned relative peak time leaves
    the peak times cleaned for the channels after it.

    Args:
        records: rows of a table of images, with ``image``, ``peak_time`` and ``image_mask``; not changed.
        channels: names of the channels.
        transforms: scale and offset of charges and peak times, as ``DLImageReader.transforms``.
    """
    image, mask = records["image"], records["image_mask"]
    peak_time = np.array(records["peak_time"]) if "peak_time" in (records.dtype.names or ()) else None
    result = np.zeros((*image.shape, len(channels)), np.float32)
    for place, channel in enumerate(channels):
        values = np.empty(image.shape, np.float32)
        if "peak_time" not in channel:
            values[...] = image
        elif "relative" in channel:
            assert peak_time is not None
            if "cleaned" in channel:
                peak_time *= mask
            for row, times in enumerate(peak_time):
                values[row] = times - _mean(times[np.nonzero(times)])
        else:
            assert peak_time is not None
            values[...] = peak_time
        _recover(values, channel, mask, transforms)
        result[:, :, place] = values
    return result


def _recover(values: NDArray[np.float32], channel: str, mask: NDArray[Any], transforms: Mapping[str, Any]) -> None:
    """Clean a channel and undo the compression of its file, in place and in dl1_data_handler's order."""
    cleaned, last = "cleaned" in channel, cleaned_last()
    if cleaned and not last:
        values *= mask
    kind = "peak_time" if "peak_time" in channel else "image"
    if transforms[f"{kind}_scale"] > 0.0:
        values /= transforms[f"{kind}_scale"]
    if transforms[f"{kind}_offset"] > 0:
        values -= transforms[f"{kind}_offset"]
    if cleaned and last:
        values *= mask


def _mean(times: NDArray[Any]) -> Any:
    return times.mean() if times.size else np.float32(np.nan)


def _product_table(mapper: Any) -> Any:
    """Return the mapper's table as (image pixels, camera pixels), or None where it has none that can be used so."""
    table = getattr(mapper, "mapping_table", None)
    general = needs_ctlearn("dl1_data_handler.image_mapper").ImageMapper
    if table is None or type(mapper).map_image is not general.map_image:
        return None
    return table.T.tocsr()


class _readable:  # noqa: N801 - reads as a word where it is used
    """Turns an error of PyTables while reading into one that names the file and the table."""

    def __init__(self, file: str, table: str) -> None:
        self._file, self._table = file, table

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: Any) -> None:
        if kind is None or error is None:
            return
        tables = needs_ctlearn("tables")
        if isinstance(error, (tables.HDF5ExtError, tables.NodeError, OSError)):
            raise DataError(
                f"the table {self._table} cannot be read: {' '.join(str(error).split())[-200:]}",
                file=self._file,
                key="data.options",
                hint="the file is damaged; copy or write it again",
            ) from error
