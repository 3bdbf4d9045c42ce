"""Errors that teach."""

import inspect

import pytest

from evonas import errors
from evonas.errors import ConfigError, EvonasError, nearest

CLASSES = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, EvonasError)]


def test_every_part_has_its_line():
    error = ConfigError(
        "unknown key", file="run.yaml", line=12, key="evolution.popluation", got=5, expected="a known key", hint="look"
    )
    assert str(error).splitlines() == [
        "run.yaml:12: evolution.popluation: unknown key",
        "  got:      5",
        "  expected: a known key",
        "  next:     look",
    ]


def test_a_bare_message_is_one_line():
    assert str(EvonasError("it failed")) == "it failed"
    assert str(EvonasError("it failed", file="a.yaml")) == "a.yaml: it failed"


def test_none_is_something_one_can_get():
    assert "got:      None" in str(EvonasError("wrong", got=None))
    assert "got:" not in str(EvonasError("wrong"))


def test_a_long_value_is_shortened():
    assert len(str(EvonasError("wrong", got="x" * 10_000))) < 300


def test_every_class_has_its_own_exit_code():
    codes = [kind.exit_code for kind in CLASSES]
    assert len(set(codes)) == len(codes)
    assert not set(codes) & {0, 1, 2, 130}
    assert all(0 < code < 128 for code in codes)


def test_every_error_is_exported():
    assert {kind.__name__ for kind in CLASSES} <= set(errors.__all__)
    assert errors.__all__ == sorted(errors.__all__)


@pytest.mark.parametrize(
    ("word", "known", "found"),
    [("popluation", ["population", "seed"], "population"), ("zzz", ["population"], None), ("x", [], None)],
)
def test_nearest(word, known, found):
    assert nearest(word, known) == found
