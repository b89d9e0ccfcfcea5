"""What a page of the studio consists of: its files, and what its requests do."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Page:
    """All that the server has to know of a page.

    A `*` in the path of a request stands for a number: the seed of a sample, the index of a picture. What a request
    refuses it raises as DcganError or ValueError, and the page shows the text. OSError means that nothing was saved.
    """

    files: tuple[str, ...]
    """Names in `studio/page`; the first is the page itself."""
    state: Callable[[], object]
    """Makes all that the page has to know when it opens, as JSON."""
    gets: Mapping[str, Callable[[int], bytes]]
    """By path, from the number in it to a PNG."""
    puts: Mapping[str, Callable[[int, bytes], None]]
    """By path, what saves the content that was sent for the number in it."""
    end: Callable[[], None]
    """Called by Done: makes sure that all is saved."""
    saved_in: Path
    """File or folder, for the error that names it."""
    largest: int = 1 << 20
    """Bytes of a request."""

    def file(self, path: str) -> str | None:
        """The name of the file that stands at a path, if one does."""
        if not path:
            return self.files[0]
        return path if path in self.files[1:] else None


def find(routes: Mapping[str, Callable[..., T]], path: str) -> Callable[..., T] | None:
    """What answers a path, with the path's number as its first argument; None if nothing does."""
    for route, act in routes.items():
        before, _, after = route.partition("*")
        digits = path.removeprefix(before).removesuffix(after)
        if path == f"{before}{digits}{after}" and digits.isdecimal() and len(digits) < 20:
            return partial(act, int(digits))
    return None
