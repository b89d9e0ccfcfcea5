"""Sources of pictures on the command line: what they are, and opening one for a model."""

from typing import TYPE_CHECKING

from dcgan.choices import describe_sources
from dcgan.cli.console import progress_bar, warn
from dcgan.cluster import Engine

if TYPE_CHECKING:
    from dcgan.data.packed import PackedSet
    from dcgan.model import Model

_KINDS = describe_sources(in_python=False)
_LABELS = "If all pictures of a folder or archive lie in sub-folders, the sub-folders are the labels."
PICTURES_HELP = f"Pictures: a packed set, {_KINDS}. {_LABELS}"
"""Help text of a source."""


def open_pictures(source: str | list[str], model: "Model", engine: Engine = "local") -> "PackedSet":
    """Open the pictures of a source as the model takes them; warn if some could not be used.

    Raises:
        SourceError: The source cannot be read, or holds no usable picture.
        PackedSetError: It is a packed set of another size, or broken, or has no clip of a model that predicts frames.
    """
    from dcgan.model_pictures import open_for

    with progress_bar("preparing") as bar:
        data = open_for(model, source, engine=engine, on_progress=bar)
    name = source if isinstance(source, str) else ", ".join(source)
    if summary := data.skipped_summary:
        warn(f"{name}: {summary}")
    if data.film_count and data.film_count.too_short:
        warn(f"{name}: {data.film_count}, and not among them")
    return data


def all_of(sources: tuple[str, ...]) -> str | list[str]:
    """Several sources on a command line as one; a single one by itself."""
    return sources[0] if len(sources) == 1 else list(sources)
