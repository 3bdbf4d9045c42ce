"""Reading the file of ctlearn_optimizer (2019): its sections, and every hyperparameter with what it depends on."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evonas.documents import Document, KeyPath, read_document
from evonas.errors import ConfigError, nearest

__all__ = ["DISTRIBUTIONS", "GENERAL", "HYPERPARAMETERS", "METHODS", "MODEL", "Occurrence", "OldFile", "read_old_file"]

GENERAL = "General_settings"
METHODS = "Optimizer_settings"
MODEL = "CTLearn_settings"
HYPERPARAMETERS = "Hyperparameters_settings"

DISTRIBUTIONS = (
    "uniform",
    "quniform",
    "loguniform",
    "qloguniform",
    "normal",
    "qnormal",
    "lognormal",
    "qlognormal",
    "choice",
    "conditional",
)
"""The types of hyperparameter that the tool knew."""

_REQUIRED = (
    (GENERAL, "num_max_evals"),
    (GENERAL, "metric_to_optimize"),
    (MODEL,),
    (HYPERPARAMETERS, "config"),
    (HYPERPARAMETERS, "hyperparameters_to_optimize"),
)
_WORLDS = 4096  # combinations of conditions that are looked at
_NESTED = 20  # conditions within conditions


@dataclass(frozen=True)
class Occurrence:
    """A hyperparameter with one distribution.

    Attributes:
        label: its name, chosen by the user.
        kind: one of :data:`DISTRIBUTIONS`, without ``conditional``.
        range: two numbers, or the options of a choice.
        step: of the kinds that begin with ``q``.
        under: the conditions it stands under: pairs of a label and the number of its value; empty for none.
        path: where it stands in the file.
    """

    label: str
    kind: str
    range: tuple[Any, ...]
    step: float
    under: tuple[tuple[str, int], ...]
    path: KeyPath


@dataclass(frozen=True)
class OldFile:
    """A file of ctlearn_optimizer, checked.

    Attributes:
        document: the file.
        places: label to its place in CTLearn's configuration.
        fixed: label to its value.
        dependent: label to the expression that was evaluated for it.
        occurrences: the distributions, in order.
        conditions: label of a condition to its values.
    """

    document: Document
    places: Mapping[str, tuple[Any, ...]]
    fixed: Mapping[str, Any]
    dependent: Mapping[str, str]
    occurrences: tuple[Occurrence, ...]
    conditions: Mapping[str, tuple[Any, ...]]

    def section(self, name: str) -> Mapping[str, Any]:
        """Return a section; empty where it is absent."""
        return self.document.content.get(name) or {}

    def of(self, label: str) -> list[Occurrence]:
        """Return the distributions of a hyperparameter; several where it stands under several conditions."""
        return [one for one in self.occurrences if one.label == label]

    def labels(self) -> list[str]:
        """Return the labels of all hyperparameters with a value, each once."""
        found = [*(one.label for one in self.occurrences), *self.dependent, *self.fixed]
        return list(dict.fromkeys(found))

    def path(self, label: str) -> KeyPath:
        """Return where a hyperparameter gets its value: the last place to set it, as in the tool."""
        if label in self.dependent:
            return (HYPERPARAMETERS, "dependent_hyperparameters", label)
        last = [one.path for one in self.occurrences if one.label == label][-1:]
        return last[0] if last else (HYPERPARAMETERS, "fixed_hyperparameters", label)

    def worlds(self) -> Iterator[Mapping[str, int]]:
        """Yield the combinations of conditions: label to the number of its value (4,096 of them at most)."""
        outer = list(dict.fromkeys(self.conditions))
        numbers = (range(len(self.conditions[label])) for label in outer)
        for chosen in itertools.islice(itertools.product(*numbers), _WORLDS):
            yield dict(zip(outer, chosen, strict=True))


def read_old_file(path: str | Path) -> OldFile:
    """Read and check a file.

    Raises:
        ConfigError: if it is no file of that tool, a section or key is missing, or a distribution is unknown; with
            file, key and line.
    """
    document = read_document(path, ConfigError)
    content = document.content
    if not isinstance(content, Mapping) or not {GENERAL, HYPERPARAMETERS} & set(content):
        raise ConfigError(
            "not a file of ctlearn_optimizer",
            file=path,
            got=sorted(map(str, content))[:8] if isinstance(content, Mapping) else content,
            expected=f"the sections {GENERAL}, {MODEL} and {HYPERPARAMETERS}",
            hint="it is the file that the tool was started with, often called opt_config.yml",
        )
    for name in (GENERAL, METHODS, MODEL, HYPERPARAMETERS):
        _section(document, (name,))
    for keys in _REQUIRED:
        _require(document, keys)
    for name in ("config", "fixed_hyperparameters", "dependent_hyperparameters", "hyperparameters_to_optimize"):
        _section(document, (HYPERPARAMETERS, name))
    found = content[HYPERPARAMETERS]
    reader = _Reader(document)
    reader.read(found["hyperparameters_to_optimize"] or {}, (HYPERPARAMETERS, "hyperparameters_to_optimize"), ())
    return OldFile(
        document,
        places={str(label): _place(document, label, place) for label, place in found["config"].items()},
        fixed=dict(found.get("fixed_hyperparameters") or {}),
        dependent={label: str(text) for label, text in (found.get("dependent_hyperparameters") or {}).items()},
        occurrences=tuple(reader.occurrences),
        conditions=reader.conditions,
    )


class _Reader:
    """Flattens nested conditions."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.occurrences: list[Occurrence] = []
        self.conditions: dict[str, tuple[Any, ...]] = {}

    def read(self, entries: Any, path: KeyPath, under: tuple[tuple[str, int], ...]) -> None:
        if len(under) > _NESTED:
            raise _wrong(self.document, path, "conditions are nested too deeply", f"at most {_NESTED} levels")
        if not isinstance(entries, Mapping):
            raise _wrong(self.document, path, "not a mapping of hyperparameters", "label: {type: ..., range: [...]}")
        for label, entry in entries.items():
            self._entry(str(label), entry, (*path, label), under)

    def _entry(self, label: str, entry: Any, path: KeyPath, under: tuple[tuple[str, int], ...]) -> None:
        if not isinstance(entry, Mapping) or not {"type", "range"} <= set(entry):
            raise _wrong(self.document, path, "not a hyperparameter", "a mapping with the keys type and range", entry)
        kind, values = entry["type"], entry["range"]
        if kind not in DISTRIBUTIONS:
            close = nearest(str(kind), DISTRIBUTIONS)
            hint = f"did you mean `{close}`?" if close else None
            expected = f"one of {', '.join(DISTRIBUTIONS)}"
            raise _wrong(self.document, (*path, "type"), "unknown distribution", expected, kind, hint)
        if not isinstance(values, list) or not values:
            raise _wrong(self.document, (*path, "range"), "a range is a list", "a list with a value at least", values)
        if kind == "conditional":
            self._conditional(label, values, (*path, "range"), under)
            return
        if kind != "choice":
            _check_range(self.document, kind, values, (*path, "range"))
        step = entry.get("step", 1)
        if not _is_number(step) or step <= 0:
            raise _wrong(self.document, (*path, "step"), "not a step", "a number above 0", step)
        self.occurrences.append(Occurrence(label, kind, tuple(values), step, under, path))

    def _conditional(self, label: str, branches: list[Any], path: KeyPath, under: tuple[tuple[str, int], ...]) -> None:
        for number, branch in enumerate(branches):
            if not isinstance(branch, Mapping) or "value" not in branch:
                expected = "a mapping with the keys value and cond_params"
                raise _wrong(self.document, (*path, number), "not a branch of a condition", expected, branch)
        self.conditions[label] = tuple(branch["value"] for branch in branches)
        for number, branch in enumerate(branches):
            inner = branch.get("cond_params") or {}
            self.read(inner, (*path, number, "cond_params"), (*under, (label, number)))


