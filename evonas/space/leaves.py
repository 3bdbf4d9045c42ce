"""The free genes, all seen through one unit coordinate.

Every leaf maps its values onto [0, 1] and back (``to_unit``, ``from_unit``), on a logarithmic scale where ``log`` is
set. A uniform coordinate gives a uniform value: a leaf of n values cuts [0, 1] into n parts and a value's own
coordinate is the middle of its part. Sampling, mutation, designs and the vector encoding all go through it.

The methods of every leaf: ``sample``, ``from_unit``, ``to_unit``, ``why_not``, ``nearest``, ``size``, ``grid`` and
``neighbours``; its ``unit_width`` and ``vector_width`` are the coordinates it takes in :meth:`Space.from_unit` and
:meth:`Space.encode`, none for a constant.
"""

from __future__ import annotations

from typing import TypeAlias

from evonas.space.numeric import Float, Int
from evonas.space.options import Bool, Choice

__all__ = ["Bool", "Choice", "Float", "Int", "Leaf"]

Leaf: TypeAlias = Int | Float | Choice | Bool
"""A free gene."""
