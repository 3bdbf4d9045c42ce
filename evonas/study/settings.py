"""What a study asks: one search over several telescopes and seeds, retrainings, and a transfer to another family."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evonas.config import RunConfig, load_config
from evonas.documents import Document, KeyPath, format_document, read_document
from evonas.errors import ConfigError, nearest

__all__ = ["Finals", "StudySettings", "Telescope", "read_study"]

_KEYS = ("name", "config", "telescopes", "seeds", "finals", "transfer")
_FINALS = ("seeds", "epochs")
_TRANSFER = ("config", "telescopes", "seeds", "epochs")
_TRAININGS = 3
_NAME_SIGNS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")


@dataclass(frozen=True)
class Finals:
    """How chosen networks are retrained.

    Attributes:
        seeds: trainings of each network, with the seeds 0, 1, ...
        epochs: training budget; None takes that of the configuration.
    """

    seeds: int = _TRAININGS
    epochs: int | None = None


@dataclass(frozen=True)
class Telescope:
    """One of the questions that the search is repeated for.

    Attributes:
        name: heads its rows in the table and begins the names of its run directories.
        config: of its searches; the seed is set by the study.
        transfer: of the networks that its own are transferred to; None without a transfer.
    """

    name: str
    config: RunConfig
    transfer: RunConfig | None = None

    def run_config(self, seed: int) -> RunConfig:
        """Return the configuration of one search."""
        return self.config.model_copy(update={"seed": seed, "name": f"{self.name}-seed{seed}"})


@dataclass(frozen=True)
class StudySettings:
    """A study.

    Attributes:
        name: of the study.
        file: where it was read from.
        telescopes: one or more.
        seeds: of the searches, one search each for every telescope.
        finals: how baselines and winners are retrained.
        transfer: how their transferred networks are; None without a transfer.
    """

    name: str
    file: Path
    telescopes: tuple[Telescope, ...]
    seeds: tuple[int, ...]
    finals: Finals
    transfer: Finals | None = None


def read_study(path: str | Path, overrides: Sequence[str] = ()) -> StudySettings:
    """Read the file of a study, and the configurations that it names.

    Args:
        path: a YAML file.
        overrides: ``key=value`` options that change the searches of every telescope.

    Raises:
        ConfigError: if the file, or a configuration with a telescope's changes, is wrong; with file, line and key.
    """
    document = read_document(path, ConfigError)
    reader = _Reader(document, Path(path))
    content = reader.section((), _KEYS)
    base = reader.config_file(("config",))
    transfer = content.get("transfer")
    changes = reader.telescopes(("telescopes",))
    stereo, further = None, {}
    if transfer is not None:
        reader.section(("transfer",), _TRANSFER)
        stereo = reader.config_file(("transfer", "config"))
        further = reader.telescopes(("transfer", "telescopes"))
        for name in further:
            if name not in changes:
                raise reader.unknown(("transfer", "telescopes", name), list(changes))
    telescopes = tuple(
        Telescope(
            name,
            reader.config(base, [own], list(overrides)),
            None if stereo is None else reader.config(stereo, [own, further.get(name, ((), {}))], []),
        )
        for name, own in changes.items()
    )
    reader.section(("finals",), _FINALS)
    return StudySettings(
        name=reader.name(content),
        file=Path(path),
        telescopes=telescopes,
        seeds=reader.seeds(content.get("seeds", [0, 1, 2])),
        finals=reader.finals(("finals",)),
        transfer=None if transfer is None else reader.finals(("transfer",)),
    )


_Changes = tuple[KeyPath, Mapping[str, Any]]
"""Where changes of a configuration stand in the study's file, and the changes."""


