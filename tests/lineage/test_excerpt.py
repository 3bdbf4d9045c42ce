"""A part of a lineage that reads as a whole."""

from io import StringIO

import pytest

from evonas.genome import gene_diff
from evonas.lineage import FORMATS, export_lineage, lineage_graph
from evonas.lineage.excerpt import Excerpt
from evonas.records import Parent


def test_who_is_left_out_is_nowhere(family):
    excerpt = Excerpt(family, {0, 4, 6})
    assert [one.number for one in excerpt.individuals()] == [0, 4, 6]
    assert {one.result.individual for one in excerpt.results()} == {0, 4, 6}
    assert excerpt.lives().keys() == {0, 4, 6}
    assert excerpt.pending_requests() == []
    counts = excerpt.counts()
    assert (counts["individuals"], counts["completed"], counts["diverged"], counts["pending"]) == (3, 2, 1, 0)
    assert [one.individual.number for one in excerpt.standings()] == [4, 0]
    assert excerpt.run == family.run


def test_parents_are_the_nearest_ancestors_that_are_kept(family):
    excerpt = Excerpt(family, {0, 4, 6})
    assert excerpt.individual(6) == family.individual(6), "its parent is there"
    birth = excerpt.individual(4).birth
    assert birth.parents == (Parent(0), Parent(None, None, "mate", 'genomes/"le net".yaml'))
    assert birth.changes == gene_diff(family.individual(0).genome, family.individual(4).genome)
    assert excerpt.births_between(4, birth.parents[0]) == 2
    assert excerpt.births_between(6, Parent(4)) == 1


def test_a_line_may_end_before_anybody_is_kept(family):
    only = Excerpt(family, {6}).individuals()[0]
    assert only.birth.parents == () and only.birth.changes == ()
    of_a_mate = Excerpt(family, {1, 3}).individual(3)
    assert [(one.number, one.role) for one in of_a_mate.birth.parents] == [(1, "primary")]


def test_all_of_it_is_the_whole(family):
    everyone = Excerpt(family, range(7))
    assert everyone.individuals() == family.individuals()
    assert everyone.counts() == family.counts()
    assert Excerpt(family, ()).individuals() == []


@pytest.mark.parametrize("format", FORMATS)
def test_it_can_be_exported(family, format):
    text = StringIO()
    export_lineage(Excerpt(family, {0, 4, 6}), format, text)
    assert text.getvalue()


def test_the_graph_holds_those_alone(family):
    graph = lineage_graph(Excerpt(family, {0, 4, 6}))
    assert {node for node in graph if isinstance(node, int)} == {0, 4, 6}
    assert {(0, 4), (4, 6)} <= set(graph.edges)


def test_it_cannot_be_gone_on_with(family):
    with pytest.raises(TypeError, match="excerpt"):
        Excerpt(family, {0}).replay()
