"""CTLearn's predictions in one DL2 file, event by event, beside the simulated truth.

The layout is that of ``ctlearn-predict-mono-model`` and ``ctlearn-predict-stereo-model`` in CTLearn 0.10: tables under
``/dl2/event/telescope`` for each telescope, ``/dl2/event/subarray`` for whole events, the truth under ``/simulation``.
Since CTLearn 0.10.3 the types are in the group ``particle_type``, before in ``classification``, and each task has a
prefix of its own, such as ``CTLearnClassifier``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from evonas.errors import DataError, DependencyError

__all__ = ["PREDICTED", "FilePredictions", "Level", "read_dl2"]

Level: TypeAlias = Literal["telescope", "subarray"]
"""Predictions from single images, or of whole events."""

PREDICTED: Mapping[str, tuple[str, ...]] = {
    "type": ("prediction",),
    "energy": ("energy",),
    "skydirection": ("az", "alt"),
}
"""Head to the columns of its tables, without the prefix; both directions end as az and alt."""

_GAMMANESS = "particle_type"  # of CTLearn since 0.10.3, which writes class 1 there
_GROUPS: Mapping[str, tuple[str, ...]] = {
    "type": (_GAMMANESS, "classification"),
    "energy": ("energy",),
    "skydirection": ("geometry",),
}
_ENDINGS: Mapping[str, tuple[str, ...]] = {  # of the prefixes, as CTLearn has them by default
    "type": ("", "Classifier"),
    "energy": ("", "Regressor"),
    "skydirection": ("", "SkyReconstructor", "CameraReconstructor"),
}

_TRUTH: Mapping[str, tuple[str, ...]] = {"energy": ("true_energy",), "skydirection": ("true_az", "true_alt")}
_SHOWER = "/simulation/event/subarray/shower"
_EXPECTED = "a DL2 file of CTLearn"
_UNITS = {"": 1.0, "TeV": 1.0, "GeV": 1e-3, "MeV": 1e-6, "deg": 1.0, "rad": 180 / np.pi}  # to TeV and deg


@dataclass(frozen=True)
class FilePredictions:
    """What one file holds.

    Attributes:
        path: the file.
        level: which tables were read.
        keys: (events, 2 or 3) obs_id, event_id, and tel_id of single telescopes.
        answers: head to (events, columns): the ``prediction`` as it is; TeV; az and alt in deg.
        truth: (events,) ``true_energy`` in TeV, ``true_az`` and ``true_alt`` in deg, ``true_particle``, by name.
        invalid: events that CTLearn could not or was not to predict, left out.
        gammaness: whether the file's layout says that the ``prediction`` is the probability of the signal, as CTLearn
            writes it since 0.10.3; False where it says nothing.
    """

    path: Path
    level: Level
    keys: NDArray[np.int64]
    answers: Mapping[str, NDArray[np.float64]]
    truth: Mapping[str, NDArray[Any]]
    invalid: int
    gammaness: bool = False

    def true(self, head: str) -> NDArray[np.float64]:
        """Return the truth about a regression, (events, columns), in the units of its answers."""
        return np.stack([self.truth[name] for name in _TRUTH[head]], axis=1)


def read_dl2(path: Path, *, prefix: str = "CTLearn", level: Level | None = None) -> FilePredictions:
    """Read CTLearn's predictions in a file.

    Args:
        path: the file.
        prefix: CTLearn's ``prefix`` when it predicted; of its ``prefixes`` since 0.10.3, one or what they begin with.
        level: which predictions; None takes those of single telescopes where there are some.

    Raises:
        DataError: if the file is missing, no HDF5, truncated, or holds no predictions, no valid one, or no truth.
        DependencyError: if PyTables is not installed.
    """
    path = Path(path)
    with _opened(path) as file:
        level = _level(file, path, prefix, level)
        nodes = {head: _nodes(file, head, prefix, level) for head in PREDICTED}
        tables = {head: _answers(own, _columns(own, head)) for head, own in nodes.items() if own}
        gammaness = any(f"/{_GAMMANESS}/" in table._v_pathname for table in nodes["type"])
        keys, answers, invalid = _common(tables)
        if not len(keys):
            raise DataError(
                "the file holds no valid prediction",
                file=path,
                got=f"{invalid} events, none of them predicted",
                hint="CTLearn leaves out events that fail its quality cuts",
            )
        truth = _truth(file, path, keys)
    return FilePredictions(path, level, keys, answers, truth, invalid, gammaness)


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    try:
        import tables
    except ImportError as error:
        raise DependencyError(
            "reading DL2 files needs PyTables, which is not installed",
            got=str(error),
            hint='pip install "evonas[ctlearn]"',
        ) from error
    hint = "copy or write the file again"
    if not path.is_file():
        raise DataError("there is no such file", file=path, expected=_EXPECTED)
    try:
        if not tables.is_hdf5_file(str(path)):
            size = f"{path.stat().st_size} bytes that do not begin as HDF5 does"
            raise DataError("this is not an HDF5 file", file=path, got=size, expected=_EXPECTED, hint=hint)
        file = tables.open_file(str(path), mode="r")
    except (tables.HDF5ExtError, OSError) as error:
        what = "is truncated" if "truncated" in str(error) else f"cannot be read: {_last_line(error)}"
        size = f"{path.stat().st_size} bytes"
        raise DataError(f"the HDF5 file {what}", file=path, got=size, expected=_EXPECTED, hint=hint) from error
    try:
        yield file
    except tables.HDF5ExtError as error:
        raise DataError(f"the HDF5 file is damaged: {_last_line(error)}", file=path, hint=hint) from error
    finally:
        file.close()


def _level(file: Any, path: Path, prefix: str, wanted: Level | None) -> Level:
    """Return the level to read, or say what is there instead."""
    levels: tuple[Level, ...] = ("telescope", "subarray")
    there = [level for level in levels if any(_nodes(file, head, prefix, level) for head in PREDICTED)]
    if wanted in there or (wanted is None and there):
        return wanted or there[0]
    if there:
        raise DataError(
            f"the file holds no predictions of the level {wanted}",
            file=path,
            key="--level",
            got=wanted,
            expected=f"{there[0]}, which it holds",
        )
    others = sorted({name for level in levels for name in _prefixes(file, level)})
    if others:
        raise DataError(
            f"the file holds no predictions of {prefix}",
            file=path,
            key="--prefix",
            got=prefix,
            expected=f"one of {', '.join(others)}",
        )
    raise DataError(
        "the file holds no predictions",
        file=path,
        got="no tables of types, energies or directions under /dl2/event",
        expected=_EXPECTED,
        hint="ctlearn-predict-mono-model or ctlearn-predict-stereo-model writes one",
    )


def _prefixes(file: Any, level: Level) -> Iterator[str]:
    for group in {group for groups in _GROUPS.values() for group in groups}:
        node = f"/dl2/event/{level}/{group}"
        if node in file:
            yield from file.get_node(node)._v_children


def _nodes(file: Any, head: str, prefix: str, level: Level) -> list[Any]:
    """Return the tables of a head; none where it was not predicted."""
    for group in _GROUPS[head]:
        for ending in _ENDINGS[head]:
            place = f"/dl2/event/{level}/{group}/{prefix}{ending}"
            tables = _tables(file.get_node(place), head) if place in file else []
            if tables:
                return tables
    return []


def _tables(node: Any, head: str) -> list[Any]:
    """Return the tables at a place that have the columns of a head: the place itself, or one for each telescope."""
    found = [node] if hasattr(node, "colnames") else [node._v_children[name] for name in sorted(node._v_children)]
    return [table for table in found if set(_columns([table], head)) <= set(getattr(table, "colnames", ()))]


def _columns(tables: Sequence[Any], head: str) -> list[str]:
    """Return the names of a head's columns; they begin as the group or table is called."""
    *_, level, _, prefix = (part for part in tables[0]._v_pathname.split("/") if not part.startswith("tel_"))
    stem = f"{prefix}_tel" if level == "telescope" else prefix
    return [f"{stem}_{column}" for column in PREDICTED[head]]


