"""What the columns of a learning curve are called, whatever the version of Keras; no Keras."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evonas.training.heads import Heads

__all__ = ["curve_columns", "plain_names", "watched_column"]

_METRIC = {"classification": "accuracy", "regression": "mae"}


def curve_columns(heads: Heads) -> tuple[str, ...]:
    """Return the columns of a learning curve that tell how good a network is: losses and metrics of both parts.

    With several heads, each has a loss and a metric of its own, with its name before it.

    >>> from evonas.training.heads import classifier
    >>> curve_columns(classifier(2))
    ('loss', 'val_loss', 'accuracy', 'val_accuracy')
    """
    if len(heads) == 1:
        names = [_METRIC[heads[0].task]]
    else:
        names = [f"{head.name}_{kind}" for head in heads for kind in ("loss", _METRIC[head.task])]
    return tuple(part + name for name in ("loss", *names) for part in ("", "val_"))


def watched_column(heads: Heads, objective: str, monitor: str) -> str:
    """Return the column of a learning curve that tells best what a training comes to.

    That is the objective's own on the validation part where the curve has it, else the one that is monitored: a loss
    depends on label smoothing and other genes, and among good networks it says little of their accuracy.

    Args:
        heads: what the network answers.
        objective: metric of the first objective; empty where none is known.
        monitor: the column by which the best epoch is chosen.

    >>> from evonas.training.heads import classifier
    >>> [watched_column(classifier(2), metric, "val_loss") for metric in ("accuracy", "auc")]
    ['val_accuracy', 'val_loss']
    """
    own = f"val_{objective}"
    return own if own in curve_columns(heads) else monitor


def plain_names(logs: Mapping[str, Any] | None, heads: Heads) -> dict[str, Any]:
    """Return Keras's logs with the names of :func:`curve_columns`; some versions prefix the name of a single head."""
    if len(heads) > 1 or not logs:
        return dict(logs or {})
    prefix = f"{heads[0].name}_"
    plain = {}
    for name, value in logs.items():
        part, bare = ("val_", name[4:]) if name.startswith("val_") else ("", name)
        if bare == f"{prefix}loss":
            continue  # the same as the loss
        plain[part + bare.removeprefix(prefix)] = value
    return plain
