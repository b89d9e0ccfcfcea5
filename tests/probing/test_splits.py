"""Which pictures learn and which are scored."""

import numpy as np
import pytest

from dcgan.probing.splits import sample_labels, split


def test_draws_take_so_many_of_each_class_and_differ() -> None:
    labels = np.repeat([0, 1, 2], [50, 60, 70])
    first, again, other = (sample_labels(labels, 20, 0, repeat) for repeat in (0, 0, 1))
    assert np.bincount(labels[first]).tolist() == [20, 20, 20]
    assert len(set(first.tolist())) == 60
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    with pytest.raises(ValueError, match="class 0 has 50"):
        sample_labels(labels, 51, 0, 0)


def test_a_split_takes_its_share_of_every_class_and_loses_none() -> None:
    labels = np.repeat([0, 1], [100, 20])
    chosen, left = split(labels, 0.1, 0)
    assert np.bincount(labels[chosen]).tolist() == [10, 2]
    assert sorted([*chosen, *left]) == [*range(120)]
