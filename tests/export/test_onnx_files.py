"""ONNX files give what torch gives, whatever the size, and hold nothing on which programs disagree."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any, get_args

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from tests.export.lively import lively_model
from torch import Tensor, nn
from torch.nn import functional as F

from dcgan.choices import NETS
from dcgan.errors import DcganError, ModelError
from dcgan.export import card, onnx_files
from dcgan.export.card import CARD
from dcgan.export.onnx_files import export_onnx
from dcgan.model import Model
from dcgan.networks.architecture import Interface
from dcgan.types import DType


def computed(path: Path, **inputs: Tensor) -> dict[str, Any]:
    """What onnxruntime gives, by the names of the outputs."""
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(None, {name: one.numpy() for name, one in inputs.items()}), strict=True))


def nodes(path: Path) -> list[onnx.NodeProto]:
    return list(onnx.load(path).graph.node)


def attributes(node: onnx.NodeProto) -> dict[str, Any]:
    return {one.name: onnx.helper.get_attribute_value(one) for one in node.attribute}


def test_both_nets_give_what_torch_gives_for_any_number_of_rows(tmp_path: Path) -> None:
    model = lively_model(size=17, kernel_size=5)
    files = export_onnx(model, tmp_path / "out")
    assert files.details["opset"] == 18
    assert set(files.sizes) == {"generator.onnx", "discriminator.onnx", CARD}
    assert max(files.differences.values()) < 1e-4
    for rows in (1, 5):
        z = torch.randn(rows, 6, generator=torch.Generator().manual_seed(rows))
        with torch.no_grad():
            images = model.generator(z)
            logits, maps = model.discriminator(images), model.nets.discriminator.activations(images)
        assert images.std() > 0.05
        drawn = computed(files.path / "generator.onnx", z=z)["images"]
        np.testing.assert_allclose(drawn, images, atol=1e-5)
        judged = computed(files.path / "discriminator.onnx", images=images)
        assert [*judged] == ["logits", *(f"features_{number}" for number in range(len(maps)))]
        for here, there in zip(judged.values(), (logits, *maps), strict=True):
            np.testing.assert_allclose(here, there, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("size", "channels", "kernel_size", "layout"),
    [(64, 1, 5, "strided"), (21, 4, 4, "strided"), (18, 3, 3, "paired"), (17, 3, 3, "pooled")],
)
def test_transposed_convolutions_have_explicit_pads_alone(
    size: int, channels: int, kernel_size: int, layout: str, tmp_path: Path
) -> None:
    model = lively_model(size=size, channels=channels, kernel_size=kernel_size, layout=layout)
    files = export_onnx(model, tmp_path / "out")
    transposed = [attributes(node) for node in nodes(files.path / "generator.onnx") if node.op_type == "ConvTranspose"]
    padded = [layer.output_padding != (0, 0) for layer in model.nets.generator.convolutions]
    assert any(padded)
    for layer, uneven in zip(transposed, padded, strict=True):
        assert layer.keys() == {"kernel_shape", "strides", "pads"}
        assert min(layer["pads"]) >= 0
        assert (layer["pads"][:2] != layer["pads"][2:]) == uneven
    kinds = {node.op_type for node in nodes(files.path / "generator.onnx")}
    assert kinds == {"Gemm", "Relu", "Reshape", "ConvTranspose", "Tanh"}  # batch norm is in the weights


@pytest.mark.parametrize("nets", ["conditional-dcgan", "gan-2014-mnist", "conditional-lapgan"])
def test_other_kinds_of_nets_are_exported_as_well(nets: str, tmp_path: Path) -> None:
    model = lively_model(nets)
    files = export_onnx(model, tmp_path / "out")
    assert max(files.differences.values()) < 1e-4
    inputs = onnx.load(files.path / "discriminator.onnx").graph.input
    assert [one.name for one in inputs] == (["images", "labels"] if NETS[nets].conditional else ["images"])


def test_a_spectrally_normalized_discriminator_has_its_weights_as_they_are_used(tmp_path: Path) -> None:
    model = lively_model(normalization="spectral")
    before = {name: tensor.clone() for name, tensor in model.discriminator.state_dict().items()}
    files = export_onnx(model, tmp_path / "out")
    assert {node.op_type for node in nodes(files.path / "discriminator.onnx")} == {
        *("Conv", "LeakyRelu", "Reshape", "Gemm")
    }
    assert all(torch.equal(before[name], tensor) for name, tensor in model.discriminator.state_dict().items())


def test_half_precision_halves_the_files_and_tells_the_difference(tmp_path: Path) -> None:
    model = lively_model(base_channels=16)
    whole, half = (export_onnx(model, tmp_path / dtype, dtype=dtype) for dtype in ("float32", "float16"))
    assert half.bytes < 0.6 * whole.bytes
    assert 1e-5 < half.differences["generator.onnx"] < 0.01
    z = torch.zeros(1, 6)
    assert computed(half.path / "generator.onnx", z=z)["images"].dtype == np.float32


@pytest.mark.filterwarnings("ignore:overflow encountered")  # in what becomes of the file's constants
@pytest.mark.filterwarnings("ignore:invalid value encountered")  # infinity less infinity
@pytest.mark.parametrize("dtype", get_args(DType))
def test_files_that_give_numbers_that_are_not_finite_are_refused(dtype: DType, tmp_path: Path) -> None:
    model = lively_model()
    with torch.no_grad():
        model.nets.discriminator.convolutions[0].get_parameter("weight").mul_(1e38)
    with pytest.raises(ModelError, match=r"discriminator\.onnx gives numbers that are not finite"):
        export_onnx(model, tmp_path / "out", dtype=dtype)
    assert not (tmp_path / "out").exists()


class ComputedKernels(nn.Module):
    """A generator whose transposed kernels come from smaller ones, and whose norm has nothing to go into."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Linear(6, 4 * 16)
        self.kernel = nn.Parameter(torch.randn(4, 4, 3, 3, generator=torch.Generator().manual_seed(0)))
        self.norm = nn.BatchNorm2d(4)
        self.last = nn.ConvTranspose2d(4, 3, 2, stride=3, output_padding=2)

    def forward(self, z: Tensor) -> Tensor:
        h = F.relu(self.stem(z), inplace=True).view(z.size(0), 4, 4, 4)
        box = F.conv2d(self.kernel.flatten(0, 1).unsqueeze(1), torch.ones(1, 1, 2, 2) / 4, padding=1)
        h = F.conv_transpose2d(h, box.reshape(4, 4, 4, 4), stride=2, padding=1)
        h = self.norm(F.leaky_relu(h, 0.1))
        return torch.tanh(F.max_pool2d(self.last(h), 2, ceil_mode=True)[:, :, :13, :13].mul(0.5))


