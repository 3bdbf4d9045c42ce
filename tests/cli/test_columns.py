"""Plain tables fit the terminal and lose nothing."""

import pytest

from evonas.cli import columns
from evonas.cli.app import Format

ROWS = [
    {
        "individual": 12,
        "accuracy": "0.9912 +- 0.0007 (3)",
        "operators": "crossover mutate_one",
        "changes": "a; " * 40 + "end",
    },
    {"individual": 3, "accuracy": "0.97", "operators": "founder", "changes": ""},
]


@pytest.mark.parametrize("room", [36, 60, 75, 80, 100, 160, 300])
def test_no_line_is_wider_than_the_terminal(monkeypatch, capsys, room):
    monkeypatch.setattr(columns, "width", lambda: room)
    columns.print_columns(ROWS, Format.table, wrap=("operators", "changes"))
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) < room
    words = " ".join(lines).replace(":", "").split()
    assert words.count("a;") == 40 and {"end", "mutate_one", "founder", "0.9912", "(3)", "12"} <= set(words)


def test_long_text_stands_below_where_there_is_no_room_beside(monkeypatch, capsys):
    monkeypatch.setattr(columns, "width", lambda: 50)
    columns.print_columns(ROWS[1:], Format.table, wrap=("operators", "changes"))
    assert capsys.readouterr().out.splitlines()[2:] == ["         3   0.97       founder"], "here there is"
    columns.print_columns([ROWS[0] | {"changes": "x 1 -> 2"}], Format.table, wrap=("changes",), between=" -> ")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["individual", "accuracy", "operators"] and lines[-1] == "    x 1 -> 2"


def test_numbers_stand_to_the_right(capsys):
    columns.print_columns([{"n": 5, "name": "x"}, {"n": 12345, "name": "y"}], Format.table)
    assert capsys.readouterr().out.splitlines() == ["     n   name", "─────────────", "     5   x", "12,345   y"]


def test_other_formats_and_no_rows(capsys):
    columns.print_columns(ROWS[1:], Format.json, wrap=("changes",))
    assert '"individual": 3' in capsys.readouterr().out
    columns.print_columns([], Format.table, empty="nobody")
    assert capsys.readouterr().out == "nobody\n"
