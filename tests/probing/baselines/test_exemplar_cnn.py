"""The net that tells single pictures apart."""

import numpy as np
import pytest
import torch
from tests.toy_model import toy_model

from dcgan.pixels import to_images
from dcgan.probing.baselines.exemplar_cnn import fit_exemplar, transform

BODY = toy_model().nets.discriminator


def numbers(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_transformed_pictures_differ_and_stay_pictures() -> None:
    image = torch.rand(1, 3, 16, 16).expand(50, -1, -1, -1) * 2 - 1
    many = transform(image, numbers())
    assert many.shape == image.shape
    assert many.abs().max() <= 1
    assert (many - image).abs().mean(dim=(1, 2, 3)).min() > 0.05
    assert torch.equal(many, transform(image, numbers()))
    assert not torch.equal(many, transform(image, numbers(1)))


def test_a_flat_picture_stays_as_it_is() -> None:
    flat = torch.full((4, 1, 16, 16), 0.3)
    torch.testing.assert_close(transform(flat, numbers()).contiguous(), flat)


def test_a_bar_is_turned_and_moved_within_the_ranges() -> None:
    bar = torch.full((200, 1, 32, 32), -1.0)
    bar[:, :, 15:17, :] = 1
    rows = torch.arange(32)[:, None].float()
    light = transform(bar, numbers())[:, 0] - transform(bar, numbers()).amin(dim=(1, 2, 3))[:, None, None]
    middle = (light * rows).sum(dim=(1, 2)) / light.sum(dim=(1, 2))
    assert middle.min() > 4
    assert middle.max() < 27
    assert middle.std() > 1.5


def test_the_net_learns_to_tell_pictures_apart_and_body_stays() -> None:
    random = np.random.default_rng(0)
    tops = random.integers(0, 255, (6, 1, 1, 3))
    pixels = np.broadcast_to(tops, (6, 16, 16, 3)).astype(np.uint8).copy()
    pixels[:, 8:] = random.integers(0, 255, (6, 1, 1, 3))
    before = {name: tensor.clone() for name, tensor in BODY.state_dict().items()}
    told: list[tuple[int, int | None]] = []
    net = fit_exemplar(BODY, pixels, seen=2000, on_progress=lambda *now: told.append(now))
    assert told[-1] == (2048, 2048)
    assert all(torch.equal(tensor, before[name]) for name, tensor in BODY.state_dict().items())
    views = [to_images(torch.from_numpy(pixels)).repeat_interleave(20, 0) for _ in range(2)]
    first, second = (transform(view, numbers(seed)) for seed, view in enumerate(views))
    maps = [net.train().activations(view)[-1].detach().flatten(1) for view in (first, second)]
    near = torch.cdist(maps[1], maps[0]).argmin(dim=1) // 20
    assert (near == torch.arange(120) // 20).float().mean() > 0.7


def test_one_picture_alone_is_refused() -> None:
    with pytest.raises(ValueError, match="one picture alone"):
        fit_exemplar(BODY, np.zeros((1, 16, 16, 3), np.uint8))
