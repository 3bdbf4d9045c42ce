"""Histories of other programs as lineages: an ALife phylogeny, an Optuna study."""

from evonas.lineage.imports.alife import read_alife
from evonas.lineage.imports.history import History, Life, Trial, write_history
from evonas.lineage.imports.reading import read_history
from evonas.lineage.imports.studies import read_study

__all__ = ["History", "Life", "Trial", "read_alife", "read_history", "read_study", "write_history"]
