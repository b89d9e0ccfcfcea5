"""The Inception-v3 of the Fréchet distance: the network of 2015-12-05 whose features every published FID is made of.

Names and shapes are those of the weights file that the whole field shares
(`pt_inception-2015-12-05-6726825d.pth`, converted from the TensorFlow graph that Heusel et al. 2017 used). Two things
differ from the Inception-v3 of torch's model zoo: average pooling leaves the border out of its count, and the last
block pools by the maximum.
"""

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from dcgan.errors import ModelError
from dcgan.files import sha256

SIDE = 299  # pixels that pictures are resized to
FEATURES = 2048
SHA256 = "6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2"
ADDRESS = "https://github.com/mseitzer/pytorch-fid/releases/download/fid_weights/pt_inception-2015-12-05-6726825d.pth"

Shape = tuple[int, int, int | tuple[int, int], int, int | tuple[int, int]]  # in, out, kernel, stride, padding


class ConvBlock(nn.Module):
    """Convolution, batch norm with fixed statistics, ReLU."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        inputs, outputs, kernel, stride, padding = shape
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, padding, bias=False)
        self.bn = nn.BatchNorm2d(outputs, eps=0.001)

    def forward(self, x: Tensor) -> Tensor:
        """(N, in, H, W) -> (N, out, H', W')."""
        return F.relu(self.bn(self.conv(x)))


class Mixed(nn.Module):
    """Several paths through convolutions and poolings, joined along the channels."""

    def __init__(self, convolutions: dict[str, Shape], paths: tuple[tuple[str, ...], ...]) -> None:
        super().__init__()
        for name, shape in convolutions.items():
            self.add_module(name, ConvBlock(shape))
        self.paths = paths

    def forward(self, x: Tensor) -> Tensor:
        """Follow each path; what two of them begin with is computed once."""
        reached: dict[tuple[str, ...], Tensor] = {(): x}
        for path in self.paths:
            for length in range(1, len(path) + 1):
                if path[:length] not in reached:
                    reached[path[:length]] = self._apply_step(path[length - 1], reached[path[: length - 1]])
        return torch.cat([reached[path] for path in self.paths], 1)

    def _apply_step(self, name: str, x: Tensor) -> Tensor:
        if name == "average":
            return F.avg_pool2d(x, 3, 1, 1, count_include_pad=False)
        if name == "maximum":
            return F.max_pool2d(x, 3, 1, 1)
        if name == "halve":
            return F.max_pool2d(x, 3, 2)
        result: Tensor = self.get_submodule(name)(x)
        return result


def _mixed_a(inputs: int, pooled: int) -> Mixed:
    return Mixed(
        {
            "branch1x1": (inputs, 64, 1, 1, 0),
            "branch5x5_1": (inputs, 48, 1, 1, 0),
            "branch5x5_2": (48, 64, 5, 1, 2),
            "branch3x3dbl_1": (inputs, 64, 1, 1, 0),
            "branch3x3dbl_2": (64, 96, 3, 1, 1),
            "branch3x3dbl_3": (96, 96, 3, 1, 1),
            "branch_pool": (inputs, pooled, 1, 1, 0),
        },
        (
            ("branch1x1",),
            ("branch5x5_1", "branch5x5_2"),
            ("branch3x3dbl_1", "branch3x3dbl_2", "branch3x3dbl_3"),
            ("average", "branch_pool"),
        ),
    )


def _mixed_b() -> Mixed:
    return Mixed(
        {
            "branch3x3": (288, 384, 3, 2, 0),
            "branch3x3dbl_1": (288, 64, 1, 1, 0),
            "branch3x3dbl_2": (64, 96, 3, 1, 1),
            "branch3x3dbl_3": (96, 96, 3, 2, 0),
        },
        (("branch3x3",), ("branch3x3dbl_1", "branch3x3dbl_2", "branch3x3dbl_3"), ("halve",)),
    )


def _mixed_c(width: int) -> Mixed:
    row, column = ((1, 7), 1, (0, 3)), ((7, 1), 1, (3, 0))
    return Mixed(
        {
            "branch1x1": (768, 192, 1, 1, 0),
            "branch7x7_1": (768, width, 1, 1, 0),
            "branch7x7_2": (width, width, *row),
            "branch7x7_3": (width, 192, *column),
            "branch7x7dbl_1": (768, width, 1, 1, 0),
            "branch7x7dbl_2": (width, width, *column),
            "branch7x7dbl_3": (width, width, *row),
            "branch7x7dbl_4": (width, width, *column),
            "branch7x7dbl_5": (width, 192, *row),
            "branch_pool": (768, 192, 1, 1, 0),
        },
        (
            ("branch1x1",),
            ("branch7x7_1", "branch7x7_2", "branch7x7_3"),
            tuple(f"branch7x7dbl_{number}" for number in range(1, 6)),
            ("average", "branch_pool"),
        ),
    )


def _mixed_d() -> Mixed:
    return Mixed(
        {
            "branch3x3_1": (768, 192, 1, 1, 0),
            "branch3x3_2": (192, 320, 3, 2, 0),
            "branch7x7x3_1": (768, 192, 1, 1, 0),
            "branch7x7x3_2": (192, 192, (1, 7), 1, (0, 3)),
            "branch7x7x3_3": (192, 192, (7, 1), 1, (3, 0)),
            "branch7x7x3_4": (192, 192, 3, 2, 0),
        },
        (
            ("branch3x3_1", "branch3x3_2"),
            ("branch7x7x3_1", "branch7x7x3_2", "branch7x7x3_3", "branch7x7x3_4"),
            ("halve",),
        ),
    )


def _mixed_e(inputs: int, pooling: str) -> Mixed:
    row, column = ((1, 3), 1, (0, 1)), ((3, 1), 1, (1, 0))
    return Mixed(
        {
            "branch1x1": (inputs, 320, 1, 1, 0),
            "branch3x3_1": (inputs, 384, 1, 1, 0),
            "branch3x3_2a": (384, 384, *row),
            "branch3x3_2b": (384, 384, *column),
            "branch3x3dbl_1": (inputs, 448, 1, 1, 0),
            "branch3x3dbl_2": (448, 384, 3, 1, 1),
            "branch3x3dbl_3a": (384, 384, *row),
            "branch3x3dbl_3b": (384, 384, *column),
            "branch_pool": (inputs, 192, 1, 1, 0),
        },
        (
            ("branch1x1",),
            ("branch3x3_1", "branch3x3_2a"),
            ("branch3x3_1", "branch3x3_2b"),
            ("branch3x3dbl_1", "branch3x3dbl_2", "branch3x3dbl_3a"),
            ("branch3x3dbl_1", "branch3x3dbl_2", "branch3x3dbl_3b"),
            (pooling, "branch_pool"),
        ),
    )


class Inception(nn.Module):
    """Images (N, 3, 299, 299) in [-1, 1] -> features (N, 2048), the averaged last map."""

    def __init__(self) -> None:
        super().__init__()
        self.Conv2d_1a_3x3 = ConvBlock((3, 32, 3, 2, 0))
        self.Conv2d_2a_3x3 = ConvBlock((32, 32, 3, 1, 0))
        self.Conv2d_2b_3x3 = ConvBlock((32, 64, 3, 1, 1))
        self.Conv2d_3b_1x1 = ConvBlock((64, 80, 1, 1, 0))
        self.Conv2d_4a_3x3 = ConvBlock((80, 192, 3, 1, 0))
        self.Mixed_5b, self.Mixed_5c, self.Mixed_5d = _mixed_a(192, 32), _mixed_a(256, 64), _mixed_a(288, 64)
        self.Mixed_6a = _mixed_b()
        self.Mixed_6b, self.Mixed_6c = _mixed_c(128), _mixed_c(160)
        self.Mixed_6d, self.Mixed_6e = _mixed_c(160), _mixed_c(192)
        self.Mixed_7a = _mixed_d()
        self.Mixed_7b, self.Mixed_7c = _mixed_e(1280, "average"), _mixed_e(2048, "maximum")
        self.fc = nn.Linear(FEATURES, 1008)  # the classes; held so that the file fits, not used

    def forward(self, images: Tensor) -> Tensor:
        """Features of images."""
        h: Tensor = self.Conv2d_2b_3x3(self.Conv2d_2a_3x3(self.Conv2d_1a_3x3(images)))
        h = self.Conv2d_4a_3x3(self.Conv2d_3b_1x1(F.max_pool2d(h, 3, 2)))
        h = F.max_pool2d(h, 3, 2)
        for name, block in self.named_children():
            if name.startswith("Mixed"):
                h = block(h)
        return h.mean(dim=(2, 3))


def downloaded_weights() -> Path:
    """The weights file in torch's own cache, downloaded if it is not there yet.

    Raises:
        ModelError: It cannot be downloaded.
    """
    path = Path(torch.hub.get_dir()) / "checkpoints" / ADDRESS.rpartition("/")[2]
    if not path.is_file():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            torch.hub.download_url_to_file(ADDRESS, str(path), hash_prefix=SHA256, progress=False)
        except (OSError, RuntimeError) as error:
            raise ModelError(
                f"the Inception weights cannot be downloaded ({error}); download {ADDRESS} on another machine and put "
                f"the file at {path}, or use the extractor efficientnet-lite0, which works offline"
            ) from error
    return path


def load_inception(path: Path, expected_sha256: str = SHA256) -> Inception:
    """Read the weights file.

    Raises:
        ModelError: There is none at `path`, or it is not the file whose SHA-256 is expected.
    """
    if not path.is_file():
        raise ModelError(f"no Inception weights at {path}; download {ADDRESS} and name the file with `weights`")
    if sha256(path) != expected_sha256:
        raise ModelError(
            f"{path} is not the file that published Fréchet distances are made with (its SHA-256 differs from "
            f"{expected_sha256[:8]}...); download {ADDRESS} again"
        )
    net = Inception()
    try:
        net.load_state_dict(torch.load(path, "cpu", weights_only=True))
    except Exception as error:  # torch raises many kinds for a file that is none of its own
        raise ModelError(f"{path} does not hold the weights of this net: {error}") from error
    return net.eval().requires_grad_(False)


def resize_as_tensorflow_1(images: Tensor, side: int) -> Tensor:
    """Resize bilinearly as the reference did: TensorFlow 1 samples at i * from / to, without half a pixel's shift.

    Args:
        images: (N, C, H, W), float32.
        side: Of the result, pixels.

    Returns:
        (N, C, side, side).
    """
    rows, columns = (_bilinear_weights(length, side).to(images) for length in images.shape[2:])
    return rows @ images @ columns.T


def _bilinear_weights(length: int, side: int) -> Tensor:
    """The matrix (side, length) whose rows weigh the two pixels that each new one lies between."""
    position = torch.arange(side, dtype=torch.float32) * (length / side)
    low = position.floor().long()
    high = (low + 1).clamp(max=length - 1)
    share = (position - low)[:, None]
    one_hot = torch.eye(length)
    return one_hot[low] * (1 - share) + one_hot[high] * share