class _Reader:
    """Takes values from the document; errors say where they stand."""

    def __init__(self, document: Document, path: Path) -> None:
        self.document = document
        self.path = path

    def value(self, path: KeyPath) -> Any:
        value = self.document.content
        for key in path:
            value = value.get(key) if isinstance(value, Mapping) else None
        return value

    def error(self, path: KeyPath, message: str, expected: str, hint: str | None = None) -> ConfigError:
        key = ".".join(map(str, path)) or None
        line = self.document.line(path)
        found = self.value(path)
        error = ConfigError(message, file=self.path, line=line, key=key, got=found, expected=expected, hint=hint)
        error.has_got = found is not None
        return error

    def unknown(self, path: KeyPath, known: Sequence[str]) -> ConfigError:
        close = nearest(str(path[-1]), known)
        hint = f"did you mean `{close}`?" if close else None
        return self.error(path, "unknown key", f"one of {', '.join(known)}", hint)

    def section(self, path: KeyPath, known: Sequence[str]) -> Mapping[str, Any]:
        section = self.value(path)
        if section is None and path:
            return {}
        if not isinstance(section, Mapping):
            what = "a section is a mapping" if path else "the file of a study is a mapping"
            raise self.error(path, what, f"keys among {', '.join(known)}")
        for key in section:
            if key not in known:
                raise self.unknown((*path, key), known)
        return section

    def name(self, content: Mapping[str, Any]) -> str:
        name = content.get("name", self.path.stem)
        if not isinstance(name, str) or not _is_name(name):
            raise self.error(("name",), "not a name", "letters, digits, dots, dashes and underlines")
        return name

    def config_file(self, path: KeyPath) -> Path:
        text = self.value(path)
        example = "the configuration of a run, such as gamma_hadron.yaml"
        if not isinstance(text, str) or not text:
            what = "the study names no configuration" if text is None else "not the name of a file"
            raise self.error(path, what, example)
        file = self.path.parent / Path(text).expanduser()
        if not file.is_file():
            hint = f"the path is relative to {self.path.parent}/, where the study's file is"
            raise self.error(path, "there is no such configuration", example, hint)
        return file

    def telescopes(self, path: KeyPath) -> dict[str, _Changes]:
        found = self.value(path)
        if found is None:
            return {} if len(path) > 1 else {"all": ((), {})}
        expected = "a mapping of names to changes of the configuration"
        if not isinstance(found, Mapping) or not found:
            raise self.error(path, "not telescopes", expected)
        changes: dict[str, _Changes] = {}
        for name, own in found.items():
            here = (*path, name)
            if not isinstance(name, str) or not _is_name(name):
                hint = f"put it in quotes: '{name}'" if isinstance(name, (int, float)) else None
                raise self.error(here, "not a name", "letters, digits, dots, dashes and underlines", hint)
            if own is not None and not isinstance(own, Mapping):
                raise self.error(here, "not changes of a configuration", "a mapping of keys, or nothing")
            changes[name] = (here, own or {})
        return changes

    def seeds(self, seeds: Any) -> tuple[int, ...]:
        whole = isinstance(seeds, list) and all(type(seed) is int and seed >= 0 for seed in seeds)
        if not whole or not seeds or len(set(seeds)) < len(seeds):
            raise self.error(
                ("seeds",), "not seeds of searches", "a list of different whole numbers, such as [0, 1, 2]"
            )
        return tuple(seeds)

    def finals(self, path: KeyPath) -> Finals:
        section = self.value(path) or {}
        for key in _FINALS:
            value = section.get(key)
            if value is not None and (type(value) is not int or value < 1):
                raise self.error((*path, key), "not a number of trainings or epochs", "a whole number of at least 1")
        return Finals(section.get("seeds") or _TRAININGS, section.get("epochs"))

    def config(self, file: Path, changes: Sequence[_Changes], overrides: list[str]) -> RunConfig:
        """Load a configuration with changes; an error in a change says where it stands in the study's file."""
        places: dict[str, KeyPath] = {}
        for path, own in changes:
            for at, dotted, value in _leaves(own, path):
                places[f"{dotted}={format_document(value, flow=True)}"] = at
        try:
            config = load_config(file, [*places, *overrides])
        except ConfigError as error:
            option = (error.file or "").removeprefix("--set ")
            if option in places:
                error.file, error.line = str(self.path), self.document.line(places[option])
                error.key = ".".join(map(str, places[option]))
            raise
        if config.model is None:
            raise ConfigError(
                "a study needs a model family",
                file=file,
                key="evaluator",
                got=config.evaluator,
                expected="`model`, because networks are retrained and scored on the test part",
            )
        return config


def _leaves(changes: Mapping[str, Any], path: KeyPath, dotted: str = "") -> Iterator[tuple[KeyPath, str, Any]]:
    """Yield where a change stands, its dotted key and its value; a key with dots, or a list, is replaced as a whole."""
    for key, value in changes.items():
        name = f"{dotted}.{key}" if dotted else str(key)
        if isinstance(value, Mapping) and value and "." not in str(key):
            yield from _leaves(value, (*path, key), name)
        else:
            yield (*path, key), name, value


def _is_name(text: str) -> bool:
    return bool(text) and text[0] not in "._-" and set(text) <= _NAME_SIGNS
