"""All that can be chosen by name, each written here once. Nothing is imported before it is used.

To add one of your own from another package, see `dcgan.registry`.
"""

from typing import TYPE_CHECKING

from dcgan.registry import Choice, Registry

if TYPE_CHECKING:
    from collections.abc import Callable

    from dcgan.metrics.extractors import Extractor, ExtractorOptions
    from dcgan.networks.layouts import ConvLayer
    from dcgan.probing.baselines.registry import Way
    from dcgan.training.augment import Augmentation
    from dcgan.training.losses import Loss
    from dcgan.training.recipe import Recipe

LOSSES: "Registry[Loss]" = Registry(
    "loss",
    "dcgan.losses",
    {
        "nonsaturating": Choice("dcgan.training.losses:NONSATURATING", "the paper's: -log D(G(z))"),
        "hinge": Choice("dcgan.training.losses:HINGE", "margins on the logits (Lim and Ye 2017)"),
        "relativistic": Choice("dcgan.training.losses:RELATIVISTIC", "real against generated in pairs (2018)"),
    },
)

AUGMENTATIONS: "Registry[Augmentation]" = Registry(
    "augment",
    "dcgan.augmentations",
    {
        "none": Choice("dcgan.training.augment:NONE", "images as they are"),
        "translation": Choice("dcgan.training.augment:TRANSLATION", "moved by up to an eighth of their side"),
        "color,translation,cutout": Choice(
            "dcgan.training.augment:COLOR_TRANSLATION_CUTOUT", "recolored, moved and with a hole, for very small sets"
        ),
    },
)

LAYOUTS: "Registry[Callable[[int, int, int], tuple[ConvLayer, ...]]]" = Registry(
    "layout",
    "dcgan.layouts",
    {
        "strided": Choice("dcgan.networks.layouts:strided", "one convolution a halving"),
        "paired": Choice("dcgan.networks.layouts:paired", "two a halving, as in the paper's ImageNet net"),
    },
)

PRESETS: "Registry[Recipe]" = Registry(
    "preset",
    "dcgan.presets",
    {
        "default": Choice("dcgan.training.presets:DEFAULT", "for CPUs and small sets"),
        "paper-64": Choice("dcgan.training.presets:PAPER_64", "the paper's bedrooms and faces"),
        "paper-imagenet-32": Choice("dcgan.training.presets:PAPER_IMAGENET_32", "the paper's ImageNet net"),
        "paper-svhn-32": Choice("dcgan.training.presets:PAPER_SVHN_32", "the paper's SVHN net"),
    },
)

EXTRACTORS: "Registry[Callable[[ExtractorOptions], Extractor]]" = Registry("extractor", "dcgan.extractors", {})

BASELINES: "Registry[Way]" = Registry("baseline", "dcgan.baselines", {})
