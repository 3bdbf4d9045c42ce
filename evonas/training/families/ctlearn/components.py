"""The CTLearn families as ``CTLearnModel`` components, which CTLearn finds by name once this module is imported.

::

    import evonas.training.families.ctlearn.components
    CTLearnModel.from_name("EvonasCNN", input_shape=(110, 110, 2), tasks=["type"], genome_file="winner.yaml").model

CTLearn has no entry point through which it would import it. A configuration of ``ctlearn-train-model`` that is a Python
file does: it may begin with this import.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

from evonas.errors import DependencyError, GenomeError
from evonas.genome import Genome, read_genome
from evonas.training.ctlearn.tasks import ctlearn_heads
from evonas.training.families.registry import load_family

try:
    from ctapipe.core.traits import Dict, Path
    from ctlearn.core.model import CTLearnModel
except ImportError as cause:
    raise DependencyError(
        f"the components of CTLearn need CTLearn, which cannot be imported: {cause}",
        hint='pip install "evonas[ctlearn]"',
    ) from cause

__all__ = ["EvonasCNN", "EvonasCNNRNN", "EvonasResNet"]


class _EvonasModel(CTLearnModel):  # type: ignore[misc]  # CTLearn is untyped
    """A network that a genome encodes.

    The genome says everything; the traits of ``CTLearnModel`` (``head_layers``, ``attention_mechanism``, ...) have no
    part in it.

    Attributes:
        genome: its genes; empty where ``genome_file`` is given.
        genome_file: a genome file of evonas.
        model: the ``keras.Model``, not compiled.
        backbone_model: the model within it, up to the features.
        input_layer: its input tensor.
        logits: its answers: a tensor for the type alone, else a mapping from tasks.

    Raises:
        GenomeError: if there is no genome or there are two, it is of another family, or cannot be built.
        ConfigError: for an unknown task.
    """

    @property
    @abstractmethod
    def family(self) -> str:
        """Name of the model family."""

    genome = Dict(default_value={}, help="Genes of the network, as in a genome file of evonas.").tag(config=True)

    genome_file = Path(
        default_value=None,
        allow_none=True,
        exists=True,
        directory_ok=False,
        file_ok=True,
        help="Genome file of evonas; takes the place of ``genome``.",
    ).tag(config=True)

    def __init__(
        self, input_shape: Sequence[int], tasks: Sequence[str], config: Any = None, parent: Any = None, **traits: Any
    ) -> None:
        super().__init__(config=config, parent=parent, **traits)
        self.model = load_family(self.family).build(self._genome(), tuple(input_shape), ctlearn_heads(tasks))
        self.backbone_model = next(layer for layer in self.model.layers if layer.name.endswith("_block"))
        self.backbone_name = self.backbone_model.name
        self.input_layer = self.model.input
        self.logits = self.model.output

    def _genome(self) -> Genome:
        if bool(self.genome) == (self.genome_file is not None):
            raise GenomeError(
                "a network needs one genome",
                key=type(self).__name__,
                got="genome and genome_file" if self.genome else "neither genome nor genome_file",
                expected="one of the traits `genome` and `genome_file`",
            )
        return read_genome(self.genome_file).genome if self.genome_file else Genome(self.genome, self.family)


class EvonasCNN(_EvonasModel):
    """A network of the family ``ctlearn_cnn``: the images of one telescope, or stacked ones."""

    family = "ctlearn_cnn"


class EvonasResNet(_EvonasModel):
    """A network of the family ``ctlearn_resnet``: the images of one telescope, or stacked ones."""

    family = "ctlearn_resnet"


class EvonasCNNRNN(_EvonasModel):
    """A network of the family ``ctlearn_cnn_rnn``: stereo events with their telescopes apart."""

    family = "ctlearn_cnn_rnn"
