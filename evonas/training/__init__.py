"""TRAINING: the only home of Keras: model families, data sources, metrics, trainer.

Importing this package loads NumPy and pydantic alone. Keras is imported by the functions that build or train a
network, which run in worker processes; the coordinator prepares data and counts parameters without it.
"""

from evonas.training.data import DataSummary, prepare

__all__ = ["DataSummary", "prepare"]
