"""An explanation as a file: a page for the screen, or a figure for print."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from evonas.errors import DependencyError, ExportError
from evonas.explain.descent import Descent
from evonas.explain.ranking import Ablation

__all__ = ["check_figure", "write_figure"]

_PAGE, _PRINT = ".html", (".pdf", ".svg", ".png")


def check_figure(file: Path) -> None:
    """Check, before anything is trained, that a figure of this kind can be written.

    Raises:
        ExportError: for another ending than those that are known.
        DependencyError: if Matplotlib is wanted and missing.
    """
    ending = file.suffix.lower()
    if ending not in (_PAGE, *_PRINT):
        raise ExportError(
            "a figure's format is told by the ending of its name",
            file=file,
            got=ending or "no ending",
            expected=", ".join((_PAGE, *_PRINT)),
        )
    if ending in _PRINT and find_spec("matplotlib") is None:
        raise DependencyError(
            f"a figure for print ({ending}) needs Matplotlib, which is not installed",
            hint="pip install matplotlib, or name a file that ends in .html",
        )


def write_figure(descent: Descent, found: Ablation | None, file: Path) -> None:
    """Write line and ablation as a page (.html), or as a figure for print (.pdf, .svg, .png).

    Raises:
        StorageError: if the file cannot be written.
    """
    if file.suffix.lower() == _PAGE:
        from evonas.explain.page import compose_explanation
        from evonas.report.writing import write_page

        write_page(compose_explanation(descent, found), file)
        return
    from evonas.explain.printing import print_explanation

    print_explanation(descent, found, file)
