"""What two runs asked differently: their settings side by side, and runs that differ in the seed alone as one group."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from evonas.errors import ConfigError, nearest
from evonas.genome.value import canonical_json
from evonas.lineage import RunRecord

__all__ = ["ABSENT", "IGNORED", "check_keys", "config_hash", "differing", "group_key", "settings_of"]

ABSENT = "not there"
"""Stands for a setting that a run's evonas did not have, or that its configuration leaves out."""

IGNORED = (
    *("name", "seed", "base", "evaluation.devices", "evaluation.slots", "evaluation.threads"),
    *("evaluation.start_method", "evaluation.retries", "training.keep_weights", "versions.evonas"),
)
"""Settings that make no other configuration: names, the seed, where evaluations run."""

_HASH_LENGTH = 16  # hex digits, as of a genome's id


def config_hash(record: RunRecord) -> str:
    """Return the first 16 hex digits of the SHA-256 of the configuration as canonical JSON, the seed included."""
    return hashlib.sha256(canonical_json(record.config).encode()).hexdigest()[:_HASH_LENGTH]


def settings_of(record: RunRecord) -> dict[str, Any]:
    """Return every setting of a run by its dotted key; the space is the one that was searched, not its changes."""
    config = {name: value for name, value in record.config.items() if name != "space"}
    return _flat({**config, "space": record.space, "versions": {"evonas": record.versions.get("evonas", ABSENT)}})


def group_key(record: RunRecord, ignored: Sequence[str] = ()) -> str:
    """Return a text that is equal for runs of the same configuration, whatever their seeds.

    Args:
        record: the run.
        ignored: further keys that make no difference; those below them do not, either.
    """
    kept = {key: value for key, value in settings_of(record).items() if not _below(key, (*IGNORED, *ignored))}
    return canonical_json(kept)


def check_keys(keys: Sequence[str], records: Sequence[RunRecord]) -> None:
    """Check that keys are settings of one of the runs, or sections of them.

    Raises:
        ConfigError: for a key that no run has.
    """
    known = {key for record in records for key in settings_of(record)}
    for key in keys:
        if not any(_below(one, (key,)) for one in known):
            close = nearest(key, known)
            raise ConfigError(
                "no run has such a setting",
                key=key,
                expected="a key of the configuration, such as data.split.seed",
                hint=f"did you mean `{close}`?" if close else None,
            )


def differing(records: Sequence[RunRecord]) -> dict[str, list[Any]]:
    """Return the settings in which runs differ: key to a value a run, :data:`ABSENT` where it has none.

    Names and folders are no settings.
    """
    flat = [settings_of(record) for record in records]
    keys = dict.fromkeys(key for one in flat for key in one if key not in ("name", "base"))
    rows = {key: [one.get(key, ABSENT) for one in flat] for key in keys}
    return {key: values for key, values in rows.items() if len({canonical_json(value) for value in values}) > 1}


def _flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in values.items():
        key = f"{prefix}{name}"
        if isinstance(value, Mapping) and value:
            found |= _flat(value, f"{key}.")
        else:
            found[key] = value
    return found


def _below(key: str, keys: Sequence[str]) -> bool:
    return any(key == one or key.startswith(f"{one}.") for one in keys)
