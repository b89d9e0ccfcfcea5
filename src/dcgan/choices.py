"""All that can be chosen by name, each written here once. Nothing is imported before it is used.

To add one of your own from another package, see `dcgan.registry`.
"""

from typing import TYPE_CHECKING

from dcgan.registry import Choice, Registry

if TYPE_CHECKING:
    from collections.abc import Callable

    from dcgan.metrics.extractors import Extractor, Wanted
    from dcgan.networks.layouts import ConvLayer
    from dcgan.probing.baselines.baseline import Baseline
    from dcgan.training.augment import Augmentation
    from dcgan.training.losses import Loss
    from dcgan.training.recipe import Recipe

LOSSES: "Registry[Loss]" = Registry("loss", "dcgan.losses", {})

AUGMENTATIONS: "Registry[Augmentation]" = Registry("augment", "dcgan.augmentations", {})

LAYOUTS: "Registry[Callable[[int, int, int], tuple[ConvLayer, ...]]]" = Registry(
    "layout",
    "dcgan.layouts",
    {
        "strided": Choice("dcgan.networks.layouts:strided", "one convolution a halving"),
        "paired": Choice("dcgan.networks.layouts:paired", "two a halving, as in the paper's ImageNet net"),
    },
)

PRESETS: "Registry[Recipe]" = Registry("preset", "dcgan.presets", {})

EXTRACTORS: "Registry[Callable[[Wanted], Extractor]]" = Registry("extractor", "dcgan.extractors", {})

BASELINES: "Registry[Baseline]" = Registry(
    "baseline",
    "dcgan.baselines",
    {
        "dcgan": Choice("dcgan.probing.baselines.discriminator:DCGAN", "the discriminator's maps"),
        "random": Choice("dcgan.probing.baselines.discriminator:RANDOM", "the same net, untrained"),
        "kmeans": Choice("dcgan.probing.baselines.kmeans:KMEANS", "K-means of patches (Coates & Ng)"),
        "learned-rf": Choice("dcgan.probing.baselines.receptive_fields:LEARNED_RF", "K-means, learned fields"),
        "exemplar": Choice("dcgan.probing.baselines.exemplar_cnn:EXEMPLAR", "Exemplar CNN, the same net"),
        "pixels": Choice("dcgan.probing.baselines.pixels:PIXELS", "the pixels themselves"),
        "supervised": Choice("dcgan.probing.baselines.supervised:SUPERVISED", "the same net, on labels alone"),
        "finetuned": Choice("dcgan.probing.baselines.supervised:FINETUNED", "the net itself, trained on"),
    },
)
