"""Surrogate-assisted breeding: many children are bred, and the one that the surrogate finds most promising is born.

What is known here follows from births and results alone, in their order, so that a resumed run goes on the same way.
"""

from __future__ import annotations

import math
import re
from collections import deque
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evonas.config.schema import EvolutionConfig
from evonas.errors import GenomeError
from evonas.evolution.adaptation import Credit
from evonas.evolution.algorithms.protocol import Setting
from evonas.evolution.brood import Brood, Parents, born_of, breed, breed_again
from evonas.evolution.diversity import Diversity
from evonas.evolution.layout import Layout, Rows
from evonas.evolution.marks import MarkCounter
from evonas.evolution.member import Member, objective_values
from evonas.evolution.renewal import IMMIGRANTS
from evonas.evolution.surrogate import Knowledge, Observations, Surrogate, doubt
from evonas.evolution.surrogate.calibration import Calibration
from evonas.evolution.surrogate.clock import Clock
from evonas.evolution.surrogate.counts import Counts
from evonas.evolution.surrogate.prior import Prior
from evonas.evolution.surrogate.promise import Promise
from evonas.evolution.surrogate.targets import BENDS, UNBENT
from evonas.evolution.surrogate.threads import on_one_thread
from evonas.genome import Genome
from evonas.records import EvaluationResult, EvaluationStatus, Individual

__all__ = ["Screening"]

_LEAST = 3  # observations before the surrogate is asked
_BROOD = 150  # children of the first round
_ROUNDS, _AGAIN = 4, 96  # further rounds, and children of each
_RANDOM = 20  # random genomes among the first
_RESTART = 4.0  # random genomes more for every result that brought nothing, where all members are alike
_BEST = 12  # candidates that are bred on
_PARENTS = 10
_TRIES = 20
_COMPARED = 256  # newest individuals that candidates must differ from, beside the population
_NEWEST = 8  # births whose expected gain is compared with that of training someone on
_POINTWISE = ("mutate_one", "mutate_several", "crossover", "eda")  # operators that leave structure as it is
_BYPASS = 0.6  # of newborns are trained in full unasked, where low rungs say nothing of full trainings
_NOTHING = 1e-3  # of the deviation of all values: a newborn that promises less is taken to promise so much
_BEHIND_GROUP = re.compile(r"[.\[]")


