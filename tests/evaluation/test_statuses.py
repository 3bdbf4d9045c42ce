import errno

import pytest

from evonas.errors import DataError, GenomeError, SpaceError, StorageError
from evonas.evaluation.statuses import exit_cause, exit_status, failure_cause, failure_status
from evonas.records import EvaluationStatus as Status


class ResourceExhaustedError(Exception):
    """Called like TensorFlow's own."""


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (MemoryError(), Status.OUT_OF_MEMORY),
        (ResourceExhaustedError("OOM when allocating tensor"), Status.OUT_OF_MEMORY),
        (RuntimeError("RESOURCE_EXHAUSTED: Out of memory"), Status.OUT_OF_MEMORY),
        (RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB"), Status.OUT_OF_MEMORY),
        (FloatingPointError("loss is NaN"), Status.DIVERGED),
        (GenomeError("no"), Status.INVALID),
        (SpaceError("no"), Status.INVALID),
        (DataError("no"), Status.CRASHED),
        (ValueError("no"), Status.CRASHED),
        (SystemExit(1), Status.CRASHED),
        (KeyboardInterrupt(), Status.LOST),
        (OSError(errno.ENOSPC, "No space left on device"), Status.LOST),
        (OSError(errno.EROFS, "Read-only file system"), Status.LOST),
        (FileNotFoundError(errno.ENOENT, "No such file"), Status.CRASHED),
    ],
)
def test_what_an_exception_stands_for(error, status):
    assert failure_status(error) is status


def test_a_full_disk_that_was_put_into_words_is_still_the_disks_fault():
    error = StorageError("the weights cannot be written")
    assert failure_status(error) is Status.CRASHED
    error.__cause__ = OSError(errno.ENOSPC, "No space left on device")
    assert failure_status(error) is Status.LOST


def test_a_cause_is_one_short_line():
    cause = failure_cause(ValueError("a\n  b\n" + "c" * 1000))
    assert cause.startswith("ValueError: a b c")
    assert len(cause) == 500
    assert failure_cause(KeyError()) == "KeyError"


@pytest.mark.parametrize(
    ("code", "for_memory", "status", "cause"),
    [
        (-11, False, Status.CRASHED, "killed by SIGSEGV"),
        (-6, True, Status.CRASHED, "killed by SIGABRT"),
        (-9, False, Status.LOST, "killed by SIGKILL"),
        (-9, True, Status.OUT_OF_MEMORY, "killed by SIGKILL"),
        (-15, True, Status.LOST, "killed by SIGTERM"),
        (-250, False, Status.CRASHED, "killed by signal 250"),
        (1, False, Status.CRASHED, "its process ended with exit code 1 before it returned a result"),
        (0, False, Status.CRASHED, "its process ended with exit code 0 before it returned a result"),
    ],
)
def test_what_an_exit_stands_for(code, for_memory, status, cause):
    assert exit_status(code, kernel_out_of_memory=for_memory) is status
    assert exit_cause(code) == cause
