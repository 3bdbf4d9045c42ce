"""Epochs behind a result, whatever became of the weights in between."""

import pytest

from evonas.lineage import StoredResult
from evonas.records import EvaluationResult, EvaluationStatus


@pytest.mark.parametrize(
    ("trained", "asked", "epochs", "curve", "answered_by", "total"),
    [
        (0, 9, 9, (), None, 9),
        (0, 9, 4, (), None, 4),  # it stopped early
        (3, 6, 6, (), None, 9),
        (3, 6, 9, (), None, 9),  # afresh
        (3, 6, 5, tuple({"epoch": epoch} for epoch in range(1, 6)), None, 5),  # afresh, and it stopped early
        (3, 6, 2, ({"epoch": 4}, {"epoch": 5}), None, 5),
        (3, 6, 0, (), 1, 9),
        (0, 2, 2, ({"loss": 0.5}, {"loss": 0.25}), None, 2),
    ],
)
def test_total_epochs(trained, asked, epochs, curve, answered_by, total):
    result = EvaluationResult(
        *(0, 0, EvaluationStatus.COMPLETED), {"loss": 1.0}, curve, epochs, rung=1, answered_by=answered_by
    )
    assert StoredResult(result, 0, 0.0, asked, trained).total_epochs == total