def _answers(tables: Sequence[Any], columns: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the keys and the answers of all events of a head, NaN where it was not predicted."""
    names = ["obs_id", "event_id", *(["tel_id"] if "_tel_" in columns[0] else [])]
    valid = columns[0].rsplit("_", 1)[0] + "_is_valid"
    keys, answers = [], []
    for table in tables:
        rows = table.read()
        keys.append(np.stack([rows[name].astype(np.int64) for name in names], axis=1))
        own = np.stack([_in_units(table, rows, name) for name in columns], axis=1)
        if valid in table.colnames:
            own[~rows[valid].astype(bool)] = np.nan
        answers.append(own)
    return np.concatenate(keys), np.concatenate(answers)


def _in_units(table: Any, rows: Any, column: str) -> NDArray[np.float64]:
    """Return a column in TeV or deg, from the unit that ctapipe noted beside it."""
    attribute = f"CTAFIELD_{table.colnames.index(column)}_UNIT"
    unit = str(table.attrs[attribute]) if attribute in table.attrs._v_attrnames else ""
    if unit not in _UNITS:
        raise DataError("a column has an unknown unit", key=column, got=unit, expected=f"one of {', '.join(_UNITS)}")
    values: NDArray[np.float64] = rows[column].astype(np.float64) * _UNITS[unit]
    return values


def _common(
    tables: Mapping[str, tuple[NDArray[np.int64], NDArray[np.float64]]],
) -> tuple[NDArray[np.int64], dict[str, NDArray[np.float64]], int]:
    """Return the events that have a valid answer of every head, and how many others there are."""
    columns = [keys for keys, _ in tables.values()]
    everything, numbers = np.unique(np.concatenate(columns), axis=0, return_inverse=True)
    places = np.split(numbers.reshape(-1), np.cumsum([len(keys) for keys in columns])[:-1])
    answers = {}
    valid = np.ones(len(everything), bool)
    for (head, (_, own)), place in zip(tables.items(), places, strict=True):
        spread = np.full((len(everything), own.shape[1]), np.nan)
        spread[place] = own
        answers[head] = spread
        valid &= np.isfinite(spread).all(axis=1)
    return everything[valid], {head: own[valid] for head, own in answers.items()}, int((~valid).sum())


def _truth(file: Any, path: Path, keys: NDArray[np.int64]) -> dict[str, NDArray[Any]]:
    """Return the simulated shower of each event."""
    hint = "metrics need simulated events; of observed ones nobody knows the truth"
    if _SHOWER not in file:
        raise DataError(
            "the file holds no simulated truth", file=path, got=f"no {_SHOWER}", expected=_SHOWER, hint=hint
        )
    table = file.get_node(_SHOWER)
    rows = table.read()
    shower = np.stack([rows["obs_id"], rows["event_id"]], axis=1).astype(np.int64)
    unique, first = np.unique(shower, axis=0, return_index=True)
    both, numbers = np.unique(np.concatenate([unique, keys[:, :2]]), axis=0, return_inverse=True)
    numbers = numbers.reshape(-1)
    place = np.full(len(both), -1, np.int64)
    place[numbers[: len(unique)]] = first
    found = place[numbers[len(unique) :]]
    if (found < 0).any():
        lost = keys[int(np.argmax(found < 0))]
        raise DataError(
            f"{int((found < 0).sum())} predicted events have no simulated shower",
            file=path,
            got=f"obs_id {lost[0]}, event_id {lost[1]}, for one",
            expected=f"a row of {_SHOWER} for each event",
        )
    names = ("true_energy", "true_az", "true_alt")
    truth: dict[str, NDArray[Any]] = {name: _in_units(table, rows, name)[found] for name in names}
    truth["true_particle"] = rows["true_shower_primary_id"].astype(np.int64)[found]
    return truth


def _last_line(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__
