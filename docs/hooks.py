"""MkDocs hook: the parts of the reference that are generated from the code, so that they never go stale.

A page asks for one with a line ``<!-- evonas: NAME -->``; the names are the keys of ``_PARTS``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from mkdocs.exceptions import PluginError

from evonas import errors
from evonas.config import configuration_keys, template
from evonas.documents import format_document
from evonas.records import FAILURES, REPEATABLE, EvaluationStatus

_MARKER = re.compile(r"^<!-- evonas: (?P<name>[a-z-]+) -->$", re.MULTILINE)


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Replace the markers of a page by what they ask for."""

    def replaced(match: re.Match[str]) -> str:
        name = match["name"]
        if name not in _PARTS:
            raise PluginError(f"{page.file.src_uri}: there is no generated part {name!r}; known: {', '.join(_PARTS)}")
        return _PARTS[name]()

    return _MARKER.sub(replaced, markdown)


def _table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    for row in rows:
        cells = (_cell(cell) for cell in row)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(value: object) -> str:
    """One line; a bar outside of code would end the cell."""
    parts = re.split(r"(`[^`]*`)", " ".join(str(value).split()))
    return "".join(part if part.startswith("`") else part.replace("|", "\\|") for part in parts)


def _code(value: object) -> str:
    return f"`{value}`"


def _yaml(text: str) -> str:
    return f"```yaml\n{text.rstrip()}\n```"


def _first_sentence(text: str | None) -> str:
    return " ".join((text or "").split("\n\n")[0].split())


def _configuration() -> str:
    """A heading a section, a table of its keys."""
    sections: dict[tuple[str, ...], list[Any]] = {(): []}
    texts: dict[tuple[str, ...], str] = {}
    for key in configuration_keys():
        if key.section:
            texts[key.path] = key.text
        sections.setdefault(key.path[:-1], []).append(key)
    parts = []
    for path, keys in sections.items():
        title = ".".join(path).replace(".*", "[...]") or "Top level"
        parts.append(f"## {_code(title) if path else title}")
        if path and "*" not in path:
            parts.append(texts.get(path, ""))
        elif path:
            parts.append("Each item, where it is a mapping.")
        parts.append(_table(("key", "meaning", "takes", "default"), (_configuration_row(key) for key in keys)))
    return "\n\n".join(parts)


def _configuration_row(key: Any) -> tuple[str, str, str, str]:
    below = key.section and not isinstance(key.default, list)  # its keys have a table of their own
    default = "" if below else _code(format_document(key.default, flow=True))
    return (
        _code(key.path[-1]),
        key.text,
        "keys of its own, see below" if below else key.expected,
        "**required**" if key.required else default,
    )


def _exit_codes() -> str:
    classes = [value for name in errors.__all__ if isinstance(value := getattr(errors, name), type)]
    rows = [(cls.exit_code, _code(cls.__name__), _first_sentence(cls.__doc__)) for cls in classes]
    rows += [
        (0, "", "The command did what it was asked to."),
        (1, "", "An error of evonas itself; the traceback is printed."),
        (2, "", "Wrong usage of the command line."),
        (130, "", "Stopped by Ctrl-C, or by a signal of the batch system; the run can be resumed."),
    ]
    return _table(("exit code", "error", "meaning"), sorted(rows, key=lambda row: row[0]))


def _statuses() -> str:
    import ast
    import inspect

    tree = ast.parse(inspect.getsource(EvaluationStatus)).body[0]
    assert isinstance(tree, ast.ClassDef)
    texts: dict[str, str] = {}
    for statement, after in zip(tree.body, tree.body[1:], strict=False):
        if isinstance(statement, ast.Assign) and isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
            texts[ast.unparse(statement.targets[0])] = str(after.value.value)
    rows = []
    for status in EvaluationStatus:
        kind = "counts against the genome" if status in FAILURES else "run again" if status in REPEATABLE else "success"
        rows.append((_code(status.value), texts[status.name], kind))
    return _table(("status", "meaning", "consequence"), rows)


def _lineage_tables() -> str:
    from evonas.lineage import schema

    parts = []
    for table in schema.tables.sorted_tables:
        rows = [
            (
                _code(column.name) + (" (key)" if column.primary_key else ""),
                str(column.type),
                "yes" if column.nullable else "",
            )
            for column in table.columns
        ]
        parts += [f"### {_code(table.name)}", _table(("column", "type", "may be null"), rows)]
    return "\n\n".join(parts)


def _families() -> str:
    from evonas.training.families import load_family

    parts = []
    for name in ("dense", "cnn"):
        family = load_family(name)
        parts += [f"## {_code(name)}", _first_sentence(type(family).__doc__)]
        parts += ["Its default space:", _yaml(format_document(family.default_space()))]
    return "\n\n".join(parts)


def _sources() -> str:
    from evonas.training.data.registry import BUILTIN, load_source

    parts = []
    for name in BUILTIN:
        source = load_source(name)
        parts += [f"## {_code(name)}", _first_sentence(type(source).__doc__)]
        rows = [
            (
                _code(option),
                field.description or "",
                "**required**" if field.is_required() else _code(format_document(_plain(field.default), flow=True)),
            )
            for option, field in source.Options.model_fields.items()
        ]
        parts.append(_table(("option", "meaning", "default"), rows) if rows else "It has no options.")
    return "\n\n".join(parts)


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _meant_for(metric: Any, titles: dict[str, str]) -> str:
    words = [titles.get(metric.kind, metric.kind)]
    if metric.heads:
        words = ["task " + " or ".join(_code(head) for head in metric.heads)]
    if metric.two_classes:
        words.append("two classes")
    return ", ".join([*words, *(f"events with {_code(column)}" for column in metric.events)])


def _metrics() -> str:
    from evonas.training.metrics import METRICS

    titles = {"cost": "exact, from the genome", "measured": "measured", "any": "both"}
    rows = [
        (
            _code(metric.name),
            _meant_for(metric, titles),
            "nearer to 0" if metric.direction == "0" else metric.direction,
            metric.description,
            metric.unit,
            metric.range,
        )
        for metric in METRICS.values()
    ]
    return _table(("metric", "for", "better", "definition", "unit", "range"), rows)


def _cli() -> str:
    from typer.main import get_command

    from evonas.cli.main import app

    return "\n\n".join(_commands(get_command(app), ("evonas",)))


def _commands(command: Any, path: tuple[str, ...]) -> list[str]:
    below = getattr(command, "commands", None)
    if below is not None:
        return [part for name, child in below.items() for part in _commands(child, (*path, name))]
    context = command.context_class(command, info_name=" ".join(path))
    usage = command.get_usage(context).removeprefix("Usage: ")
    parts = [f"## {_code(' '.join(path))}", f"```text\n{usage}\n```", (command.help or "").strip()]
    records = [record for param in command.params if (record := param.get_help_record(context)) is not None]
    rows = [(_code(name), text) for name, text in records]
    return [*parts, _table(("argument or option", "meaning"), rows)] if rows else parts


_PARTS: dict[str, Callable[[], str]] = {
    "cli": _cli,
    "configuration": _configuration,
    "exit-codes": _exit_codes,
    "families": _families,
    "lineage-tables": _lineage_tables,
    "metrics": _metrics,
    "sources": _sources,
    "statuses": _statuses,
    "template": lambda: _yaml(template("cnn")),
}
