"""A run directory: one folder that holds all of a run, and nothing of it lies elsewhere."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from evonas.config import RunConfig, dump_config
from evonas.errors import EvonasError, RunError, StorageError
from evonas.lineage import LineageStore
from evonas.lineage.kin import run_folder

__all__ = ["RunDirectory", "find_runs"]

_LINEAGE = "lineage.sqlite"


@dataclass(frozen=True)
class RunDirectory:
    """The files of a run.

    ``config.yaml`` the configuration as it was run; ``lineage.sqlite`` what happened; ``data/`` the prepared arrays;
    ``logs/`` output and traceback of each evaluation; ``weights/`` trained weights of the best; ``report.html``.

    Attributes:
        path: the folder, absolute.
    """

    path: Path

    @property
    def config_file(self) -> Path:
        """The configuration as it was run, with every default."""
        return self.path / "config.yaml"

    @property
    def lineage_file(self) -> Path:
        """The lineage store."""
        return self.path / _LINEAGE

    @property
    def report_file(self) -> Path:
        """Where ``evonas report`` writes."""
        return self.path / "report.html"

    @classmethod
    def create(cls, config: RunConfig, path: str | Path | None = None) -> RunDirectory:
        """Make a new run directory and write the configuration into it.

        Args:
            config: names the run.
            path: the folder; None takes ``runs/<name>-<date>-<time>`` below the current folder.

        Raises:
            RunError: if the folder exists and is not empty.
            StorageError: if it cannot be written.
        """
        folder = Path(path) if path is not None else cls._free_name(config.name)
        if folder.exists() and not folder.is_dir():
            raise RunError("the run directory is a file", file=folder, hint="choose another with --run-dir")
        if folder.is_dir() and any(folder.iterdir()):
            ours = cls(folder)._is_ours()
            raise RunError(
                "the run directory holds a run already"
                if ours
                else "the run directory is not empty, and is not a run's",
                file=folder,
                got=sorted(entry.name for entry in folder.iterdir())[:8],
                expected="a new or an empty folder",
                hint=f"to go on with it: evonas resume {folder}" if ours else "choose another with --run-dir",
            )
        run = cls(folder.resolve())
        try:
            folder.mkdir(parents=True, exist_ok=True)
            temporary = run.config_file.with_suffix(".tmp")
            temporary.write_text(dump_config(config), encoding="utf-8")
            temporary.replace(run.config_file)
        except OSError as error:
            raise StorageError(
                f"the run directory cannot be written: {error.strerror or error}", file=folder
            ) from error
        return run

    @classmethod
    def open(cls, path: str | Path) -> RunDirectory:
        """Return an existing run directory.

        Raises:
            RunError: if there is none, or it is another program's.
        """
        return cls(run_folder(path))

    def check(self) -> None:
        """Check that the lineage is one that can be read.

        Raises:
            LineageError: if it is of another program or another version, or damaged.
        """
        LineageStore.open(self.lineage_file, read_only=True).close()

    def logs(self, file: str | None) -> bool:
        """Return whether a file is one of the run's logs."""
        return file is not None and Path(file).absolute().is_relative_to(self.path / "logs")

    def discard(self) -> None:
        """Remove the folder with all that is in it."""
        shutil.rmtree(self.path, ignore_errors=True)

    def _is_ours(self) -> bool:
        try:
            self.check()
        except EvonasError:
            return False
        return True

    @staticmethod
    def _free_name(name: str) -> Path:
        stem = Path("runs") / f"{name}-{datetime.now():%Y%m%d-%H%M%S}"
        candidate, count = stem, 1
        while candidate.exists():  # two runs of the same name in the same second
            count += 1
            candidate = stem.with_name(f"{stem.name}-{count}")
        return candidate

    @property
    def shown(self) -> str:
        """The path as a person would type it from here."""
        relative = os.path.relpath(self.path)
        return str(self.path) if relative.startswith("..") else relative


def find_runs(root: str | Path) -> list[RunDirectory]:
    """Return the run directories in a folder, the newest first."""
    folder = Path(root)
    if not folder.is_dir():
        return []
    stores = sorted(folder.glob(f"*/{_LINEAGE}"), key=lambda file: file.stat().st_mtime, reverse=True)
    return [RunDirectory(store.parent.resolve()) for store in stores]
