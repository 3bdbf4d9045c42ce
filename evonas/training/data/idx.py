"""IDX files, the format of MNIST and its kin, plain or compressed with gzip.

The format: two zero bytes, a byte for the type, a byte for the number of dimensions, one big-endian 32-bit size for
each dimension, then the values (Y. LeCun, C. Cortes, C. Burges, The MNIST database of handwritten digits, 1998).
"""

from __future__ import annotations

import gzip
import math
import zlib
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator

from evonas.errors import DataError
from evonas.training.data import protocol
from evonas.training.data.paths import find_file
from evonas.training.data.protocol import Arrays

__all__ = ["IdxSource", "read_idx"]

_TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}


class IdxSource:
    """Images and labels in IDX files; three dimensions (events, rows, columns) are images of one channel."""

    name: ClassVar[str] = "idx"

    class Options(protocol.Options):
        """Where the files lie."""

        images: str
        """Path of the images, such as `train-images-idx3-ubyte.gz`."""
        labels: str
        """Path of the labels, such as `train-labels-idx1-ubyte.gz`."""
        test_images: str | None = None
        """Path of the images of a test part of its own; with `test_labels`."""
        test_labels: str | None = None
        """Path of the labels of a test part of its own; with `test_images`."""

        @model_validator(mode="after")
        def _test_comes_whole(self) -> IdxSource.Options:
            if (self.test_images is None) != (self.test_labels is None):
                raise ValueError("give both test_images and test_labels, or neither")
            return self

    def load(self, options: Options, base: Path | None) -> Arrays:
        """Read the files.

        Raises:
            DataError: for a missing or truncated file, one that is not IDX, or labels that are not one-dimensional.
        """
        images = find_file(options.images, base, "data.options.images")
        labels = find_file(options.labels, base, "data.options.labels")
        test_inputs = test_targets = None
        if options.test_images is not None and options.test_labels is not None:
            test_inputs = _images(find_file(options.test_images, base, "data.options.test_images"), "test_images")
            test_targets = _labels(find_file(options.test_labels, base, "data.options.test_labels"), "test_labels")
        return Arrays(
            inputs=_images(images, "images"),
            targets=_labels(labels, "labels"),
            test_inputs=test_inputs,
            test_targets=test_targets,
            origin=str(images),
            keys=("images", "labels"),
        )


def read_idx(path: Path, key: str | None = None) -> NDArray[Any]:
    """Read one IDX file.

    Args:
        path: the file; compressed with gzip or not, which its first bytes tell.
        key: the configuration's key, for error messages.

    Returns:
        The array, of the shape and type that the file's header gives.

    Raises:
        DataError: if it cannot be read, is truncated, has trailing bytes, or is not IDX.
    """
    content = _bytes(path, key)
    kind, dimensions = (content[2], content[3]) if len(content) >= 4 else (0, 0)
    if content[:2] != b"\0\0" or kind not in _TYPES or dimensions == 0:
        raise DataError(
            "this is not an IDX file: its first four bytes are wrong",
            file=path,
            key=key,
            got=content[:4].hex(" ") or "an empty file",
            expected="00 00, a type (08 to 0e) and the number of dimensions, such as 00 00 08 03 for images",
            hint="an IDX file is called like train-images-idx3-ubyte.gz",
        )
    start = 4 + 4 * dimensions
    shape = tuple(int(size) for size in np.frombuffer(content[4:start], ">u4")) if len(content) >= start else None
    values = np.dtype(_TYPES[kind])
    expected = start if shape is None else start + math.prod(shape) * values.itemsize
    if shape is None or len(content) != expected:
        short = shape is None or len(content) < expected
        raise DataError(
            "the IDX file is truncated" if short else "the IDX file has bytes left over",
            file=path,
            key=key,
            got=f"{len(content)} bytes",
            expected=f"{expected} bytes" + ("" if shape is None else f" for the shape {shape} in its header"),
            hint="download or copy the file again",
        )
    return np.frombuffer(content, values, offset=start).reshape(shape).astype(values.newbyteorder("="))


def _bytes(path: Path, key: str | None) -> bytes:
    try:
        content = path.read_bytes()
        return gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(
            f"the gzip file is truncated or damaged: {error}",
            file=path,
            key=key,
            got=f"{path.stat().st_size} bytes",
            expected="a complete gzip file",
            hint="download or copy the file again; `gzip -t` tests it",
        ) from error
    except OSError as error:
        hint = "check its permissions"
        raise DataError(f"the file cannot be read: {error}", file=path, key=key, hint=hint) from error


def _images(path: Path, key: str) -> NDArray[Any]:
    images = read_idx(path, f"data.options.{key}")
    if images.ndim < 2:
        raise DataError(
            "these are not images",
            file=path,
            key=f"data.options.{key}",
            got=f"an array of the shape {images.shape}",
            expected="(events, rows, columns)",
            hint="images and labels may be exchanged",
        )
    return images[..., np.newaxis] if images.ndim == 3 else images


def _labels(path: Path, key: str) -> NDArray[Any]:
    labels = read_idx(path, f"data.options.{key}")
    if labels.ndim != 1:
        raise DataError(
            "these are not labels",
            file=path,
            key=f"data.options.{key}",
            got=f"an array of the shape {labels.shape}",
            expected="(events,)",
            hint="images and labels may be exchanged",
        )
    return labels
