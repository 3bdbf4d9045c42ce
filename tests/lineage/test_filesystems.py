"""Which paths lie on a file system that several machines share."""

import pytest

from evonas.lineage import filesystems
from evonas.lineage.filesystems import filesystem_type, is_network_filesystem, on_network_filesystem

MOUNTS = r"""sysfs /sys sysfs rw,nosuid 0 0
/dev/sda2 / ext4 rw,relatime 0 0
tmpfs /tmp tmpfs rw 0 0
server:/export/home /home nfs4 rw,vers=4.2 0 0
/dev/nvme0n1 /home/me/fast xfs rw 0 0
10.0.0.1@tcp:/scratch /scratch lustre rw 0 0
gpfs0 /gpfs gpfs rw 0 0
//nas/share /mnt/with\040blank\134s cifs rw 0 0
me@host:/data /home/me/remote fuse.sshfs rw 0 0
/dev/sdb1 /mnt/usb fuseblk rw 0 0
/dev/sdc1 /over ext4 rw 0 0
server:/over /over nfs rw 0 0
broken line
"""


@pytest.mark.parametrize(
    ("path", "kind", "network"),
    [
        ("/", "ext4", False),
        ("/var/runs/a", "ext4", False),
        ("/homework/run", "ext4", False),
        ("/home", "nfs4", True),
        ("/home/me/run", "nfs4", True),
        ("/home/me/fast/run", "xfs", False),
        ("/home/me/faster/run", "nfs4", True),
        ("/scratch/me", "lustre", True),
        ("/gpfs/a/b", "gpfs", True),
        ("/mnt/with blank\\s/run", "cifs", True),
        ("/home/me/remote/run", "fuse.sshfs", True),
        ("/mnt/usb/run", "fuseblk", False),
        ("/tmp/x", "tmpfs", False),
        ("/over/x", "nfs", True),
    ],
)
def test_the_longest_mount_point_decides(path, kind, network):
    assert filesystem_type(path, MOUNTS) == kind
    assert is_network_filesystem(kind) is network


def test_without_mounts_nothing_is_known():
    assert filesystem_type("/home/me", "") == ""
    assert not is_network_filesystem("")


def test_links_are_followed(tmp_path, monkeypatch):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    mounts = tmp_path / "mounts"
    mounts.write_text(f"/dev/sda / ext4 rw 0 0\nserver:/x {tmp_path.resolve() / 'real'} nfs rw 0 0\n", encoding="utf-8")
    monkeypatch.setattr(filesystems, "_MOUNTS", mounts)
    assert on_network_filesystem(tmp_path / "link" / "lineage.sqlite")
    assert not on_network_filesystem(tmp_path / "lineage.sqlite")


def test_a_machine_without_proc_is_local(tmp_path, monkeypatch):
    monkeypatch.setattr(filesystems, "_MOUNTS", tmp_path / "missing")
    assert not on_network_filesystem(tmp_path)
