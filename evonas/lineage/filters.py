"""The language of ``--where``: ``parameters < 1e6 and (operator = crossover or 0.9 < accuracy <= 0.95)``.

It is parsed, never evaluated as code. The grammar::

    condition   = all { "or" all }
    all         = one { "and" one }
    one         = "not" one | "(" condition ")" | comparison
    comparison  = name | name compare value | name ["not"] "in" "(" value { "," value } ")"
                | name "contains" value | name "is" ["not"] ( "known" | "missing" )
                | number compare name [ compare number ]
    compare     = "=" | "==" | "!=" | "<" | "<=" | ">" | ">="
    value       = number | word | 'text' | "text" | "true" | "false"

A name alone asks whether it is true. Names with other characters than letters, digits, ``_``, ``.`` and ``[0]`` stand
between backquotes. What names there are is not known here, see :mod:`evonas.lineage.facts`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from evonas.lineage.conditions import ORDERS, RESERVED, AllOf, AnyOf, Comparison, Condition, FilterError, Not, Value
from evonas.lineage.conditions import written as _written

__all__ = ["parse_filter", "parse_filters"]

_SPELLINGS = {"==": "=", "<>": "!=", "≠": "!=", "≤": "<=", "≥": ">="}
_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "!=": "!="}
_FOREIGN = {"&": "and", "&&": "and", "|": "or", "||": "or", "!": "not", "~": "contains", "=~": "contains"}
_DEEPEST = 50  # parentheses and `not` within each other
_LONGEST_NUMBER = 300  # digits

_TOKEN = re.compile(
    r"""(?P<number>[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?(?![\w.]))
    |(?P<compare><=|>=|==|!=|<>|≤|≥|≠|=(?!~)|<|>)
    |(?P<name>[^\W\d]\w*(?:\.\w+|\[(?:\*|-?\d{1,9})\])*)
    |(?P<text>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")
    |(?P<verbatim>`[^`]+`)
    |(?P<mark>[(),])
    |(?P<wrong>&&|\|\||=~|[&|!~]|[+-]?[\w.]+|.)""",
    re.VERBOSE | re.DOTALL,
)


def parse_filter(text: str) -> Condition:
    """Read a filter.

    Raises:
        FilterError: if it is not understood, with the column.

    >>> print(parse_filter("1e-4 < learning.rate and not operator in (crossover, 'my own')"))
    learning.rate > 0.0001 and not operator in (crossover, 'my own')
    """
    return _Parser(text).condition()


def parse_filters(texts: Iterable[str]) -> Condition | None:
    """Return the condition that all these filters hold; None for none.

    Raises:
        FilterError: if one is not understood.
    """
    parts = tuple(map(parse_filter, texts))
    return AllOf(parts) if len(parts) > 1 else next(iter(parts), None)


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    at: int

    @property
    def word(self) -> str:
        """The word in small letters; empty for anything else."""
        return self.text.lower() if self.kind == "name" else ""


class _Parser:
    """Recursive descent, one method a rule of the grammar."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = list(self._split())
        self._next = 0
        self._depth = 0

    def _split(self) -> Iterator[_Token]:
        at = 0
        while at < len(self._text):
            if self._text[at].isspace():
                at += 1
                continue
            match = _TOKEN.match(self._text, at)
            assert match is not None and match.lastgroup is not None  # the last way matches any character
            yield _Token(match.lastgroup, match[0], at)
            at = match.end()
        yield _Token("end", "", len(self._text))

    def condition(self) -> Condition:
        """Return the whole filter."""
        if self._here.kind == "end":
            raise self._error("the filter is empty", self._here, expected="such as `parameters < 1e6`")
        found = self._any()
        if self._here.kind != "end":
            raise self._unexpected("`and`, `or`, or the end")
        return found

    @property
    def _here(self) -> _Token:
        return self._tokens[self._next]

    def _take(self) -> _Token:
        token = self._here
        self._next += token.kind != "end"
        return token

    def _taken(self, *words: str) -> str:
        """Take the next token if it is one of these words or marks, and return it; else return nothing."""
        token = self._here
        said = token.text if token.kind in ("mark", "compare") else token.word
        if said not in words:
            return ""
        self._next += 1
        return said

    def _any(self) -> Condition:
        parts = [self._all()]
        while self._taken("or"):
            parts.append(self._all())
        return parts[0] if len(parts) == 1 else AnyOf(tuple(parts))

    def _all(self) -> Condition:
        parts = [self._one()]
        while self._taken("and"):
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else AllOf(tuple(parts))

    def _one(self) -> Condition:
        opening = self._here
        self._depth += 1
        if self._depth > _DEEPEST:
            raise self._error("the filter is nested too deeply", opening, expected=f"at most {_DEEPEST} levels")
        if self._taken("not"):
            found: Condition = Not(self._one())
        elif self._taken("("):
            found = self._any()
            if not self._taken(")"):
                raise self._unexpected("`and`, `or`, or `)`", f"the parenthesis of column {opening.at + 1} is open")
        else:
            found = self._comparison()
        self._depth -= 1
        return found

    def _comparison(self) -> Condition:
        if self._here.kind == "number":
            return self._number_first()
        token = self._name("a name, a number, `not`, or `(`")
        name = token.text.strip("`")
        if self._taken("is"):
            turned = bool(self._taken("not"))
            said = self._taken("known", "missing")
            if not said:
                raise self._unexpected("`known` or `missing`")
            return Comparison(name, "known" if (said == "known") is not turned else "missing", (), token.at)
        if self._taken("contains"):
            value_at, part = self._here.at, self._value()
            values = (part if isinstance(part, str) else _written(part),)
            return Comparison(name, "contains", values, token.at, value_at)
        if self._here.kind == "compare":
            compare = self._compare()
            said_at, value = self._here, self._value()
            self._orderly(compare, value, said_at)
            return Comparison(name, compare, (value,), token.at, said_at.at)
        if self._here.word == "in" or (self._here.word == "not" and self._tokens[self._next + 1].word == "in"):
            turned = bool(self._taken("not"))
            self._take()
            value_at = self._here.at
            return Comparison(name, "not in" if turned else "in", self._values(), token.at, value_at)
        if self._here.kind in ("end", "mark") or self._here.word in ("and", "or"):
            return Comparison(name, "=", (True,), token.at, token.at)
        raise self._unexpected("a comparison such as `<`, `=`, `in`, `contains`, `is`")

    def _number_first(self) -> Condition:
        """Read ``0.9 < name`` or ``0.9 < name <= 0.95``."""
        first = self._number(self._take())
        if self._here.kind != "compare":
            raise self._unexpected("a comparison such as `<`")
        compare = self._compare()
        token = self._name("a name")
        name = token.text.strip("`")
        lower = Comparison(name, _MIRRORED[compare], (first,), token.at, token.at)
        if self._here.kind != "compare":
            return lower
        compare = self._compare()
        if self._here.kind != "number":
            raise self._unexpected("a number")
        value_at = self._here.at
        return AllOf((lower, Comparison(name, compare, (self._number(self._take()),), token.at, value_at)))

    def _name(self, expected: str) -> _Token:
        token = self._here
        if token.kind not in ("name", "verbatim") or token.word in RESERVED:
            raise self._unexpected(expected)
        return self._take()

    def _compare(self) -> str:
        text = self._take().text
        return _SPELLINGS.get(text, text)

    def _orderly(self, compare: str, value: Value, token: _Token) -> None:
        if compare in ORDERS and (isinstance(value, (bool, str))):
            raise self._error(
                f"the filter compares by `{compare}`, which is for numbers",
                token,
                expected="a number such as 0.9 or 1e6",
            )

    def _values(self) -> tuple[Value, ...]:
        if not self._taken("("):
            raise self._unexpected("`(` and values, such as `in (8, 16)`")
        values = [self._value()]
        while self._taken(","):
            values.append(self._value())
        if not self._taken(")"):
            raise self._unexpected("`,` or `)`")
        return tuple(values)

    def _value(self) -> Value:
        token = self._here
        if token.kind == "number":
            return self._number(self._take())
        if token.kind == "text":
            return re.sub(r"\\(.)", r"\1", self._take().text[1:-1], flags=re.DOTALL)
        if token.word in ("true", "false"):
            return self._take().word == "true"
        if token.kind == "name" and token.word not in RESERVED:
            return self._take().text
        raise self._unexpected("a number, a word, or 'text'")

    def _number(self, token: _Token) -> int | float:
        text = token.text
        if len(text) > _LONGEST_NUMBER:
            raise self._error(
                "the filter has a number that is too long", token, expected=f"at most {_LONGEST_NUMBER} digits"
            )
        number = int(text) if re.fullmatch(r"[+-]?[0-9]+", text) else float(text)
        if not math.isfinite(number):
            raise self._error("the filter has a number that is too large", token, expected="a number below 1e308")
        return number

    def _unexpected(self, expected: str, hint: str | None = None) -> FilterError:
        token = self._here
        if token.kind == "end":
            return self._error("the filter ends too early", token, expected=expected, hint=hint)
        said = token.text.strip()
        if said in _FOREIGN:
            hint = f"say `{_FOREIGN[said]}`"
        elif said[:1] in ("'", '"', "`") and token.kind == "wrong":
            return self._error(
                "the filter has a quotation mark that is never closed", token, expected=f"another {said[:1]}"
            )
        elif token.kind == "wrong" and said[:1] in "+-.0123456789":
            return self._error(
                "the filter has a number that is none", token, expected="such as 0.9, 1e6 or 64; text stands in quotes"
            )
        elif token.kind == "wrong":
            hint = f"text with `{said}` stands in quotes, a name with it between backquotes"
        return self._error(f"the filter is not understood at `{said}`", token, expected=expected, hint=hint)

    def _error(self, message: str, token: _Token, **more: str | None) -> FilterError:
        return FilterError(message, self._text, token.at, len(token.text), **more)
