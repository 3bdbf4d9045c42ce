"""Tail cuts and islands for many images at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from evonas.simulation.subarrays import CameraArrays

__all__ = ["islands", "tail_cuts"]


def tail_cuts(charge: NDArray[np.float32], camera: CameraArrays, picture: float, boundary: float) -> NDArray[np.bool_]:
    """Return the pixels (images, pixels) that tail cuts keep: as ctapipe's ``tailcuts_clean`` with its defaults.

    Kept are pixels above ``picture`` with a neighbour above ``picture``, and pixels above ``boundary`` beside them;
    of the former those that stand alone are dropped.
    """
    high, low = charge >= picture, charge >= boundary
    near_high = _touching(high, camera)
    near_low = _touching(low, camera)
    return np.asarray((low & near_high) | (high & near_low))


def _touching(mask: NDArray[np.bool_], camera: CameraArrays) -> NDArray[np.bool_]:
    return np.asarray((camera.neighbours @ mask.T.astype(np.float32)).T > 0)


def islands(mask: NDArray[np.bool_], camera: CameraArrays) -> NDArray[np.int64]:
    """Count the islands of masks (images, pixels).

    Returns:
        (images, 4): all islands, those of up to 2 pixels, of 3 to 50, and of more.
    """
    images, pixels = mask.shape
    linked = mask[:, camera.edges[:, 0]] & mask[:, camera.edges[:, 1]]
    image, edge = np.nonzero(linked)
    start, end = (image * pixels + camera.edges[edge, side] for side in range(2))
    size = images * pixels
    graph = coo_matrix((np.ones(len(start), np.int8), (start, end)), shape=(size, size))
    _, label = connected_components(graph, directed=False)
    kept = np.flatnonzero(mask.ravel())
    members = np.bincount(label[kept], minlength=1)
    island, first = np.unique(label[kept], return_index=True)
    owner, count = kept[first] // pixels, members[island]
    kinds = (count > 0, count <= 2, (count > 2) & (count <= 50), count > 50)
    return np.stack([np.bincount(owner[kind], minlength=images) for kind in kinds], axis=1)
