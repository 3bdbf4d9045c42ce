"""A page on simulated showers: how their image parameters are distributed, and how hard they are to tell apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from numpy.typing import NDArray

from evonas.report.embedding import embed, scripts
from evonas.report.figures.showers import PANELS, parameter_histograms
from evonas.report.formats import number
from evonas.report.html import page, section, tag

__all__ = ["compose_showers"]


def compose_showers(
    kinds: Mapping[str, Mapping[str, NDArray[Any]]], auc: float | None, facts: Sequence[tuple[str, str]] = ()
) -> str:
    """Return the page as HTML.

    Args:
        kinds: image parameters (images,) by name, by the kind of shower.
        auc: area under the ROC curve of width and length alone; None where it is unknown.
        facts: further figures, each a name and a text.
    """
    images = " and ".join(f"{len(columns['hillas_intensity']):,} of {kind}s" for kind, columns in kinds.items())
    described = f"Distributions of {len(PANELS)} image parameters over images of more than 50 photoelectrons: {images}."
    words = (
        "Each line adds up to one over all images of its kind. The outermost half per cent of the values is not shown."
    )
    figure = embed(parameter_histograms(kinds), "figure-parameters", described, f"{described} {words}", 900)
    body = tag(
        "main",
        tag(
            "header",
            tag("h1", "Simulated showers"),
            tag("p", _lead(auc), class_="lead"),
            tag("p", "Toy showers, for demonstrations and tests: not a physics simulation.", class_="note"),
            tag("dl", *(tag("div", tag("dt", name), tag("dd", text)) for name, text in facts), class_="facts"),
        ),
        section("parameters", "Image parameters", figure),
    )
    return page(title="Simulated showers: evonas", body=body, scripts=scripts())


def _lead(auc: float | None) -> str:
    if auc is None:
        return "Images of one kind, or too few to tell kinds apart."
    return (
        f"Width and length alone tell gammas from protons with an AUC of {number(auc, 3)}; "
        "a network that sees the images should do better."
    )
