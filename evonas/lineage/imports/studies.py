"""Reads an Optuna study: its parameters become genes, its distributions a space, its trials individuals.

A study knows no parents: every trial is a founder. A trial that was pruned was trained less than the others, so its
value stands at rung 0, and that of a complete trial at rung 1, as a search of evonas with rungs has it.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import Any

from evonas.errors import DependencyError, LineageError, nearest
from evonas.genome import Genome
from evonas.lineage.imports.distributions import option, space_of
from evonas.lineage.imports.genes import GeneNames
from evonas.lineage.imports.history import History, Life, Trial
from evonas.records import Birth, EvaluationRequest, EvaluationResult, EvaluationStatus, Individual

__all__ = ["read_study"]

_GENERATIONS = ("NSGAIISampler:generation", "NSGAIIISampler:generation", "nsga2:generation")
_FAILED = "the trial failed; the study keeps no cause"


def read_study(
    source: str,
    *,
    study: str | None = None,
    objectives: Sequence[str] | None = None,
    genes: Mapping[str, str] | None = None,
    name: str | None = None,
) -> History:
    """Read a study; nothing is ever written to its storage.

    Args:
        source: an SQLite file, a journal file, or a storage URL such as ``sqlite:///study.db``.
        study: its name; None where the storage holds only one.
        objectives: what its values are to be called; None takes the study's own names, else ``value``.
        genes: parameter to the gene that it shall be, such as ``{"lr": "learning.optimizer.rate"}``.
        name: of the run; None takes the study's.

    Raises:
        DependencyError: if Optuna is not installed.
        LineageError: if there is no such study, or its storage cannot be read.
    """
    optuna = _optuna()
    with _quiet(optuna):
        found = _load(optuna, source, study)
        trials = [trial for trial in found.get_trials(deepcopy=False) if trial.state.name != "WAITING"]
    metrics = _metrics(found, objectives, source)
    maximise = [direction.name == "MAXIMIZE" for direction in found.directions]
    reader = _Reader(trials, metrics, genes or {}, source)
    return History(
        name=_run_name(name or found.study_name),
        kind="Optuna study",
        source=_shown(source),
        objectives=[
            {"metric": metric, "direction": "max" if more else "min"}
            for metric, more in zip(metrics, maximise, strict=True)
        ],
        lives=reader.lives(),
        space=reader.space,
        constraints={name: {"max": 0.0} for name in reader.constraints},
        notes=reader.notes,
        facts={"study": found.study_name, "attributes": {key: str(value) for key, value in found.user_attrs.items()}},
        versions={"optuna": version("optuna")},
    )


def _optuna() -> ModuleType:
    try:
        import optuna
    except ModuleNotFoundError as error:
        raise DependencyError(
            "reading a study needs Optuna, which is not installed", hint='pip install "evonas[baselines]"'
        ) from error
    module: ModuleType = optuna
    return module


@contextlib.contextmanager
def _quiet(optuna: ModuleType) -> Iterator[None]:
    """Keep Optuna's own messages off the terminal, those about experimental classes among them."""
    import warnings

    level = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        optuna.logging.set_verbosity(level)


def _load(optuna: ModuleType, source: str, study: str | None) -> Any:
    try:
        storage = _storage(optuna, source)
        names = [one.study_name for one in optuna.study.get_all_study_summaries(storage, include_best_trial=False)]
    except LineageError:
        raise
    except Exception as error:  # whatever its database driver raises
        raise LineageError(
            f"the storage of the study cannot be read: {_first_line(error)}",
            file=_shown(source),
            hint="one of an older Optuna is brought up to date with: optuna storage upgrade --storage URL",
        ) from error
    wanted = names[0] if study is None and len(names) == 1 else study
    if wanted is None or wanted not in names:
        close = nearest(wanted, names) if wanted else None
        raise LineageError(
            "there is no such study" if wanted else "the storage holds several studies" if names else "it is empty",
            file=_shown(source),
            key="--study",
            got=wanted,
            expected=f"one of {', '.join(names)}" if names else "a storage with a study",
            hint=f"did you mean `{close}`?" if close else None,
        )
    return optuna.load_study(study_name=wanted, storage=storage)


def _storage(optuna: ModuleType, source: str) -> Any:
    """Open a storage to read: a file is opened read-only, and never made."""
    if "://" in source and not source.startswith("sqlite:///"):
        return optuna.storages.get_storage(source)
    path = Path(source.removeprefix("sqlite:///"))
    if not path.is_file():
        raise LineageError("there is no such file", file=path, hint="check the path; a study lies in one file")
    with path.open("rb") as file:
        is_database = file.read(15) == b"SQLite format 3"
    if is_database:
        return optuna.storages.RDBStorage(f"sqlite:///file:{_quoted(path)}?mode=ro&uri=true")
    return optuna.storages.JournalStorage(optuna.storages.journal.JournalFileBackend(str(path)))


def _quoted(path: Path) -> str:
    from urllib.parse import quote

    return quote(str(path.resolve()))


def _metrics(study: Any, wanted: Sequence[str] | None, source: str) -> list[str]:
    count = len(study.directions)
    if wanted is not None and len(wanted) != count:
        raise LineageError(
            "the study has another number of objectives",
            file=_shown(source),
            key="--objective",
            got=list(wanted),
            expected=f"{count} names, separated by commas",
        )
    own = list(study.metric_names or ())
    return list(wanted or own or (["value"] if count == 1 else [f"value_{place}" for place in range(count)]))


