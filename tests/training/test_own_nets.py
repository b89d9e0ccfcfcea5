"""Nets of somebody's own go through the same loop: checkpoints, exact resume, sheets."""

from pathlib import Path
from typing import TypedDict

import numpy as np
import pytest
import torch
from tests.training.toys import TOY as TOY_OF_DCGANS
from tests.training.toys import discs
from torch import nn

from dcgan.errors import RecipeError, RunError, UsageError
from dcgan.loading import load
from dcgan.training.run import resume, train

TOY = TOY_OF_DCGANS.changed({"base_channels": None})


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DCGAN_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    np.save(tmp_path / "discs.npy", discs()[..., 0])
    return tmp_path / "discs.npy"


class Nets(TypedDict):
    generator: nn.Module
    discriminator: nn.Module


def nets() -> Nets:
    """Torch's own batch norm with running statistics, and dropout: both must survive a resume."""
    torch.manual_seed(0)
    return {
        "generator": nn.Sequential(
            nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 256), nn.Tanh(), nn.Unflatten(1, (1, 16, 16))
        ),
        "discriminator": nn.Sequential(nn.Flatten(), nn.Linear(256, 8), nn.Dropout(0.3), nn.Linear(8, 1)),
    }


def test_a_resumed_run_ends_with_the_very_weights_of_one_that_was_not_interrupted(
    pictures: Path, tmp_path: Path
) -> None:
    train(pictures, tmp_path / "whole", TOY, **nets())
    train(pictures, tmp_path / "parts", TOY.changed({"images": 32}), **nets())
    resume(tmp_path / "parts", {"images": 64}, **nets())
    whole, parts = (load(tmp_path / name, **nets()) for name in ("whole", "parts"))
    for first, second in ((whole.generator, parts.generator), (whole.discriminator, parts.discriminator)):
        expected = second.state_dict()
        assert [name for name, tensor in first.state_dict().items() if not torch.equal(tensor, expected[name])] == []


def test_a_recipe_of_other_nets_does_not_go_with_them(pictures: Path, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="the nets gan-2014-mnist are dcgan's own: leave `nets` out with"):
        train(pictures, tmp_path / "run", TOY.changed({"nets": "gan-2014-mnist"}), **nets())


def test_they_are_asked_for_again_and_have_to_fit(pictures: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="go together"):
        train(pictures, tmp_path / "run", TOY, generator=nets()["generator"])
    with pytest.raises(RecipeError, match="the generator gives"):
        train(pictures, tmp_path / "run", TOY, generator=nn.Linear(4, 3), discriminator=nets()["discriminator"])
    assert not (tmp_path / "run").exists()
    train(pictures, tmp_path / "run", TOY.changed({"images": 16}), **nets())
    with pytest.raises(RunError, match="not dcgan's own"):
        resume(tmp_path / "run", {"images": 32})


@pytest.mark.parametrize("schedule", ["linear", "cosine"])
def test_their_learning_rate_may_fall_to_the_end_of_the_run(schedule: str, pictures: Path, tmp_path: Path) -> None:
    result = train(pictures, tmp_path / "run", TOY.changed({"images": 16, "lr_schedule": schedule}), **nets())
    assert result.ending == "finished"


@pytest.mark.parametrize(
    "change",
    [
        {"layout": "strided"},
        {"base_channels": 7},
        {"kernel_size": 5},
        {"batch_norm_eps": 1e-3},
        {"normalization": "spectral"},
    ],
)
def test_what_lays_out_layers_of_dcgans_own_is_refused(
    change: dict[str, object], pictures: Path, tmp_path: Path
) -> None:
    with pytest.raises(RecipeError, match=f"`{next(iter(change))}` changes nothing with nets of your own: leave it"):
        train(pictures, tmp_path / "run", TOY.changed(change), **nets())
    assert not (tmp_path / "run").exists()


def test_tied_weights_are_refused_before_the_run_begins(pictures: Path, tmp_path: Path) -> None:
    tied = nets()
    layer = nn.Linear(8, 8)
    tied["discriminator"] = nn.Sequential(nn.Flatten(), nn.Linear(256, 8), layer, nn.ReLU(), layer, nn.Linear(8, 1))
    with pytest.raises(RecipeError, match=r"`discriminator`: two of its modules share the weight 4\.weight"):
        train(pictures, tmp_path / "run", TOY, **tied)
    assert not (tmp_path / "run").exists()
