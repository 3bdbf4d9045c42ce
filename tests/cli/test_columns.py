"""Plain tables fit the terminal and lose nothing."""

import pytest

from evonas.cli import columns
from evonas.cli.output import Format

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


WIDE = [
    {
        "individual": 12,
        "accuracy": 0.9912,
        "operators": "crossover mutate_one",
        "seconds": 12.5,
        "genome": "57a81d3a49f6",
    },
    {"individual": 3, "accuracy": 0.97, "operators": "founder", "seconds": 1.5, "genome": "e8da772715ba"},
]


@pytest.mark.parametrize(
    ("room", "left_out"), [(90, []), (66, ["seconds"]), (50, ["seconds", "genome"]), (30, ["seconds", "genome"])]
)
def test_the_least_telling_columns_give_way(monkeypatch, capsys, room, left_out):
    monkeypatch.setattr(columns, "width", lambda: room)
    columns.print_columns(WIDE, Format.table, spare=("seconds", "genome", "absent"))
    out = capsys.readouterr().out
    lines = out.splitlines()
    table = [line for line in lines if not line.startswith("not shown")]
    assert max(map(len, table)) < room, "no line of the table is broken by the terminal"
    assert {"crossover", "mutate_one", "0.9912", "0.97"} <= set(out.split()), "no word is broken"
    assert ("57a81d3a49f6" in out) == ("genome" not in left_out)
    assert (f"not shown: {', '.join(left_out)} (a wider" in out) == bool(left_out)


def test_a_table_that_fits_nowhere_is_a_block_a_row(monkeypatch, capsys):
    monkeypatch.setattr(columns, "width", lambda: 24)
    columns.print_columns([{"file": "genomes/small_vgg.yaml", "n": 123456, "why": None}], Format.table)
    assert capsys.readouterr().out.splitlines() == ["file:", "genomes/small_vgg.yaml", "    n: 123,456"]


def test_cells_of_several_lines(monkeypatch, capsys):
    rows = [{"n": 1, "changed": "units 8 -> 16\nrate 0.1 -> 0.2"}, {"n": 22, "changed": ""}]
    columns.print_columns(rows, Format.table, wrap=("changed",))
    shown = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    assert shown[2:] == [" 1   units 8 -> 16", "     rate 0.1 -> 0.2", "22"]
    monkeypatch.setattr(columns, "width", lambda: 15)
    columns.print_columns(rows, Format.table, wrap=("changed",))
    assert capsys.readouterr().out.splitlines() == [" n", "──", " 1", "    units 8 -> 16", "    rate 0.1 -> 0.2", "22"]


def test_headings_are_folded_before_columns_go(monkeypatch, capsys):
    monkeypatch.setattr(columns, "width", lambda: 20)
    columns.print_columns([{"run": "one", "hours of the run": 2.5}], Format.table, spare=("run",))
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["run", "hours", "of", "the"] and lines[1].split() == ["run"]


def test_sentences_are_broken_between_words_on_a_terminal_only(monkeypatch, capsys):
    monkeypatch.setattr(columns, "width", lambda: 20)
    columns.print_words("one run of each configuration")
    assert capsys.readouterr().out == "one run of each configuration\n"
    monkeypatch.setattr(columns.sys.stdout, "isatty", lambda: True, raising=False)
    columns.print_words("one run of each configuration", hanging="  ")
    assert capsys.readouterr().out == "one run of each\n  configuration\n"
