"""HTML made by functions: every text is escaped unless it is :class:`Html` already."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from importlib import resources

__all__ = ["Html", "join", "page", "scrolling", "section", "tag"]

_VOID = frozenset({"br", "col", "hr", "meta"})

# Nothing may be loaded from anywhere. Plotly compiles its WebGL drawings at run time, hence 'unsafe-eval'; its image
# download goes through blob: and data: addresses.
_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; "
    "img-src data: blob:; form-action 'none'; base-uri 'none'"
)


class Html(str):
    """Text that is HTML: it is not escaped again."""

    __slots__ = ()


def join(parts: Iterable[str]) -> Html:
    """Join texts and HTML, escaping the texts."""
    return Html("".join(part if isinstance(part, Html) else escape(str(part), quote=False) for part in parts))


def tag(name: str, /, *children: str | None, **attributes: str | int | float | bool | None) -> Html:
    """Return an element.

    Args:
        name: of the element.
        children: its content; texts are escaped, None is left out.
        attributes: ``class_`` stands for ``class`` and ``aria_label`` for ``aria-label``; None and False are left
            out, True gives an attribute without a value.

    >>> tag("td", "<b>", class_="number")
    '<td class="number">&lt;b&gt;</td>'
    """
    written = []
    for key, value in attributes.items():
        if value is None or value is False:
            continue
        key = key.rstrip("_").replace("_", "-")
        written.append(f" {key}" if value is True else f' {key}="{escape(str(value))}"')
    start = f"<{name}{''.join(written)}>"
    if name in _VOID:
        return Html(start)
    return Html(f"{start}{join(child for child in children if child is not None)}</{name}>")


def section(anchor: str, title: str, *content: str | None) -> Html:
    """Return a section with a heading that the table of contents points to."""
    return Html(
        tag("section", tag("h2", title, id=f"{anchor}-title"), *content, id=anchor, aria_labelledby=f"{anchor}-title")
        + "\n"
    )


def scrolling(*content: str, label: str, tall: bool = False) -> Html:
    """Return a region that scrolls sideways where the window is narrow, and down if it is tall; keyboards reach it."""
    return tag(
        "div", *content, class_="scroll tall" if tall else "scroll", role="region", aria_label=label, tabindex="0"
    )


def page(*, title: str, body: str, scripts: Iterable[Html] = ()) -> str:
    """Return a whole document that works without internet.

    Args:
        title: of the window.
        body: HTML.
        scripts: JavaScript, already safe inside a script element, embedded in this order.
    """
    style = resources.files("evonas.report").joinpath("style.css").read_text(encoding="utf-8")
    head = join(
        [
            tag("meta", charset="utf-8"),
            Html("\n"),
            tag("meta", http_equiv="Content-Security-Policy", content=_POLICY),
            Html("\n"),
            tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
            Html("\n"),
            tag("meta", name="color-scheme", content="light dark"),
            Html("\n"),
            tag("title", title),
            Html(f"\n<style>\n{style}</style>\n"),
        ]
    )
    code = "".join(f"<script>{script}</script>\n" for script in scripts)
    return f'<!DOCTYPE html>\n<html lang="en">\n<head>\n{head}</head>\n<body>\n{body}\n{code}</body>\n</html>\n'
