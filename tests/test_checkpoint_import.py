"""Checkpoints of the tutorials' nets become models that draw and judge the same."""

import pickle
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from dcgan.checkpoint_import import import_checkpoint
from dcgan.errors import ModelError
from dcgan.export.state_dict import export_state_dict
from dcgan.loading import load
from dcgan.model import Model

NZ, NGF, NDF = 10, 4, 2


class TutorialG(nn.Module):
    """As github.com/pytorch/examples has it, dcgan/main.py."""

    def __init__(self, nz: int = NZ, ngf: int = NGF, nc: int = 3) -> None:
        super().__init__()
        self.main = nn.Sequential(
            nn.ConvTranspose2d(nz, ngf * 8, 4, 1, 0, bias=False),
            nn.BatchNorm2d(ngf * 8),
            nn.ReLU(True),
            nn.ConvTranspose2d(ngf * 8, ngf * 4, 4, 2, 1, bias=False),
            nn.BatchNorm2d(ngf * 4),
            nn.ReLU(True),
            nn.ConvTranspose2d(ngf * 4, ngf * 2, 4, 2, 1, bias=False),
            nn.BatchNorm2d(ngf * 2),
            nn.ReLU(True),
            nn.ConvTranspose2d(ngf * 2, ngf, 4, 2, 1, bias=False),
            nn.BatchNorm2d(ngf),
            nn.ReLU(True),
            nn.ConvTranspose2d(ngf, nc, 4, 2, 1, bias=False),
            nn.Tanh(),
        )

    def forward(self, z: Tensor) -> Tensor:
        images: Tensor = self.main(z)
        return images


class TutorialD(nn.Module):
    def __init__(self, nc: int = 3, ndf: int = NDF) -> None:
        super().__init__()
        self.main = nn.Sequential(
            nn.Conv2d(nc, ndf, 4, 2, 1, bias=False),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Conv2d(ndf, ndf * 2, 4, 2, 1, bias=False),
            nn.BatchNorm2d(ndf * 2),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Conv2d(ndf * 2, ndf * 4, 4, 2, 1, bias=False),
            nn.BatchNorm2d(ndf * 4),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Conv2d(ndf * 4, ndf * 8, 4, 2, 1, bias=False),
            nn.BatchNorm2d(ndf * 8),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Conv2d(ndf * 8, 1, 4, 1, 0, bias=False),
            nn.Sigmoid(),
        )

    def forward(self, images: Tensor) -> Tensor:
        judged: Tensor = self.main(images).view(-1, 1).squeeze(1)
        return judged


def trained(net: nn.Module) -> nn.Module:
    """Weights of ordinary size, and running averages such as a training leaves."""
    random = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for name, tensor in net.state_dict().items():
            if name.endswith("running_var"):
                tensor.uniform_(0.5, 2, generator=random)
            elif tensor.ndim == 4:
                tensor.normal_(0, 0.3, generator=random)
            elif tensor.is_floating_point():
                tensor.normal_(0.5, 0.3, generator=random)
    return net.eval()


G, D = trained(TutorialG()), trained(TutorialD())
Z = torch.randn(4, NZ, generator=torch.Generator().manual_seed(1))


@pytest.fixture
def checkpoints(tmp_path: Path) -> tuple[Path, Path]:
    torch.save(G.state_dict(), tmp_path / "netG.pth")
    torch.save(D.state_dict(), tmp_path / "netD.pth")
    return tmp_path / "netG.pth", tmp_path / "netD.pth"


@torch.no_grad()
def assert_same(model: Model, generator: nn.Module = G) -> None:
    images = generator(Z[:, :, None, None])
    assert images.std() > 0.1
    torch.testing.assert_close(model.generator(Z), images, atol=1e-5, rtol=0)


