"""Flags of `dcgan inpaint` that say what is missing, and the pictures with it."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple

from cyclopts import Parameter

from dcgan.cli.console import complain, say
from dcgan.cli.flags import Switch, need
from dcgan.cli.inpaint_output import SHEET
from dcgan.cli.pages import show_page
from dcgan.cli.sources import open_pictures
from dcgan.errors import DcganError, SourceError, UsageError
from dcgan.files import distinct_files

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
            "the paper; alpha, for the transparent part of each picture; a picture of the same size that is white (at "
            "least mid-gray, and not transparent) where pixels are missing; or a folder with such a NAME.png for each "
            "picture, where NAME is the picture's name without its suffix (with it, if two pictures share a name). "
            "With --draw: the folder for the masks. Default: masks."
        ),
    ] = None
    draw: Annotated[
        bool, Switch, Parameter(help="Open a page to paint by hand what is missing, or to go on with it.")
    ] = False
    mask_seed: Annotated[int, Parameter(help="Seed of the random masks: half, random and pattern.")] = 0
    port: Annotated[
        int, Parameter(help="Port of the --draw page, which only this machine can open. Default: any free port.")
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
        if self.draw and self.mask and Path(self.mask).is_file():
            raise UsageError(f"--mask {self.mask} is a file, and --draw needs a folder for the masks")
        if self.mask and not self.draw and self.mask not in (*NAMED, ALPHA) and not Path(self.mask).exists():
            raise UsageError(f"--mask {self.mask} is not a file, a folder or one of {', '.join(NAMED)}, {ALPHA}")
        if self.folder and not self.draw and not any(self.folder.glob("*.png")):
            raise UsageError(f"--mask {self.mask} holds no PNG; it needs a NAME.png for each picture")

    def damaged(self, source: str | list[str], model: "Model") -> DamagedPictures:
        """The pictures of a source, with their masks.

        Raises:
            SourceError: The source or the mask cannot be read.
        """
        from dcgan.data.prepare_options import PrepareOptions
        from dcgan.data.sources import open_source
        from dcgan.latent.masks import named_mask

        if self.mask in NAMED and self.is_named:
            packed = open_pictures(source, model)
            rows = enumerate(zip(packed.names, file_stems(packed.names), packed.pixels, strict=True))
            found = (
                Damaged(name, stem, pixels, named_mask(self.mask, model.size, self.mask_seed, number))
                for number, (name, stem, pixels) in rows
            )
            return DamagedPictures(len(packed), found)
        opened = open_source(source, PrepareOptions(size=model.size))
        return DamagedPictures(opened.total, _with_masks(opened, self._finder(opened)))

    def _finder(self, opened: "Source") -> "Find":
        if self.draw and self.folder:
            return _in_folder(self._drawn(opened, self.folder))
        if self.mask == ALPHA:
            return _transparent
        return _in_folder(self.folder) if self.folder else _same(Path(self.mask or ""))

    def _drawn(self, opened: "Source", folder: Path) -> Path:
        """The folder of masks, painted by hand on a page, each saved with each change."""
        from dcgan.data.items import Skipped
        from dcgan.data.whole_pictures import whole_pictures
        from dcgan.studio.mask_drawing import MaskDrawing
        from dcgan.studio.server import serve

        if opened.total > MOST_DRAWN:
            raise UsageError(f"--draw shows {MOST_DRAWN} pictures at most, not {opened.total:,}; name fewer")
        stems, pictures = file_stems([item.name for item in opened]), whole_pictures(opened)
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


Find = Callable[[str, "Pixels"], "Mask | str"]
"""The mask of a picture, by the name of its file and its pixels; or why it can have none."""


def file_stems(names: Sequence[str]) -> list[str]:
    """The names of pictures in a source as names of files: "a/beach.jpg" is "a-beach", or "a-beach.jpg" if another is.

    No two are the same, not even where a file system takes A for a, and none is that of the figure beside them.
    """
    flat = [name.replace("/", "-").replace("\\", "-") for name in names]
    short = [PurePosixPath(name).stem if PurePosixPath(name).stem.strip(".") else name for name in flat]
    shared = Counter(map(str.casefold, [*short, _FIGURE]))
    stems = (whole if shared[one.casefold()] > 1 else one for one, whole in zip(short, flat, strict=True))
    return distinct_files(stems, taken=[_FIGURE])


def _same(file: Path) -> Find:
    mask = _read(file)
    return lambda _, picture: _why_not(mask, picture, file) or mask


def _in_folder(folder: Path) -> Find:
    def find(stem: str, picture: "Pixels") -> "Mask | str":
        file = folder / f"{stem}.png"
        if not file.exists():
            return f"there is no {file}"
        try:
            mask = _read(file)
        except SourceError as error:
            return str(error)
        return _why_not(mask, picture, file) or mask

    return find


def _read(file: Path) -> "Mask":
    from dcgan.data.whole_pictures import read_mask

    try:
        return read_mask(file)
    except SourceError as error:
        raise SourceError(f"--mask {error}") from error


def _why_not(mask: "Mask", picture: "Pixels", file: Path) -> str | None:
    """Why a mask is none for a picture, in words of its file."""
    if mask.shape != picture.shape[:2]:
        (height, width), (rows, columns) = mask.shape, picture.shape[:2]
        return (
            f"--mask {file} has {width} x {height} pixels, and the picture {columns} x {rows}: they must be of one size"
        )
    if not mask.any():
        return f"--mask {file} has no white pixel: nothing is missing"
    return f"--mask {file} is all white: nothing is known" if mask.all() else None


def _transparent(_: str, picture: "Pixels") -> "Mask | str":
    from dcgan.data.whole_pictures import transparency

    mask = transparency(picture)
    if mask.all():
        return "it is all transparent: nothing is known"
    return mask if mask.any() else "it has no transparent pixel: nothing is missing"


def _with_masks(opened: "Source", find: Find) -> Iterator[Damaged | str]:
    """Each picture in its full size, with its mask."""
    from dcgan.data.items import Skipped
    from dcgan.data.whole_pictures import whole_pictures

    stems = file_stems([item.name for item in opened])
    for stem, (name, picture) in zip(stems, whole_pictures(opened), strict=True):
        if isinstance(picture, Skipped):
            yield f"{name}: {picture}"
            continue
        mask = find(stem, picture)
        yield f"{name}: {mask}" if isinstance(mask, str) else Damaged(name, stem, picture, mask)
