"""Toy air showers in DL1 files that ctapipe and CTLearn read: for demonstrations and tests, not for physics."""

from evonas.simulation.api import SimulationSummary, simulate
from evonas.simulation.settings import SimulationSettings

__all__ = ["SimulationSettings", "SimulationSummary", "simulate"]
