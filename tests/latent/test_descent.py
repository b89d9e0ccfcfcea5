"""The search for z by gradient descent."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch
from tests.toy_model import toy_model
from torch import Tensor, nn

from dcgan.errors import ModelError, UsageError
from dcgan.latent.descent import CANDIDATES, DescentOptions, Found, Loss, bring_back, descend, random_starts
from dcgan.model import Model
from dcgan.pixels import to_images
from dcgan.randomness import Stream, rng, sample_latents
from dcgan.types import Latents

MODELS = {"uniform": toy_model("uniform"), "normal": toy_model("normal")}
UNIFORM = MODELS["uniform"]
QUICK = DescentOptions(starts=2, steps=30)
each_model = pytest.mark.parametrize("model", MODELS.values(), ids=MODELS.keys())


def samples(model: Model, count: int = 3) -> Latents:
    """Z where a descent may end."""
    z = torch.from_numpy(model.latents(range(count)))
    bring_back(z, model)
    return z.numpy()


def loss_to(model: Model, z: Latents) -> Loss:
    """The mean squared difference to the pictures of z."""
    targets = to_images(torch.from_numpy(model.generate(z)))
    return lambda images, which: (images - targets[which]).square().mean(dim=(1, 2, 3))


def search(model: Model, z: Latents, options: DescentOptions = QUICK, **more: Any) -> Found:
    loss = loss_to(model, z)
    return descend(model, loss, random_starts(model, loss, len(z), options).z, options, **more)


@each_model
def test_it_finds_the_z_of_the_generators_own_samples(model: Model) -> None:
    z = samples(model)
    random = random_starts(model, loss_to(model, z), len(z), QUICK).losses
    found = search(model, z, DescentOptions(steps=60))
    assert found.z.shape == (3, 4, 6)
    assert found.z.dtype == np.float32
    assert (found.losses[:, 0] < 0.05 * random[:, 0]).all()
    assert np.abs(found.z[:, 0] - z).max() < 0.2


@pytest.mark.parametrize(
    "options",
    [
        DescentOptions(starts=2, steps=40, optimizer="nesterov", lr=0.1),
        DescentOptions(starts=2, steps=40, schedule="constant"),
        DescentOptions(starts=2, steps=40, optimizer="nesterov", schedule="constant", lr=0.1),
    ],
)
def test_each_optimizer_and_schedule_comes_nearer(options: DescentOptions) -> None:
    loss = loss_to(UNIFORM, samples(UNIFORM))
    starts = random_starts(UNIFORM, loss, 3, options)
    found = descend(UNIFORM, loss, starts.z, options)
    assert (found.losses[:, 0] < 0.5 * starts.losses[:, 0]).all()
    assert not np.array_equal(found.z, search(UNIFORM, samples(UNIFORM), replace(QUICK, steps=40)).z)


def test_a_learning_rate_on_a_cosine_ends_with_small_steps() -> None:
    z, start = samples(UNIFORM, 1), np.zeros((1, 1, 6), np.float32)

    def last_step(options: DescentOptions) -> float:
        path = descend(UNIFORM, loss_to(UNIFORM, z), start, options, frames=6).path[:, 0, 0]
        return float(np.abs(path[-1] - path[-2]).max())

    constant = last_step(DescentOptions(steps=5, schedule="constant"))
    assert last_step(DescentOptions(steps=5)) < 0.3 * constant


@each_model
def test_starts_are_the_best_of_a_thousand_random_z(model: Model) -> None:
    z = samples(model, 2)
    loss = loss_to(model, z)
    starts = random_starts(model, loss, 2, DescentOptions(starts=5, seed=3))
    candidates = sample_latents(rng(Stream.DESCENT_STARTS, 3), CANDIDATES, 6, model.latent_distribution)
    with torch.no_grad():
        images = model.generator(torch.from_numpy(candidates))
        losses = np.stack([loss(images, torch.full((CANDIDATES,), number)).numpy() for number in range(2)])
    assert starts.losses == pytest.approx(np.sort(losses)[:, :5], rel=1e-3)
    assert np.array_equal(starts.z, candidates[losses.argsort()[:, :5]])


def test_another_seed_names_other_starts() -> None:
    loss = loss_to(UNIFORM, samples(UNIFORM, 1))
    first, again, other = (random_starts(UNIFORM, loss, 1, DescentOptions(seed=seed)).z for seed in (0, 0, 1))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


FAST = DescentOptions(starts=3, steps=10, lr=2)  # that leaves every bound, unless it is brought back


def test_uniform_z_stay_in_the_cube() -> None:
    path = search(UNIFORM, samples(UNIFORM), FAST, frames=11).path
    assert np.abs(path).max() == 1


def test_normal_z_stay_on_the_sphere_of_typical_samples() -> None:
    path = search(MODELS["normal"], samples(MODELS["normal"]), FAST, frames=11).path
    assert np.linalg.norm(path[1:], axis=-1) == pytest.approx(np.full((10, 3, 3), 6**0.5), rel=1e-5)


def test_truncated_z_are_as_much_shorter_than_samples() -> None:
    options = replace(FAST, truncation=0.5)
    normal = search(MODELS["normal"], samples(MODELS["normal"]), options)
    assert np.linalg.norm(normal.z, axis=-1) == pytest.approx(np.full((3, 3), 0.5 * 6**0.5), rel=1e-5)
    uniform = np.linalg.norm(search(UNIFORM, samples(UNIFORM), options).z, axis=-1)
    assert uniform.max() == pytest.approx(0.5 * (6 / 3) ** 0.5, rel=1e-5)  # the root of the mean squared length


def test_z_where_samples_lie_are_left_there() -> None:
    z = torch.tensor([[0.5, -0.5, 0.1, 0, 0, 0]])
    moved = z.clone()
    bring_back(moved, UNIFORM, 0.9)
    assert torch.equal(moved, z)


@each_model
def test_the_nets_stay_as_they_are(model: Model) -> None:
    def state() -> list[object]:
        nets = (model.generator, model.discriminator)
        tensors = [tensor.clone().numpy().tobytes() for net in nets for tensor in net.state_dict().values()]
        flags = [(one.requires_grad, one.grad) for net in nets for one in net.parameters()]
        return [tensors, flags, [net.training for net in nets]]

    before = state()
    search(model, samples(model))
    assert state() == before
    assert all(flag == (True, None) for flag in before[1])  # type: ignore[attr-defined]


@each_model
def test_what_is_found_for_a_picture_does_not_depend_on_the_others(model: Model) -> None:
    z = samples(model, 11)  # with two starts each more than a mini-batch
    together = search(model, z)
    for number in (0, 7, 10):
        alone = search(model, z[number : number + 1])
        assert np.array_equal(alone.z[0], together.z[number])
        assert np.array_equal(alone.losses[0], together.losses[number])


def test_the_best_comes_first_with_its_own_path() -> None:
    found = search(UNIFORM, samples(UNIFORM), DescentOptions(starts=5, steps=8), frames=4)
    assert (np.diff(found.losses, axis=1) >= 0).all()
    assert np.array_equal(found.path[-1], found.z)
    with torch.no_grad():
        images = UNIFORM.generator(torch.from_numpy(found.z.reshape(-1, 6)))
        losses = loss_to(UNIFORM, samples(UNIFORM))(images, torch.arange(3).repeat_interleave(5)).reshape(3, 5)
    assert found.losses == pytest.approx(losses.numpy(), rel=1e-3)


@pytest.mark.parametrize(("steps", "frames"), [(10, 2), (10, 11), (10, 4), (3, 20)])
def test_a_path_goes_from_start_to_end_in_as_many_frames_as_asked_for(steps: int, frames: int) -> None:
    z, options = samples(UNIFORM), DescentOptions(starts=1, steps=steps)
    loss = loss_to(UNIFORM, z)
    starts = random_starts(UNIFORM, loss, 3, options).z
    path = descend(UNIFORM, loss, starts, options, frames=frames).path
    assert path.shape == (frames, 3, 1, 6)
    assert np.array_equal(path[0], starts)
    assert np.array_equal(path[-1], descend(UNIFORM, loss, starts, options).z)
    distinct = sum(not np.array_equal(one, other) for one, other in pairwise(path))
    assert distinct == min(frames - 1, steps)


def test_without_frames_no_path_is_kept() -> None:
    assert search(UNIFORM, samples(UNIFORM)).path.shape == (0, 3, 2, 6)


def test_progress_reaches_its_total() -> None:
    calls: list[tuple[int, int | None]] = []
    search(UNIFORM, samples(UNIFORM, 9), on_progress=lambda *call: calls.append(call))
    done = [call[0] for call in calls]
    assert done == sorted(done)
    assert calls[-1] == (9 * 2 * 30, 9 * 2 * 30)
    assert {total for _, total in calls} == {9 * 2 * 30}


class Broken(nn.Module):
    """A generator that draws no numbers from some z."""

    def __init__(self, *, everywhere: bool) -> None:
        super().__init__()
        self.everywhere = everywhere

    def forward(self, z: Tensor) -> Tensor:
        bad = torch.full_like(z[:, :1], torch.nan) if self.everywhere else torch.where(z[:, :1] > 0, torch.nan, 0)
        return (z.sum(dim=1, keepdim=True) + bad)[:, :, None, None].expand(-1, 3, 16, 16)


def brightness(images: Tensor, which: Tensor) -> Tensor:
    return images.square().mean(dim=(1, 2, 3))


def test_a_generator_that_draws_no_numbers_is_an_error() -> None:
    model = replace(UNIFORM, generator=Broken(everywhere=True))
    with pytest.raises(ModelError, match="are not numbers"):
        descend(model, brightness, np.zeros((2, 3, 6), np.float32), QUICK)


def test_starts_without_numbers_come_last() -> None:
    model = replace(UNIFORM, generator=Broken(everywhere=False))
    starts = np.full((1, 2, 6), 0.5, np.float32)
    starts[0, 1] = -0.5
    found = descend(model, brightness, starts, DescentOptions(steps=1))
    assert np.isnan(found.losses[0]).tolist() == [False, True]
    assert (found.z[0, 0] < 0).all()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"starts": 0}, "`starts` must be 1 to 1,000, not 0"),
        ({"starts": 1001}, "`starts` must be 1 to 1,000, not 1001"),
        ({"steps": 0}, "`steps` must be 1 to 100,000, not 0"),
        ({"lr": 0}, "`lr` must be above 0"),
        ({"lr": float("nan")}, "`lr` must be above 0"),
        ({"lr": float("inf")}, "`lr` must be above 0"),
        ({"truncation": 0}, "`truncation` must be above 0 and at most 1"),
        ({"truncation": 1.5}, "`truncation` must be above 0 and at most 1"),
        ({"optimizer": "sgd"}, "`optimizer` must be adam or nesterov, not 'sgd'"),
        ({"schedule": "linear"}, "`schedule` must be cosine or constant, not 'linear'"),
        ({"seed": -1}, "`seed` must be 0 to"),
        ({"seed": 2**63}, "`seed` must be 0 to"),
    ],
)
def test_values_out_of_range_are_refused_by_their_names(values: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        DescentOptions(**values)


@pytest.mark.parametrize("frames", [-1, 1])
def test_a_film_of_one_frame_is_none(frames: int) -> None:
    with pytest.raises(UsageError, match=f"`frames` must be 0, or 2 to 10,000, not {frames}"):
        search(UNIFORM, samples(UNIFORM, 1), frames=frames)
