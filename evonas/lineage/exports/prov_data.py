"""What a run's data files say of themselves, as PROV records: files, the activities that made them, who did.

The keys are the reference metadata that the data model of CTAO asks of every file, and that ctapipe writes into it:
``CTA PRODUCT ID``, ``CTA ACTIVITY NAME``, ``CTA CONTACT NAME``, ... (``ctapipe.io.metadata``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from evonas.lineage.entries import Event
from evonas.lineage.exports.contacts import without_contacts

__all__ = ["data_records", "qualified"]

_UNKNOWN = ("", "unknown", "Unspecified", "None")
_ACTIVITY, _CONTACT = "CTA ACTIVITY ", "CTA CONTACT "


def data_records(events: Iterable[Event], *, contacts: bool = False) -> dict[str, list[tuple[str, dict[str, Any]]]]:
    """Return PROV records by kind; empty where the run stored nothing of its data.

    Args:
        events: of the kind ``data``: ``source``, ``origin``, ``digest``, ``facts``, and ``files`` with ``path``,
            ``role``, ``sha256`` and ``metadata`` each; the last one counts.
        contacts: whether the people whom files name as contacts are named; their organisation is.
    """
    told = list(events)
    if not told:
        return {}
    return _Records(told[-1].data if contacts else without_contacts(dict(told[-1].data))).made


def qualified(text: str) -> dict[str, str]:
    """Return the name of a thing as PROV-JSON writes it where a value is expected."""
    return {"$": text, "type": "prov:QUALIFIED_NAME"}


class _Records:
    def __init__(self, data: Mapping[str, Any]) -> None:
        self.made: dict[str, list[tuple[str, dict[str, Any]]]] = {}
        known = {"evonas:source": data.get("source"), "evonas:digest": data.get("digest")}
        said = {name: str(value) for name, value in known.items() if value}
        self._add("entity", "run:data", {"prov:type": qualified("evonas:Data"), "prov:label": "prepared data", **said})
        self._relate("used", {"prov:activity": "run:run", "prov:entity": "run:data"})
        for place, file in enumerate(data.get("files", ())):
            self._file(f"run:input-{place}", file)
        origin = data.get("origin")
        if origin and not data.get("files"):
            self._add("entity", "run:origin", {"prov:location": str(origin)})
            self._relate("wasDerivedFrom", {"prov:generatedEntity": "run:data", "prov:usedEntity": "run:origin"})

    def _file(self, name: str, file: Mapping[str, Any]) -> None:
        metadata = {key: str(value) for key, value in dict(file.get("metadata") or {}).items()}
        own = {
            _key(key): value
            for key, value in metadata.items()
            if not key.startswith((_ACTIVITY, _CONTACT)) and value not in _UNKNOWN
        }
        said = {"prov:location": file["path"], "evonas:role": file.get("role"), "evonas:sha256": file.get("sha256")}
        known = {key: value for key, value in said.items() if value}
        self._add("entity", name, {"prov:type": qualified("cta:Product"), **known, **own})
        self._relate("wasDerivedFrom", {"prov:generatedEntity": "run:data", "prov:usedEntity": name})
        self._relate("used", {"prov:activity": "run:run", "prov:entity": name})
        self._made_by(name, metadata)
        self._by_whom(name, metadata)

    def _made_by(self, file: str, metadata: Mapping[str, str]) -> None:
        identity = metadata.get(f"{_ACTIVITY}ID")
        if not identity:
            return
        activity = f"cta:activity-{identity}"
        about = {_key(key): value for key, value in metadata.items() if key.startswith(_ACTIVITY) and value}
        times = {"prov:startTime": _time(metadata, "START TIME"), "prov:endTime": _time(metadata, "STOP TIME")}
        self._add("activity", activity, {**{name: time for name, time in times.items() if time}, **about})
        self._relate("wasGeneratedBy", {"prov:entity": file, "prov:activity": activity})
        software = metadata.get(f"{_ACTIVITY}SOFTWARE NAME", "")
        if software not in _UNKNOWN:
            version = metadata.get(f"{_ACTIVITY}SOFTWARE VERSION", "")
            agent = f"cta:software-{_word(software)}-{_word(version)}"
            label = {"prov:label": f"{software} {version}".strip()}
            self._add("agent", agent, {"prov:type": qualified("prov:SoftwareAgent"), **label})
            self._relate("wasAssociatedWith", {"prov:activity": activity, "prov:agent": agent})

    def _by_whom(self, file: str, metadata: Mapping[str, str]) -> None:
        contact = {key: metadata.get(f"{_CONTACT}{key}", "") for key in ("NAME", "EMAIL", "ORGANIZATION")}
        kind = "Organization" if contact["NAME"] in _UNKNOWN else "Person"
        label = contact["ORGANIZATION" if kind == "Organization" else "NAME"]
        if label in _UNKNOWN:
            return
        agent = f"cta:contact-{_word(label)}"
        about = {_key(f"{_CONTACT}{key}"): value for key, value in contact.items() if value not in _UNKNOWN}
        self._add("agent", agent, {"prov:type": qualified(f"prov:{kind}"), "prov:label": label, **about})
        self._relate("wasAttributedTo", {"prov:entity": file, "prov:agent": agent})

    def _add(self, kind: str, name: str, record: dict[str, Any]) -> None:
        records = self.made.setdefault(kind, [])
        if name not in {known for known, _ in records}:
            records.append((name, record))

    def _relate(self, kind: str, record: dict[str, Any]) -> None:
        name = f"_:d{sum(len(records) for records in self.made.values())}"
        if record not in [known for _, known in self.made.get(kind, [])]:
            self.made.setdefault(kind, []).append((name, record))


def _key(text: str) -> str:
    """Return ``CTA ACTIVITY NAME`` as ``cta:activity.name``."""
    return f"cta:{_word('.'.join(text.removeprefix('CTA ').lower().split()))}"


def _word(text: str) -> str:
    return "".join(sign if sign.isascii() and (sign.isalnum() or sign in "_-.") else "_" for sign in text)


def _time(metadata: Mapping[str, str], key: str) -> str | None:
    """Return a time of the metadata as ISO 8601; ctapipe writes it with a space, and in UTC."""
    text = metadata.get(f"{_ACTIVITY}{key}", "")
    return None if text in _UNKNOWN else f"{text.replace(' ', 'T')}Z"
