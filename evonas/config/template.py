"""A configuration to start from, with every key and what it means."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import Any

from evonas.config.keys import Key, configuration_keys
from evonas.documents import format_document

__all__ = ["template"]

_WIDTH = 110
_EVALUATIONS = 100


def template(model: str = "cnn", *, evaluator: str | None = None, space: Mapping[str, Any] | None = None) -> str:
    """Write a commented YAML configuration that loads as it is.

    Args:
        model: name of a model family.
        evaluator: ``package.module:function`` to evolve instead of a model family.
        space: a search space. With an ``evaluator`` it is written as it is (None: one gene, to be replaced); with a
            model family, it is the family's default space, written as a comment to take lines from.

    Returns:
        Every key of the schema: those with a value active, those whose default is null as a comment.
    """
    values = {
        "model": None if evaluator else model,
        "evaluator": evaluator,
        "evolution.evaluations": _EVALUATIONS,
    }
    if evaluator and not space:
        space = {"x": {"float": [0.0, 1.0]}}
    rows = [
        "# A search by evonas. Every key is here with its default; a key that is left out keeps that default.",
        "# Run it:    evonas evolve THIS_FILE",
        "# Check it:  evonas config validate THIS_FILE",
    ]
    for key in configuration_keys():
        if "*" not in key.path:
            rows += _rows(key, values, space, active=evaluator is not None)
    return "\n".join(rows) + "\n"


def _rows(key: Key, values: Mapping[str, Any], space: Mapping[str, Any] | None, *, active: bool) -> list[str]:
    depth = len(key.path) - 1
    indent = "  " * depth
    rows = [""] if depth == 0 else []
    rows += _comment(key.text, indent)
    if key.section:
        return [*rows, f"{indent}{key.path[-1]}:"]
    if key.name == "space" and space:
        body = textwrap.indent(format_document(dict(space)).rstrip(), "  ")
        if active:
            return [*rows, "space:", *body.splitlines()]
        return [*rows, "# The family's own space:", *(f"# {row}" for row in body.splitlines()), "space: {}"]
    rows += _comment(f"Takes {key.expected}.", indent)
    value = values.get(key.name, key.default)
    mark = "# " if value is None else ""
    return [*rows, f"{indent}{mark}{key.path[-1]}: {format_document(value, flow=True)}"]


def _comment(text: str, indent: str) -> list[str]:
    return [f"{indent}# {row}" for row in textwrap.wrap(" ".join(text.split()), _WIDTH - len(indent))]
