"""How births are grouped by their operators, and how each group looks in every figure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from evonas.report.palette import BLUE, GREEN, GREY, ORANGE, PURPLE, SKY, VERMILLION, YELLOW

__all__ = ["in_order", "look", "operator_group"]

_LOOKS = {  # group: (colour, symbol)
    "founder": (GREY, "square"),
    "seed": (PURPLE, "star"),
    "crossover": (BLUE, "circle"),
    "mutate_one": (SKY, "circle"),
    "mutate_several": (GREEN, "circle"),
    "insert_item": (ORANGE, "triangle-up"),
    "remove_item": (ORANGE, "triangle-down"),
    "duplicate_item": (YELLOW, "diamond"),
    "swap_items": (GREEN, "x"),
    "eda": (VERMILLION, "pentagon"),
    "random": (GREY, "cross"),
    "restart": (PURPLE, "hourglass"),
}
_OTHERS = ("hexagon", "bowtie", "star-diamond", "hexagram", "star-square")


def operator_group(operators: Sequence[str]) -> str:
    """Return the group that a birth belongs to: crossover where it took part, else the first operator with a look.

    What only mends a child afterwards, such as ``shrink``, says little about where it came from.

    >>> operator_group(["insert_item", "shrink"]), operator_group(["crossover", "mutate_one"]), operator_group(["mine"])
    ('insert_item', 'crossover', 'mine')
    """
    if "crossover" in operators:
        return "crossover"
    return next((name for name in operators if name in _LOOKS), operators[0] if operators else "unknown")


def in_order(groups: Iterable[str]) -> list[str]:
    """Return groups, each once, in the order in which every figure lists them."""
    known = list(_LOOKS)
    return sorted(set(groups), key=lambda name: (known.index(name) if name in known else len(known), name))


def look(group: str, others: Sequence[str] = ()) -> tuple[str, str]:
    """Return the colour and the symbol of a group.

    Args:
        group: its name.
        others: groups that are drawn beside it, so that those of a user's own operators differ in their symbols.
    """
    own = [name for name in others if name not in _LOOKS]
    at = own.index(group) if group in own else 0
    return _LOOKS.get(group, (GREY, _OTHERS[at % len(_OTHERS)]))
