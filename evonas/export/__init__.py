"""A winner for use elsewhere: the trained .keras model, the genome file, a model card; or what CTLearn needs of it."""

from evonas.export.ctlearn import export_ctlearn
from evonas.export.winner import Exported, export_winner

__all__ = ["Exported", "export_ctlearn", "export_winner"]
