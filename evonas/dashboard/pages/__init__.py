"""The views, one a module: what stands in it, and what happens when something in it is chosen."""

from evonas.dashboard.pages import compare, genes, individual, overview, pareto, population, tree
from evonas.dashboard.pages.page import Page

__all__ = ["PAGES", "Page"]

PAGES = {
    "overview": Page(overview.layout, overview.register),
    "tree": Page(tree.layout, tree.register),
    "individual": Page(individual.layout, individual.register),
    "genes": Page(genes.layout, genes.register),
    "population": Page(population.layout, population.register),
    "pareto": Page(pareto.layout, pareto.register),
    "compare": Page(compare.layout, compare.register),
}
"""Each view by its place in the address."""
