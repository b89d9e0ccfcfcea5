"""What the discriminator is shown."""

import pytest
import torch
from torch import Tensor

from dcgan.choices import AUGMENTATIONS
from dcgan.training.augment import color, color_translation_cutout, cutout, translation, translation_cutout


def numbers(*shape: int) -> Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(0))


def test_a_translation_moves_each_picture_by_itself_and_by_an_eighth_at_most() -> None:
    images = torch.zeros(200, 1, 16, 16)
    images[:, :, 8, 8] = 1.0
    moved = translation(images, numbers(200, 2))
    places = moved.flatten(1).argmax(dim=1)
    rows, columns = places // 16, places % 16
    assert moved.sum().item() == 200.0
    for axis in (rows, columns):
        assert set(axis.tolist()) == {6, 7, 8, 9, 10}


def test_a_translation_by_the_middle_number_moves_nothing() -> None:
    images = torch.rand(3, 3, 20, 20)
    assert torch.equal(translation(images, torch.full((3, 2), 0.5)), images)


def test_what_comes_in_at_the_edge_is_mid_gray() -> None:
    moved = translation(torch.ones(50, 3, 16, 16), numbers(50, 2))
    assert set(moved.unique().tolist()) == {0.0, 1.0}


def test_gradients_pass_to_the_pixels_that_are_seen() -> None:
    images = torch.rand(20, 1, 16, 16, requires_grad=True)
    moved = translation(images, numbers(20, 2))
    moved.sum().backward()
    assert images.grad is not None
    assert torch.equal(images.grad.flatten(1).sum(1), (moved != 0).flatten(1).sum(1).float())


def test_colors_by_hand() -> None:
    """One picture of two pixels: brightness + 0.25, saturation halved, contrast as it was."""
    red, gray = (0.6, 0.0, 0.0), (0.2, 0.2, 0.2)
    image = torch.tensor([red, gray]).T.reshape(1, 3, 1, 2)
    changed = color(image, torch.tensor([[0.75, 0.25, 0.5]]))
    expected = torch.tensor([(0.65, 0.35, 0.35), (0.45, 0.45, 0.45)]).T.reshape(1, 3, 1, 2)
    torch.testing.assert_close(changed, expected)


def test_contrast_is_stretched_about_the_picture_s_own_mean() -> None:
    image = torch.tensor([0.0, 0.4]).reshape(1, 1, 1, 2)
    changed = color(image, torch.tensor([[0.5, 0.5, 0.75]]))
    torch.testing.assert_close(changed.flatten(), torch.tensor([-0.05, 0.45]))


def test_a_hole_is_half_as_wide_as_the_picture_and_smaller_at_its_edge() -> None:
    holes = (cutout(torch.ones(3, 1, 16, 16), torch.tensor([[0.5, 0.5], [0.0, 0.5], [0.0, 0.0]])) == 0).sum((1, 2, 3))
    assert holes.tolist() == [7 * 7, 4 * 7, 4 * 4]


@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_every_augmentation_keeps_the_shape_and_looks_at_each_picture_by_itself(name: str) -> None:
    augmentation = AUGMENTATIONS[name]
    images, chance = torch.rand(3, 3, 20, 20), numbers(3, augmentation.numbers)
    together = augmentation.apply(images, chance)
    alone = torch.cat([augmentation.apply(images[i : i + 1], chance[i : i + 1]) for i in range(3)])
    assert together.shape == images.shape
    torch.testing.assert_close(together, alone)


def test_the_policy_without_color_is_that_of_which_colors_stay_as_they_are() -> None:
    images, random = torch.rand(20, 3, 16, 16) * 2 - 1, numbers(20, 4)
    as_they_are = torch.full((20, 3), 0.5)
    expected = color_translation_cutout(images, torch.cat([as_they_are, random], dim=1))
    torch.testing.assert_close(translation_cutout(images, random), expected)
