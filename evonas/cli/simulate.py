"""``evonas simulate``: toy showers in DL1 files, to begin with."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from evonas.cli.app import FormatOption, app
from evonas.cli.columns import print_table
from evonas.cli.output import Format, console, figure, print_line
from evonas.errors import ConfigError

if TYPE_CHECKING:
    from evonas.simulation import SimulationSummary

__all__ = ["simulate"]

_PROTON_RUNS = 1000
_MOST_RUNS = 999


class Camera(str, Enum):
    """The cameras made here."""

    small = "small"
    lst = "lst"


@dataclass(frozen=True)
class _Job:
    """A file to write."""

    particle: str
    run: int
    events: int
    file: Path


@app.command()
def simulate(
    to: Annotated[Path, typer.Argument(metavar="DIR", help="The folder to write into.")],
    gammas: Annotated[int, typer.Option("--gammas", metavar="N", min=0, help="Gamma events, over all runs.")] = 0,
    protons: Annotated[int, typer.Option("--protons", metavar="N", min=0, help="Proton events, over all runs.")] = 0,
    runs: Annotated[int, typer.Option("--runs", metavar="K", min=1, help="Files of each particle.")] = 1,
    first_run: Annotated[
        int, typer.Option("--first-run", metavar="N", min=1, help="Number of the first run; protons add 1000.")
    ] = 1,
    camera: Annotated[Camera | None, typer.Option("--camera", help="A camera made here; default: small.")] = None,
    subarray: Annotated[
        Path | None, typer.Option("--subarray", metavar="FILE", help="Telescopes of a file of ctapipe instead.")
    ] = None,
    tel_type: Annotated[
        str | None, typer.Option("--tel-type", metavar="TYPE", help="Only this type, such as MST_MST_NectarCam.")
    ] = None,
    telescopes: Annotated[
        int | None, typer.Option("--telescopes", metavar="N", min=1, help="Default: 1, or all of --subarray.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="The same seed gives the same events.")] = 0,
    diffuse_gammas: Annotated[
        bool, typer.Option("--diffuse-gammas/--point-gammas", help="Directions all over the camera, or one source.")
    ] = True,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Any other setting, such as night_sky=3 or energy_min=0.1."),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace files that are there.")] = False,
    plot: Annotated[
        Path | None, typer.Option("--plot", metavar="FILE", help="Write a page on the image parameters, HTML.")
    ] = None,
    format: FormatOption = Format.table,
) -> None:
    """Simulate toy showers: DL1 files that ctapipe and CTLearn read, for demonstrations and tests."""
    jobs = _jobs(to, {"gamma": gammas, "proton": protons}, runs, first_run)
    settings = _settings(set_ or []) | {
        "camera": camera.value if camera else None,
        "subarray": subarray,
        "telescope_type": tel_type,
        "telescopes": telescopes,
        "seed": seed,
    }
    _check(jobs, settings, diffuse_gammas, overwrite)
    summaries = _simulate_all(jobs, settings, diffuse_gammas, overwrite)
    print_table([_row(summary) for summary in summaries], format)
    _judge(summaries, plot, quiet=format is not Format.table)


def _jobs(folder: Path, events: dict[str, int], runs: int, first_run: int) -> list[_Job]:
    """Spread the events of each particle over its files; files of different particles have different run numbers."""
    if not any(events.values()):
        raise ConfigError("nothing to simulate", expected="--gammas N, --protons N or both", got=0)
    if first_run + runs - 1 > _MOST_RUNS:
        raise ConfigError(
            "gammas have run numbers below 1000, protons above", got=first_run + runs - 1, expected=f"<= {_MOST_RUNS}"
        )
    jobs = []
    for particle, total in events.items():
        if 0 < total < runs:
            raise ConfigError(f"{runs} runs need at least {runs} {particle} events", got=total)
        for at in range(runs) if total else ():
            run = first_run + at + (_PROTON_RUNS if particle == "proton" else 0)
            share = total // runs + (at < total % runs)
            jobs.append(_Job(particle, run, share, folder / f"{particle}_run{run}.dl1.h5"))
    return jobs


def _settings(assignments: list[str]) -> dict[str, Any]:
    import yaml

    own = {"particle", "events", "run", "seed", "camera", "subarray", "telescopes", "telescope_type", "diffuse"}
    settings = {}
    for assignment in assignments:
        key, equals, text = assignment.partition("=")
        if not equals or not key or key in own:
            raise ConfigError(
                "not a setting for --set", got=assignment, expected="KEY=VALUE, and no key that has its own option"
            )
        try:
            settings[key] = yaml.safe_load(text)
        except yaml.YAMLError:
            settings[key] = text
    return settings


def _job_settings(job: _Job, settings: dict[str, Any], diffuse_gammas: bool) -> dict[str, Any]:
    diffuse = diffuse_gammas if job.particle == "gamma" else None
    return settings | {"run": job.run, "diffuse": diffuse}


def _check(jobs: list[_Job], settings: dict[str, Any], diffuse_gammas: bool, overwrite: bool) -> None:
    """Check everything before the first file is written."""
    from evonas.errors import StorageError
    from evonas.simulation.settings import checked_settings

    for job in jobs:
        checked_settings(particle=job.particle, events=job.events, **_job_settings(job, settings, diffuse_gammas))
        if job.file.exists() and not overwrite:
            raise StorageError("the file exists already", file=job.file, hint="another folder, or --overwrite")


def _simulate_all(
    jobs: list[_Job], settings: dict[str, Any], diffuse_gammas: bool, overwrite: bool
) -> list[SimulationSummary]:
    from evonas.simulation import simulate as simulate_file

    summaries = []
    with _progress(sum(job.events for job in jobs)) as tell:
        for job in jobs:
            tell(job.file.name, 0)
            summaries.append(
                simulate_file(
                    job.file,
                    job.particle,
                    job.events,
                    overwrite=overwrite,
                    progress=lambda events, name=job.file.name: tell(name, events),  # type: ignore[misc]
                    **_job_settings(job, settings, diffuse_gammas),
                )
            )
    return summaries


@contextmanager
def _progress(total: int) -> Iterator[Callable[[str, int], None]]:
    """Show a bar on a terminal; give the function that moves it by so many events of a file."""
    if not sys.stderr.isatty():
        yield lambda name, events: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(None), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console(stderr=True), transient=True) as bar:
        task = bar.add_task("simulating", total=total)
        yield lambda name, events: bar.update(task, description=name, advance=events)


def _row(summary: SimulationSummary) -> dict[str, Any]:
    return {
        "file": str(summary.file),
        "events": summary.events,
        "images": summary.images,
        "showers thrown": summary.thrown,
        "images/s": round(summary.rate, 1),
    }


def _judge(summaries: list[SimulationSummary], plot: Path | None, quiet: bool) -> None:
    """Say, and draw if asked, how hard it is to tell the particles apart."""
    from evonas.simulation.summary import read_parameters, separation_auc

    files: dict[str, list[Path]] = {}
    for summary in summaries:
        files.setdefault(summary.settings.particle, []).append(summary.file)
    if len(files) < 2 and plot is None:
        return
    kinds = {particle: read_parameters(paths) for particle, paths in files.items()}
    auc = separation_auc(kinds["gamma"], kinds["proton"]) if len(kinds) == 2 else None
    if auc is not None and not quiet:
        print_line(f"AUC of width and length alone, images of more than 50 photoelectrons: {figure(round(auc, 4))}")
    if plot is not None:
        from evonas.report import write_page
        from evonas.report.showers import compose_showers

        facts = [("Files", str(len(summaries))), ("Images", f"{sum(summary.images for summary in summaries):,}")]
        print_line(str(write_page(compose_showers(kinds, auc, facts), plot)), stderr=quiet)
