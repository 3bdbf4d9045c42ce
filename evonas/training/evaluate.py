"""The evaluator: a genome and a budget in, metrics of the trained network out. It runs in a worker process.

Importing this module loads no Keras: the coordinator reads :data:`PRELOAD` from it. :func:`evaluate` scores on the
validation part, which chooses; :func:`evaluate_test` retrains from scratch and scores on the test part, which reports.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from evonas.errors import GenomeError
from evonas.genome import Genome
from evonas.records import EvaluationRequest, EvaluationResult, EvaluationStatus
from evonas.training.data import read_summary
from evonas.training.families import load_family
from evonas.training.pooling import pooled_shape
from evonas.training.settings import Settings, check_settings, settings_for

if TYPE_CHECKING:
    from evonas.training.weights import TrainingState

__all__ = [
    "PRELOAD",
    "WEIGHTS_FOLDER",
    "Context",
    "check_settings",
    "evaluate",
    "evaluate_test",
    "settings_for",
]

PRELOAD = (
    "keras",
    "h5py",
    "evonas.training.families.keras_model",
    "evonas.training.trainer",
    "evonas.training.retrain",
)
"""Modules that a fork server imports once. Importing them touches no device."""

WEIGHTS_FOLDER = "weights"
"""Folder of trained weights in a run directory."""


class Context(Protocol):
    """What an evaluator is told beside the request; :mod:`evonas.evaluation` makes it."""

    settings: Mapping[str, Any]
    run_dir: Path
    threads: int

    def report(self, row: dict[str, Any]) -> None:
        """Show a row of the learning curve."""


def evaluate(request: EvaluationRequest, context: Context) -> EvaluationResult:
    """Train a genome and score it on the validation part.

    It trains ``request.epochs`` epochs, on top of those before where ``request.resume_from`` names weights. Where an
    individual that was trained before has none any more, it trains ``request.total_epochs`` from the start, and says so
    in its log. It learns from the first ``request.fraction`` of the training events, in an order that the split's seed
    decides, and gives up where the watched column of its learning curve is worse than ``request.floor``; the result is
    then that of the epochs it has had. A repeat is watched by nobody, and its curve has no column for that. With
    ``request.pooling`` it learns from images of a lower resolution and is scored on them; weights that fit the network
    of the next one are carried there, else it begins again. The metrics are loss and accuracy (or RMSE), those of the
    objectives, and those that the training section names.

    Args:
        request: what to train, how long, from which seed.
        context: settings, run directory, threads, and where to report the learning curve.

    Returns:
        A completed result, with the weights among its artifacts; or a diverged one with the curve until then.

    Raises:
        GenomeError: if the genome cannot be built.
        DataError: if the prepared arrays cannot be read.
        EvaluationError: if Keras runs on another backend already.
        StorageError: if weights cannot be read or written.
    """
    return _run(request, context, test=False)


def evaluate_test(request: EvaluationRequest, context: Context) -> EvaluationResult:
    """Retrain a genome from scratch with the request's seed, and score it on validation and test.

    Metrics of the validation part have their own names, those of the test part the prefix ``test_``. For finalists: no
    other evaluation sees the test part. It is reported on, and chooses nothing.

    Raises:
        DataError: if there is no test part; otherwise as :func:`evaluate`.
    """
    return _run(request, context, test=True)


def _run(request: EvaluationRequest, context: Context, *, test: bool) -> EvaluationResult:
    from evonas.training.backend import limit_threads, use_backend

    settings = Settings.read(context.settings)
    use_backend(settings.training.keras_backend)
    limit_threads(context.threads)

    from evonas.training.callbacks import DivergedError
    from evonas.training.retrain import fit_genome, measure
    from evonas.training.weights import save_state

    folder = Path(context.run_dir) / settings.cache
    sizes = _Sizes(request.genome, settings, folder)
    pooling = 1 if test else sizes.possible(request.pooling)
    resume = None if test else _carried(_state(request, Path(context.run_dir)), pooling, sizes, request)
    try:
        model, outcome = fit_genome(
            request.genome,
            settings,
            folder,
            epochs=_epochs(request, resume),
            seed=request.seed,
            resume=resume,
            report=context.report,
            fraction=request.fraction,
            floor=None if test or request.repeat else request.floor,
            pooling=pooling,
        )
        for line in (outcome.undefined, outcome.stopped):
            if line:
                _say(line)
        metrics = measure(model, request.genome, settings, folder, outcome, test=test)
    except DivergedError as error:
        return request.failure(EvaluationStatus.DIVERGED, str(error), curve=error.curve, epochs=len(error.curve))
    weights = f"{WEIGHTS_FOLDER}/{request.number}.weights.h5"
    save_state(Path(context.run_dir) / weights, outcome.state, genome=request.genome.id)
    return request.result(metrics, curve=outcome.curve, epochs=outcome.epochs, artifacts={"weights": weights})


def _state(request: EvaluationRequest, run_dir: Path) -> TrainingState | None:
    """Return where the individual's training stands; None if it begins, or has to begin again."""
    from evonas.training.weights import load_state

    file = None if request.resume_from is None else run_dir / request.resume_from
    if request.trained and (file is None or not file.is_file()):
        _say(
            f"the weights after epoch {request.trained} are not kept{f' ({file.name})' if file else ''}: "
            f"all {request.total_epochs} epochs are trained from the start"
        )
        return None
    return None if file is None else load_state(file, genome=request.genome.id)


class _Sizes:
    """How large the network of a genome is for images of a lower resolution; known without Keras."""

    def __init__(self, genome: Genome, settings: Settings, folder: Path) -> None:
        self._genome, self._family, self._folder = genome, settings.family, folder

    def parameters(self, pooling: int) -> float:
        """Return the number of parameters.

        Raises:
            GenomeError: if there is no such network.
        """
        summary = read_summary(self._folder)
        shape = pooled_shape(summary.input_shape, pooling)
        return load_family(self._family).costs(self._genome, shape, summary.heads)["parameters"]

    def possible(self, pooling: int) -> int:
        """Return the pooling if there is a network for what is left of the images, else 1."""
        if pooling == 1:
            return 1
        try:
            self.parameters(pooling)
        except GenomeError as error:
            _say(f"it learns from whole images, since its network cannot take them averaged by {pooling}: {error}")
            return 1
        return pooling


def _carried(
    state: TrainingState | None, pooling: int, sizes: _Sizes, request: EvaluationRequest
) -> TrainingState | None:
    """Return the state to go on with at a resolution; None if its weights do not fit the network there."""
    if state is None or state.pooling == pooling:
        return state
    if sizes.parameters(state.pooling) != sizes.parameters(pooling):
        _say(
            f"the weights that it learned from images averaged by {state.pooling} do not fit: "
            f"all {request.total_epochs} epochs are trained from the start"
        )
        return None
    # What its epochs came to at the other resolution is not compared with what they come to here.
    return replace(state, weights=state.last, best=None, best_epoch=state.epochs, reached=None)


def _epochs(request: EvaluationRequest, resume: TrainingState | None) -> int:
    """Return the epochs to train now."""
    if resume is None:
        return request.total_epochs
    # An earlier rung may have ended sooner than it was asked to.
    return max(1, request.total_epochs - resume.epochs) if request.trained else request.epochs


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 -- the standard output is the log of this evaluation
