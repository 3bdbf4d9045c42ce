"""Griffe extension: what docstrings write in reStructuredText or as doctests, in Markdown.

Docstrings are read in editors first, where both are at home: roles such as ``:class:`X```, a ``::`` before code, and
``>>>`` outside of an ``Examples:`` section, which Markdown would take for a quotation.
"""

from __future__ import annotations

import re
from typing import Any

import griffe

_ROLE = re.compile(r":(?:attr|class|data|exc|func|meth|mod):`(?P<short>~?)(?P<name>[^`]+)`")


class Docstrings(griffe.Extension):
    """Rewrites the docstrings of a package when it is loaded."""

    def on_package(self, *, pkg: griffe.Module, **_: Any) -> None:
        """Go through a package when it is loaded whole."""
        self._walk(pkg)

    def _walk(self, thing: griffe.Object) -> None:
        if thing.docstring is not None:
            thing.docstring.value = _markdown(thing.docstring.value)
        for member in thing.members.values():
            if not member.is_alias:
                self._walk(member)  # type: ignore[arg-type] # an alias was ruled out


def _markdown(text: str) -> str:
    text = _ROLE.sub(_code, text)
    text = re.sub(r"(?<=\S)::$", ":", text, flags=re.MULTILINE)
    text = re.sub(r"^::\n", "", text, flags=re.MULTILINE)
    paragraphs = text.split("\n\n")
    return "\n\n".join(f"```pycon\n{part}\n```" if part.startswith(">>> ") else part for part in paragraphs)


def _code(match: re.Match[str]) -> str:
    name = match["name"].rsplit(".", 1)[-1] if match["short"] else match["name"]
    return f"`{name}`"
