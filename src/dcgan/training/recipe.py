"""The recipe: every hyper-parameter of a training run. It is the flags of `dcgan train`, a TOML file, and Python."""

import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from types import MappingProxyType
from typing import Literal

import tomli_w

from dcgan.device import DEVICES, is_device_name
from dcgan.errors import RecipeError
from dcgan.networks.layouts import Architecture, LatentDistribution, Normalization, build_architecture

LENGTHS = ("images", "epochs", "steps", "minutes")
MAY_CHANGE = (
    *LENGTHS,
    *("evaluate_every", "evaluate_samples", "evaluate_extractor"),
    *("checkpoint_every", "sheet_every", "keep", "on_collapse"),
    *("device", "capture", "sync_batch_norm", "threads"),
)


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Every hyper-parameter of a training run. The defaults are the preset `default`.

    Raises:
        RecipeError: A value is out of its range; the message names the flag and the range.
    """

    preset: str = "default"
    """Named recipe to start from; flags change single values of it. `dcgan presets` lists them."""

    size: int | None = None
    """Side of the square pictures in pixels, 16 to 256. Default: that of the packed set, or 64 for other sources."""
    channels: int | None = None
    """1 (gray), 3 (RGB) or 4 (RGBA). Default: those of the packed set, or 3 for other sources."""
    layout: Literal["strided", "paired"] = "strided"
    """Layout of the nets: one convolution a halving, or two, as in the paper's ImageNet net."""
    base_channels: int = 32
    """Channels of the discriminator's first stage, 1 to 1024; they double with each halving, up to eight times.
    32 gives the best pictures in an hour of CPU; with a GPU take 64 or 128."""
    kernel_size: int = 4
    """Side of the convolution kernels, 3 to 5. The paper has 5, or 3 for ImageNet; 4 takes 2/3 of the time."""
    latent_dim: int = 100
    """Numbers in z, 1 to 4096."""
    latent_distribution: LatentDistribution = "uniform"
    """Distribution of z: uniform is U(-1, 1), normal is N(0, 1)."""
    batch_norm_eps: float = 1e-5
    """Added to the variance in batch norm. The released code has 1e-8."""
    normalization: Normalization = "batch"
    """Of the discriminator: batch norm, or spectral, which bounds how fast its judgment changes."""

    batch_size: int = 64
    """Pictures in a mini-batch, 2 to 65536."""
    lr: float = 5e-4
    """Learning rate of Adam for both nets, up to 1. The paper has 2e-4; 1e-3 spoils photographs."""
    lr_discriminator: float | None = None
    """Another learning rate for the discriminator. Default: --lr."""
    beta1: float = 0.5
    """Adam's momentum, 0 to 1. The paper: 0.9 oscillates."""
    beta2: float = 0.999
    """Adam's decay of the squared gradients, 0 to 1."""
    weight_decay: float = 0.0
    """L2 penalty added to every gradient (coupled). The released code has 1e-5."""
    loss: Literal["nonsaturating", "hinge"] = "nonsaturating"
    """What the nets are trained for; the paper has the non-saturating loss."""
    r1_gamma: float = 0.0
    """Weight of a penalty on the discriminator's gradient at real pictures. 0: none; 1 to 10 hold it back."""
    updates: Literal["both", "alternate"] = "both"
    """A mini-batch updates both nets, D then G; or one net by turns, as in the released code."""
    augment: Literal["none", "translation", "color,translation,cutout"] = "translation"
    """What the discriminator is shown: pictures as they are; moved at random by up to an eighth of their side; or
    moved, recolored and with a hole, for very small sets."""
    ema_half_life: int = 5_000
    """Half-life of the averaged generator in images; it is the one that draws. 0: the last weights draw."""

    seed: int = 0
    """Seed of everything random in the training."""
    images: int | None = None
    """Length: stop after this many images seen. Without any length: 1,000,000."""
    epochs: float | None = None
    """Length: stop after this many passes over the set."""
    steps: int | None = None
    """Length: stop after this many mini-batches."""
    minutes: float | None = None
    """Length: stop after this many minutes of training. Of several lengths the first to be reached ends the run."""

    evaluate_every: int = 0
    """Images between two measurements of the kernel distance; the best checkpoint stays, as RUN/best. 0: never."""
    evaluate_samples: int = 1000
    """Pictures of each kind that it is measured on, 100 or more."""
    evaluate_extractor: Literal["efficientnet-lite0", "inception", "pixels"] = "efficientnet-lite0"
    """What it is measured in; see `dcgan evaluate --help`."""
    sheet_every: int = 10_000
    """Images between two sheets of samples, each with a check of the training's health."""
    checkpoint_every: int = 20_000
    """Images between two checkpoints."""
    keep: int = 3
    """How many of the newest checkpoints to keep; the last healthy one, the best and chosen ones always stay."""
    on_collapse: Literal["rollback", "stop", "ignore"] = "rollback"
    """On a collapse: back to the last healthy checkpoint with half the learning rate, stop, or go on."""

    device: str = "auto"
    """cpu, cuda, cuda:N, mps, or auto: the best that is there."""
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    """Arithmetic of the convolutions. auto: bfloat16 where the hardware has it."""
    channels_last: bool = True
    """Memory layout of the maps; the faster one on most hardware. Results differ only by rounding."""
    capture: bool = False
    """Record the step as a CUDA graph and replay it: faster on one GPU, above all with small nets."""
    sync_batch_norm: bool = False
    """With several ranks (torchrun): normalize by the joint mini-batch, not by each rank's share."""
    threads: int | None = None
    """CPU threads. Default: all, of which each of several ranks takes its share, as it does of a larger number given
    here. A resumed run is bit-identical for the same number."""

    def __post_init__(self) -> None:
        def need(condition: bool, name: str, range_: str) -> None:
            if not condition:
                flag = "--" + name.replace("_", "-")
                raise RecipeError(f"{flag} must be {range_}, not {getattr(self, name)}")

        need(self.size is None or 16 <= self.size <= 256, "size", "16 to 256 pixels")
        need(self.channels in (None, 1, 3, 4), "channels", "1, 3 or 4")
        need(self.layout in ("strided", "paired"), "layout", "strided or paired")
        need(1 <= self.base_channels <= 1024, "base_channels", "1 to 1024")
        need(3 <= self.kernel_size <= 5, "kernel_size", "3 to 5")
        need(self.layout == "strided" or self.kernel_size != 4, "kernel_size", "3 or 5 with --layout paired")
        need(1 <= self.latent_dim <= 4096, "latent_dim", "1 to 4096")
        need(self.latent_distribution in ("uniform", "normal"), "latent_distribution", "uniform or normal")
        need(0 < self.batch_norm_eps < 1, "batch_norm_eps", "between 0 and 1")
        need(2 <= self.batch_size <= 65536, "batch_size", "2 to 65536 pictures")
        need(self.normalization in ("batch", "spectral"), "normalization", "batch or spectral")
        for name in ("lr", "lr_discriminator"):
            rate = getattr(self, name)
            need(rate is None or 0 < rate <= 1, name, "above 0 and at most 1")
        need(0 <= self.beta1 < 1, "beta1", "at least 0 and below 1")
        need(0 <= self.beta2 < 1, "beta2", "at least 0 and below 1")
        need(0 <= self.weight_decay <= 1, "weight_decay", "0 to 1")
        need(self.updates in ("both", "alternate"), "updates", "both or alternate")
        need(self.loss in ("nonsaturating", "hinge"), "loss", "nonsaturating or hinge")
        need(0 <= self.r1_gamma <= 1e6, "r1_gamma", "0 to 1000000")
        need(
            self.augment in ("none", "translation", "color,translation,cutout"),
            "augment",
            "none, translate or everything",
        )
        need(self.ema_half_life >= 0, "ema_half_life", "0 or more images")
        need(0 <= self.seed < 2**63, "seed", "0 to 2^63 - 1")
        for name in LENGTHS:
            length = getattr(self, name)
            need(length is None or 0 < length < float("inf"), name, "more than 0, and finite")
        need(self.evaluate_every >= 0, "evaluate_every", "0 or more images")
        need(self.evaluate_samples >= 100, "evaluate_samples", "100 or more pictures")
        known_extractor = self.evaluate_extractor in ("efficientnet-lite0", "inception", "pixels")
        need(known_extractor, "evaluate_extractor", "efficientnet-lite0, inception or pixels")
        for name in ("sheet_every", "checkpoint_every", "keep"):
            need(getattr(self, name) >= 1, name, "1 or more")
        need(self.on_collapse in ("rollback", "stop", "ignore"), "on_collapse", "rollback, stop or ignore")
        need(self.precision in ("auto", "float32", "bfloat16"), "precision", "auto, float32 or bfloat16")
        need(is_device_name(self.device), "device", DEVICES)
        need(self.threads is None or 1 <= self.threads <= 1024, "threads", "1 to 1024")

    def architecture(self) -> Architecture:
        """The nets of this recipe; `size` and `channels` must be set.

        Raises:
            RecipeError: `size` or `channels` is still open.
        """
        if self.size is None or self.channels is None:
            raise RecipeError("--size and --channels must be given to lay out the nets")
        return build_architecture(
            layout=self.layout,
            size=self.size,
            channels=self.channels,
            base_channels=self.base_channels,
            kernel_size=self.kernel_size,
            latent_dim=self.latent_dim,
            latent_distribution=self.latent_distribution,
            batch_norm_eps=self.batch_norm_eps,
            normalization=self.normalization,
        )

    def target_images(self, count: int) -> int | None:
        """Images after which a run on `count` pictures ends; None if only minutes limit it."""
        targets = [
            self.images,
            self.steps and self.steps * self.batch_size,
            self.epochs and round(self.epochs * count),
            1_000_000 if all(getattr(self, name) is None for name in LENGTHS) else None,
        ]
        return min((target for target in targets if target), default=None)

    def changed(self, changes: Mapping[str, object]) -> "Recipe":
        """This recipe with some values changed; a new length replaces the old ones.

        Raises:
            RecipeError: A name is unknown, or a value has the wrong type or range.
        """
        types = {field.name: field.type for field in fields(self)}
        for name, value in changes.items():
            if name not in types:
                raise RecipeError(f"a recipe has no {name!r}; it has {', '.join(types)}")
            if not _fits(value, types[name]):
                raise RecipeError(f"{name} = {value!r} is not of the type that a recipe wants: {_spell(types[name])}")
        cleared = dict.fromkeys(LENGTHS) if any(name in LENGTHS for name in changes) else {}
        return replace(self, **{**cleared, **changes})  # type: ignore[arg-type]  # checked above

    def to_toml(self) -> str:
        """The recipe as TOML; open values are left out."""
        return tomli_w.dumps({name: value for name, value in asdict(self).items() if value is not None})

    def values(self) -> Mapping[str, object]:
        """The values by name."""
        return MappingProxyType(asdict(self))


def read_toml(path: Path) -> dict[str, object]:
    """The values in a recipe file.

    Raises:
        RecipeError: The file cannot be read or is no TOML.
    """
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise RecipeError(f"cannot read the recipe {path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RecipeError(f"{path} is no TOML: {error}") from error


def _fits(value: object, type_: object) -> bool:
    if isinstance(value, int) and not isinstance(value, bool) and type_ in (float, float | None):
        return True
    options = getattr(type_, "__args__", None)
    if options is None:
        return type(value) is type_
    return any(
        value is None if option is type(None) else value == option or type(value) is option for option in options
    )


def _spell(type_: object) -> str:
    options = getattr(type_, "__args__", (type_,))
    return " or ".join(option.__name__ if isinstance(option, type) else repr(option) for option in options)
