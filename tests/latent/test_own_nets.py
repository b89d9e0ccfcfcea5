"""Nets of a user's own walk, add and turn as dcgan's do; what looks into layers says that it cannot."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from dcgan.errors import ModelError
from dcgan.latent.arithmetic import arithmetic
from dcgan.latent.concept_search import find_concepts
from dcgan.latent.samples import generate_samples, sample_to_folder
from dcgan.latent.turn import turn
from dcgan.latent.walk import interpolate, measure_steps
from dcgan.model import Model
from dcgan.networks.architecture import Interface

torch.manual_seed(0)
GENERATOR = nn.Sequential(nn.Linear(6, 16 * 16 * 3), nn.Unflatten(1, (3, 16, 16)), nn.Tanh())
DISCRIMINATOR = nn.Sequential(nn.Flatten(), nn.Linear(16 * 16 * 3, 1), nn.Flatten(0))
MODEL = Model(Interface(size=16, channels=3, latent_dim=6, latent_distribution="normal"), GENERATOR, DISCRIMINATOR)


def test_nets_of_your_own_sample_walk_add_and_turn(tmp_path: Path) -> None:
    pixels = MODEL.sample([1, 2])
    assert np.array_equal(generate_samples(MODEL, [1, 2]).pixels, pixels)
    assert len(sample_to_folder(MODEL, [1, 2], tmp_path / "pictures")) == 2
    assert np.array_equal(interpolate(MODEL, [1, 2], 3).pixels[0, [0, -1]], pixels)
    concepts = find_concepts(MODEL, None, {"a": [1, 2, 3], "b": [4, 5, 6]})
    assert arithmetic(MODEL, "a - b", concepts=concepts).pixels.shape == (9, 16, 16, 3)
    assert np.array_equal(turn(MODEL, [1, 2], ("a", "b"), steps=3, concepts=concepts).pixels[:, 1], pixels)


def test_perceptual_distances_need_the_layers_of_our_discriminator() -> None:
    walk = interpolate(MODEL, [1, 2], 3)
    with pytest.raises(ModelError, match=r"`even` perceptual needs .* are your own: take `even` latent"):
        interpolate(MODEL, [1, 2], even="perceptual")
    with pytest.raises(ModelError, match="a perceptual distance needs the layers of a DCGAN, and the nets of this"):
        measure_steps(MODEL, walk)
