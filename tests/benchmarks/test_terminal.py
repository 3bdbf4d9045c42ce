"""The benchmark of the terminal's questions runs, at a size that says nothing about speed."""

import importlib
import json
from pathlib import Path

import pytest

from evonas.lineage import LineageStore

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture
def terminal(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module("terminal")


def test_a_lineage_is_written_and_asked(terminal, tmp_path, monkeypatch, capsys):
    asked = tuple(command for command in terminal.COMMANDS if command[:2] == ("lineage", "ancestors"))
    monkeypatch.setattr(terminal, "COMMANDS", asked[:2])
    run, file = tmp_path / "run", tmp_path / "figures.json"
    assert terminal.main(["--individuals", "60", "--repeats", "1", "--run", str(run), "--json", str(file)]) == 0
    figures = json.loads(file.read_text())
    assert figures["counts"]["individuals"] == 60 and figures["counts"]["diverged"] == 1
    assert set(figures["seconds"]) == {"lineage ancestors RUN", "lineage ancestors RUN LAST"}
    assert "lineage ancestors RUN LAST" in capsys.readouterr().out
    with LineageStore.open(run, read_only=True) as store:
        results = store.results(curves=False)
        assert max(one.result.rung for one in results) == 1 and max(one.repeat for one in results) == 2
        assert all(individual.costs["parameters"] > 0 for individual in store.individuals())
