"""Reading and writing spaces as plain mappings, the form they have in a configuration file.

==============================================================  ==================================================
``{int: [low, high], log: false, step: 1}``                     a whole number
``{float: [low, high], log: false, step: 0.1}``                 a real number, continuous without ``step``
``{choice: [relu, tanh, 3, null]}``                             one of several values
``bool`` or ``{bool: true}``                                    true or false
``64``, ``relu``, ``null``                                      a constant
``{repeat: SPEC, length: [min, max]}``                          a list of like items
``{select: {adam: {...}, sgd: {...}}, by: type}``               one of several groups, named under ``type``
``{scales: stem.filters, by: 2, min: 8, max: 512}``             a gene tied to another one
``{scales: previous, by: 2, first: SPEC, max: 512}``            a gene tied to the same gene of the item before
any other mapping                                               a group of genes
``{group: {...}}``                                              a group with a gene named like a word above
==============================================================  ==================================================
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from evonas.errors import SpaceError, nearest
from evonas.genome import thaw
from evonas.space.leaves import Bool, Choice, Float, Int
from evonas.space.nodes import Group, Node, Repeat, Select, Tied

__all__ = ["KEYWORDS", "inside", "keyword_of", "length_of", "node_from", "spec_of"]

KEYWORDS: dict[str, frozenset[str]] = {
    "int": frozenset({"log", "step"}),
    "float": frozenset({"log", "step"}),
    "choice": frozenset(),
    "bool": frozenset(),
    "repeat": frozenset({"length"}),
    "select": frozenset({"by"}),
    "scales": frozenset({"by", "first", "min", "max"}),
    "group": frozenset(),
}
"""The word that makes a mapping a node, and the words that may stand beside it."""

_N = TypeVar("_N")

_FORMS = "int, float, choice, bool, repeat, select, scales, a group of genes, or a constant"


def node_from(spec: Any, key: str = "") -> Node:
    """Return the node that a specification describes.

    Args:
        spec: a mapping or scalar.
        key: dotted path of the specification, for messages.

    Raises:
        SpaceError: if it describes none.
    """
    if isinstance(spec, str) and spec in KEYWORDS:
        if spec == "bool":
            return Bool()
        raise SpaceError(
            f"`{spec}` alone is not a gene",
            key=key,
            got=spec,
            expected=f"a mapping such as {{{spec}: ...}}",
            hint=f"for the constant word, write {{choice: [{spec}]}}",
        )
    if spec is None or isinstance(spec, (bool, int, float, str)):
        return _made(Choice, key, (spec,))
    if not isinstance(spec, Mapping):
        listed = isinstance(spec, (list, tuple))
        raise SpaceError(
            "a gene is not described by a list" if listed else "not a description of a gene",
            key=key,
            got=spec,
            expected=_FORMS,
            hint=_meant(key) if listed else None,
        )
    word = keyword_of(spec, key)
    value = spec[word] if word is not None else None
    if word is None:
        return _group(spec, key)
    if word == "group":
        return _group(value, inside(key, word))
    if word in ("int", "float"):
        return _number(word, spec, key)
    if word == "choice":
        return _made(Choice, key, value)
    if word == "bool":
        if value is not True:
            raise SpaceError("a switch", key=inside(key, word), got=value, expected="`bool: true`, or `bool` alone")
        return Bool()
    if word == "repeat":
        return _made(Repeat, key, node_from(value, inside(key, word)), *length_of(spec, key))
    if word == "select":
        return _select(value, spec.get("by", "type"), key)
    first = node_from(spec["first"], inside(key, "first")) if spec.get("first") is not None else None
    if first is not None and not isinstance(first, (Int, Float, Choice)):
        raise SpaceError(
            "`first` is a single numeric gene", key=inside(key, "first"), got=spec["first"], expected="int or float"
        )
    return _made(Tied, key, value, spec.get("by", 1), first, spec.get("min"), spec.get("max"))


def keyword_of(spec: Mapping[Any, Any], key: str) -> str | None:
    """Return the word that says which node a mapping describes, None for a group.

    Args:
        spec: the mapping.
        key: its dotted path.

    Raises:
        SpaceError: if there are two, or a word beside it that does not belong there.
    """
    words = [word for word in KEYWORDS if word in spec]
    if not words:
        if misspelt := _misspelt(spec):
            name, meant, beside = misspelt
            raise SpaceError(
                f"unknown keyword beside `{beside}`",
                key=inside(key, name),
                got=name,
                expected=_FORMS,
                hint=f"did you mean `{meant}`? If these are names of genes, put the mapping inside {{group: ...}}",
            )
        return None
    word = words[0]
    known = KEYWORDS[word]
    for other in spec:
        if other != word and other not in known:
            close = nearest(str(other), known)
            raise SpaceError(
                f"unknown keyword beside `{word}`",
                key=inside(key, other),
                got=other,
                expected=f"one of {', '.join(sorted(known))}" if known else f"`{word}` alone",
                hint=f"did you mean `{close}`?"
                if close
                else f"if `{word}` is the name of a gene here, put the mapping inside {{group: ...}}",
            )
    return word


def _misspelt(spec: Mapping[Any, Any]) -> tuple[Any, str, str] | None:
    """Return the misspelt word of ``{scale: previous, by: 2}``, which would pass for a group of two constants."""
    for word, companions in KEYWORDS.items():
        beside = [name for name in companions if name in spec and not isinstance(spec[name], Mapping)]
        for name in spec:
            if beside and name not in beside and nearest(str(name), [word]):
                return name, word, beside[0]
    return None


def _meant(key: str) -> str:
    name = key.rpartition(".")[2]
    if close := nearest(name, KEYWORDS):
        return f"did you mean `{close}` instead of `{name}`?"
    for word, companions in KEYWORDS.items():
        if name in companions:
            return f"`{name}` goes beside `{word}`"
    return "for one of several values, write {choice: [...]}"


def length_of(spec: Mapping[Any, Any], key: str) -> tuple[Any, Any]:
    """Return min and max of a list's length; a single number is both.

    Raises:
        SpaceError: if it is missing or not a pair.
    """
    if "length" not in spec:
        raise SpaceError("a list without a length", key=key, got=sorted(spec), expected="length: [min, max]")
    length = spec["length"]
    return (length, length) if type(length) is int else _pair(length, inside(key, "length"))


def inside(key: str, name: Any) -> str:
    """Return the dotted path of a name below a dotted path."""
    return f"{key}.{name}" if key else str(name)


def spec_of(node: Node) -> Any:
    """Return the specification of a node, in the one form that equal nodes share."""
    if isinstance(node, (Int, Float)):
        spec: dict[str, Any] = {"int" if isinstance(node, Int) else "float": [node.low, node.high]}
        if node.log:
            spec["log"] = True
        if node.step not in (None, 1) or (isinstance(node, Float) and node.step is not None):
            spec["step"] = node.step
        return spec
    if isinstance(node, Choice):
        options = thaw(node.options)
        constant = options[0]
        simple = constant is None or isinstance(constant, (bool, int, float, str))
        return constant if len(options) == 1 and simple and constant not in KEYWORDS else {"choice": options}
    if isinstance(node, Bool):
        return {"bool": True}
    if isinstance(node, Repeat):
        return {"repeat": spec_of(node.item), "length": [node.min, node.max]}
    if isinstance(node, Select):
        spec = {"select": {name: spec_of(group) for name, group in node.branches.items()}}
        return spec if node.by == "type" else {**spec, "by": node.by}
    if isinstance(node, Tied):
        spec = {"scales": node.scales, "by": node.by}
        if node.first is not None:
            spec["first"] = spec_of(node.first)
        return spec | {name: getattr(node, name) for name in ("min", "max") if getattr(node, name) is not None}
    spec = {name: spec_of(child) for name, child in node.children.items()}
    return {"group": spec} if any(name in KEYWORDS for name in spec) or _misspelt(spec) else spec


def _made(kind: Callable[..., _N], key: str, *arguments: Any) -> _N:
    """Construct a node; an error it raises learns where it stands."""
    try:
        return kind(*arguments)
    except SpaceError as error:
        raise SpaceError(
            error.message,
            key=inside(key, error.key) if error.key else key or None,
            got=error.got,
            expected=error.expected,
            hint=error.hint,
        ) from None


def _group(spec: Any, key: str) -> Group:
    if not isinstance(spec, Mapping):
        raise SpaceError("a group is a mapping of gene names", key=key or None, got=spec, expected="a mapping")
    children: dict[Any, Node] = {name: node_from(child, inside(key, name)) for name, child in spec.items()}
    return _made(Group, key, children)


def _select(branches: Any, by: Any, key: str) -> Select:
    at = inside(key, "select")
    if not isinstance(branches, Mapping):
        raise SpaceError("the branches of a select", key=at, got=branches, expected="a mapping of branch names")
    groups: dict[Any, Node] = {
        name: Group({}) if spec is None else node_from(spec, inside(at, name)) for name, spec in branches.items()
    }
    return _made(Select, at, groups, by)


def _number(word: str, spec: Mapping[Any, Any], key: str) -> Node:
    low, high = _pair(spec[word], inside(key, word))
    log = spec.get("log", False)
    step = spec.get("step")
    if word == "float":
        return _made(Float, key, low, high, log, step)
    return _made(Int, key, low, high, log, 1 if step is None else step)


def _pair(value: Any, key: str) -> tuple[Any, Any]:
    if not isinstance(value, (list, tuple)) or len(value) != 2:
        raise SpaceError("a range is a pair", key=key, got=value, expected="[low, high]")
    return value[0], value[1]
