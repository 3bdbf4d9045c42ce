"""Runs of one configuration are repetitions of one another: groups, and what they are called."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from evonas.compare.settings import IGNORED, differing, group_key
from evonas.compare.subjects import ComparedRun

__all__ = ["RunGroup", "group_runs"]

_TOLD = 2  # settings that a name is made of, at most


@dataclass(frozen=True)
class RunGroup:
    """Runs that differ in nothing but their seeds.

    Attributes:
        label: a name that no other group has.
        runs: in the order in which they were named.
    """

    label: str
    runs: tuple[ComparedRun, ...]

    @property
    def seeds(self) -> tuple[int, ...]:
        """The seeds of its runs, in their order."""
        return tuple(run.record.seed for run in self.runs)


def group_runs(runs: Sequence[ComparedRun], ignored: Sequence[str] = ()) -> list[RunGroup]:
    """Return the runs by configuration, in the order in which they were named.

    Args:
        runs: to be grouped.
        ignored: keys of settings that make no other configuration, beside those of
            :data:`evonas.compare.settings.IGNORED`.
    """
    by_key: dict[str, list[ComparedRun]] = {}
    for run in runs:
        by_key.setdefault(group_key(run.record, ignored), []).append(run)
    members = list(by_key.values())
    return [RunGroup(label, tuple(own)) for label, own in zip(_labels(members, ignored), members, strict=True)]


def _labels(members: Sequence[Sequence[ComparedRun]], ignored: Sequence[str]) -> list[str]:
    """Return the first kind of name by which all groups are told apart: the runs' own, their settings, a number."""
    own = [_common_name([run.label for run in runs]) for runs in members]
    if _distinct(own):
        return own
    told = _by_settings([runs[0] for runs in members], ignored)
    if _distinct(told):
        return told
    return [f"group {number}" for number in range(1, len(members) + 1)]


def _common_name(labels: Sequence[str]) -> str:
    """Return what the names of repetitions have in common: `cnn` of `cnn-seed1` and `cnn-seed2`."""
    if len(labels) == 1:
        return labels[0]
    shortest, longest = min(labels), max(labels)
    same = next((at for at, sign in enumerate(shortest) if longest[at : at + 1] != sign), len(shortest))
    return shortest[:same].rstrip("0123456789-_. (").removesuffix("seed").rstrip("-_. (")


def _by_settings(runs: Sequence[ComparedRun], ignored: Sequence[str]) -> list[str]:
    left_out = {*IGNORED, *ignored}
    rows = {key: values for key, values in differing([run.record for run in runs]).items() if key not in left_out}
    if not 0 < len(rows) <= _TOLD:
        return []
    return [", ".join(_told(key, values[at]) for key, values in rows.items()) for at in range(len(runs))]


def _told(key: str, value: Any) -> str:
    return f"{key.rpartition('.')[2]}={value}"


def _distinct(names: Sequence[str]) -> bool:
    return bool(names) and all(names) and len(set(names)) == len(names)
