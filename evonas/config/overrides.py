"""``--set key=value``: values of a configuration changed from the command line."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

from evonas.config.keys import takes_list
from evonas.documents import KeyPath, parse_document
from evonas.errors import ConfigError

__all__ = ["with_overrides"]


def with_overrides(content: Any, overrides: Sequence[str]) -> tuple[Any, dict[KeyPath, str]]:
    """Return a copy of a configuration with ``key=value`` options applied, and which path each option set.

    Keys are dotted, list items are numbered from 0 (``evolution.objectives.0=auc``; the number after the last appends),
    values are YAML (``evaluation.devices=[gpu:0, gpu:1]``); nothing after the ``=`` is null.

    Raises:
        ConfigError: if an option is not of that form, or its key leads through a value that holds no keys.
    """
    changed = copy.deepcopy(content)
    paths: dict[KeyPath, str] = {}
    for option in overrides:
        key, equals, text = option.partition("=")
        parts = key.strip().split(".")
        if not equals or not all(parts):
            raise ConfigError(
                "an option of --set is not of the form key=value",
                got=option,
                expected="a dotted key, =, and a YAML value, such as `evolution.population=30`",
            )
        try:
            value = parse_document(text, ConfigError).content
        except ConfigError as error:
            raise ConfigError(error.message, file=f"--set {option}", got=text, expected="a YAML value") from error
        changed = {} if changed is None else changed
        paths[_put(changed, parts, value, option)] = option
    return changed, paths


def _put(root: Any, parts: Sequence[str], value: Any, option: str) -> KeyPath:
    here: Any = root
    path: KeyPath = ()
    for part in parts[:-1]:
        step = _step(here, part, path, option)
        child = here.get(step) if isinstance(here, dict) else here[step] if int(step) < len(here) else None
        path = (*path, step)
        if child is None:
            child = [] if takes_list(path) else {}
            _assign(here, step, child)
        here = child
    step = _step(here, parts[-1], path, option)
    _assign(here, step, value)
    return (*path, step)


def _step(here: Any, part: str, path: KeyPath, option: str) -> str | int:
    """The key or index that a part of a dotted key means in a mapping or list."""
    if isinstance(here, dict):
        return int(part) if part not in here and part.isdigit() and int(part) in here else part
    dotted = ".".join(str(step) for step in path)
    if not isinstance(here, list):
        raise ConfigError(
            "an option of --set leads through a value that holds no keys",
            file=f"--set {option}",
            key=dotted or None,
            got=here,
            expected=f"a mapping or a list, to set `{part}` in",
        )
    if not part.isdigit() or int(part) > len(here):
        raise ConfigError(
            "an option of --set names no item of a list",
            file=f"--set {option}",
            key=dotted,
            got=part,
            expected=f"a number from 0 to {len(here)}, where {len(here)} appends",
        )
    return int(part)


def _assign(here: Any, step: str | int, value: Any) -> None:
    if isinstance(here, list) and step == len(here):
        here.append(value)
    else:
        here[step] = value
