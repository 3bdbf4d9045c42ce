"""The search itself: ask/tell, operators, populations, stops. No device, no file; the only import of DEAP."""

from evonas.evolution.breeding import SeedGenome
from evonas.evolution.engine import Engine
from evonas.evolution.member import Member
from evonas.evolution.operators import MUTATIONS, crossover
from evonas.evolution.stops import Progress

__all__ = ["MUTATIONS", "Engine", "Member", "Progress", "SeedGenome", "crossover"]
