"""Figures, pages and files of an explanation, with an ablation made by hand."""

import json
import re

import pytest

from evonas.cli.explain import _show
from evonas.cli.output import Format
from evonas.errors import DependencyError, ExportError, StorageError
from evonas.explain import Ablation, Worth, ablation_words, descent_words, explain, files, tables
from evonas.explain.drawing import line_drawing, worth_drawing
from evonas.explain.figures import bars_figure
from evonas.explain.files import check_figure, write_figure
from evonas.genome import GeneChange

HOSTILE = "</script><b>$x$"


def worth(gene, gain, error, corrected, **fields):
    change = GeneChange(gene, "changed", 1, 2)
    measured = {"genome": "ab", "pairs": 3, "value": 0.5, "worth": gain, "error": error, "p": corrected}
    return Worth(1, "gene", (change,), corrected=corrected, **{**measured, **fields})


@pytest.fixture(scope="module")
def descent(made):
    line = made.line_of({"width": 50}, {"width": 60}, {"optimizer": {"type": "sgd", "rate": 0.1, "momentum": 0.5}})
    return explain(made.history(line, {0: [0.5, 0.505, 0.51], 1: 0.8, 2: 0.81, 3: 0.6}), 3)


@pytest.fixture(scope="module")
def ablation():
    rows = (
        worth("width", 0.2, 0.01, 0.001),
        worth("rate", 0.01, 0.02, 0.9, along=(GeneChange("half", "changed", 1, 2),)),
        worth(HOSTILE, -0.1, 0.01, 0.004),
        worth("lonely", 0.1, None, None, pairs=1),
        worth("broken", None, None, None, reason="crashed: ValueError: no", pairs=0, value=None),
        worth("stuck", None, None, None, reason="the space does not allow it", pairs=0, value=None, genome=""),
    )
    return Ablation(3, "accuracy", True, "test", (0, 1, 2), 8, 0.7, 0.01, rows, left_out=2)


def test_the_waterfall_leads_from_parent_to_child(descent):
    drawn = line_drawing(descent)
    assert [(bar.start, bar.end) for bar in drawn.bars] == [
        (None, pytest.approx(0.505)),
        (pytest.approx(0.505), 0.8),
        (0.8, 0.81),
        (0.81, 0.6),
    ]
    assert [bar.error for bar in drawn.bars[1:]] == [step.error for step in descent.steps[1:]]
    assert [bar.joined for bar in drawn.bars] == [False, True, True, True]
    assert drawn.bars[3].label.startswith("3: optimizer.type: adam → sgd")
    figure = bars_figure(drawn)
    bars = {trace.name: trace for trace in figure.data if trace.type == "bar"}
    rows = [row for trace in bars.values() for row in zip(trace.y, trace.base, trace.x, strict=True)]
    drawn_at = {at: (base, base + size) for at, base, size in rows}
    assert drawn_at == {at: pytest.approx((bar.start, bar.end)) for at, bar in enumerate(drawn.bars) if at}
    assert figure.layout.yaxis.ticktext[0].startswith("0: founder")


def test_the_ranking_tells_kinds_without_colour(ablation):
    drawn = worth_drawing(ablation)
    assert [bar.kind for bar in drawn.bars] == ["better", "unclear", "worse", "unclear"]
    figure = bars_figure(drawn)
    patterns = [trace.marker.pattern.shape for trace in figure.data if trace.type == "bar"]
    assert len(set(patterns)) == len(patterns) == 3


def test_long_lines_are_shortened_and_say_so(made):
    line = made.line_of(*({"width": 1 + at % 90} for at in range(80)))
    drawn = line_drawing(explain(made.history(line, dict.fromkeys(range(81), 0.5)), 80))
    assert len(drawn.bars) == 60 and "21 older births not drawn" in drawn.note
    assert drawn.bars[0].label.startswith("0:") and drawn.bars[-1].label.startswith("80:")


@pytest.mark.parametrize("ending", ["pdf", "svg", "png", "html"])
def test_files(descent, ablation, tmp_path, ending):
    if ending != "html":
        pytest.importorskip("matplotlib", reason="figures for print need Matplotlib")
    first, second = tmp_path / "new" / f"a.{ending}", tmp_path / f"b.{ending}"
    write_figure(descent, ablation, first)
    write_figure(descent, ablation, second)
    content = first.read_bytes()
    assert content == second.read_bytes(), "the same lineage gives the same bytes"
    assert content.startswith({"pdf": b"%PDF", "svg": b"<?xml", "png": b"\x89PNG", "html": b"<!DOCTYPE html>"}[ending])
    assert {path.name for path in tmp_path.rglob("*") if path.is_file()} == {first.name, second.name}
    if ending == "svg":
        assert "optimizer.type: adam" in content.decode() or b"<use" in content


