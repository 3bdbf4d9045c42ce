"""Predictions as CTLearn writes them, made up: DL2 files for tests of what reads them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["write_dl2"]

_COLUMNS = {"type": ("prediction",), "energy": ("energy",), "skydirection": ("az", "alt")}
_GROUPS = {"type": "classification", "energy": "energy", "skydirection": "geometry"}
_ENDINGS = {"type": "Classifier", "energy": "Regressor", "skydirection": "CameraReconstructor"}
_UNITS = {"energy": "TeV", "az": "deg", "alt": "deg"}


def write_dl2(
    path: Path,
    events: int = 400,
    *,
    particle: int = 0,
    telescopes: Sequence[int] = (1,),
    level: str = "telescope",
    prefix: str = "CTLearn",
    heads: Sequence[str] = ("type", "energy", "skydirection"),
    obs_id: int = 1,
    seed: int = 0,
    invalid: int = 0,
    truth: bool = True,
    hadronness: bool = True,
    per_task: bool = False,
) -> dict[str, NDArray[Any]]:
    """Write a DL2 file in the layout of CTLearn 0.10: energies are off by 20 %, directions by 0.1 deg in both angles.

    Args:
        path: the file, replaced.
        events: showers; each telescope has an image of each.
        particle: ``true_shower_primary_id``: 0 for gamma rays, which score high, 101 for protons.
        telescopes: numbers of the telescopes.
        level: ``telescope`` or ``subarray``.
        prefix: CTLearn's prefix.
        heads: what is predicted: ``type``, ``energy``, ``skydirection``.
        obs_id: number of the run.
        seed: of the made-up answers.
        invalid: events at the beginning without a valid prediction.
        truth: whether to write the simulated showers.
        hadronness: whether ``prediction`` is that of the background, as CTLearn 0.10.2 writes it.
        per_task: the layout of CTLearn 0.10.3 and newer: a group ``particle_type``, and prefixes by task.

    Returns:
        ``true_energy`` in TeV, ``energy``, ``gammaness``, ``offset`` in deg: of all predictions, by telescope.
    """
    import tables

    rng = np.random.default_rng(seed)
    shower: dict[str, NDArray[Any]] = {
        "obs_id": np.full(events, obs_id, np.int32),
        "event_id": np.arange(10, 10 + events),
        "true_energy": 10 ** rng.uniform(-1, 1, events),
        "true_alt": np.full(events, 70.0),
        "true_az": np.full(events, 359.95),
        "true_shower_primary_id": np.full(events, particle),
    }
    made: list[dict[str, NDArray[Any]]] = []
    with tables.open_file(str(path), mode="w") as file:
        if truth:
            order = rng.permutation(events)
            units = {"true_energy": "TeV", "true_alt": "deg", "true_az": "deg"}
            columns = {name: column[order] for name, column in shower.items()}
            _table(file, "/simulation/event/subarray", "shower", columns, units)
        for telescope in telescopes if level == "telescope" else (None,):
            answers = _answers(rng, shower, particle == 0, hadronness)
            keys = {name: shower[name] for name in ("obs_id", "event_id")}
            if telescope is not None:
                keys["tel_id"] = np.full(events, telescope, np.int16)
            for head in heads:
                own = prefix + _ENDINGS[head] if per_task else prefix
                group = "particle_type" if per_task and head == "type" else _GROUPS[head]
                _write_head(file, keys, answers, (head, group, own), telescope, invalid)
            made.append({"true_energy": shower["true_energy"], **answers})
    return {name: np.concatenate([one[name] for one in made]) for name in made[0]}


def _answers(
    rng: np.random.Generator, shower: Mapping[str, NDArray[Any]], gamma: bool, hadronness: bool
) -> dict[str, NDArray[Any]]:
    events = len(shower["event_id"])
    gammaness = 1 / (1 + np.exp(-rng.normal(1 if gamma else -1, 1, events)))
    lon, lat = rng.normal(0, 0.1, (2, events))
    return {
        "gammaness": gammaness,
        "prediction": 1 - gammaness if hadronness else gammaness,
        "energy": shower["true_energy"] * np.clip(rng.normal(1.05, 0.2, events), 0.05, None),
        "az": (shower["true_az"] + lon / np.cos(np.radians(shower["true_alt"]))) % 360,
        "alt": shower["true_alt"] + lat,
        "offset": np.hypot(lon, lat),
    }


def _write_head(
    file: Any,
    keys: Mapping[str, NDArray[Any]],
    answers: Mapping[str, NDArray[Any]],
    place: tuple[str, str, str],
    telescope: int | None,
    invalid: int,
) -> None:
    """Write a head's table; ``place`` is the head, its group and its prefix."""
    head, kind, prefix = place
    stem = prefix if telescope is None else f"{prefix}_tel"
    valid = np.arange(len(keys["event_id"])) >= invalid
    columns = {f"{stem}_{name}": np.where(valid, answers[name], np.nan) for name in _COLUMNS[head]}
    units = {f"{stem}_{name}": _UNITS[name] for name in _COLUMNS[head] if name in _UNITS}
    group, table = f"/dl2/event/subarray/{kind}", prefix
    if telescope is not None:
        group, table = f"/dl2/event/telescope/{kind}/{prefix}", f"tel_{telescope:03d}"
    _table(file, group, table, {**keys, **columns, f"{stem}_is_valid": valid}, units)


def _table(
    file: Any, group: str, name: str, columns: Mapping[str, NDArray[Any]], units: Mapping[str, str] | None = None
) -> None:
    rows = np.zeros(len(next(iter(columns.values()))), [(key, column.dtype) for key, column in columns.items()])
    for key, column in columns.items():
        rows[key] = column
    table = file.create_table(group, name, rows, createparents=True)
    for place, key in enumerate(columns):
        if units and key in units:
            table.attrs[f"CTAFIELD_{place}_UNIT"] = units[key]
