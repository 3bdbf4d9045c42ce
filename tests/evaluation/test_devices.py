import pytest

from evonas.config.schema import EvaluationConfig
from evonas.errors import EvaluationError
from evonas.evaluation import devices
from evonas.evaluation.devices import Device, child_environment, common_environment, find_devices, share_out

GIB = 2**30
CPU = Device("cpu:0", "cpu", "0")
UUID = "GPU-8f3c2a10-1111-2222-3333-444455556666"
MIG = "MIG-8f3c2a10-1111-2222-3333-444455556666"


@pytest.fixture(autouse=True)
def gpus(monkeypatch):
    """Say how many GPUs NVML counts."""

    def found(count: int) -> None:
        monkeypatch.setattr(devices, "_nvml_count", lambda: count)

    found(0)
    return found


def names(found):
    return [device.name for device in found]


def test_without_a_gpu_the_cpu_is_the_device():
    assert find_devices("auto", {}) == [CPU]


def test_nvml_counts_the_gpus(gpus):
    gpus(2)
    assert find_devices("auto", {}) == [Device("gpu:0", "gpu", "0"), Device("gpu:1", "gpu", "1")]


@pytest.mark.parametrize("given", ["", "-1", " "])
def test_an_empty_or_negative_list_of_visible_devices_means_no_gpu(gpus, given):
    gpus(2)
    assert find_devices("auto", {"CUDA_VISIBLE_DEVICES": given}) == [CPU]


def test_visible_devices_are_taken_as_given(gpus):
    gpus(8)
    found = find_devices("auto", {"CUDA_VISIBLE_DEVICES": f"5, 2,{UUID},{MIG}"})
    assert [device.id for device in found] == ["5", "2", UUID, MIG]
    assert names(found) == ["gpu:5", "gpu:2", f"gpu:{UUID}", f"gpu:{MIG}"]


def test_cuda_sees_nothing_behind_a_negative_index():
    assert names(find_devices("auto", {"CUDA_VISIBLE_DEVICES": "3,-1,4"})) == ["gpu:3"]


def test_an_unreadable_list_of_visible_devices_is_an_error():
    with pytest.raises(EvaluationError, match="CUDA_VISIBLE_DEVICES"):
        find_devices("auto", {"CUDA_VISIBLE_DEVICES": "zero"})


def test_a_configured_index_counts_visible_gpus():
    # So a batch job never leaves the GPUs that it was given.
    assert find_devices(["gpu:1"], {"CUDA_VISIBLE_DEVICES": "6,7"}) == [Device("gpu:1", "gpu", "7")]


def test_a_configured_list_is_taken_in_its_order(gpus):
    gpus(2)
    found = find_devices(["gpu:1", "cpu", "fake:3", f"gpu:{UUID}"], {})
    assert names(found) == ["gpu:1", "cpu:0", "fake:3", f"gpu:{UUID}"]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (["gpu:2"], "gpu:0 to gpu:1"),
        (["gpu"], "gpu:0, gpu:GPU-<uuid>"),
        (["tpu:0"], "gpu:0, gpu:GPU-<uuid>"),
        (["gpu:first"], "gpu:0, gpu:GPU-<uuid>"),
        (["gpu:-1"], "gpu:0, gpu:GPU-<uuid>"),
        (["cpu:x"], "cpu or cpu:0"),
        (["gpu:0", "gpu:0"], "each device once"),
        (["cpu", "cpu:0"], "each device once"),
        ([], "`auto` or a list"),
    ],
)
def test_nonsense_is_an_error_that_says_what_was_expected(gpus, given, expected):
    gpus(2)
    with pytest.raises(EvaluationError) as error:
        find_devices(given, {})
    assert expected in str(error.value)
    assert "got:" in str(error.value)
    assert error.value.key == "evaluation.devices"


@pytest.mark.parametrize("name", ["gpu:0", f"gpu:{UUID}"])
def test_a_gpu_where_there_is_none_is_an_error(name):
    with pytest.raises(EvaluationError, match="use cpu"):
        find_devices([name], {})


def test_a_uuid_that_is_not_visible_is_an_error():
    with pytest.raises(EvaluationError, match="no such GPU"):
        find_devices([f"gpu:{UUID}"], {"CUDA_VISIBLE_DEVICES": "GPU-00000000"})


