"""The genes of a space as the parameters of an Optuna study, one a slot of the space, and back."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, overload

import numpy as np

from evonas.genome import Genome
from evonas.space import Bool, Choice, Int, Space
from evonas.space.build import Slot, build, coordinates, slots
from evonas.space.nodes import Group, Node, Repeat, Select

__all__ = ["Parameters", "has_conditions"]

_MIDDLE = 0.5


class Parameters:
    """What is asked of a trial, and what is told of a genome.

    Options are categories. A number on a linear scale with a step is the place of its value, a whole number on a
    logarithmic scale is itself, and any other number is its coordinate in the unit scale of its gene.

    Args:
        space: the set of genomes.
        conditional: ask a trial for the genes alone that its genome has, as they turn out to be active (define by run);
            otherwise for every gene of the space, of which those that are not active are told at their middle.
        categories: whether the sampler knows categories; if not, options are places, too.
    """

    def __init__(self, space: Space, *, conditional: bool, categories: bool = True) -> None:
        self._space = space
        self._conditional = conditional
        self._axes = tuple(_axis(slot, categories) for slot in slots(space.root))

    def __len__(self) -> int:
        return len(self._axes)

    def ask(self, trial: Any) -> Genome:
        """Return the genome that an Optuna trial suggests."""
        point = _Point(self._axes, trial)
        if self._conditional:
            build(self._space.root, point)
        else:
            point.complete()
        return self._space.from_unit(np.array(point.values))

    def middle(self) -> dict[str, Any]:
        """Return the ``params`` and ``distributions`` of a trial in the middle of the space."""
        return self._trial([(axis, _MIDDLE) for axis in self._axes])

    def of(self, genome: Genome) -> dict[str, Any]:
        """Return a member of the space as the ``params`` and ``distributions`` of a trial."""
        units = [math.nan] * len(self._axes)
        coordinates(self._space.root, genome, units)
        pairs = zip(self._axes, units, strict=True)
        if self._conditional:
            return self._trial([(axis, u) for axis, u in pairs if not math.isnan(u)])
        return self._trial([(axis, _MIDDLE if math.isnan(u) else u) for axis, u in pairs])

    @staticmethod
    def _trial(active: Sequence[tuple[_Axis, float]]) -> dict[str, Any]:
        return {
            "params": {axis.name: axis.parameter(u) for axis, u in active},
            "distributions": {axis.name: axis.distribution() for axis, _ in active},
        }


def has_conditions(node: Node) -> bool:
    """Return whether genomes differ in which genes they have: a list of variable length, or alternatives."""
    if isinstance(node, Group):
        return any(has_conditions(child) for child in node.children.values())
    if isinstance(node, Repeat):
        return node.min < node.max or has_conditions(node.item)
    if isinstance(node, Select):
        return len(node.branches) > 1 or any(has_conditions(group) for group in node.branches.values())
    return False


class _Point(Sequence[float]):
    """Coordinates of the unit cube, each asked of a trial when it is first read."""

    def __init__(self, axes: Sequence[_Axis], trial: Any) -> None:
        self._axes = axes
        self._trial = trial
        self._asked: set[int] = set()
        self.values = [_MIDDLE] * len(axes)
        """All coordinates; those not asked for are in the middle."""

    def __len__(self) -> int:
        return len(self.values)

    @overload
    def __getitem__(self, place: int) -> float: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[float]: ...

    def __getitem__(self, place: int | slice) -> float | Sequence[float]:
        if isinstance(place, slice):
            return [self[one] for one in range(*place.indices(len(self)))]
        if place not in self._asked:
            self._asked.add(place)
            self.values[place] = self._axes[place].suggest(self._trial)
        return self.values[place]

    def __iter__(self) -> Iterator[float]:
        return (self[place] for place in range(len(self)))

    def complete(self) -> None:
        """Ask for every coordinate."""
        for _ in self:
            pass


@dataclass(frozen=True)
class _Axis:
    """A coordinate in [0, 1] of any slot, as a real parameter."""

    name: str

    def suggest(self, trial: Any) -> float:
        """Ask a trial for the parameter; return its coordinate."""
        return float(trial.suggest_float(self.name, 0.0, 1.0))

    def parameter(self, u: float) -> Any:
        """Return the parameter at a coordinate."""
        return min(max(u, 0.0), 1.0)

    def distribution(self) -> Any:
        """Return what Optuna knows of the parameter."""
        from optuna.distributions import FloatDistribution

        return FloatDistribution(0.0, 1.0)


@dataclass(frozen=True)
class _Places(_Axis):
    """One of few values in order, or one that the sampler takes for it."""

    count: int

    def suggest(self, trial: Any) -> float:
        return self._unit(trial.suggest_int(self.name, 0, self.count - 1))

    def parameter(self, u: float) -> Any:
        return min(max(int(u * self.count), 0), self.count - 1)

    def distribution(self) -> Any:
        from optuna.distributions import IntDistribution

        return IntDistribution(0, self.count - 1)

    def _unit(self, place: int) -> float:
        return (place + 0.5) / self.count


@dataclass(frozen=True)
class _Options(_Places):
    """One of several values without an order, by its place among them."""

    def suggest(self, trial: Any) -> float:
        return self._unit(trial.suggest_categorical(self.name, range(self.count)))

    def distribution(self) -> Any:
        from optuna.distributions import CategoricalDistribution

        return CategoricalDistribution(range(self.count))


@dataclass(frozen=True)
class _Logarithmic(_Axis):
    """A whole number on a logarithmic scale."""

    gene: Int

    def suggest(self, trial: Any) -> float:
        return self.gene.to_unit(trial.suggest_int(self.name, self.gene.low, self.gene.high, log=True))

    def parameter(self, u: float) -> Any:
        return self.gene.from_unit(u)

    def distribution(self) -> Any:
        from optuna.distributions import IntDistribution

        return IntDistribution(self.gene.low, self.gene.high, log=True)


def _axis(slot: Slot, categories: bool) -> _Axis:
    name, leaf = slot
    if isinstance(leaf, (Choice, Bool)):
        return (_Options if categories else _Places)(name, leaf.size())
    if leaf.log or leaf.step is None:
        return _Logarithmic(name, leaf) if isinstance(leaf, Int) else _Axis(name)
    return _Places(name, int(leaf.size()))
