"""Flags of `dcgan inpaint` that say what is missing, and the pictures with it."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple

from cyclopts import Parameter

from dcgan.cli.console import complain, say
from dcgan.cli.flags import Switch, need
from dcgan.cli.inpaint_output import SHEET
from dcgan.cli.pages import show_page
from dcgan.cli.sources import open_pictures
from dcgan.errors import DcganError, SourceError, UsageError

if TYPE_CHECKING:
    from dcgan.data.items import Source
    from dcgan.model import Model
    from dcgan.types import Mask, Pixels

NAMED: tuple[Literal["center", "half", "random", "pattern"], ...] = ("center", "half", "random", "pattern")
ALPHA = "alpha"
_FIGURE = PurePosixPath(SHEET).stem
DEFAULT_FOLDER = "masks"  # of --draw
MOST_DRAWN = 200  # pictures on a page


class Damaged(NamedTuple):
    """A picture of which something is missing."""

    name: str
    stem: str
    """Its name as that of a file without a suffix, which no other has."""
    picture: "Pixels"
    mask: "Mask"


class DamagedPictures(NamedTuple):
    """All of them."""

    total: int
    """How many there are, with those that are skipped."""
    pictures: Iterator[Damaged | str]
    """Each, or why it is skipped."""


@Parameter(name="*")
@dataclass(frozen=True)
class MaskFlags:
    """What is missing: a mask of the paper, or the user's own."""

    mask: Annotated[
        str | None,
        Parameter(
            help="What is missing: center (half the side), half, random (80 % of the pixels) or pattern (25 %), as in "
            "the paper; alpha, where pictures are transparent; a picture of the same size, white where it is missing; "
            "or a folder with such a picture of the same name (NAME.png) for each. With --draw, the folder: masks."
        ),
    ] = None
    draw: Annotated[
        bool, Switch, Parameter(help="Open a page to paint by hand what is missing, or to go on with it.")
    ] = False
    mask_seed: Annotated[int, Parameter(help="Names the random masks of half, random and pattern.")] = 0
    port: Annotated[
        int, Parameter(help="Port of the page of --draw, on this machine alone. Default: any that is free.")
    ] = 0

    @property
    def is_named(self) -> bool:
        """Whether it is a mask of the paper, so that the pictures themselves are whole."""
        return self.mask in NAMED and not self.draw

    @property
    def folder(self) -> Path | None:
        """Of masks, one for each picture."""
        if self.draw:
            return Path(self.mask or DEFAULT_FOLDER)
        return Path(self.mask) if self.mask and Path(self.mask).is_dir() else None

    def check(self) -> None:
        """Refuse, before any work, flags that name no mask.

        Raises:
            UsageError: They do not, or a value is out of its range.
        """
        if not self.mask and not self.draw:
            raise UsageError(f"say what is missing: --mask {', '.join(NAMED)}, {ALPHA}, a FILE or a FOLDER; or --draw")
        need(0 <= self.mask_seed < 2**63, "--mask-seed", "0 to 2^63 - 1", self.mask_seed)
        need(0 <= self.port < 65536, "--port", "0 to 65535", self.port)
        if self.draw and self.mask in (*NAMED, ALPHA):
            raise UsageError(f"--draw paints masks into a folder: name one with --mask, not {self.mask}")
        if self.mask and not self.draw and self.mask not in (*NAMED, ALPHA) and not Path(self.mask).exists():
            raise UsageError(f"--mask {self.mask}: there is no such file or folder, and no such mask")

    def damaged(self, source: str | list[str], model: "Model") -> DamagedPictures:
        """The pictures of a source, with their masks.

        Raises:
            SourceError: The source or the mask cannot be read.
        """
        from dcgan.data.sources import open_source
        from dcgan.data.whole_pictures import read_mask
        from dcgan.latent.masks import named_mask

        if self.mask == ALPHA and model.channels != 3:
            raise UsageError(f"--mask {ALPHA} is for models of 3 channels, not {model.channels}")
        if self.mask in NAMED and self.is_named:
            packed = open_pictures(source, model)
            rows = enumerate(zip(packed.names, file_stems(packed.names), packed.pixels, strict=True))
            found = (
                Damaged(name, stem, pixels, named_mask(self.mask, model.size, self.mask_seed, number))
                for number, (name, stem, pixels) in rows
            )
            return DamagedPictures(len(packed), found)
        opened = open_source(source)
        if self.mask == ALPHA:
            return DamagedPictures(opened.total, _with_masks(opened, 4, None))
        if self.folder is not None:
            find = _in_folder(self._drawn(opened, model, self.folder) if self.draw else self.folder)
        else:
            same = read_mask(Path(self.mask or ""))
            find = lambda _: same  # noqa: E731
        return DamagedPictures(opened.total, _with_masks(opened, model.channels, find))

    def _drawn(self, opened: "Source", model: "Model", folder: Path) -> Path:
        """The folder of masks, painted by hand on a page, each saved with each change."""
        from dcgan.data.items import Skipped
        from dcgan.data.whole_pictures import whole_pictures
        from dcgan.studio.mask_drawing import MaskDrawing
        from dcgan.studio.server import serve

        if opened.total > MOST_DRAWN:
            raise UsageError(f"--draw shows {MOST_DRAWN} pictures at most, not {opened.total:,}; name fewer")
        stems, pictures = file_stems([item.name for item in opened]), whole_pictures(opened, model.channels)
        shown = {
            stem: picture
            for stem, (_, picture) in zip(stems, pictures, strict=True)
            if not isinstance(picture, Skipped)
        }
        if not shown:
            raise DcganError(f"{opened.description}: no picture can be read")
        drawing = MaskDrawing(shown, folder)
        try:
            serve(drawing, show_page("paint what is missing"), self.port)
        except KeyboardInterrupt:
            try:
                drawing.end()
            except (DcganError, OSError) as error:
                complain(f"the masks are not in {folder}: {error}")
            else:
                say(f"the masks are saved in {folder}; the same command goes on with them")
            raise
        return folder


