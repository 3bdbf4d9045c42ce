"""`evonas cache`."""

import json
import os
import time

import numpy as np
import pytest

from evonas.training.ctlearn.sharing import obtain, release_all
from evonas.training.ctlearn.writing import write_cache

KEYS = ("ab" * 32, "cd" * 32, "ce" * 32)


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """Three cache files: the DL1 file of the first is there, those of the others are gone."""
    folder = tmp_path / "cache"
    folder.mkdir()
    monkeypatch.setenv("EVONAS_CACHE", str(folder))
    dl1 = tmp_path / "gamma.dl1.h5"
    dl1.write_bytes(b"events")
    for place, key in enumerate(KEYS):
        images = np.zeros((10 + place, 4, 4, 2), np.float32)
        status = dl1.stat()
        source = {"path": str(dl1 if place == 0 else tmp_path / "gone.h5"), "size": status.st_size}
        facts = {
            "files": [source | {"mtime_ns": status.st_mtime_ns}],
            "camera": "ToyCam",
            "key": {"mode": "mono", "mapper": "AxialMapper", "channels": ["image"]},
        }
        path = folder / f"{key}.h5"
        write_cache(path, images.shape, [images], {}, facts, lambda done: None)
        os.utime(path, (time.time() - 86_400 * 10 * place,) * 2)
    yield folder
    release_all()


def test_ls(cache, evonas):
    listed = evonas("cache", "ls").worked("abababababab", "ToyCam", "AxialMapper", "image", "gamma.dl1.h5", "unused")
    assert listed.out.index("abab") < listed.out.index("cdcd") < listed.out.index("cece")
    rows = json.loads(evonas("cache", "ls", "--format", "json").worked().out)
    assert [(row["key"], row["events"], row["state"]) for row in rows] == [
        (KEYS[0], 10, ""),
        (KEYS[1], 11, "unused"),
        (KEYS[2], 12, "unused"),
    ]


def test_ls_of_an_empty_cache(evonas, tmp_path):
    evonas("cache", "ls", "--folder", tmp_path / "none").worked("nothing in")


def test_rm_by_key(cache, evonas):
    evonas("cache", "rm", "abab", KEYS[1]).worked("removed 2 of 3")
    assert [path.name for path in cache.glob("*.h5")] == [f"{KEYS[2]}.h5"]


def test_rm_of_what_is_not_there(cache, evonas):
    evonas("cache", "rm", "1234").refused(20, "no such key", "abababababab")
    evonas("cache", "rm", "c").refused(20, "no such key")
    (cache / f"{KEYS[2]}.h5").rename(cache / f"cdcd{KEYS[2][4:]}.h5")
    evonas("cache", "rm", "cdcd").refused(20, "several keys begin so")
    evonas("cache", "rm").refused(2, "--older-than")
    assert len(list(cache.glob("*.h5"))) == 3


def test_rm_older_than_and_unused(cache, evonas):
    evonas("cache", "rm", "--older-than", 15).worked("removed 1 of 3")
    assert not (cache / f"{KEYS[2]}.h5").exists()
    evonas("cache", "rm", "--unused").worked("removed 1 of 2")
    assert [path.name for path in cache.glob("*.h5")] == [f"{KEYS[0]}.h5"]
    evonas("cache", "rm", "--all").worked("removed 1 of 1")
    assert list(cache.iterdir()) == []


def test_what_is_in_use_stays(cache, evonas):
    obtain(cache, KEYS[0], lambda path: None)
    evonas("cache", "ls").worked("in use")
    ran = evonas("cache", "rm", "--all").worked("removed 2 of 3")
    assert "abababababab is in use, and stays" in ran.err
    assert evonas("cache", "rm", "abab").code == 1
    assert (cache / f"{KEYS[0]}.h5").exists()