def test_a_model_draws_and_judges_what_the_checkpoints_do(checkpoints: tuple[Path, Path], tmp_path: Path) -> None:
    import_checkpoint(*checkpoints).save(tmp_path / "model")
    model = load(tmp_path / "model", "cpu")
    assert (model.size, model.channels, model.latent_dim, model.latent_distribution) == (64, 3, NZ, "normal")
    assert_same(model)
    with torch.no_grad():
        images = model.generator(Z)
        torch.testing.assert_close(torch.sigmoid(model.discriminator(images)), D(images))
    assert "untrained" not in model.details


def test_written_back_they_are_the_checkpoints_to_the_bit(checkpoints: tuple[Path, Path], tmp_path: Path) -> None:
    files = export_state_dict(import_checkpoint(*checkpoints), tmp_path / "out")
    assert files.details["not_written"] == {}
    for name, net in (("netG.pth", TutorialG()), ("netD.pth", TutorialD())):
        written = torch.load(files.path / name, weights_only=True)
        net.load_state_dict(written)
        trained_net = G if name == "netG.pth" else D
        assert all(torch.equal(tensor, written[key]) for key, tensor in trained_net.state_dict().items())


def test_without_a_discriminator_the_models_own_is_untrained(checkpoints: tuple[Path, Path]) -> None:
    model = import_checkpoint(checkpoints[0], latent_distribution="uniform")
    assert str(model.details["untrained"]).startswith("the discriminator")
    assert model.latent_distribution == "uniform"
    assert_same(model)


def test_an_untrained_discriminator_is_not_exported_as_a_checkpoint(
    checkpoints: tuple[Path, Path], tmp_path: Path
) -> None:
    files = export_state_dict(import_checkpoint(checkpoints[0]), tmp_path / "out")
    assert set(files.sizes) == {"netG.pth", "export.json"}
    not_written = files.details["not_written"]
    assert isinstance(not_written, dict)
    assert "untrained" in not_written["netD.pth"]
    assert str(files.details["untrained"]).startswith("the discriminator")


@pytest.mark.parametrize("ups", [2, 6])
def test_other_sizes_other_names_and_biases_are_taken(ups: int, tmp_path: Path) -> None:
    layers: list[nn.Module] = [nn.ConvTranspose2d(NZ, 4, 4), nn.BatchNorm2d(4), nn.ReLU()]
    for _ in range(ups - 1):
        layers += [nn.ConvTranspose2d(4, 4, 4, 2, 1), nn.BatchNorm2d(4), nn.ReLU()]
    net = trained(nn.Sequential(*layers, nn.ConvTranspose2d(4, 1, 4, 2, 1, bias=False), nn.Tanh()))
    content = {"epoch": 7, "generator": {f"module.{name}": tensor for name, tensor in net.state_dict().items()}}
    torch.save(content, tmp_path / "checkpoint.pt")
    model = import_checkpoint(tmp_path / "checkpoint.pt")
    assert (model.size, model.channels) == (4 * 2**ups, 1)
    assert_same(model, net)


class Hostile:
    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (Path("touched"),))


def test_code_in_a_checkpoint_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save({"main.0.weight": Hostile()}, "hostile.pth")
    Path("plain.pth").write_bytes(pickle.dumps(Hostile(), protocol=2))
    torch.save(G, "module.pth")
    for name in ("hostile.pth", "plain.pth", "module.pth"):
        with pytest.raises(ModelError, match=rf"{name} holds more than tensors.*Save the state dict by itself"):
            import_checkpoint(name)
    assert not Path("touched").exists()


@pytest.mark.parametrize("content", [b"", b"no checkpoint", b"PK\x03\x04 damaged", b"\x80\x02", b"\x80\x02G\x00"])
def test_a_damaged_file_is_an_error(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "netG.pth").write_bytes(content)
    with pytest.raises(ModelError, match=r"netG\.pth (is damaged|holds more than tensors)"):
        import_checkpoint(tmp_path / "netG.pth")


