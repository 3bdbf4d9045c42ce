"""Conditions on several keys at once, or on a value's form."""

from __future__ import annotations

__all__ = ["UnmetError"]


class UnmetError(ValueError):
    """A condition on several keys, or on a value's form, is not met.

    Args:
        message: what is wrong.
        expected: what would have been right.
        hint: what to do next.
    """

    def __init__(self, message: str, expected: str, hint: str | None = None) -> None:
        super().__init__(f"{message}; expected {expected}")
        self.message = message
        self.expected = expected
        self.hint = hint
