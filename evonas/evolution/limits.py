"""Hard limits and feasibility, known before any training: appraise a genome, shrink one that is too large."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

import numpy as np

from evonas.errors import ConfigError, GenomeError
from evonas.evolution.marks import marks_at
from evonas.genome import Genome
from evonas.space import Bool, Choice, Space, get_at, set_at

__all__ = ["Appraise", "Appraiser"]

Appraise: TypeAlias = Callable[[Genome], Mapping[str, float]]
"""Exact costs of a genome by name, such as ``parameters`` and ``operations``; raises GenomeError with the reason when
the genome cannot be built at all."""

_SHRINKS = 60
_STEP = 0.25  # of a gene's unit range, downwards


class Appraiser:
    """Says whether a genome may be trained, and makes one that is over a limit smaller.

    Args:
        appraise: costs of a genome; None where nothing is known before training.
        limits: upper limit of each cost.
        repair: whether to shrink a genome that is over a limit; otherwise it is rejected.
    """

    def __init__(self, appraise: Appraise | None, limits: Mapping[str, float], repair: bool) -> None:
        self._appraise = appraise
        self._limits = dict(limits)
        self._repair = repair
        self.last_refusal = ""
        if self._limits and appraise is None:
            raise ConfigError(
                "limits need costs that are known before training",
                key="evolution.limits",
                got=sorted(self._limits),
                hint="a run with `evaluator` cannot limit costs; in Python, pass `appraise=` to the Engine",
            )

    @property
    def knows_costs(self) -> bool:
        """Whether anything is known of genomes before training."""
        return self._appraise is not None

    def admit(self, space: Space, genome: Genome, rng: np.random.Generator) -> tuple[Genome, dict[str, float]] | None:
        """Return the genome, shrunk if needed and allowed, with its costs; None if it must not be trained."""
        if self._appraise is None:
            return genome, {}
        try:
            costs = self._costs(genome)
        except GenomeError as error:
            self.last_refusal = str(error)
            return None
        if self._fits(costs):
            return genome, costs
        return self._shrink(space, genome, costs, rng) if self._repair else None

    def costs(self, genome: Genome) -> dict[str, float]:
        """Return what is known of a genome before training; nothing where nothing is, or where it cannot be built."""
        try:
            return {} if self._appraise is None else dict(self._appraise(genome))
        except GenomeError:
            return {}

    def _costs(self, genome: Genome) -> dict[str, float]:
        assert self._appraise is not None
        costs = dict(self._appraise(genome))
        unknown = sorted(set(self._limits) - set(costs))
        if unknown:
            raise ConfigError(
                "a limit is set on a cost that the model family does not know",
                key=f"evolution.limits.{unknown[0]}",
                expected=f"one of {', '.join(sorted(costs))}",
            )
        return costs

    def _excess(self, costs: Mapping[str, float]) -> float:
        """Largest ratio of a cost to its limit; at most 1 when all fit."""
        return max((costs[name] / limit for name, limit in self._limits.items()), default=0.0)

    def _fits(self, costs: Mapping[str, float]) -> bool:
        excess = self._excess(costs)
        if excess > 1:
            over = [
                f"{name} = {costs[name]:g} > {limit:g}" for name, limit in self._limits.items() if costs[name] > limit
            ]
            self.last_refusal = ", ".join(over)
        return excess <= 1

    def _shrink(
        self, space: Space, genome: Genome, costs: Mapping[str, float], rng: np.random.Generator
    ) -> tuple[Genome, dict[str, float]] | None:
        """Step down random numeric genes and drop random list items, keeping each step that lowers the excess."""
        excess = self._excess(costs)
        for _ in range(_SHRINKS):
            smaller = self._smaller(space, genome, rng)
            if smaller is None:
                return None
            try:
                new_costs = self._costs(smaller)
            except GenomeError:
                continue
            new_excess = self._excess(new_costs)
            if new_excess < excess:
                genome, excess = smaller, new_excess
                if excess <= 1:
                    return genome, new_costs
        return None

    @staticmethod
    def _smaller(space: Space, genome: Genome, rng: np.random.Generator) -> Genome | None:
        numeric = [site for site in space.genes(genome) if not isinstance(site.gene, (Choice, Bool))]
        numeric = [site for site in numeric if site.gene.to_unit(site.value) > 0]
        lists = [site for site in space.lists(genome) if site.length > site.repeat.min]
        options = len(numeric) + 2 * len(lists)  # an item weighs more than a gene: it is tried twice as often
        if not options:
            return None
        pick = int(rng.integers(options))
        genes, marks = genome.genes, genome.marks
        if pick < len(numeric):
            site = numeric[pick]
            set_at(
                genes, site.path, site.gene.from_unit(max(0.0, site.gene.to_unit(site.value) - _STEP * rng.random()))
            )
        else:
            chosen = lists[(pick - len(numeric)) // 2]
            index = int(rng.integers(chosen.length))
            del get_at(genes, chosen.path)[index]
            del marks_at(marks, chosen.path)[index]
        return space.complete(genes, marks)
