"""The authors' released weights (github.com/Newmu/dcgan_code, MIT) as a model of ours.

They were trained with Theano, whose convolution flips each kernel in both directions where torch's does not; linear
weights are stored (in, out). Both nets normalize by the batch; fixed statistics are measured when they are imported.
"""

import re
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from dcgan.errors import ModelError
from dcgan.model import Model
from dcgan.model_folder import holds_model
from dcgan.networks.architecture import Architecture
from dcgan.networks.batch_norm import measure_statistics
from dcgan.networks.discriminator import Discriminator
from dcgan.networks.generator import Generator
from dcgan.networks.initialize import untrained_discriminator, untrained_generator
from dcgan.networks.layers import ConvLayer
from dcgan.networks.layouts import build_architecture, mirror
from dcgan.randomness import Stream, rng, sample_latents

EPSILON = 1e-8  # of the released batch norm
BATCHES, BATCH_SIZE = 100, 128  # that statistics are measured on

Arrays = dict[int, NDArray[np.float32]]


def import_release(folder: Path) -> Model:
    """Build a model from a folder of `N_gen_params.jl_01.npy`, ..., `N_discrim_params.jl_01.npy`, ... .

    Only the SVHN pair was released whole. Its z is normal, by its name. The generator's statistics are measured on z,
    the discriminator's on the generator's own pictures, since the pictures it was trained on are not beside it. Of a
    pair whose generator lacks its first array, as of ImageNet's, see `_features_alone`.

    Args:
        folder: The folder of one pair; its pickles are not read.

    Raises:
        ModelError: The folder has no such arrays, lacks some, or they fit no net of the paper.
    """
    if not folder.is_dir():
        raise ModelError(f"no folder at {folder}")
    if holds_model(folder):
        raise ModelError(f"{folder} is a model of dcgan already: use it as it is")
    generator_arrays, discriminator_arrays = _read(folder, "gen"), _read(folder, "discrim")
    if 1 not in generator_arrays and 1 in discriminator_arrays and discriminator_arrays[1].shape[2:] == (3, 3):
        return _features_alone(folder, discriminator_arrays)
    architecture = _infer(folder, generator_arrays, discriminator_arrays)
    generator, discriminator = Generator(architecture), Discriminator(architecture)
    stem, weight, bias, *rest = _in_order(folder, "gen", generator_arrays, 3 * len(architecture.generator) + 1)
    tensors = {"stem.weight": stem.T, "stem_norm.weight": weight, "stem_norm.bias": bias}
    _fill(folder, generator, tensors | _layer_tensors(rest, first_layer=0))
    first, *rest, head = _in_order(folder, "discrim", discriminator_arrays, 3 * len(architecture.discriminator) - 1)
    # the first layer has a kernel alone, each further one a kernel, and a weight and a bias of batch norm
    tensors = {"convolutions.0.weight": _flipped(first), "head.weight": head.T}
    _fill(folder, discriminator, tensors | _layer_tensors(rest, first_layer=1))

    random = rng(Stream.STATISTICS_LATENTS, 0)

    def z() -> Tensor:
        return torch.from_numpy(
            sample_latents(random, BATCH_SIZE, architecture.latent_dim, architecture.latent_distribution)
        )

    measure_statistics(generator.eval(), (z() for _ in range(BATCHES)))
    with torch.no_grad():
        measure_statistics(discriminator.eval(), (generator.train()(z()) for _ in range(BATCHES)))
    details = {
        "origin": f"weights released by the authors of DCGAN: {folder.name}",
        "statistics": {
            "generator": f"mean over {BATCHES} mini-batches of {BATCH_SIZE} z",
            "discriminator": f"mean over {BATCHES} mini-batches of {BATCH_SIZE} generated pictures, not real ones",
        },
    }
    return Model(architecture, generator.eval(), discriminator, details)


def _features_alone(folder: Path, arrays: Arrays) -> Model:
    """A model of the discriminator's whole first layers, for its features; all else of it is random.

    Of the ImageNet pair, whose largest arrays were not released, four of six convolutions are there. Their statistics
    are not measured: there is nothing to measure them on.
    """
    layers = [ConvLayer(len(arrays[1]), 3, stride=1)]
    while {number := 3 * len(layers) - 1, number + 1, number + 2} <= arrays.keys():
        layers.append(ConvLayer(len(arrays[number]), 3, stride=1 + len(layers) % 2))
    channels = arrays[1].shape[1]
    try:
        architecture = Architecture(
            size=32,
            channels=channels,
            latent_dim=256,
            latent_distribution="uniform",
            stem_channels=layers[-1].out_channels,
            generator=mirror(channels, tuple(layers)),
            discriminator=tuple(layers),
            batch_norm_eps=EPSILON,
        )
    except ValueError as error:
        raise ModelError(f"{folder} holds arrays that fit none of the paper's nets: {error}") from error
    generator, discriminator = untrained_generator(architecture, 0), untrained_discriminator(architecture, 0)
    own = [arrays[number] for number in range(2, 3 * len(layers) - 1)]
    tensors = {"convolutions.0.weight": _flipped(arrays[1])} | _layer_tensors(own, first_layer=1)
    _fill(folder, discriminator, tensors | {"head.weight": discriminator.head.weight.detach().numpy()})
    details = {
        "origin": f"weights released by the authors of DCGAN, in part: {folder.name}",
        "untrained": "the generator, and the discriminator after its convolutions; only its features can be used",
        "statistics": {"discriminator": "not measured"},
    }
    return Model(architecture, generator.eval(), discriminator.eval(), details)


