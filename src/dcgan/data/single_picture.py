"""One picture in a file of its own, for what is done to pictures rather than learned from them."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from dcgan.data import formats
from dcgan.data.items import Item
from dcgan.data.kinds import file_kind
from dcgan.data.picture_files import has_extension, printable


class SinglePicture:
    """The picture in a file, or what else it holds."""

    def __init__(self, path: Path, noun: str = "picture") -> None:
        self.description = f"{noun} {path}"
        self._path = path

    @property
    def total(self) -> int:
        """It yields one item."""
        return 1

    @property
    def ignored(self) -> Mapping[str, int]:
        """Nothing is ignored."""
        return {}

    def __iter__(self) -> Iterator[Item]:
        yield Item(printable(self._path.name), self._path)


def _recognizes(path: Path, head: bytes) -> bool:
    """A damaged picture counts, too: it is skipped with its reason, as in a folder."""
    return formats.sniff(head) is not None or has_extension(path.name)


SINGLE_PICTURE = file_kind(_recognizes, SinglePicture)
