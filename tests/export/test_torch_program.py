"""Programs of torch.export give what the nets give, and load without dcgan."""

import subprocess
import sys
from pathlib import Path

import torch
from tests.export.lively import lively_model

from dcgan.export.torch_program import export_program

LOAD = """
import sys, warnings
sys.modules["dcgan"] = None  # as where it is not installed
warnings.simplefilter("ignore")
import torch
generator, discriminator = (
    torch.export.load(f"{sys.argv[1]}/{name}.pt2").module() for name in ("generator", "discriminator")
)
z = torch.arange(18).reshape(3, 6) / 18
images = generator(z)
torch.save([images, *discriminator(images)], f"{sys.argv[1]}/out.pt")
"""


def test_they_load_where_dcgan_is_not_installed(tmp_path: Path) -> None:
    model = lively_model(normalization="spectral", size=19)
    files = export_program(model, tmp_path / "out")
    assert files.differences == {"generator.pt2": 0.0, "discriminator.pt2": 0.0}
    subprocess.run([sys.executable, "-c", LOAD, str(files.path)], check=True)
    images, logits, *maps = torch.load(files.path / "out.pt", weights_only=True)
    z = torch.arange(18).reshape(3, 6) / 18
    with torch.no_grad():
        torch.testing.assert_close(images, model.generator(z))
        torch.testing.assert_close(logits, model.discriminator(images))
        for here, there in zip(maps, model.nets.discriminator.activations(images), strict=True):
            torch.testing.assert_close(here, there)


def test_no_folder_of_this_machine_is_named_in_them(tmp_path: Path) -> None:
    model = lively_model("gan-2014-mnist")
    files = export_program(model, tmp_path / "out")
    for name in files.differences:
        assert str(Path(__file__).parents[2]).encode() not in (files.path / name).read_bytes()
