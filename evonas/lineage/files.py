"""Digests of files."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

from evonas.lineage.entries import Artifact

__all__ = ["fingerprint"]


def fingerprint(artifact: Artifact, directory: Path | None) -> Artifact:
    """Return the artifact with its file's SHA-256 and size, or as it is where the file cannot be read.

    Args:
        artifact: the artifact.
        directory: folder that its path starts from; None if there is none.
    """
    if directory is None:
        return artifact
    digest, size = hashlib.sha256(), 0
    try:
        with (directory / artifact.path).open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
                size += len(block)
    except OSError:
        return artifact
    return replace(artifact, sha256=digest.hexdigest(), bytes=size)
