"""``evonas export``: a winner for use elsewhere."""

from __future__ import annotations

import os
from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from evonas.cli.app import app
from evonas.cli.output import print_line

__all__ = ["ExportFormat", "export"]


class ExportFormat(str, Enum):
    """Who is to use the winner."""

    keras = "keras"
    ctlearn = "ctlearn"


@app.command()
def export(
    run: Annotated[str, typer.Argument(metavar="RUN[:ID]", help="A run directory, or a selection such as RUN:best.")],
    to: Annotated[Path, typer.Option("--to", metavar="DIR", help="The folder to write into.")],
    number: Annotated[int | None, typer.Argument(metavar="ID", help="An individual; default: the best.")] = None,
    format: Annotated[
        ExportFormat,
        typer.Option(help="`keras`: model.keras; `ctlearn`: what CTLearn's own commands train and predict with."),
    ] = ExportFormat.keras,
) -> None:
    """Write an individual as a trained model, genome.yaml and a model card."""
    # Building a model and loading its weights needs no GPU, and no word from TensorFlow about that.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
    from evonas.errors import LineageError
    from evonas.export import export_ctlearn, export_winner
    from evonas.lineage import LineageStore, select
    from evonas.run import RunDirectory, split_selection

    folder, selection = (run, "best") if Path(run).is_dir() else split_selection(run)
    directory = RunDirectory.open(folder)
    with LineageStore.open(directory.lineage_file, read_only=True) as store:
        if number is None and selection != "best":
            number = select(store, selection)[0].number
        if number is None:
            best = store.best(1)
            if not best:
                raise LineageError("there is no best individual yet: no evaluation has completed", file=folder)
            number = best[0].individual.number
        write = export_ctlearn if format is ExportFormat.ctlearn else export_winner
        exported = write(directory, store, number, to)
    for name in exported.files:
        print_line(str(exported.folder / name))
    if exported.note:
        missing = "trained model" if format is ExportFormat.ctlearn else "model.keras"
        print_line(f"no {missing}: {exported.note}", stderr=True)
