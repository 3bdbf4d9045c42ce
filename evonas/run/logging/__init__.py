"""TensorBoard and MLflow beside the lineage: copies for people who look at their trainings there."""

from evonas.run.logging.copying import Copier
from evonas.run.logging.entries import Entry, Logger, flat_genes
from evonas.run.logging.starting import with_loggers

__all__ = ["Copier", "Entry", "Logger", "flat_genes", "with_loggers"]
