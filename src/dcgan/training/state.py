"""Everything that changes while training: weights, averages, moments, counters. What a checkpoint holds."""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, fields

import torch
from torch import Tensor, nn

from dcgan.choices import NETS
from dcgan.errors import RecipeError
from dcgan.networks.architecture import Interface
from dcgan.networks.batch_norm import synchronize
from dcgan.networks.discriminator import Discriminator
from dcgan.networks.families import untrained_nets
from dcgan.networks.memory import use_channels_last
from dcgan.training.distributed import Ranks
from dcgan.training.optimizers import build_optimizer, learning_rate_factor, moments, momentum
from dcgan.training.recipe import Recipe

OwnNets = tuple[nn.Module, nn.Module]  # a generator and a discriminator

_DROPOUTS = (nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d, nn.AlphaDropout, nn.FeatureAlphaDropout)
MEASURES = ("d_real", "d_fake", "d_loss", "d_gradient", "g_loss", "g_gradient")


@dataclass
class Progress:
    """The counters of a run, small enough for JSON."""

    step: int = 0  # mini-batches so far
    images: int = 0  # images seen so far
    seconds: float = 0.0  # spent training, over all sessions
    rollbacks: int = 0  # each halved the learning rate
    rolled_back_to: int = 0  # images seen where the last of them ended
    idle_rollbacks: int = 0  # in a row that ended no later than the one before
    alive: bool = False  # the generator has generated varied images before
    collapsed_checks: int = 0  # health checks in a row that found it collapsed
    saturated_checks: int = 0  # the same for the discriminator
    healthy: bool = True  # what the last check found
    checked: int = 0  # images seen at the last check

    @classmethod
    def read(cls, counters: object) -> "Progress":
        """The counters that a checkpoint's card has.

        Raises:
            TypeError, ValueError: They are not what was written.
        """
        if not isinstance(counters, dict):
            raise TypeError("its counters are missing")
        progress = cls(**counters)
        for field in fields(cls):
            value = getattr(progress, field.name)
            if type(value) is not field.type or not 0 <= value < float("inf"):
                raise ValueError(f"its counter {field.name} is {value!r}")
        return progress


