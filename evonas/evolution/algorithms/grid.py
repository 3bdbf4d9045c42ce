"""Grid search that comes to an end worth having: coarse first, then finer and finer around the best.

1. *Coarse*: the lattice of both ends and the middle of every number, and all options of every choice.
2. *Fine*, level 1, 2, ...: the lattice around the best individual. Its numbers are stepped a quarter of their unit
   range up and down, half as far at each level more; points that differ from the best in one gene come first, then
   those that differ in two. A better one becomes the middle at once.
3. *Whole*: when the steps are those of the genes themselves, the finest lattice over the whole space; now and then
   fine again around the best. When the whole lattice is done, so is the search.

No lattice of many genes is ever done. Points are taken in an order that covers a lattice evenly however early it is
left, and each of the stages gets its share of the budget.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from evonas.evolution.algorithms.lattice import Walk, around, steps
from evonas.evolution.algorithms.protocol import Setting
from evonas.evolution.algorithms.unpopulated import Unpopulated
from evonas.evolution.populations import pareto_front
from evonas.evolution.randomness import design_generator
from evonas.records import Individual
from evonas.space.build import coordinates, slots
from evonas.space.leaves import Leaf

__all__ = ["GridSearch"]

_COARSE = 3  # values of a number on the coarse lattice
_WHOLE = 1025  # values of a number on the finest one, at most
_SHARE = 5  # parts of the budget: one for the coarse lattice, one for each of the others
_LEAST = 8  # points of a stage
_PASSED = 4096  # points of the whole lattice that one birth may find known or forbidden


@dataclass(frozen=True)
class _Stage:
    """What births come from; it is written in their operators and parents, so that a resumed run knows.

    Attributes:
        name: ``grid_coarse``, ``grid_fine_1`` and so on, or ``grid_whole``.
        level: of refinement; 0 but for a fine stage.
        centre: the individual in the middle of a fine stage; None otherwise.
    """

    name: str
    level: int = 0
    centre: Individual | None = None

    @classmethod
    def fine(cls, level: int, centre: Individual) -> _Stage:
        return cls(f"grid_fine_{level}", level, centre)

    @property
    def key(self) -> tuple[str, int | None]:
        return self.name, None if self.centre is None else self.centre.number


_FIRST = _Stage("grid_coarse")
_LAST = _Stage("grid_whole")


class GridSearch(Unpopulated):
    """Seeds first, then the stages of an iterative grid search.

    With several objectives, the middle of a fine stage is one of the Pareto set, another one at each level.

    Args:
        setting: the space, the seeds, the births, the budget.
    """

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self._space = setting.space
        self._slots = tuple(slots(setting.space.root))
        budget = 16 * len(self._slots) if setting.budget is None else setting.budget
        self._share = max(_LEAST, budget // _SHARE)
        generator = design_generator(setting.births.seed)
        self._walks = {
            stage.name: Walk([_axis(leaf, points) for _, leaf in self._slots], generator)
            for stage, points in ((_FIRST, _COARSE), (_LAST, _WHOLE))
        }
        self._passed = dict.fromkeys(self._walks, 0)  # points of the walks
        self._whole = 0  # births of the whole lattice
        self._stage = _FIRST
        self._count = 0  # births of the stage
        self._individuals: dict[int, Individual] = {}
        self._done = False

    @property
    def exhausted(self) -> str | None:
        """Whether the finest lattice is done."""
        return "all points of the finest grid are evaluated" if self._done else None

    def birth(self, number: int) -> Individual | None:
        """See :meth:`Algorithm.birth`."""
        if number < len(self._seeds):
            return self._births.seeded(number, self._seeds[number])
        stage, full = self._current(), self._full()
        while True:
            if not full:
                child = self._next_of(stage, number)
                if child is not None:
                    return child
                if stage.name == _LAST.name:
                    self._done = True
                    return None
            stage, full = self._following(stage), False

    def born(self, individual: Individual) -> None:
        """See :meth:`Algorithm.born`."""
        self._individuals[individual.number] = individual
        name = individual.birth.operators[0]
        if not name.startswith("grid_"):
            return
        parent = individual.birth.primary
        centre = None if parent is None or parent.number is None else self._individuals[parent.number]
        level = 0 if centre is None else int(name.rpartition("_")[2])
        stage = _Stage(name, level, centre)
        self._count = self._count + 1 if stage.key == self._stage.key else 1
        self._stage = stage
        if name in self._passed:
            self._passed[name] += min(individual.birth.attempts, _PASSED)
        if name == _LAST.name:
            self._whole += 1

    def report(self) -> dict[str, Any]:
        """See :meth:`Algorithm.report`."""
        return {"stage": self._stage.name, "births": self._count}

    def _current(self) -> _Stage:
        """Return the stage of the last birth; around the best of now, if it was around another one."""
        if self._stage.centre is None or len(self._objectives) > 1:
            return self._stage
        best = self._best(self._stage.level)
        return self._stage if best is None else _Stage.fine(self._stage.level, best)

    def _full(self) -> bool:
        """Whether the stage of the last birth has had its share; a fine one begins anew around another middle."""
        if self._stage.name == _LAST.name:
            return self._whole % self._share == 0
        return self._count >= self._share and self._current().key == self._stage.key

    def _following(self, stage: _Stage) -> _Stage:
        level = 1 if stage.centre is None else stage.level + 1
        best = self._best(level)
        if best is None or (stage.centre is not None and self._is_finest(stage)):
            return _LAST
        return _Stage.fine(level, best)

    def _best(self, level: int) -> Individual | None:
        if not self._members:
            return None
        if len(self._objectives) == 1:
            return max(self._members.values(), key=lambda member: (member.standing, -member.number)).individual
        front = sorted(pareto_front(list(self._members.values())), key=lambda member: member.number)
        return front[level % len(front)].individual

    def _next_of(self, stage: _Stage, number: int) -> Individual | None:
        """Return the first new individual of a stage, None if it has none."""
        rng = self._births.generator(number)
        parents = () if stage.centre is None else (stage.centre,)
        attempt = 0
        for attempt, point in enumerate(self._points(stage), start=1):
            genome = self._space.from_unit(np.array(point))
            child = self._births.child(number, genome, (stage.name,), parents, rng, attempts=attempt)
            if child is not None:
                return child
        if attempt < _PASSED or stage.centre is not None:
            return None
        return self._births.fresh(number, (stage.name, "random"), rng=rng, tried=attempt)

    def _points(self, stage: _Stage) -> Iterator[tuple[float, ...]]:
        if stage.centre is None:
            walk, first = self._walks[stage.name], self._passed[stage.name]
            yield from (walk.point(place) for place in range(first, min(walk.size, first + _PASSED)))
            return
        middle = self._coordinates(stage.centre)
        axes = [steps(leaf, u, stage.level).others for (_, leaf), u in zip(self._slots, middle, strict=True)]
        entropy = int(self._births.generator(stage.centre.number).integers(2**63))
        for changed in (1, 2):
            yield from around(middle, axes, changed, np.random.default_rng([entropy, stage.level, changed]))

    def _is_finest(self, stage: _Stage) -> bool:
        assert stage.centre is not None
        middle = self._coordinates(stage.centre)
        return all(steps(leaf, u, stage.level).finest for (_, leaf), u in zip(self._slots, middle, strict=True))

    def _coordinates(self, individual: Individual) -> list[float]:
        found = [math.nan] * len(self._slots)
        coordinates(self._space.root, individual.genome, found)
        return found


def _axis(leaf: Leaf, points: int) -> list[float]:
    """Return the coordinates of all values of a gene, or of so many; all options of a choice."""
    return [leaf.to_unit(value) for value in leaf.grid(points)]
