"""Programs of torch.export give what the nets give, and load without dcgan."""

import sys
import warnings
from pathlib import Path

import pytest
import torch
from tests.export.lively import lively_model

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


def test_no_folder_of_this_machine_is_named_in_them(tmp_path: Path) -> None:
    model = lively_model("gan-2014-mnist")
    files = export_program(model, tmp_path / "out")
    for name in files.differences:
        assert str(Path(__file__).parents[2]).encode() not in (files.path / name).read_bytes()
