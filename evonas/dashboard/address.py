"""What a page shows, as its address says it: ``/individual?run=1a2b3c4d&id=12``. A link can be kept and sent."""

from __future__ import annotations

from dataclasses import dataclass, replace
from urllib.parse import parse_qs, urlencode

__all__ = ["VIEWS", "Address"]

VIEWS = {
    "overview": "Overview",
    "tree": "Family tree",
    "individual": "Individual",
    "genes": "Genes",
    "population": "Population",
    "pareto": "Pareto front",
    "compare": "Compare runs",
}
"""The views by their place in the address, in the order of the navigation."""


@dataclass(frozen=True)
class Address:
    """A view of one run, or of several.

    Attributes:
        view: one of :data:`VIEWS`.
        run: key of the run; empty for the first one.
        also: keys of further runs.
        individual: number of an individual; None for the best.
    """

    view: str = "overview"
    run: str = ""
    also: tuple[str, ...] = ()
    individual: int | None = None

    @classmethod
    def read(cls, pathname: str | None, search: str | None) -> Address:
        """Read the two parts of a page's address; what is not understood is left out."""
        view = (pathname or "/").strip("/")
        asked = parse_qs((search or "").removeprefix("?"))
        number = asked.get("id", [""])[0]
        return cls(
            view if view in VIEWS else "overview",
            asked.get("run", [""])[0],
            tuple(key for text in asked.get("with", []) for key in text.split(",") if key),
            int(number) if number.isascii() and number.isdigit() else None,
        )

    @property
    def search(self) -> str:
        """The part of the address behind the view."""
        asked = {"run": self.run, "with": ",".join(self.also)}
        if self.individual is not None:
            asked["id"] = str(self.individual)
        kept = {name: value for name, value in asked.items() if value}
        return f"?{urlencode(kept, safe=',')}" if kept else ""

    @property
    def href(self) -> str:
        """The whole address.

        >>> Address("individual", "1a2b3c4d", individual=12).href
        '/individual?run=1a2b3c4d&id=12'
        """
        return f"/{self.view}{self.search}"

    def to(self, view: str) -> Address:
        """Return the address of another view of the same runs."""
        return replace(self, view=view, individual=self.individual if view in ("individual", "tree") else None)

    def of(self, individual: int | str) -> Address:
        """Return the address of an individual; ``run:number`` is one of another run."""
        key, _, number = str(individual).rpartition(":")
        return Address("individual", key or self.run, (), int(number))
