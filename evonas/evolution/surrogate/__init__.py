"""A model of the run's own results, and what it says of candidates that nobody has trained yet."""

from evonas.evolution.surrogate.knowledge import Knowledge, doubt
from evonas.evolution.surrogate.model import Prediction, Surrogate
from evonas.evolution.surrogate.observations import Observations

__all__ = ["Knowledge", "Observations", "Prediction", "Surrogate", "doubt"]
