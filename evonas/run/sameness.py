"""When two trainings are the same: what decides a result beside genome, seed and epochs, as a digest."""

from __future__ import annotations

import hashlib

from evonas.evaluation import EvaluatorSpec
from evonas.genome import canonical_json
from evonas.run.assembly import Question

__all__ = ["settings_digest"]

_PLACES = ("base", "cache")  # where files lie: a run may be moved


def settings_digest(question: Question, spec: EvaluatorSpec) -> str:
    """Return a digest of all that workers are told and of the data.

    Trainings with equal digests, genomes, seeds and epochs are the same.

    Args:
        question: the run.
        spec: what its workers call.
    """
    settings = {name: value for name, value in spec.settings.items() if name not in _PLACES}
    data = "" if question.data is None else question.data.digest
    told = {"target": spec.target, "settings": settings, "environment": dict(spec.environment), "data": data}
    return hashlib.sha256(canonical_json(told).encode()).hexdigest()[:16]
