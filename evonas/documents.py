"""YAML as people write it: ``1e-3`` is a number, a key twice is an error, and every key knows its line."""

from __future__ import annotations

import re
from collections.abc import Hashable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from evonas.errors import EvonasError

__all__ = ["Document", "KeyPath", "format_document", "parse_document", "read_document"]

KeyPath = tuple["str | int", ...]
"""The way to a value: keys of mappings and indices of lists."""


@dataclass(frozen=True)
class Document:
    """A YAML document with the line of each of its keys and list items.

    Attributes:
        content: plain dicts, lists and scalars; None for an empty document.
        file: where it was read from; None for text given directly.
        lines: the line, counted from 1, of each key path.
    """

    content: Any
    file: Path | None = None
    lines: dict[KeyPath, int] = field(default_factory=dict)

    def line(self, path: KeyPath) -> int | None:
        """Return the line of a key path, or of its nearest parent that has one."""
        for length in range(len(path), -1, -1):
            if path[:length] in self.lines:
                return self.lines[path[:length]]
        return None


def read_document(path: str | Path, error: type[EvonasError]) -> Document:
    """Read a YAML file.

    Args:
        path: the file.
        error: the error class to raise, so that its exit code tells what kind of file was wrong.

    Raises:
        EvonasError: ``error``, if the file cannot be read or is not YAML.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as cause:
        raise error(
            "there is no such file", file=path, hint="check the path; it is relative to where you are"
        ) from cause
    except (OSError, UnicodeDecodeError) as cause:
        raise error(f"the file cannot be read: {cause}", file=path, hint="a YAML file in UTF-8 is expected") from cause
    return parse_document(text, error, file=path)


def parse_document(text: str, error: type[EvonasError], file: Path | None = None) -> Document:
    """Parse YAML text; see :func:`read_document`."""
    try:
        loader = _Loader(text)
        try:
            node = loader.get_single_node()
            if node is None:
                return Document(None, file)
            lines: dict[KeyPath, int] = {}
            _LineCollector(loader, lines, error, file).walk(node, ())
            return Document(loader.construct_document(node), file, lines)
        finally:
            loader.dispose()
    except yaml.YAMLError as cause:
        mark = getattr(cause, "problem_mark", None)
        raise error(
            f"not valid YAML: {getattr(cause, 'problem', None) or cause}",
            file=file,
            line=None if mark is None else mark.line + 1,
            hint="check indentation, colons and brackets around that line",
        ) from cause


def format_document(content: Any, *, flow: bool = False) -> str:
    """Write plain values as YAML that :func:`parse_document` reads back equal.

    Args:
        content: dicts, lists and scalars.
        flow: write one line such as ``{a: 1}`` instead of a block.
    """
    width = 10**9 if flow else 120
    text = yaml.dump(content, Dumper=_Dumper, sort_keys=False, allow_unicode=True, default_flow_style=flow, width=width)
    return str(text).removesuffix("\n...\n").removesuffix("\n") if flow else str(text)


class _LineCollector:
    """Walks a tree of YAML nodes, notes lines, and refuses what would be lost silently."""

    def __init__(self, loader: _Loader, lines: dict[KeyPath, int], error: type[EvonasError], file: Path | None) -> None:
        self._loader = loader
        self._lines = lines
        self._error = error
        self._file = file
        self._open: set[int] = set()
        self._done: set[int] = set()  # an alias is walked once: aliases of aliases would take exponential time

    def walk(self, node: yaml.Node, path: KeyPath) -> None:
        line = node.start_mark.line + 1
        self._lines.setdefault(path, line)
        if id(node) in self._open:
            raise self._error("an alias refers to what it stands in", file=self._file, line=line, key=_dotted(path))
        if id(node) in self._done:
            return
        self._open.add(id(node))
        if isinstance(node, yaml.MappingNode):
            self._walk_mapping(node, path)
        elif isinstance(node, yaml.SequenceNode):
            for index, item in enumerate(node.value):
                self.walk(item, (*path, index))
        self._open.remove(id(node))
        self._done.add(id(node))

    def _walk_mapping(self, node: yaml.MappingNode, path: KeyPath) -> None:
        seen: set[Hashable] = set()
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                raise self._error(
                    "a key is a word, not a list or a mapping", file=self._file, line=line, key=_dotted(path)
                )
            name = key.value if key.tag == "tag:yaml.org,2002:merge" else self._loader.construct_object(key)
            here = (*path, name)
            if name in seen:
                hint = "keep one of the two"
                raise self._error("the key stands here twice", file=self._file, line=line, key=_dotted(here), hint=hint)
            seen.add(name)
            self._lines[here] = line
            self.walk(value, here)


def _dotted(path: KeyPath) -> str:
    return ".".join(str(part) for part in path)


class _Loader(yaml.SafeLoader):
    """PyYAML's safe loader with the scalars of YAML 1.2: ``1e-3`` is a float; yes, no, on and off are words."""


_Loader.yaml_implicit_resolvers = {
    first: [
        (tag, pattern) for tag, pattern in resolvers if tag not in ("tag:yaml.org,2002:float", "tag:yaml.org,2002:bool")
    ]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF")
)
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(
        r"^[-+]?(?:[0-9]+\.[0-9]*(?:[eE][-+]?[0-9]+)?|\.[0-9]+(?:[eE][-+]?[0-9]+)?|[0-9]+[eE][-+]?[0-9]+|\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$"
    ),
    list("-+0123456789."),
)


class _Dumper(yaml.SafeDumper):
    """PyYAML's safe dumper that puts quotation marks around every text that YAML 1.1 or 1.2 could read otherwise."""

    def ignore_aliases(self, data: Any) -> bool:
        """Write equal values out each time: no anchors."""
        return True


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    # Without quotation marks PyYAML writes these as they are, and reads them back as line breaks.
    style = '"' if any(sign in text for sign in "\x85\u2028\u2029\ufeff") else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represent_text)
_Dumper.yaml_implicit_resolvers = {
    first: [*yaml.SafeDumper.yaml_implicit_resolvers.get(first, []), *_Loader.yaml_implicit_resolvers.get(first, [])]
    for first in {*yaml.SafeDumper.yaml_implicit_resolvers, *_Loader.yaml_implicit_resolvers}
}
