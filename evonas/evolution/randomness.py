"""The one door to random numbers: each birth has a generator of its own, made from the run's seed and its number.

A birth does not depend on how many numbers were drawn before it, so nothing has to be stored to resume a run, and any
birth can be repeated alone. DEAP draws from Python's global ``random``; :func:`deap_random` lends it this birth's
numbers and puts the global state back.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np

__all__ = [
    "birth_generator",
    "deap_numpy_random",
    "deap_random",
    "design_generator",
    "evaluation_seed",
    "random_state_text",
    "survival_generator",
]

_BIRTH, _EVALUATION, _DESIGN, _SURVIVAL = 0, 1, 2, 3  # disjoint branches of the seed's tree


def birth_generator(seed: int, number: int) -> np.random.Generator:
    """Return the generator of the birth of individual ``number``."""
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(_BIRTH, number)))


def evaluation_seed(seed: int, number: int) -> int:
    """Return the seed, below 2**31, of evaluation ``number``: weights, shuffling, dropout."""
    return int(np.random.SeedSequence(seed, spawn_key=(_EVALUATION, number)).generate_state(1)[0]) & 0x7FFFFFFF


def design_generator(seed: int) -> np.random.Generator:
    """Return the generator of the founders' space-filling design."""
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(_DESIGN,)))


def random_state_text(seed: int, number: int) -> str:
    """Return what a birth stores: enough to make its generator again."""
    return f"{seed}/{number}"


@contextmanager
def deap_random(rng: np.random.Generator) -> Iterator[None]:
    """Let DEAP's operators draw from ``rng``: seed the global ``random`` from it, then restore the global state."""
    saved = random.getstate()
    random.seed(int(rng.integers(2**63)))
    try:
        yield
    finally:
        random.setstate(saved)


def survival_generator(numbers: Sequence[int]) -> np.random.Generator:
    """Return the generator that breaks ties when these individuals enter a population."""
    return np.random.default_rng(np.random.SeedSequence(list(numbers), spawn_key=(_SURVIVAL,)))


@contextmanager
def deap_numpy_random(rng: np.random.Generator) -> Iterator[None]:
    """As :func:`deap_random`, for those operators of DEAP that draw from NumPy's global generator (NSGA-III)."""
    saved = np.random.get_state()  # noqa: NPY002
    np.random.seed(int(rng.integers(2**32)))  # noqa: NPY002
    try:
        yield
    finally:
        np.random.set_state(saved)  # noqa: NPY002
