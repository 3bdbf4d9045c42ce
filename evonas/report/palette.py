"""Colours that colour-blind readers tell apart, on white and on black.

Categories use the palette of Okabe & Ito (2008, "Color Universal Design", https://jfly.uni-koeln.de/color/), values
use viridis (Smith & van der Walt, 2015). No category relies on its colour alone: each has its own symbol, too.
"""

from __future__ import annotations

__all__ = ["BLUE", "GREEN", "GREY", "LINES", "ORANGE", "PURPLE", "SKY", "VERMILLION", "VIRIDIS", "YELLOW", "viridis"]

ORANGE = "#E69F00"
SKY = "#56B4E9"
GREEN = "#009E73"
YELLOW = "#F0E442"
BLUE = "#0072B2"
VERMILLION = "#D55E00"
PURPLE = "#CC79A7"
GREY = "#868B93"

LINES = (BLUE, ORANGE, GREEN, PURPLE, SKY, VERMILLION, GREY)
"""Colours of lines that stand for individuals, the best first."""

VIRIDIS = (
    "#440154",
    "#482878",
    "#3E4989",
    "#31688E",
    "#26828E",
    "#1F9E89",
    "#35B779",
    "#6DCD59",
    "#B4DE2C",
    "#FDE725",
)
"""Ten equally spaced colours of viridis, dark to bright."""


def viridis(fraction: float) -> str:
    """Return the colour at a fraction from 0 (dark) to 1 (bright) of the scale; fractions outside are clipped.

    >>> viridis(0.0), viridis(1.0)
    ('#440154', '#fde725')
    """
    place = min(max(fraction, 0.0), 1.0) * (len(VIRIDIS) - 1)
    low = min(int(place), len(VIRIDIS) - 2)
    share = place - low
    mixed = (
        round((1 - share) * int(VIRIDIS[low][at : at + 2], 16) + share * int(VIRIDIS[low + 1][at : at + 2], 16))
        for at in (1, 3, 5)
    )
    return "#" + "".join(f"{part:02x}" for part in mixed)
