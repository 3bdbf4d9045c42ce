"""``evonas report``: the page, the figures, the tables, and clear words where there is nothing to show."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from evonas.cli.main import app
from evonas.errors import LineageError, RunError


def run(*words: str) -> Result:
    return CliRunner().invoke(app, ["report", *words])


def test_data_of_one_run(finished: Path, tmp_path: Path) -> None:
    result = run(str(finished), "--data", str(tmp_path / "data"))
    assert result.exit_code == 0, result.output
    names = {path.name for path in (tmp_path / "data").iterdir()}
    assert {"fitness.csv", "importance.csv", "founders.csv", "common-ancestor.csv"} <= names
    assert not (finished / "report.html").exists(), "the page was not asked for"


def test_two_runs_of_the_same_name_on_one_page(finished: Path, tmp_path: Path) -> None:
    page = tmp_path / "both.html"
    result = run(str(finished), str(finished), "--to", str(page))
    assert result.exit_code == 0, result.output
    html = page.read_text(encoding="utf-8")
    ids = [part.split('"', 1)[0] for part in html.split(' id="')[1:]]
    assert len(set(ids)) == len(ids), "every anchor stands once"
    for anchor in ("winners", "search-1-figure-importance", "search-2-figure-founders", "search-2-family"):
        assert f'id="{anchor}"' in html
    assert "toy (2)" in html
    assert "default-src &#x27;none&#x27;" in html, "nothing may be loaded"


@pytest.mark.parametrize("words", [("--as", "png"), ("--figures", "x", "--as", "bmp"), ("--figures", "x", "--as", ",")])
def test_wrong_formats_are_usage_errors(finished: Path, words: tuple[str, ...]) -> None:
    result = run(str(finished), *words)
    assert result.exit_code == 2


def test_a_run_without_a_fitness_says_so(toy: Any, tmp_path: Path) -> None:
    with toy.store_at(tmp_path):
        pass
    result = run(str(tmp_path / "run"), "--figures", str(tmp_path / "figures"))
    assert isinstance(result.exception, LineageError)
    assert "no individual has a fitness yet" in str(result.exception)
    assert not (tmp_path / "figures").exists()
    assert run(str(tmp_path / "run"), "--to", str(tmp_path / "page.html")).exit_code == 0


def test_what_is_no_run_is_named(tmp_path: Path) -> None:
    result = run(str(tmp_path / "nowhere"), "--data", str(tmp_path))
    assert isinstance(result.exception, RunError)
