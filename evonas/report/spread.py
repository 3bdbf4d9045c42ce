"""The search's spread over each gene, with its caption."""

from __future__ import annotations

from evonas.report.embedding import embed
from evonas.report.figures import gene_spread
from evonas.report.formats import count, label
from evonas.report.history import Goal, RunHistory
from evonas.report.html import Html

__all__ = ["spread_figure"]


def spread_figure(history: RunHistory, goal: Goal, anchor: str) -> Html | None:
    """Return the spread of a search over each gene with its caption; None where no gene varies."""
    figure, notes = gene_spread(history.evaluations, goal)
    if not notes.genes:
        return None
    caption = (
        f"A panel for each gene that varies: the values tried over the evaluations, coloured by "
        f"{label(goal.metric, unit=False)}; the star is the best. Where points gather, the search settled."
    )
    if notes.genes_left_out:
        caption += f" {count(notes.genes_left_out, 'further gene')} found no room."
    if notes.points_left_out:
        caption += f" {notes.points_left_out:,} points are left out of the drawing."
    return embed(figure, anchor, caption, caption, 640)
