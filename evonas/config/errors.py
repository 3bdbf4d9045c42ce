"""Turn what pydantic says into messages that name file, line, key, got, expected and the next step."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from evonas.config.keys import configuration_keys, expected_at, known_keys
from evonas.config.schema import UnmetError
from evonas.documents import Document, KeyPath, read_document
from evonas.errors import ConfigError, EvonasError, nearest

__all__ = ["Source", "config_error", "located"]

_UNKNOWN = frozenset({"extra_forbidden", "invalid_key"})
_MISSING = "missing"
_MESSAGES = {
    "finite_number": "not finite",
    "greater_than": "out of range",
    "greater_than_equal": "out of range",
    "less_than": "out of range",
    "less_than_equal": "out of range",
    "literal_error": "not one of the choices",
    "string_pattern_mismatch": "not of the form that is asked for",
    "too_short": "too few items",
}
_LISTED = 5  # further problems named in the hint; the rest are counted


@dataclass(frozen=True)
class Source:
    """Where the values of a configuration were written.

    Attributes:
        document: the file or text, with the line of each key.
        overrides: key path to the ``--set`` option that set it.
    """

    document: Document
    overrides: Mapping[KeyPath, str] = field(default_factory=dict)

    def place(self, path: KeyPath) -> tuple[str | Path | None, int | None]:
        """Return the file (or ``--set`` option) and line in which a key path was written."""
        for length in range(len(path), 0, -1):
            if path[:length] in self.overrides:
                return f"--set {self.overrides[path[:length]]}", None
        return self.document.file, self.document.line(path)


@dataclass(frozen=True)
class _Problem:
    kind: str
    path: KeyPath
    message: str
    got: Any
    unmet: UnmetError | None = None


def config_error(error: ValidationError, content: Any, source: Source) -> ConfigError:
    """Return the error that a person can act on; unknown keys come first, further problems are listed in the hint.

    Args:
        error: what pydantic raised on ``content``.
        content: the values as they were read, overrides applied.
        source: where they were written.
    """
    problems = _problems(error, content)
    problems.sort(key=lambda problem: problem.kind not in _UNKNOWN)  # a stable sort: otherwise the schema's order
    first, rest = problems[0], problems[1:]
    file, line = source.place(first.path)
    expected, hint = _advice(first)
    further = f"{_counted(rest)}: {', '.join(_named(problem, source) for problem in rest[:_LISTED])}" if rest else None
    return ConfigError(
        first.message,
        file=file,
        line=line,
        key=_dotted(first.path) or None,
        got=_Text("nothing") if first.kind == _MISSING else _shown(first.got),
        expected=expected,
        hint="; ".join(part for part in (hint, further) if part) or None,
    )


def located(error: EvonasError, path: str | Path, prefix: Sequence[str] = ()) -> EvonasError:
    """Add file and line to an error that names a key of a configuration file only.

    Args:
        error: for example the SpaceError of a search space; unchanged if it names a file already.
        path: the configuration file.
        prefix: keys that stand before the error's own, such as ``("space",)``.
    """
    if error.file is not None:
        return error
    parts = tuple(int(part) if part.isdigit() else part for part in re.split(r"[.\[\]]+", error.key or "") if part)
    if parts[: len(prefix)] != tuple(prefix):
        parts = (*prefix, *parts)
    error.file, error.line = str(path), read_document(path, ConfigError).line(parts)
    error.key = _dotted(parts) or None
    return error


def _problems(error: ValidationError, content: Any) -> list[_Problem]:
    """One problem a value: the several complaints of a union are one."""
    grouped: dict[KeyPath, list[_Problem]] = {}
    for entry in error.errors(include_url=False):
        path, union = _real_path(entry["loc"], content, missing=entry["type"] == _MISSING)
        cause = entry.get("ctx", {}).get("error")
        problem = _Problem(
            kind=entry["type"],
            path=path,
            message=_message(entry["type"], path, entry["msg"], cause),
            got=entry.get("input"),
            unmet=cause if isinstance(cause, UnmetError) else None,
        )
        grouped.setdefault(path if union is None else union, []).append(problem)
    return [_one(problems) for problems in grouped.values()]


def _one(problems: list[_Problem]) -> _Problem:
    deepest = max(problems, key=lambda problem: len(problem.path))
    if sum(len(problem.path) == len(deepest.path) for problem in problems) == 1:
        return deepest
    return _Problem("union", deepest.path, "wrong value", deepest.got)


def _real_path(location: Sequence[Any], content: Any, *, missing: bool) -> tuple[KeyPath, KeyPath | None]:
    """Take pydantic's names of union members out of a location; return the path, and that of the first union."""
    path: tuple[Any, ...] = ()
    union: KeyPath | None = None
    for index, part in enumerate(location):
        keys = content if isinstance(content, Mapping) else range(len(content)) if isinstance(content, list) else ()
        if part in keys:
            content = content[part]
        elif not (missing and index == len(location) - 1):
            union = path if union is None else union
            continue
        path = (*path, part)
    return path, union


def _message(kind: str, path: KeyPath, text: str, cause: Any) -> str:
    if kind in _UNKNOWN:
        return "unknown key"
    if kind == _MISSING:
        return "the key is missing"
    if isinstance(cause, UnmetError):
        return cause.message
    if kind == "value_error":
        return str(cause)
    if kind in _MESSAGES:
        return _MESSAGES[kind]
    if kind.endswith(("_type", "_parsing", "_from_float")):
        return "wrong type" if path else "a configuration is a mapping"
    return text


def _advice(problem: _Problem) -> tuple[str | None, str | None]:
    """What would have been right, and what to do."""
    if problem.kind in _UNKNOWN:
        name, parent = str(problem.path[-1]), problem.path[:-1]
        known = known_keys(parent)
        return (f"one of {', '.join(known)}" if known else None), _nearest_hint(name, known, parent)
    if problem.unmet is not None:
        return problem.unmet.expected, problem.unmet.hint
    expected = expected_at(problem.path)
    if problem.kind == _MISSING:
        text = next((key.text for key in configuration_keys() if key.path == problem.path), "")
        example = "add `evolution: {evaluations: 100}`" if problem.path == ("evolution",) else "add the key"
        return expected, f"{example}: {text[:1].lower()}{text[1:]}".rstrip(": ")
    if problem.got is None:
        return expected, "nothing stands after the colon; give a value, or leave the key out for its default"
    return expected, None


def _nearest_hint(name: str, known: Sequence[str], parent: KeyPath) -> str | None:
    elsewhere = [key.name for key in configuration_keys() if key.path[-1] == name and "*" not in key.path]
    if elsewhere:
        return f"its place is `{elsewhere[0]}`"
    close = nearest(name, known)
    return f"did you mean `{_dotted((*parent, close))}`?" if close else None


def _counted(rest: Sequence[_Problem]) -> str:
    return "1 further problem" if len(rest) == 1 else f"{len(rest)} further problems"


def _named(problem: _Problem, source: Source) -> str:
    line = source.place(problem.path)[1]
    return f"{_dotted(problem.path)} ({problem.message}{f', line {line}' if line else ''})"


def _dotted(path: KeyPath) -> str:
    return ".".join(str(part) for part in path)


def _shown(value: Any) -> Any:
    """A whole section is said by its keys."""
    return _Text(f"a mapping with keys {', '.join(map(str, value))}") if isinstance(value, Mapping) and value else value


class _Text(str):
    """Words that are shown without quotation marks."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)
