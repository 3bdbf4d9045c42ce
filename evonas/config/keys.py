"""Every key of a configuration in words: what it means, what is expected, its default.

All of it is read from the pydantic schema, so that messages, templates and the documentation never go stale.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias

from evonas.config.schema import RunConfig
from evonas.documents import KeyPath

__all__ = ["Key", "config_schema", "configuration_keys", "expected_at", "known_keys", "takes_list"]

_Node: TypeAlias = Mapping[str, Any]
"""A node of a JSON schema."""


@dataclass(frozen=True)
class Key:
    """One key of a configuration.

    Attributes:
        path: its way from the root; ``*`` stands for any index of a list.
        text: its documentation.
        expected: the values it takes, in words.
        default: its default, as plain JSON values; None where the key is required.
        required: whether it has no default.
        section: whether it holds further keys of its own.
    """

    path: tuple[str, ...]
    text: str
    expected: str
    default: Any
    required: bool
    section: bool

    @property
    def name(self) -> str:
        """The dotted key, as ``--set`` takes it."""
        return ".".join(self.path)


def config_schema() -> dict[str, Any]:
    """Return the JSON schema (draft 2020-12) of a configuration file, for editors that check YAML as it is typed."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **_schema(), "title": "evonas configuration"}


def configuration_keys() -> Iterator[Key]:
    """Yield every key of a configuration, sections before their keys, in the order of the schema."""
    yield from _keys(_schema(), ())


def expected_at(path: KeyPath) -> str | None:
    """Return what is expected at a key path, in words; None where the schema does not reach."""
    nodes = _nodes_at(path)
    return _words(nodes) if nodes else None


def known_keys(path: KeyPath) -> list[str]:
    """Return the keys that the mapping at a key path may have; empty where any or none is allowed."""
    return [name for node in _nodes_at(path) for name in node.get("properties", {})]


def takes_list(path: KeyPath) -> bool:
    """Return whether a list is expected at a key path."""
    return any(node.get("type") == "array" for node in _nodes_at(path))


@lru_cache(maxsize=1)
def _schema() -> dict[str, Any]:
    return RunConfig.model_json_schema()


def _alternatives(node: _Node) -> list[_Node]:
    """Resolve references and unions: the plain nodes that a value may match."""
    if "$ref" in node:
        return _alternatives(_schema()["$defs"][node["$ref"].rsplit("/", 1)[1]])
    if "anyOf" in node:
        return [plain for option in node["anyOf"] for plain in _alternatives(option)]
    return [node]


def _nodes_at(path: KeyPath) -> list[_Node]:
    nodes = _alternatives(_schema())
    for part in path:
        below: list[_Node] = []
        for node in nodes:
            child = node.get("properties", {}).get(part)
            if child is None and node.get("type") == "array":
                child = node.get("items")
            elif child is None and isinstance(node.get("additionalProperties"), Mapping):
                child = node["additionalProperties"]
            if child:
                below += _alternatives(child)
        nodes = below
    return nodes


def _keys(node: _Node, path: tuple[str, ...]) -> Iterator[Key]:
    for name, child in node.get("properties", {}).items():
        here = (*path, name)
        options = _alternatives(child)
        section = any("properties" in option for option in options)
        required = name in node.get("required", ())
        yield Key(
            path=here,
            text=child.get("description") or options[0].get("description", ""),
            expected=_words(options),
            default=child.get("default"),
            required=required,
            section=section,
        )
        for option in options:
            yield from _keys(option, here)
            if option.get("type") == "array":
                for item in _alternatives(option["items"]):
                    yield from _keys(item, (*here, "*"))


def _words(nodes: Sequence[_Node]) -> str:
    """Say what the alternatives of a schema take."""
    words = list(dict.fromkeys(word for node in nodes for word in _choices(node)))
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def _choices(node: _Node) -> list[str]:
    kind = node.get("type")
    if "const" in node or "enum" in node:
        return [f"`{value}`" for value in node.get("enum", [node.get("const")])]
    if kind in ("integer", "number"):
        return [" ".join(("a whole number" if kind == "integer" else "a number", _bounds(node))).strip()]
    if kind == "array":
        least = ", with one item at least" if node.get("minItems") else ""
        return [f"a list, each item {_words(_alternatives(node['items']))}{least}"]
    if "properties" in node:
        return [f"a mapping with keys among {', '.join(node['properties'])}"]
    if isinstance(values := node.get("additionalProperties"), Mapping):
        return [f"a mapping of names to {_words(_alternatives(values))}"]
    if kind == "string" and "examples" in node:
        return [f"text like {' or '.join(f'`{example}`' for example in node['examples'])}"]
    return [
        {"string": "text", "boolean": "`true` or `false`", "null": "`null`", "object": "a mapping"}.get(
            str(kind), "any value"
        )
    ]


def _bounds(node: _Node) -> str:
    low = f"of at least {node['minimum']:g}" if "minimum" in node else ""
    low = f"greater than {node['exclusiveMinimum']:g}" if "exclusiveMinimum" in node else low
    high = f"at most {node['maximum']:g}" if "maximum" in node else ""
    high = f"less than {node['exclusiveMaximum']:g}" if "exclusiveMaximum" in node else high
    return " and ".join(part for part in (low, high) if part)
