import pytest
from hypothesis import given
from hypothesis import strategies as st

from evonas.evaluation.devices import Device
from evonas.evaluation.queues import DeviceQueue, least_loaded


def queue(number: int, slots: int = 1) -> DeviceQueue:
    return DeviceQueue(Device(f"fake:{number}", "fake", str(number)), slots)


def test_a_device_has_a_slot():
    with pytest.raises(ValueError, match="at least one slot"):
        queue(0, slots=0)


def test_the_least_loaded_device_is_taken_and_of_equals_the_first():
    first, second = queue(0, slots=2), queue(1, slots=1)
    assert least_loaded([first, second]) is first
    first.put("a")
    assert least_loaded([first, second]) is second
    second.put("b")
    assert least_loaded([first, second]) is first  # half full against full


def test_a_device_that_lost_a_job_is_avoided_unless_no_other_is_free():
    first, second = queue(0), queue(1)
    assert least_loaded([first, second], avoid=first.device) is second
    second.put("a")
    assert least_loaded([first, second], avoid=first.device) is first
    assert least_loaded([first], avoid=first.device) is first


@given(st.integers(1, 4), st.lists(st.sampled_from(["put", "next", "end"]), max_size=60))
def test_jobs_start_in_order_and_never_more_than_there_are_slots(slots, steps):
    device = queue(0, slots)
    put = started = 0
    for step in steps:
        if step == "put":
            device.put(put)
            put += 1
        elif step == "next":
            job = device.next()
            if job is not None:
                assert job == started
                started += 1
        elif device.running:
            device.ended(device.running[0], 1.0)
        assert len(device.running) <= slots
        assert started + len(device.waiting) == put
    assert device.busy_seconds == started - len(device.running)
