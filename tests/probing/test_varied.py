"""A varied choice of pictures, to be labeled first."""

import numpy as np
import pytest

from dcgan.errors import UsageError
from dcgan.probing.varied import varied_order
from dcgan.types import Features


def three_kinds(dtype: type = np.float32) -> Features:
    """Fifty, thirty and twenty pictures of a kind."""
    random = np.random.default_rng(0)
    middles = 20 * random.standard_normal((3, 200))
    return (np.repeat(middles, [50, 30, 20], axis=0) + random.standard_normal((100, 200))).astype(dtype)


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_one_of_each_kind_comes_first_the_frequent_ones_before_the_rare(dtype: type) -> None:
    order = varied_order(three_kinds(dtype), 3)
    assert [0 if row < 50 else 1 if row < 80 else 2 for row in order[:3]] == [0, 1, 2]
    assert sorted(order) == list(range(100))


def test_the_first_of_a_kind_is_from_its_middle() -> None:
    features = three_kinds()
    kind = features[:50]
    distances = np.linalg.norm(kind - kind.mean(axis=0), axis=1)
    assert (distances < distances[varied_order(features, 3)[0]]).mean() < 0.5


def test_the_same_pictures_have_the_same_order_and_another_seed_another() -> None:
    features = three_kinds()
    np.testing.assert_array_equal(varied_order(features), varied_order(features))
    assert (varied_order(features, seed=1) != varied_order(features)).any()


@pytest.mark.parametrize("count", [1, 2, 5])
def test_few_or_equal_pictures_have_an_order_too(count: int) -> None:
    assert sorted(varied_order(np.ones((count, 8), np.float32))) == list(range(count))


def test_parameters_out_of_range_are_refused() -> None:
    with pytest.raises(UsageError, match="clusters"):
        varied_order(three_kinds(), 0)
    for seed in (-1, 2**64):
        with pytest.raises(UsageError, match="seed"):
            varied_order(three_kinds(), seed=seed)
