"""The layers of a net: convolutions, and the arithmetic that makes them fit any picture size."""

from dataclasses import astuple, dataclass
from itertools import accumulate
from math import ceil
from typing import NamedTuple

KERNELS = range(3, 6)
WIDTHS = range(1, 1025)


@dataclass(frozen=True)
class ConvLayer:
    """One convolution: its output channels, the side of its square kernel, and a stride of 1 or 2.

    A `pooled` one has its stride outside the kernel: a discriminator takes the maximum of each 2x2 square after it, a
    generator enlarges before it.
    """

    out_channels: int
    kernel_size: int
    stride: int
    pooled: bool = False

    @property
    def reach(self) -> int:
        """Side of the square of the larger map that a value of the smaller one sees."""
        return self.kernel_size + self.pooled

    def __str__(self) -> str:
        pooled = ", pooled" if self.pooled else ""
        return f"{self.out_channels} channels, kernel_size {self.kernel_size}, stride {self.stride}{pooled}"


class Geometry(NamedTuple):
    """How one layer joins a map of side `large` to one of side `small` = ceil(large / stride)."""

    large: int
    small: int
    padding: int
    output_padding: int


def geometry(size: int, layers: tuple[ConvLayer, ...]) -> tuple[Geometry, ...]:
    """Follow a picture of side `size` down through `layers`: each map has ceil(side / stride) of the one before.

    A convolution with this padding goes from `large` to `small`; the transposed convolution with the same padding and
    `output_padding` goes back to exactly `large`, odd or even. (A 5x5 layer of stride 2 from 64 to 32 has padding 2
    and output padding 1, as in the released code.)
    """
    sides = accumulate(layers, lambda side, layer: ceil(side / layer.stride), initial=size)
    return tuple(_fit(large, layer) for large, layer in zip(sides, layers, strict=False))


def _fit(large: int, layer: ConvLayer) -> Geometry:
    small = ceil(large / layer.stride)
    span = (small - 1) * layer.stride + layer.reach  # pixels that the kernels reach
    padding = (span - large + 1) // 2
    return Geometry(large, small, padding, output_padding=large - (span - 2 * padding))


def check_layers(layers: tuple[ConvLayer, ...]) -> None:
    """Refuse layers that cannot be built.

    Raises:
        ValueError: A value is outside the range that the message names.
    """
    kinds = [tuple(map(type, astuple(layer))) for layer in layers]
    require(set(kinds) <= {(int, int, int, bool)}, "channels, kernel sizes and strides are whole numbers")
    for layer in layers:
        widest = 8 * WIDTHS[-1]
        require(0 < layer.out_channels <= widest, f"a layer's out_channels must be 1 to {widest}: {layer}")
        require(layer.kernel_size in KERNELS, f"kernel_size must be {KERNELS[0]} to {KERNELS[-1]}: {layer}")
        require(layer.stride in (1, 2), f"stride must be 1 or 2: {layer}")
        strides_itself = layer.stride == 2 and not layer.pooled
        require(layer.kernel_size % 2 == 1 or strides_itself, f"a kernel_size of 4 needs a stride of 2 in it: {layer}")
        require(not layer.pooled or layer.stride == 2, f"a pooled layer has a stride of 2: {layer}")
    require(0 < len(layers) <= 32, "a net has 1 to 32 layers")


def require(condition: bool, message: str) -> None:
    """Raise a ValueError with this message where a net cannot be built."""
    if not condition:
        raise ValueError(message)
