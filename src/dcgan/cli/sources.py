"""The pictures that a verb looks at with a model."""

from typing import TYPE_CHECKING

from dcgan.cli.console import progress_bar, warn

if TYPE_CHECKING:
    from dcgan.data.packed import PackedSet
    from dcgan.model import Model


def open_pictures(source: str, model: "Model") -> "PackedSet":
    """The pictures of a source in the model's size and channels; it is told how many could not be used.

    Raises:
        SourceError: The source cannot be read, or holds no usable picture.
        PackedSetError: It is a packed set of another size, or broken.
    """
    from dcgan.data import cache
    from dcgan.data.packed import REFUSED

    size, channels = model.architecture.size, model.architecture.channels
    with progress_bar("preparing") as bar:
        data = cache.open_pictures(source, size=size, channels=channels, on_progress=bar)
    if data.refused:
        warn(f"{data.refused:,} pictures of {source} cannot be used; each with its reason: {data.path / REFUSED}")
    return data
