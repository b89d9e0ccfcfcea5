"""What fixes a pair of nets, and stands in a model's card: what they take and give, and of a DCGAN all layers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Self

from dcgan.networks.layers import ConvLayer, Geometry, check_layers, geometry, require

SIZES = range(16, 257)
CHANNELS = (1, 3, 4)
LATENT_DIMS = range(1, 8193)
CLASSES = range(1001)

LatentDistribution = Literal["uniform", "normal"]
Normalization = Literal["batch", "spectral"]


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
        require(all(type(number) is int for number in numbers), "sizes, channels and classes are whole numbers")
        require(self.classes in CLASSES, f"classes must be {CLASSES[0]} to {CLASSES[-1]}, not {self.classes}")
        require(self.size in SIZES, f"size must be {SIZES[0]} to {SIZES[-1]} pixels, not {self.size}")
        require(self.channels in CHANNELS, f"channels must be 1, 3 or 4, not {self.channels}")
        dims = self.latent_dims
        require(self.latent_dim in dims, f"latent_dim must be {dims[0]} to {dims[-1]}")
        require(self.classes < self.latent_dim, f"latent_dim must be more than classes, {self.classes}")
        known = self.latent_distribution in ("uniform", "normal")
        require(known, f"latent_distribution must be uniform or normal, not {self.latent_distribution}")


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
        require(0 < self.batch_norm_eps < 1, "batch_norm_eps must lie between 0 and 1")
        require(self.normalization in ("batch", "spectral"), "normalization must be batch or spectral")
        check_layers(self.discriminator)

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
        check_layers((ConvLayer(self.stem_channels, 3, 1),))
        check_layers(self.generator)
        require(
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
