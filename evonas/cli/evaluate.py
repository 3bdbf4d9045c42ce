"""``evonas evaluate``: chosen genomes retrained from scratch with several seeds, scored on the test part."""

from __future__ import annotations

import math
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from evonas.cli.app import FormatOption, app
from evonas.cli.columns import print_table
from evonas.cli.output import Format, print_line
from evonas.errors import ConfigError, EvaluationError, GenomeError

if TYPE_CHECKING:
    from evonas.config import RunConfig
    from evonas.genome import Genome
    from evonas.records import EvaluationResult
    from evonas.run import Final, RunDirectory

__all__ = ["evaluate"]

_ABREAST = 4  # genomes side by side in a table


@app.command()
def evaluate(
    what: Annotated[
        list[str], typer.Argument(metavar="GENOME|RUN[:ID]...", help="Genome files, or selections of runs.")
    ],
    config: Annotated[
        Path | None, typer.Option("--config", metavar="CONFIG", help="Data and training; needed for genome files.")
    ] = None,
    set_: Annotated[list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change a key.")] = None,
    seeds: Annotated[int, typer.Option("--seeds", min=1, help="Trainings of each genome, with seeds 0, 1, ...")] = 3,
    epochs: Annotated[int | None, typer.Option("--epochs", min=1, help="Training budget; default: the run's.")] = None,
    to: Annotated[
        Path | None, typer.Option("--to", metavar="DIR", help="Keep weights and logs of these trainings here.")
    ] = None,
    format: FormatOption = Format.table,
) -> None:
    """Retrain genomes from scratch with several seeds and score them on the test part."""
    from evonas.run import retrain

    contestants = [one for text in what for one in _contestants(text)]
    settings, directory = _settings(contestants, config, set_ or [])
    _check_families(contestants, settings)
    numbers = list(range(seeds))

    def say(result: EvaluationResult) -> None:
        who = contestants[result.individual].name
        outcome = "done" if result.completed else f"{result.status.value}: {result.error}"
        print_line(f"{who}, seed {result.seed}: {outcome}, {result.seconds:.1f} s", stderr=True)

    try:
        with _workplace(to) as folder:
            genomes = [one.genome for one in contestants]
            finals = retrain(settings, genomes, numbers, folder, epochs=epochs, on_result=say)
    except GenomeError as error:
        if error.file is None and len(contestants) == 1:
            error.file = contestants[0].file
        raise
    for contestant, final in zip(contestants, finals, strict=True):
        if directory is not None and contestant.individual is not None:
            _remember(directory, contestant.individual, numbers, final)
    rows = [_row(*pair, format) for pair in zip(contestants, finals, strict=True)]
    print_table(_upright(rows) if format is Format.table and len(rows) <= _ABREAST else rows, format)
    if not all(final.completed for final in finals):
        raise EvaluationError(
            "a genome completed none of its trainings", hint="the lines above say why; --to keeps their logs"
        )


@dataclass(frozen=True)
class _Contestant:
    name: str
    genome: Genome
    directory: RunDirectory | None = None
    individual: int | None = None
    file: str | None = None


def _contestants(text: str) -> list[_Contestant]:
    from evonas.genome import read_genome
    from evonas.lineage import LineageStore, select
    from evonas.run import RunDirectory, split_selection

    if Path(text).is_file() or Path(text).suffix in (".yaml", ".yml"):
        content = read_genome(text)
        return [_Contestant(content.name, content.genome, file=text)]
    run, selection = split_selection(text)
    directory = RunDirectory.open(run)
    with LineageStore.open(directory.lineage_file, read_only=True) as store:
        return [
            _Contestant(f"{run}:{one.number}", one.genome, directory, one.number) for one in select(store, selection)
        ]


def _settings(
    contestants: Sequence[_Contestant], config: Path | None, overrides: Sequence[str]
) -> tuple[RunConfig, RunDirectory | None]:
    """Return the configuration to train with, and the run whose lineage keeps the figures (if it is one run's own)."""
    from evonas.config import load_config

    if config is not None:
        return load_config(config, overrides), None
    directories = {one.directory for one in contestants}
    if len(directories) != 1 or None in directories:
        raise ConfigError(
            "which data and training settings?",
            key="--config",
            expected="a configuration, since genome files and several runs do not say",
            hint="for example: evonas evaluate genomes/lenet5.yaml --config configs/mnist_cnn.yaml",
        )
    directory = directories.pop()
    assert directory is not None
    return load_config(directory.config_file, overrides), None if overrides else directory


def _check_families(contestants: Sequence[_Contestant], settings: RunConfig) -> None:
    for one in contestants:
        family = one.genome.family
        if family and settings.model and family != settings.model:
            raise GenomeError(
                "this genome is of another model family than the configuration",
                file=one.file,
                key="family",
                got=family,
                expected=settings.model,
                hint=f"give --config a file with `model: {family}`",
            )


@contextmanager
def _workplace(to: Path | None) -> Iterator[Path]:
    if to is not None:
        yield to.resolve()
        shutil.rmtree(to / "data", ignore_errors=True)  # prepared arrays: large, and made again when needed
        return
    with tempfile.TemporaryDirectory(prefix="evonas-evaluate-") as folder:
        yield Path(folder)


def _remember(directory: RunDirectory, individual: int, seeds: list[int], final: Final) -> None:
    from evonas.errors import RunError
    from evonas.lineage import LineageStore, RunLock
    from evonas.run import store_final

    try:
        with RunLock(directory.path), LineageStore.open(directory.lineage_file) as store:
            store_final(store, individual, seeds, final)
    except RunError:
        print_line(f"{directory.shown} is running: these figures are not stored in its lineage", stderr=True)


def _upright(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return a line a metric and a column a genome: there are more metrics than a terminal has room for columns."""
    names = dict.fromkeys(name for row in rows for name in row if name != "genome")
    return [{"metric": name, **{row["genome"]: row.get(name) for row in rows}} for name in names]


def _row(contestant: _Contestant, final: Final, format: Format) -> dict[str, Any]:
    row: dict[str, Any] = {"genome": contestant.name, "trained": f"{len(final.completed)}/{len(final.results)}"}
    for name, (mean, error) in final.table().items():
        if format is Format.table:
            row[name] = f"{mean:.5g}" + ("" if math.isnan(error) else f" +- {error:.2g}")
        else:
            row |= {name: mean, f"{name}_error": None if math.isnan(error) else error}
    return row
