"""One thread for the surrogate's linear algebra.

Its matrices are small, and trainings need the cores: with a thread for each core, every product would wait for a core
that a training has (seen: seconds instead of milliseconds for a birth on two busy cores).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import ParamSpec, TypeVar

from threadpoolctl import ThreadpoolController

__all__ = ["on_one_thread"]

_P = ParamSpec("_P")
_R = TypeVar("_R")


def on_one_thread(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """Return the function, which then runs with one thread of BLAS; other code is not touched."""

    @wraps(function)
    def limited(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        with _controller().limit(limits=1, user_api="blas"):
            return function(*args, **kwargs)

    return limited


@lru_cache(maxsize=1)
def _controller() -> ThreadpoolController:
    """Return what knows the libraries; made at the first use, when NumPy's and SciPy's are loaded."""
    return ThreadpoolController()
