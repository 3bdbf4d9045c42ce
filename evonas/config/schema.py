"""The schema of a run: what a configuration file may say, with the default and the unit of every key."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    BeforeValidator,
    Field,
    model_validator,
)

from evonas.config.conditions import UnmetError, check_rungs
from evonas.config.search import SearchConfig
from evonas.config.strict import Strict
from evonas.directions import MINIMISED

__all__ = [
    "DataConfig",
    "EvaluationConfig",
    "EvolutionConfig",
    "LoggingConfig",
    "Objective",
    "RunConfig",
    "SearchConfig",
    "SplitConfig",
    "TrainingConfig",
    "UnmetError",
]


class Objective(Strict):
    """A metric and the direction in which it is better."""

    metric: str
    """Name of the metric, as the evaluator reports it or as the genome's costs (`parameters`, `operations`)."""
    direction: Literal["auto", "max", "min"] = "auto"
    """`max`, `min`, or `auto`: minimise losses, errors, sizes and times, maximise everything else."""

    @property
    def maximise(self) -> bool:
        """Whether more is better."""
        return self.direction == "max" or (self.direction == "auto" and self.metric not in MINIMISED)

    @property
    def weight(self) -> float:
        """DEAP's weight: +1 to maximise, -1 to minimise."""
        return 1.0 if self.maximise else -1.0


class Constraint(Strict):
    """What a metric has to keep."""

    min: float | None = None
    """Least allowed value."""
    max: float | None = None
    """Greatest allowed value."""

    @model_validator(mode="after")
    def _divides(self) -> Constraint:
        if (self.min is None) == (self.max is None) and (self.min or 0.0) >= (self.max or 0.0):
            raise UnmetError("this constraint allows everything or nothing", "`min`, or `max`, or `min` below `max`")
        return self


def _as_objective(value: Any) -> Any:
    return {"metric": value} if isinstance(value, str) else value


