"""What packages register under an entry point group, and what evonas brings itself, by name."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import EntryPoint, entry_points

from evonas.errors import ConfigError, nearest

__all__ = ["entry_named", "registered"]


def registered(group: str, own: Mapping[str, str]) -> dict[str, EntryPoint]:
    """Return all entry points of a group by name; nothing is imported.

    Args:
        group: such as ``evonas.models``.
        own: name to ``package.module:Class`` of evonas's own. They are known even where evonas runs from a folder
            without installed metadata, and nobody can replace them.
    """
    found = {entry.name: entry for entry in entry_points(group=group)}
    return found | {name: EntryPoint(name, target, group) for name, target in own.items()}


def entry_named(name: str, group: str, own: Mapping[str, str], *, what: str, key: str) -> EntryPoint:
    """Return an entry point by name.

    Args:
        name: as in the configuration.
        group: the group it is looked for in.
        own: evonas's own, see :func:`registered`.
        what: what it is, in words.
        key: the configuration key that names it.

    Raises:
        ConfigError: if nothing has this name; with the nearest name.
    """
    found = registered(group, own)
    if name in found:
        return found[name]
    close = nearest(name, found)
    raise ConfigError(
        f"there is no such {what}",
        key=key,
        got=name,
        expected=f"one of {', '.join(sorted(found))}",
        hint=f"did you mean `{close}`?" if close else f"a package adds one by an entry point in `{group}`",
    )