class TrainingState:
    """Nets, averaged generator, optimizers and running sums on their device.

    Args:
        recipe: With size and channels set, and device and precision definite.
        target: Images that the run ends at, which some schedules of the learning rate need.
        ranks: The processes that train together.
        nets: A generator and a discriminator of your own, with the weights that they start from. Buffers of the
            averaged generator, such as running statistics, are those of the generator in training.

    Raises:
        RecipeError: Nets of your own do not take or give what the recipe says, or hold a weight twice.
    """

    def __init__(
        self, recipe: Recipe, target: int | None = None, ranks: Ranks = Ranks(), nets: OwnNets | None = None
    ) -> None:
        self.recipe = recipe
        self.target = target
        self.ranks = ranks
        self.device = torch.device(recipe.device)
        self.own = nets is not None
        self.origin: Mapping[str, object] = {}  # of the run, for its models: what it learns from and began with
        self.noun = "picture"  # what one of those that it learns from is called
        self.interface = recipe.interface() if nets else recipe.lay_out()
        if nets:
            self.generator, self.discriminator = (net.to(self.device).train() for net in nets)
            _check_untied(self.generator, self.discriminator)
            _check_nets(self.interface, self.generator, self.discriminator, self.device)
            ranks.broadcast([*self.generator.state_dict().values(), *self.discriminator.state_dict().values()])
        else:
            nets = untrained_nets(self.interface, recipe.seed)
            self.generator, self.discriminator = (self._to_device(net) for net in nets)
        self.ema_generator = deepcopy(self.generator).requires_grad_(False).eval()
        if recipe.freeze_discriminator:
            assert isinstance(self.discriminator, Discriminator)  # other nets do not read that setting
            self.discriminator.freeze(recipe.freeze_discriminator)
        self.family = NETS[recipe.nets]
        modules = (*self.generator.modules(), *self.discriminator.modules())
        self.is_random = self.own or any(isinstance(module, _DROPOUTS) for module in modules)
        self.optimizers = {
            "generator": build_optimizer(self.generator, recipe),
            "discriminator": build_optimizer(self.discriminator, recipe),
        }
        # sums since the last record: each measure, then how often each net was updated
        self.sums = torch.zeros(len(MEASURES) + 2, device=self.device)
        self.progress = Progress()
        self.set_learning_rates()
        if recipe.sync_batch_norm and ranks.count > 1:
            for net in (self.generator, self.discriminator):
                synchronize(net)

    def _to_device(self, net: nn.Module) -> nn.Module:
        """Bring a net to the device, in the recipe's memory layout."""
        net.to(self.device)
        if self.recipe.channels_last:
            use_channels_last(net)
        return net

    def start_from_nets(self, generator: nn.Module, discriminator: nn.Module) -> None:
        """Begin with the weights of other nets of the same layers; the averaged generator begins with them, too."""
        for net in (self.generator, self.ema_generator):
            net.load_state_dict(generator.state_dict())
        self.discriminator.load_state_dict(discriminator.state_dict())

    def start_from_mean(self, images: Tensor) -> None:
        """Let nets that begin with the mean of their images begin with that of these (N, C, H, W)."""
        if self.family.start:
            for net in (self.generator, self.ema_generator):
                self.family.start(net, images.mean(dim=0))

    def logits(self, images: Tensor, z: Tensor) -> Tensor:
        """D's judgment of images: (N,), float32; conditional nets judge them as ones of the labels in z."""
        if self.own:  # which may call `view`: real images come in channels_last memory
            images = images.contiguous()
        classes = self.interface.classes
        logits: Tensor = self.discriminator(images, z[:, -classes:]) if classes else self.discriminator(images)
        return logits.float().flatten()

    def learning_rate(self, net: str = "generator") -> float:
        """What the schedule and the roll-backs so far have left of it, for "generator" or "discriminator"."""
        recipe, progress = self.recipe, self.progress
        own = recipe.lr_discriminator if net == "discriminator" else None
        factor = learning_rate_factor(recipe, progress.images, self.target)
        return (own or recipe.lr) * factor * 0.5**progress.rollbacks

    def set_learning_rates(self) -> None:
        """Give the optimizers the learning rates, and SGD the momentum, of this moment."""
        for net, optimizer in self.optimizers.items():
            for group in optimizer.param_groups:
                group["lr"] = self.learning_rate(net)
                if self.recipe.optimizer == "sgd":
                    group["momentum"] = momentum(self.recipe, self.progress.images)

    def precision(self) -> torch.autocast:
        """A block in which convolutions compute in the recipe's precision."""
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.recipe.precision == "bfloat16")

    def tensors(self) -> dict[str, Tensor]:
        """What a resumed run needs beyond a model: the generator in training, both optimizers' moments, the sums."""
        return dict(self._tensors())

    def restore(self, tensors: dict[str, Tensor], ema_generator: nn.Module, discriminator: nn.Module) -> None:
        """Take over what `tensors` gave, and the two nets of the model beside it.

        Raises:
            KeyError: A tensor is missing.
            RuntimeError: One has another shape.
        """
        with torch.no_grad():
            for name, tensor in self._tensors():
                tensor.copy_(tensors[name])
        self.ema_generator.load_state_dict(ema_generator.state_dict())
        self.discriminator.load_state_dict(discriminator.state_dict())
        self.set_learning_rates()

    def _tensors(self) -> Iterator[tuple[str, Tensor]]:
        yield "sums", self.sums
        for name, parameter in self.generator.named_parameters():
            yield f"generator.{name}", parameter.detach()
        if self.own:  # dcgan's own keep no statistics while they train
            for name, buffer in self.generator.named_buffers():
                yield f"generator.{name}", buffer
        for net, module in (("generator", self.generator), ("discriminator", self.discriminator)):
            for name, parameter in module.named_parameters():
                if not parameter.requires_grad:  # frozen: the optimizer does not know it
                    continue
                for key, tensor in moments(self.optimizers[net], parameter).items():
                    yield f"{net}.{name}.{key}", tensor


def _check_untied(generator: nn.Module, discriminator: nn.Module) -> None:
    """Refuse nets of somebody's own that hold a weight twice, which no file of a model can."""
    for net, module in (("generator", generator), ("discriminator", discriminator)):
        once = dict(module.named_parameters())
        for name, _ in module.named_parameters(remove_duplicate=False):
            if name not in once:
                raise RecipeError(
                    f"`{net}`: two of its modules share the weight {name}, and a model file stores each weight once: "
                    "keep one module, and call it from both places"
                )


@torch.no_grad()
def _check_nets(interface: Interface, generator: nn.Module, discriminator: nn.Module, device: torch.device) -> None:
    """Send two z through nets of somebody's own, in evaluation mode, which leaves no trace in them."""
    shape = (2, interface.channels, interface.size, interface.size)
    generator.eval()
    discriminator.eval()
    try:
        images = generator(torch.zeros(2, interface.latent_dim, device=device))
        if images.shape != shape:
            raise ValueError(f"the generator gives {tuple(images.shape)} where images are {shape}")
        logits = discriminator(images)
        if logits.shape not in ((2,), (2, 1)):
            raise ValueError(f"the discriminator gives {tuple(logits.shape)} for two images; logits are (2,) or (2, 1)")
    except (ValueError, RuntimeError) as error:
        raise RecipeError(
            f"your own nets do not fit z (2, {interface.latent_dim}) and images {shape}: {error}"
        ) from error
    finally:
        generator.train()
        discriminator.train()
