"""Numbers and names in words: significant digits, durations, sizes, labels with units."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

__all__ = [
    "DASH",
    "MINUS",
    "bytes_in_words",
    "count",
    "duration",
    "gene_value",
    "label",
    "number",
    "percent",
    "shortened",
    "shortened_gene",
]

DASH = "\u2013"
"""Stands for a missing figure."""

MINUS = "\u2212"
"""The minus sign of printed numbers."""

_UNITS = {"angular_resolution": "deg", "seconds": "s", "seconds_per_inference": "s"}
_NAMES = {
    "auc": "AUC",
    "auc_mean_energy": "mean AUC over energies",
    "background_rejection": "background rejection 1/FPR",
    "cross_entropy": "cross-entropy",
    "energy_mae": "mean absolute error of log10 E",
    "f1": "F1 score",
    "mae": "mean absolute error",
    "rmse": "root mean square error",
    "seconds_per_inference": "time per inference",
    "seconds": "time",
}


def number(value: float | None, digits: int = 5) -> str:
    """Write a figure with so many significant digits; whole numbers in full, None as a dash.

    >>> number(0.981372), number(437000.0), number(0.00001), number(None) == DASH
    ('0.98137', '437,000', '1e-5', True)
    """
    if value is None:
        return DASH
    if not math.isfinite(value):
        return str(value)
    if float(value).is_integer() and abs(value) < 1e12:
        return f"{int(value):,}".replace("-", MINUS)
    text = f"{value:.{digits}g}"
    if "e" in text:
        mantissa, exponent = text.split("e")
        text = f"{mantissa}e{int(exponent)}"
    return text if value > 0 else MINUS + text[1:]


def aligned(values: Sequence[float | None], digits: int = 5, spread: float = 1e4) -> list[str]:
    """Write the figures of a column with the same number of decimals, unless they span a factor above ``spread``.

    >>> aligned([0.9631, 0.96692]), aligned([12.0, 7.5], 3), aligned([1e-7, 0.5]), aligned([64.0, 8.0])
    (['0.96310', '0.96692'], ['12.0', '7.5'], ['1e-7', '0.5'], ['64', '8'])
    """
    sizes = [abs(value) for value in values if value is not None and math.isfinite(value) and value != 0]
    whole = all(value is None or float(value).is_integer() for value in values)
    if whole or not sizes or max(sizes) >= 10**digits or max(sizes) / min(sizes) > spread:
        return [number(value, digits) for value in values]
    decimals = max(0, digits - 1 - math.floor(math.log10(max(sizes))))
    return [DASH if value is None else f"{value:.{decimals}f}".replace("-", MINUS) for value in values]


def percent(fraction: float) -> str:
    """Write a fraction in per cent, with one decimal.

    >>> percent(0.954)
    '95.4 %'
    """
    return f"{100 * fraction:.1f} %"


def count(amount: int, noun: str, plural: str | None = None) -> str:
    """Write an amount with its noun.

    >>> count(1, "failure"), count(1200, "evaluation")
    ('1 failure', '1,200 evaluations')
    """
    return f"{amount:,} {noun if amount == 1 else plural or noun + 's'}"


def duration(seconds: float) -> str:
    """Write a time in the two largest units that it fills.

    >>> duration(0.034), duration(9.26), duration(75), duration(7385), duration(180000)
    ('0.034 s', '9.3 s', '1 min 15 s', '2 h 3 min', '2 d 2 h')
    """
    if seconds < 1:
        return f"{seconds:.2g} s"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    for size, unit, lower_size, lower in ((86400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s")):
        if whole >= size:
            return f"{whole // size} {unit} {whole % size // lower_size} {lower}"
    return f"{whole} s"


def bytes_in_words(size: int) -> str:
    """Write an amount of memory; 0 is unknown.

    >>> bytes_in_words(0) == DASH, bytes_in_words(1536 * 2**20)
    (True, '1.5 GiB')
    """
    if size <= 0:
        return DASH
    for power, unit in ((30, "GiB"), (20, "MiB"), (10, "KiB")):
        if size >= 2**power:
            return f"{size / 2**power:.3g} {unit}"
    return f"{size} B"


def label(metric: str, *, unit: bool = True) -> str:
    """Return the name of a metric as an axis says it, with its unit in brackets where it has one.

    >>> label("seconds_per_inference"), label("val_loss"), label("accuracy")
    ('time per inference (s)', 'val loss', 'accuracy')
    """
    name = _NAMES.get(metric, metric.replace("_", " "))
    return f"{name} ({_UNITS[metric]})" if unit and metric in _UNITS else name


def gene_value(value: Any) -> str:
    """Write the value of a gene: numbers as :func:`number`, words as they are, anything nested as JSON."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None:
        return "none"
    if isinstance(value, (int, float)):
        return number(value, 4).replace(",", "")
    if isinstance(value, str):
        return value
    return json.dumps(value, sort_keys=True, ensure_ascii=False, default=_plain)


def shortened(text: str, limit: int = 90) -> str:
    """Return a text of at most so many characters, its end replaced by an ellipsis."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def shortened_gene(name: str, limit: int = 30) -> str:
    """Return the name of a gene in at most so many characters; its end tells it from others, its beginning does not.

    >>> shortened_gene("learning.optimizer.learning_rate", 25), shortened_gene("stages 1: filters")
    ('…optimizer.learning_rate', 'stages 1: filters')
    """
    if len(name) <= limit:
        return name
    end = name[-(limit - 1) :]
    _, dot, whole = end.partition(".")
    return "…" + (whole if dot else end)


def _plain(value: Any) -> Any:
    return dict(value) if hasattr(value, "keys") else list(value)
