"""dcgan: the deep convolutional GAN, done whole.

    import dcgan

    dcgan.train("photos/", "runs/photos", dcgan.Recipe(size=64, minutes=30))
    model = dcgan.load("runs/photos")
    pixels = model.sample(seeds=range(64))  # (64, 64, 64, 3), uint8

Each name is imported when it is first used, so that `import dcgan` itself is quick.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dcgan.data.packed import PackedSet
    from dcgan.data.prepare import PrepareOptions, prepare
    from dcgan.errors import DcganError
    from dcgan.model import Model, load
    from dcgan.training.presets import preset
    from dcgan.training.recipe import Recipe
    from dcgan.training.run import resume, train
    from dcgan.training.session import TrainingResult

    __version__: str

_HOMES = {
    "DcganError": "dcgan.errors",
    "Model": "dcgan.model",
    "PackedSet": "dcgan.data.packed",
    "PrepareOptions": "dcgan.data.prepare",
    "Recipe": "dcgan.training.recipe",
    "TrainingResult": "dcgan.training.session",
    "load": "dcgan.model",
    "prepare": "dcgan.data.prepare",
    "preset": "dcgan.training.presets",
    "resume": "dcgan.training.run",
    "train": "dcgan.training.run",
}

__all__ = [
    "DcganError",
    "Model",
    "PackedSet",
    "PrepareOptions",
    "Recipe",
    "TrainingResult",
    "load",
    "prepare",
    "preset",
    "resume",
    "train",
]


def __getattr__(name: str) -> object:
    if name == "__version__":
        return _version()
    if name not in _HOMES:
        raise AttributeError(f"module 'dcgan' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return [*globals(), *__all__]


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version  # takes a tenth of a second

    try:
        return version("dcgan")
    except PackageNotFoundError:  # used from a source tree that was not installed
        return "0+unknown"
