"""What the CTLearn families have in common: one drawing gives the costs and the Keras model."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

from evonas.errors import GenomeError
from evonas.genome import Genome
from evonas.training.families.ctlearn.drawing import Drawing
from evonas.training.families.plan import Plan
from evonas.training.families.protocol import PlannedFamily
from evonas.training.heads import Heads

__all__ = ["CtlearnFamily", "check_images"]


class CtlearnFamily(PlannedFamily):
    """A family of networks in CTLearn's form.

    A built network is a model ``CTLearn_model`` of an input, a backbone model whose name ends in ``_block``, and fully
    connected heads. It answers with a tensor where the particle type, or a head that CTLearn does not know, is alone;
    else with a mapping from the heads' names, as CTLearn's own do. It has no custom layer: plain Keras loads it.
    """

    @abstractmethod
    def sketch(self, genome: Mapping[str, Any], input_shape: tuple[int, ...], heads: Heads) -> Drawing:
        """Return the drawing; every gene but ``learning`` is read and checked here."""

    @abstractmethod
    def baselines(self) -> dict[str, dict[str, Any]]:
        """Return the genes of published networks by their names, fresh: what a search starts with."""

    def adopt(self, genome: Genome) -> Genome | None:
        """Return a genome of this family that takes over what another family's has; None if it cannot."""
        return None

    def draw(self, genome: Mapping[str, Any], input_shape: tuple[int, ...], heads: Heads) -> Plan:
        """Return the layers."""
        return self.sketch(genome, input_shape, heads).plan

    def build(self, genome: Mapping[str, Any], input_shape: Sequence[int], heads: Heads) -> Any:
        """Return the ``keras.Model``, not compiled; see :class:`~evonas.training.families.protocol.ModelFamily`."""
        self.plan(genome, input_shape, heads)
        from evonas.training.families.ctlearn.building import build_drawing  # Keras is loaded here

        return build_drawing(self.sketch(genome, tuple(int(size) for size in input_shape), heads))


def check_images(input_shape: tuple[int, ...], axes: str) -> None:
    """Refuse an input that has not the axes of the family.

    Args:
        input_shape: shape of one example.
        axes: names of the axes, separated by commas.

    Raises:
        GenomeError: if their number differs.
    """
    if len(input_shape) != len(axes.split(",")):
        raise GenomeError(
            "this model family needs other inputs",
            got=list(input_shape),
            expected=f"an input of shape ({axes})",
            hint="`ctlearn_cnn_rnn` takes stereo events with their telescopes apart; the other CTLearn families take "
            "the images of one telescope, or stacked ones",
        )