@pytest.mark.parametrize(
    ("found", "config", "cores", "memory", "slots", "threads"),
    [
        ([CPU], {}, 2, 64 * GIB, (2,), 1),
        ([CPU], {}, 32, 16 * GIB, (10,), 3),  # memory for ten, and the cores shared out over them
        ([CPU], {}, 1, GIB, (1,), 1),  # never none
        ([CPU], {"threads": 4}, 16, 64 * GIB, (4,), 4),
        ([CPU], {"slots": 3}, 16, 64 * GIB, (3,), 5),
        (["gpu:0", "gpu:1"], {}, 16, 64 * GIB, (1, 1), 8),
        (["gpu:0", "gpu:1"], {"slots": 4}, 16, 64 * GIB, (4, 4), 2),
        (["gpu:0", CPU], {}, 4, 64 * GIB, (1, 3), 1),  # the GPU keeps a core
    ],
)
def test_the_machine_is_shared_out(found, config, cores, memory, slots, threads):
    found = [d if isinstance(d, Device) else Device(d, "gpu", d[-1]) for d in found]
    shares = share_out(found, EvaluationConfig(**config), cores, memory)
    assert (shares.slots, shares.threads) == (slots, threads)
    assert sum(slots) * threads <= cores


def test_more_threads_than_cores_are_said(caplog):
    share_out([CPU], EvaluationConfig(slots=4, threads=2), 2, 64 * GIB)
    assert "4 slots with 2 threads each share 2 cores" in caplog.text


def test_the_environment_of_a_child_on_a_gpu():
    assert child_environment(Device("gpu:1", "gpu", "7"), 1, 4) == {
        "CUDA_DEVICE_ORDER": "PCI_BUS_ID",
        "CUDA_VISIBLE_DEVICES": "7",
        "TF_FORCE_GPU_ALLOW_GROWTH": "true",
        "XLA_PYTHON_CLIENT_PREALLOCATE": "false",
        "PYTORCH_NVML_BASED_CUDA_CHECK": "1",
        "TF_CPP_MIN_LOG_LEVEL": "2",
        "TF_NUM_INTRAOP_THREADS": "4",
        "TF_NUM_INTEROP_THREADS": "2",
        "OMP_NUM_THREADS": "4",
        "OPENBLAS_NUM_THREADS": "4",
        "MKL_NUM_THREADS": "4",
    }


def test_the_order_of_gpus_is_left_alone_where_their_numbers_were_given():
    environ = {"CUDA_VISIBLE_DEVICES": "0,1", "TF_CPP_MIN_LOG_LEVEL": "0"}
    variables = child_environment(Device("gpu:0", "gpu", "0"), 1, 1, environ)
    assert "CUDA_DEVICE_ORDER" not in variables
    assert variables["TF_CPP_MIN_LOG_LEVEL"] == "0"


def test_slots_on_one_gpu_share_its_memory():
    assert child_environment(Device("gpu:0", "gpu", "0"), 4, 1)["XLA_PYTHON_CLIENT_MEM_FRACTION"] == "0.225"


def test_a_child_on_a_cpu_sees_no_gpu():
    variables = child_environment(CPU, 2, 1)
    assert variables["CUDA_VISIBLE_DEVICES"] == ""
    assert variables["JAX_PLATFORMS"] == "cpu"
    assert "XLA_PYTHON_CLIENT_MEM_FRACTION" not in variables


def test_what_all_children_agree_on_is_known_to_the_server():
    first, second = (child_environment(Device(f"gpu:{i}", "gpu", str(i)), 1, 1) for i in range(2))
    common = common_environment([first, second])
    assert "CUDA_VISIBLE_DEVICES" not in common
    assert common["OMP_NUM_THREADS"] == "1"
    assert common_environment([first]) == first


def test_a_machine_without_nvidia_driver_has_no_gpu(monkeypatch):
    pynvml = pytest.importorskip("pynvml")

    def fail():
        raise pynvml.NVMLError(pynvml.NVML_ERROR_LIBRARY_NOT_FOUND)

    monkeypatch.undo()
    monkeypatch.setattr(pynvml, "nvmlInit", fail)
    assert find_devices("auto", {}) == [CPU]
