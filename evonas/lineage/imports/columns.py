"""What each column of a phylogeny CSV is: a metric, a cost, a gene, or something that evonas wrote itself."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from evonas.errors import GenomeError, LineageError, nearest
from evonas.genome import Genome
from evonas.lineage.imports.alife_rows import Row
from evonas.lineage.imports.genes import GeneNames, space_of_values
from evonas.records import FINAL, EvaluationStatus, Parent

__all__ = ["Columns"]

_OURS = frozenset(
    {
        *("foreign_ancestors", "genome", "family", "generation", "operators", "founder", "status", "rung", "epochs"),
        *("seconds", "device", "genes", "marks"),
    }
)
_FOREIGN = re.compile(r"([0-9a-f]{32}):(\d+)")
_BOOLS = {"true": True, "false": False}


@dataclass
class Columns:
    """The columns of a file, by what they are.

    Attributes:
        ours: whether evonas wrote the file.
        metrics: column to metric.
        costs: column to cost.
        genes: column to its values, parsed, by the rows' ids.
        names: where each gene stands.
        path: the file, for messages.
    """

    ours: bool
    metrics: dict[str, str]
    costs: dict[str, str]
    genes: dict[str, dict[int, Any]]
    names: GeneNames
    path: Path
    notes: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, rows: Sequence[Row], genes: Mapping[str, str], path: Path) -> Columns:
        """Look at all columns of a file.

        Args:
            rows: its rows.
            genes: columns that the user says are genes, and what each is to be called.
            path: the file.

        Raises:
            LineageError: if a column that is said to be a gene is not there.
        """
        every = list(dict.fromkeys(name for row in rows for name in row.texts))
        ours = set(every) >= {"genome", "generation", "operators", "status"}
        for name in genes:
            if name not in every:
                close = nearest(name, every)
                raise LineageError(
                    "there is no such column, or it is empty",
                    file=path,
                    key="--gene",
                    got=name,
                    expected=f"one of {', '.join(every)}" if every else "a file with further columns",
                    hint=f"did you mean `{close}`?" if close else None,
                )
        rest = [name for name in every if not (ours and name in _OURS) and name not in genes]
        numeric = [name for name in rest if all(_is_number(row.texts[name]) for row in rows if name in row.texts)]
        metrics = {name: name for name in numeric if not name.startswith("gene_")}
        costs: dict[str, str] = {}
        if ours:
            costs = {name: name for name in numeric if not name.startswith("metric_")}
            metrics = {name: name.removeprefix("metric_") for name in numeric if name.startswith("metric_")}
        of_genes = [*genes, *(name for name in rest if name not in metrics and name not in costs)]
        values = {name: {row.id: row.texts[name] for row in rows if name in row.texts} for name in of_genes}
        renamed = {name: genes.get(name) or name.removeprefix("gene_") for name in of_genes}
        found = cls(
            ours, metrics, costs, {name: _parsed(cells) for name, cells in values.items()},
            GeneNames(of_genes, renamed), path,
        )  # fmt: skip
        found._explain()
        return found

    def _explain(self) -> None:
        if self.ours:
            self.notes.append("the file was written by evonas: genes, operators, statuses and costs are taken as such")
            return
        if self.metrics:
            self.notes.append(f"columns of numbers are metrics: {', '.join(self.metrics)}")
        if self.genes:
            self.notes.append(f"genes: {', '.join(self.genes)}")
        else:
            self.notes.append("no column is a gene, so an individual's only gene is its id; see --gene")

    @property
    def roles(self) -> dict[str, str]:
        """Column to ``metric``, ``cost`` or ``gene``."""
        kinds = {"metric": list(self.metrics), "cost": list(self.costs), "gene": list(self.genes)}
        return {name: kind for kind, names in kinds.items() for name in names}

    @property
    def space(self) -> dict[str, Any]:
        """The smallest space that holds all genomes; empty where the genes are nested ones of evonas."""
        if self.ours:
            return {}
        if not self.genes:
            return {}
        complete = {name: list(values.values()) for name, values in self.genes.items() if values}
        return self.names.nested(space_of_values(complete))

    def genome(self, row: Row) -> Genome:
        """Return the genome of a row.

        Raises:
            LineageError: if its genes are no JSON mapping.
        """
        if self.ours and "genes" in row.texts:
            try:
                marks = json.loads(row.texts["marks"]) if "marks" in row.texts else None
                return Genome(json.loads(row.texts["genes"]), row.texts.get("family", ""), marks)
            except (ValueError, GenomeError) as error:
                raise LineageError(
                    f"the genes are no genome: {error}", file=self.path, line=row.line, key="genes",
                    got=row.texts["genes"], expected="a JSON mapping",
                ) from error  # fmt: skip
        flat = {name: values[row.id] for name, values in self.genes.items() if row.id in values}
        return Genome(self.names.nested(flat) if self.genes else {"id": row.id})

    def metrics_of(self, row: Row) -> dict[str, float]:
        """Return the finite metrics of a row."""
        return _finite(row, self.metrics)

    def costs_of(self, row: Row) -> dict[str, float]:
        """Return the finite costs of a row."""
        return _finite(row, self.costs)

    def status(self, row: Row) -> EvaluationStatus | None:
        """Return how the evaluation of a row ended; None where it has none, or none yet."""
        said = row.texts.get("status") if self.ours else None
        if said is not None and said in {status.value for status in FINAL}:
            status = EvaluationStatus(said)
            return None if status is EvaluationStatus.COMPLETED and not self.metrics_of(row) else status
        return EvaluationStatus.COMPLETED if not self.ours and self.metrics_of(row) else None

    def operators(self, row: Row, parents: Sequence[Parent]) -> tuple[str, ...]:
        """Return the operators of a birth: as evonas wrote them, else ``founder`` or ``descent``."""
        said = row.texts.get("operators") if self.ours else None
        if said:
            return tuple(part.strip() for part in said.split(","))
        return ("descent",) if parents else ("founder",)

    def foreign(self, row: Row) -> tuple[Parent, ...]:
        """Return the parents that lived elsewhere: in another run of evonas, or in a genome file."""
        text = row.texts.get("foreign_ancestors", "") if self.ours else ""
        parents = [Parent(int(number), run, "seed") for run, number in _FOREIGN.findall(text)]
        file = _FOREIGN.sub("", text).strip()
        return (*parents, *((Parent(None, None, "seed", file),) if file else ()))

    def number(self, row: Row, column: str) -> float:
        """Return a number of one of our own columns; 0 where there is none."""
        text = row.texts.get(column) if self.ours else None
        return float(text) if text is not None and _is_number(text) and math.isfinite(float(text)) else 0.0

    def whole(self, row: Row, column: str) -> int:
        """Return a whole number of one of our own columns; 0 where there is none."""
        return int(self.number(row, column))


def _finite(row: Row, columns: Mapping[str, str]) -> dict[str, float]:
    numbers = {name: float(row.texts[column]) for column, name in columns.items() if column in row.texts}
    return {name: value for name, value in numbers.items() if math.isfinite(value)}


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _parsed(cells: Mapping[int, str]) -> dict[int, Any]:
    """Return the cells of a gene as whole numbers, numbers, switches or texts, all of one kind."""
    texts = list(cells.values())
    if all(text.lower() in _BOOLS for text in texts):
        return {row: _BOOLS[text.lower()] for row, text in cells.items()}
    if all(re.fullmatch(r"[+-]?\d{1,15}", text) for text in texts):
        return {row: int(text) for row, text in cells.items()}
    if all(_is_number(text) and math.isfinite(float(text)) for text in texts):
        return {row: float(text) for row, text in cells.items()}
    return dict(cells)
