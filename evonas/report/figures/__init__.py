"""Figures of a run, one a module; each takes plain records and returns a :class:`plotly.graph_objects.Figure`."""

from evonas.report.figures.before_after import Pair, before_after
from evonas.report.figures.convergence import best_so_far, convergence
from evonas.report.figures.curves import learning_curves
from evonas.report.figures.evolution import metric_evolution
from evonas.report.figures.fitness import fitness_over_evaluations
from evonas.report.figures.parallel import parallel_coordinates
from evonas.report.figures.pareto import pareto_scatter
from evonas.report.figures.spread import gene_spread

__all__ = [
    "Pair",
    "before_after",
    "best_so_far",
    "convergence",
    "fitness_over_evaluations",
    "gene_spread",
    "learning_curves",
    "metric_evolution",
    "parallel_coordinates",
    "pareto_scatter",
]
