"""All that can be chosen by name, each written here once. Nothing is imported before it is used.

To add one of your own from another package, see `dcgan.registry`.
"""

from typing import TYPE_CHECKING

from dcgan.registry import Choice, Registry

if TYPE_CHECKING:
    from collections.abc import Callable

    from dcgan.data.kinds import SourceKind
    from dcgan.metrics.extractors import Extractor, Wanted
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

EXTRACTORS: "Registry[Callable[[Wanted], Extractor]]" = Registry("extractor", "dcgan.extractors", {})

BASELINES: "Registry[Way]" = Registry("baseline", "dcgan.baselines", {})

SOURCES: "Registry[SourceKind]" = Registry(
    "source",
    "dcgan.sources",
    {
        "folder": Choice("dcgan.data.folder:FOLDER", "a folder"),
        "tar": Choice("dcgan.data.archives:TAR", ".tar (.gz, .xz, .bz2)"),
        "zip": Choice("dcgan.data.archives:ZIP", ".zip"),
        "npy": Choice("dcgan.data.array_files:NPY", ".npy"),
        "npz": Choice("dcgan.data.array_files:NPZ", ".npz"),
        "idx": Choice("dcgan.data.array_files:IDX", "IDX (MNIST)"),
        "cifar-10": Choice("dcgan.data.benchmark_sets:CIFAR_10", "CIFAR-10's batches"),
        "mat": Choice("dcgan.data.benchmark_sets:MAT_FILE", ".mat (SVHN, CIFAR-10)"),
        "drawn-faces": Choice("dcgan.data.drawn_faces:DRAWN_FACES", "drawn-faces[:COUNT]"),
        "sequence": Choice("dcgan.data.python_sources:SEQUENCE", "a list of PIL pictures or a torch Dataset"),
        "array": Choice("dcgan.data.python_sources:ARRAY", "a numpy array or a torch tensor"),
    },
)
"""Tried from the last to the first: what other packages add comes before what is built in, and a folder at the end."""

_ONLY_IN_PYTHON = ("sequence", "array")


def describe_sources(*, in_python: bool) -> str:
    """All sources in a list for help texts and messages; with those that are no path only if `in_python`."""
    meanings = {
        name: meaning if SOURCES.is_built_in(name) else f"{name} ({meaning})"
        for name, meaning in SOURCES.meanings.items()
        if in_python or name not in _ONLY_IN_PYTHON
    }
    return ", ".join(meanings.values())
