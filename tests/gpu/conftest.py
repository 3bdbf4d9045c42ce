import os
from argparse import Namespace
from pathlib import Path

import pytest

from evonas.evaluation import find_devices

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture
def gpu(monkeypatch):
    """Import the script, which measures what is tested here."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import gpu

    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "2")
    monkeypatch.setenv("PYTORCH_NVML_BASED_CUDA_CHECK", "1")
    monkeypatch.setenv("KERAS_BACKEND", gpu.choose_backend())
    return gpu


@pytest.fixture
def real_gpus(gpu):
    found = gpu.gpus(os.environ)
    if not found:
        pytest.skip("no GPU: neither CUDA_VISIBLE_DEVICES nor NVML names one")
    return found


@pytest.fixture
def stand_ins():
    return find_devices(["fake:0", "fake:1"], {})


@pytest.fixture
def options():
    """Return the smallest sizes that still exercise everything."""
    return Namespace(candidates=1, slots=[2], images=64, epochs=1, rounds=1, workload=["small"])
