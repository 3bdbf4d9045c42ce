"""The report: one HTML page on a run, made from its lineage alone, that works without internet.

The names below are loaded when they are first used: who asks for the numbers behind a figure
(:mod:`evonas.report.analysis`) does not wait for the page.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from evonas.report.summary import DeviceUse, RunSummary, device_use, summarise
    from evonas.report.writing import comparison_html, report_html, write_page, write_report

__all__ = [
    "DeviceUse",
    "RunSummary",
    "comparison_html",
    "device_use",
    "report_html",
    "summarise",
    "write_page",
    "write_report",
]

_HOMES = {
    "summary": ("DeviceUse", "RunSummary", "device_use", "summarise"),
    "writing": ("comparison_html", "report_html", "write_page", "write_report"),
}


def __getattr__(name: str) -> Any:
    for home, names in _HOMES.items():
        if name in names:
            value = globals()[name] = getattr(import_module(f"evonas.report.{home}"), name)
            return value
    raise AttributeError(f"module 'evonas.report' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
