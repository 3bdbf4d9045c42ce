"""Every backend of evonas keeps the published contract."""

import platform

import pytest

from evonas.evaluation import LocalBackend
from evonas.testing.backends import BackendContract


@pytest.mark.skipif(platform.system() != "Linux", reason="the forkserver needs Linux")
class TestForkserver(BackendContract, make=LocalBackend, start_method="forkserver"): ...


class TestSpawn(BackendContract, make=LocalBackend, start_method="spawn"): ...