class Screening:
    """Breeds by surrogate.

    Args:
        setting: the space, the operators, the births.
    """

    def __init__(self, setting: Setting) -> None:
        config = setting.config
        self._births = setting.births
        self._under_way = setting.under_way
        self._outlook = setting.outlook
        self._config = config
        self._depths = [_depth(epochs, setting.ladder.epochs[-1]) for epochs in setting.ladder.epochs]
        self._layout = Layout(setting.space)
        self._weights = np.array([objective.weight for objective in config.objectives])
        without = frozenset(setting.search.without)
        self._noisy = setting.training and "chance" not in without
        self._promise = Promise(config, noisy=self._noisy, dares="daring" not in without)
        counts = Counts(lambda row: self._births.costs(setting.space.complete(self._layout.genes(row))))
        rungs = len(self._depths) > 1
        self._all = self._knowledge(setting, counts, rungs=rungs)
        doubts = rungs and self._promise.gauges_gains and "bypass" not in without
        self._full = self._knowledge(setting, counts, rungs=False) if doubts else None
        hurries = _economises(config) and "time" not in without
        self._clock = Clock(self._layout, self._row, counts) if hurries else None
        self._diversity = Diversity(self._layout)
        self._immigrants = "immigrants" not in without
        self._restarts = "restarts" not in without
        self._breeds_on = "second_round" not in without
        self._operators = Credit(_first_shares(config), adaptive=setting.search.adaptive)
        names = self._layout.group_names
        self._groups = Credit(dict.fromkeys(names, 1.0), adaptive=setting.search.adaptive)
        self._calibration = Calibration(corrects="calibration" not in without)
        self._gains: deque[float] = deque(maxlen=_NEWEST)  # expected of the newest births
        self._best: tuple[float, ...] = ()  # at the first rung
        self._genomes: dict[int, Genome] = {}
        self._rows: dict[int, Rows] = {}  # of those that were needed: a resumed run may have very many others
        self._keys: dict[int, bytes] = {}  # of rows
        # At each rung, of those that completed it, more is better: after unequal trainings there is no comparison.
        self._fitness: list[dict[int, tuple[float, ...]]] = [{} for _ in self._depths]

    @property
    def ready(self) -> bool:
        """Whether enough is known to ask the surrogate."""
        return len(self._fitness[0]) >= _LEAST

    def born(self, individual: Individual) -> None:
        """Take note of a birth."""
        self._genomes[individual.number] = individual.genome
        if "gain" in individual.birth.forecast and not individual.birth.bypasses:
            self._gains.append(individual.birth.forecast["gain"])

    def told(self, individual: Individual, result: EvaluationResult, member: Member | None) -> None:
        """Learn from a result."""
        if result.status is EvaluationStatus.LOST:
            return
        depth = self._depths[min(result.rung, len(self._depths) - 1)]
        figures = self._figures(individual, result)
        self._all.observations.append(individual.number, figures, depth)
        if self._full is not None and depth == 1.0:
            self._full.observations.append(individual.number, figures)
        if self._clock is not None and result.completed and not result.rung and result.seconds:
            self._clock.told(individual.number, result.seconds, result.epochs)
        first = individual.number not in self._fitness[result.rung] and (member is None or len(member.results) == 1)
        if first and not result.rung:
            self._reward(individual, member)
        if member is not None:
            self._fitness[result.rung][individual.number] = member.fitness.key
            if not result.rung:
                self._best = max(self._best, member.fitness.key)
            if first and depth == 1.0 and self._outlook(individual.number) is None:
                self._calibration.told(individual.birth.forecast, member.values[0])

    @on_one_thread
    def birth(self, number: int, members: Sequence[Member]) -> Individual:
        """Return a new individual.

        Args:
            number: its number.
            members: those that may be parents; at least one.
        """
        rng = self._births.generator(number)
        if rng.random() < IMMIGRANTS and self._immigrants:
            return self._births.fresh(number, ("random",), rng=rng)
        known = self._believed(rng)
        self._fit(known)
        parents = self._parents(members, known)
        stale = self._promise.stale(known.observations) if self._restarts else 0
        brood, score = self._screened(members, parents, known, stale, rng)
        for attempt, index in enumerate(np.argsort(-score)[:_TRIES], start=1):
            child = self._child(number, brood, int(index), parents, known, rng, len(brood) + attempt - 1)
            if child is not None:
                return child
        return self._births.fresh(number, ("random",), rng=rng, tried=len(brood))

    @on_one_thread
    def reflect(self) -> bool:
        """See :meth:`Algorithm.reflect`."""
        learners = (self._all, self._full, self._clock)
        return self.ready and any(learner.reflect() for learner in learners if learner is not None)

    @on_one_thread
    def prospects(self, members: Sequence[Member]) -> Sequence[float] | None:
        """See :meth:`Algorithm.prospects`; what a newborn promises, the newest births say."""
        if not self.ready or not members or not self._gains:
            return None
        self._fit(self._all)
        surrogate = self._all.surrogate
        points = self._all.embedded(np.array([self._row(member.number) for member in members]))
        gains = self._promise.gains(surrogate, points, self._calibration.factor)
        if gains is None:
            return None
        # Where nobody promises anything, a comparison would send everybody on, and nobody would be born any more.
        newborn = max(float(np.median(self._gains)), _NOTHING * surrogate.scales[0].width)
        return [
            math.inf if member.individual.birth.bypasses else float(gain / newborn)
            for member, gain in zip(members, gains, strict=True)
        ]

    def report(self, members: Sequence[Member]) -> dict[str, Any]:
        """Return what the population, the operators, the models and their record are like now, as JSON values."""
        return {
            "operators": self._operators.shares(),
            "gene_groups": self._groups.shares(),
            "observations": len(self._all.observations),
            "stale": self._promise.stale(self._all.observations),
            "diversity": self._spread(members),
            "prior": len(self._all.prior),
            "surrogate": self._all.surrogate.report(),
            "calibration": self._calibration.report(),
        } | ({"doubt": doubt(self._all, self._full)} if self._full is not None else {})

    # -- inside

    def _row(self, number: int) -> Rows:
        """Return the coordinates of an individual."""
        if number not in self._rows:
            self._rows[number] = self._layout.row(self._genomes[number])
        return self._rows[number]

    def _knowledge(self, setting: Setting, counts: Counts, *, rungs: bool) -> Knowledge:
        """Return what will be known of trainings of all lengths, or of one length."""
        without, config = frozenset(setting.search.without), self._config
        figures = len(config.objectives) + len(config.allowed)
        known = Observations(
            self._layout,
            figures,
            depths=rungs,
            row=self._row,
            noisy=self._noisy,
            counts=counts if self._births.knows_costs and "counts" not in without else None,
            families="families" not in without,
        )
        prior = Prior(setting.prior, self._layout, known, self._weights, figures)
        one_sided = [figure < len(config.objectives) for figure in range(figures)]
        bends = UNBENT if "bending" in without else BENDS
        surrogate = Surrogate(known, one_sided, prior, setting.search.surrogate_kind, bends)
        return Knowledge(known, surrogate, prior, self._row)

    def _believed(self, rng: np.random.Generator) -> Knowledge:
        """Return what a newborn is chosen by; the more low rungs are doubted, the more often full trainings alone."""
        full = self._full
        if full is None:
            return self._all
        luck = rng.random() / _BYPASS
        return full if luck < 1.0 and luck < doubt(self._all, full) else self._all

    def _fit(self, known: Knowledge) -> None:
        """Fit models to what is known and under way now, unless they are."""
        if known.fit([one.number for one in self._under_way()]) and self._clock is not None:
            self._clock.fit()

    def _figures(self, individual: Individual, result: EvaluationResult) -> list[float]:
        """Return a result's figures: objectives so that more is better, then what is constrained."""
        objectives, allowed = self._config.objectives, self._config.allowed
        if not result.completed:
            return [math.nan] * (len(objectives) + len(allowed))
        values = objective_values(individual, result, objectives)
        known = {**individual.costs, **result.metrics}
        figures = self._weights * values
        outlook = self._outlook(individual.number)
        if outlook is not None:  # given up early, it has not come to what its genome is worth
            figures[0] = max(figures[0], outlook)
        return [*figures, *(known.get(metric, math.nan) for metric in allowed)]

    def _parents(self, members: Sequence[Member], known: Knowledge) -> Parents:
        """Return the best members, by what the surrogate says they are really worth."""
        rows = np.array([self._row(member.number) for member in members])
        means = known.surrogate.means(known.embedded(rows))
        order = self._promise.order(members, means)[: max(3, min(_PARENTS, len(known.observations) // 3))]
        return Parents([members[index].individual for index in order], rows[order])

    def _spread(self, members: Sequence[Member]) -> float:
        """Return how much the members differ."""
        return self._diversity.of(np.array([self._row(member.number) for member in members]))

    def _newcomers(self, members: Sequence[Member], stale: int) -> int:
        """Return how many candidates of the first round are random.

        The longer nothing better was found and the more the members are alike, the more: a restart by degrees.
        """
        restart = _RESTART * stale * (1.0 - self._spread(members)) if stale else 0.0
        return min(_RANDOM * self._immigrants + round(restart), _BROOD)

    def _screened(
        self, members: Sequence[Member], parents: Parents, known: Knowledge, stale: int, rng: np.random.Generator
    ) -> tuple[Brood, NDArray[np.float64]]:
        """Return candidates and their scores: a brood, and broods of the best of what is there so far."""
        names = self._usable()
        shares = self._operators.shares(names)
        weights = self._groups.weights(self._layout.group_names, self._layout.groups)
        timed = self._clock is not None and self._clock.ready
        judge = self._promise.judge(known.surrogate, self._calibration.factor, stale, rng, timed)
        seen = self._seen(members)
        counts = _counts(shares, _BROOD, rng) | {"random": self._newcomers(members, stale)}
        brood = breed(self._layout, parents, counts, weights, rng).distinct(self._layout, seen)
        score = judge(known.embedded(brood.rows))
        again = self._operators.shares(_POINTWISE)
        for _ in range(_ROUNDS if again and self._breeds_on and len(brood) else 0):
            best = np.argsort(-self._hurried(score, brood.rows))[:_BEST]
            further = breed_again(self._layout, brood, best, _counts(again, _AGAIN, rng), weights, rng)
            further = further.distinct(self._layout, seen)
            score = np.concatenate([score, judge(known.embedded(further.rows))])
            brood = brood.joined(further)
        return brood, self._hurried(score, brood.rows)

    def _seen(self, members: Sequence[Member]) -> set[bytes]:
        """Return the keys of individuals that no candidate should equal."""
        numbers = {*self._all.observations.numbers[-_COMPARED:], *(member.number for member in members)}
        numbers |= {individual.number for individual in self._under_way()}
        for number in sorted(numbers - self._keys.keys()):
            self._keys[number] = self._layout.keys(self._row(number)[None])[0]
        return {self._keys[number] for number in numbers}

    def _hurried(self, score: NDArray[np.float64], rows: Rows) -> NDArray[np.float64]:
        """Return scores by time, where it counts; see :meth:`Clock.hurried`."""
        return score if self._clock is None or not self._clock.ready else self._clock.hurried(score, rows)

    def _usable(self) -> list[str]:
        names = list(_POINTWISE)
        if self._layout.lists:
            names += ["insert_item", "remove_item", "duplicate_item", "swap_items"]
        return names

    def _child(
        self,
        number: int,
        brood: Brood,
        index: int,
        parents: Parents,
        known: Knowledge,
        rng: np.random.Generator,
        attempts: int,
    ) -> Individual | None:
        counter = MarkCounter(self._births.next_mark)
        try:
            genome = born_of(self._births.space, self._layout, brood, index, parents, counter)
        except GenomeError:
            return None
        if self._births.is_known(genome.id):
            return None
        places = dict.fromkeys((int(brood.primary[index]), int(brood.mate[index])))
        family = [parents.individuals[place] for place in places if place >= 0]
        forecast = self._promise.forecast(
            known.surrogate, known.embedded(brood.rows[index][None]), self._calibration.factor
        )
        forecast["screened"] = float(len(brood))
        if known is self._full:
            forecast["bypass"] = 1.0
        return self._births.child(
            number, genome, brood.operators[index], family, rng, attempts=attempts, forecast=forecast
        )

    def _reward(self, individual: Individual, member: Member | None) -> None:
        """Credit operators and gene groups: 1 for a new best, 1/2 for a child better than its primary parent."""
        primary, known = individual.birth.primary, self._fitness[0]
        if primary is None or primary.number is None or primary.number not in known:
            return
        credit = 0.0
        if member is not None and member.fitness.key > known[primary.number]:
            credit = 1.0 if member.fitness.key > self._best else 0.5
        self._operators.reward(individual.birth.operators, credit)
        self._groups.reward({_BEHIND_GROUP.split(change.gene)[0] for change in individual.birth.changes}, credit)


def _depth(epochs: int, full: int) -> float:
    """Return how far a training of some epochs goes, on a logarithmic scale: 1 for a full one."""
    return 1.0 if epochs >= full else math.log1p(epochs) / math.log1p(full)


def _economises(config: EvolutionConfig) -> bool:
    """Return whether time alone limits the search, so that what a candidate costs counts."""
    return config.wall_time is not None and config.evaluations is None and config.total_epochs is None


def _first_shares(config: EvolutionConfig) -> dict[str, float]:
    """Return how often operators are used at first, relative: what the configuration switches off stays off."""
    shares = {name: 0.4 * weight for name, weight in config.mutations.items()}
    return shares | {"crossover": 0.7 * config.crossover, "eda": 0.7 * config.crossover}


def _counts(shares: dict[str, float], total: int, rng: np.random.Generator) -> dict[str, int]:
    """Share a number out."""
    if not shares:
        return {}
    return dict(zip(shares, (int(count) for count in rng.multinomial(total, list(shares.values()))), strict=True))
