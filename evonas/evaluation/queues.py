"""One queue a device, k slots each; a request goes to the least loaded device and keeps its place in the queue."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Generic, TypeVar

from evonas.evaluation.devices import Device

__all__ = ["DeviceQueue", "least_loaded"]

Job = TypeVar("Job")


class DeviceQueue(Generic[Job]):
    """What waits for a device and what runs on it.

    Args:
        device: the device.
        slots: evaluations at once, at least 1.
    """

    def __init__(self, device: Device, slots: int) -> None:
        if slots < 1:
            raise ValueError(f"a device has at least one slot, got {slots}")
        self.device = device
        self.slots = slots
        self.waiting: deque[Job] = deque()
        self.running: list[Job] = []
        self.busy_seconds = 0.0  # of the evaluations that have ended

    @property
    def load(self) -> float:
        """Evaluations that wait or run, per slot."""
        return (len(self.waiting) + len(self.running)) / self.slots

    def put(self, job: Job) -> None:
        """Add a job at the end of the queue."""
        self.waiting.append(job)

    def next(self) -> Job | None:
        """Move the first waiting job to a free slot and return it; None if none waits or no slot is free."""
        if not self.waiting or len(self.running) >= self.slots:
            return None
        job = self.waiting.popleft()
        self.running.append(job)
        return job

    def ended(self, job: Job, seconds: float) -> None:
        """Free the slot of a running job that took ``seconds`` of wall time."""
        self.running.remove(job)
        self.busy_seconds += seconds


def least_loaded(queues: Sequence[DeviceQueue[Job]], avoid: Device | None = None) -> DeviceQueue[Job]:
    """Return the least loaded queue; of equal ones the first.

    Args:
        queues: at least one.
        avoid: a device on which the job was just lost; taken only if no other has a free slot.
    """
    others = [queue for queue in queues if queue.device != avoid and queue.load < 1]
    return min(others or queues, key=lambda queue: queue.load)