class SeesEdges(nn.Module):
    def forward(self, images: Tensor) -> Tensor:
        return images.flatten(1).amax(dim=1)


def own(generator: nn.Module, discriminator: nn.Module) -> Model:
    interface = Interface(size=16, channels=3, latent_dim=6, latent_distribution="normal")
    return Model(interface, generator.eval(), discriminator.eval())


def test_nets_of_ones_own_are_exported_by_what_they_compute(tmp_path: Path) -> None:
    model = own(ComputedKernels(), SeesEdges())
    files = export_onnx(model, tmp_path / "out")
    assert max(files.differences.values()) < 1e-5
    shapes = [tuple(one.dims) for one in onnx.load(files.path / "generator.onnx").graph.initializer]
    assert (4, 4, 4, 4) in shapes  # the kernel as it is used
    assert (4, 3, 4, 4) in shapes  # with zeros for the output padding that no pad can give


def test_an_operation_that_is_not_known_is_named_with_what_to_do(tmp_path: Path) -> None:
    class Sorts(ComputedKernels):
        def forward(self, z: Tensor) -> Tensor:
            return super().forward(z.sort(dim=1).values)

    class RoundsDown(ComputedKernels):
        def forward(self, z: Tensor) -> Tensor:
            return super().forward(torch.div(z, 2, rounding_mode="floor"))

    with pytest.raises(ModelError, match=r"the operation sort, .*torch\.onnx\.export"):
        export_onnx(own(Sorts(), SeesEdges()), tmp_path / "out")
    with pytest.raises(ModelError, match=r"the operation div with such arguments, .*torch\.onnx\.export"):
        export_onnx(own(RoundsDown(), SeesEdges()), tmp_path / "out")
    assert [*tmp_path.iterdir()] == []


def test_a_net_that_mixes_rows_is_refused(tmp_path: Path) -> None:
    class Mixes(ComputedKernels):
        def forward(self, z: Tensor) -> Tensor:
            return super().forward(z - z.flatten().view(6, -1)[:, :1].view(1, 6).expand(z.shape[0], 6))

    with pytest.raises(ModelError, match=r"rows that .* mixes"):
        export_onnx(own(Mixes(), SeesEdges()), tmp_path / "out")


def test_a_file_that_gives_something_else_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(card, "TOLERANCE", 0.0)  # then rounding is something else
    with pytest.raises(ModelError, match=r"generator\.onnx differs from the net by"):
        export_onnx(lively_model(size=32), tmp_path / "out")
    assert [*tmp_path.iterdir()] == []


def test_what_is_there_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "diary.txt").write_text("mine")
    with pytest.raises(ModelError, match="exists and is not an exported model"):
        export_onnx(lively_model(), tmp_path / "out", overwrite=True)


def test_without_the_extra_it_says_how_to_install_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onnx_files, "find_spec", lambda name: None if name == "onnx" else find_spec(name))
    with pytest.raises(DcganError, match=r"pip install 'dcgan\[export\]'"):
        export_onnx(lively_model(), tmp_path / "out")
