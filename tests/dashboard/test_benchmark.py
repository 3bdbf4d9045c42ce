"""The benchmark's part that needs no browser runs, at a size that says nothing about speed."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("dash_cytoscape", reason="needs the extra `dashboard`")

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "dashboard.py"


def test_a_run_that_is_looked_at_loses_nothing(tmp_path):
    arguments = ["--only", "reader", "--pace", "40", "--seconds", "1.5", "--turns", "1", "--json", tmp_path / "figures"]
    ended = subprocess.run([sys.executable, SCRIPT, *map(str, arguments)], capture_output=True, text=True, timeout=280)
    assert ended.returncode == 0, ended.stderr
    found = json.loads((tmp_path / "figures").read_text())["reader"]
    assert found["lost"] == 0 and found["evaluations"] == 60 and found["questions_a_second"] > 0
