"""The page on CTLearn's predictions: figures of merit with errors, ROC curve, and what varies with energy."""

from __future__ import annotations

from pathlib import Path

from evonas.report.cells import heading, table_of
from evonas.report.embedding import embed, scripts
from evonas.report.figures.physics import over_energy, roc
from evonas.report.formats import count, label, number
from evonas.report.html import Html, page, section, tag
from evonas.report.measured import Measured
from evonas.report.writing import write_page
from evonas.training.metrics import METRICS

__all__ = ["measured_html", "write_measured"]

_BY_ENERGY = {  # curve: (heading, title of the axis, dotted line)
    "auc": ("AUC by energy", "AUC", 0.5),
    "energy_bias": ("Energy bias", "bias, median of (reconstructed - true) / true", 0.0),
    "energy_resolution": ("Energy resolution", "resolution, half the central 68 %", None),
    "angular_resolution": ("Angular resolution", "68 % containment (deg)", None),
}


def write_measured(measured: Measured, path: Path) -> Path:
    """Write the page as one HTML file that works without internet.

    Args:
        measured: what was measured.
        path: the file; its folder is made if it is missing, and a file that is there is replaced.

    Raises:
        StorageError: if the file cannot be written; nothing is left behind then.
    """
    return write_page(measured_html(measured), path)


def measured_html(measured: Measured) -> str:
    """Return the page as HTML."""
    body = [_title(measured), _figures(measured)]
    if measured.roc is not None:
        caption = "Signal kept over background kept, as the threshold falls. The band is one standard error."
        body.append(section("roc", "ROC curve", embed(roc(measured.roc), "figure-roc", "ROC curve", caption)))
    for curve in measured.curves:
        title, axis, level = _BY_ENERGY[curve.name]
        words = (
            f"{title} in bins of true energy, five a decade, with standard errors; bins with fewer than ten events"
            f"{' of each class' if curve.name == 'auc' else ''} are left out."
        )
        drawn = embed(over_energy([curve], axis, level=level), f"figure-{curve.name}", title, words)
        body.append(section(curve.name, title, drawn))
    return page(title="CTLearn predictions: evonas metrics", body=tag("main", *body), scripts=scripts())


def _title(measured: Measured) -> Html:
    signal, background = measured.events
    what = "single images" if measured.predictions.level == "telescope" else "whole events"
    lead = f"Predictions of CTLearn from {what}: {count(signal, 'gamma ray')}, {background:,} background."
    names = ", ".join(str(file) for file in measured.predictions.files)
    return tag(
        "header",
        tag("h1", "CTLearn predictions"),
        tag("p", lead, class_="lead"),
        *(tag("p", f"{note}.", class_="note") for note in measured.notes),
        tag("p", names, class_="faint"),
    )


def _figures(measured: Measured) -> Html:
    settings = measured.settings
    head = [heading("Metric"), heading("Value", numeric=True), heading("Standard error", numeric=True), heading("Unit")]
    head.append(heading("Definition"))
    rows = [
        [
            tag("th", label(one.metric), scope="row"),
            tag("td", number(one.value), class_="number", title=repr(one.value)),
            tag("td", number(one.error, 2), class_="number"),
            tag("td", one.unit),
            tag("td", METRICS[one.metric].description, class_="cause"),
        ]
        for one in measured.figures
    ]
    words = (
        f"Standard errors are from a bootstrap over showers. Signal efficiency {settings.signal_efficiency:g} for the "
        f"background rejection, background efficiency {settings.background_efficiency:g} for the signal efficiency."
    )
    return section(
        "metrics",
        "Figures of merit",
        tag("p", words, class_="note"),
        table_of("Figures of merit", head, rows, said=True),
    )
