from __future__ import annotations

import numpy as np
import pytest

from evonas.errors import LineageError
from evonas.genome import Genome
from evonas.records import Birth, Individual
from evonas.report.analysis import bin_gene, gene_table, genome_distances
from evonas.report.analysis.genes import EVERY_ITEM


def people(*genes: dict[str, object]) -> list[Individual]:
    return [Individual(number, Genome(one), Birth(("founder",))) for number, one in enumerate(genes)]


GENES = (
    {"rate": 1e-4, "type": "sgd", "momentum": 0.9, "layers": [{"units": 8}, {"units": 16}, {"units": 4}, {"units": 2}]},
    {"rate": 1e-3, "type": "adam", "layers": [{"units": 8}]},
    {"rate": 1e-1, "type": "adam", "layers": []},
)


def test_conditional_genes_and_missing_items_are_absent() -> None:
    table = gene_table(people(*GENES))
    assert list(table.column("momentum").values) == [0.9, None, None]
    assert list(table.column("layers: length").values) == [4, 1, 0]
    assert list(table.column("layers 2: units").values) == [16, None, None]
    assert "layers 4: units" not in table.names
    assert "layers 4: units" in gene_table(people(*GENES), positions=EVERY_ITEM).names
    assert table.column("rate").logarithmic
    assert not table.column("momentum").varies, "absence is no second value"
    assert set(table.varying()) == {"rate", "type", "layers: length"}


def test_rows_keeps_the_order_of_numbers() -> None:
    table = gene_table(reversed(people(*GENES)))
    assert table.numbers.tolist() == [0, 1, 2]
    assert list(table.rows([2, 0]).column("type").values) == ["adam", "sgd"]


def test_a_small_value_alone_makes_no_logarithmic_scale() -> None:
    linear = gene_table(people(*({"x": value} for value in (0.001, 0.2, 0.4, 0.5, 0.7, 0.9))))
    assert not linear.column("x").logarithmic


def test_an_unknown_gene_is_named_with_those_there_are() -> None:
    with pytest.raises(LineageError, match="rate"):
        gene_table(people(*GENES)).column("learning")
    assert gene_table([]).names == ()


def test_bins_have_absence_first_and_hold_everybody() -> None:
    table = gene_table(people(*({"x": float(at)} if at % 2 else {"y": at} for at in range(1, 41))))
    bins = bin_gene(table.column("x"), 5)
    assert bins.labels[0] == "absent"
    assert len(bins) == 6
    counts = np.bincount(bins.index, minlength=6)
    assert counts[0] == 20
    assert counts.sum() == 40
    assert counts.min() > 0
    edges = bins.edges
    assert edges is not None
    assert (edges[0], edges[-1]) == (1.0, 39.0)


def test_distance_is_a_distance() -> None:
    table = gene_table(people(*GENES, GENES[0]), positions=EVERY_ITEM)
    distances = genome_distances(table, np.arange(4))
    assert np.allclose(distances, distances.T)
    assert np.allclose(np.diag(distances), 0)
    assert distances[0, 3] == 0, "equal genomes"
    assert 0 < distances[1, 2] < distances[0, 2] <= 1


def test_distance_counts_what_only_one_has_in_full() -> None:
    # a: equal; b: 0 and 10 of a range of 10; c: one alone
    table = gene_table(people({"a": 1, "b": 0}, {"a": 1, "b": 10, "c": "x"}, {"a": 2, "b": 5, "c": "y"}))
    assert genome_distances(table, np.array([0, 1]))[0, 1] == pytest.approx((0 + 1 + 1) / 3)
    assert genome_distances(table, np.array([1, 2]))[0, 1] == pytest.approx((1 + 0.5 + 1) / 3)
