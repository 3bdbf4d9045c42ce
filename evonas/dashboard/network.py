"""The network that a genome encodes, as blocks: folded from the family's plan, or else read off the genes.

A block is a layer that computes, together with the normalisation, activation and dropout right behind it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evonas.errors import EvonasError
from evonas.genome import Genome
from evonas.report.formats import count, gene_value, label, number, shortened

if TYPE_CHECKING:
    from evonas.training.families.plan import Layer

__all__ = ["Block", "Diagram", "network"]

_TIMES = " \u00d7 "
_FOLDED = {"activation", "batch_normalisation", "layer_normalisation", "dropout"}
_TITLES = {
    "add": "Add",
    "batch_normalisation": "Batch normalisation",
    "convolution": "Convolution",
    "dense": "Dense",
    "depthwise_convolution": "Depthwise convolution",
    "flatten": "Flatten",
    "global_average": "Global average",
    "global_max": "Global maximum",
    "gru": "GRU",
    "input": "Input",
    "layer_normalisation": "Layer normalisation",
    "lstm": "LSTM",
    "multiply": "Multiply",
    "output": "Output",
    "pool_average": "Average pooling",
    "pool_max": "Maximum pooling",
}
_GROUPS = {
    "input": "end",
    "output": "end",
    "convolution": "convolution",
    "depthwise_convolution": "convolution",
    "dense": "dense",
    "gru": "dense",
    "lstm": "dense",
    "pool_average": "pool",
    "pool_max": "pool",
    "global_average": "pool",
    "global_max": "pool",
    "flatten": "pool",
}


@dataclass(frozen=True)
class Block:
    """A part of the network.

    Attributes:
        name: unique in its diagram.
        title: what it does, such as ``Convolution 3 x 3, 32 filters``.
        details: what is done to its output, and its size; short texts.
        group: ``convolution``, ``dense``, ``pool``, ``end`` (input or output), or ``other``.
        inputs: names of the blocks it reads.
    """

    name: str
    title: str
    details: tuple[str, ...] = ()
    group: str = "other"
    inputs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Diagram:
    """Blocks in an order in which each reads only earlier ones.

    Attributes:
        blocks: the blocks.
        source: ``plan`` where the model family drew the network, ``genes`` where only the genes are known.
    """

    blocks: tuple[Block, ...]
    source: str

    @property
    def described(self) -> str:
        """The network in words, block by block."""
        return "; ".join(" ".join((block.title, *(f"({one})" for one in block.details))) for block in self.blocks)


def network(genome: Genome, directory: Path) -> Diagram | None:
    """Return the network of a genome; None where its genes hold no list of layers and no family knows them.

    Args:
        genome: the genome.
        directory: the run directory; its prepared data tell the network's input and output.
    """
    planned = _planned(genome, directory)
    return Diagram(planned, "plan") if planned else _from_genes(genome)


def _planned(genome: Genome, directory: Path) -> tuple[Block, ...]:
    if not genome.family or not (directory / "data").is_dir():
        return ()
    # The registry and the plan are free of Keras; a family of another package may still fail to load.
    from evonas.training.data.summary import read_summary
    from evonas.training.families.protocol import PlannedFamily
    from evonas.training.families.registry import load_family

    try:
        summary = read_summary(directory / "data")
        family = load_family(genome.family)
        if not isinstance(family, PlannedFamily):
            return ()
        return folded(family.plan(genome, summary.input_shape, summary.heads).layers)
    except (EvonasError, OSError):
        return ()


def folded(layers: Sequence[Layer]) -> tuple[Block, ...]:
    """Return layers as blocks: what only follows another layer becomes a detail of it."""
    readers: dict[str, int] = {}
    for layer in layers:
        for one in layer.inputs:
            readers[one] = readers.get(one, 0) + 1
    home: dict[str, str] = {}
    blocks: dict[str, _Growing] = {}
    for layer in layers:
        source = home.get(layer.inputs[0], "") if len(layer.inputs) == 1 else ""
        if layer.kind in _FOLDED and source and readers[layer.inputs[0]] == 1:
            block = blocks[source]
            block.after.append(_after(layer))
        else:
            inputs = tuple(dict.fromkeys(home[one] for one in layer.inputs))
            block = blocks[layer.name] = _Growing(layer, inputs)
        block.parameters += layer.parameters
        block.shape = layer.shape
        home[layer.name] = block.first.name
    return tuple(block.made() for block in blocks.values())


@dataclass
class _Growing:
    first: Layer
    inputs: tuple[str, ...]
    after: list[str] = field(default_factory=list)
    parameters: int = 0
    shape: tuple[int, ...] = ()

    def made(self) -> Block:
        size = _TIMES.join(str(side) for side in self.shape)
        weights = f"{number(self.parameters)} weights" if self.parameters else ""
        facts = " · ".join(part for part in (size, weights) if part)
        own = self.first.settings.get("activation") if self.first.kind not in _FOLDED else None
        after = " → ".join([*([str(own)] if own not in (None, "linear") else []), *self.after])
        details = tuple(part for part in (after, facts) if part)
        return Block(self.first.name, _title(self.first), details, _GROUPS.get(self.first.kind, "other"), self.inputs)


def _title(layer: Layer) -> str:
    name = _TITLES.get(layer.kind, label(layer.kind).capitalize())
    told = dict(layer.settings)
    parts = []
    size = told.get("kernel", told.get("size"))
    if size is not None:
        parts.append(_TIMES.join(str(side) for side in (size if isinstance(size, (list, tuple)) else (size, size))))
    if told.get("stride", 1) not in (1, (1, 1), [1, 1]) and told.get("stride") != size:
        parts.append(f"stride {told['stride']}")
    parts += [count(told[key], key[:-1]) for key in ("filters", "units") if key in told]
    return " ".join((name, ", ".join(parts))).strip()


def _after(layer: Layer) -> str:
    if layer.kind == "activation":
        return str(layer.settings.get("activation", "activation"))
    if layer.kind == "dropout":
        return f"dropout {layer.settings.get('rate', '')}".strip()
    return {"batch_normalisation": "batch norm", "layer_normalisation": "layer norm"}[layer.kind]


def _from_genes(genome: Genome) -> Diagram | None:
    """Return the lists of layers among the genes, one after the other."""
    blocks: list[Block] = []
    for name, items in _lists(genome.genes, ""):
        for at, item in enumerate(items, start=1):
            told = item if isinstance(item, Mapping) else {"": item}
            said = {key: _short(value) for key, value in told.items()}
            details = tuple(f"{key} {text}".strip() for key, text in said.items() if text != "none")
            before = (blocks[-1].name,) if blocks else ()
            title = f"{label(name.rpartition('.')[2]).removesuffix('s').capitalize()} {at}"
            blocks.append(Block(f"{name}[{at}]", title, _joined(details), "other", before))
    return Diagram(tuple(blocks), "genes") if blocks else None


def _lists(genes: Mapping[str, Any], prefix: str) -> list[tuple[str, list[Any]]]:
    found: list[tuple[str, list[Any]]] = []
    for key, value in genes.items():
        if isinstance(value, Mapping):
            found += _lists(value, f"{prefix}{key}.")
        elif isinstance(value, list) and value:
            found.append((prefix + key, value))
    return found


def _short(value: Any) -> str:
    if isinstance(value, Mapping):
        kind = value.get("type")
        return str(kind) if kind is not None else shortened(gene_value(value), 24)
    return shortened(gene_value(value), 24)


def _joined(details: Sequence[str], width: int = 42) -> tuple[str, ...]:
    """Return details on as few lines as fit."""
    lines: list[str] = []
    for one in details:
        if lines and len(lines[-1]) + len(one) + 3 <= width:
            lines[-1] += f" · {one}"
        else:
            lines.append(one)
    return tuple(lines)
