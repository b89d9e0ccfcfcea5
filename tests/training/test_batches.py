"""Mini-batches: what `horizontal_flip` makes of the real images."""

from pathlib import Path

import numpy as np
import pytest
import torch
from tests.training.toys import TOY, discs

from dcgan.data.packed import PackedSet
from dcgan.data.prepare import prepare
from dcgan.data.prepare_options import PrepareOptions
from dcgan.errors import RecipeError
from dcgan.randomness import batch_order
from dcgan.sound.spectrogram import SoundFormat
from dcgan.sound.wav import write_wav
from dcgan.training.batches import ImageLoader
from dcgan.training.distributed import Ranks
from dcgan.training.pictures import fit_to
from dcgan.training.run import resume, train

FLIPPED = TOY.changed({"horizontal_flip": True, "batch_size": 16})


def test_half_of_the_real_images_are_mirrored_and_the_rest_of_a_batch_stays() -> None:
    loader, mirrored = ImageLoader(discs(), torch.device("cpu")), 0
    for step in range(50):
        plain, batch = (loader.batch(recipe, step) for recipe in (TOY.changed({"batch_size": 16}), FLIPPED))
        assert torch.equal(plain.z, batch.z)
        assert torch.equal(plain.augment_noise, batch.augment_noise)
        for before, after in zip(plain.real, batch.real, strict=True):
            changed = not torch.equal(before, after)
            assert torch.equal(after, before.flip(-1) if changed else before)
            mirrored += changed
    assert 0.45 < mirrored / 800 < 0.55


def test_a_step_mirrors_the_same_images_each_time_and_ranks_share_them() -> None:
    loader = ImageLoader(discs(), torch.device("cpu"))
    whole = loader.batch(FLIPPED, 3)
    assert torch.equal(loader.batch(FLIPPED, 3).real, whole.real)
    parts = [loader.batch(FLIPPED, 3, rows=Ranks(rank, 4).share(16)).real for rank in range(4)]
    assert torch.equal(torch.cat(parts), whole.real)


def test_all_frames_of_a_clip_are_mirrored_together() -> None:
    clips = np.concatenate([discs(channels=3), discs(channels=3)], axis=3)
    recipe = FLIPPED.changed({"channels": 3})
    real = ImageLoader(clips, torch.device("cpu")).batch(recipe, 0).real
    assert torch.equal(real[:, :3], real[:, 3:])
    order = batch_order(recipe.seed, 0, 0, 16, len(clips))
    assert not torch.equal(real, ImageLoader(clips, torch.device("cpu")).images(order))


def test_a_resumed_run_mirrors_as_one_that_was_not_stopped(tmp_path: Path) -> None:
    whole = train(discs(), tmp_path / "whole", FLIPPED)
    train(discs(), tmp_path / "parts", FLIPPED.changed({"images": 32}))
    resumed = resume(tmp_path / "parts", {"images": 64})
    for name in ("generator", "discriminator"):
        weights = [(run / "model" / f"{name}.safetensors").read_bytes() for run in (whole.run, resumed.run)]
        assert weights[0] == weights[1]


def test_recordings_are_not_mirrored(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, 8000).astype(np.float32)
    write_wav([noise], SoundFormat(8000, 1.0), tmp_path / "noise.wav")
    prepare(tmp_path / "noise.wav", tmp_path / "packed", PrepareOptions(size=16, rate=8000, seconds=0.25))
    with pytest.raises(RecipeError, match="`horizontal_flip` would play half of the recordings backwards"):
        fit_to(FLIPPED, PackedSet.open(tmp_path / "packed"))
