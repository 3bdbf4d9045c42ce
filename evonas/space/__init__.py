"""THE SET OF GENOMES: a tree of genes that can be sampled, repaired into, encoded, counted and walked."""

from evonas.space.leaves import Bool, Choice, Float, Int
from evonas.space.nodes import Group, Repeat, Select, Tied
from evonas.space.repair import Repaired
from evonas.space.space import Space
from evonas.space.walk import GeneSite, ListSite, get_at, set_at

__all__ = [
    "Bool",
    "Choice",
    "Float",
    "GeneSite",
    "Group",
    "Int",
    "ListSite",
    "Repaired",
    "Repeat",
    "Select",
    "Space",
    "Tied",
    "get_at",
    "set_at",
]
