"""Configurations of ctlearn_optimizer, the hyperparameter search of CTLearn in 2019, turned into ours.

The tool (github.com/ctlearn-project/ctlearn_optimizer, version 0.1) searched CTLearn's networks with tree-structured
Parzen estimators, Gaussian processes or at random. Its file names every hyperparameter freely and says under
``config`` which key of CTLearn's configuration it sets; that key, not the name, says which of our genes it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evonas.config.imports.ctlearn_genes import Genes
from evonas.config.imports.ctlearn_settings import (
    data_of,
    evaluation_of,
    evolution_of,
    is_stereo,
    seed_of,
    tell_unknown,
    training_of,
)
from evonas.config.imports.ctlearn_space import space_of
from evonas.config.imports.losses import Loss, Losses
from evonas.config.imports.old_file import OldFile, read_old_file
from evonas.config.imports.writing import Noted, commented, remark, without_notes
from evonas.config.loading import parse_config

__all__ = ["Imported", "import_ctlearn_optimizer"]


@dataclass(frozen=True)
class Imported:
    """A configuration made from another tool's file.

    Attributes:
        text: the configuration, YAML with comments; what is lost stands at its top.
        losses: what could not be carried over, or not exactly, in the order of the old file.
    """

    text: str
    losses: tuple[Loss, ...]


def import_ctlearn_optimizer(file: str | Path) -> Imported:
    """Turn a file of ctlearn_optimizer into a configuration.

    Ranges that the old file gave for each layer, or for each value of a condition, become one range that covers them:
    the new space holds every network of the old one that its genes can describe. Expressions are read, never evaluated.

    Args:
        file: the file, often called ``opt_config.yml``.

    Returns:
        A configuration that :func:`evonas.config.load_config` accepts, and what is lost.

    Raises:
        ConfigError: if it is no such file, or something in it is wrong; with file, line and key.
    """
    old = read_old_file(file)
    losses = Losses(old.document)
    genes = Genes(old, losses)
    content = _content(old, genes, losses)
    parse_config(without_notes(content))
    found = tuple(losses)
    rows = [*_heading(Path(file).name, found), *commented(content)]
    return Imported("\n".join(rows).rstrip("\n") + "\n", found)


def _content(old: OldFile, genes: Genes, losses: Losses) -> dict[str, Any]:
    stereo = is_stereo(old)
    content: dict[str, Any] = {"name": Noted("ctlearn-optimizer", "the run directory is called after it")}
    seed = seed_of(old)
    if seed is not None:
        content["seed"] = Noted(seed, "random_state: root of all random numbers")
    family = "ctlearn_cnn_rnn" if stereo else "ctlearn_cnn"
    content["model"] = Noted(family, f"model: {'cnn_rnn' if stereo else 'single_tel'}")
    content["evolution"] = evolution_of(old, losses)
    content["training"] = training_of(genes)
    content["evaluation"] = evaluation_of(old, losses)
    content["data"] = data_of(genes, stereo=stereo)
    content["space"] = space_of(genes, stereo=stereo)
    tell_unknown(old, losses)
    order = ("name", "seed", "model", "space", "data", "evolution", "training", "evaluation")
    return {name: content[name] for name in order if content.get(name) is not None}


def _heading(name: str, losses: tuple[Loss, ...]) -> list[str]:
    rows = [
        f"# Made from {name} of ctlearn_optimizer. Fill in the files under data.options, then:",
        "#",
        "#   evonas config validate THIS_FILE",
        "#   evonas evolve THIS_FILE",
        "#",
        *remark("Genes that are not named below keep the family's own range: `space` holds changes only."),
    ]
    if losses:
        rows += ["#", f"# Not carried over from {name}, or not exactly:"]
        for loss in losses:
            where = loss.key if loss.line is None else f"{loss.key} (line {loss.line})"
            rows += remark(f"- {where}{f', was {loss.old}' if loss.old else ''}: {loss.why}")
    return [*rows, ""]
