"""``evonas cache``: the images that were read from DL1 files, listed and removed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from evonas.cli.app import FormatOption, app
from evonas.cli.columns import print_table
from evonas.cli.output import Format, print_line

if TYPE_CHECKING:
    from evonas.training.ctlearn.cache import Entry

__all__ = ["group"]

group = typer.Typer(help="The image cache of the data source `ctlearn`.", no_args_is_help=True)
app.add_typer(group, name="cache")

_FolderOption = Annotated[
    Path | None,
    typer.Option("--folder", metavar="DIR", help="The cache; default: $EVONAS_CACHE, or the user's cache folder."),
]
_SHORT = 12  # digits of a key that are printed in a table
_SHORTEST = 4  # digits of a key that name it


@group.command()
def ls(folder: _FolderOption = None, format: FormatOption = Format.table) -> None:
    """List what is in the cache, the last used first."""
    from evonas.training.ctlearn.cache import cache_folder, entries

    place = cache_folder(folder)
    rows = [_row(entry, short=format is Format.table) for entry in entries(place)]
    print_table(rows, format, empty=f"nothing in {place}")


@group.command()
def rm(
    keys: Annotated[
        list[str] | None, typer.Argument(metavar="KEY...", help="Keys as `evonas cache ls` prints them.")
    ] = None,
    all_: Annotated[bool, typer.Option("--all", help="Remove everything.")] = False,
    older_than: Annotated[
        float | None, typer.Option("--older-than", metavar="DAYS", min=0, help="Remove what was last used before.")
    ] = None,
    unused: Annotated[
        bool,
        typer.Option("--unused", help="Remove what is of no use: its DL1 files are gone or have changed."),
    ] = False,
    folder: _FolderOption = None,
) -> None:
    """Remove from the cache; what a run uses or reads now stays."""
    from evonas.training.ctlearn.cache import cache_folder, entries, remove

    if not (keys or all_ or older_than is not None or unused):
        raise typer.BadParameter("name keys, or one of --all, --older-than and --unused")
    place = cache_folder(folder)
    found = entries(place)
    chosen = _chosen(found, keys or [], place, all_=all_, older_than=older_than, unused=unused)
    gone = [entry for entry in chosen if remove(entry)]
    for entry in chosen:
        if entry not in gone:
            print_line(f"{entry.key[:_SHORT]} is in use, and stays", stderr=True)
    freed = sum(entry.size for entry in gone) / 2**20
    print_line(f"removed {len(gone)} of {len(found)}, {freed:,.1f} MiB")
    if keys and len(gone) < len(chosen):
        raise typer.Exit(1)


def _chosen(
    found: list[Entry], keys: list[str], place: Path, *, all_: bool, older_than: float | None, unused: bool
) -> list[Entry]:
    from evonas.training.ctlearn.cache import older_than as not_used_for

    if all_:
        return found
    wanted = {_named(key, found, place).key for key in keys}
    if older_than is not None:
        wanted |= {entry.key for entry in not_used_for(found, older_than)}
    if unused:
        wanted |= {entry.key for entry in found if entry.stale}
    return [entry for entry in found if entry.key in wanted]


def _named(key: str, found: list[Entry], place: Path) -> Entry:
    from evonas.errors import StorageError

    matches = [entry for entry in found if len(key) >= _SHORTEST and entry.key.startswith(key)]
    if len(matches) == 1:
        return matches[0]
    raise StorageError(
        "several keys begin so" if matches else "there is no such key in the cache",
        file=place,
        got=key,
        expected=f"a key of `evonas cache ls`, {_SHORTEST} digits of it or more",
        hint=", ".join(entry.key[:_SHORT] for entry in matches or found) or "the cache is empty",
    )


def _row(entry: Entry, *, short: bool) -> dict[str, Any]:
    import datetime

    facts = entry.facts
    how = facts.get("key", {})
    used = datetime.datetime.fromtimestamp(entry.used).astimezone()
    files = [file["path"] for file in facts.get("files", [])]
    return {
        "key": entry.key[:_SHORT] if short else entry.key,
        "events": entry.events,
        "MiB": round(entry.size / 2**20, 1),
        "camera": facts.get("camera", "unreadable"),
        "mode": how.get("mode", ""),
        "mapper": how.get("mapper", ""),
        "channels": ", ".join(how.get("channels", [])),
        "last used": used.strftime("%Y-%m-%d %H:%M") if short else used.isoformat(timespec="seconds"),
        "state": "in use" if entry.in_use else "unused" if entry.stale else "",
        "files": _files(files) if short else "; ".join(files),
    }


def _files(paths: list[str]) -> str:
    """Name the first of the files, and how many more there are."""
    names = [Path(path).name for path in paths]
    return ", ".join(names[:2]) + (f" and {len(names) - 2} more" if len(names) > 2 else "")
