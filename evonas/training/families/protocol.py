"""What a model family is: it turns genomes into networks, and knows their costs before they are built."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

from evonas.errors import GenomeError
from evonas.training.families.plan import Plan
from evonas.training.heads import Heads
from evonas.training.learning import read_learning

__all__ = ["ModelFamily", "PlannedFamily"]


@runtime_checkable
class ModelFamily(Protocol):
    """A kind of network that genomes encode.

    A package registers its own under the entry point group ``evonas.models``, and tests it with
    :class:`evonas.testing.families.ModelFamilyContract`. Only :meth:`build` may import Keras: the coordinator asks for
    spaces and costs without it.
    """

    @property
    def name(self) -> str:
        """The name it is registered under, which is also the ``family`` of its genomes."""

    def default_space(self) -> dict[str, Any]:
        """Return a fresh space specification, as :meth:`evonas.space.Space.from_dict` reads it."""

    def costs(self, genome: Mapping[str, Any], input_shape: Sequence[int], heads: Heads) -> Mapping[str, int]:
        """Return ``parameters`` and ``operations`` of the network, from the genome alone.

        ``parameters`` equals ``keras.Model.count_params()``; ``operations`` are the multiply-accumulates of one
        inference of one example, see :mod:`evonas.training.families.plan`.

        Args:
            genome: the genome.
            input_shape: shape of one example, without the batch.
            heads: what the network answers; :func:`~evonas.training.heads.classifier` gives the usual one.

        Raises:
            GenomeError: if the genome cannot be built, with the gene and the reason.
        """

    def build(self, genome: Mapping[str, Any], input_shape: Sequence[int], heads: Heads) -> Any:
        """Return the ``keras.Model``, not compiled.

        A classification head is a softmax. With one head the model answers with a tensor (or with a mapping of its name
        to the tensor), with several with a mapping.

        Raises:
            GenomeError: exactly when :meth:`costs` raises it.
        """


class PlannedFamily(ABC):
    """A family that draws a :class:`~evonas.training.families.plan.Plan`: costs and model both come from it.

    Attributes:
        name: the name it is registered under.
    """

    name: str

    @abstractmethod
    def default_space(self) -> dict[str, Any]:
        """Return a fresh space specification."""

    @abstractmethod
    def draw(self, genome: Mapping[str, Any], input_shape: tuple[int, ...], heads: Heads) -> Plan:
        """Return the layers; every gene but ``learning`` is read and checked here."""

    def plan(self, genome: Mapping[str, Any], input_shape: Sequence[int], heads: Heads) -> Plan:
        """Return the layers of the network that a genome encodes.

        Raises:
            GenomeError: if the genome is of another family, a gene is unknown, missing or impossible, or a layer does
                not fit on the map before it.
        """
        family = getattr(genome, "family", "")
        if family and family != self.name:
            raise GenomeError(
                f"this genome belongs to the model family `{family}`, not to `{self.name}`",
                got=family,
                expected=self.name,
                hint=f"set `model: {family}` in the configuration, or take a genome of `{self.name}`",
            )
        shape = tuple(int(size) for size in input_shape)
        if not shape or min(shape) < 1:
            raise GenomeError("the input has no size", got=list(input_shape), expected="at least one positive size")
        read_learning(genome)  # a network that cannot be trained is not worth its costs
        return self.draw(genome, shape, heads)

    def costs(self, genome: Mapping[str, Any], input_shape: Sequence[int], heads: Heads) -> dict[str, int]:
        """Return ``parameters`` and ``operations``; see :class:`ModelFamily`."""
        return self.plan(genome, input_shape, heads).costs()

    def describe(self, genome: Mapping[str, Any], input_shape: Sequence[int], heads: Heads) -> list[dict[str, Any]]:
        """Return one row a layer: ``layer``, ``kind``, ``shape``, ``parameters``, ``operations``."""
        return self.plan(genome, input_shape, heads).rows()

    def build(self, genome: Mapping[str, Any], input_shape: Sequence[int], heads: Heads) -> Any:
        """Return the ``keras.Model``, not compiled; see :class:`ModelFamily`."""
        plan = self.plan(genome, input_shape, heads)
        from evonas.training.families.keras_model import build_model  # Keras is loaded here, by the first build

        return build_model(plan, self.name)