def test_the_page_is_safe_and_whole(descent, ablation, tmp_path):
    write_figure(descent, ablation, tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert HOSTILE not in page.replace("\\u003c", "<!")
    data = re.findall(r'<script type="application/json" id="(\w+)-figure-data">(.*?)</script>', page, re.DOTALL)
    assert [name for name, _ in data] == ["line", "worth"]
    assert all(json.loads(text)["data"] for _, text in data)
    assert "default-src &#x27;none&#x27;" in page, "nothing can be loaded from anywhere"
    assert "What each change is worth" in page and "Not to be taken back alone" in page
    write_figure(descent, None, tmp_path / "line.html")
    assert "What each change is worth" not in (tmp_path / "line.html").read_text(encoding="utf-8")


def test_wrong_files(descent, tmp_path, monkeypatch):
    with pytest.raises(ExportError, match="told by the ending") as caught:
        check_figure(tmp_path / "figure.jpg")
    assert caught.value.expected == ".html, .pdf, .svg, .png"
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError):
        write_figure(descent, None, tmp_path / "file" / "figure.html")
    monkeypatch.setattr(files, "find_spec", lambda name: None)
    with pytest.raises(DependencyError, match="Matplotlib"):
        check_figure(tmp_path / "figure.pdf")
    check_figure(tmp_path / "figure.html")


def test_words_of_an_ablation(ablation):
    words = ablation_words(ablation)
    assert "3 seeds trained for 8 epochs with and without it; accuracy on the test part is 0.700 ± 0.010" in words
    assert "Significantly better with it (5 % level, corrected for 3 tests): width: 1 → 2 of 1 (+0.200 ± 0.010" in words
    assert "Significantly worse with it" in words
    assert "Not significant: rate: 1 → 2 of 1; chance alone" in words
    assert "Without an error, and so without a verdict: lonely" in words
    assert "Without broken: 1 → 2 of 1 (crashed: ValueError: no) no training completes" in words
    assert "Not to be taken back alone: stuck: 1 → 2 of 1 (the space does not allow it)" in words
    assert "2 further changes of smaller steps were left out" in words
    doubtful = Ablation.from_dict(ablation.to_dict() | {"rows": ablation.to_dict()["rows"][1:2], "complete": False})
    assert "No change has a significant effect" in ablation_words(doubtful)
    assert "Not all trainings are there yet" in ablation_words(doubtful)


def test_an_ablation_is_read_back_as_it_was(ablation):
    assert Ablation.from_dict(json.loads(json.dumps(ablation.to_dict()))) == ablation


def test_tables(descent, ablation):
    rows = tables.birth_rows(descent)
    assert [row["verdict"] for row in rows] == ["", "better", "not significant", "worse"]
    assert rows[1]["changed"] == "width: 40 → 50 (overwritten by 2)\n(1 gene computed from others follows)"
    full = tables.full_birth_rows(descent)
    assert full[1]["step"] == pytest.approx(0.295) and full[1]["step_error"] == descent.steps[1].error
    assert full[2]["parent"] == 1 and full[0]["error_from"] == "repeats"
    assert [row["verdict"] for row in tables.full_ablation_rows(ablation)][-2:] == [
        "crashed: ValueError: no",
        "impossible",
    ]
    assert [row["p"] for row in tables.ablation_rows(ablation)][:2] == ["0.001", "0.9"]
    told = json.loads(json.dumps(tables.document(descent, ablation)))
    assert told["words"] == [descent_words(descent), ablation_words(ablation)]
    assert told["births"][3]["changes"][0]["kind"] == "branch"
    assert told["noise"]["source"] == "repeats" and told["ablation"]["rows"][0]["verdict"] == "helps"


@pytest.mark.parametrize("format", list(Format))
def test_every_format(descent, ablation, capsys, format):
    _show(descent, ablation, format, True)
    out = capsys.readouterr().out
    assert "width" in out and ("worth" in out)
