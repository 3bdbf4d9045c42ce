"""``evonas export``: a winner for use elsewhere."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from evonas.cli.app import RunArgument, app, print_line

__all__ = ["export"]


@app.command()
def export(
    run: RunArgument,
    to: Annotated[Path, typer.Option("--to", metavar="DIR", help="The folder to write into.")],
    number: Annotated[int | None, typer.Argument(metavar="ID", help="An individual; default: the best.")] = None,
) -> None:
    """Write an individual as model.keras, genome.yaml and a model card."""
    # Building a model and loading its weights needs no GPU, and no word from TensorFlow about that.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
    from evonas.errors import LineageError
    from evonas.export import export_winner
    from evonas.lineage import LineageStore
    from evonas.run import RunDirectory

    directory = RunDirectory.open(run)
    with LineageStore.open(directory.lineage_file, read_only=True) as store:
        if number is None:
            best = store.best(1)
            if not best:
                raise LineageError("there is no best individual yet: no evaluation has completed", file=run)
            number = best[0].individual.number
        exported = export_winner(directory, store, number, to)
    for name in exported.files:
        print_line(str(exported.folder / name))
    if exported.note:
        print_line(f"no model.keras: {exported.note}", stderr=True)
