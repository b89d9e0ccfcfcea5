"""The browser's net draws what torch draws: its own functions, run by Node."""

from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
import torch
import wasmtime
from tests.export.lively import lively_model
from tests.export.page_scripts import evaluate, needs_node
from torch import Tensor, nn
from torch.nn import functional as F

from dcgan.errors import ModelError
from dcgan.export.web import export_page
from dcgan.model import Model
from dcgan.networks.architecture import Interface
from dcgan.types import DType

SEEDS = [3, 17, 2**40]


def drawn(page: Path, code: str = "CODE") -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    """RGBA of the seeds, (N, H * W, 4)."""
    weights, program = (f'new Uint8Array(Buffer.from({text}, "base64"))' for text in ("WEIGHTS", code))
    net = f"new Net(MODEL, {weights}.buffer, {program})"
    call = f"((net) => {SEEDS}.map((seed) => [...net.draw(latents(seed, MODEL))]))({net})"
    pixels = evaluate(call, "net.js", "latents.js", model=page / "model.js")
    return np.array(pixels).reshape(len(SEEDS), -1, 4)


def expected(model: Model) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    pixels = model.sample(SEEDS).astype(int).reshape(len(SEEDS), -1, model.channels)
    assert pixels.std() > 5
    if model.channels == 1:
        pixels = pixels.repeat(3, axis=2)
    return pixels if model.channels == 4 else np.concatenate([pixels, np.full_like(pixels[..., :1], 255)], axis=2)


def assert_same(model: Model, page: Path, code: str = "CODE") -> None:
    assert np.abs(drawn(page, code) - expected(model)).max() <= 1  # gray level


@needs_node
@pytest.mark.parametrize(
    ("size", "channels", "kernel_size", "layout"), [(17, 1, 5, "strided"), (22, 4, 3, "paired"), (33, 3, 3, "pooled")]
)
def test_it_draws_pictures_of_any_size(size: int, channels: int, kernel_size: int, layout: str, tmp_path: Path) -> None:
    model = lively_model(size=size, channels=channels, kernel_size=kernel_size, layout=layout, base_channels=3)
    files = export_page(model, tmp_path / "page", dtype="float32")
    assert files.details["gray_levels"] == {"mean": 0.0, "max": 0}
    assert_same(model, files.path)
    if size == 17:
        assert_same(model, files.path, code="''")  # where WebAssembly is switched off


@needs_node
@pytest.mark.parametrize("nets", ["conditional-dcgan", "gan-2014-cifar", "conditional-lapgan"])
def test_it_draws_with_other_kinds_of_nets(nets: str, tmp_path: Path) -> None:
    model = lively_model(nets)
    assert_same(model, export_page(model, tmp_path / "page", dtype="float32").path)


@needs_node
def test_rounded_weights_change_what_the_page_says_they_change(tmp_path: Path) -> None:
    model = lively_model(base_channels=16)
    whole, half = (export_page(model, tmp_path / dtype, dtype=dtype) for dtype in ("float32", "float16"))
    assert half.sizes["model.js"] < 0.7 * whole.sizes["model.js"]
    levels = half.details["gray_levels"]
    assert isinstance(levels, dict)
    assert 0 < levels["mean"] < 0.5
    assert np.abs(drawn(half.path) - expected(model)).max() <= levels["max"] + 1


@pytest.mark.parametrize(("factor", "dtype"), [(1e6, "float16"), (1e38, "float32")])
def test_a_page_that_would_draw_numbers_that_are_not_finite_is_refused(
    factor: float, dtype: DType, tmp_path: Path
) -> None:
    model = lively_model()
    with torch.no_grad():
        model.nets.generator.stem.weight.mul_(factor)
    with pytest.raises(ModelError, match="numbers that are not finite"):
        export_page(model, tmp_path / "page", dtype=dtype)


def test_the_product_in_webassembly_is_what_its_source_says() -> None:
    page = files("dcgan.export").joinpath("page")
    assert (
        wasmtime.wat2wasm(page.joinpath("multiply.wat").read_text("utf-8"))
        == page.joinpath("multiply.wasm").read_bytes()
    )


class Upsamples(nn.Module):
    """A generator of one's own: enlargement and convolutions in place of transposed ones."""

    def __init__(self, pooled: bool = False) -> None:
        super().__init__()
        self.stem = nn.ConvTranspose2d(6, 4, 8)
        self.convolutions = nn.Conv2d(4, 3, 3, padding=1)
        self.pooled = pooled

    def forward(self, z: Tensor) -> Tensor:
        h = F.leaky_relu(self.stem(z.view(-1, 6, 1, 1)))
        h = F.interpolate(h, scale_factor=2, mode="bilinear")
        return torch.sigmoid(self.convolutions(F.max_pool2d(h, 3, 1, 1) if self.pooled else h)) * 2 - 1


def own(generator: nn.Module) -> Model:
    interface = Interface(size=16, channels=3, latent_dim=6, latent_distribution="normal")
    with torch.no_grad():
        for parameter in generator.parameters():
            parameter.normal_(0, 0.7, generator=torch.Generator().manual_seed(0))
    return Model(interface, generator.eval(), nn.Identity())


@needs_node
def test_it_draws_with_nets_of_ones_own(tmp_path: Path) -> None:
    model = own(Upsamples())
    assert_same(model, export_page(model, tmp_path / "page", dtype="float32").path)


def test_a_layer_that_the_page_has_not_is_named_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="the operation max_pool, with which the page cannot draw; write it as ONNX"):
        export_page(own(Upsamples(pooled=True)), tmp_path / "page")
    assert [*tmp_path.iterdir()] == []


def axes_of(page: Path) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    return np.array([axis["direction"] for axis in evaluate("MODEL.axes", model=page / "model.js")])


@needs_node
def test_without_axes_of_its_own_a_model_has_those_that_change_the_first_map_most(tmp_path: Path) -> None:
    model = lively_model()
    axes = axes_of(export_page(model, tmp_path / "page").path)
    np.testing.assert_allclose(axes @ axes.T, 4 * np.eye(6), atol=1e-4)  # two standard deviations, at right angles
    net = model.nets.generator
    scale = net.stem_norm.weight / (net.stem_norm.running_var + net.stem_norm.eps).sqrt()
    steps = torch.from_numpy(axes).float() @ (net.stem.weight * scale[:, None]).T
    changes = steps.norm(dim=1).tolist()
    assert changes == sorted(changes, reverse=True)


@needs_node
def test_axes_leave_the_label_alone(tmp_path: Path) -> None:
    axes = axes_of(export_page(lively_model("conditional-dcgan"), tmp_path / "page").path)
    assert axes.shape == (6, 9)
    assert not axes[:, 6:].any()


@needs_node
def test_where_z_goes_more_ways_than_one_the_axes_are_its_numbers(tmp_path: Path) -> None:
    axes = axes_of(export_page(lively_model("lapgan"), tmp_path / "page").path)
    assert np.array_equal(axes[:, :8], 2 * np.eye(8))
