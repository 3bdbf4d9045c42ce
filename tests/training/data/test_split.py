"""Laws of the split: disjoint, complete, stratified, reproducible."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from evonas.training.data import split_events, subsample
from evonas.training.data.split import leading

fractions = st.tuples(st.floats(0.05, 0.45), st.floats(0.0, 0.45))
labels = st.lists(st.integers(0, 4), min_size=4, max_size=300).map(np.array)


@given(labels, fractions, st.integers(0, 2**32 - 1))
def test_parts_are_disjoint_complete_and_of_the_size_asked_for(classes, parts, seed):
    validation, test = parts
    split = split_events(classes, len(classes), validation=validation, test=test, seed=seed)
    everything = np.concatenate([split.train, split.validation, split.test])
    assert sorted(everything.tolist()) == list(range(len(classes)))
    assert len(split.validation) == round(len(classes) * validation)
    assert len(split.test) == round(len(classes) * test)
    for part in (split.train, split.validation, split.test):
        assert part.tolist() == sorted(part.tolist())


@given(labels, fractions, st.integers(0, 1000))
def test_each_class_is_shared_out_alike(classes, parts, seed):
    split = split_events(classes, len(classes), validation=parts[0], test=parts[1], seed=seed)
    for part in (split.train, split.validation, split.test):
        for number in range(5):
            share = np.sum(classes == number) * len(part) / len(classes)
            assert abs(np.sum(classes[part] == number) - share) < 2  # within one of each of two cuts


@given(st.integers(10, 200), st.integers(0, 1000))
def test_the_seed_decides(events, seed):
    first, again, other = (split_events(None, events, validation=0.3, test=0.3, seed=s) for s in (seed, seed, seed + 1))
    np.testing.assert_array_equal(first.train, again.train)
    np.testing.assert_array_equal(first.test, again.test)
    assert events < 30 or first.train.tolist() != other.train.tolist()


@given(labels, st.floats(0.01, 1.0), st.integers(0, 1000))
def test_a_fraction_is_a_stratified_subset(classes, fraction, seed):
    indices = np.arange(0, len(classes), 2)
    some = subsample(indices, classes, fraction, seed)
    assert set(some.tolist()) <= set(indices.tolist())
    assert len(some) == (len(indices) if fraction == 1 else max(1, round(len(indices) * fraction)))
    for number in range(5):
        share = np.sum(classes[indices] == number) * len(some) / len(indices)
        assert abs(np.sum(classes[some] == number) - share) < 1


@given(labels, st.floats(0.01, 1.0), st.floats(0.01, 1.0), st.integers(0, 1000))
def test_the_leading_part_is_stratified_and_grows(classes, one, other, seed):
    few, many = (leading(classes, len(classes), fraction, seed).tolist() for fraction in sorted((one, other)))
    assert set(few) <= set(many), "what is learnt from first is learnt from again"
    for number, count in zip(*np.unique(classes, return_counts=True), strict=True):
        assert np.sum(classes[few] == number) == max(1, round(count * min(one, other)))
    assert few == sorted(few)
    assert leading(None, len(classes), 1.0, seed).tolist() == list(range(len(classes)))