def _read(folder: Path, net: str) -> Arrays:
    arrays = {}
    for path in sorted(folder.glob(f"*_{net}_params.jl_*.npy")):
        number = re.search(r"_(\d+)\.npy$", path.name)
        if number:
            try:
                with path.open("rb") as file:
                    array = np.atleast_1d(np.asarray(np.load(file, allow_pickle=False), np.float32))
            except (OSError, ValueError, TypeError, EOFError, BadZipFile) as error:
                raise ModelError(f"{path} is not an array: {error}") from error
            if not np.isfinite(array).all():
                raise ModelError(f"{path} holds values that are not finite numbers")
            arrays[int(number[1])] = array
    if not arrays:
        raise ModelError(
            f"{folder} has no *_{net}_params.jl_NN.npy; name a folder such as "
            "svhn_unsup_all_conv_dcgan_100z_gaussian_lr_0.0005_64mb of the authors' release"
        )
    return arrays


def _infer(folder: Path, generator: Arrays, discriminator: Arrays) -> Architecture:
    """The released nets are told apart by their kernels: 5x5 all of stride 2, 3x3 in pairs."""
    nets = {"gen": generator, "discrim": discriminator}
    lacking = [f"{net}_params 01" for net, arrays in nets.items() if 1 not in arrays]
    if lacking or generator[1].ndim != 2 or discriminator[1].ndim != 4:
        what = f"array {' and '.join(lacking)} is missing" if lacking else "the first arrays have odd shapes"
        raise ModelError(f"{folder} cannot be imported: {what}; of the release only the SVHN pair is whole")
    width, channels, kernel, _ = discriminator[1].shape
    layout = "strided" if kernel == 5 else "paired"
    halvings = sum(array.ndim == 4 for array in discriminator.values()) // (1 if kernel == 5 else 2)
    try:
        return build_architecture(
            layout=layout,
            size=4 * 2**halvings,
            channels=channels,
            base_channels=width,
            kernel_size=kernel,
            latent_dim=len(generator[1]),
            latent_distribution="normal" if "gaussian" in folder.resolve().name else "uniform",
            batch_norm_eps=EPSILON,
        )
    except ValueError as error:
        raise ModelError(f"{folder} holds arrays that fit none of the paper's nets: {error}") from error


def _in_order(folder: Path, net: str, arrays: Arrays, count: int) -> list[NDArray[np.float32]]:
    missing = sorted(set(range(1, count + 1)) - arrays.keys())
    if missing:
        numbers = ", ".join(f"{number:02}" for number in missing)
        raise ModelError(
            f"{folder} lacks arrays {numbers} of {net}_params, so the net cannot be rebuilt; "
            "of the authors' release only the SVHN pair is whole"
        )
    return [arrays[number] for number in range(1, count + 1)]


def _layer_tensors(arrays: list[NDArray[np.float32]], first_layer: int) -> dict[str, NDArray[np.float32]]:
    """Name the kernel and batch norm's weight and bias of each layer; the generator's last kernel stands alone."""
    tensors = {}
    for start in range(0, len(arrays), 3):
        layer = start // 3
        tensors[f"convolutions.{layer + first_layer}.weight"] = _flipped(arrays[start])
        for name, array in zip(("weight", "bias"), arrays[start + 1 : start + 3], strict=False):
            tensors[f"norms.{layer}.{name}"] = array
    return tensors


def _flipped(kernel: NDArray[np.float32]) -> NDArray[np.float32]:
    return kernel[..., ::-1, ::-1] if kernel.ndim == 4 else kernel  # `_fill` refuses others


def _fill(folder: Path, net: nn.Module, arrays: dict[str, NDArray[np.float32]]) -> None:
    parameters = dict(net.named_parameters())
    assert parameters.keys() == arrays.keys()
    with torch.no_grad():
        for name, parameter in parameters.items():
            if parameter.shape != arrays[name].shape:
                shapes = f"{arrays[name].shape}, not {tuple(parameter.shape)}"
                raise ModelError(f"{folder}: the array for {name} of {type(net).__name__} has shape {shapes}")
            parameter.copy_(torch.from_numpy(np.ascontiguousarray(arrays[name])))
