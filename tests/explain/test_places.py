"""Places of genes: read from changes, found in genomes by the marks of items."""

import numpy as np

from evonas.explain.places import above, located, marks_below, place_of, with_marks
from evonas.genome import Genome, gene_diff
from evonas.testing.toy import toy_space


def test_a_place_is_found_by_marks_not_by_index():
    marks = {"layers": [[7, None], [3, None]]}
    genome = Genome({"layers": [{"units": 1}, {"units": 2}]}, marks=marks)
    assert located(genome, place_of("layers[3].units")) == ("layers", 1, "units")
    assert located(genome, place_of("layers[0].units")) is None
    assert located(genome, place_of("layers[3].dropout")) is None
    assert located(Genome({"layers": [1, 2]}), place_of("layers[1]")) == ("layers", 1), "without marks by position"


def test_lists_in_lists():
    marks = {"stages": [[5, {"blocks": [[2, None], [9, None]]}]]}
    genome = Genome({"stages": [{"blocks": [{"units": 1}, {"units": 2}]}]}, marks=marks)
    path = located(genome, place_of("stages[5].blocks[9].units"))
    assert path == ("stages", 0, "blocks", 1, "units")
    assert marks_below(genome.marks, path[:3]) == [[2, None], [9, None]]
    changed = with_marks(genome.marks, path[:3], [[9, None]])
    assert changed == {"stages": [[5, {"blocks": [[9, None]]}]]}
    assert genome.marks == marks, "the old marks stay as they are"
    assert with_marks({"a": [[0, None]]}, ("a",), None) is None


def test_every_change_of_a_real_space_has_its_place():
    space, rng = toy_space(), np.random.default_rng(3)
    for _ in range(20):
        before, after = space.sample(rng), space.sample(rng)
        for change in gene_diff(before, after):
            place = place_of(change.gene)
            assert (located(before, place) is None) == (change.kind == "added")
            assert (located(after, place) is None) == (change.kind == "removed")


def test_above_ends_with_the_whole_genome():
    assert list(above(("a", 1))) == [("a", 1), ("a",), ()]
