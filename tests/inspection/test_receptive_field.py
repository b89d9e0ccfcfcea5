"""The receptive field is exactly where a unit's gradient is not 0."""

import numpy as np
import pytest
import torch
from tests.toy_model import toy_model

from dcgan.inspection.guided import back_propagate, plain
from dcgan.inspection.kernels import first_kernels
from dcgan.inspection.receptive_field import ReceptiveField, cut_patches, receptive_field
from dcgan.model import Model
from dcgan.networks.batch_norm import measure_statistics
from dcgan.networks.discriminator import Discriminator
from dcgan.networks.generator import Generator
from dcgan.networks.initialize import initialize
from dcgan.networks.layouts import build_architecture
from dcgan.training.presets import preset


def small_model(layout: str, size: int, kernel_size: int) -> Model:
    architecture = build_architecture(
        layout=layout,
        size=size,
        channels=1,
        base_channels=2,
        kernel_size=kernel_size,
        latent_dim=2,
        latent_distribution="normal",
        batch_norm_eps=1e-5,
    )
    net = Discriminator(architecture)
    initialize(net, torch.Generator().manual_seed(0))
    measure_statistics(net, [torch.rand(8, 1, size, size, generator=torch.Generator().manual_seed(1)) * 2 - 1])
    return Model(architecture, Generator(architecture), net.eval())


@pytest.mark.parametrize(("layout", "size", "kernel_size"), [("strided", 32, 4), ("strided", 29, 5), ("paired", 20, 3)])
def test_it_is_where_the_gradient_is_not_zero(layout: str, size: int, kernel_size: int) -> None:
    model = small_model(layout, size, kernel_size)
    pixels = np.random.default_rng(0).integers(0, 256, (1, size, size, 1)).astype(np.uint8)
    for layer, fit in enumerate(model.architecture.discriminator_geometry):
        field = receptive_field(model.architecture, layer)
        places = sorted({(0, 0), (fit.small // 2, fit.small // 3), (0, fit.small - 1), (fit.small - 1, fit.small - 1)})
        units = np.array([(0, *place) for place in places])
        saliency = back_propagate(model, pixels.repeat(len(units), axis=0), layer, units, plain)
        for (_, row, column), own in zip(units, saliency, strict=True):
            top, left = int(field.corner(row)), int(field.corner(column))
            expected = np.zeros((size, size), bool)
            expected[max(0, top) : top + field.side, max(0, left) : left + field.side] = True
            assert np.array_equal(own[..., 0] != 0, expected)


@pytest.mark.parametrize("size", [28, 29])
def test_with_pooling_some_picture_or_other_moves_the_unit_from_every_pixel_of_its_field(size: int) -> None:
    model = small_model("pooled", size, 3)
    pixels = np.random.default_rng(0).integers(0, 256, (200, size, size, 1)).astype(np.uint8)
    for row, column in ((0, 0), (3, 5), (model.architecture.discriminator_geometry[0].small - 1, 0)):
        saliency = back_propagate(model, pixels, 0, np.array([(0, row, column)] * len(pixels)), plain)
        field = receptive_field(model.architecture, 0)
        top, left = (int(corner) for corner in field.corner(np.array([row, column])))
        expected = np.zeros((size, size), bool)
        expected[max(0, top) : top + field.side, max(0, left) : left + field.side] = True
        assert np.array_equal((saliency[..., 0] != 0).any(axis=0), expected)


def test_fields_of_the_papers_faces_net() -> None:
    """5x5 kernels of stride 2: each layer adds 4 of the steps so far, which are 1, 2, 4, 8."""
    architecture = preset("paper-64").architecture()
    assert [receptive_field(architecture, layer).side for layer in range(4)] == [5, 13, 29, 61]
    assert [receptive_field(architecture, layer).step for layer in range(4)] == [2, 4, 8, 16]


def test_patches_are_what_units_see_and_gray_beyond() -> None:
    pixels = np.arange(2 * 4 * 4 * 3, dtype=np.uint8).reshape(2, 4, 4, 3)
    field = ReceptiveField(side=3, step=2, start=-1)
    patches = cut_patches(pixels, field, np.array([0, 1]), np.array([1, 1]))
    assert patches.shape == (2, 3, 3, 3)
    assert (patches[0, 0] == 128).all()
    assert np.array_equal(patches[0, 1:], pixels[0, :2, 1:4])
    assert np.array_equal(patches[1], pixels[1, 1:4, 1:4])


def test_numbers_of_any_type_are_cut_as_pictures_are() -> None:
    numbers = np.random.default_rng(0).normal(size=(1, 4, 4, 3)).astype(np.float32)
    cut = cut_patches(numbers, ReceptiveField(side=3, step=2, start=-1), np.array([0]), np.array([1]), beyond=0)
    assert cut.dtype == np.float32
    assert not cut[0, 0].any()
    assert np.array_equal(cut[0, 1:], numbers[0, :2, 1:4])


def test_a_patch_decides_the_response_alone() -> None:
    """Outside its receptive field a picture may be anything: the unit answers the same."""
    model = small_model("strided", 32, 4)
    field = receptive_field(model.architecture, 0)
    pixels = np.random.default_rng(0).integers(0, 256, (2, 32, 32, 1)).astype(np.uint8)
    row = np.array([5, 5])
    top = int(field.corner(row[:1])[0])
    pixels[1, top : top + field.side, top : top + field.side] = pixels[
        0, top : top + field.side, top : top + field.side
    ]
    first, second = cut_patches(pixels, field, row, row)
    assert np.array_equal(first, second)
    images = torch.from_numpy(pixels).permute(0, 3, 1, 2) / 127.5 - 1
    answers = model.nets.discriminator.activations(images)[0][:, :, 5, 5]
    assert torch.allclose(answers[0], answers[1], atol=1e-6)


def test_kernels_are_the_first_layers_weights() -> None:
    model = toy_model()
    kernels = first_kernels(model)
    assert kernels.shape == (8, 4, 4, 3)
    weights = model.nets.discriminator.state_dict()["convolutions.0.weight"]
    assert kernels[5, 1, 2, 0] == float(weights[5, 0, 1, 2])
