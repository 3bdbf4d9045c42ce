"""CTLearn finds the families by name and builds them from a genome."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from evonas.errors import ConfigError, GenomeError
from evonas.genome import Genome, GenomeFile, write_genome
from evonas.training.ctlearn.tasks import ctlearn_heads
from evonas.training.families import load_family

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # of ctapipe and what it imports
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]
COMPONENTS = {
    "EvonasCNN": ("ctlearn_cnn", (16, 16, 2)),
    "EvonasResNet": ("ctlearn_resnet", (16, 16, 2)),
    "EvonasCNNRNN": ("ctlearn_cnn_rnn", (3, 16, 16, 2)),
}


@pytest.fixture(scope="module")
def base():
    """CTLearn's own base class, which knows the components once they are imported."""
    found = pytest.importorskip("ctlearn.core.model").CTLearnModel
    import evonas.training.families.ctlearn.components  # noqa: F401

    return found


def test_ctlearn_lists_the_components_and_nothing_unfinished(base):
    known = set(base.non_abstract_subclasses())
    assert known >= set(COMPONENTS)
    assert not [name for name in known if name.startswith("_")]


@pytest.mark.parametrize("component", COMPONENTS)
def test_it_is_found_by_name_and_built_from_genes(base, small, component):
    family, shape = COMPONENTS[component]
    genes = getattr(small, family)()
    found = base.from_name(component, input_shape=shape, tasks=["energy", "type"], genome=genes)
    heads = ctlearn_heads(["type", "energy"])
    assert found.model.count_params() == load_family(family).costs(genes, shape, heads)["parameters"]
    answer = found.model.predict(np.ones((2, *shape), "float32"), verbose=0)
    assert {task: part.shape for task, part in answer.items()} == {"type": (2, 2), "energy": (2, 1)}
    assert found.backbone_model.name.endswith("_block")


def test_it_reads_its_genome_from_ctlearns_configuration(base, small, tmp_path):
    from traitlets.config import Config

    genome = Genome(small.ctlearn_cnn(), "ctlearn_cnn")
    write_genome(tmp_path / "winner.yaml", GenomeFile(genome))
    costs = load_family("ctlearn_cnn").costs(genome, (16, 16, 2), ctlearn_heads(["type"]))
    for traits in ({"genome_file": str(tmp_path / "winner.yaml")}, {"genome": genome.genes}):
        config = Config({"EvonasCNN": traits})
        found = base.from_name("EvonasCNN", input_shape=(16, 16, 2), tasks=["type"], config=config)
        assert found.model.count_params() == costs["parameters"]


def test_what_it_cannot_build_it_says(base, small, tmp_path):
    def built(tasks=("type",), **traits):
        return base.from_name("EvonasCNN", input_shape=(16, 16, 2), tasks=list(tasks), **traits)

    write_genome(tmp_path / "other.yaml", GenomeFile(Genome(small.ctlearn_resnet(), "ctlearn_resnet")))
    with pytest.raises(GenomeError, match="needs one genome"):
        built()
    with pytest.raises(GenomeError, match="needs one genome"):
        built(genome=small.ctlearn_cnn(), genome_file=tmp_path / "other.yaml")
    with pytest.raises(GenomeError, match="belongs to the model family `ctlearn_resnet`"):
        built(genome_file=tmp_path / "other.yaml")
    with pytest.raises(ConfigError, match="no such task"):
        built(["mass"], genome=small.ctlearn_cnn())


def test_without_ctlearn_its_extra_is_named():
    program = (
        "import sys; sys.modules['ctlearn'] = None; "
        "from evonas.errors import DependencyError\n"
        "try:\n import evonas.training.families.ctlearn.components\n"
        "except DependencyError as error:\n print(error.hint)"
    )
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == 'pip install "evonas[ctlearn]"'
