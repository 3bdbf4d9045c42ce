"""The cache: whole files or none, one builder, safe removal."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import h5py
import numpy as np
import pytest

from evonas.errors import StorageError
from evonas.training.ctlearn import writing
from evonas.training.ctlearn.cache import cache_folder, entries, older_than, open_cached, remove
from evonas.training.ctlearn.locks import FileLock
from evonas.training.ctlearn.sharing import obtain, release_all
from evonas.training.ctlearn.writing import sweep, write_cache

KEY = "ab" * 32
SHAPE = (30, 5, 5, 2)
IMAGES = np.random.default_rng(0).random(SHAPE, np.float32)
COLUMNS = {"obs_id": np.arange(30), "true_energy": np.linspace(0.1, 9, 30)}


@pytest.fixture(autouse=True)
def _release():
    yield
    release_all()


def build(path, blocks=None, facts=None):
    blocks = (IMAGES[:20], IMAGES[20:]) if blocks is None else blocks
    write_cache(path, SHAPE, blocks, COLUMNS, facts or {"files": []}, lambda done: None)


def left(folder):
    return sorted(path.name for path in folder.iterdir() if path.suffix != ".lock")


def test_what_is_written_is_read(tmp_path):
    done = []
    path = tmp_path / f"{KEY}.h5"
    write_cache(path, SHAPE, (IMAGES[:20], IMAGES[20:]), COLUMNS, {"files": [], "camera": "ToyCam"}, done.append)
    found = open_cached(path)
    assert found.key == KEY and found.shape == SHAPE and found.facts["camera"] == "ToyCam"
    assert found.offset % 64 == 0
    mapped = np.memmap(path, "<f4", "r", found.offset, SHAPE)
    np.testing.assert_array_equal(mapped, IMAGES)
    for name, values in COLUMNS.items():
        np.testing.assert_array_equal(found.columns[name], values)
    assert done == [20, 30]
    with h5py.File(path) as file:  # and for anybody else
        np.testing.assert_array_equal(file["images"][()], IMAGES)
    assert left(tmp_path) == [path.name]


def test_the_digest_is_of_the_content(tmp_path):
    build(tmp_path / f"{KEY}.h5")
    build(tmp_path / f"{'cd' * 32}.h5", [IMAGES])
    build(tmp_path / f"{'ef' * 32}.h5", [IMAGES + 1])
    digests = [open_cached(tmp_path / f"{pair * 32}.h5").digest for pair in ("ab", "cd", "ef")]
    assert digests[0] == digests[1] != digests[2] and len(digests[0]) == 64


@pytest.mark.parametrize("where", ["reserving", "writing", "layout"])
def test_a_full_disk_leaves_nothing(tmp_path, monkeypatch, where):
    def full(*arguments, **named):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def blocks():
        yield IMAGES[:20]
        full()

    if where == "reserving":
        monkeypatch.setattr(os, "posix_fallocate", full)
    if where == "layout":
        monkeypatch.setattr(h5py, "File", full)
    with pytest.raises(StorageError, match="the disk is full") as caught:
        build(tmp_path / f"{KEY}.h5", blocks() if where == "writing" else None)
    assert caught.value.key == "data.options.cache" and "30 events" in caught.value.expected
    assert left(tmp_path) == []


def test_a_file_size_limit_is_met_as_a_full_disk(tmp_path):
    """The operating system itself refuses to write on."""
    code = """
        import resource, signal, sys
        from pathlib import Path
        import numpy as np
        from evonas.errors import StorageError
        from evonas.training.ctlearn.writing import write_cache
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (2**20, 2**20))
        images = np.zeros((600, 32, 32, 2), np.float32)
        try:
            write_cache(Path(sys.argv[1]), images.shape, [images], {}, {}, lambda done: None)
        except StorageError as error:
            print(error.message)
    """
    done = run(code, tmp_path / f"{KEY}.h5")
    assert "the disk is full" in done.stdout, done.stderr
    assert left(tmp_path) == []


def run(code, *arguments):
    command = [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


SLOW = """
    import sys
    from pathlib import Path
    import numpy as np
    from evonas.training.ctlearn.sharing import obtain
    from evonas.training.ctlearn.writing import write_cache
    folder, key, waits = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    images = np.ones((30, 5, 5, 2), np.float32)
    def blocks():
        yield images[:10]
        print("begun", flush=True)
        if waits:
            sys.stdin.readline()  # until it is told to go on
        yield images[10:]
    def build(path):
        write_cache(path, images.shape, blocks(), {}, {"files": []}, lambda done: None)
    print(obtain(folder, key, build).digest, flush=True)
    if len(sys.argv) > 4:
        sys.stdin.read()
