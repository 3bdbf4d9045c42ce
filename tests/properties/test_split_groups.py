"""Whatever the groups are: none is torn, no event is lost, and the parts have the sizes that were asked for."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from evonas.training.data import split_events

groups_of_events = st.lists(st.integers(-5, 40), min_size=1, max_size=200)
fractions = st.tuples(st.floats(0.05, 0.45), st.floats(0.0, 0.45))


@given(groups_of_events, fractions, st.integers(0, 9), st.booleans())
def test_groups_are_never_torn(numbers, sizes, seed, stratified):
    groups = np.array(numbers)
    classes = groups % 2 if stratified else None
    validation, test = sizes
    split = split_events(classes, len(groups), validation=validation, test=test, seed=seed, groups=groups)
    parts = (split.train, split.validation, split.test)
    assert sorted(np.concatenate(parts).tolist()) == list(range(len(groups)))
    homes = [set(groups[rows].tolist()) for rows in parts]
    assert sum(len(home) for home in homes) == len(set(numbers))
    assert len(homes[1]) == round(len(set(numbers)) * validation)
    assert len(homes[2]) == round(len(set(numbers)) * test)
    again = split_events(classes, len(groups), validation=validation, test=test, seed=seed, groups=groups)
    assert all(
        np.array_equal(one, other)
        for one, other in zip(parts, (again.train, again.validation, again.test), strict=True)
    )
