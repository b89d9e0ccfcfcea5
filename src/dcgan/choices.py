"""All that can be chosen by name, each written here once. Nothing is imported before it is used.

To add one of your own from another package, see `dcgan.registry`.
"""

from typing import TYPE_CHECKING

from dcgan.registry import Choice, Registry

if TYPE_CHECKING:
    from collections.abc import Callable

    from dcgan.data.kinds import SourceKind
    from dcgan.metrics.extractors import Extractor, ExtractorOptions
    from dcgan.networks.families import NetFamily
    from dcgan.networks.layers import ConvLayer
    from dcgan.probing.baselines.baseline import Baseline
    from dcgan.training.augment import Augmentation
    from dcgan.training.losses import Loss
    from dcgan.training.recipe import Recipe
    from dcgan.training.step import UpdateRule

LOSSES: "Registry[Loss]" = Registry(
    "loss",
    "dcgan.losses",
    {
        "nonsaturating": Choice("dcgan.training.losses:NONSATURATING", "the paper's: -log D(G(z))"),
        "minimax": Choice("dcgan.training.losses:MINIMAX", "log(1 - D(G(z))), which the paper advises against"),
        "hinge": Choice("dcgan.training.losses:HINGE", "margins on the logits (Lim and Ye 2017)"),
        "relativistic": Choice("dcgan.training.losses:RELATIVISTIC", "real against generated in pairs (2018)"),
    },
)

UPDATES: "Registry[UpdateRule]" = Registry(
    "updates",
    "dcgan.updates",
    {
        "both": Choice("dcgan.training.step:BOTH", "both nets, D then G"),
        "alternate": Choice("dcgan.training.step:ALTERNATE", "one net, by turns, as in the released code"),
        "simultaneous": Choice("dcgan.training.step:SIMULTANEOUS", "both from one forward pass, as in GAN 2014"),
    },
    fits=lambda rule: isinstance(rule, tuple) and bool(rule) and all(map(callable, rule)),
    form="a tuple of one function or more, such as (my_update,)",
)

AUGMENTATIONS: "Registry[Augmentation]" = Registry(
    "augment",
    "dcgan.augmentations",
    {
        "none": Choice("dcgan.training.augment:NONE", "images as they are"),
        "translation": Choice("dcgan.training.augment:TRANSLATION", "moved by up to an eighth of their side"),
        "translation,cutout": Choice(
            "dcgan.training.augment:TRANSLATION_CUTOUT", "moved and with a hole, for small sets"
        ),
        "color,translation,cutout": Choice(
            "dcgan.training.augment:COLOR_TRANSLATION_CUTOUT", "recolored, moved and with a hole, for small sets of RGB"
        ),
    },
)

NETS: "Registry[NetFamily]" = Registry(
    "nets",
    "dcgan.nets",
    {
        "dcgan": Choice("dcgan.networks.families:DCGAN", "the paper's"),
        "conditional-dcgan": Choice("dcgan.networks.conditional:CONDITIONAL_DCGAN", "the same, with labels"),
        "gan-2014-mnist": Choice("dcgan.networks.gan_2014:MNIST", "fully connected nets of the first GAN, for digits"),
        "gan-2014-cifar": Choice("dcgan.networks.gan_2014:CIFAR", "the same for color pictures"),
        "gan-2014-cifar-conv": Choice("dcgan.networks.gan_2014_conv:CIFAR_CONV", "convolutional nets of the first GAN"),
        "lapgan": Choice("dcgan.networks.lapgan:LAPGAN", "a chain of GANs from 8x8 up"),
        "conditional-lapgan": Choice("dcgan.networks.lapgan:CONDITIONAL_LAPGAN", "the same, with labels"),
        "frame-predictor": Choice("dcgan.networks.frame_predictor:FRAME_PREDICTOR", "the next frame of a video"),
    },
)

LAYOUTS: "Registry[Callable[[int, int, int | None], tuple[ConvLayer, ...]]]" = Registry(
    "layout",
    "dcgan.layouts",
    {
        "strided": Choice("dcgan.networks.layouts:strided", "one convolution for each halving"),
        "pooled": Choice("dcgan.networks.layouts:pooled", "the same, with pooling in place of strides"),
        "paired": Choice("dcgan.networks.layouts:paired", "two for each halving, as in the paper's ImageNet net"),
    },
)

