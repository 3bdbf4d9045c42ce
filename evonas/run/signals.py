"""A stop is asked for once, politely: Ctrl-C, and the SIGTERM of a batch system before its time is over."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["StopRequest", "stop_on_signals"]


class StopRequest:
    """Whether a stop was asked for, and by which signal.

    Attributes:
        signal_name: such as ``SIGINT``; empty while nobody asked.
    """

    def __init__(self) -> None:
        self.signal_name = ""

    def __call__(self) -> bool:
        """Return whether a stop was asked for."""
        return bool(self.signal_name)


@contextmanager
def stop_on_signals() -> Iterator[StopRequest]:
    """Turn the first SIGINT or SIGTERM into a request; a second one interrupts at once.

    Outside the main thread signals cannot be caught; the request then stays unset.
    """
    request = StopRequest()
    if threading.current_thread() is not threading.main_thread():
        yield request
        return
    caught = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.getsignal(number) for number in caught}

    def ask(number: int, frame: FrameType | None) -> None:
        if request.signal_name:
            raise KeyboardInterrupt
        request.signal_name = signal.Signals(number).name

    for number in caught:
        signal.signal(number, ask)
    try:
        yield request
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
