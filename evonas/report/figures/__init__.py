"""Figures of a run, one a module; each takes plain records and returns a :class:`plotly.graph_objects.Figure`."""

from evonas.report.analysis.fronts import hypervolume_trace
from evonas.report.analysis.progress import best_so_far
from evonas.report.figures.before_after import Pair, before_after
from evonas.report.figures.best import best_over_time_figure
from evonas.report.figures.calibration import calibration
from evonas.report.figures.convergence import convergence
from evonas.report.figures.curves import learning_curves
from evonas.report.figures.epochs import best_over_epochs
from evonas.report.figures.evolution import metric_evolution
from evonas.report.figures.fitness import fitness_over_evaluations
from evonas.report.figures.frequency import frequency_figure, frequency_menu
from evonas.report.figures.heatmap import heatmap_figure, heatmap_menu
from evonas.report.figures.hypervolume import hypervolume_over_evaluations
from evonas.report.figures.importance import importance_figure, marginal_figure
from evonas.report.figures.noise import noise_figure
from evonas.report.figures.operator_mix import operator_mix
from evonas.report.figures.operator_success import operator_success
from evonas.report.figures.parallel import parallel_coordinates
from evonas.report.figures.pareto import pareto_scatter
from evonas.report.figures.population import ancestor_figure, diversity_figure, founder_figure
from evonas.report.figures.rungs import rung_figure
from evonas.report.figures.spread import gene_spread

__all__ = [
    "Pair",
    "ancestor_figure",
    "before_after",
    "best_over_epochs",
    "best_over_time_figure",
    "best_so_far",
    "calibration",
    "convergence",
    "diversity_figure",
    "fitness_over_evaluations",
    "founder_figure",
    "frequency_figure",
    "frequency_menu",
    "gene_spread",
    "heatmap_figure",
    "heatmap_menu",
    "hypervolume_over_evaluations",
    "hypervolume_trace",
    "importance_figure",
    "learning_curves",
    "marginal_figure",
    "metric_evolution",
    "noise_figure",
    "operator_mix",
    "operator_success",
    "parallel_coordinates",
    "pareto_scatter",
    "rung_figure",
]
