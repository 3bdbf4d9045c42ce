"""Figures and Plotly's own code inside the page, with nothing left to load."""

from __future__ import annotations

import plotly.graph_objects as go
from plotly.offline import get_plotlyjs

from evonas.report.html import Html, scrolling, tag

__all__ = ["embed", "scripts"]

_DRAW = """
"use strict";
(function () {
  var plots = Array.prototype.slice.call(document.querySelectorAll(".plot"));
  // Recent versions of Plotly offer to upload a figure to their cloud; nothing may leave the reader's machine.
  var options = {
    responsive: true, displaylogo: false, showSendToCloud: false, showEditInChartStudio: false, plotlyServerURL: "",
    showLink: false, modeBarButtonsToRemove: ["lasso2d", "select2d", "sendDataToCloud", "sendChartToCloud"]
  };
  plots.forEach(function (plot) {
    var figure = JSON.parse(document.getElementById(plot.id + "-data").textContent);
    Plotly.newPlot(plot, figure.data, figure.layout, options);
  });
  // On paper a figure has the width of the page, titles of crowded axes stand upright, and nothing is folded away.
  var folded = [];
  window.addEventListener("beforeprint", function () {
    plots.forEach(function (plot) {
      var crowded = plot.data[0] && plot.data[0].type === "parcoords";
      if (crowded) { Plotly.restyle(plot, {labelangle: -70}); }
      Plotly.relayout(plot, {autosize: false, width: 680, "margin.t": crowded ? 190 : plot.layout.margin.t});
    });
    folded = Array.prototype.slice.call(document.querySelectorAll("details:not([open])"));
    folded.forEach(function (part) { part.open = true; });
  });
  window.addEventListener("afterprint", function () {
    plots.forEach(function (plot) {
      var crowded = plot.data[0] && plot.data[0].type === "parcoords";
      if (crowded) { Plotly.restyle(plot, {labelangle: -18}); }
      Plotly.relayout(plot, {autosize: true, width: null, "margin.t": crowded ? 110 : plot.layout.margin.t});
    });
    folded.forEach(function (part) { part.open = false; });
  });
})();
"""


def embed(figure: go.Figure, anchor: str, described: str, caption: str, min_width: int = 0) -> Html:
    """Return a figure as HTML.

    Args:
        figure: the figure.
        anchor: its id in the page.
        described: what it shows, for those who do not see it.
        caption: below it.
        min_width: width below which it scrolls sideways, px.
    """
    style = f"height:{figure.layout.height}px" + (f";min-width:{min_width}px" if min_width else "")
    plot = tag("div", id=anchor, class_="plot", role="img", aria_label=described, style=style)
    if min_width:
        plot = scrolling(plot, label=described)
    # `<`, `>` and `&` are written as JSON escapes: no text of a run can end the element it stands in.
    data = figure.to_json(engine="json").replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    return tag(
        "figure",
        plot,
        tag("script", Html(data), type="application/json", id=f"{anchor}-data"),
        tag("figcaption", caption),
    )


def scripts() -> list[Html]:
    """Return the code that draws the figures: Plotly's, and ours."""
    return [Html(get_plotlyjs()), Html(_DRAW)]
