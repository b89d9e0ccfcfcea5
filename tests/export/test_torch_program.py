"""Programs of torch.export give what the nets give, and load without dcgan."""

import sys
import warnings
from pathlib import Path

import pytest
import torch
from tests.export.lively import lively_model
from tests.test_model_pictures import predictor

from dcgan.export.torch_program import export_program


def test_they_load_where_dcgan_is_not_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = lively_model(normalization="spectral", size=19)
    files = export_program(model, tmp_path / "out")
    assert files.differences == {"generator.pt2": 0.0, "discriminator.pt2": 0.0}
    z = torch.arange(18).reshape(3, 6) / 18
    with torch.no_grad():
        expected = model.generator(z)
        logits, maps = model.discriminator(expected), model.nets.discriminator.activations(expected)
    for name in [name for name in sys.modules if name.partition(".")[0] == "dcgan"]:
        monkeypatch.setitem(sys.modules, name, None)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's loader uses what torch has deprecated
        generator, discriminator = (torch.export.load(files.path / name).module() for name in files.differences)
    images = generator(z)
    torch.testing.assert_close(images, expected)
    for here, there in zip(discriminator(images), (logits, *maps), strict=True):
        torch.testing.assert_close(here, there)


def test_nets_that_predict_frames_take_the_frames_before(tmp_path: Path) -> None:
    model = predictor()
    files = export_program(model, tmp_path / "out")
    assert files.details["frames"] == 3
    clips = torch.arange(2 * 3 * 16 * 16).reshape(2, 3, 16, 16) / 1000 - 0.7
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        generator, discriminator = (torch.export.load(files.path / name).module() for name in files.differences)
        torch.testing.assert_close(generator(clips[:, :2].flatten(1)), model.generator(clips[:, :2].flatten(1)))
        torch.testing.assert_close(discriminator(clips)[0], model.discriminator(clips))


def test_no_folder_of_this_machine_is_named_in_them(tmp_path: Path) -> None:
    model = lively_model("gan-2014-mnist")
    files = export_program(model, tmp_path / "out")
    for name in files.differences:
        assert str(Path(__file__).parents[2]).encode() not in (files.path / name).read_bytes()
