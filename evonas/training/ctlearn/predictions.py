"""CTLearn's predictions of several files as one table of answers beside the truth, which way round they are settled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from evonas.errors import ConfigError, DataError
from evonas.training.ctlearn.dl2 import FilePredictions, Level, read_dl2
from evonas.training.ctlearn.tasks import ENERGY, SKY_DIRECTION, TYPE
from evonas.training.heads import Head, Scored
from evonas.training.metrics.roc import Roc

__all__ = ["GAMMA", "Predictions", "Score", "read_predictions"]

GAMMA = 0
"""The number of a gamma ray among CORSIKA's particles as ctapipe writes them."""

_SURE = 3.0  # standard deviations

Score: TypeAlias = Literal["auto", "gammaness", "hadronness"]
"""What the column ``prediction`` is: more is more like a gamma ray, or less."""


@dataclass(frozen=True)
class Predictions:
    """CTLearn's answers about simulated events.

    Attributes:
        scored: heads ``type`` (1 is the signal), ``energy`` (log10 of TeV) and ``skydirection`` (az and alt, deg),
            those that all files have; columns ``obs_id``, ``event_id``, ``tel_id``, ``file_index``, ``true_energy``,
            ``true_class`` and ``true_particle`` of the events.
        level: ``telescope`` or ``subarray``.
        score: what ``prediction`` was taken for; None where no head is a type.
        notes: what the reader has to know: events and heads left out, a score turned round.
        files: the files, in order.
    """

    scored: Scored
    level: Level
    score: Literal["gammaness", "hadronness"] | None
    notes: tuple[str, ...]
    files: tuple[Path, ...]


def read_predictions(
    files: Sequence[Path],
    *,
    prefix: str = "CTLearn",
    level: Level | None = None,
    signal_id: int = GAMMA,
    score: Score = "auto",
) -> Predictions:
    """Read CTLearn's predictions from one or several files, such as those of gammas and those of protons.

    CTLearn 0.10.2 writes the probability of its class 0, the background, into the column that should hold that of the
    signal (dl1-data-handler, issue 156). Since 0.10.3 it writes that of the signal, into a group of another name:
    ``auto`` takes files of that layout as they are. Other files do not say which version wrote them, and the events
    decide: the column is a gammaness where its AUC is above 0.5 by more than three standard deviations of guessing,
    else a hadronness. A network that is worse than guessing cannot be told from a column turned round.

    Args:
        files: DL2 files of ``ctlearn-predict-mono-model`` or ``-stereo-model``.
        prefix: CTLearn's ``prefix`` when it predicted.
        level: which predictions; None takes those of single telescopes where the first file has some.
        signal_id: ``true_shower_primary_id`` of the signal.
        score: what the prediction is.

    Raises:
        DataError: if a file is missing, unreadable, or without predictions or truth, if the files have no head in
            common, or if they are of both layouts and ``score`` is ``auto``; see also
            :func:`evonas.training.ctlearn.dl2.read_dl2`.
        DependencyError: if PyTables is not installed.
    """
    if not files:
        raise ConfigError("there is no file", key="FILE", got=[], expected="DL2 files of CTLearn")
    parts: list[FilePredictions] = []
    for file in files:
        parts.append(read_dl2(Path(file), prefix=prefix, level=level))
        level = parts[0].level
    notes = _invalid(parts)
    names = _common_heads(parts, notes)
    events = _events(parts, signal_id)
    truth, answers = _regressions(parts, names)
    heads: list[Head] = [head for head in (ENERGY, SKY_DIRECTION) if head.name in names]
    taken = None
    if TYPE.name in names:
        raw = np.concatenate([part.answers[TYPE.name][:, 0] for part in parts])
        taken = _settle(raw, events["true_class"] == 1, _known(parts, score), notes)
        if taken is not None:
            signal = np.clip(raw if taken == "gammaness" else 1 - raw, 0, 1)
            answers[TYPE.name] = np.stack([1 - signal, signal], axis=1)
            truth[TYPE.name] = events["true_class"]
            heads.insert(0, TYPE)
    if not heads:
        raise DataError(
            "nothing can be measured: only particle types were predicted, and the events are all of one class",
            file=parts[0].path,
            got=f"{len(events['true_class'])} events, {_kinds(events, signal_id)}",
            expected="signal and background, in one file or in several",
            hint="name the files of both: evonas metrics GAMMAS PROTONS",
        )
    scored = Scored(tuple(heads), truth, answers, events)
    return Predictions(scored, parts[0].level, taken, tuple(notes), tuple(part.path for part in parts))


