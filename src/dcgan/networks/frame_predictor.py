"""Predicting the next frame of a video: a generator of several scales, and a DCGAN's discriminator of whole clips.

After Mathieu, Couprie and LeCun (2016), "Deep multi-scale video prediction beyond mean square error".
"""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from dcgan.choices import LAYOUTS
from dcgan.networks.architecture import DiscriminatorArchitecture
from dcgan.networks.batch_norm import BatchNorm
from dcgan.networks.discriminator import Discriminator
from dcgan.networks.families import NetFamily
from dcgan.networks.initialize import initialize
from dcgan.networks.layouts import NetOptions

HISTORIES = range(1, 17)
WIDTHS = range(1, 513)
MOST_SCALES, SMALLEST = 4, 8  # scales of the generator, and the side that the coarsest has at least
STILL = 0.01  # of the usual weights, in the last layer of each scale
INNER, OUTER = 3, 5  # sides of the kernels of each scale: of the layers in the middle, and of the first and the last


@dataclass(frozen=True, kw_only=True)
class FrameArchitecture(DiscriminatorArchitecture):
    """A generator that is given frames, which are its latent vectors, and a discriminator that judges clips.

    Raises:
        ValueError: A value is outside the range that its message names.
    """

    nets: ClassVar[str] = "frame-predictor"
    latent_dims: ClassVar[range] = range(1, HISTORIES[-1] * 4 * 256**2 + 1)

    history: int  # frames that the next is predicted from
    width: int  # channels of the first and the last hidden layer of each scale; those between have twice as many

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, value, allowed in (
            ("`history`", self.history, HISTORIES),
            ("width (`base_channels`)", self.width, WIDTHS),
        ):
            if type(value) is not int or value not in allowed:
                raise ValueError(f"{name} must be {allowed[0]} to {allowed[-1]}, not {value}")
        if self.size % 2:
            raise ValueError(f"`size` must be even, not {self.size}")
        if self.classes or self.latent_dim != self.history * self.channels * self.size**2:
            raise ValueError("latent_dim must be the numbers of the frames before, without a label")

    @property
    def frames(self) -> int:
        """Frames of a clip: those before, and the next."""
        return self.history + 1

    @property
    def noise_dim(self) -> int:
        """None of a latent vector's numbers is random."""
        return 0

    @property
    def sides(self) -> tuple[int, ...]:
        """Sides of the frames of each scale, from the coarsest up: halves, as long as they are even."""
        sides = [self.size]
        while len(sides) < MOST_SCALES and sides[-1] % 4 == 0 and sides[-1] // 2 >= SMALLEST:
            sides.append(sides[-1] // 2)
        return tuple(reversed(sides))


class Scale(nn.Module):
    """What one scale adds: frames before and the coarser guess (N, inputs, side, side) -> (N, channels, side, side).

    Each 2x2 square of pixels is a position of its maps (sub-pixel convolution, Shi et al. 2016): a quarter of the
    arithmetic, and kernels that see twice as far.
    """

    def __init__(self, inputs: int, width: int, channels: int, eps: float) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.PixelUnshuffle(2),
            nn.Conv2d(4 * inputs, width, OUTER, padding=OUTER // 2, bias=False),
            BatchNorm(width, eps),
            nn.ReLU(),
            nn.Conv2d(width, 2 * width, INNER, padding=INNER // 2, bias=False),
            BatchNorm(2 * width, eps),
            nn.ReLU(),
            nn.Conv2d(2 * width, width, INNER, padding=INNER // 2, bias=False),
            BatchNorm(width, eps),
            nn.ReLU(),
            nn.Conv2d(width, 4 * channels, OUTER, padding=OUTER // 2),
            nn.PixelShuffle(2),
        )

    def forward(self, maps: Tensor) -> Tensor:
        """Convolve."""
        change: Tensor = self.layers(maps).float()
        return change


class FramePredictor(nn.Module):
    """Frames before, flattened (N, history * channels * size^2) in [-1, 1] -> the next (N, channels, size, size).

    The coarsest scale guesses what changes after the last frame from all frames made smaller; each finer one is given
    the frame guessed so far, and adds what it finds (Mathieu et al. 2016, section 3.1; there each scale guesses the
    frame itself). There is no noise: the same frames have the same next one.
    """

    def __init__(self, architecture: FrameArchitecture) -> None:
        super().__init__()
        channels, width = architecture.channels, architecture.width
        self.channels = channels
        self.sides = architecture.sides
        self.before = (architecture.history * channels, architecture.size, architecture.size)
        given = self.before[0]
        self.scales = nn.ModuleList(
            Scale(given + (channels if number else 0), width, channels, architecture.batch_norm_eps)
            for number in range(len(self.sides))
        )

    def forward(self, z: Tensor) -> Tensor:
        """Predict."""
        return self.predict(z.unflatten(1, self.before))

    def predict(self, before: Tensor) -> Tensor:
        """The next frame of frames side by side in the channels, (N, history * channels, size, size)."""
        pyramid = [before]
        for _ in self.sides[1:]:
            pyramid.append(F.avg_pool2d(pyramid[-1], 2))
        change = self.scales[0](pyramid.pop())
        for scale in self.scales[1:]:
            frames = pyramid.pop()
            change = F.interpolate(change, scale_factor=2, mode="bilinear", align_corners=False)
            guess = frames[:, -self.channels :] + change
            change = change + scale(torch.cat([frames, guess], dim=1))
        predicted: Tensor = before[:, -self.channels :] + change
        return predicted

    def continue_clips(self, _z: Tensor, clips: Tensor) -> Tensor:
        """In training: real clips (N, frames * channels, size, size) with the last frame predicted from the others."""
        before = clips[:, : self.before[0]]
        return torch.cat([before, self.predict(before)], dim=1)


@torch.no_grad()
def _initialize(net: FramePredictor | Discriminator, generator: torch.Generator) -> None:
    """Fill both as a DCGAN's, but a generator's convolutions by their inputs (He et al. 2015)."""
    initialize(net, generator)
    for scale in net.scales if isinstance(net, FramePredictor) else ():
        convolutions = [layer for layer in scale.modules() if isinstance(layer, nn.Conv2d)]
        for convolution in convolutions:
            nn.init.kaiming_normal_(convolution.weight, nonlinearity="relu", generator=generator)
        convolutions[-1].weight.mul_(STILL)  # it begins by repeating the last frame, nearly


def _lay_out(options: NetOptions) -> FrameArchitecture:
    return FrameArchitecture(
        size=options.size,
        channels=options.channels,
        latent_dim=options.history * options.channels * options.size**2,
        latent_distribution=options.latent_distribution,
        discriminator=LAYOUTS[options.layout](options.size, options.base_channels, options.kernel_size),
        batch_norm_eps=options.batch_norm_eps,
        normalization=options.normalization,
        history=options.history,
        width=options.base_channels,
    )


FRAME_PREDICTOR = NetFamily(
    architecture=FrameArchitecture,
    lay_out=_lay_out,
    generator=FramePredictor,
    discriminator=Discriminator,
    initialize=_initialize,
    ignores=frozenset({"latent_dim", "latent_distribution"}),
    draw=FramePredictor.continue_clips,
    continues=True,
)
