"""Across runs: side by side, with tests of significance; who seeded whom; winners that are kept as genome files."""

from evonas.compare.comparison import Comparison, Reached, RunScore, compare_runs
from evonas.compare.figures import write_figure
from evonas.compare.genomes import Known, differences, find_genome, fitness_of, genome_files
from evonas.compare.groups import RunGroup, group_runs
from evonas.compare.overview import Origin, RunOverview, overview, overviews
from evonas.compare.phylogeny import Offspring, Phylogeny, Planted, phylogeny_graph, read_phylogeny, write_phylogeny
from evonas.compare.significance import Verdict, judge_groups
from evonas.compare.subjects import ComparedRun, Retrained, read_runs
from evonas.compare.tags import change_tags, read_tags
from evonas.compare.winners import Kept, keep_winners

__all__ = [
    "ComparedRun",
    "Comparison",
    "Kept",
    "Known",
    "Offspring",
    "Origin",
    "Phylogeny",
    "Planted",
    "Reached",
    "Retrained",
    "RunGroup",
    "RunOverview",
    "RunScore",
    "Verdict",
    "change_tags",
    "compare_runs",
    "differences",
    "find_genome",
    "fitness_of",
    "genome_files",
    "group_runs",
    "judge_groups",
    "keep_winners",
    "overview",
    "overviews",
    "phylogeny_graph",
    "read_phylogeny",
    "read_runs",
    "read_tags",
    "write_figure",
    "write_phylogeny",
]
