"""``evonas lineage``: where an individual came from, what changed at each birth, what a run did."""

from evonas.cli.lineage import ancestors, diff, show, stats, top  # noqa: F401 - they register
from evonas.cli.lineage.asking import group

__all__ = ["group"]
