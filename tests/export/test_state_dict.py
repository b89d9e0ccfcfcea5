"""State dicts by the tutorials' names, where a net is such a net; tests/test_checkpoint_import.py has the way back."""

from pathlib import Path

import pytest
import torch
from tests.export.lively import lively_model
from tests.test_checkpoint_import import TutorialD

from dcgan.errors import ModelError
from dcgan.export.state_dict import export_state_dict
from dcgan.networks.architecture import Normalization


def test_of_a_model_that_dcgan_trained_the_discriminator_fits(tmp_path: Path) -> None:
    model = lively_model(size=64)
    files = export_state_dict(model, tmp_path / "out")
    assert set(files.sizes) == {"netD.pth", "export.json"}
    assert files.details["not_written"] == {
        "netG.pth": "batch norm of its stem has a mean and a variance for each of the 16 units of a channel, "
        "theirs one for all of them"
    }
    theirs = TutorialD().eval()
    theirs.load_state_dict(torch.load(files.path / "netD.pth", weights_only=True))
    images = torch.rand(3, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        torch.testing.assert_close(theirs(images), torch.sigmoid(model.discriminator(images)))


def test_another_epsilon_is_made_theirs(tmp_path: Path) -> None:
    model = lively_model(size=64)
    for norm in model.nets.discriminator.norms:
        norm.eps = 0.01  # type: ignore[assignment]
    assert export_state_dict(model, tmp_path / "out").differences["netD.pth"] < 1e-6


@pytest.mark.parametrize(
    ("size", "kernel_size", "layout", "normalization", "reason"),
    [
        (28, 4, "strided", "batch", "its first map is 7x7, theirs 4x4.*its last map is not 4x4"),
        (64, 5, "strided", "batch", "not all 4x4 with stride 2 and padding 1"),
        (32, 3, "paired", "batch", "not all 4x4 with stride 2 and padding 1"),
        (64, 4, "strided", "spectral", "biases in place of batch norm"),
    ],
)
def test_nets_that_are_not_theirs_are_refused_with_the_reason(
    size: int, kernel_size: int, layout: str, normalization: Normalization, reason: str, tmp_path: Path
) -> None:
    model = lively_model(size=size, kernel_size=kernel_size, layout=layout, normalization=normalization)
    with pytest.raises(ModelError, match=rf"{reason}.*Use `dcgan export MODEL --to onnx` or --to pt2"):
        export_state_dict(model, tmp_path / "out")
    assert [*tmp_path.iterdir()] == []


def test_other_kinds_of_nets_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="the nets of this model are conditional-dcgan: write it as onnx or pt2"):
        export_state_dict(lively_model("conditional-dcgan"), tmp_path / "out")
