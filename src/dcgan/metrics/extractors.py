"""What turns pictures into features that distances are measured in.

`dcgan.choices.EXTRACTORS` lists them; another package adds one by a function from `ExtractorOptions` to `Extractor` and
an entry point in the group "dcgan.extractors".
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from dcgan.choices import EXTRACTORS
from dcgan.errors import ModelError, UsageError
from dcgan.metrics import efficientnet, inception
from dcgan.model import Model
from dcgan.model_nets import check_finite
from dcgan.networks.memory import reuse_memory, use_channels_last
from dcgan.pixels import to_images
from dcgan.types import Features, Pixels

PLACES = 4  # in each direction, of the maps of perceptual features


@dataclass(frozen=True)
class Extractor:
    """A named way from pixels to features.

    Attributes:
        name: What it is called in `EXTRACTORS`.
        identity: Everything that its features depend on: weights, resizing, range. Figures made with different
            identities cannot be compared.
        extract: Pixels (N, H, W, C), uint8, of any side and 1, 3 or 4 channels, to features (N, D), float32.
    """

    name: str
    identity: str
    extract: Callable[[Pixels], Features]


@dataclass(frozen=True)
class ExtractorOptions:
    """What an extractor may need.

    Attributes:
        weights: File with its weights, where those of the installed package, or downloaded ones, are not meant.
        model: The model that is judged, for an extractor that is a part of it.
        device: Where to compute, as torch calls it.
    """

    weights: Path | None = None
    model: Model | None = None
    device: str = "cpu"


def build_extractor(name: str, options: ExtractorOptions | None = None) -> Extractor:
    """The extractor of that name.

    Raises:
        UsageError: There is none of that name, or it needs a model.
        ModelError: Its weights are missing or not the published ones.
    """
    return EXTRACTORS[name](options or ExtractorOptions())


def inception_features(options: ExtractorOptions) -> Extractor:
    """The net that published Fréchet distances are measured with (Szegedy et al. 2016; weights of 2015-12-05)."""
    net = inception.load_inception(options.weights or inception.downloaded_weights()).to(options.device)

    def images(levels: Tensor) -> Tensor:
        return (inception.resize_as_tensorflow_1(levels, inception.SIDE) - 128) / 128

    return Extractor(
        "inception",
        f"inception 2015-12-05 {inception.SHA256[:8]}, {inception.FEATURES} features, resized bilinearly to "
        f"{inception.SIDE} as TensorFlow 1 does, (levels - 128) / 128",
        _through(net, images, options.device),
    )


def efficientnet_features(options: ExtractorOptions) -> Extractor:
    """EfficientNet-Lite0 (Tan & Le 2019), whose weights come with a package: it works offline."""
    net = efficientnet.load_efficientnet(options.weights or efficientnet.packaged_weights()).to(options.device)

    def images(levels: Tensor) -> Tensor:
        side = (efficientnet.SIDE, efficientnet.SIDE)
        return (F.interpolate(levels, side, mode="bicubic", antialias=True).clamp(0, 255) - 127) / 128

    return Extractor(
        "efficientnet-lite0",
        f"efficientnet-lite0 {efficientnet.SHA256_START}, {efficientnet.FEATURES} features, resized bicubically to "
        f"{efficientnet.SIDE}, (levels - 127) / 128",
        _through(net, images, options.device),
    )


def discriminator_features(options: ExtractorOptions) -> Extractor:
    """The means of all feature maps of the model's own discriminator."""
    return _of_maps(options, "discriminator", "mean of each map of each layer", lambda maps: maps.mean(dim=(2, 3)))


def perceptual_features(options: ExtractorOptions) -> Extractor:
    """The maps of the model's own discriminator, at unit length at each position, averaged down to 4 x 4.

    Distances in them are those of Zhang et al. 2018 without learned weights, but for the averaging, which lets things
    move by some pixels.
    """

    def unit(maps: Tensor) -> Tensor:
        return F.adaptive_avg_pool2d(F.normalize(maps, dim=1), min(PLACES, maps.shape[2])).flatten(1)

    return _of_maps(options, "perceptual", f"unit length at each position, averaged down to {PLACES} x {PLACES}", unit)


def _of_maps(options: ExtractorOptions, name: str, what: str, reduce: Callable[[Tensor], Tensor]) -> Extractor:
    """An extractor of what `reduce` makes of each layer's maps (N, C, H, W) in the model's own discriminator."""
    model = options.model
    if model is None:
        raise UsageError(f"the `extractor` {name} is a part of a model, and there is none here")
    _check_no_weights(options, name)
    shape = (model.size, model.size, model.channels)
    nets = model.nets_for(f"the `extractor` {name}", "use another `extractor`, such as efficientnet-lite0")
    net = nets.discriminator.eval()
    weights = b"".join(tensor.cpu().numpy().tobytes() for tensor in net.state_dict().values())
    device = next(net.parameters()).device

    @torch.inference_mode()
    def extract(pixels: Pixels) -> Features:
        if pixels.shape[1:] != shape:
            raise ModelError(f"this discriminator judges pictures of shape {shape}, not {pixels.shape[1:]}")
        maps = net.activations(to_images(torch.from_numpy(np.array(pixels)).to(device)))
        return check_finite(torch.cat([reduce(map_.float()) for map_ in maps], 1).cpu().numpy())

    return Extractor(name, f"{name} {hashlib.sha256(weights).hexdigest()[:12]}, {what}", extract)


def pixel_features(options: ExtractorOptions) -> Extractor:
    """Pixels, averaged down: a baseline without any net."""
    _check_no_weights(options, "pixels")

    @torch.inference_mode()
    def extract(pixels: Pixels) -> Features:
        small = F.adaptive_avg_pool2d(to_images(torch.from_numpy(np.array(to_rgb(pixels)))), 16)
        return small.flatten(1).numpy()

    return Extractor("pixels", "pixels averaged down to 16 x 16, RGB in [-1, 1]", extract)


def _check_no_weights(options: ExtractorOptions, name: str) -> None:
    if options.weights is not None:
        raise UsageError(f"the `extractor` {name} reads no file: leave `weights` out, or name another `extractor`")


def to_rgb(pixels: Pixels) -> Pixels:
    """Pixels (N, H, W, 1, 3 or 4) as (N, H, W, 3): gray three times, RGBA over white."""
    if pixels.shape[3] == 4:
        alpha = pixels[..., 3:].astype(np.uint16)
        return ((pixels[..., :3] * alpha + 255 * (255 - alpha) + 127) // 255).astype(np.uint8)
    return np.repeat(pixels, 3, axis=3) if pixels.shape[3] == 1 else pixels


def _through(net: nn.Module, images: Callable[[Tensor], Tensor], device: str) -> Callable[[Pixels], Features]:
    """Pixels through a net that takes RGB as `images` makes it of levels 0 to 255."""
    use_channels_last(net)
    if device == "cpu":
        reuse_memory()

    @torch.inference_mode()
    def extract(pixels: Pixels) -> Features:
        levels = torch.from_numpy(np.array(to_rgb(pixels))).to(device).permute(0, 3, 1, 2).float()
        features: Features = net(images(levels)).cpu().numpy()
        return features

    return extract
