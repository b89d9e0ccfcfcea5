"""What a net is made of: convolutions, and the arithmetic that makes them fit any picture size."""

from collections.abc import Mapping
from dataclasses import astuple, dataclass, replace
from itertools import accumulate
from math import ceil
from typing import Any, ClassVar, Literal, NamedTuple, Self

from dcgan.choices import LAYOUTS

SIZES = range(16, 257)
CHANNELS = (1, 3, 4)
KERNELS = range(3, 6)
WIDTHS = range(1, 1025)
LATENT_DIMS = range(1, 8193)
CLASSES = range(1001)

LatentDistribution = Literal["uniform", "normal"]
Normalization = Literal["batch", "spectral"]


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


@dataclass(frozen=True, kw_only=True)
class Interface:
    """What a pair of nets takes and gives, whatever is inside.

    Raises:
        ValueError: A value is outside the range that its message names.
    """

    nets: ClassVar[str] = ""  # the kind of nets, a name of `dcgan.choices.NETS`; none for nets of your own

    size: int  # side of the square pictures, pixels, 16 to 256
    channels: int  # 1 gray, 3 RGB, 4 RGBA
    latent_dim: int  # numbers of a latent vector, those of the label included
    latent_distribution: LatentDistribution  # z ~ U(-1, 1) or N(0, 1), each number by itself
    classes: int = 0  # of conditional nets: the last so many numbers of a latent vector are the label, one-hot

    latent_dims: ClassVar[range] = LATENT_DIMS

    @classmethod
    def from_card(cls, values: Mapping[str, Any]) -> Self:
        """What a model's card has as JSON.

        Raises:
            TypeError, ValueError, KeyError: It cannot be built.
        """
        return cls(**values)

    @property
    def frames(self) -> int:
        """Frames of a real image: of nets that predict frames those of a clip, side by side in the channels."""
        return 1

    @property
    def noise_dim(self) -> int:
        """Numbers of a latent vector that are random: all but the label."""
        return self.latent_dim - self.classes

    def __post_init__(self) -> None:
        # a model's card may come from anywhere, and 16.0 is in a range too
        numbers = (self.size, self.channels, self.latent_dim, self.classes)
        _require(all(type(number) is int for number in numbers), "sizes, channels and classes are whole numbers")
        _require(self.classes in CLASSES, f"classes must be {CLASSES[0]} to {CLASSES[-1]}, not {self.classes}")
        _require(self.size in SIZES, f"size must be {SIZES[0]} to {SIZES[-1]} pixels, not {self.size}")
        _require(self.channels in CHANNELS, f"channels must be 1, 3 or 4, not {self.channels}")
        dims = self.latent_dims
        _require(self.latent_dim in dims, f"latent_dim must be {dims[0]} to {dims[-1]}")
        _require(self.classes < self.latent_dim, f"latent_dim must be more than classes, {self.classes}")
        known = self.latent_distribution in ("uniform", "normal")
        _require(known, f"latent_distribution must be uniform or normal, not {self.latent_distribution}")


@dataclass(frozen=True, kw_only=True)
class DiscriminatorArchitecture(Interface):
    """Everything that fixes the shape and the function of a DCGAN's discriminator, whatever generator it judges.

    It runs from the picture through `discriminator`; a layer of stride 2 halves the side of the map.

    Raises:
        ValueError: A value is outside the range that its message names.
    """

    discriminator: tuple[ConvLayer, ...]
    batch_norm_eps: float
    normalization: Normalization = "batch"  # of the discriminator; a DCGAN's generator always has batch norm

    def __post_init__(self) -> None:
        super().__post_init__()
        _require(0 < self.batch_norm_eps < 1, "batch_norm_eps must lie between 0 and 1")
        _require(self.normalization in ("batch", "spectral"), "normalization must be batch or spectral")
        _check_layers(self.discriminator)

    @classmethod
    def from_card(cls, values: Mapping[str, Any]) -> Self:
        """What a model's card has as JSON."""
        nets = {name: tuple(ConvLayer(**layer) for layer in values[name]) for name in cls.layered()}
        return cls(**{**values, **nets})

    @classmethod
    def layered(cls) -> tuple[str, ...]:
        """The fields that are lists of layers."""
        return ("discriminator",)

    @property
    def discriminator_geometry(self) -> tuple[Geometry, ...]:
        """The maps of the discriminator's layers, from the picture to the last map."""
        return geometry(self.size, self.discriminator)


@dataclass(frozen=True, kw_only=True)
class Architecture(DiscriminatorArchitecture):
    """Everything that fixes the shape and the function of a DCGAN's pair of nets.

    The generator runs from `latent_dim` numbers over a linear stem of `stem` channels through `generator`, whose last
    layer has as many channels as the pictures, and whose layers of stride 2 double the side of the map.

    Raises:
        ValueError: A value is outside the range that its message names.
    """

    nets: ClassVar[str] = "dcgan"

    stem_channels: int
    generator: tuple[ConvLayer, ...]

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_layers((ConvLayer(self.stem_channels, 3, 1),))
        _check_layers(self.generator)
        _require(
            self.generator[-1].out_channels == self.channels,
            "the generator's last layer has as many channels as the pictures",
        )

    @classmethod
    def layered(cls) -> tuple[str, ...]:
        """The fields that are lists of layers."""
        return ("generator", "discriminator")

    @property
    def generator_geometry(self) -> tuple[Geometry, ...]:
        """The maps of the generator's layers, from the stem to the picture."""
        return geometry(self.size, tuple(reversed(self.generator)))[::-1]


