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

EXTRACTORS: "Registry[Callable[[ExtractorOptions], Extractor]]" = Registry(
    "extractor",
    "dcgan.extractors",
    {
        "efficientnet-lite0": Choice("dcgan.metrics.extractors:efficientnet_features", "works offline"),
        "inception": Choice("dcgan.metrics.extractors:inception_features", "that of published Fréchet distances"),
        "discriminator": Choice("dcgan.metrics.extractors:discriminator_features", "the model's own"),
        "pixels": Choice("dcgan.metrics.extractors:pixel_features", "averaged down to 16 x 16"),
    },
)

BASELINES: "Registry[Way]" = Registry("baseline", "dcgan.baselines", {})
