"""How hard the toy is: image parameters read back from DL1 files, and what width and length alone tell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from evonas.errors import DataError

__all__ = ["PARAMETERS", "Parameters", "read_parameters", "separation_auc"]

PARAMETERS = (
    "hillas_intensity",
    "hillas_width",
    "hillas_length",
    "hillas_r",
    "timing_slope",
    "concentration_core",
    "morphology_n_pixels",
    "morphology_n_islands",
    "leakage_intensity_width_2",
)
"""The parameters that are read; angles in deg, charges in photoelectrons, the slope in ns / deg."""

Parameters = Mapping[str, NDArray[np.float64]]
"""Image parameters (images,) by name."""

_TABLES = "/dl1/event/telescope/parameters"
_FEWEST = 50
_MOST = 20_000
_FOLDS = 4


def read_parameters(files: Iterable[Path], min_intensity: float = 50.0) -> dict[str, NDArray[np.float64]]:
    """Read image parameters of all telescopes from DL1 files.

    Args:
        files: DL1 files of ctapipe.
        min_intensity: images with fewer photoelectrons after cleaning are left out.

    Raises:
        DataError: if a file is unreadable or lacks image parameters.
    """
    parts = [_read_file(file) for file in files]
    columns = {name: np.concatenate([part[name] for part in parts]) for name in PARAMETERS}
    bright = columns["hillas_intensity"] > min_intensity
    return {name: column[bright] for name, column in columns.items()}


def _read_file(file: Path) -> dict[str, NDArray[np.float64]]:
    import tables

    try:
        with tables.open_file(str(file)) as opened:
            found = [{name: table.col(name) for name in PARAMETERS} for table in opened.iter_nodes(_TABLES, "Table")]
    except (OSError, tables.HDF5ExtError, tables.NoSuchNodeError, KeyError) as error:
        raise DataError(
            f"image parameters cannot be read: {error}", file=file, expected="a DL1 file with image parameters"
        ) from error
    return {name: np.concatenate([part[name] for part in found]).astype(np.float64) for name in PARAMETERS}


def separation_auc(signal: Parameters, background: Parameters) -> float | None:
    """Return the AUC of a classifier that sees width and length alone, cross-validated.

    The classifier is a small gradient-boosted forest: no cut on the two, however shaped, does much better.

    Args:
        signal: parameters of one kind of images.
        background: those of the other.

    Returns:
        The area under the ROC curve, or None with fewer than 50 images of a kind.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import StratifiedKFold, cross_val_predict

    inputs = [np.stack([kind["hillas_width"], kind["hillas_length"]], axis=1)[:_MOST] for kind in (background, signal)]
    if min(len(part) for part in inputs) < _FEWEST:
        return None
    classes = np.repeat([0, 1], [len(part) for part in inputs])
    forest = HistGradientBoostingClassifier(max_iter=50, max_leaf_nodes=8, random_state=0)
    folds = StratifiedKFold(_FOLDS, shuffle=True, random_state=0)
    scores = cross_val_predict(forest, np.concatenate(inputs), classes, cv=folds, method="predict_proba")
    return float(roc_auc_score(classes, scores[:, 1]))
