import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcgan.randomness import Stream, batch_order, draw_latents, latents_of_seeds, stream


def test_a_seed_is_one_z_whatever_stands_beside_it() -> None:
    alone = latents_of_seeds([17], 100, "uniform")
    among = latents_of_seeds([3, 99, 17], 100, "uniform")
    assert (alone[0] == among[2]).all()


def test_z_is_the_same_on_every_machine() -> None:
    pinned = {
        "uniform": [[0.31453323, -0.9094138, -0.4596529], [-0.7262171, 0.11794508, 0.45523965]],
        "normal": [[1.3693491, 0.09133052, 0.42585802], [-0.32196403, -0.59155858, -0.88632774]],
    }
    for latent, values in pinned.items():
        np.testing.assert_allclose(latents_of_seeds([0, 17], 3, latent), values, rtol=1e-6)


def test_z_has_the_distribution_of_its_name() -> None:
    uniform = draw_latents(stream(Stream.TRAINING, 0), 4000, 10, "uniform")
    normal = draw_latents(stream(Stream.TRAINING, 0), 4000, 10, "normal")
    assert (uniform.min() >= -1, uniform.max() < 1) == (True, True)
    assert uniform.var() == pytest.approx(1 / 3, abs=0.01)
    assert normal.mean() == pytest.approx(0, abs=0.02)
    assert normal.var() == pytest.approx(1, abs=0.02)


def test_purposes_share_no_random_numbers() -> None:
    first = {float(stream(purpose, 1, 2).random()) for purpose in Stream}
    assert len(first) == len(Stream)


@given(count=st.integers(1, 50), batch_size=st.integers(2, 70), seed=st.integers(0, 2**63 - 1))
def test_every_epoch_shows_every_picture_once(count: int, batch_size: int, seed: int) -> None:
    steps = -(-3 * count // batch_size)
    order = np.concatenate([batch_order(seed, 0, step, batch_size, count) for step in range(steps)])
    assert len(order) == steps * batch_size
    for epoch in range(3):
        assert sorted(order[epoch * count : (epoch + 1) * count]) == list(range(count))


def test_each_attempt_and_seed_has_its_own_order() -> None:
    orders = {tuple(batch_order(seed, attempt, 0, 32, 1000)) for seed in (0, 1) for attempt in (0, 1)}
    assert len(orders) == 4
