"""Tables of ctlearn_optimizer, the hyperparameter search of CTLearn in 2019: one training a row.

The tool wrote ``optimization_results.csv``: the value that it minimised (``loss``), the number of the training
(``iteration``), the hyperparameters, figures on the validation part (``auc_val``, ``acc_val``, ``acc_gamma_val``,
``acc_proton_val``, ``loss_val``), on a test part (``..._pred``), and the wall time of the training (``run_time``, s).
A hyperparameter that a network did not have is 0 or empty.
"""

from __future__ import annotations

import csv
import hashlib
import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from evonas.errors import DataError
from evonas.genome import Genome
from evonas.lineage import RunRecord
from evonas.records import Birth, EvaluationResult, EvaluationStatus, Individual
from evonas.report.history import Evaluation, Goal, RunHistory

__all__ = ["is_table", "read_table"]

_METRICS = {
    "acc": "accuracy",
    "acc_gamma": "accuracy_signal",
    "acc_proton": "accuracy_background",
    "bacc": "balanced_accuracy",
}
_OWN = {"loss", "iteration", "run_time"}
_LAYER = re.compile(r"layer_?(\d+)_(\w+)")
_DEPTH = "number_of_layers"
_PARTS = {"_val": "", "_pred": "test_"}
_SAME = 1e-6  # between the value that was minimised and the metric that it was made of
_LARGEST = 64 * 2**20  # bytes


def is_table(path: str | Path) -> bool:
    """Whether a path names a table (by its ending), not a run directory."""
    return Path(path).suffix.lower() == ".csv"


def read_table(path: str | Path) -> RunHistory:
    """Read a table as the history of a search: one individual and one evaluation a row.

    The genes are the hyperparameters, those of layers as a list ``layers``; the metrics ``auc``, ``accuracy``,
    ``accuracy_signal`` (of gammas), ``accuracy_background`` (of protons), all fractions, and ``loss``; those of a test
    part begin with ``test_``. The individuals have no parents: the tool remembered none.

    Args:
        path: the table, CSV.

    Raises:
        DataError: if it cannot be read, or is no such table; with file and line.
    """
    path = Path(path)
    lines, rows = _rows(path)
    metrics = {name: metric for name in rows[0] if (metric := _metric(name)) is not None}
    if not metrics:
        raise DataError(
            "not a table of ctlearn_optimizer",
            file=path,
            got=list(rows[0])[:12],
            expected="columns such as iteration, layer1_filters, auc_val and run_time",
            hint="reports are made of run directories and of that tool's optimization_results.csv",
        )
    values, individuals, evaluations = [], {}, []
    for number, (line, row) in enumerate(zip(lines, rows, strict=True), start=1):
        values.append({name: _number(row, name, path, line) for name in metrics})
        genome = Genome(_genes(row, metrics, path, line))
        individuals[number] = Individual(number, genome, Birth(("training",), generation=1))
        known = {metrics[name]: value for name, value in values[-1].items() if value is not None}
        result = _result(number, known, _number(row, "run_time", path, line))
        evaluations.append(Evaluation(number, individuals[number], result))
    return RunHistory(
        run=_record(path),
        goals=(_goal(rows, values, metrics),),
        individuals=individuals,
        evaluations=tuple(evaluations),
    )


def _rows(path: Path) -> tuple[list[int], list[dict[str, str]]]:
    """Return the rows in the order of the trainings, and the line of each in the file."""
    try:
        if path.stat().st_size > _LARGEST:
            raise DataError("the table is too large", file=path, got=path.stat().st_size, expected="64 MiB at most")
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise DataError("there is no such file", file=path, hint="check the path") from error
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"the table cannot be read: {error}", file=path, expected="CSV in UTF-8") from error
    reader = csv.DictReader(text.splitlines())
    lines: list[int] = []
    rows: list[dict[str, str]] = []
    try:
        for row in reader:
            if None in row or None in row.values():
                columns = len(reader.fieldnames or ())
                raise DataError(
                    "a row has too few or too many values", file=path, line=reader.line_num, expected=f"{columns}"
                )
            lines.append(reader.line_num)
            rows.append(row)
    except csv.Error as error:
        raise DataError(f"not CSV: {error}", file=path, line=reader.line_num) from error
    if not rows:
        raise DataError("the table has no rows", file=path, expected="a line with names and one line a training")
    order = list(range(len(rows)))
    if "iteration" in rows[0]:
        numbers = [_number(row, "iteration", path, line) or 0.0 for line, row in zip(lines, rows, strict=True)]
        order.sort(key=numbers.__getitem__)
    return [lines[at] for at in order], [rows[at] for at in order]


