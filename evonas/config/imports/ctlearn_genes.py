"""Which of our genes a place in CTLearn's configuration of 2019 is, and what value each hyperparameter may take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from evonas.config.imports.expressions import Linear, linear
from evonas.config.imports.losses import Losses
from evonas.config.imports.old_file import Occurrence, OldFile
from evonas.config.imports.spreads import Spec, bounds, cover, gene

__all__ = ["Genes", "Meaning", "meaning_of"]

_TAILS: Mapping[tuple[str, ...], str] = {
    ("max_pool", "size"): "pool_size",
    ("max_pool", "strides"): "pool_stride",
    ("conv_block", "batchnorm"): "normalisation",
    ("conv_block", "bottleneck"): "bottleneck",
    ("Hyperparameters", "optimizer"): "optimizer",
    ("Hyperparameters", "base_learning_rate"): "learning_rate",
    ("Hyperparameters", "adam_epsilon"): "epsilon",
    ("Hyperparameters", "apply_class_weights"): "class_weights",
    ("Input", "batch_size"): "batch_size",
    ("Loading", "validation_split"): "validation",
    ("cnn_rnn", "dropout_rate"): "combine_dropout",
}
_LAYER = {"filters": "filters", "kernel_size": "kernel"}
_TIES = 50  # expressions of expressions


@dataclass(frozen=True)
class Meaning:
    """One of our genes.

    Attributes:
        name: such as ``filters`` or ``learning_rate``.
        layer: number of the layer, counted from 0; None for a gene that is not a layer's.
    """

    name: str
    layer: int | None = None


def meaning_of(place: tuple[Any, ...]) -> Meaning | None:
    """Return which gene a place in CTLearn's configuration is; None where the families have none for it.

    >>> meaning_of(("Model", "Model Parameters", "basic", "conv_block", "layers", 1, "filters"))
    Meaning(name='filters', layer=1)
    """
    if len(place) >= 3 and place[-3] == "layers" and type(place[-2]) is int and place[-1] in _LAYER:
        return Meaning(_LAYER[place[-1]], place[-2]) if place[-2] >= 0 else None
    name = _TAILS.get(tuple(map(str, place[-2:])))
    return None if name is None else Meaning(name)


@dataclass
class Genes:
    """The hyperparameters of an old file by what they mean.

    Attributes:
        old: the file.
        losses: what is lost on the way.
        used: labels that a gene was made of.
    """

    old: OldFile
    losses: Losses
    used: set[str] = field(default_factory=set)

    def label(self, name: str, layer: int | None = None) -> str | None:
        """Return the label of the hyperparameter that is this gene, or None; the last one wins, as in the tool."""
        wanted = Meaning(name, layer)
        labels = [label for label in self.old.labels() if meaning_of(self.old.places.get(label, ())) == wanted]
        self.used.update(labels)
        return labels[-1] if labels else None

    def layers(self, name: str) -> dict[int, str]:
        """Return the labels of a layer's gene by number of the layer."""
        found: dict[int, str] = {}
        for label in self.old.labels():
            meaning = meaning_of(self.old.places.get(label, ()))
            if meaning is not None and meaning.name == name and meaning.layer is not None:
                found[meaning.layer] = label
                self.used.add(label)
        return dict(sorted(found.items()))

    def expression(self, label: str) -> Linear | None:
        """Return the expression of a dependent hyperparameter, if it is linear in one other."""
        text = self.old.dependent.get(label)
        return None if text is None else linear(text)

    def spec(self, label: str, *, whole: bool, _depth: int = 0) -> Spec | None:
        """Return the values that a hyperparameter can take as a gene; None where that cannot be told.

        Args:
            label: the hyperparameter.
            whole: whether our gene takes whole numbers; real ones else.
        """
        if label in self.old.dependent:
            return self._dependent(label, whole=whole, depth=_depth)
        occurrences = self.old.of(label)
        if not occurrences:
            return self._fixed(label, whole=whole)
        return self.covered(occurrences, whole=whole)

    def covered(self, occurrences: list[Occurrence], *, whole: bool) -> Spec:
        """Return one gene for the distributions of a hyperparameter, several where conditions give it several."""
        specs = [gene(one, whole=whole, say=lambda why, at=one: self._say(at, why)) for one in occurrences]  # type: ignore[misc]
        if any(spec != specs[0] for spec in specs):
            for one in occurrences:
                self._say(one, "its range depended on a condition; here one range covers all of them")
        return cover(specs, whole=whole)

    def _say(self, one: Occurrence, why: str) -> None:
        self.losses.add(one.path, why, value={"type": one.kind, "range": list(one.range)})

    def _fixed(self, label: str, *, whole: bool) -> Spec:
        value = self.old.fixed.get(label, self.old.conditions.get(label))
        if isinstance(value, tuple):
            return {"choice": list(value)} if len(value) > 1 else value[0]
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return value
        return round(value) if whole else float(value)

    def _dependent(self, label: str, *, whole: bool, depth: int) -> Spec | None:
        text, path = self.old.dependent[label], self.old.path(label)
        found = linear(text)
        if found is None:
            self.losses.add(
                path,
                "only a factor, a hyperparameter and a number added to it can be carried over, and no text is "
                "evaluated as code; the gene keeps the family's own range",
                value=text,
            )
            return None
        if found.name is None:
            return round(found.offset) if whole else float(found.offset)
        known = found.name in self.old.labels() and depth < _TIES
        source = self.spec(found.name, whole=whole, _depth=depth + 1) if known else None
        limits = None if source is None else bounds(source)
        if limits is None:
            why = f"it depends on `{found.name}`, which has no numbers here; the gene keeps the family's own range"
            self.losses.add(path, why, value=text)
            return None
        ends = sorted(found.at(limit) for limit in limits)
        self.losses.add(
            path,
            f"the tie to `{found.name}` is lost: here the gene is free between {ends[0]:g} and {ends[1]:g}, "
            "the range of that expression",
            value=text,
        )
        low, high = (round(end) if whole else float(end) for end in ends)
        return low if low == high else {"int" if whole else "float": [low, high]}
