"""The files of a study: table as CSV, everything as JSON, and the page."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

from evonas.report import write_page
from evonas.study.results import ERROR, flat_rows, plain_results
from evonas.study.study import Study

__all__ = ["write_study"]


def write_study(study: Study) -> dict[str, Path]:
    """Write ``study.csv``, ``study.json`` and ``study.html`` into the study's folder; older ones are replaced.

    Returns:
        Ending of the name to the file.

    Raises:
        StorageError: if one cannot be written; the old one is then left as it was.
    """
    from evonas.study.page import compose_study  # Plotly takes a third of a second to import

    rows = flat_rows([*study.results, *study.transfers], words=False)
    table = io.StringIO()
    writer = csv.DictWriter(table, fieldnames=list(rows[0]) if rows else [], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    content = {
        "study": study.settings.name,
        "seeds": list(study.settings.seeds),
        "error": ERROR,
        "notes": list(study.notes),
        "results": plain_results(study.results),
        "transfers": plain_results(study.transfers),
    }
    texts = {
        "csv": table.getvalue(),
        "json": json.dumps(content, indent=2, ensure_ascii=False) + "\n",
        "html": compose_study(study),
    }
    return {ending: write_page(text, study.folder / f"study.{ending}") for ending, text in texts.items()}
