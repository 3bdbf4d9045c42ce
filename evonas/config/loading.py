"""Read a configuration: a YAML file or a mapping, options of ``--set``, and a RunConfig or a clear error at the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from evonas.config.errors import Source, config_error
from evonas.config.overrides import with_overrides
from evonas.config.schema import RunConfig
from evonas.documents import Document, format_document, read_document
from evonas.errors import ConfigError

__all__ = ["dump_config", "load_config", "parse_config"]


def load_config(path: str | Path, overrides: Sequence[str] = (), base: str | Path | None = None) -> RunConfig:
    """Read a configuration file.

    Args:
        path: a YAML file.
        overrides: ``key=value`` options with dotted keys and YAML values; they win over the file.
        base: folder that relative paths in the configuration start from; None takes the file's own folder. A ``base``
            in the file wins, read relative to this folder.

    Returns:
        The configuration; its ``base`` is an absolute path.

    Raises:
        ConfigError: if the file is missing or wrong, with file, line, key, got, expected and the nearest valid key.
    """
    document = read_document(path, ConfigError)
    folder = Path(path).parent if base is None else Path(base)
    config = _parsed(document, overrides)
    return config.model_copy(update={"base": str(_absolute(folder, config.base))})


def parse_config(content: Mapping[str, Any], overrides: Sequence[str] = ()) -> RunConfig:
    """Check a configuration that is given as a mapping; its ``base`` stays as it is.

    Raises:
        ConfigError: as :func:`load_config`, without file and line.
    """
    return _parsed(Document(content), overrides)


def dump_config(config: RunConfig) -> str:
    """Write a configuration as YAML with every key, defaults included; it loads back equal."""
    return format_document(config.model_dump())


def _parsed(document: Document, overrides: Sequence[str]) -> RunConfig:
    content, paths = with_overrides(document.content, overrides)
    if content is None:
        raise ConfigError(
            "the configuration is empty",
            file=document.file,
            expected="at least `model` or `evaluator`, and `evolution`",
            hint="`evonas config init` writes one to start from",
        )
    try:
        return RunConfig.model_validate(content)
    except ValidationError as error:
        raise config_error(error, content, Source(document, paths)) from error


def _absolute(folder: Path, base: str | None) -> Path:
    return (folder if base is None else folder / Path(base).expanduser()).resolve()
