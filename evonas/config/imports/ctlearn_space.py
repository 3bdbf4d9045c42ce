"""The search space of an old file as changes to the space of ``ctlearn_cnn`` or ``ctlearn_cnn_rnn``."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from evonas.config.imports.ctlearn_genes import Genes, Meaning, meaning_of
from evonas.config.imports.old_file import HYPERPARAMETERS, MODEL, Occurrence
from evonas.config.imports.spreads import Spec, bounds, constant, cover, options
from evonas.config.imports.writing import Noted

__all__ = ["space_of"]

_OPTIMIZERS = {"adadelta": "adadelta", "adam": "adam", "rmsprop": "rmsprop", "sgd": "sgd"}
_BEYOND = "CTLearn's network of 2019; take the line out to let it evolve"
_LARGEST_DROPOUT = 0.9
_SAME = 1e-9  # relative, of factors between neighbouring layers


def space_of(genes: Genes, *, stereo: bool) -> dict[str, Any]:
    """Return the changes to the family's space, with notes.

    Args:
        genes: the hyperparameters of the old file; notes on its losses.
        stereo: whether the family is ``ctlearn_cnn_rnn``.
    """
    space: dict[str, Any] = {"layers": _layers(genes), "pooling": _pooling(genes)}
    space["activation"] = Noted("relu", _BEYOND)
    space["normalisation"] = _normalisation(genes, stereo=stereo)
    space["dropout"] = Noted(0.0, _BEYOND)
    space["bottleneck"] = _bottleneck(genes)
    space["attention"] = Noted({"only": ["none"]}, _BEYOND)
    dropout = _combine_dropout(genes, stereo=stereo)
    if stereo:
        inner = {} if dropout is None else {"select": {"lstm": {"dropout": dropout}}}
        space["combine"] = Noted({"only": ["lstm"], **inner}, "CTLearn's recurrent network over the telescopes")
    space["learning"] = _learning(genes)
    _tell_unused(genes)
    return {name: value for name, value in space.items() if value is not None}


def _layers(genes: Genes) -> Any:
    filters, kernels = genes.layers("filters"), genes.layers("kernel")
    if not filters and not kernels:
        return None
    item: dict[str, Any] = {}
    if filters:
        item["filters"] = _tied_filters(genes, filters) or _one_for_all(genes, filters)
    if kernels:
        item["kernel"] = _one_for_all(genes, kernels)
    item = {name: spec for name, spec in item.items() if spec is not None}
    item["number"] = Noted(1, f"one convolution before each pooling, as in {_BEYOND}")
    shortest, longest = _depths(genes, {*filters.values(), *kernels.values()}, max([*filters, *kernels]) + 1)
    return {"length": Noted([shortest, longest], "layers, each a convolution and pooling"), "repeat": item}


def _depths(genes: Genes, labels: set[str], most: int) -> tuple[int, int]:
    """Return the smallest and largest number of layers over all conditions; tell what a range of it cannot say."""
    old = genes.old
    numbers = {label: layer for name in ("filters", "kernel") for layer, label in genes.layers(name).items()}
    always = {numbers[label] for label in labels if label in old.dependent or label in old.fixed}
    found = set()
    for world in old.worlds():
        met = {
            numbers[one.label]
            for one in old.occurrences
            if one.label in labels and all(world.get(label) == number for label, number in one.under)
        }
        found.add(len(always | met))
    for label in old.conditions:
        inside = [one for one in old.occurrences if any(label == name for name, _ in one.under)]
        path = inside[0].path[:-4] if inside else (HYPERPARAMETERS, "hyperparameters_to_optimize", label)
        if label not in old.places and len(found) == 1 and any(one.label in labels for one in inside):
            genes.losses.add(
                path,
                f"the number of layers does not depend on it: every network of the tool had {most} layers, because "
                f"layers up to the last are also set outside the condition",
                value=list(old.conditions[label]),
            )
        genes.used.add(label)
    shortest, longest = max(1, min(found)), max(1, max(found))
    if found - {0} != set(range(shortest, longest + 1)) - {0}:
        path = (HYPERPARAMETERS, "hyperparameters_to_optimize")
        genes.losses.add(path, f"numbers of layers {sorted(found)} became every number from {shortest} to {longest}")
    return shortest, longest


def _tied_filters(genes: Genes, labels: Mapping[int, str]) -> Spec | None:
    """Return filters tied to those of the layer before, if every layer has the same multiple of it."""
    if sorted(labels) != list(range(len(labels))) or len(labels) < 2 or labels[0] in genes.old.dependent:
        return None
    factors = {labels[0]: 1.0}
    for layer in range(1, len(labels)):
        found = genes.expression(labels[layer])
        if found is None or found.offset != 0 or found.name not in factors or found.factor <= 0:
            return None
        factors[labels[layer]] = found.factor * factors[found.name]
    values = list(factors.values())
    ratio = values[1]
    if not all(math.isclose(later, earlier * ratio, rel_tol=_SAME) for earlier, later in pairwise(values)):
        return None
    first = genes.spec(labels[0], whole=True)
    if first is None or bounds(first) is None:
        return None
    first = {"choice": [first]} if constant(first) else first
    by = int(ratio) if float(ratio).is_integer() else ratio
    return Noted({"scales": "previous", "by": by, "first": first}, f"{by:g} times those of the layer before")


def _one_for_all(genes: Genes, labels: Mapping[int, str]) -> Spec | None:
    """Return one gene for all layers: the range that covers theirs."""
    specs = {label: genes.spec(label, whole=True) for label in labels.values()}
    known = {label: spec for label, spec in specs.items() if spec is not None}
    if not known:
        return None
    whole = cover(list(known.values()), whole=True)
    if any(spec != whole for spec in known.values()):
        for label in known:
            genes.losses.add(
                genes.old.path(label),
                f"each layer had a range of its own; here one covers all layers: {_in_words(whole)}",
                value=_value(genes, label),
            )
    return whole


def _pooling(genes: Genes) -> Any:
    size, stride = genes.label("pool_size"), genes.label("pool_stride")
    inner: dict[str, Any] = {}
    if size is not None and (spec := genes.spec(size, whole=True)) is not None:
        inner["size"] = spec
    if stride is not None:
        found = genes.expression(stride)
        if found is not None and found.offset == 0 and found.name == size and found.factor > 0:
            inner["stride"] = {"scales": "size", "by": found.factor}
        elif (spec := genes.spec(stride, whole=True)) is not None:
            inner["stride"] = spec
    return Noted({"only": ["max"], **({"select": {"max": inner}} if inner else {})}, "after each layer")


def _normalisation(genes: Genes, *, stereo: bool) -> Any:
    label = genes.label("normalisation")
    values = [False] if label is None else options(genes.spec(label, whole=False)) or [False]
    names = ["batch" if value is True else "none" for value in values]
    if stereo and label is not None and "batch" in names:
        why = "absent telescopes would enter its averages: layer normalisation stands in its place"
        genes.losses.add(genes.old.path(label), why, value=values)
        names = ["layer" if name == "batch" else name for name in names]
    spec = {"choice": names} if len(names) > 1 else names[0]
    return spec if label is not None else Noted(spec, _BEYOND)


def _bottleneck(genes: Genes) -> Any:
    label = genes.label("bottleneck")
    if label is None:
        return Noted({"only": ["none"]}, _BEYOND)
    spec = genes.spec(label, whole=True)
    values = options(spec)
    if spec is None or values == [None]:
        return {"only": ["none"]}
    if values is not None and None in values:
        numbers = [value for value in values if value is not None]
        return {"select": {"convolution": {"filters": {"choice": numbers}}}}
    return {"only": ["convolution"], "select": {"convolution": {"filters": spec}}}


def _combine_dropout(genes: Genes, *, stereo: bool) -> Spec | None:
    label = genes.label("combine_dropout")
    if label is None:
        return None
    path = genes.old.path(label)
    if not stereo:
        genes.losses.add(path, "it was of the stereo network cnn_rnn, and the model of this file is single_tel")
        return None
    spec = genes.spec(label, whole=False)
    limits = None if spec is None else bounds(spec)
    if limits is None or limits[1] <= _LARGEST_DROPOUT:
        return spec
    genes.losses.add(path, f"a network that drops everything learns nothing: {_LARGEST_DROPOUT} at most", value=spec)
    return {"float": [min(limits[0], _LARGEST_DROPOUT), _LARGEST_DROPOUT]}


def _learning(genes: Genes) -> dict[str, Any]:
    learning: dict[str, Any] = {"optimizer": _optimizer(genes)}
    learning["schedule"] = Noted({"only": ["constant"]}, _BEYOND)
    label = genes.label("batch_size")
    size = genes.old.section(MODEL).get("batch_size") if label is None else genes.spec(label, whole=True)
    if size is not None:
        learning["batch_size"] = Noted(size, "images a step")
    learning["label_smoothing"] = Noted(0.0, _BEYOND)
    learning["clipping"] = Noted({"only": ["none"]}, _BEYOND)
    return learning


def _optimizer(genes: Genes) -> dict[str, Any]:
    label = genes.label("optimizer") or _condition(genes)
    names = _optimizer_names(genes, label)
    branches: dict[str, Any] = {}
    for number, name in names.items():
        rate = _under(genes, genes.label("learning_rate"), label, number)
        epsilon = _under(genes, genes.label("epsilon"), label, number) if name == "adam" else None
        inner = {"learning_rate": rate, "epsilon": epsilon}
        branches[name] = {gene: spec for gene, spec in inner.items() if spec is not None}
    note = "CTLearn's default" if label is None else ""
    changes = {name: inner for name, inner in branches.items() if inner}
    return {"only": Noted(list(branches), note), **({"select": changes} if changes else {})}


def _condition(genes: Genes) -> str | None:
    """Return the label of a condition that chooses the optimizer."""
    places = genes.old.places
    found = (label for label in genes.old.conditions if meaning_of(places.get(label, ())) == Meaning("optimizer"))
    label = next(found, None)
    if label is not None:
        genes.used.add(label)
    return label


def _optimizer_names(genes: Genes, label: str | None) -> dict[int, str]:
    """Return our names of the optimizers, by number of the value in the old file."""
    if label is None:
        return {0: "adam"}
    values = genes.old.conditions.get(label) or options(genes.spec(label, whole=False)) or []
    names = {}
    for number, value in enumerate(values):
        if (name := _OPTIMIZERS.get(str(value).lower())) is not None:
            names[number] = name
        else:
            why = f"there is no such optimizer here; left out (there are {', '.join(_OPTIMIZERS)})"
            genes.losses.add(genes.old.path(label), why, value=value)
    return names or {0: "adam"}


def _under(genes: Genes, label: str | None, condition: str | None, number: int) -> Spec | None:
    """Return the values of a hyperparameter where a condition has its value of this number."""
    if label is None:
        return None

    def met(one: Occurrence) -> bool:
        return all(name != condition or chosen == number for name, chosen in one.under)

    if label in genes.old.dependent or condition not in genes.old.conditions:
        return genes.spec(label, whole=False)
    found = [one for one in genes.old.of(label) if met(one)]
    if found:
        return genes.covered(found, whole=False)
    return float(genes.old.fixed[label]) if label in genes.old.fixed else None


def _tell_unused(genes: Genes) -> None:
    old = genes.old
    for label in [*old.labels(), *old.conditions]:
        if label in genes.used or label in ("validation", "class_weights"):
            continue
        place = old.places.get(label)
        if place is None:
            why = "it has no place under `config`: the tool wrote it into its table, and nothing depended on it"
        else:
            why = f"the family has no gene for CTLearn's {' / '.join(map(str, place))}"
        genes.losses.add(old.path(label), why, value=_value(genes, label))


def _value(genes: Genes, label: str) -> Any:
    old = genes.old
    if label in old.dependent:
        return old.dependent[label]
    found = old.of(label)
    return {"type": found[-1].kind, "range": list(found[-1].range)} if found else old.fixed.get(label)


def _in_words(spec: Spec) -> str:
    limits = bounds(spec)
    return f"{spec}" if limits is None else f"{limits[0]:g} to {limits[1]:g}"