"""


@pytest.fixture
def start(tmp_path):
    """Start processes that want the cache file and build it slowly; they are ended after the test."""
    started = []

    def start_process(waits, *more):
        command = [sys.executable, "-c", textwrap.dedent(SLOW), str(tmp_path), KEY, str(waits), *more]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        started.append(subprocess.Popen(command, text=True, **pipes))
        return started[-1]

    yield start_process
    for process in started:
        process.kill()
        with process:
            pass


def test_of_two_that_want_it_one_builds_and_one_waits(tmp_path, start):
    first = start(1)
    assert first.stdout.readline() == "begun\n"
    second = start(0)
    said = second.stderr.readline()
    assert "waiting for the image cache" in said and f"process {first.pid}" in said
    digest = first.communicate("\n", timeout=60)[0].strip()
    assert second.communicate(timeout=60)[0].strip() == digest, "the second did not build"
    assert left(tmp_path) == [f"{KEY}.h5"]


def test_a_builder_that_is_killed_leaves_nothing_that_counts(tmp_path, start):
    first = start(1)
    assert first.stdout.readline() == "begun\n"
    first.send_signal(signal.SIGKILL)
    first.communicate(timeout=60)
    (half,) = left(tmp_path)
    assert half.endswith(".tmp"), "what is half written never has the name of a cache file"
    found = obtain(tmp_path, KEY, build)
    np.testing.assert_array_equal(np.memmap(found.path, "<f4", "r", found.offset, SHAPE), IMAGES)
    assert left(tmp_path) == [f"{KEY}.h5"]


def test_one_who_waits_builds_when_the_builder_is_killed(tmp_path, start):
    first = start(1)
    assert first.stdout.readline() == "begun\n"
    second = start(0)
    while "waiting" not in second.stderr.readline():
        pass
    first.send_signal(signal.SIGKILL)
    first.communicate(timeout=60)
    assert second.communicate(timeout=60)[0].startswith("begun\n")
    assert left(tmp_path) == [f"{KEY}.h5"]


def test_temporary_files_of_the_living_stay(tmp_path, start):
    first = start(1)
    assert first.stdout.readline() == "begun\n"
    sweep(tmp_path)
    assert len(left(tmp_path)) == 1
    assert not remove_all(tmp_path), "what is being built is not listed"
    first.kill()
    first.communicate(timeout=60)
    sweep(tmp_path)
    assert left(tmp_path) == []


def remove_all(folder):
    return [remove(entry) for entry in entries(folder)]


def test_what_another_process_uses_stays(tmp_path, start):
    first = start(0, "stay")
    assert first.stdout.readline() == "begun\n"
    assert len(first.stdout.readline()) == 65
    (entry,) = entries(tmp_path)
    assert entry.in_use and remove_all(tmp_path) == [False]
    assert open_cached(entry.path) is not None
    first.communicate("", timeout=60)
    assert remove_all(tmp_path) == [True]
    assert list(tmp_path.iterdir()) == []


def test_an_error_while_building_frees_the_lock(tmp_path):
    def fail(path):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        obtain(tmp_path, KEY, fail)
    assert obtain(tmp_path, KEY, build).key == KEY


def test_a_cache_of_another_version_is_built_again(tmp_path, monkeypatch):
    path = tmp_path / f"{KEY}.h5"
    build(path, [IMAGES + 1])
    with h5py.File(path, "r+") as file:
        file.attrs["format"] = 0
    assert entries(tmp_path)[0].stale
    found = obtain(tmp_path, KEY, build)
    np.testing.assert_array_equal(np.memmap(path, "<f4", "r", found.offset, SHAPE), IMAGES)


def test_somebody_elses_cache_can_be_read(tmp_path, monkeypatch):
    build(tmp_path / f"{KEY}.h5")

    def forbidden(*arguments):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("evonas.training.ctlearn.locks.os.open", forbidden)
    assert obtain(tmp_path, KEY, build).key == KEY
    with pytest.raises(StorageError, match="cannot be used") as caught:
        obtain(tmp_path, "cd" * 32, build)
    assert "EVONAS_CACHE" in caught.value.hint


def test_a_file_system_without_locks_serves(tmp_path, monkeypatch):
    def none(*arguments):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("evonas.training.ctlearn.locks.fcntl.flock", none)
    assert obtain(tmp_path, KEY, build).key == KEY


def test_shared_locks_keep_an_exclusive_one_out(tmp_path):
    one, two, three = (FileLock(tmp_path / "lock") for _ in range(3))
    assert one.try_shared() and two.try_shared() and not three.try_exclusive()
    one.release()
    assert not three.try_exclusive()
    two.release()
    assert three.try_exclusive() and not one.try_shared()
    assert str(os.getpid()) in one.owner()
    three.remove()
    assert one.try_exclusive(), "a lock file that was removed is not the one that counts"


def test_which_were_not_used_for_long(tmp_path):
    for key, days in (("ab", 1), ("cd", 40)):
        build(tmp_path / f"{key * 32}.h5")
        lock = tmp_path / f"{key * 32}.lock"
        lock.touch()
        os.utime(lock, (time.time() - days * 86_400,) * 2)
    found = entries(tmp_path)
    assert [entry.key[:2] for entry in found] == ["ab", "cd"]
    assert [entry.key[:2] for entry in older_than(found, 30)] == ["cd"]


def test_where_the_cache_lies(monkeypatch, tmp_path):
    monkeypatch.delenv("EVONAS_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "evonas"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache_folder() == Path.home() / ".cache" / "evonas"
    monkeypatch.setenv("EVONAS_CACHE", str(tmp_path / "mine"))
    assert cache_folder() == tmp_path / "mine"
    assert cache_folder("../images", tmp_path / "configs") == tmp_path / "images"
    assert writing.ALIGNMENT == 64
