import torch

from dcgan.training.augment import AUGMENTATIONS, translate


def test_a_translation_moves_each_picture_by_itself_and_by_an_eighth_at_most() -> None:
    images = torch.zeros(200, 1, 16, 16)
    images[:, :, 8, 8] = 1.0
    moved = translate(images, torch.Generator().manual_seed(0))
    places = moved.flatten(1).argmax(dim=1)
    rows, columns = places // 16, places % 16
    assert moved.sum().item() == 200.0
    for axis in (rows, columns):
        assert set(axis.tolist()) == {6, 7, 8, 9, 10}


def test_what_comes_in_at_the_edge_is_mid_grey() -> None:
    moved = translate(torch.ones(50, 3, 16, 16), torch.Generator().manual_seed(0))
    assert set(moved.unique().tolist()) == {0.0, 1.0}


def test_gradients_pass_to_the_pixels_that_are_seen() -> None:
    images = torch.rand(20, 1, 16, 16, requires_grad=True)
    moved = translate(images, torch.Generator().manual_seed(1))
    moved.sum().backward()
    assert images.grad is not None
    assert torch.equal(images.grad.flatten(1).sum(1), (moved != 0).flatten(1).sum(1).float())


def test_every_augmentation_keeps_the_shape_and_repeats_by_its_generator() -> None:
    images = torch.rand(3, 3, 20, 20)
    for augmentation in AUGMENTATIONS.values():
        first, second = (augmentation(images, torch.Generator().manual_seed(7)) for _ in range(2))
        assert first.shape == images.shape
        assert torch.equal(first, second)