def _invalid(parts: Sequence[FilePredictions]) -> list[str]:
    return [
        f"{part.path.name}: {part.invalid} of {part.invalid + len(part.keys)} events have no valid prediction and are "
        "left out"
        for part in parts
        if part.invalid
    ]


def _common_heads(parts: Sequence[FilePredictions], notes: list[str]) -> list[str]:
    everywhere = [head for head in parts[0].answers if all(head in part.answers for part in parts)]
    lacking = {head: part for part in parts for other in parts for head in other.answers if head not in part.answers}
    notes.extend(
        f"{head} is left out: {part.path.name} has no prediction of it" for head, part in sorted(lacking.items())
    )
    if not everywhere:
        raise DataError(
            "the files have no prediction in common",
            file=parts[-1].path,
            got=", ".join(parts[-1].answers),
            expected=f"{', '.join(parts[0].answers)}, as in {parts[0].path}",
        )
    return everywhere


def _events(parts: Sequence[FilePredictions], signal_id: int) -> dict[str, NDArray[Any]]:
    keys = np.concatenate([part.keys for part in parts])
    names = ("obs_id", "event_id", "tel_id")[: keys.shape[1]]
    events: dict[str, NDArray[Any]] = {name: keys[:, at] for at, name in enumerate(names)}
    events["file_index"] = np.repeat(np.arange(len(parts)), [len(part.keys) for part in parts])
    for name in ("true_energy", "true_particle"):
        events[name] = np.concatenate([part.truth[name] for part in parts])
    events["true_class"] = (events["true_particle"] == signal_id).astype(np.int64)
    return events


def _regressions(
    parts: Sequence[FilePredictions], names: Sequence[str]
) -> tuple[dict[str, NDArray[Any]], dict[str, NDArray[Any]]]:
    truth: dict[str, NDArray[Any]] = {}
    answers: dict[str, NDArray[Any]] = {}
    for head in (ENERGY.name, SKY_DIRECTION.name):
        if head in names:
            truth[head] = np.concatenate([part.true(head) for part in parts])
            answers[head] = np.concatenate([part.answers[head] for part in parts])
    if ENERGY.name in names:
        truth[ENERGY.name] = np.log10(truth[ENERGY.name])
        answers[ENERGY.name] = np.log10(np.maximum(answers[ENERGY.name], 1e-30))
    return truth, answers


def _known(parts: Sequence[FilePredictions], score: Score) -> Score:
    """Return what the files' layout says about their predictions, where nobody else does."""
    if score != "auto" or not any(part.gammaness for part in parts):
        return score
    older = next((part for part in parts if not part.gammaness), None)
    if older is not None:
        raise DataError(
            "the files were written by versions of CTLearn whose predictions may mean the opposite",
            file=older.path,
            got="the layout of CTLearn 0.10.2",
            expected="that of 0.10.3 or newer, as in the other files",
            hint="predict all of them with one version, or say what all of them hold with --score",
        )
    return "gammaness"


def _settle(
    raw: NDArray[np.float64], signal: NDArray[np.bool_], score: Score, notes: list[str]
) -> Literal["gammaness", "hadronness"] | None:
    """Return what the predictions are, or None where the events are all of one class."""
    if signal.all() or not signal.any():
        kind = "signal" if signal.any() else "background"
        notes.append(f"type is left out: the events are all {kind}, so that no metric of a classification is defined")
        return None
    if score != "auto":
        return score
    area = Roc(signal, raw).area()
    guessing = _deviation_of_guessing(signal)
    if area > 0.5 + _SURE * guessing:
        return "gammaness"
    sure = "" if area < 0.5 - _SURE * guessing else f", too near 0.5 to tell (+- {guessing:.4f} by chance)"
    notes.append(
        f"the column `prediction` has an AUC of {area:.4f} as a gammaness{sure}: it is taken for a hadronness, as "
        "CTLearn 0.10.2 writes the probability of the background there; --score says it outright"
    )
    return "hadronness"


def _deviation_of_guessing(signal: NDArray[np.bool_]) -> float:
    """Return the standard deviation of the AUC of scores that know nothing (Mann & Whitney 1947)."""
    signals, backgrounds = int(signal.sum()), int((~signal).sum())
    return float(np.sqrt((signals + backgrounds + 1) / (12 * signals * backgrounds)))


def _kinds(events: dict[str, NDArray[Any]], signal_id: int) -> str:
    found = ", ".join(str(number) for number in np.unique(events["true_particle"]))
    return f"true_shower_primary_id {found}; the signal is {signal_id}"
