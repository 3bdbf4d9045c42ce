"""What the sections on one run are made from, read and counted once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from evonas.report.analysis.genes import GeneTable, gene_table
from evonas.report.analysis.importance import Importance, gene_importance
from evonas.report.embedding import embed
from evonas.report.history import RunHistory
from evonas.report.html import Html, section
from evonas.report.summary import Overview

if TYPE_CHECKING:
    import plotly.graph_objects as go

__all__ = ["Sheet"]


@dataclass(frozen=True)
class Sheet(Overview):
    """A run on a page.

    Attributes:
        history: the run.
        prefix: before every anchor of the run, where a page holds several runs.
    """

    history: RunHistory
    prefix: str = ""

    @cached_property
    def genes(self) -> GeneTable:
        """Genes of all individuals."""
        return gene_table(self.history.individuals.values())

    @cached_property
    def importance(self) -> Importance | None:
        """Importance of the genes for the first objective; None where too little is known."""
        return gene_importance(self.history, table=self.genes)

    def figure(self, figure: go.Figure, name: str, described: str, caption: str, min_width: int = 0) -> Html:
        """Return a figure as HTML, see :func:`evonas.report.embedding.embed`."""
        return embed(figure, f"{self.prefix}figure-{name}", described, caption, min_width)

    def section(self, anchor: str, title: str, *content: str | None) -> Html:
        """Return a section with a heading that the table of contents points to."""
        return section(f"{self.prefix}{anchor}", title, *content)
