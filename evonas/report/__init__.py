"""The report: one HTML page on a run, made from its lineage alone, that works without internet."""

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
