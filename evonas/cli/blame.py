"""Where a key of a configuration stands: errors that name only a key get the file and line, or the option."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from evonas.errors import EvonasError, SpaceError

__all__ = ["blamed_on"]


@contextmanager
def blamed_on(config: Path, overrides: Sequence[str] = (), seeds: Sequence[str] = ()) -> Iterator[None]:
    """Let errors within the block say where in the configuration their key was written.

    Args:
        config: the configuration file.
        overrides: the ``--set`` options.
        seeds: the ``--seed-from`` options.
    """
    try:
        yield
    except EvonasError as error:
        _locate(error, config, overrides, seeds)
        raise


def _locate(error: EvonasError, config: Path, overrides: Sequence[str], seeds: Sequence[str]) -> None:
    if error.file is not None or not (error.key or isinstance(error, SpaceError)):
        return
    from evonas.config import RunConfig
    from evonas.config.errors import Source
    from evonas.config.overrides import with_overrides
    from evonas.documents import read_document
    from evonas.errors import ConfigError

    if error.key == "seeds" and error.got in seeds:
        error.file = f"--seed-from {error.got}"
        return
    # `layers[2].units` as well as `evolution.objectives: accuracy`
    parts = tuple(int(part) if part.isdigit() else part for part in re.split(r"[.\[\]: ]+", error.key or "") if part)
    if not parts or parts[0] not in RunConfig.model_fields:
        if not isinstance(error, SpaceError):
            return
        parts = ("space", *parts)
    document = read_document(config, ConfigError)
    _, paths = with_overrides(document.content, overrides)
    file, line = Source(document, paths).place(parts)
    option = next((option for path, option in paths.items() if path[: len(parts)] == parts), None)
    if option is not None and parts not in document.lines:  # the section that is wrong stands in the option alone
        file, line = f"--set {option}", None
    error.file, error.line = str(file), line
    error.key = ".".join(map(str, parts))
