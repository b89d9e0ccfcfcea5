import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from dcgan.errors import UsageError
from dcgan.randomness import Stream, batch_order, check_seed, latents_from_seeds, rng, sample_latents, torch_rng


def test_a_seed_is_one_z_whatever_stands_beside_it() -> None:
    alone = latents_from_seeds([17], 100, "uniform")
    among = latents_from_seeds([3, 99, 17], 100, "uniform")
    assert (alone[0] == among[2]).all()


def test_z_is_the_same_on_every_machine() -> None:
    pinned = {
        "uniform": [[0.26615191, 0.3186909, 0.93540466], [-0.789067626, -0.534628987, 0.992473]],
        "normal": [[1.3647964, -1.6681935, -1.7711757], [-0.132113233, -0.520124912, -0.63091445]],
    }
    for latent, values in pinned.items():
        np.testing.assert_allclose(latents_from_seeds([0, 17], 3, latent), values, rtol=1e-6)


def test_z_has_the_distribution_of_its_name() -> None:
    uniform = sample_latents(rng(Stream.LATENTS, 0), 4000, 10, "uniform")
    normal = sample_latents(rng(Stream.LATENTS, 0), 4000, 10, "normal")
    assert (uniform.min() >= -1, uniform.max() < 1) == (True, True)
    assert uniform.var() == pytest.approx(1 / 3, abs=0.01)
    assert normal.mean() == pytest.approx(0, abs=0.02)
    assert normal.var() == pytest.approx(1, abs=0.02)


NUMBERS = st.one_of(st.integers(0, 20), st.integers(2**32 - 2, 2**32 + 2), st.integers(0, 2**64 - 1))
KEYS = st.tuples(st.sampled_from(Stream), st.lists(NUMBERS, max_size=3).map(tuple))


@given(first=KEYS, second=KEYS)
def test_no_two_keys_of_any_purpose_share_random_numbers(
    first: tuple[Stream, tuple[int, ...]], second: tuple[Stream, tuple[int, ...]]
) -> None:
    def numbers(stream: Stream, key: tuple[int, ...]) -> tuple[int, ...]:
        torchs = torch_rng(stream, *key)
        words = torch.randint(2**32, (4,), generator=torchs).tolist()
        return int(rng(stream, *key).integers(2**63)), torchs.initial_seed(), hash(tuple(words))

    pairs = zip(numbers(first[0], first[1]), numbers(second[0], second[1]), strict=True)
    assert [a == b for a, b in pairs] == [first == second] * 3


def test_a_zero_more_and_a_seed_beyond_32_bits_are_other_keys() -> None:
    keys = [(5,), (5, 0), (5, 0, 0), (2**32,), (0, 1), (2**32 + 5,), (5, 1)]
    assert len({rng(stream, *key).integers(2**63) for stream in Stream for key in keys}) == len(Stream) * len(keys)


def test_a_stream_of_torch_uses_more_than_the_32_bits_that_its_seeds_keep() -> None:
    alike = torch.Generator().manual_seed(7), torch.Generator().manual_seed(7 + 2**32)
    assert torch.rand((), generator=alike[0]) == torch.rand((), generator=alike[1])  # why all of the state is filled
    stream = torch_rng(Stream.GENERATOR_WEIGHTS, 0)
    seeded = torch.Generator().manual_seed(stream.initial_seed())
    assert torch.rand((), generator=stream) != torch.rand((), generator=seeded)


def test_numbers_of_torch_are_the_same_on_every_machine_and_have_their_distribution() -> None:
    first = torch.rand(3, generator=torch_rng(Stream.GENERATOR_WEIGHTS, 0))
    again = torch.rand(3, generator=torch_rng(Stream.GENERATOR_WEIGHTS, 0))
    assert first.tolist() == again.tolist() == pytest.approx([0.93049037, 0.55839682, 0.97327137], abs=1e-6)
    normal = torch.randn(100_000, generator=torch_rng(Stream.DISCRIMINATOR_WEIGHTS, 0))
    assert normal.mean().item() == pytest.approx(0, abs=0.02)
    assert normal.std().item() == pytest.approx(1, abs=0.02)


def test_names_of_streams_are_all_different() -> None:
    assert len({stream.value for stream in Stream}) == len(Stream.__members__)


@pytest.mark.parametrize("seed", [-1, 2**63])
def test_a_seed_out_of_range_is_named(seed: int) -> None:
    with pytest.raises(UsageError, match=f"`seeds` must be whole numbers from 0 to .* not {seed}"):
        latents_from_seeds([0, seed], 3, "normal")


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


@pytest.mark.parametrize("seed", [-1, 2**63, 1.5, "3", None])
def test_what_is_no_seed_is_refused_by_its_name(seed: object) -> None:
    with pytest.raises(UsageError, match=rf"`start` must be a whole number from 0 to 2\^63 - 1, not {seed!r}"):
        check_seed(seed, "start")


@pytest.mark.parametrize("seed", [0, 2**63 - 1, np.int64(3)])
def test_a_seed_is_any_whole_number_of_63_bits(seed: object) -> None:
    check_seed(seed)