Find = Callable[[str], "Mask | str"]
"""The mask of a picture, by the name of its file; or why there is none."""


def file_stems(names: Sequence[str]) -> list[str]:
    """The names of pictures in a source as names of files: "a/beach.jpg" is "a-beach", or "a-beach.jpg" if another is.

    No two are the same, and none is that of the figure beside them.
    """
    flat = [name.replace("/", "-").replace("\\", "-") for name in names]
    short = [PurePosixPath(name).stem if PurePosixPath(name).stem.strip(".") else name for name in flat]
    shared, stems, taken = Counter([*short, _FIGURE]), list[str](), {_FIGURE}
    for one, whole in zip(short, flat, strict=True):
        stem = whole if shared[one] > 1 else one
        numbered = (f"{stem}-{number}" for number in count(2))
        stems.append(next(free for free in chain([stem], numbered) if free not in taken))
        taken.add(stems[-1])
    return stems


def _in_folder(folder: Path) -> Find:
    from dcgan.data.whole_pictures import read_mask

    def find(stem: str) -> "Mask | str":
        file = folder / f"{stem}.png"
        if not file.exists():
            return f"there is no {file}"
        try:
            return read_mask(file)
        except SourceError as error:
            return str(error)

    return find


def _with_masks(opened: "Source", channels: int, find: Find | None) -> Iterator[Damaged | str]:
    """Each picture in its full size, with its mask; of one without `find` its alpha is the mask."""
    from dcgan.data.items import Skipped
    from dcgan.data.whole_pictures import split_alpha, whole_pictures

    stems = file_stems([item.name for item in opened])
    for stem, (name, picture) in zip(stems, whole_pictures(opened, channels), strict=True):
        if isinstance(picture, Skipped):
            yield f"{name}: {picture.reason} {picture.detail}".rstrip()
            continue
        picture, mask = split_alpha(picture) if find is None else (picture, find(stem))
        yield f"{name}: {mask}" if isinstance(mask, str) else Damaged(name, stem, picture, mask)
