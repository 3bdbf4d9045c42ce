"""The numbers behind figures, from the lineage alone: plain records and arrays, without any drawing."""

from evonas.report.analysis.bins import ABSENT, Bins, bin_gene
from evonas.report.analysis.curves import Curve, best_curves, curve_metrics
from evonas.report.analysis.distance import genome_distances
from evonas.report.analysis.fanova import Domain, TreeVariance
from evonas.report.analysis.forecasts import Calibration, Forecast, forecasts, measure_calibration, rank_correlation
from evonas.report.analysis.frequency import GeneFrequency, gene_frequency
from evonas.report.analysis.fronts import hypervolume_trace
from evonas.report.analysis.genes import EVERY_ITEM, GeneArray, GeneTable, gene_table
from evonas.report.analysis.heatmap import STATISTICS, FitnessHeatmap, HeatmapChoices, fitness_heatmap, heatmap_choices
from evonas.report.analysis.importance import Importance, Marginal, PairImportance, gene_importance
from evonas.report.analysis.noise import Repeated, pooled_deviation, repeated
from evonas.report.analysis.operators import (
    Successes,
    mix_over_births,
    operator_successes,
    success_table,
    successes,
    wilson_interval,
)
from evonas.report.analysis.population import (
    CommonAncestor,
    Diversity,
    FounderShares,
    common_ancestor,
    diversity_over_time,
    founder_shares,
)
from evonas.report.analysis.progress import BestTrace, best_over_time, best_so_far, epochs_spent
from evonas.report.analysis.rungs import Rung, rung_pairs, rungs
from evonas.report.analysis.table import Table, write_csv
from evonas.report.analysis.values import Values, values_at_epoch, values_at_rung
from evonas.report.analysis.winners import WinnerRow, winner_rows, winner_table

__all__ = [
    "ABSENT",
    "EVERY_ITEM",
    "STATISTICS",
    "BestTrace",
    "Bins",
    "Calibration",
    "CommonAncestor",
    "Curve",
    "Diversity",
    "Domain",
    "FitnessHeatmap",
    "Forecast",
    "FounderShares",
    "GeneArray",
    "GeneFrequency",
    "GeneTable",
    "HeatmapChoices",
    "Importance",
    "Marginal",
    "PairImportance",
    "Repeated",
    "Rung",
    "Successes",
    "Table",
    "TreeVariance",
    "Values",
    "WinnerRow",
    "best_curves",
    "best_over_time",
    "best_so_far",
    "bin_gene",
    "common_ancestor",
    "curve_metrics",
    "diversity_over_time",
    "epochs_spent",
    "fitness_heatmap",
    "forecasts",
    "founder_shares",
    "gene_frequency",
    "gene_importance",
    "gene_table",
    "genome_distances",
    "heatmap_choices",
    "hypervolume_trace",
    "measure_calibration",
    "mix_over_births",
    "operator_successes",
    "pooled_deviation",
    "rank_correlation",
    "repeated",
    "rung_pairs",
    "rungs",
    "success_table",
    "successes",
    "values_at_epoch",
    "values_at_rung",
    "wilson_interval",
    "winner_rows",
    "winner_table",
    "write_csv",
]
