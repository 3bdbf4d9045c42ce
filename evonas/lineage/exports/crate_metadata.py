"""The metadata of a research object: JSON-LD in the words of schema.org."""

from __future__ import annotations

import hashlib
import mimetypes
from collections.abc import Iterator, Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any
from urllib.parse import quote

from evonas.lineage.entries import RunRecord
from evonas.lineage.reading import Reading

__all__ = ["METADATA", "describe"]

METADATA = "ro-crate-metadata.json"
"""Name of the file that makes a folder a crate."""

_VERSION = "https://w3id.org/ro/crate/1.1"
_PROFILE = "https://w3id.org/ro/wfrun/process/0.5"
_CONTEXT = [f"{_VERSION}/context", {"sha256": "https://schema.org/sha256"}]
_ABOUT = {
    "config.yaml": ("configuration of the run, every default written out", "application/yaml"),
    "lineage.sqlite": ("the lineage: every individual, its parents, its evaluations", "application/vnd.sqlite3"),
    "lineage.csv": ("the lineage as phylogeny CSV of the ALife data standards", "text/csv"),
    "lineage.prov.json": ("the lineage as W3C PROV-JSON", "application/json"),
    "report.html": ("report of the run", "text/html"),
    "provenance.log": ("provenance of the run in the form of ctapipe", "application/json"),
}
_STATUS = {
    "running": "ActiveActionStatus",
    "finished": "CompletedActionStatus",
    "interrupted": "FailedActionStatus",
    "failed": "FailedActionStatus",
}

Entity = dict[str, Any]


def describe(store: Reading, parts: Mapping[str, Path], license: str | None) -> dict[str, Any]:
    """Return the metadata of a crate.

    Args:
        store: the run.
        parts: name of each file in the crate to where it can be read now.
        license: URL of the license; None says that none is stated.
    """
    run = store.run
    files = [_file(name, path) for name, path in parts.items()]
    inputs = list(_inputs(store))
    software = list(_software(run))
    measured = list(_measured(store))
    terms = _license(license)
    counts = store.counts()
    root = {
        "@id": "./",
        "@type": "Dataset",
        "name": run.name,
        "description": f"A search of neural networks by evonas: {counts['individuals']} individuals, "
        f"{counts['completed']} completed evaluations, objectives {', '.join(name for name, _ in run.directions)}.",
        "identifier": run.id,
        "dateCreated": run.created,
        "datePublished": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "license": _link(terms),
        "conformsTo": {"@id": _PROFILE},
        "hasPart": [_link(entity) for entity in files],
        "mentions": {"@id": "#run"},
        "variableMeasured": [_link(entity) for entity in measured],
    }
    profile = {"@id": _PROFILE, "@type": "CreativeWork", "name": "Process Run Crate", "version": "0.5"}
    descriptor = {
        "@id": METADATA,
        "@type": "CreativeWork",
        "about": {"@id": "./"},
        "conformsTo": {"@id": _VERSION},
    }
    action = _action(store, files, inputs)
    return {
        "@context": _CONTEXT,
        "@graph": [descriptor, root, profile, terms, action, *software, *files, *inputs, *measured],
    }


def _link(entity: Mapping[str, Any]) -> dict[str, str]:
    return {"@id": str(entity["@id"])}


def _file(name: str, path: Path) -> Entity:
    about, kind = _ABOUT.get(name, (None, mimetypes.guess_type(name)[0] or "application/octet-stream"))
    if about is None:
        about = "the best genome" if name.endswith(".yaml") else "a file that an evaluation left"
    return {
        "@id": quote(name),
        "@type": "File",
        "name": about,
        "encodingFormat": "application/yaml" if name.endswith(".yaml") else kind,
        "contentSize": str(path.stat().st_size),
        "sha256": _sha256(path),
    }


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _action(store: Reading, files: list[Entity], inputs: list[Entity]) -> Entity:
    run, sessions = store.run, store.sessions()
    made = [entity for entity in files if entity["@id"] != "config.yaml"]
    question = [entity for entity in files if entity["@id"] == "config.yaml"]
    ended = sessions[-1].ended_at if sessions else None
    action: Entity = {
        "@id": "#run",
        "@type": "CreateAction",
        "name": f"run {run.name}",
        "description": " ".join(run.command) or "a search of evonas",
        "instrument": {"@id": "#evonas"},
        "object": [_link(entity) for entity in (*question, *inputs)],
        "result": [_link(entity) for entity in made],
        "startTime": run.created,
        "actionStatus": {"@id": f"http://schema.org/{_STATUS.get(run.status, 'PotentialActionStatus')}"},
    }
    if ended is not None and run.status != "running":
        action["endTime"] = datetime.fromtimestamp(ended, timezone.utc).isoformat(timespec="seconds")
    if run.reason and run.status in ("interrupted", "failed"):
        action["error"] = run.reason
    return action


def _software(run: RunRecord) -> Iterator[Entity]:
    others = {name: version for name, version in run.versions.items() if name != "evonas"}
    yield {
        "@id": "#evonas",
        "@type": "SoftwareApplication",
        "name": "evonas",
        "version": run.versions.get("evonas", "unknown"),
        "softwareRequirements": [{"@id": f"#software-{name}"} for name in others],
    }
    for name, version in others.items():
        yield {"@id": f"#software-{name}", "@type": "SoftwareApplication", "name": name, "version": version}


def _inputs(store: Reading) -> Iterator[Entity]:
    """Yield what the run learned from; its files are described, not packed, and so are no part of the crate."""
    told = store.events("data")
    if not told:
        return
    data = told[-1].data
    about = f"training data of the source {data.get('source')}"
    yield {"@id": "#data", "@type": "Dataset", "name": about, "identifier": str(data.get("digest", ""))}
    for place, file in enumerate(data.get("files", ())):
        metadata = file.get("metadata") or {}
        known = {"sha256": file.get("sha256"), "identifier": metadata.get("CTA PRODUCT ID")}
        yield {
            "@id": f"#input-{place}",
            "@type": "CreativeWork",
            "name": Path(str(file["path"])).name,
            "description": f"{file.get('role', 'input')} file of {about}",
            "isPartOf": {"@id": "#data"},
            **{name: value for name, value in known.items() if value},
        }


def _measured(store: Reading) -> Iterator[Entity]:
    best = store.best(1)
    for metric, value in dict(best[0].result.result.metrics).items() if best else ():
        about = f"of individual {best[0].individual.number}, the best of the search, in the search"
        yield {
            "@id": f"#best-{quote(metric, safe='')}",
            "@type": "PropertyValue",
            "name": metric,
            "value": value,
            "description": about,
        }


def _license(url: str | None) -> Entity:
    if url is not None:
        return {"@id": url, "@type": "CreativeWork", "name": url}
    said = "Whoever made this crate states no license: ask before you use it."
    return {"@id": "#license", "@type": "CreativeWork", "name": "no license is stated", "description": said}
