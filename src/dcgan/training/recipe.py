"""The recipe: every hyper-parameter of a training run. It is the flags of `dcgan train`, a TOML file, and Python."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Literal, NamedTuple

import tomli_w

from dcgan.choices import AUGMENTATIONS, EXTRACTORS, LAYOUTS, LOSSES, NETS, UPDATES
from dcgan.errors import RecipeError
from dcgan.files import parse_toml, read_file
from dcgan.networks.architecture import Architecture, Interface, LatentDistribution, Normalization
from dcgan.training.lengths import FOLLOW_LENGTH, LENGTHS, target_images
from dcgan.training.recipe_checks import check_combinations, check_values
from dcgan.training.recipe_nets import lay_out, own_interface
from dcgan.training.settings import setting


class Definite(NamedTuple):
    """Values of a recipe that may be open until a run begins; see `dcgan.training.automatic`."""

    base_channels: int
    batch_size: int
    augment: str


USUAL = Definite(base_channels=32, batch_size=64, augment="translation")
"""What holds where nothing was chosen from the pictures and the machine."""


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Every hyper-parameter of a training run. The defaults are the preset `default`.

    Raises:
        RecipeError: A value is out of its range; the message names the field and the range.
    """

    preset: str = setting(
        "default", "Named recipe to start from; flags change single values of it. `dcgan presets` lists them."
    )

    size: int | None = setting(
        None,
        "Side of the square pictures. Default: that of the packed set, or 64 for other sources.",
        minimum=16,
        maximum=256,
        unit=" pixels",
    )
    channels: int | None = setting(
        None,
        "Gray (1), RGB (3) or RGBA (4). Default: as in the packed set; for other sources gray if all pictures are "
        "gray, else RGB.",
        choices=(1, 3, 4),
    )
    classes: int | None = setting(
        None, "Number of labels of conditional nets. Default: as many as the set has.", minimum=2, maximum=1000
    )
    nets: str = setting("dcgan", "Kind of the two nets.", choices=NETS)
    layout: str = setting("pooled", "Convolutions of a DCGAN.", choices=LAYOUTS)
    base_channels: int | None = setting(
        None,
        "Channels of the discriminator's first layer. They double each time the maps are halved, up to 8 times this "
        "number. For other nets: units or maps of a hidden layer. Default: 64 for a DCGAN on a GPU, else 32, or 16 if "
        "a CPU would see too few large pictures.",
        minimum=1,
        maximum=2048,
    )
    kernel_size: int | None = setting(
        None,
        "Side of the convolution kernels. Default: 3, or 4 with `layout` strided. The paper uses 5, or 3 for ImageNet.",
        minimum=3,
        maximum=5,
    )
    latent_dim: int = setting(100, "Numbers in z.", minimum=1, maximum=4096)
    latent_distribution: LatentDistribution = setting(
        "uniform", "Distribution of z: uniform is U(-1, 1), normal is N(0, 1)."
    )
    batch_norm_eps: float = setting(
        1e-5, "Epsilon that batch norm adds to the variance. The released code uses 1e-8.", above=0, below=1
    )
    normalization: Normalization = setting("batch", "Normalization in the discriminator: batch norm or spectral norm.")

    history: int = setting(
        4, "How many frames a frame predictor sees before it predicts the next.", minimum=1, maximum=16
    )
    fps: float | None = setting(
        None,
        "Frames that a frame predictor takes from each second of a video. Default: as in the packed set, or 10 for "
        "other sources.",
        above=0,
        maximum=1000,
    )
    pixel_loss: Literal["l1", "l2"] = setting(
        "l1", "How a predicted frame is compared with the real one: by absolute (l1) or squared (l2) differences."
    )
    gradient_difference_weight: float = setting(
        1.0,
        "Weight of the loss on edges in a predicted frame (Mathieu et al. 2016). The loss on pixels has weight 1.",
        minimum=0,
        maximum=1000,
    )
    adversarial_weight: float = setting(
        0.001,
        "Weight of the adversarial loss on a predicted frame. 0: the generator learns from the pixels alone.",
        minimum=0,
        maximum=1000,
    )

    batch_size: int | None = setting(
        None,
        "Images in a mini-batch. Default: 64; for a DCGAN 32 in 5 minutes or less on a CPU, and at most an eighth of a "
        "small set, down to 16.",
        minimum=2,
        maximum=65536,
        unit=" pictures",
    )
    lr: float = setting(
        5e-4, "Learning rate of Adam for both nets. The paper has 2e-4; 1e-3 spoils photographs.", above=0, maximum=1
    )
    lr_discriminator: float | None = setting(
        None, "Learning rate of the discriminator alone. Default: `lr`.", above=0, maximum=1
    )
    lr_schedule: Literal["constant", "linear", "cosine", "exponential"] = setting(
        "constant",
        "How the learning rate changes: it stays constant, falls to 0 at the end of the run (linear, or along half a "
        "cosine), or falls exponentially. `images`, `epochs`, `steps` or `about_minutes` set the end.",
    )
    lr_hold: float = setting(
        0.0,
        "Share of the run, at its start, in which a linear or cosine schedule keeps the learning rate constant.",
        minimum=0,
        below=1,
        only_with=("lr_schedule", FOLLOW_LENGTH),
    )
    lr_half_life: int = setting(
        1_000_000,
        "Number of images over which an exponential schedule halves the learning rate.",
        above=0,
        unit=" images",
        only_with=("lr_schedule", ("exponential",)),
    )
    optimizer: Literal["adam", "sgd"] = setting(
        "adam", "Adam, or stochastic gradient descent with momentum, as GANs used before 2015."
    )
    beta1: float = setting(
        0.5,
        "Adam's momentum. With 0.9 the paper saw training oscillate.",
        minimum=0,
        below=1,
        only_with=("optimizer", ("adam",)),
    )
    beta2: float = setting(
        0.999, "Adam's decay of the squared gradients.", minimum=0, below=1, only_with=("optimizer", ("adam",))
    )
    momentum: float = setting(
        0.5, "SGD's momentum at the start of its ramp.", minimum=0, below=1, only_with=("optimizer", ("sgd",))
    )
    final_momentum: float = setting(
        0.7,
        "SGD's momentum at the end of its ramp. Without a ramp, its momentum throughout the run.",
        minimum=0,
        below=1,
        only_with=("optimizer", ("sgd",)),
    )
    momentum_ramp: int = setting(
        0,
        "Number of images over which SGD's momentum rises to `final_momentum`. 0: no ramp.",
        minimum=0,
        only_with=("optimizer", ("sgd",)),
    )
    weight_decay: float = setting(
        0.0, "L2 penalty added to every gradient (coupled). The released code uses 1e-5.", minimum=0, maximum=1
    )
    loss: str = setting("nonsaturating", "Loss of the two nets.", choices=LOSSES)
    r1_gamma: float = setting(
        0.0,
        "Weight of R1, a penalty on the discriminator's gradient at real images. 0: no penalty; 1 to 10 hold it back.",
        minimum=0,
        maximum=1_000_000,
    )
    updates: str = setting("both", "Which net a mini-batch updates.", choices=UPDATES)
    augment: str | None = setting(
        None,
        "Random changes to the images that the discriminator sees, real and generated alike. Default: translation; for "
        "a DCGAN on a small set also cutout, and color if the pictures are RGB.",
        choices=AUGMENTATIONS,
    )
    horizontal_flip: bool = setting(
        False,
        "Mirror half of the real images at random, left to right. The set becomes twice as large, and the generator "
        "learns mirrored pictures as well: right for most photographs, wrong for digits, text and spectrograms.",
    )
    freeze_discriminator: int = setting(
        0,
        "How many of the discriminator's layers, counted from the first, keep the weights of the model that the "
        "training begins with (FreezeD, Mo et al. 2020).",
        minimum=0,
        maximum=32,
    )
    ema_half_life: int = setting(
        5_000,
        "Half-life, in images, of the running average of the generator's weights, which generates the samples. 0: no "
        "average. With `updates` alternate, only the images of the generator's turns count.",
        minimum=0,
        unit=" images",
    )

    seed: int = setting(0, "Seed of everything random in the training.", minimum=0, maximum=2**63 - 1)
    images: int | None = setting(
        None,
        "Length: stop after this many images seen. Without any length: about as many as this machine sees in an hour.",
        above=0,
    )
    epochs: float | None = setting(
        None, "Length: stop after this many passes over the set.", above=0, maximum=1_000_000_000
    )
    steps: int | None = setting(None, "Length: stop after this many mini-batches.", above=0)
    minutes: float | None = setting(
        None,
        "Length: stop after this many minutes of training. If you give several lengths, the first one reached ends the "
        "run.",
        above=0,
        maximum=10_000_000,
    )
    about_minutes: float | None = setting(
        None,
        "Length: stop after as many images as this machine sees in about this many minutes. The run measures its speed "
        "when it begins or is resumed, and keeps the number as `images`, so that a schedule knows its end.",
        above=0,
        maximum=10_000_000,
    )

    evaluate_every: int = setting(
        0,
        "Images between two measurements of the kernel distance. RUN/best keeps the best checkpoint. 0: never.",
        minimum=0,
        unit=" images",
    )
    evaluate_samples: int = setting(
        1000,
        "Pictures on each side, real and generated, that `evaluate_every` compares.",
        minimum=100,
        unit=" pictures",
    )
    evaluate_extractor: str = setting(
        "efficientnet-lite0",
        "Features that `evaluate_every` measures in; they cannot be the discriminator's.",
        choices=EXTRACTORS,
    )
    sheet_every: int = setting(
        10_000, "Images between two sheets of samples, each with a check of the training's health.", minimum=1
    )
    checkpoint_every: int = setting(20_000, "Images between two checkpoints.", minimum=1)
    keep: int = setting(
        3,
        "How many of the newest checkpoints stay. The last healthy one, the best one and those kept by name always "
        "stay.",
        minimum=1,
    )
    on_collapse: Literal["rollback", "stop", "ignore"] = setting(
        "rollback",
        "On a collapse: go back to the last healthy checkpoint with half the learning rate, stop, or ignore it.",
    )

    device: str = setting("auto", "cpu, cuda, cuda:N, mps, or auto: the best device of this machine.")
    precision: Literal["auto", "float32", "bfloat16"] = setting(
        "auto", "Arithmetic of the convolutions. auto: bfloat16 where the hardware supports it."
    )
    channels_last: bool = setting(
        True,
        "Store feature maps with the channels last, which is faster on most hardware. Results differ only by rounding.",
    )
    capture: bool = setting(
        False, "Record the step as a CUDA graph and replay it: faster on one GPU, above all with small nets."
    )
    sync_batch_norm: bool = setting(
        False, "With several ranks (torchrun): normalize by the joint mini-batch, not by each rank's share."
    )
    threads: int | None = setting(
        None,
        "CPU threads. Default: one for each processor that is free when the run begins. With several ranks, each takes "
        "at most its share of the processors. A resumed run is bit-identical with the same number of threads.",
        minimum=1,
        maximum=1024,
    )

    def __post_init__(self) -> None:
        check_values(self)
        check_combinations(self)

    def architecture(self) -> Architecture:
        """The layers of this recipe's DCGAN; `size` and `channels` must be set.

        Raises:
            RecipeError: One of these is still open, or the nets are of another kind.
        """
        nets = self.lay_out()
        if not isinstance(nets, Architecture):
            raise RecipeError(f"the nets {self.nets} are not a DCGAN's and have no such layers: use `nets` dcgan")
        return nets

    def lay_out(self) -> Interface:
        """The nets of this recipe; `size` and `channels` must be set, and `classes` of conditional ones.

        Raises:
            RecipeError: One of them is still open, or this kind of nets cannot be laid out so.
        """
        return self._laid_out

    @cached_property
    def _laid_out(self) -> Interface:
        return lay_out(self)

    @property
    def definite(self) -> Definite:
        """`base_channels`, `batch_size` and `augment`; of those that are open what is usual."""
        return Definite(
            self.base_channels or USUAL.base_channels,
            self.batch_size or USUAL.batch_size,
            self.augment or USUAL.augment,
        )

    def guessed(self) -> "Recipe":
        """The recipe with a guess of what only the pictures tell, such as a size of 64, to lay out nets by."""
        classes = (self.classes or 10) if NETS[self.nets].conditional else None
        return replace(self, size=self.size or 64, channels=self.channels or 3, classes=classes)

    @property
    def frames(self) -> int:
        """Frames of a real image: 1, or those of a clip that its nets learn to continue."""
        return self.history + 1 if NETS[self.nets].continues else 1

    def interface(self) -> Interface:
        """What nets of your own take and give; `size` and `channels` must be set.

        Raises:
            RecipeError: `size` or `channels` is still open, or `nets` names nets of dcgan's.
        """
        return own_interface(self)

    def target_images(self, count: int) -> int | None:
        """Images after which a run on `count` pictures ends; None if only `minutes` limit it."""
        return target_images(self, count)

    def changed(self, changes: Mapping[str, object]) -> "Recipe":
        """This recipe with some values changed; a new length replaces the old ones.

        Raises:
            RecipeError: A name is unknown, or a value has the wrong type or range.
        """
        names = [field.name for field in fields(self)]
        for name in changes:
            if name not in names:
                raise RecipeError(f"a recipe has no setting {name!r}; it has {', '.join(names)}")
        cleared = dict.fromkeys(LENGTHS) if any(name in LENGTHS for name in changes) else {}
        return replace(self, **{**cleared, **changes})  # type: ignore[arg-type]  # it checks them

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
        return parse_toml(read_file(path).decode())
    except OSError as error:
        raise RecipeError(f"cannot read the recipe {path}: {error.strerror}") from error
    except ValueError as error:  # no UTF-8, no TOML, or nested too deeply
        raise RecipeError(f"{path} is not valid TOML: {error}") from error
