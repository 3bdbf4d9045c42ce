"""YAML as people write it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evonas.documents import parse_document, read_document
from evonas.errors import ConfigError, GenomeError


def content(text):
    return parse_document(text, ConfigError).content


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 0.001),
        ("1E5", 1e5),
        ("-2.5e+3", -2500.0),
        (".5", 0.5),
        ("3.", 3.0),
        ("12", 12),
        ("no", "no"),
        ("on", "on"),
        ("yes", "yes"),
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("1e", "1e"),
        ("relu", "relu"),
        (".inf", float("inf")),
    ],
)
def test_scalars(text, value):
    found = content(f"x: {text}")["x"]
    assert found == value
    assert type(found) is type(value)


@given(st.floats(allow_nan=False))
def test_every_float_that_python_writes_is_a_float(value):
    text = repr(value).replace("inf", ".inf")
    found = content(f"x: {text}")["x"]
    assert found == value
    assert type(found) is float


def test_every_key_knows_its_line():
    document = parse_document("# a comment\na:\n  b: 1\n  c:\n    - x\n    - y: 2\nd: 3\n", ConfigError)
    assert document.content == {"a": {"b": 1, "c": ["x", {"y": 2}]}, "d": 3}
    assert document.line(("a",)) == 2
    assert document.line(("a", "b")) == 3
    assert document.line(("a", "c", 0)) == 5
    assert document.line(("a", "c", 1, "y")) == 6
    assert document.line(("a", "nothing", "here")) == 2
    assert document.line(("d",)) == 7


def test_an_empty_document():
    document = parse_document("", ConfigError)
    assert document.content is None
    assert document.line(("x",)) is None


def test_a_key_twice_is_an_error():
    with pytest.raises(ConfigError, match="twice") as caught:
        content("a:\n  b: 1\n  b: 2\n")
    assert (caught.value.line, caught.value.key) == (3, "a.b")


@pytest.mark.parametrize("text", ["a: [1, 2", "a: b: c", "\ta: 1", "a: !!python/object:os.system x", "'", "? [a]\n: 1"])
def test_bad_yaml_is_explained(text):
    with pytest.raises(ConfigError):
        content(text)


def test_an_alias_is_the_value_it_names():
    assert content("a: &x {b: 1}\nc: *x\n") == {"a": {"b": 1}, "c": {"b": 1}}


def test_an_alias_of_itself_is_refused():
    with pytest.raises(ConfigError):
        content("a: &x\n  b: *x\n")


def test_a_missing_file_and_one_that_is_no_text(tmp_path):
    with pytest.raises(GenomeError, match="no such file"):
        read_document(tmp_path / "none.yaml", GenomeError)
    with pytest.raises(GenomeError, match="cannot be read"):
        read_document(tmp_path, GenomeError)
    (tmp_path / "image.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(GenomeError, match="cannot be read"):
        read_document(tmp_path / "image.yaml", GenomeError)


def test_the_file_is_kept(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text("x: 1\n", encoding="utf-8")
    assert read_document(path, ConfigError).file == path
