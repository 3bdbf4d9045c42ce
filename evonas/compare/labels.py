"""Names that tell runs apart: two runs may have the same name, and lie in folders of the same name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from evonas.lineage import RunRecord
from evonas.run import RunDirectory

__all__ = ["run_labels"]


def run_labels(runs: Sequence[tuple[RunDirectory, RunRecord]]) -> list[str]:
    """Return a name for each run that no other one of them has: its own, else its folder's, else its path.

    Args:
        runs: each in a folder of its own.
    """
    labels = [record.name for _, record in runs]
    for finer in ([run.path.name for run, _ in runs], [str(run.path) for run, _ in runs]):
        taken = Counter(labels)
        labels = [label if taken[label] == 1 else other for label, other in zip(labels, finer, strict=True)]
    return labels
