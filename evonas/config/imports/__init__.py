"""Configurations of other tools turned into ours."""

from evonas.config.imports.ctlearn_optimizer import Imported, import_ctlearn_optimizer
from evonas.config.imports.losses import Loss

__all__ = ["Imported", "Loss", "import_ctlearn_optimizer"]
