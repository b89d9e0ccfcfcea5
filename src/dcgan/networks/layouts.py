"""What a net is made of: stages (width, kernel, stride), and the arithmetic that makes them fit any picture size."""

from dataclasses import astuple, dataclass
from itertools import accumulate
from math import ceil
from typing import Literal, NamedTuple

SIZES = range(16, 257)
CHANNELS = (1, 3, 4)
KERNELS = range(3, 6)
WIDTHS = range(1, 1025)
LATENT_DIMS = range(1, 4097)

LatentDistribution = Literal["uniform", "normal"]
Normalisation = Literal["batch", "spectral"]


@dataclass(frozen=True)
class Stage:
    """One convolution: `width` output channels, a square kernel of side `kernel`, and a stride of 1 or 2."""

    width: int
    kernel: int
    stride: int


class Geometry(NamedTuple):
    """How one stage joins a map of side `large` to one of side `small` = ceil(large / stride)."""

    large: int
    small: int
    padding: int
    output_padding: int


@dataclass(frozen=True)
class Architecture:
    """Everything that fixes the shape and the function of a pair of nets.

    The generator runs from `latent_dim` numbers over a linear stem of `stem` channels through `generator`, whose last
    stage has as many channels as the pictures; the discriminator runs from the picture through `discriminator`.
    A generator's stage of stride 2 doubles the side of the map; a discriminator's halves it.

    Raises:
        ValueError: A value is outside the range that its message names.
    """

    size: int  # side of the square pictures, pixels, 16 to 256
    channels: int  # 1 grey, 3 RGB, 4 RGBA
    latent_dim: int
    latent: LatentDistribution  # z ~ U(-1, 1) or N(0, 1), each number by itself
    stem: int
    generator: tuple[Stage, ...]
    discriminator: tuple[Stage, ...]
    batch_norm_epsilon: float
    normalisation: Normalisation = "batch"  # of the discriminator; the generator always has batch norm

    def __post_init__(self) -> None:
        stages = (Stage(self.stem, 3, 1), *self.generator, *self.discriminator)
        numbers = (self.size, self.channels, self.latent_dim, *(n for stage in stages for n in astuple(stage)))
        # a card of a model may come from anywhere, and 16.0 is in a range too
        _require(all(type(number) is int for number in numbers), "sizes, widths, kernels and strides are whole numbers")
        _require(self.size in SIZES, f"size must be {SIZES[0]} to {SIZES[-1]} pixels, not {self.size}")
        _require(self.channels in CHANNELS, f"channels must be 1, 3 or 4, not {self.channels}")
        _require(self.latent_dim in LATENT_DIMS, f"latent_dim must be {LATENT_DIMS[0]} to {LATENT_DIMS[-1]}")
        _require(self.latent in ("uniform", "normal"), f"latent must be 'uniform' or 'normal', not {self.latent!r}")
        _require(0 < self.batch_norm_epsilon < 1, "batch_norm_epsilon must lie between 0 and 1")
        _require(self.normalisation in ("batch", "spectral"), "normalisation must be 'batch' or 'spectral'")
        for stage in stages:
            _require(0 < stage.width <= 8 * WIDTHS[-1], f"a stage's width must be 1 to {8 * WIDTHS[-1]}: {stage}")
            _require(stage.kernel in KERNELS, f"kernel must be {KERNELS[0]} to {KERNELS[-1]}: {stage}")
            _require(stage.stride in (1, 2), f"stride must be 1 or 2: {stage}")
            _require(stage.kernel % 2 == 1 or stage.stride == 2, f"a kernel of 4 needs a stride of 2: {stage}")
        _require(0 < len(self.generator) <= 32 and 0 < len(self.discriminator) <= 32, "a net has 1 to 32 stages")
        _require(self.generator[-1].width == self.channels, "the generator's last stage draws the picture's channels")

    @property
    def generator_geometry(self) -> tuple[Geometry, ...]:
        """The maps of the generator's stages, from the stem to the picture."""
        return geometry(self.size, tuple(reversed(self.generator)))[::-1]

    @property
    def discriminator_geometry(self) -> tuple[Geometry, ...]:
        """The maps of the discriminator's stages, from the picture to the last map."""
        return geometry(self.size, self.discriminator)


def geometry(size: int, stages: tuple[Stage, ...]) -> tuple[Geometry, ...]:
    """Follow a picture of side `size` down through `stages`: each map has ceil(side / stride) of the one before.

    A convolution with this padding goes from `large` to `small`; the transposed convolution with the same padding and
    `output_padding` goes back to exactly `large`, odd or even. (A 5x5 stage of stride 2 from 64 to 32 has padding 2
    and output padding 1, as in the released code.)
    """
    sides = accumulate(stages, lambda side, stage: ceil(side / stage.stride), initial=size)
    return tuple(_fit(large, stage) for large, stage in zip(sides, stages, strict=False))


def _fit(large: int, stage: Stage) -> Geometry:
    small = ceil(large / stage.stride)
    span = (small - 1) * stage.stride + stage.kernel  # pixels that the kernels reach
    padding = (span - large + 1) // 2
    return Geometry(large, small, padding, output_padding=large - (span - 2 * padding))


def strided(size: int, width: int, kernel: int) -> tuple[Stage, ...]:
    """The discriminator of the paper's 64x64 and SVHN nets, for any size: halve until 7 or less, doubling the width.

    The width stops at eight times its start (1024 in the paper's faces net).
    """
    return tuple(Stage(width * min(2**depth, 8), kernel, stride=2) for depth in range(_halvings(size)))


def paired(size: int, width: int, kernel: int) -> tuple[Stage, ...]:
    """The discriminator of the paper's ImageNet net, for any size: a stage of stride 1 before each of stride 2."""
    return tuple(
        Stage(width * min(2**depth, 8), kernel, stride) for depth in range(_halvings(size)) for stride in (1, 2)
    )


def mirror(channels: int, discriminator: tuple[Stage, ...]) -> tuple[Stage, ...]:
    """The generator's stages for a discriminator: the same maps in reverse order, ending in the picture's channels.

    All three released pairs are mirrors of each other in this sense.
    """
    widths = (channels, *(stage.width for stage in discriminator[:-1]))
    return tuple(
        Stage(width, stage.kernel, stage.stride)
        for width, stage in zip(reversed(widths), reversed(discriminator), strict=True)
    )


STAGE_LISTS = {"strided": strided, "paired": paired}


def build_architecture(
    *,
    stages: str,
    size: int,
    channels: int,
    width: int,
    kernel: int,
    latent_dim: int,
    latent: LatentDistribution,
    batch_norm_epsilon: float,
    normalisation: Normalisation = "batch",
) -> Architecture:
    """Lay out a mirrored pair of nets by the name of a stage list (a key of `STAGE_LISTS`).

    Raises:
        ValueError: A value is outside its range.
    """
    _require(stages in STAGE_LISTS, f"stages must be one of {', '.join(STAGE_LISTS)}, not {stages!r}")
    _require(size in SIZES, f"size must be {SIZES[0]} to {SIZES[-1]} pixels, not {size}")
    _require(width in WIDTHS, f"width must be {WIDTHS[0]} to {WIDTHS[-1]}, not {width}")
    discriminator = STAGE_LISTS[stages](size, width, kernel)
    return Architecture(
        size=size,
        channels=channels,
        latent_dim=latent_dim,
        latent=latent,
        stem=discriminator[-1].width,
        generator=mirror(channels, discriminator),
        discriminator=discriminator,
        batch_norm_epsilon=batch_norm_epsilon,
        normalisation=normalisation,
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
