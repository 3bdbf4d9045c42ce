"""Figures of a run, one a module; each takes plain records and returns a :class:`plotly.graph_objects.Figure`."""

from evonas.report.figures.curves import learning_curves
from evonas.report.figures.fitness import fitness_over_evaluations
from evonas.report.figures.parallel import parallel_coordinates
from evonas.report.figures.pareto import pareto_scatter

__all__ = ["fitness_over_evaluations", "learning_curves", "parallel_coordinates", "pareto_scatter"]
