"""Operators that adapt: those whose children are better than their parents are used more often.

Probability matching with a floor (Goldberg 1990; Thierens 2005, doi:10.1145/1068009.1068251), per operator, and per
group of genes for the mutations. All of it follows from the births and results, so a resumed run has it again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["Credit"]

_MEMORY = 0.97  # weight of a credit after each further one
_PRIOR = 5.0  # births that the first impression counts as
_EXPECTED = 0.3  # credit of a birth before anything is known
_FLOOR = 0.25  # a share never falls below this part of the one it started with


class Credit:
    """How successful each of some alternatives has been, and how often it should be used.

    Args:
        shares: how often each is used at first, by name; relative.
        adaptive: whether success changes that.
    """

    def __init__(self, shares: Mapping[str, float], *, adaptive: bool = True) -> None:
        self._first = {name: share for name, share in shares.items() if share > 0}
        self._adaptive = adaptive
        self._credit = dict.fromkeys(self._first, _PRIOR * _EXPECTED)
        self._uses = dict.fromkeys(self._first, _PRIOR)

    def reward(self, names: Iterable[str], credit: float) -> None:
        """Note the success of a birth: 0 for a child no better than its parent, up to 1."""
        for name in set(names) & set(self._first):
            self._credit[name] = _PRIOR * _EXPECTED + _MEMORY * (self._credit[name] - _PRIOR * _EXPECTED) + credit
            self._uses[name] = _PRIOR + _MEMORY * (self._uses[name] - _PRIOR) + 1

    def shares(self, usable: Sequence[str] | None = None) -> dict[str, float]:
        """Return how often each is to be used, of sum 1; of the usable ones alone where given."""
        names = [name for name in self._first if usable is None or name in usable]
        if not names:
            return {}
        quality = {name: self._credit[name] / self._uses[name] if self._adaptive else 1.0 for name in names}
        mean = sum(self._first[name] * quality[name] for name in names) / sum(self._first[name] for name in names)
        raw = {name: self._first[name] * max(_FLOOR, quality[name] / mean) for name in names}
        total = sum(raw.values())
        return {name: share / total for name, share in raw.items()}

    def weights(self, names: Sequence[str], members: NDArray[np.intp]) -> NDArray[np.float64]:
        """Return the share of the alternative that each of some members belongs to, relative to its first share."""
        shares = self.shares()
        total = sum(self._first.values())
        ratios = np.array([shares[name] / (self._first[name] / total) for name in names])
        return ratios[members] if len(members) else np.ones(0)