def _metric(column: str) -> str | None:
    """Return our name of a column with a metric, None for any other.

    >>> _metric("acc_gamma_val"), _metric("auc_pred"), _metric("layer1_filters")
    ('accuracy_signal', 'test_auc', None)
    """
    for ending, prefix in _PARTS.items():
        if column.endswith(ending):
            name = column.removesuffix(ending)
            return prefix + _METRICS.get(name, name)
    return None


def _number(row: Mapping[str, str], name: str, path: Path, line: int) -> float | None:
    text = row.get(name, "").strip()
    if not text:
        return None
    try:
        value = float(text)
    except ValueError as error:
        raise DataError("not a number", file=path, line=line, key=name, got=text) from error
    return value if math.isfinite(value) else None


def _genes(row: Mapping[str, str], metrics: Mapping[str, str], path: Path, line: int) -> dict[str, Any]:
    """Return the hyperparameters of a row, those of layers as a list."""
    genes: dict[str, Any] = {}
    layers: dict[int, dict[str, Any]] = {}
    for name, text in row.items():
        if name in metrics or name in _OWN or name == _DEPTH:
            continue
        value = _value(text)
        found = _LAYER.fullmatch(name)
        if found is None:
            genes[name] = value
        elif value not in (0, "", None):
            layers.setdefault(int(found[1]), {})[found[2]] = value
    depth = _number(row, _DEPTH, path, line)
    kept = [layers[number] for number in sorted(layers) if depth is None or number <= depth]
    return {"layers": kept, **genes} if kept else genes


def _value(text: str) -> Any:
    text = text.strip()
    try:
        value = float(text)
    except ValueError:
        return text or None
    if not math.isfinite(value):
        return None
    return int(value) if value.is_integer() and "e" not in text.lower() else value


def _result(number: int, metrics: Mapping[str, float], seconds: float | None) -> EvaluationResult:
    if metrics:
        return EvaluationResult(number, number, EvaluationStatus.COMPLETED, metrics, seconds=max(0.0, seconds or 0.0))
    return EvaluationResult(number, number, EvaluationStatus.DIVERGED, error="the table has no finite figure")


def _goal(
    rows: Sequence[Mapping[str, str]], values: Sequence[Mapping[str, float | None]], metrics: Mapping[str, str]
) -> Goal:
    """Return the metric that the tool optimised: the one that ``loss`` was made of, else the AUC, else the first."""
    losses = [_value(row.get("loss", "")) for row in rows]
    if all(isinstance(loss, (int, float)) for loss in losses):
        for column, metric in metrics.items():
            own = [row[column] for row in values]
            for sign, shift in ((1, 0), (-1, 1)):
                near = (
                    value is not None and math.isclose(loss, shift + sign * value, abs_tol=_SAME)
                    for loss, value in zip(losses, own, strict=True)
                )
                if all(near):
                    return Goal(metric, maximise=metric not in ("loss", "test_loss", "test_log_loss"))
    names = list(metrics.values())
    metric = "auc" if "auc" in names else names[0]
    return Goal(metric, maximise="loss" not in metric)


def _record(path: Path) -> RunRecord:
    """Return a record whose id is made of the content, so that equal tables give equal pages."""
    digest = hashlib.sha256(path.read_bytes()).hexdigest()[:32]
    return RunRecord(
        id=digest,
        name=path.stem,
        created="",
        config={},
        space={},
        objectives=(),
        status="finished",
        reason="tables of ctlearn_optimizer",
    )
