"""Where pictures come from: the one registry of sources.

A source is anything with the members of `dcgan.data.items.Source`: `description`, `total`, `skipped`, and iteration
over `Item`s in an order that never changes. An item carries a name, a label (or None), attributes (dict of str to
str), and content: encoded bytes, a path for a worker to read, pixels as a uint8 array (H, W, C), or a `Refused`.
Adding a kind is one such class, one entry in `BUILT_IN` or `KINDS`, and one test.
"""

from collections.abc import Callable
from pathlib import Path

from dcgan.data.items import Source
from dcgan.errors import SourceError


def _drawn_faces(parameter: str) -> Source:
    from dcgan.data.drawn import DrawnFaces  # its drawing library is an extra: "dcgan[demo]"

    if not parameter:
        return DrawnFaces()
    if not parameter.isdecimal() or int(parameter) == 0:
        raise SourceError(f"drawn-faces:{parameter}: the count must be a whole number of 1 or more")
    return DrawnFaces(int(parameter))


BUILT_IN: dict[str, Callable[[str], Source]] = {"drawn-faces": _drawn_faces}
"""Sources without files, made from what follows the colon: `drawn-faces:5000`."""


def open_source(source: str | Path) -> Source:
    """Look through a source of pictures.

    Args:
        source: A folder, an archive, an array file, or a name of `BUILT_IN`.

    Raises:
        SourceError: It is missing, cannot be read or holds no picture; the message says what was found instead.
    """
    name, _, parameter = str(source).partition(":")
    if name in BUILT_IN and not Path(source).exists():
        return BUILT_IN[name](parameter)
    raise SourceError(f"{source}: no such file or folder")
