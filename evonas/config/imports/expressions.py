"""Arithmetic on hyperparameters, read as a tree and never run: ``8 * layer1_filters`` is a factor and a name."""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["Linear", "linear", "names_in"]

_LONGEST = 500  # signs of an expression; Python's own parser may need much memory for more


@dataclass(frozen=True)
class Linear:
    """``factor * name + offset``, or the constant ``offset`` where there is no name.

    Attributes:
        name: the hyperparameter; None for a constant.
        factor: what it is multiplied by; 0 for a constant.
        offset: what is added.
    """

    name: str | None
    factor: float
    offset: float

    def at(self, value: float) -> float:
        """Return the value of the expression where the hyperparameter has this value."""
        return self.factor * value + self.offset


_CONSTANT: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


def linear(text: str) -> Linear | None:
    """Return an expression of numbers, at most one name, ``+ - * /`` and brackets, if it is linear in that name.

    Args:
        text: Python source, as it was given to ``eval()`` by the tool that read it.

    Returns:
        None for anything else: other functions and operators, products of names, several names, no finite number.

    >>> linear("8 * layer1_filters")
    Linear(name='layer1_filters', factor=8, offset=0)
    >>> linear("__import__('os').getcwd()") is None
    True
    """
    tree = _tree(text)
    try:
        found = None if tree is None else _fold(tree)
    except (ArithmeticError, RecursionError):
        return None
    return found if found is not None and math.isfinite(found.factor) and math.isfinite(found.offset) else None


def names_in(text: str) -> list[str]:
    """Return the names that an expression mentions, each once, in order; empty where it is no expression.

    >>> names_in("(auc + accuracy_gamma)*0.5")
    ['auc', 'accuracy_gamma']
    """
    tree = _tree(text)
    if tree is None:
        return []
    return list(dict.fromkeys(node.id for node in ast.walk(tree) if isinstance(node, ast.Name)))


def _tree(text: str) -> ast.expr | None:
    if len(text) > _LONGEST:
        return None
    try:
        return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return None


def _fold(node: ast.expr) -> Linear | None:
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        return Linear(None, 0, node.value)  # type: ignore[arg-type]  # a number, as was just asked
    if isinstance(node, ast.Name):
        return Linear(node.id, 1, 0)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.UAdd)):
        inner = _fold(node.operand)
        sign = -1 if isinstance(node.op, ast.USub) else 1
        return None if inner is None else Linear(inner.name, sign * inner.factor, sign * inner.offset)
    if isinstance(node, ast.BinOp) and type(node.op) in _CONSTANT:
        left, right = _fold(node.left), _fold(node.right)
        return None if left is None or right is None else _combined(type(node.op), left, right)
    return None


def _combined(kind: type[ast.operator], left: Linear, right: Linear) -> Linear | None:
    apply = _CONSTANT[kind]
    if kind in (ast.Add, ast.Sub):
        if left.name is not None and right.name is not None and left.name != right.name:
            return None
        return Linear(left.name or right.name, apply(left.factor, right.factor), apply(left.offset, right.offset))
    if kind is ast.Mult and left.name is None:
        left, right = right, left
    if right.name is not None:
        return None
    return Linear(left.name, apply(left.factor, right.offset), apply(left.offset, right.offset))