class EvolutionConfig(Strict):
    """How the population evolves, and when it stops. At least one of the stops must be given."""

    objectives: Annotated[
        list[Annotated[Objective, BeforeValidator(_as_objective, json_schema_input_type=str | Objective)]],
        Field(min_length=1),
    ] = [Objective(metric="accuracy")]
    """Metrics to optimise, as names or `{metric, direction}`. Several: NSGA-II, from four on NSGA-III."""

    constraints: dict[str, Constraint] = {}
    """Limits of measured metrics, such as `{angular_resolution: {max: 0.2}}`: who keeps them beats who does not."""

    # when to stop
    evaluations: Annotated[int, Field(ge=1)] | None = None
    """Stop after this many evaluations, failures and memo answers included."""
    generations: Annotated[int, Field(ge=1)] | None = None
    """Stop after this many generations; in steady mode one generation is `population` evaluations."""
    total_epochs: Annotated[int, Field(ge=1)] | None = None
    """Stop when all evaluations together have trained this many epochs."""
    wall_time: Annotated[float, Field(gt=0)] | None = None
    """Start no evaluation after this many seconds, s; what runs then is finished."""
    stagnation: Annotated[int, Field(ge=1)] | None = None
    """Stop when the best has not improved for this many evaluations."""
    target: float | None = None
    """Stop when the first objective reaches this value."""

    # one evaluation
    epochs: Annotated[int, Field(ge=1)] = 1
    """Training budget of one evaluation, epochs (a custom callable receives it as `budget.epochs`)."""

    # the population
    mode: Literal["steady", "generational"] = "steady"
    """`steady`: a new individual is born whenever a device is free. `generational`: all wait for the slowest."""
    population: Annotated[int, Field(ge=2)] = 20
    """Individuals alive at a time."""
    founders: Annotated[int, Field(ge=1)] | None = None
    """Individuals of the space-filling initial design, seeds not counted; default: 5 with a surrogate, else half the
    population, 8 at least."""
    tournament: Annotated[int, Field(ge=1)] = 4
    """Individuals that compete to become a parent."""
    survival: Literal["auto", "aging", "best"] = "auto"
    """Who leaves a full population: `aging`, the oldest; `best`, the worst; `auto`: the worst where a surrogate sees
    through the luck of a single result, else the oldest. NSGA-II decides by rank and crowding."""
    elitism: Annotated[int, Field(ge=0)] = 1
    """This many of the best never leave by age."""

    # variation
    crossover: Annotated[float, Field(ge=0, le=1)] = 0.3
    """Probability that a child has two parents."""
    mutations: dict[str, Annotated[float, Field(ge=0)]] = {
        "mutate_one": 1.0,
        "mutate_several": 0.5,
        "insert_item": 0.4,
        "remove_item": 0.4,
        "duplicate_item": 0.3,
        "swap_items": 0.2,
    }
    """Relative weight of each mutation operator; 0 switches one off."""
    mutation_after_crossover: Annotated[float, Field(ge=0, le=1)] = 0.5
    """Probability that the child of two parents is mutated, too."""

    # hard limits
    limits: dict[str, Annotated[float, Field(gt=0)]] = {}
    """Upper limits of costs known before training: `parameters`, `operations`."""
    over_limit: Literal["repair", "reject"] = "repair"
    """What becomes of a child over a limit: shrunk until it fits, or dropped and bred anew."""

    @model_validator(mode="after")
    def _has_a_stop(self) -> EvolutionConfig:
        stops = ("evaluations", "generations", "total_epochs", "wall_time", "stagnation", "target")
        if all(getattr(self, stop) is None for stop in stops):
            raise UnmetError("the search has no end", f"at least one of {', '.join(stops)}", "add `evaluations: 100`")
        names = [objective.metric for objective in self.objectives]
        if len(set(names)) < len(names):
            raise UnmetError(f"a metric is an objective twice: {', '.join(names)}", "each metric once")
        return self

    @property
    def allowed(self) -> dict[str, tuple[float | None, float | None]]:
        """Least and greatest allowed value of each constrained metric; None where there is no such limit."""
        return {metric: (limit.min, limit.max) for metric, limit in self.constraints.items()}

    @property
    def founder_count(self) -> int:
        """Founders of the initial design."""
        return self.founders if self.founders is not None else max(8, self.population // 2)


class SplitConfig(Strict):
    """Disjoint parts of the events: training, validation (chooses), test (reports; no evaluation sees it)."""

    validation: Annotated[float, Field(gt=0, lt=1)] = 0.2
    """Fraction of the events that every evaluation is scored on."""
    test: Annotated[float, Field(ge=0, lt=1)] = 0.2
    """Fraction kept away from the search; 0 where the source brings its own test part."""
    seed: int = 0
    """Seed of the split; independent of the run's seed, so that runs can be compared."""

    @model_validator(mode="after")
    def _leaves_training(self) -> SplitConfig:
        if self.validation + self.test >= 1:
            raise UnmetError(
                f"validation + test = {self.validation + self.test:g} leaves nothing to train on", "a sum below 1"
            )
        return self


class DataConfig(Strict):
    """The events to learn from."""

    source: str = "digits"
    """Name of a data source: `ctlearn`, `digits`, `idx`, `npz`, `hdf5`, or one that a package registers under
    `evonas.data`."""
    options: dict[str, Any] = {}
    """The source's own options, such as `file`, `inputs` and `targets`."""
    split: SplitConfig = SplitConfig()
    """Fractions and seed of the split."""
    fraction: Annotated[float, Field(gt=0, le=1)] = 1.0
    """Part of the training events to use, for quick scans; validation and test stay whole."""
    standardise: Literal["auto"] | bool = "auto"
    """Shift and scale inputs to mean 0 and deviation 1, fitted on the training part alone; `auto`: unless the source's
    inputs are to be used as they are, as CTLearn does."""
    task: Literal["auto", "classification", "regression"] = "auto"
    """`auto`: whole-number targets are classes, others are regressed."""


class TrainingConfig(Strict):
    """How a network is trained; what evolves (optimizer, learning rate, ...) is in the genome."""

    patience: Annotated[int, Field(ge=1)] | None = None
    """Stop an evaluation after this many epochs without improvement; None trains all epochs."""
    min_delta: Annotated[float, Field(ge=0)] = 0.0
    """Least change that counts as improvement."""
    monitor: str = "val_loss"
    """Column of the learning curve that early stopping and the choice of the best epoch watch: `val_loss`, or `val_`
    before a metric of answers, such as `val_auc`."""
    class_weights: Literal["none", "balanced"] | dict[int, float] = "none"
    """`balanced` weighs classes by their inverse frequency; a mapping gives weights by class."""
    metrics: list[str] = []
    """Further metrics to compute beside those of the objectives; see `evonas config schema`."""
    signal_efficiency: Annotated[float, Field(gt=0, le=1)] = 0.5
    """Signal efficiency at which `background_rejection` (1/FPR) is taken."""
    background_efficiency: Annotated[float, Field(gt=0, lt=1)] = 0.01
    """Fraction of the background that passes, at which `signal_efficiency` is taken."""
    signal_class: Annotated[int, Field(ge=0)] = 1
    """The class that is the signal, for two-class metrics."""
    keras_backend: Literal["tensorflow", "jax", "torch"] | None = None
    """Backend of Keras 3; None takes KERAS_BACKEND or Keras's own default."""
    keep_weights: Annotated[int, Field(ge=0)] = 5
    """Keep the trained weights of this many best individuals; those of the others are deleted."""


def _memory(value: Any) -> Any:
    units = {"B": 1, "KIB": 2**10, "MIB": 2**20, "GIB": 2**30, "KB": 10**3, "MB": 10**6, "GB": 10**9}
    if isinstance(value, str):
        text = value.replace(" ", "").upper()
        for unit in sorted(units, key=len, reverse=True):
            if text.endswith(unit):
                try:
                    return int(float(text.removesuffix(unit)) * units[unit])
                except ValueError:
                    break
        raise UnmetError("not a memory size", "bytes, or a number with a unit such as `4 GiB` or `800 MB`")
    return value


class EvaluationConfig(Strict):
    """Where evaluations run, how many at once, and what each may use."""

    devices: Literal["auto"] | Annotated[list[str], Field(min_length=1)] = "auto"
    """`auto`: CUDA_VISIBLE_DEVICES, else all GPUs that NVML finds, else the CPU. Or a list: [gpu:0, gpu:1] or [cpu]."""
    slots: Literal["auto"] | Annotated[int, Field(ge=1)] = "auto"
    """Evaluations at once on each device; `auto`: one on a GPU; on a CPU one a core, as memory allows."""
    threads: Literal["auto"] | Annotated[int, Field(ge=1)] = "auto"
    """CPU threads of one evaluation; `auto` shares the cores out."""
    timeout: Annotated[float, Field(gt=0)] | None = None
    """Wall time after which an evaluation is killed, s."""
    memory_limit: Annotated[int, BeforeValidator(_memory, json_schema_input_type=int | str), Field(gt=0)] | None = None
    """Resident memory at which an evaluation is killed, bytes or with a unit (`4 GiB`)."""
    retries: Annotated[int, Field(ge=0)] = 2
    """Further tries after a failure of the infrastructure; failures of the candidate are never retried."""
    start_method: Literal["auto", "forkserver", "spawn"] = "auto"
    """`forkserver` starts a child in about 0.03 s; `spawn` where fork is not to be had."""


class LoggingConfig(Strict):
    """Copies of what the lineage holds, for people who look at their trainings elsewhere."""

    tensorboard: bool | str = False
    """Event files for TensorBoard: `true` writes them into the run directory, a folder into it, run by run."""
    mlflow: str | None = None
    """A tracking server of MLflow, `http://localhost:5000`, or a database, `sqlite:///mlflow.db`."""


_EVALUATOR = r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$"


class RunConfig(Strict):
    """A whole search."""

    name: str = Field(default="run", pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", examples=["run", "mnist-cnn_2"])
    """Name of the run; the run directory's default name is built from it."""
    seed: Annotated[int, Field(ge=0)] = 0
    """Root of all random numbers: the same seed with one slot gives the same births."""
    base: str | None = None
    """Folder that relative paths start from; default: the folder of the configuration file."""
    model: str | None = None
    """Name of a model family: `cnn`, `dense`, `ctlearn_cnn`, `ctlearn_resnet`, `ctlearn_cnn_rnn`, or one that a package
    registers under `evonas.models`."""
    evaluator: Annotated[str, Field(pattern=_EVALUATOR, examples=["package.module:function"])] | None = None
    """Instead of `model`: `package.module:function`, called with a genome and a budget, returning metrics."""
    space: dict[str, Any] = {}
    """The search space; with `model`, changes to the family's default space, gene by gene."""
    data: DataConfig = DataConfig()
    """The events to learn from (with `model`)."""
    evolution: EvolutionConfig
    """How the population evolves, and when it stops."""
    search: SearchConfig = SearchConfig()
    """How new individuals are found, and how the training budget is spread over them."""
    training: TrainingConfig = TrainingConfig()
    """How a network is trained (with `model`)."""
    evaluation: EvaluationConfig = EvaluationConfig()
    """Where evaluations run."""
    logging: LoggingConfig = LoggingConfig()
    """Where else results are written, beside the lineage."""
    baseline: str = "auto"
    """A published network of the model family among the founders: `auto` the first, its name, or `none`."""
    starting_points: Literal["auto", "none"] = "auto"
    """Ordinary networks of the model family among the founders, so that `evolution` sets out from where a person would
    (`auto`), unless seeds come from an earlier run; or `none`."""
    seeds: list[str] = []
    """Genome files, and selections of earlier runs (`RUN`, `RUN:best(5)`, `RUN:pareto`, `RUN:knee`, `RUN:12`)."""

    @model_validator(mode="after")
    def _one_thing_to_evolve(self) -> RunConfig:
        if (self.model is None) == (self.evaluator is None):
            raise UnmetError(
                "both `model` and `evaluator` are given" if self.model else "neither `model` nor `evaluator` is given",
                "either `model` (a family, such as `cnn`) or `evaluator` (a function, `package.module:function`)",
            )
        if self.evaluator is not None and not self.space:
            raise UnmetError("an `evaluator` needs a `space`", "the genes of the search under `space`")
        return self

    @model_validator(mode="after")
    def _rungs_fit(self) -> RunConfig:
        search = self.search
        check_rungs(search.rungs, search.rung_fractions, search.rung_resolutions, self.evolution.epochs)
        if self.evaluator is not None and max(search.rung_resolutions or [1]) > 1:
            raise UnmetError("an `evaluator` has no images to average", "no search.rung_resolutions")
        return self