def _check_range(document: Document, kind: str, values: list[Any], path: KeyPath) -> None:
    if len(values) != 2 or not all(_is_number(value) for value in values):
        raise _wrong(document, path, f"the range of `{kind}`", "two numbers", values)
    if not kind.endswith("normal") and values[0] > values[1]:
        raise _wrong(document, path, "the range is the wrong way round", "[low, high]", values)


def _place(document: Document, label: Any, place: Any) -> tuple[Any, ...]:
    if not isinstance(place, list) or not place:
        key = (HYPERPARAMETERS, "config", label)
        raise _wrong(document, key, "not a place in CTLearn's configuration", "a list of keys", place)
    return tuple(place)


def _section(document: Document, keys: KeyPath) -> None:
    value = document.content
    for key in keys:
        value = value.get(key)
    if value is not None and not isinstance(value, Mapping):
        raise _wrong(document, keys, "not a section", "a mapping of keys", value)


def _require(document: Document, keys: tuple[str, ...]) -> None:
    value = document.content
    for depth, key in enumerate(keys, start=1):
        if key not in value or value[key] is None:
            close = nearest(key, map(str, value))
            hint = f"is `{close}` meant for it?" if close and close != key else None
            what = "the section is missing" if depth == 1 else "the key is missing"
            raise _wrong(document, keys[:depth], what, "ctlearn_optimizer needed it, too", None, hint, missing=True)
        value = value[key]


def _wrong(
    document: Document,
    path: KeyPath,
    message: str,
    expected: str,
    got: Any = None,
    hint: str | None = None,
    *,
    missing: bool = False,
) -> ConfigError:
    key = ".".join(map(str, path))
    error = ConfigError(
        message, file=document.file, line=document.line(path), key=key, got=got, expected=expected, hint=hint
    )
    error.has_got = not missing and got is not None
    return error


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
