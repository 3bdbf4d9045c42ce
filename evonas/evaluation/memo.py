"""The memo: a genome that was already evaluated is not trained again; its earlier result answers.

What is reused: COMPLETED, and the failures that lie in the genome (DIVERGED, CRASHED, INVALID). What is not: TIMED_OUT
and OUT_OF_MEMORY, because they also depend on the machine's load and on limits that may be raised when a run is
resumed; LOST and CANCELLED, because they say nothing about the genome.
"""

from __future__ import annotations

from typing import Literal

from evonas.records import EvaluationRequest, EvaluationResult, EvaluationStatus

__all__ = ["REUSED", "Memo"]

REUSED = frozenset(
    {EvaluationStatus.COMPLETED, EvaluationStatus.DIVERGED, EvaluationStatus.CRASHED, EvaluationStatus.INVALID}
)
"""Statuses that say the same when the same genome is asked for again."""


class Memo:
    """Results by genome and training budget; individuals and historical marks play no part.

    Args:
        seeds: ``any``: a result obtained with another seed answers, too (no genome is trained twice);
            ``same``: only one with the same seed does (repeated seeds measure the noise).
    """

    def __init__(self, seeds: Literal["any", "same"] = "any") -> None:
        self._seeds = seeds
        self._results: dict[tuple[str, int, int | None], EvaluationResult] = {}

    def __len__(self) -> int:
        return len(self._results)

    def answer(self, request: EvaluationRequest) -> EvaluationResult | None:
        """Return an earlier result as the result of this request, or None if there is none.

        It costs no epochs and no seconds, and names the evaluation it comes from in ``answered_by``. Files stay with
        that evaluation: ``artifacts`` is empty.
        """
        known = self._results.get(self._key(request))
        if known is None or known.number == request.number:
            return None
        details = {"epochs": 0, "curve": known.curve, "answered_by": known.number}
        if known.completed:
            return request.result(known.metrics, **details)
        return request.failure(known.status, known.error, metrics=known.metrics, **details)

    def learn(self, request: EvaluationRequest, result: EvaluationResult) -> None:
        """Keep a result for later; the first one of its kind stays, and an answer of the memo teaches nothing.

        Raises:
            ValueError: if the result is not that of the request.
        """
        if request.number != result.number:
            raise ValueError(f"result {result.number} is not that of request {request.number}")
        if result.status in REUSED and result.answered_by is None:
            self._results.setdefault(self._key(request), result)

    def _key(self, request: EvaluationRequest) -> tuple[str, int, int | None]:
        return request.genome.id, request.epochs, request.seed if self._seeds == "same" else None
