"""An encoder for projection: a net that guesses z from a picture, trained on the generator's own samples."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor
from torch.nn import functional as F

from dcgan.atomic_files import write_atomic
from dcgan.device import has_fast_bfloat16
from dcgan.errors import LatentError, ModelError
from dcgan.files import parse_json
from dcgan.latent.checks import LARGEST_SEED, check_whole
from dcgan.latent.descent import bring_back
from dcgan.model import Model
from dcgan.networks.batch_norm import measure_statistics
from dcgan.networks.encoder import EncoderNet
from dcgan.networks.initialize import initialize
from dcgan.networks.memory import use_channels_last
from dcgan.optimizers import Adam
from dcgan.pixels import full_batches, to_images
from dcgan.progress import notebook_bar
from dcgan.randomness import Stream, rng, sample_latents, torch_rng
from dcgan.types import Latents, OnProgress, Pixels

IMAGES = 200_000
BATCH = 64
LEARNING_RATE = 1e-3
_STATISTICS_BATCHES = 16
_ABOUT = "dcgan-encoder"  # the key of the file's metadata
_LONGEST_NAME = 64  # characters of a model's identity that are worth reading
_WRONG_MODEL = "is an encoder for another model ({other}; this one is {model}); train one: dcgan train-encoder"


@dataclass(frozen=True, eq=False)
class Encoder:
    """Guesses the z of pictures.

    Attributes:
        net: images to z.
        model: Identity of the model for which it was trained.
        error: Mean squared difference of images in [-1, 1] between samples, which it has not seen, and what the
            generator draws from its guesses.
    """

    net: EncoderNet
    model: str
    error: float

    @torch.inference_mode()
    def encode(self, model: Model, pixels: Pixels) -> Latents:
        """Guess z.

        Args:
            model: For which it was trained.
            pixels: (N, H, W, C), uint8, of the model's size and channels.

        Returns:
            (N, latent_dim), float32, where samples of z lie.

        Raises:
            LatentError: It is an encoder for another model.
        """
        if model.identity != self.model:
            raise LatentError("this " + _WRONG_MODEL.format(other=self.model, model=model.identity))
        net, images = self.net.to(model.device).eval(), to_images(torch.from_numpy(pixels)).to(model.device)
        z = torch.empty((len(pixels), model.latent_dim), device=model.device)
        for rows, filled in full_batches(len(pixels), model.device):
            z[rows.start : rows.stop] = net(images[filled])[: len(rows)]
        bring_back(z, model)
        return z.cpu().numpy()

    def save(self, path: Path) -> None:
        """Write it as one safetensors file, whole or not at all.

        Raises:
            OSError: The file cannot be written.
        """
        tensors = {name: tensor.cpu().contiguous() for name, tensor in self.net.state_dict().items()}
        about = json.dumps({"model": self.model, "error": self.error})  # of several keys the order would be by chance
        write_atomic(path, save(tensors, {_ABOUT: about}))


def load_encoder(path: str | Path, model: Model) -> Encoder:
    """Read an encoder that `train_encoder` made for a model.

    Args:
        path: Its file.
        model: The model.

    Raises:
        LatentError: The file cannot be read, holds something else, or the encoder is for another model.
        ModelError: The model's nets are no DCGAN's.
    """
    net = EncoderNet(model.nets_for("an `encoder`", "leave it out").architecture)
    try:
        with safe_open(path, "pt") as file:
            text = (file.metadata() or {}).get(_ABOUT)
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  # it is no mapping
    except (OSError, SafetensorError, ValueError) as error:
        why = "it is a folder" if Path(path).is_dir() else error
        raise LatentError(f"{path} cannot be read as an encoder: {why}") from error
    if text is None:
        raise LatentError(f"{path} is not an encoder; make one with `dcgan train-encoder`")
    try:
        about = parse_json(text)
        other, accuracy = str(about["model"])[:_LONGEST_NAME], float(about["error"])
    except (ValueError, TypeError, KeyError) as error:
        raise LatentError(f"{path} is damaged: its description cannot be read") from error
    if other != model.identity:
        raise LatentError(f"{path} " + _WRONG_MODEL.format(other=other, model=model.identity))
    if not all(tensor.isfinite().all() for tensor in tensors.values()):
        raise LatentError(f"{path} is damaged: it holds values that are not finite numbers")
    try:
        net.load_state_dict(tensors)
    except RuntimeError as error:
        raise LatentError(f"{path} is damaged: its tensors are not those of an encoder for this model") from error
    use_channels_last(net)
    return Encoder(net.to(model.device).eval(), other, accuracy)


@notebook_bar("training an encoder")
def train_encoder(
    model: Model, *, images: int = IMAGES, seed: int = 0, on_progress: OnProgress | None = None
) -> Encoder:
    """Train an encoder on samples of the generator, whose z are known.

    Its loss is the mean squared difference in z, and as much again of that between the sample and what the generator
    draws from the guess. It takes about as long as training the model for as many images.

    Args:
        model: A model with dcgan's own nets.
        images: How many samples it sees, 1,280 or more, in whole mini-batches; each is another one.
        seed: Of its weights and of the samples.
        on_progress: Called with (samples seen, in all). Default: a progress bar in a notebook.

    Raises:
        UsageError: A value is out of its range.
        ModelError: The nets are no DCGAN's.
    """
    check_whole("images", images, 20 * BATCH)
    check_whole("seed", seed, 0, LARGEST_SEED)
    architecture, generator, _ = model.nets_for("training an encoder")
    net = EncoderNet(architecture)
    initialize(net, torch_rng(Stream.ENCODER_WEIGHTS, seed))
    use_channels_last(net.to(model.device))
    optimizer = Adam(net.parameters(), LEARNING_RATE)
    steps = -(-images // BATCH)
    falling = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    half = torch.autocast(model.device.type, torch.bfloat16, enabled=has_fast_bfloat16(str(model.device)))
    for step, z in zip(range(1, steps + 1), _samples(model, seed), strict=False):
        with half:
            with torch.no_grad():
                drawn = generator(z)
            guess = net(drawn)
            loss = F.mse_loss(guess, z) + F.mse_loss(generator(guess), drawn)
        gradients = torch.autograd.grad(loss, list(net.parameters()))  # of the encoder alone
        for parameter, gradient in zip(net.parameters(), gradients, strict=True):
            parameter.grad = gradient
        optimizer.step()
        falling.step()
        if on_progress:
            on_progress(step * BATCH, steps * BATCH)
    return _measured(model, net, seed)


def _samples(model: Model, seed: int, first: int = 0) -> Iterator[Tensor]:
    """Mini-batches of z without end."""
    while True:
        z = sample_latents(rng(Stream.ENCODER_LATENTS, seed, first), BATCH, model.latent_dim, model.latent_distribution)
        yield torch.from_numpy(z).to(model.device)
        first += 1


@torch.no_grad()
def _measured(model: Model, net: EncoderNet, seed: int) -> Encoder:
    """The encoder with its statistics of batch norm, and its error on samples that it has not seen."""
    generator, unseen = model.nets.generator, _samples(model, seed, 2**40)
    batches = [generator(next(unseen)) for _ in range(_STATISTICS_BATCHES)]
    measure_statistics(net, batches)
    net.eval()
    drawn = generator(next(unseen))
    guess = net(drawn)
    bring_back(guess, model)
    error = float(F.mse_loss(generator(guess), drawn))
    if error != error:
        raise ModelError("the encoder's weights are not numbers (NaN): the generator is broken; use another checkpoint")
    return Encoder(net, model.identity, error)