def _check_layers(layers: tuple[ConvLayer, ...]) -> None:
    kinds = [tuple(map(type, astuple(layer))) for layer in layers]
    _require(set(kinds) <= {(int, int, int, bool)}, "channels, kernel sizes and strides are whole numbers")
    for layer in layers:
        widest = 8 * WIDTHS[-1]
        _require(0 < layer.out_channels <= widest, f"a layer's out_channels must be 1 to {widest}: {layer}")
        _require(layer.kernel_size in KERNELS, f"kernel_size must be {KERNELS[0]} to {KERNELS[-1]}: {layer}")
        _require(layer.stride in (1, 2), f"stride must be 1 or 2: {layer}")
        strides_itself = layer.stride == 2 and not layer.pooled
        _require(layer.kernel_size % 2 == 1 or strides_itself, f"a kernel_size of 4 needs a stride of 2 in it: {layer}")
        _require(not layer.pooled or layer.stride == 2, f"a pooled layer has a stride of 2: {layer}")
    _require(0 < len(layers) <= 32, "a net has 1 to 32 layers")


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


def strided(size: int, base_channels: int, kernel_size: int | None) -> tuple[ConvLayer, ...]:
    """The discriminator of the paper's 64x64 and SVHN nets, for any size: halve until 7 or less, doubling the channels.

    They stop at eight times its start (1024 in the paper's faces net). Kernels are 4x4 by default.
    """
    return tuple(
        ConvLayer(base_channels * min(2**depth, 8), kernel_size or 4, stride=2) for depth in range(_halvings(size))
    )


def paired(size: int, base_channels: int, kernel_size: int | None) -> tuple[ConvLayer, ...]:
    """The discriminator of the paper's ImageNet net, for any size: a layer of stride 1 before each of stride 2.

    Kernels are 3x3 by default, as in the paper.
    """
    return tuple(
        ConvLayer(base_channels * min(2**depth, 8), kernel_size or 3, stride)
        for depth in range(_halvings(size))
        for stride in (1, 2)
    )


def pooled(size: int, base_channels: int, kernel_size: int | None) -> tuple[ConvLayer, ...]:
    """As `strided`, with kernels of 3x3 by default, and pooling or enlargement in place of their stride."""
    return tuple(replace(layer, pooled=True) for layer in strided(size, base_channels, kernel_size or 3))


def mirror(channels: int, discriminator: tuple[ConvLayer, ...]) -> tuple[ConvLayer, ...]:
    """The generator's layers for a discriminator: the same maps in reverse order, ending in the picture's channels.

    All three released pairs are mirrors of each other in this sense.
    """
    widths = (channels, *(layer.out_channels for layer in discriminator[:-1]))
    return tuple(
        replace(layer, out_channels=out_channels)
        for out_channels, layer in zip(reversed(widths), reversed(discriminator), strict=True)
    )


@dataclass(frozen=True, kw_only=True)
class NetOptions:
    """What a recipe says of its nets; each kind takes what it has a use for."""

    size: int
    channels: int
    classes: int  # of the labels that conditional nets are given
    layout: str
    base_channels: int
    kernel_size: int | None  # None: as the layout has it by default
    latent_dim: int
    latent_distribution: LatentDistribution
    batch_norm_eps: float
    normalization: Normalization
    history: int  # frames that nets are given to predict the next

    def interface(self, more: int = 0) -> dict[str, Any]:
        """What every `Interface` has; latent vectors have so many numbers more than z, the label's not counted."""
        return {
            "size": self.size,
            "channels": self.channels,
            "latent_dim": self.latent_dim + more + self.classes,
            "latent_distribution": self.latent_distribution,
            "classes": self.classes,
        }


def build_architecture(
    *,
    layout: str,
    size: int,
    channels: int,
    base_channels: int,
    kernel_size: int | None = None,
    latent_dim: int,
    latent_distribution: LatentDistribution,
    batch_norm_eps: float,
    normalization: Normalization = "batch",
) -> Architecture:
    """Lay out a mirrored pair of nets by the name of a layout, whose kernels have a side by default.

    Raises:
        ValueError: A value is outside its range.
        UsageError: There is no such layout.
    """
    _require(size in SIZES, f"size must be {SIZES[0]} to {SIZES[-1]} pixels, not {size}")
    _require(base_channels in WIDTHS, f"base_channels must be {WIDTHS[0]} to {WIDTHS[-1]}, not {base_channels}")
    discriminator = LAYOUTS[layout](size, base_channels, kernel_size)
    return Architecture(
        size=size,
        channels=channels,
        latent_dim=latent_dim,
        latent_distribution=latent_distribution,
        stem_channels=discriminator[-1].out_channels,
        generator=mirror(channels, discriminator),
        discriminator=discriminator,
        batch_norm_eps=batch_norm_eps,
        normalization=normalization,
    )


def _halvings(size: int) -> int:
    """How often `size` is halved, rounding up, until the map's side is 7 or less (64 -> 4, 28 -> 7, 100 -> 7)."""
    halvings = 0
    while ceil(size / 2**halvings) > 7:
        halvings += 1
    return halvings


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise ValueError(message)
