"""Conditions on several keys at once, or on a value's form."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

__all__ = ["UnmetError", "check_rungs"]


class UnmetError(ValueError):
    """A condition on several keys, or on a value's form, is not met.

    Args:
        message: what is wrong.
        expected: what would have been right.
        hint: what to do next.
    """

    def __init__(self, message: str, expected: str, hint: str | None = None) -> None:
        super().__init__(f"{message}; expected {expected}")
        self.message = message
        self.expected = expected
        self.hint = hint


def check_rungs(rungs: Any, fractions: Sequence[float] | None, resolutions: Sequence[int] | None, epochs: int) -> None:
    """Check that rungs end with a full training, and that what is given for each of them is.

    Args:
        rungs: epochs at the end of each; no list where they are not given.
        fractions: part of the events at each.
        resolutions: pixels of an image a side that become one at each.
        epochs: of a full training.

    Raises:
        UnmetError: if they do not fit.
    """
    if isinstance(rungs, list) and rungs[-1] != epochs:
        raise UnmetError(
            f"search.rungs ends with {rungs[-1]} epochs, and evolution.epochs is {epochs}", "the same number of epochs"
        )
    for key, given in (("rung_fractions", fractions), ("rung_resolutions", resolutions)):
        if given is not None and (not isinstance(rungs, list) or len(rungs) != len(given)):
            raise UnmetError(f"search.{key} does not fit search.rungs", "both as lists of the same length")
    if resolutions is not None and resolutions[-1] != 1:
        raise UnmetError(f"search.rung_resolutions ends with {resolutions[-1]}", "1: a full training sees all pixels")
