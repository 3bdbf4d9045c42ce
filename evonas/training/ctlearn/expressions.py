"""Quality cuts are Python expressions that ctapipe evaluates; only comparisons and arithmetic are let through.

A configuration is data, and may come from somebody else: an expression that could open a file or call a program is
refused before ctapipe sees it.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Sequence
from typing import Any

import numpy as np

from evonas.errors import DataError, nearest

__all__ = ["check_quality", "columns_of_cut"]

_KEY = "data.options.quality"
_FUNCTIONS = frozenset({"abs", "sin", "cos", "tan", "arctan2", "log", "log10", "exp", "sqrt"})  # ctapipe's own, and abs
_CONSTANTS = frozenset({"pi", "inf", "e"})
_NODES = (
    ast.Expression,
    ast.BoolOp,
    ast.BinOp,
    ast.UnaryOp,
    ast.Compare,
    ast.Call,
    ast.Name,
    ast.Attribute,
    ast.Constant,
    ast.boolop,
    ast.operator,
    ast.unaryop,
    ast.cmpop,
    ast.expr_context,
)


def columns_of_cut(name: str, expression: str) -> set[str]:
    """Return the columns that a quality cut looks at.

    >>> sorted(columns_of_cut("edge", "(hillas_intensity > 50) & (np.abs(hillas_x.quantity) < 1 * u.m)"))
    ['hillas_intensity', 'hillas_x']

    Raises:
        DataError: for an expression that is not Python, or does more than compare and reckon.
    """
    try:
        tree = ast.parse(expression.strip(), mode="eval")
    except SyntaxError as error:
        raise _refused(name, expression, f"it is not an expression: {error.msg}") from error
    called: set[int] = set()
    columns: set[str] = set()
    for node in ast.walk(tree):
        if not isinstance(node, _NODES):
            raise _refused(name, expression, f"`{type(node).__name__}` has no place in a cut")
        if isinstance(node, ast.Attribute):
            _check_attribute(node, name, expression)
        if isinstance(node, ast.Call):
            _check_call(node, name, expression)
            called.add(id(node.func))
        if isinstance(node, ast.Name) and node.id not in ("np", "u") and id(node) not in called:
            columns.add(node.id)
    return columns


def check_quality(quality: Sequence[tuple[str, str]], columns: Collection[str], file: Any) -> None:
    """Check that all quality cuts are harmless and look at columns that are there.

    Args:
        quality: name and expression of each cut.
        columns: columns that a cut can look at.
        file: the DL1 file they were found in.

    Raises:
        DataError: with the cut, the unknown column, and the nearest name.
    """
    for name, expression in quality:
        unknown = sorted(columns_of_cut(name, expression) - set(columns))
        if unknown:
            close = nearest(unknown[0], columns)
            raise DataError(
                f"the quality cut `{name}` looks at a column that the DL1 file lacks",
                file=file,
                key=_KEY,
                got=unknown[0],
                expected="a DL1 parameter, such as hillas_intensity or leakage_intensity_width_2",
                hint=f"did you mean `{close}`?" if close else "ctapipe's documentation lists the DL1 parameters",
            )


def _check_attribute(node: ast.Attribute, name: str, expression: str) -> None:
    owner = node.value.id if isinstance(node.value, ast.Name) else None
    allowed = owner is not None and not node.attr.startswith("_")
    if owner == "np":
        allowed = node.attr in _CONSTANTS or isinstance(getattr(np, node.attr, None), np.ufunc)
    elif owner != "u":
        allowed = allowed and node.attr in ("quantity", "data", "value")
    if not allowed:
        raise _refused(name, expression, f"`.{node.attr}` is not allowed in a cut")


def _check_call(node: ast.Call, name: str, expression: str) -> None:
    function = node.func
    plain = isinstance(function, ast.Name) and function.id in _FUNCTIONS
    of_numpy = (
        isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name) and function.value.id == "np"
    )
    if not (plain or of_numpy):
        raise _refused(name, expression, "only NumPy's elementwise functions and abs can be called")


def _refused(name: str, expression: str, why: str) -> DataError:
    return DataError(
        f"the quality cut `{name}` is refused: {why}",
        key=_KEY,
        got=expression,
        expected="a comparison of DL1 parameters, such as `hillas_intensity > 50`",
        hint="join two with `&` and parentheses: (hillas_intensity > 50) & (hillas_width > 0)",
    )
