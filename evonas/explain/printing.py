"""The figures of a line and of an ablation for print: Matplotlib, vector where the format is, text that stays text."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evonas.errors import StorageError
from evonas.explain.descent import Descent
from evonas.explain.drawing import KINDS, Bar, Drawing, line_drawing, worth_drawing
from evonas.explain.ranking import Ablation
from evonas.report.figures.style import INK
from evonas.report.print.style import PAGE, panels, print_style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw_explanation", "print_explanation"]

_ROW, _AROUND = 0.6, 2.4  # height of a row, and of what is around the rows of a panel, cm


def draw_explanation(descent: Descent, found: Ablation | None) -> Figure:
    """Return the waterfall of the line and, where there is one, the ranking below it."""
    drawings = [line_drawing(descent), *([] if found is None else [worth_drawing(found)])]
    drawings = [one for one in drawings if one.bars]
    heights = [_AROUND + _ROW * len(one.bars) for one in drawings]
    with print_style():
        figure, rows = panels(len(drawings), 1, sum(heights), PAGE, height_ratios=heights)
        for (axes,), drawing in zip(rows, drawings, strict=True):
            _panel(axes, drawing)
    return figure


def print_explanation(descent: Descent, found: Ablation | None, file: Path) -> None:
    """Write the figure in the format that the file's ending names, whole or not at all.

    Raises:
        StorageError: if the file cannot be written.
    """
    temporary = file.with_name(f".{file.name}.tmp{file.suffix}")
    kind = file.suffix.lower()[1:]
    # The same lineage gives the same bytes: no date.
    dated: dict[str, Any] = {"pdf": {"CreationDate": None}, "svg": {"Date": None}, "png": {}}
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with print_style():
            draw_explanation(descent, found).savefig(temporary, format=kind, metadata=dated[kind])
        temporary.replace(file)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise StorageError(
            f"cannot write the figure: {error.strerror or error}",
            file=file,
            hint="free some space, or name another place with `--figure`",
        ) from error


def _panel(axes: Axes, drawing: Drawing) -> None:
    rows = list(enumerate(drawing.bars))
    for kind in drawing.kinds:
        _bars(axes, kind, [(at, bar) for at, bar in rows if bar.kind == kind and bar.start is not None])
    for at, bar in rows:
        if bar.start is None and bar.end is not None:
            axes.errorbar(bar.end, at, xerr=bar.error, fmt="D", markersize=4, color=INK, capsize=2, linewidth=0.8)
        if bar.joined and bar.start is not None:
            axes.plot([bar.start, bar.start], [at - 1, at], color=INK, linewidth=0.5, linestyle=":", zorder=0)
    if drawing.name == "worth":
        axes.axvline(0, color=INK, linewidth=0.6)
    axes.set_yticks([at for at, _ in rows], [_plain(bar.label) for _, bar in rows])
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel(_plain(drawing.axis))
    axes.grid(axis="y", visible=False)
    axes.grid(axis="x")
    if drawing.kinds:
        axes.legend(ncols=3, loc="lower left", bbox_to_anchor=(0, 1), borderaxespad=0.2)


def _bars(axes: Axes, kind: str, rows: Sequence[tuple[int, Bar]]) -> None:
    look = KINDS[kind]
    axes.barh(
        [at for at, _ in rows],
        [(bar.end or 0.0) - (bar.start or 0.0) for _, bar in rows],
        left=[bar.start or 0.0 for _, bar in rows],
        height=0.62,
        color=look.colour,
        edgecolor="white" if look.matplotlib else look.colour,
        hatch=look.matplotlib or None,
        linewidth=0,
        label=look.name,
    )
    axes.errorbar(
        [bar.end or 0.0 for _, bar in rows],
        [at for at, _ in rows],
        xerr=[bar.error or 0.0 for _, bar in rows],
        fmt="none",
        ecolor=INK,
        elinewidth=0.8,
        capsize=2,
    )


def _plain(text: str) -> str:
    """Keep Matplotlib from reading mathematics in a text of the run."""
    return text.replace("$", r"\$")
