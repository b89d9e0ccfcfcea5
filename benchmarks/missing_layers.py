"""The layers that the authors' ImageNet discriminator lacks, on top of the four that were released.

    dcgan import imagenet_gan_pretrain_128f_relu_lrelu_7l_3x3_256z --out imagenet
    dcgan prepare tiny-imagenet-32/ sets/tiny32 --size 32 --channels 3
    python -m benchmarks.missing_layers imagenet sets/tiny32 --out imagenet-whole
    dcgan train sets/tiny32 --from imagenet-whole --freeze-discriminator 4 --out runs/whole
    dcgan probe runs/whole cifar10/train --test cifar10/test --labels-per-class 400

The model it writes has the paper's layers: the released ones, whose batch-norm statistics it measures on the pictures,
and random ones. A training with the first layers frozen trains the others and a generator.
"""

import argparse
from pathlib import Path

import torch

from dcgan.data.packed import PackedSet
from dcgan.loading import load
from dcgan.model import Model
from dcgan.networks.batch_norm import measure_statistics
from dcgan.networks.initialize import untrained_discriminator, untrained_generator
from dcgan.networks.layouts import build_architecture
from dcgan.pixels import to_images

BATCHES, BATCH_SIZE = 100, 128  # that statistics are measured on


def complete(model: Model, pictures: PackedSet) -> Model:
    """A model of the paper's layers, of which the discriminator's first are those of `model`."""
    released = model.nets_for("completing it", "take the import of the authors' ImageNet weights")
    first = released.architecture.discriminator[0]
    architecture = build_architecture(
        layout="paired",
        size=model.size,
        channels=model.channels,
        base_channels=first.out_channels,
        kernel_size=first.kernel_size,
        latent_dim=released.architecture.latent_dim,
        latent_distribution=released.architecture.latent_distribution,
        batch_norm_eps=released.architecture.batch_norm_eps,
    )
    generator, discriminator = untrained_generator(architecture, 0), untrained_discriminator(architecture, 0)
    layers = {name: tensor for name, tensor in released.discriminator.state_dict().items() if "head" not in name}
    discriminator.load_state_dict(layers, strict=False)
    rows = torch.randperm(len(pictures), generator=torch.Generator().manual_seed(0))[: BATCHES * BATCH_SIZE]
    batches = (to_images(torch.from_numpy(pictures.pixels[chunk.sort().values])) for chunk in rows.split(BATCH_SIZE))
    measure_statistics(discriminator, batches)
    details = {
        "origin": model.details["origin"],
        "untrained": "the generator, and the layers that were not released",
        "statistics": {"discriminator": f"mean over mini-batches of {BATCH_SIZE} of {len(rows):,} pictures"},
    }
    return Model(architecture, generator.eval(), discriminator.eval(), details)


def main() -> None:
    """Complete a model."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("pictures", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    complete(load(arguments.model), PackedSet.open(arguments.pictures)).save(arguments.out)
    print(f"saved: {arguments.out}")


if __name__ == "__main__":
    main()
