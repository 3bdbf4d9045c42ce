"""Images of a lower resolution: squares of pixels are averaged into one, for the trainings of low rungs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from evonas.errors import ConfigError
from evonas.training.data import Part

__all__ = ["check_poolings", "pooled", "pooled_shape"]

_FEWEST = 4  # pixels that a side must be left with
_AT_ONCE = 4096  # images


def check_poolings(poolings: Sequence[int], shape: tuple[int, ...]) -> None:
    """Check that inputs can be averaged so.

    Args:
        poolings: pixels a side that become one, of each rung.
        shape: of an input.

    Raises:
        ConfigError: if the inputs are no images, or too little would be left of them.
    """
    most = max(poolings)
    if most == 1:
        return
    size = " x ".join(str(side) for side in shape)
    if len(shape) < 2:
        raise ConfigError(
            "only images can be averaged, of rows and columns",
            key="search.rung_resolutions",
            got=f"inputs of {size}",
            hint="leave it out; search.rung_fractions makes low rungs cheaper, too",
        )
    _, sides, _ = _sides(shape)
    least = min(sides)
    if least // most < _FEWEST:
        raise ConfigError(
            f"too little would be left of images of {size}",
            key="search.rung_resolutions",
            got=list(poolings),
            expected=f"at most {max(1, least // _FEWEST)}, so that {_FEWEST} pixels a side are left",
        )


def pooled_shape(shape: tuple[int, ...], pooling: int) -> tuple[int, ...]:
    """Return the shape of an image of (rows, columns) or (..., rows, columns, channels) after averaging.

    Rows and columns that are left over are cut off.
    """
    if pooling == 1:
        return shape
    before, (rows, columns), channels = _sides(shape)
    return (*before, rows // pooling, columns // pooling, *channels)


def pooled(part: Part, pooling: int) -> Part:
    """Return a part with the means of squares of pixels as its inputs, in memory; the part itself for 1.

    Args:
        part: events with images as inputs, see :func:`pooled_shape`.
        pooling: pixels a side that become one.
    """
    if pooling == 1:
        return part
    shape = tuple(part.inputs.shape[1:])
    before, (rows, columns), channels = _sides(pooled_shape(shape, pooling))
    inputs: NDArray[np.float32] = np.empty(
        (len(part), math.prod(before), rows, columns, math.prod(channels)), np.float32
    )
    for start in range(0, len(part), _AT_ONCE):
        images = part.gather(start, min(start + _AT_ONCE, len(part)))
        images = images.reshape(len(images), math.prod(before), *_sides(shape)[1], math.prod(channels))
        squares = images[:, :, : rows * pooling, : columns * pooling].reshape(
            *images.shape[:2], rows, pooling, columns, pooling, images.shape[-1]
        )
        inputs[start : start + len(images)] = squares.mean(axis=(3, 5))
    return replace(part, inputs=inputs.reshape(len(part), *before, rows, columns, *channels), rows=None)


def _sides(shape: tuple[int, ...]) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
    """Return what stands before rows and columns, these two, and what stands behind them."""
    return (shape[:-3], shape[-3:-1], shape[-1:]) if len(shape) > 2 else ((), shape, ())
