"""The figure of a comparison, on a page and in print, and the numbers behind it."""

import csv

import pytest

from evonas.compare.bands import bands
from evonas.compare.comparison import compare_runs
from evonas.compare.figures import band_figure, write_figure
from evonas.errors import ExportError
from evonas.testing.runs import write_run


@pytest.fixture(scope="module")
def compared(tmp_path_factory):
    folder = tmp_path_factory.mktemp("figures")
    for seed in range(3):
        write_run(folder / f"<ours>-{seed}", [0.5, 0.8 + seed / 100], name="ours", seed=seed)
    for seed in range(2):
        write_run(folder / f"random-{seed}", [0.4, 0.7], name="random", seed=seed, search={"algorithm": "random"})
    return compare_runs(sorted(folder.iterdir()))


def test_a_band_from_three_runs_on_and_lines_below(compared):
    figure = band_figure(bands(compared.groups, "evaluations"), compared.goal, "evaluations")
    shown = [trace.name for trace in figure.data if trace.showlegend]
    assert shown == ["&lt;ours&gt; (3 runs)", "random (2 runs)"]
    assert [trace.fill for trace in figure.data] == ["toself", None, None, None, None]
    assert figure.layout.xaxis.title.text == "evaluations"


def test_the_page_loads_nothing_and_escapes_names(compared, tmp_path):
    page, table = write_figure(compared, tmp_path / "way.html")
    text = page.read_text(encoding="utf-8")
    assert "Content-Security-Policy" in text and "&lt;ours&gt;" in text and "<ours>" not in text
    assert "p = 0.2" in text
    rows = list(csv.DictReader(table.read_text(encoding="utf-8").splitlines()))
    assert {row["over"] for row in rows} == {"evaluations", "epochs trained", "wall time (s)"}
    ends = [row for row in rows if row["group"] == "<ours>" and row["over"] == "evaluations"]
    assert float(ends[-1]["median"]) == 0.81 and ends[-1]["runs"] == "3"
    assert all(row["low"] == "" for row in rows if row["group"] == "random")


@pytest.mark.parametrize("ending", ["pdf", "svg"])
def test_print(compared, tmp_path, ending):
    pytest.importorskip("matplotlib", reason="figures for print are drawn by Matplotlib")
    drawn, table = write_figure(compared, tmp_path / f"way.{ending}")
    head = drawn.read_bytes()[:200]
    assert head.startswith(b"%PDF") if ending == "pdf" else b"<?xml" in head
    assert table == tmp_path / "way.csv"


def test_what_cannot_be_drawn(compared, tmp_path):
    with pytest.raises(ExportError, match="no figure that can be written"):
        write_figure(compared, tmp_path / "way.docx")
    for name in ("one", "other"):
        write_run(tmp_path / name, [], name=name)
    with pytest.raises(ExportError, match="nothing to draw"):
        write_figure(compare_runs([tmp_path / "one", tmp_path / "other"]), tmp_path / "way.html")
    assert not list(tmp_path.glob("way*"))