PRESETS: "Registry[Recipe]" = Registry(
    "preset",
    "dcgan.presets",
    {
        "default": Choice("dcgan.training.presets:DEFAULT", "for your own pictures, about an hour"),
        "quick": Choice("dcgan.training.presets:QUICK", "the same in about five minutes"),
        "best": Choice("dcgan.training.presets:BEST", "for your own pictures, a few hours"),
        "drawings": Choice("dcgan.training.presets:DRAWINGS", "cartoons, icons, pixel art"),
        "paper-64": Choice("dcgan.training.presets:PAPER_64", "the paper's bedrooms and faces"),
        "paper-imagenet-32": Choice("dcgan.training.presets:PAPER_IMAGENET_32", "the paper's ImageNet net"),
        "paper-svhn-32": Choice("dcgan.training.presets:PAPER_SVHN_32", "the paper's SVHN net"),
        "paper-mnist-conditional": Choice(
            "dcgan.training.presets:PAPER_MNIST_CONDITIONAL", "the released net for digits, with labels"
        ),
        "gan-2014-mnist": Choice("dcgan.training.presets:GAN_2014_MNIST", "the first GAN, on digits"),
        "gan-2014-cifar": Choice("dcgan.training.presets:GAN_2014_CIFAR", "the first GAN, on small color pictures"),
        "gan-2014-cifar-conv": Choice("dcgan.training.presets:GAN_2014_CIFAR_CONV", "the same, with convolutions"),
        "lapgan-cifar": Choice("dcgan.training.presets:LAPGAN_CIFAR", "LAPGAN: from 8x8 to 32x32"),
        "frame-predictor": Choice("dcgan.training.presets:FRAME_PREDICTOR", "the next frame of a video"),
    },
)

EXTRACTORS: "Registry[Callable[[ExtractorOptions], Extractor]]" = Registry(
    "extractor",
    "dcgan.extractors",
    {
        "efficientnet-lite0": Choice("dcgan.metrics.extractors:efficientnet_features", "works offline"),
        "inception": Choice("dcgan.metrics.extractors:inception_features", "the net of published Fréchet distances"),
        "discriminator": Choice("dcgan.metrics.extractors:discriminator_features", "means of the discriminator's maps"),
        "perceptual": Choice(
            "dcgan.metrics.extractors:perceptual_features", "the discriminator's maps, position by position"
        ),
        "pixels": Choice("dcgan.metrics.extractors:pixel_features", "averaged down to 16 x 16"),
    },
)

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
        "finetuned": Choice("dcgan.probing.baselines.supervised:FINETUNED", "the net, trained further"),
    },
)

SOURCES: "Registry[SourceKind]" = Registry(
    "source",
    "dcgan.sources",
    {
        "folder": Choice("dcgan.data.folder:FOLDER", "a folder"),
        "picture": Choice("dcgan.data.single_picture:SINGLE_PICTURE", "a picture"),
        "list": Choice("dcgan.data.file_list:LIST", "a list of files (.txt, .csv)"),
        "tar": Choice("dcgan.data.archives:TAR", ".tar (.gz, .xz, .bz2)"),
        "zip": Choice("dcgan.data.archives:ZIP", ".zip"),
        "npy": Choice("dcgan.data.array_files:NPY", ".npy"),
        "npz": Choice("dcgan.data.array_files:NPZ", ".npz"),
        "idx": Choice("dcgan.data.array_files:IDX", "IDX (MNIST)"),
        "parquet": Choice("dcgan.data.tables:PARQUET", "Parquet"),
        "tables": Choice(
            "dcgan.data.table_folders:TABLE_FOLDER", "a folder of Parquet files or one saved by Hugging Face"
        ),
        "lmdb": Choice("dcgan.data.lmdb_files:LMDB", "LMDB (LSUN)"),
        "cifar-10": Choice("dcgan.data.benchmark_sets:CIFAR_10", "CIFAR-10's batches"),
        "mat": Choice("dcgan.data.benchmark_sets:MAT_FILE", ".mat (SVHN, CIFAR-10)"),
        "video": Choice("dcgan.data.videos:VIDEO", "a video, or a folder of videos"),
        "sounds": Choice("dcgan.data.sounds:SOUNDS", "a sound, or a folder of sounds"),
        "hugging-face": Choice("dcgan.data.hugging_face:HUGGING_FACE", "hf://OWNER/NAME[:SPLIT]"),
        "drawn-faces": Choice("dcgan.data.drawn_faces:DRAWN_FACES", "drawn-faces[:COUNT[:SEED]]"),
        "sequence": Choice("dcgan.data.python_sources:SEQUENCE", "a list of PIL pictures or a torch Dataset"),
        "array": Choice("dcgan.data.python_sources:ARRAY", "a numpy array or a torch tensor"),
        "joined": Choice("dcgan.data.joined:JOINED", "several of these, such as 'shards-{00..99}.tar'"),
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
