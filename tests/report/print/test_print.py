"""Print figures of made-up runs: all are drawn, fit a column, and have their data beside them."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from evonas.lineage import LineageStore
from evonas.report.analysis import Table
from evonas.report.history import RunHistory, read_history
from evonas.report.print import (
    COLUMN,
    PAGE,
    PrintFigure,
    compare_figures,
    file_name,
    print_figures,
    print_style,
    write_data,
    write_figures,
)

pytest.importorskip("matplotlib", reason="print figures are drawn by Matplotlib")

EVERY_RUN = {
    "fitness",
    "best",
    "learning-curves",
    "operator-mix",
    "operator-success",
    "genes",
    "gene-spread",
    "importance",
    "marginals",
    "diversity",
    "founders",
    "common-ancestor",
    "family-tree",
}


@pytest.fixture(scope="module")
def history(finished: Path) -> RunHistory:
    with LineageStore.open(finished / "lineage.sqlite", read_only=True) as store:
        return read_history(store)


@pytest.fixture(scope="module")
def figures(history: RunHistory) -> list[PrintFigure]:
    return print_figures(history)


def test_every_figure_has_data_and_a_name_of_its_own(figures: list[PrintFigure]) -> None:
    names = [figure.name for figure in figures]
    assert len(set(names)) == len(names)
    assert set(names) >= EVERY_RUN
    assert any(name.startswith("frequency-") for name in names)
    assert any(name.startswith("heatmap-") for name in names)
    for figure in figures:
        assert figure.data.rows(), figure.name
        assert figure.title


def test_figures_fit_a_column_or_a_page_and_name_their_axes(figures: list[PrintFigure]) -> None:
    for figure in figures:
        drawn = figure.draw()
        width = round(drawn.get_size_inches()[0] * 2.54, 1)
        assert width in (COLUMN, PAGE), figure.name
        if figure.name in ("family-tree", "genes"):  # their axes are drawn into them
            continue
        words = [axes.get_xlabel() + axes.get_title() for axes in drawn.axes if axes.get_visible()]
        assert any(words), figure.name


def test_files_are_vector_graphics_with_their_table(figures: list[PrintFigure], tmp_path: Path) -> None:
    one = next(figure for figure in figures if figure.name == "operator-success")
    written = write_figures([one], tmp_path, ["pdf", "svg"])
    assert [path.name for path in written] == ["operator-success.pdf", "operator-success.svg", "operator-success.csv"]
    assert written[0].read_bytes().startswith(b"%PDF")
    assert "<image" not in written[1].read_text(encoding="utf-8")
    rows = list(csv.DictReader(written[2].read_text(encoding="utf-8").splitlines()))
    assert {row["operator"] for row in rows} >= {"crossover", "mutate_one"}
    again = write_figures([one], tmp_path / "again", ["pdf", "svg"])
    assert [path.read_bytes() for path in again] == [path.read_bytes() for path in written]
    with pytest.raises(ValueError, match="pdf, png, svg"):
        write_figures([one], tmp_path, ["bmp"])


def test_series_differ_in_more_than_their_colour(figures: list[PrintFigure]) -> None:
    drawn = next(figure for figure in figures if figure.name == "learning-curves").draw()
    labelled = [line for line in drawn.axes[0].lines if not line.get_label().startswith("_")]
    assert len({(line.get_linestyle(), line.get_marker()) for line in labelled}) == len(labelled) > 1


def test_several_objectives_have_their_front(toy: Any) -> None:
    recorder = toy.Recorder()
    toy.evolve(recorder, 40, curves=False, foreign=False)
    history = recorder.history(toy.new_run(objectives=("accuracy", "parameters")))
    by_name = {figure.name: figure for figure in print_figures(history)}
    assert {"pareto", "hypervolume", "fitness-parameters"} <= set(by_name)
    rows = by_name["pareto"].data.rows()
    assert 0 < sum(row["on the front"] for row in rows) < len(rows)
    by_name["pareto"].draw()
    by_name["hypervolume"].draw()


def test_several_runs_are_compared(history: RunHistory, tmp_path: Path) -> None:
    figures = compare_figures({"one": history, "two": history})
    assert [figure.name for figure in figures] == ["best-over-evaluations", "best-over-epochs", "best-over-seconds"]
    assert {row["run"] for row in figures[0].data.rows()} == {"one", "two"}
    for figure in figures:
        figure.draw()
    assert [path.suffix for path in write_data(figures, tmp_path)] == [".csv"] * 3


def test_an_empty_run_has_nothing_to_draw(toy: Any) -> None:
    empty = toy.Recorder().history(toy.new_run())
    assert print_figures(empty) == []
    assert compare_figures({"empty": empty}) == []


def test_style_does_not_leak() -> None:
    from matplotlib import rcParams

    before = rcParams["font.size"]
    with print_style():
        assert rcParams["font.size"] == 8.0
    assert rcParams["font.size"] == before


def test_names_of_files_are_plain() -> None:
    assert file_name("a/b: <c> ü") == "a-b-c"
    assert Table("x", {}).rows() == []
