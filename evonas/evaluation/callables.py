"""From a name to a function that a worker calls: ``package.module:function``, an evaluator or a user's own callable."""

from __future__ import annotations

import importlib
import inspect
import sys
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from types import ModuleType
from typing import Any

from evonas.errors import EvaluationError, nearest
from evonas.evaluation.protocol import Budget, EvaluationContext, EvaluatorSpec
from evonas.evaluation.statuses import failure_cause
from evonas.records import EvaluationRequest, EvaluationResult

__all__ = ["Evaluate", "import_modules", "resolve"]

Evaluate = Callable[[EvaluationRequest, EvaluationContext], EvaluationResult]
"""What a worker calls, whatever kind the evaluator is of."""


def import_modules(spec: EvaluatorSpec) -> None:
    """Import what all evaluations need; each module once a process.

    Raises:
        EvaluationError: if one cannot be imported; its message ends with the traceback.
    """
    for folder in reversed(spec.path):
        if folder not in sys.path:
            sys.path.insert(0, folder)
    for name in spec.preload:
        _import(name, f"the module {name}, which evaluations need,")


def resolve(spec: EvaluatorSpec) -> Evaluate:
    """Import the evaluator and return it as a function of request and context.

    Raises:
        EvaluationError: if the target is not ``package.module:function``, its module cannot be imported, or there is
            no such function in it.
    """
    import_modules(spec)
    module_name, separator, function_name = spec.target.partition(":")
    if not separator or not module_name or not function_name or module_name.startswith("."):
        raise EvaluationError(
            "the name of an evaluator is not complete",
            got=spec.target,
            expected="package.module:function",
            hint="put a colon between the module and the function",
        )
    module = _import(module_name, f"the evaluator {spec.target}")
    function = _function(module, function_name, spec.target)
    _check_arguments(function, spec)
    return function if spec.kind == "evaluator" else _wrapped(function, spec.target)


def _import(name: str, what: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except BaseException as cause:  # a user's module may raise anything, SystemExit included
        if isinstance(cause, KeyboardInterrupt):
            raise
        trace = ""
        if not (isinstance(cause, ModuleNotFoundError) and cause.name and f"{name}.".startswith(f"{cause.name}.")):
            # the module is there, and what it does is wrong: its author needs the place
            trace = "\n" + "".join(traceback.format_exception(type(cause), cause, cause.__traceback__)).rstrip()
        raise EvaluationError(
            f"{what} cannot be imported: {failure_cause(cause)}{trace}",
            got=name,
            expected="a module that Python finds and can import",
            hint="run `python -c 'import " + name + "'` in the folder of the configuration",
        ) from cause


def _function(module: ModuleType, dotted: str, target: str) -> Callable[..., Any]:
    value: Any = module
    for part in dotted.split("."):
        if not hasattr(value, part):
            known = [name for name in vars(value) if callable(getattr(value, name)) and not name.startswith("_")]
            close = nearest(part, known)
            own = [name for name in known if getattr(getattr(value, name), "__module__", None) == module.__name__]
            raise EvaluationError(
                f"the evaluator {target} does not exist: {module.__name__} has no {part}",
                got=target,
                expected=f"a function of {module.__name__}: {', '.join(own[:10]) or 'it has none'}",
                hint=f"did you mean {module.__name__}:{close}?" if close else "check the spelling",
            )
        value = getattr(value, part)
    if not callable(value):
        raise EvaluationError(
            f"the evaluator {target} is not a function", got=value, expected="a function, or an object with __call__"
        )
    function: Callable[..., Any] = value
    return function


def _check_arguments(function: Callable[..., Any], spec: EvaluatorSpec) -> None:
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # a function written in C may have none
        return
    try:
        signature.bind(None, None)
    except TypeError as cause:
        a_callable = spec.kind == "callable"
        raise EvaluationError(
            f"the evaluator {spec.target} cannot be called with two arguments: {cause}",
            got=f"{spec.target}{signature}",
            expected="a function of a genome and a budget" if a_callable else "a function of a request and a context",
            hint="def evaluate(genome, budget): return {'accuracy': ...}" if a_callable else None,
        ) from cause


def _wrapped(function: Callable[..., Any], target: str) -> Evaluate:
    """Return a user's callable as an evaluator."""

    def evaluate(request: EvaluationRequest, context: EvaluationContext) -> EvaluationResult:
        directory = context.run_dir / "work" / _folder(request)
        directory.mkdir(parents=True, exist_ok=True)
        # Whether it goes on from its files is the callable's own affair. Where it left none, it has to start afresh.
        afresh = not any(directory.iterdir())
        budget = Budget(
            epochs=request.total_epochs,
            seed=request.seed,
            directory=directory,
            device=context.device,
            threads=context.threads,
            trained=request.trained,
            fraction=request.fraction,
            repeat=request.repeat,
        )
        try:
            returned = function(request.genome, budget)
        finally:
            with suppress(OSError):  # not empty: the callable left files there
                directory.rmdir()
        epochs = request.total_epochs if afresh else request.epochs
        return request.result(_metrics(returned, target), epochs=epochs)

    return evaluate


def _folder(request: EvaluationRequest) -> str:
    """Name a folder by individual, not by request, so that a promoted individual finds the files of its last rung."""
    return f"{request.individual:06d}" + (f"-repeat{request.repeat}" if request.repeat else "")


def _metrics(returned: Any, target: str) -> dict[str, float]:
    example = "expected a mapping of metric names to numbers such as {'accuracy': 0.98}"
    if not isinstance(returned, Mapping) or not returned:
        raise TypeError(f"{target} returned {returned!r}, {example}")
    metrics = {}
    for name, value in returned.items():
        if not isinstance(name, str) or isinstance(value, (str, bytes)):
            raise TypeError(f"{target} returned {name!r}: {value!r}, {example}")
        try:
            metrics[name] = float(value)  # NumPy and tensor scalars, too
        except (TypeError, ValueError) as cause:
            raise TypeError(f"{target} returned {name!r}: {value!r}, {example}") from cause
    return metrics
