"""The configurations that the README and the documentation show are accepted."""

import re
from pathlib import Path

import pytest

from evonas.config import parse_config
from evonas.documents import parse_document
from evonas.errors import ConfigError

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCKS = [
    pytest.param(block, id=f"{page.relative_to(ROOT)}-{number}")
    for page in PAGES
    for number, block in enumerate(re.findall(r"^```yaml\n(.*?)^```", page.read_text(encoding="utf-8"), re.M | re.S))
    if re.search(r"^(model|evaluator|data|evolution|evaluation|search|seeds):", block, re.M)
]


@pytest.mark.parametrize("block", BLOCKS)
def test_a_shown_configuration_is_accepted(block: str) -> None:
    content = parse_document(block, ConfigError).content
    content.setdefault("evolution", {}).setdefault("evaluations", 1)
    if "evaluator" not in content:
        content.setdefault("model", "cnn")
    parse_config(content)


def test_there_are_some() -> None:
    assert len(BLOCKS) >= 5
