"""A clock that is turned by hand: workers that are busy for as long as a training would have lasted."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import Generic, TypeVar

__all__ = ["Clock", "Stay"]

T = TypeVar("T")


@dataclass(frozen=True)
class Stay:
    """A piece of work: from when to when a worker had it, s."""

    worker: int
    start: float
    finish: float


class Clock(Generic[T]):
    """Workers in a time that passes when nothing is left to do at a moment.

    Args:
        workers: how many there are.

    >>> clock = Clock[str](2)
    >>> stays = clock.start("a", 10.0), clock.start("b", 4.0)
    >>> clock.next()[0], clock.now
    ('b', 4.0)
    """

    def __init__(self, workers: int) -> None:
        self.now = 0.0
        self._free = list(range(workers))
        self._workers = workers
        self._running: list[tuple[float, int, T, Stay]] = []
        self._stays: list[Stay] = []

    @property
    def free(self) -> int:
        """Workers without work."""
        return len(self._free)

    @property
    def running(self) -> list[tuple[T, Stay]]:
        """What runs, in order of start."""
        return [(work, stay) for _, _, work, stay in sorted(self._running, key=lambda one: one[1])]

    def start(self, work: T, seconds: float) -> Stay:
        """Give a piece of work to the free worker with the smallest number.

        Raises:
            ValueError: if no worker is free.
        """
        if not self._free:
            raise ValueError(f"all {self._workers} workers are busy")
        stay = Stay(heapq.heappop(self._free), self.now, self.now + seconds)
        heapq.heappush(self._running, (stay.finish, len(self._stays), work, stay))
        self._stays.append(stay)
        return stay

    def next(self) -> tuple[T, Stay] | None:
        """Return the work that ends first, at its end or now if that has passed; None if nothing runs."""
        if not self._running:
            return None
        finish, _, work, stay = heapq.heappop(self._running)
        self.now = max(self.now, finish)
        heapq.heappush(self._free, stay.worker)
        return work, stay

    @property
    def due(self) -> bool:
        """Whether a piece of work has ended by now, and was not returned yet."""
        return bool(self._running) and self._running[0][0] <= self.now

    def clear(self) -> list[T]:
        """Take everything from the workers, now; return it in order of start."""
        dropped = self.running
        self._running.clear()
        for _, stay in dropped:
            heapq.heappush(self._free, stay.worker)
            place = self._stays.index(stay)
            self._stays[place] = Stay(stay.worker, stay.start, min(stay.finish, max(self.now, stay.start)))
        return [work for work, _ in dropped]

    def pass_by(self, seconds: float) -> None:
        """Let time pass, for what the coordinator itself took, s."""
        self.now += seconds

    def busy_seconds(self, until: float | None = None) -> float:
        """Return how long the workers were busy, together, s.

        Args:
            until: count up to this time; None for now.
        """
        end = self.now if until is None else until
        return sum(max(0.0, min(stay.finish, end) - stay.start) for stay in self._stays)

    def busy(self) -> dict[str, float]:
        """Return the busy fraction: of the whole time until now, and until the last piece of work was given out.

        After that, workers run out of work in any method; the longer the last trainings are beside the whole run, the
        more that takes off the first figure.
        """
        last = max((stay.start for stay in self._stays), default=0.0)
        return {
            "whole": self.busy_seconds() / (self._workers * self.now) if self.now else 0.0,
            "until_last_start": self.busy_seconds(last) / (self._workers * last) if last else 0.0,
        }
