"""A winner for use elsewhere: the trained .keras model, the genome file, a model card."""

from evonas.export.winner import Exported, export_winner

__all__ = ["Exported", "export_winner"]
