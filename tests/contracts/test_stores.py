"""Every store of evonas keeps the published contract."""

from pathlib import Path

import pytest

from evonas.lineage import LineageStore, filesystems
from evonas.testing.stores import StoreContract


class TestFile(StoreContract, store=LineageStore): ...


class TestRunDirectory(StoreContract, store=LineageStore):
    def place(self, folder: Path) -> Path:
        return folder


class TestUrl(StoreContract, store=LineageStore):
    def place(self, folder: Path) -> str:
        return f"sqlite:///{folder / 'lineage of a group?.db'}".replace("?", "%3F")


class TestNetworkFileSystem(StoreContract, store=LineageStore):
    @pytest.fixture(autouse=True)
    def everything_is_on_nfs(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        mounts = tmp_path.parent / f"{tmp_path.name}-mounts"
        mounts.write_text("server:/export / nfs4 rw 0 0\n", encoding="utf-8")
        monkeypatch.setattr(filesystems, "_MOUNTS", mounts)
