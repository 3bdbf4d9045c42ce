"""THE VALUE: the frozen genome, its canonical JSON and content id, and its YAML files."""

from evonas.genome.diff import GeneChange, gene_diff
from evonas.genome.files import GenomeFile, read_genome, write_genome
from evonas.genome.value import Genes, Genome, Marks, canonical_json, freeze, thaw

__all__ = [
    "GeneChange",
    "Genes",
    "Genome",
    "GenomeFile",
    "Marks",
    "canonical_json",
    "freeze",
    "gene_diff",
    "read_genome",
    "thaw",
    "write_genome",
]
