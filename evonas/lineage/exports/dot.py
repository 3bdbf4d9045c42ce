"""DOT (https://graphviz.org/doc/info/lang.html): a family tree that Graphviz draws."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    import networkx as nx

__all__ = ["write_dot"]

_FAILED = "#b3261e"
_SHAPES = {"founder": "box", "foreign": "hexagon", "born": "ellipse"}


def write_dot(graph: nx.DiGraph, stream: TextIO) -> None:
    """Write a lineage graph as DOT.

    Founders are boxes, parents from elsewhere hexagons; a failure has a red rim; the line of a second parent is
    dashed. The first metric stands under the number; everything else is in the tooltip.
    """
    stream.write("digraph lineage {\n")
    stream.write('  rankdir="TB";\n  node [fontname="sans-serif"];\n  edge [fontname="sans-serif"];\n')
    for node, attributes in graph.nodes(data=True):
        stream.write(f"  {_quote(node)} [{_list(_node(node, attributes))}];\n")
    for parent, child, attributes in graph.edges(data=True):
        style = "solid" if attributes["position"] == 0 else "dashed"
        edge = {"style": style, "tooltip": f"{attributes['role']} {attributes.get('changes', '')}".strip()}
        stream.write(f"  {_quote(parent)} -> {_quote(child)} [{_list(edge)}];\n")
    stream.write("}\n")


def _node(node: int | str, attributes: Mapping[str, Any]) -> dict[str, Any]:
    metrics = [value for name, value in attributes.items() if name.startswith("metric_")]
    kind = "foreign" if attributes["foreign"] else "founder" if attributes["founder"] else "born"
    drawn = {
        "label": f"{node}\n{metrics[0]:.4g}" if metrics else str(node),
        "shape": _SHAPES[kind],
        "tooltip": "\n".join(f"{name}: {value}" for name, value in attributes.items()),
    }
    if attributes.get("status") not in (None, "pending", "completed"):
        drawn["color"] = _FAILED
    return drawn


def _list(attributes: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={_quote(value)}" for name, value in attributes.items())


def _quote(value: object) -> str:
    text = str(value).replace("\\", "\\\\").replace('"', '\\"').replace("\r", "").replace("\n", "\\n")
    return f'"{text}"'