def test_half_a_file_is_an_error(checkpoints: tuple[Path, Path]) -> None:
    checkpoints[0].write_bytes(checkpoints[0].read_bytes()[:5000])
    with pytest.raises(ModelError, match="is damaged, or is not a PyTorch checkpoint"):
        import_checkpoint(checkpoints[0])


def changed(net: nn.Module, **tensors: Tensor | None) -> dict[str, Tensor]:
    """The tensors of a net with some in place of others; None takes one out."""
    names = {name.replace("_", ".", 2): tensor for name, tensor in tensors.items()}
    whole = {**net.state_dict(), **names}
    return {name: tensor for name, tensor in whole.items() if tensor is not None}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([1, 2], "holds no state dict"),
        ({"epoch": 3}, "holds no state dict"),
        ({"fc.weight": torch.ones(3, 4)}, r"fc\.weight \(3 x 4\) is neither a convolution nor batch norm"),
        (changed(G, main_0_weight=torch.ones(NZ, 32, 5, 5)), "main.0 has a kernel of 5x5"),
        (changed(G, main_1_running_mean=None), "after main.0 it has bias, running_var, weight"),
        (changed(G, main_4_weight=torch.ones(9)), "its tensor for norms.0.weight has the shape"),
        (changed(G, main_0_weight=torch.full((NZ, 32, 4, 4), torch.nan)), "values that are not finite"),
        (changed(G, main_1_running_var=-torch.ones(32)), "variances below 0"),
        (changed(G, main_12_bias=torch.ones(3)), "main.12 has a bias, and dcgan's layer has none"),
        (D.state_dict(), "holds a discriminator: name the generator's file first"),
        (changed(G, main_12_weight=torch.ones(NGF, 7, 4, 4)), "channels must be 1, 3 or 4"),
        (changed(G, main_0_weight=torch.ones(NZ, 32, 4, 4).to_sparse()), "main.0.weight .* is no dense tensor"),
        (changed(G, main_0_weight=torch.ones(NZ, 32, 4, 4, device="meta")), "main.0.weight .* is no dense tensor"),
        (changed(G, main_0_weight=torch.ones(NZ, 32, 4, 4, dtype=torch.complex64)), "is no dense tensor of real"),
        (changed(G, main_0_weight=torch.ones(NZ, 32, 4, 4).to(torch.float8_e4m3fn)), "is no dense tensor of real"),
    ],
)
def test_another_net_is_refused_with_the_reason(content: object, message: str, tmp_path: Path) -> None:
    torch.save(content, tmp_path / "netG.pth")
    with pytest.raises(ModelError, match=message):
        import_checkpoint(tmp_path / "netG.pth")


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        ("main.0.bias", "the bias of main.0 does not fit"),
        ("main.2.weight", "main.2.weight .* is neither a convolution nor batch norm"),  # PReLU
    ],
)
def test_what_comes_after_a_convolution_must_fit_it(layer: str, message: str, tmp_path: Path) -> None:
    tensors = {}
    for name, tensor in G.state_dict().items():
        if name == ("main.1.weight" if layer == "main.0.bias" else "main.3.weight"):
            tensors[layer] = torch.ones(5) if layer == "main.0.bias" else torch.full((32,), 0.25)
        tensors[name] = tensor
    torch.save(tensors, tmp_path / "netG.pth")
    with pytest.raises(ModelError, match=message):
        import_checkpoint(tmp_path / "netG.pth")


def test_nets_of_different_pictures_are_no_pair(checkpoints: tuple[Path, Path], tmp_path: Path) -> None:
    torch.save(TutorialD(nc=1).state_dict(), tmp_path / "gray.pth")
    with pytest.raises(ModelError, match="judges pictures of 64 pixels and 1 channels, the generator draws 64 and 3"):
        import_checkpoint(checkpoints[0], tmp_path / "gray.pth")


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no file at"):
        import_checkpoint(tmp_path / "netG.pth")
