"""The section `search` of a configuration: how new individuals are found."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field, field_validator

from evonas.config.conditions import UnmetError
from evonas.config.strict import Strict

__all__ = ["SearchConfig", "SearchPart"]

SearchPart: TypeAlias = Literal[
    "families",
    "bending",
    "bypass",
    "calibration",
    "chance",
    "counts",
    "daring",
    "immigrants",
    "restarts",
    "second_round",
    "time",
]
"""Parts of the search that can be left out."""


class SearchConfig(Strict):
    """How new individuals are found, and how the training budget is spread over them. The defaults need no thought."""

    algorithm: Literal["evolution", "random", "grid", "tpe", "gp", "cmaes", "aging_evolution"] = "evolution"
    """`evolution`: genetic algorithm with a surrogate. The others are baselines on the same footing: `random`, `grid`
    (coarse, then finer around the best), `aging_evolution`, and through Optuna `tpe`, `gp` and `cmaes`."""
    surrogate: Literal["auto", "gaussian", "trees", "ensemble"] | bool = "auto"
    """Breed many children and train those that a model of the run's own results finds promising (`evolution`):
    a `gaussian` process, `trees`, or an `ensemble` of both, each with the share that its predictions have earned.
    `auto`, or `true`: the one that was found to be the best for most; `false`: none."""
    adaptive: bool = True
    """Let operators be used as often as they succeed; else by the weights of `evolution.mutations` (`evolution`)."""

    without: list[SearchPart] = Field(default_factory=list)
    """Parts of `evolution` to leave out, to see what they are worth: `families` of like genes, `bending` of low values,
    `bypass` of low rungs, `calibration` of deviations, `chance` as trainings have it, `counts` of parameters, `daring`
    births, `immigrants`, `restarts`, `second_round` of breeding and later ones, `time` that trainings take."""

    # the training budget
    rungs: Literal["auto", "none"] | Annotated[list[Annotated[int, Field(ge=1)]], Field(min_length=1)] = "auto"
    """Epochs after which only the best go on, such as [6, 17, 52]; the last is `evolution.epochs`. `auto`: a ninth
    (if that is at least 5 epochs) and a third of it, where a model family is trained for at least 20 epochs."""
    rung_fractions: Annotated[list[Annotated[float, Field(gt=0, le=1)]], Field(min_length=1)] | None = None
    """Part of the training events that each rung learns from, such as [0.3, 1, 1]; default: all."""
    rung_resolutions: Annotated[list[Annotated[int, Field(ge=1)]], Field(min_length=1)] | None = None
    """Pixels of an image a side that are averaged into one at each rung, such as [2, 1]; the last is 1. Default: images
    as they are (with `model`)."""
    promote: Annotated[int, Field(ge=2)] = 3
    """One in so many goes on to the next rung."""
    stop_hopeless: bool = True
    """End a training early when its curve says that it cannot become the best any more."""

    # noise
    repeats: Literal["auto", "none"] | Annotated[int, Field(ge=1)] = "auto"
    """Trainings of one individual with further seeds, at most, where the noise leaves the rank of the best in doubt.
    `auto`: 2 for networks of a model family, from the 40th full training on; none for an `evaluator`."""
    finals: Annotated[int, Field(ge=0)] = 0
    """After the search, retrain this many of the best from scratch with several seeds, and score them on the test
    part, too (with `model`)."""
    final_seeds: Annotated[int, Field(ge=2)] = 3
    """Seeds of each of them."""

    @property
    def surrogate_kind(self) -> Literal["gaussian", "trees", "ensemble"]:
        """Which models the surrogate consists of, where there is one."""
        return "gaussian" if isinstance(self.surrogate, bool) or self.surrogate == "auto" else self.surrogate

    @field_validator("rungs")
    @classmethod
    def _rungs_ascend(cls, rungs: Any) -> Any:
        if isinstance(rungs, list) and any(low >= high for low, high in pairwise(rungs)):
            raise UnmetError("the rungs do not ascend", "epochs such as [6, 17, 52], each more than the one before")
        return rungs
