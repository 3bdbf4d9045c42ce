"""A network as a drawing: blocks from top to bottom, branches beside each other, shortcuts as arcs."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from evonas.dashboard.network import Block, Diagram
from evonas.report.html import Html, tag

__all__ = ["draw_network", "svg_address"]

_WIDTH, _GAP, _LINE, _PAD = 280, 22, 16, 9
_LANE = _WIDTH + 34
_ARC = 16
_FONT = "system-ui, -apple-system, Segoe UI, Roboto, Helvetica Neue, DejaVu Sans, Arial, sans-serif"


@dataclass(frozen=True)
class _Look:
    ink: str
    soft: str
    fill: str
    line: str


_LOOKS = {
    "light": _Look("#1f2937", "#4b5563", "#f8f9fb", "#6b7280"),
    "dark": _Look("#e5e7eb", "#b6bcc6", "#1c2027", "#9ca3af"),
}
_STRIPES = {"convolution": "#0072B2", "dense": "#E69F00", "pool": "#009E73", "end": "#868B93", "other": "#CC79A7"}


@dataclass(frozen=True)
class _Box:
    block: Block
    lane: int
    top: float

    @property
    def height(self) -> float:
        return 2 * _PAD + _LINE * (1 + len(self.block.details))

    @property
    def left(self) -> float:
        return 8.0 + _LANE * self.lane

    @property
    def middle(self) -> float:
        return self.left + _WIDTH / 2

    @property
    def bottom(self) -> float:
        return self.top + self.height


def draw_network(diagram: Diagram, scheme: str = "light") -> Html:
    """Return a network as SVG.

    Args:
        diagram: the network.
        scheme: ``light`` or ``dark``: the page that it is drawn for.
    """
    look = _LOOKS[scheme]
    boxes = _placed(diagram)
    arcs, reach = _edges(boxes, look)
    width = max(box.left + _WIDTH for box in boxes.values()) + 8 + reach
    height = max(box.bottom for box in boxes.values()) + 8
    return tag(
        "svg",
        tag("title", diagram.described),
        *arcs,
        *(_box(box, look) for box in boxes.values()),
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {width:.0f} {height:.0f}",
        width=f"{width:.0f}",
        height=f"{height:.0f}",
        font_family=_FONT,
    )


def svg_address(drawing: Html) -> str:
    """Return a drawing as an address that an image can have."""
    return f"data:image/svg+xml,{quote(drawing)}"


def _placed(diagram: Diagram) -> dict[str, _Box]:
    """Place each block below the last one that it reads; what starts beside a busy lane gets the next one."""
    last_use = {one: at for at, block in enumerate(diagram.blocks) for one in block.inputs}
    boxes: dict[str, _Box] = {}
    floor: dict[int, float] = {}
    owner: dict[int, str] = {}  # the youngest block of each lane
    for at, block in enumerate(diagram.blocks):
        lane = _lane(block, boxes, owner, last_use, at)
        above = [boxes[one].bottom + _GAP for one in block.inputs if one in boxes]
        top = max([8.0, floor.get(lane, 8.0), *above])
        box = boxes[block.name] = _Box(block, lane, top)
        floor[lane] = box.bottom + _GAP
        owner[lane] = block.name
    return boxes


def _lane(block: Block, boxes: dict[str, _Box], owner: dict[int, str], last_use: dict[str, int], at: int) -> int:
    known = [boxes[one].lane for one in block.inputs if one in boxes]
    # A lane may be continued from its end, or taken over when nobody reads its end any more.
    ends = [lane for lane in sorted(known) if owner.get(lane) in block.inputs]
    if ends:
        return ends[0]
    free = [lane for lane, name in owner.items() if last_use.get(name, -1) < at]
    lane = min(known, default=0)
    while lane in owner and lane not in free:
        lane += 1
    return lane


def _edges(boxes: dict[str, _Box], look: _Look) -> tuple[list[Html], float]:
    """Return the lines between blocks, and how far arcs reach out to the right."""
    drawn: list[Html] = []
    reach = 0.0
    ordered = list(boxes.values())
    for box in ordered:
        for name in box.block.inputs:
            source = boxes[name]
            between = [one for one in ordered if one.lane == box.lane and source.bottom < one.top < box.top]
            if source.lane == box.lane and between:
                width = _ARC + 5 * len(between)
                reach = max(reach, width)
                drawn.append(_arc(source, box, width, look))
            else:
                drawn.append(_line(source, box, look))
            drawn.append(_arrow(box, look))
    return drawn, reach


def _line(source: _Box, box: _Box, look: _Look) -> Html:
    (x1, y1), (x2, y2) = (source.middle, source.bottom), (box.middle, box.top - 4)
    bend = y2 - _GAP / 2
    way = f"M{x1:.0f} {y1:.0f}V{bend:.0f}H{x2:.0f}V{y2:.0f}" if x1 != x2 else f"M{x1:.0f} {y1:.0f}V{y2:.0f}"
    return tag("path", d=way, fill="none", stroke=look.line, stroke_width="1.5")


def _arc(source: _Box, box: _Box, width: float, look: _Look) -> Html:
    right = source.left + _WIDTH
    y1, y2 = source.bottom - 8, box.top + 8
    way = (
        f"M{right} {y1:.0f}C{right + width * 1.3:.0f} {y1:.0f} {right + width * 1.3:.0f} {y2:.0f} {right + 4} {y2:.0f}"
    )
    head = f"M{right + 7} {y2 - 4:.0f}L{right} {y2:.0f}L{right + 7} {y2 + 4:.0f}Z"
    return tag(
        "g",
        tag("path", d=way, fill="none", stroke=look.line, stroke_width="1.5", stroke_dasharray="5 3"),
        tag("path", d=head, fill=look.line),
    )


def _arrow(box: _Box, look: _Look) -> Html:
    x, y = box.middle, box.top
    return tag("path", d=f"M{x - 4:.0f} {y - 7:.0f}L{x:.0f} {y:.0f}L{x + 4:.0f} {y - 7:.0f}Z", fill=look.line)


def _box(box: _Box, look: _Look) -> Html:
    stripe = _STRIPES[box.block.group]
    texts = [
        tag(
            "text",
            text,
            x=f"{box.left + 16:.0f}",
            y=f"{box.top + _PAD + 12 + _LINE * at:.0f}",
            font_size="13" if at == 0 else "11.5",
            font_weight="600" if at == 0 else "400",
            fill=look.ink if at == 0 else look.soft,
        )
        for at, text in enumerate((box.block.title, *box.block.details))
    ]
    frame = {"x": f"{box.left:.0f}", "y": f"{box.top:.0f}", "height": f"{box.height:.0f}"}
    return tag(
        "g",
        tag("rect", **frame, width=str(_WIDTH), rx="5", fill=look.fill, stroke=look.line, stroke_width="1"),
        tag("rect", **frame, width="6", rx="2", fill=stripe),
        *texts,
    )
