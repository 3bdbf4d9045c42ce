"""The laws of variation operators, for ours and for a third party's.

A test module inherits the suite with one class each::

    class TestMyMutation(MutationContract):
        operator = staticmethod(my_mutation)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from evonas.evolution.marks import MarkCounter, highest_mark
from evonas.genome import Genome
from evonas.space import Space

__all__ = ["SPACES", "CrossoverContract", "MutationContract"]

SPACES: tuple[dict[str, Any], ...] = (
    {
        "layers": {
            "repeat": {
                "units": {"int": [8, 256], "log": True},
                "activation": {"choice": ["relu", "tanh", "elu"]},
                "dropout": {"float": [0, 0.5]},
            },
            "length": [1, 6],
        },
        "optimizer": {
            "select": {
                "adam": {"rate": {"float": [1e-4, 1e-1], "log": True}},
                "sgd": {"rate": {"float": [1e-3, 1.0], "log": True}, "momentum": {"float": [0, 0.99]}},
            }
        },
        "residual": "bool",
        "batch_size": {"choice": [16, 32, 64]},
    },
    {
        "stages": {
            "repeat": {
                "filters": {"scales": "previous", "by": 2, "first": {"int": [8, 32]}, "max": 256},
                "blocks": {"repeat": {"kernel": {"choice": [1, 3, 5]}}, "length": [0, 3]},
            },
            "length": [1, 4],
        },
        "head": {"units": {"int": [16, 64], "step": 16}, "half": {"scales": "units", "by": 0.5}},
    },
    {"only": {"choice": [1]}},
)
"""Spaces with every kind of gene: tied, conditional, nested lists, and one that holds a single genome."""

_DRAWS = 60


class MutationContract:
    """A mutation: ``(space, genome, rng, marks) -> Genome | None``."""

    operator: ClassVar[Callable[[Space, Genome, np.random.Generator, MarkCounter], Genome | None]]

    def _mutants(self, spec: dict[str, Any]) -> list[tuple[Space, Genome, Genome]]:
        space = Space.from_dict(spec)
        found = []
        for draw in range(_DRAWS):
            rng = np.random.default_rng(draw)
            parent = space.sample(rng)
            mutant = type(self).operator(space, parent, rng, MarkCounter(highest_mark(parent.marks) + 1))
            if mutant is not None:
                found.append((space, parent, mutant))
        return found

    def test_a_mutant_stays_in_the_space(self) -> None:
        """A mutant is a member of the space."""
        for spec in SPACES:
            for space, _, mutant in self._mutants(spec):
                assert space.why_not(mutant) is None

    def test_it_finds_something_to_do_in_a_rich_space(self) -> None:
        """In a space with lists and many genes, it applies to many genomes."""
        assert len(self._mutants(SPACES[0])) > _DRAWS // 3

    def test_it_returns_none_where_nothing_can_change(self) -> None:
        """A space of one genome has no mutant."""
        assert self._mutants(SPACES[2]) == []

    def test_the_parent_is_left_as_it_was(self) -> None:
        """Neither genes nor marks of the parent change."""
        space = Space.from_dict(SPACES[0])
        parent = space.sample(np.random.default_rng(5))
        before = (parent.json, parent.marks)
        type(self).operator(space, parent, np.random.default_rng(6), MarkCounter(100))
        assert (parent.json, parent.marks) == before

    def test_the_same_generator_gives_the_same_mutant(self) -> None:
        """All its randomness comes from the generator."""
        space = Space.from_dict(SPACES[1])
        parent = space.sample(np.random.default_rng(5))
        twins = [type(self).operator(space, parent, np.random.default_rng(7), MarkCounter(100)) for _ in range(2)]
        assert twins[0] == twins[1]

    def test_marks_are_never_carried_twice_in_a_list(self) -> None:
        """Every item of a list has a mark of its own."""
        for spec in SPACES:
            for _, _, mutant in self._mutants(spec):
                _check_marks(mutant.marks)


class CrossoverContract:
    """A crossover: ``(space, primary, mate, rng) -> Genome``."""

    operator: ClassVar[Callable[[Space, Genome, Genome, np.random.Generator], Genome]]

    def test_a_child_stays_in_the_space(self) -> None:
        """A child is a member of the space, with a mark of its own for every item."""
        for spec in SPACES:
            space = Space.from_dict(spec)
            for draw in range(_DRAWS):
                rng = np.random.default_rng(draw)
                child = type(self).operator(space, space.sample(rng), space.sample(rng), rng)
                assert space.why_not(child) is None
                _check_marks(child.marks)

    def test_crossover_of_equals_is_the_identity(self) -> None:
        """Equal parents have an equal child, marks and all."""
        for spec in SPACES:
            space = Space.from_dict(spec)
            for draw in range(_DRAWS):
                rng = np.random.default_rng(draw)
                parent = space.sample(rng)
                child = type(self).operator(space, parent, parent, rng)
                assert child == parent
                assert child.marks == parent.marks

    def test_the_same_generator_gives_the_same_child(self) -> None:
        """All its randomness comes from the generator."""
        space = Space.from_dict(SPACES[0])
        one, other = (space.sample(np.random.default_rng(seed)) for seed in (1, 2))
        children = [type(self).operator(space, one, other, np.random.default_rng(3)) for _ in range(2)]
        assert children[0] == children[1]


def _check_marks(marks: Any) -> None:
    if isinstance(marks, dict):
        for below in marks.values():
            _check_marks(below)
    elif isinstance(marks, list):
        numbers = [mark for mark, _ in marks]
        assert len(set(numbers)) == len(numbers), f"a mark stands twice in a list: {numbers}"
        for _, below in marks:
            _check_marks(below)
