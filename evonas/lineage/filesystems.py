"""Which file system a path lies on, and whether several machines share it.

SQLite's write-ahead log keeps its index in memory that all its processes map; machines that share a network file
system do not share memory, so there the rollback journal is used (https://www.sqlite.org/wal.html, "Overview").
"""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

__all__ = ["filesystem_type", "is_network_filesystem", "on_network_filesystem"]

_NETWORK = frozenset(
    {
        "9p", "acfs", "afs", "beegfs", "ceph", "cifs", "drvfs", "gfs", "gfs2", "glusterfs", "gpfs", "lustre", "mmfs",
        "ncpfs", "nfs", "nfs3", "nfs4", "ocfs2", "orangefs", "panfs", "prl_fs", "pvfs2", "smb2", "smb3", "smbfs",
        "vboxsf", "virtiofs", "wekafs",
    }
)  # fmt: skip
_MOUNTS = Path("/proc/mounts")


def filesystem_type(path: str | Path, mounts: str) -> str:
    r"""Return the type of the file system that holds an absolute path, such as ``ext4``; empty when none does.

    Args:
        path: an absolute path without ``..`` and symbolic links.
        mounts: the text of ``/proc/mounts``; of two mounts on one folder the later one counts.

    >>> filesystem_type("/home/me/run", "/dev/sda1 / ext4 rw 0 0\nserver:/home /home nfs4 rw 0 0\n")
    'nfs4'
    """
    parts = PurePosixPath(path).parts
    found, depth = "", 0
    for line in mounts.splitlines():
        fields = line.split()
        if len(fields) < 3:
            continue
        place = PurePosixPath(_unescape(fields[1])).parts
        if len(place) >= depth and parts[: len(place)] == place:
            found, depth = fields[2], len(place)
    return found


def is_network_filesystem(kind: str) -> bool:
    """Whether machines may share a file system of this type; any FUSE counts, but for a local NTFS disk.

    >>> is_network_filesystem("lustre"), is_network_filesystem("fuse.sshfs"), is_network_filesystem("ext4")
    (True, True, False)
    """
    return kind in _NETWORK or (kind.startswith("fuse") and kind not in ("fuseblk", "fusectl"))


def on_network_filesystem(path: str | Path) -> bool:
    """Whether a path lies on a network file system; False where the machine keeps no ``/proc/mounts``."""
    try:
        mounts = _MOUNTS.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return is_network_filesystem(filesystem_type(Path(path).resolve(), mounts))


def _unescape(text: str) -> str:
    """Undo the octal escapes of blanks and backslashes in ``/proc/mounts``."""
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match.group(1), 8)), text)
