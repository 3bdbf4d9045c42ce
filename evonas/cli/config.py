"""``evonas config``: check a configuration, print its schema, start a new one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from evonas.cli.app import app
from evonas.cli.output import print_line
from evonas.errors import StorageError

__all__ = ["group"]

group = typer.Typer(help="Check a configuration, print its schema, start a new one.", no_args_is_help=True)
app.add_typer(group, name="config")
imports = typer.Typer(help="Turn the file of another tool into a configuration.", no_args_is_help=True)
group.add_typer(imports, name="import")


@group.command()
def validate(
    config: Annotated[Path, typer.Argument(metavar="CONFIG", help="A configuration, YAML.")],
    set_: Annotated[list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change a key.")] = None,
) -> None:
    """Check a configuration, its space and the options of its data, without reading data; say what is wrong."""
    from evonas.cli.blame import blamed_on
    from evonas.config import load_config
    from evonas.run import build_space, check_data_options

    settings = load_config(config, set_ or [])
    with blamed_on(config, set_ or []):
        build_space(settings)
        check_data_options(settings)
    print_line(f"{config}: a valid configuration")


@group.command()
def schema() -> None:
    """Print the JSON schema of a configuration, for editors."""
    from evonas.config import config_schema

    print_line(json.dumps(config_schema(), indent=2))


@group.command()
def init(
    to: Annotated[Path | None, typer.Argument(metavar="FILE", help="Where to write; default: the terminal.")] = None,
    model: Annotated[str, typer.Option("--model", help="The model family: cnn, dense, ...")] = "cnn",
) -> None:
    """Write a configuration with every key, its default and what it means."""
    from evonas.config import template

    text = template(model)
    if to is None:
        print_line(text.rstrip("\n"))
        return
    _write_new(to, text)
    print_line(f"wrote {to}; run it with: evonas evolve {to}")


@imports.command("ctlearn-optimizer")
def import_ctlearn_optimizer(
    file: Annotated[Path, typer.Argument(metavar="OPT_CONFIG", help="The tool's file, often opt_config.yml.")],
    to: Annotated[
        Path | None, typer.Option("--to", metavar="FILE", help="Where to write; default: the terminal.")
    ] = None,
) -> None:
    """Turn a file of ctlearn_optimizer (2019) into a configuration; what cannot be carried over is said."""
    from evonas.config.imports import import_ctlearn_optimizer

    imported = import_ctlearn_optimizer(file)
    for loss in imported.losses:
        print_line(f"{file}: {loss}", stderr=True)
    if to is None:
        print_line(imported.text.rstrip("\n"))
        return
    _write_new(to, imported.text)
    print_line(f"wrote {to}; name your files under data.options, then check it: evonas config validate {to}")


def _write_new(to: Path, text: str) -> None:
    try:
        with to.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise StorageError("the file exists and is left as it is", file=to, hint="name another") from error
    except OSError as error:
        if to.is_file():
            to.unlink()  # the beginning of it
        raise StorageError(f"the file cannot be written: {error.strerror}", file=to) from error
