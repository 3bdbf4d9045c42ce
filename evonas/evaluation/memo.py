"""The memo: a genome that was already evaluated is not trained again; its earlier result answers.

What is reused: COMPLETED, and the failures that lie in the genome (DIVERGED, CRASHED, INVALID). What is not: TIMED_OUT
and OUT_OF_MEMORY, because they also depend on the machine's load and on limits that may be raised when a run is
resumed; LOST and CANCELLED, because they say nothing about the genome. A repeat is always trained: it is there to
measure the noise, and an answer from memory has none.
"""

from __future__ import annotations

from typing import Literal

from evonas.records import EvaluationRequest, EvaluationResult, EvaluationStatus

__all__ = ["REUSED", "Memo"]

REUSED = frozenset(
    {EvaluationStatus.COMPLETED, EvaluationStatus.DIVERGED, EvaluationStatus.CRASHED, EvaluationStatus.INVALID}
)
"""Statuses that say the same when the same genome is asked for again."""


_Key = tuple[str, int, float, int, int | None]


class Memo:
    """Results by genome and training budget; individuals and historical marks play no part.

    The budget is all that a network has learnt from when it is scored: its epochs, those at lower rungs included, and
    the part of the events. How they were shared out over evaluations plays no part.

    Args:
        seeds: ``any``: a result obtained with another seed answers, too (no genome is trained twice);
            ``same``: only one with the same seed does (repeated seeds measure the noise).
    """

    def __init__(self, seeds: Literal["any", "same"] = "any") -> None:
        self._seeds = seeds
        self._results: dict[_Key, EvaluationResult] = {}

    def __len__(self) -> int:
        return len(self._results)

    def answer(self, request: EvaluationRequest) -> EvaluationResult | None:
        """Return an earlier result as the result of this request, or None if there is none, or it is a repeat.

        It costs no epochs and no seconds, and names the evaluation it comes from in ``answered_by``. Files stay with
        that evaluation: ``artifacts`` is empty.
        """
        known = None if request.repeat else self._results.get(self._key(request))
        if known is None or known.number == request.number:
            return None
        details = {"epochs": 0, "curve": known.curve, "answered_by": known.number}
        if known.completed:
            return request.result(known.metrics, **details)
        return request.failure(known.status, known.error, metrics=known.metrics, **details)

    def learn(self, request: EvaluationRequest, result: EvaluationResult) -> None:
        """Keep a result for later; the first one of its kind stays. Answers of the memo and repeats teach nothing.

        Raises:
            ValueError: if the result is not that of the request.
        """
        if request.number != result.number:
            raise ValueError(f"result {result.number} is not that of request {request.number}")
        if result.status in REUSED and result.answered_by is None and not request.repeat:
            self._results.setdefault(self._key(request), result)

    def _key(self, request: EvaluationRequest) -> _Key:
        seed = request.seed if self._seeds == "same" else None
        return request.genome.id, request.total_epochs, request.fraction, request.pooling, seed
