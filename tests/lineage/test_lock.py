"""One coordinator a run."""

import errno
import fcntl
import json
import os
import signal
import socket
import subprocess
import sys

import pytest

from evonas.errors import RunError, StorageError
from evonas.lineage import RunLock

HOLDER = """
import sys, time
from evonas.lineage.lock import RunLock
with RunLock(sys.argv[1]):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path):
    """Another process that holds the run."""
    process = subprocess.Popen([sys.executable, "-c", HOLDER, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_a_second_process_is_told_who_holds_the_run(tmp_path, holder):
    with pytest.raises(RunError, match=f"in use by process {holder.pid} ") as caught:
        RunLock(tmp_path).acquire()
    assert str(tmp_path) in str(caught.value)
    assert RunLock.holder(tmp_path) == holder.pid


def test_a_killed_process_holds_nothing(tmp_path, holder):
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    assert RunLock.holder(tmp_path) is None
    with RunLock(tmp_path) as lock:
        assert lock.held


def test_the_lock_can_be_taken_again_and_again(tmp_path):
    lock = RunLock(tmp_path)
    for _ in range(2):
        with lock:
            lock.acquire()
            assert lock.held
            assert RunLock.holder(tmp_path) == os.getpid()
        assert not lock.held
        lock.release()
    assert RunLock.holder(tmp_path) is None


def test_the_same_process_cannot_hold_it_twice(tmp_path):
    with RunLock(tmp_path), pytest.raises(RunError, match=f"process {os.getpid()}"):
        RunLock(tmp_path).acquire()


def test_a_directory_without_a_lock_is_free(tmp_path):
    assert RunLock.holder(tmp_path) is None


def test_a_missing_directory_cannot_be_locked(tmp_path):
    with pytest.raises(StorageError, match="cannot be locked"):
        RunLock(tmp_path / "missing").acquire()


@pytest.fixture
def no_locks(monkeypatch):
    """A file system without locks."""

    def refuse(file, operation):
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", refuse)


def write_owner(tmp_path, pid, host):
    (tmp_path / "lock").write_text(json.dumps({"pid": pid, "host": host}), encoding="utf-8")


def dead_process():
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


@pytest.mark.usefixtures("no_locks")
def test_without_locks_a_live_process_holds_the_run(tmp_path):
    write_owner(tmp_path, os.getppid(), socket.gethostname())
    with pytest.raises(RunError, match=f"process {os.getppid()} "):
        RunLock(tmp_path).acquire()
    assert RunLock.holder(tmp_path) == os.getppid()


@pytest.mark.usefixtures("no_locks")
def test_without_locks_a_dead_process_does_not(tmp_path):
    write_owner(tmp_path, dead_process(), socket.gethostname())
    assert RunLock.holder(tmp_path) is None
    with RunLock(tmp_path):
        assert json.loads((tmp_path / "lock").read_text(encoding="utf-8"))["pid"] == os.getpid()
    assert (tmp_path / "lock").read_text(encoding="utf-8") == ""


@pytest.mark.usefixtures("no_locks")
def test_without_locks_a_process_elsewhere_cannot_be_asked(tmp_path):
    write_owner(tmp_path, 1, "another-machine")
    with pytest.raises(RunError, match="another-machine") as caught:
        RunLock(tmp_path).acquire()
    assert "delete" in str(caught.value)
    assert RunLock.holder(tmp_path) == 0


@pytest.mark.usefixtures("no_locks")
@pytest.mark.parametrize("content", ["", "[]", "{}", "nonsense"])
def test_without_locks_an_unreadable_owner_holds_nothing(tmp_path, content):
    (tmp_path / "lock").write_text(content, encoding="utf-8")
    with RunLock(tmp_path):
        pass
