"""The search itself: ask/tell, operators, populations, stops. No device, no file; the only import of DEAP."""

from evonas.evolution.births import PriorEvaluation, SeedGenome
from evonas.evolution.engine import Engine
from evonas.evolution.member import Member
from evonas.evolution.operators import MUTATIONS, crossover
from evonas.evolution.rungs import Ladder
from evonas.evolution.stops import Progress

__all__ = ["MUTATIONS", "Engine", "Ladder", "Member", "PriorEvaluation", "Progress", "SeedGenome", "crossover"]