class _Reader:
    def __init__(self, trials: Sequence[Any], metrics: Sequence[str], genes: Mapping[str, str], source: str) -> None:
        self._trials, self._metrics = trials, metrics
        distributions: dict[str, list[Any]] = {}
        for trial in trials:
            for parameter, distribution in trial.distributions.items():
                distributions.setdefault(parameter, []).append(distribution)
        self._check(genes, distributions, source)
        self._names = GeneNames(distributions, genes)
        self.space = self._names.nested({name: space_of(every) for name, every in distributions.items()})
        self._pruned = any(trial.state.name == "PRUNED" and _last(trial) is not None for trial in trials)
        self._first_step = min((step for trial in trials for step in trial.intermediate_values), default=1)
        most = max((len(_constraints(trial)) for trial in trials), default=0)
        self.constraints = [f"constraint_{place}" for place in range(most)]

    @staticmethod
    def _check(genes: Mapping[str, str], known: Mapping[str, Any], source: str) -> None:
        for parameter in genes:
            if parameter not in known:
                close = nearest(parameter, known)
                raise LineageError(
                    "the study has no such parameter",
                    file=_shown(source),
                    key="--gene",
                    got=parameter,
                    expected=f"one of {', '.join(known)}" if known else None,
                    hint=f"did you mean `{close}`?" if close else None,
                )

    @property
    def notes(self) -> list[str]:
        """What became of what."""
        partial = any(set(trial.params) != set(self._trials[0].params) for trial in self._trials)
        notes = [f"objectives: {', '.join(self._metrics)}"]
        if self._pruned:
            notes.append("pruned trials stand at rung 0 with their last value, complete ones at rung 1")
        if partial:
            notes.append("not every trial has every parameter: a genome holds those of its trial alone")
        return notes

    def lives(self) -> list[Life]:
        """Return an individual a trial, in the order of their numbers."""
        ends = sorted(trial.datetime_complete.timestamp() for trial in self._trials if trial.datetime_complete)
        return [self._life(number, trial, ends) for number, trial in enumerate(self._trials)]

    def _life(self, number: int, trial: Any, ends: Sequence[float]) -> Life:
        from bisect import bisect_right

        began = None if trial.datetime_start is None else trial.datetime_start.timestamp()
        ended = None if trial.datetime_complete is None else trial.datetime_complete.timestamp()
        genome = Genome(self._names.nested({name: option(value) for name, value in trial.params.items()}))
        generation = next((trial.system_attrs[key] for key in _GENERATIONS if key in trial.system_attrs), 0)
        costs = {} if trial.number == number else {"trial": float(trial.number)}
        individual = Individual(number, genome, Birth(("founder",), generation=int(generation)), costs)
        steps = len(trial.intermediate_values)
        rung = int(self._pruned and trial.state.name == "COMPLETE")
        request = EvaluationRequest(number, number, genome, max(1, steps), 0, rung)
        result = self._result(request, trial, (ended or 0.0) - (began or ended or 0.0))
        born = number if began is None else bisect_right(ends, began)
        return Life(individual, born, None, (Trial(request, result, began, ended),))

    def _result(self, request: EvaluationRequest, trial: Any, seconds: float) -> EvaluationResult | None:
        state = trial.state.name
        if state == "RUNNING":
            return None
        curve = self._curve(trial)
        details: dict[str, Any] = {"curve": curve, "epochs": max(1, len(curve)), "seconds": max(0.0, seconds)}
        values = list(trial.values or ())
        if state == "PRUNED" and not values and _last(trial) is not None:
            values = [_last(trial)]
        metrics = dict(zip(self._metrics, map(float, values), strict=False))
        others = {**_numbers(trial.user_attrs), **dict(zip(self.constraints, _constraints(trial), strict=False))}
        metrics = {**others, **metrics}
        if state == "FAIL" or not values:
            finite = {name: value for name, value in metrics.items() if math.isfinite(value)}
            status = EvaluationStatus.CRASHED if state == "FAIL" else EvaluationStatus.INVALID
            cause = str(trial.system_attrs.get("fail_reason") or _FAILED)
            error = cause if state == "FAIL" else "pruned before it had a value"
            return request.failure(status, error, **(details | {"metrics": finite}))
        return request.result(metrics, **details)

    def _curve(self, trial: Any) -> list[dict[str, float]]:
        shift = 1 if self._first_step == 0 else 0
        steps = sorted(trial.intermediate_values.items())
        return [
            {"epoch": step + shift, self._metrics[0]: float(value)} for step, value in steps if math.isfinite(value)
        ]


def _last(trial: Any) -> float | None:
    steps = trial.intermediate_values
    return float(steps[max(steps)]) if steps and math.isfinite(steps[max(steps)]) else None


def _constraints(trial: Any) -> list[float]:
    found = trial.system_attrs.get("constraints") or ()
    return [float(value) for value in found]


def _numbers(attributes: Mapping[str, Any]) -> dict[str, float]:
    return {
        name: float(value)
        for name, value in attributes.items()
        if isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    }


def _run_name(text: str) -> str:
    tidy = "".join(sign if sign.isascii() and (sign.isalnum() or sign in "._-") else "-" for sign in text)
    return tidy.lstrip("._-") or "study"


def _shown(source: str) -> str:
    """Return a URL without its password."""
    if "://" not in source:
        return source
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        return make_url(source).render_as_string(hide_password=True)
    except ArgumentError:
        return source.rpartition("@")[2]


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
