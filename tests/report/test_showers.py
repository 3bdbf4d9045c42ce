import numpy as np

from evonas.report.figures.showers import PANELS, parameter_histograms
from evonas.report.showers import compose_showers


def kinds():
    rng = np.random.default_rng(0)
    made = {
        kind: {panel.name: scale * rng.lognormal(size=500) for panel in PANELS}
        for kind, scale in (("gamma", 1.0), ("proton", 2.0))
    }
    for columns in made.values():
        columns["morphology_n_islands"] = rng.integers(1, 6, 500)
    return made


def test_each_panel_shows_both_kinds_and_all_their_images():
    figure = parameter_histograms(kinds())
    assert len(figure.data) == 2 * len(PANELS)
    assert [trace.name for trace in figure.data[:2]] == ["gamma", "proton"]
    assert sum(trace.showlegend for trace in figure.data) == 2
    for trace in figure.data:
        assert 0.9 < sum(trace.y) <= 1.0 + 1e-9


def test_values_that_are_missing_or_equal_are_drawn():
    odd = kinds()
    odd["gamma"]["timing_slope"][:] = np.nan
    odd["proton"]["timing_slope"][:] = 3.0
    odd["gamma"]["hillas_intensity"] = np.array([])
    assert len(parameter_histograms(odd).data) == 2 * len(PANELS)


def test_the_page_says_how_hard_it_is():
    page = compose_showers(kinds(), 0.8512, [("Files", "2")])
    assert "AUC of 0.851" in page
    assert "not a physics simulation" in page
    assert "<dt>Files</dt>" in page
    assert "too few" in compose_showers(kinds(), None)
