"""Figures for papers, drawn by Matplotlib from the same numbers as those of the page."""

from evonas.report.print.catalogue import PrintFigure, compare_figures, file_name, print_figures
from evonas.report.print.style import COLUMN, PAGE, print_style
from evonas.report.print.writing import FORMATS, write_data, write_figures

__all__ = [
    "COLUMN",
    "FORMATS",
    "PAGE",
    "PrintFigure",
    "compare_figures",
    "file_name",
    "print_figures",
    "print_style",
    "write_data",
    "write_figures",
]
