"""What verbs of the latent space write: figures, films and latent vectors, told by the suffix of each --out."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from dcgan.errors import DcganError
from dcgan.files import check_writable

if TYPE_CHECKING:
    from PIL.Image import Image

    from dcgan.figures.theme import Theme
    from dcgan.figures.video import Frame
    from dcgan.model import Model
    from dcgan.types import OnProgress, Pixels

FRAMES_PER_SECOND = 30.0
FASTEST_GIF = 50.0  # frames a second: it counts in hundredths, and players slow down what lasts one
Outs = Annotated[list[Path] | None, Parameter(negative="")]
LATENTS = ".npz"
FILM_SIDE = 512  # pixels; a film's picture is enlarged until it is at least so wide


def open_model(path: Path, device: str) -> "Model":
    """Load a model for drawing, onto the device that the flag means here."""
    from dcgan.device import resolve_device
    from dcgan.model import load
    from dcgan.networks.memory import reuse_memory

    device = resolve_device(device)
    if device == "cpu":
        reuse_memory()
    return load(path, device)


def chosen_theme(name: str) -> "Theme":
    """The colors that --theme names."""
    from dcgan.figures.theme import THEMES

    if name not in THEMES:
        raise DcganError(f"--theme {name!r} is unknown; there are {', '.join(THEMES)}")
    return THEMES[name]


@contextmanager
def writing(flag: str, path: Path) -> Iterator[None]:
    """Within the block, what cannot be written is the user's to mend.

    Raises:
        DcganError: It cannot be; the flag is named.
    """
    try:
        yield
    except OSError as error:
        raise DcganError(f"cannot write {flag} {path}: {error.strerror or error}") from error


def check_files(targets: Mapping[str, tuple[Path | None, Iterable[str]]]) -> None:
    """Refuse, before any work, files that cannot be written; folders for them are made.

    Args:
        targets: By their flags the files, None where the flag is not given, and the suffixes that they may have.

    Raises:
        DcganError: A suffix is another, a folder stands there, two are the same, or it cannot be written there.
    """
    named: dict[Path, str] = {}
    for flag, (path, kinds) in targets.items():
        if path is None:
            continue
        _check_file(flag, path, list(kinds))
        other = named.setdefault(path.resolve(), flag)
        if other != flag:
            raise DcganError(f"{other} and {flag} name one file, {path}; one would overwrite the other")


def _check_file(flag: str, path: Path, kinds: Sequence[str]) -> None:
    if path.suffix.lower() not in kinds:
        raise DcganError(f"{flag} {path}: name a file of one of these kinds: {', '.join(kinds)}")
    if path.is_dir():
        raise DcganError(f"{flag} {path} is a folder; name a file")
    with writing(flag, path):
        check_writable(path)


def check_outputs(outs: list[Path], *, films: bool = True, fps: float = FRAMES_PER_SECOND, flag: str = "--out") -> None:
    """Refuse files that cannot be written, before any work.

    Raises:
        DcganError: A suffix means nothing, a folder stands in the way, or the rate of a film is out of range.
    """
    from dcgan.figures.sheets import FORMATS
    from dcgan.figures.video import VIDEOS

    kinds = [*FORMATS, *(suffix for suffix in VIDEOS if films and suffix not in FORMATS), LATENTS]
    if len(set(outs)) < len(outs):
        raise DcganError(f"{listed(outs)}: one file is named twice, and one would overwrite the other")
    for out in outs:
        _check_file(flag, out, kinds)
    if any(out.suffix.lower() == ".gif" for out in outs) and fps > FASTEST_GIF:
        raise DcganError(f"a .gif shows {FASTEST_GIF:g} frames a second at most; --fps {fps:g} needs .mp4")
    if not 1 <= fps <= 100:
        raise DcganError(f"--fps must be 1 to 100, not {fps:g}")


def write_outputs(
    outs: list[Path],
    *,
    figure: "Callable[[], Image]",
    film: "Callable[[], Iterable[Frame]] | None" = None,
    latents: Callable[[Path], None],
    fps: float = FRAMES_PER_SECOND,
) -> None:
    """Write each file as what its suffix says; each is made only if it is asked for."""
    from dcgan.figures.sheets import FORMATS, save_picture
    from dcgan.figures.video import write_video

    for out in outs:
        suffix = out.suffix.lower()
        with writing("--out", out):
            out.parent.mkdir(parents=True, exist_ok=True)
            if suffix == LATENTS:
                latents(out)
            elif suffix in FORMATS:
                save_picture(figure(), out)
            elif film is not None:
                write_video(film(), out, fps)


def film_frames(groups: "Iterable[Pixels]", total: int, on_progress: "OnProgress") -> "Iterator[Frame]":
    """Each group of pictures as one frame of a film, RGB and of even sides."""
    import numpy as np

    from dcgan.figures.sheets import sheet

    for done, pixels in enumerate(groups, 1):
        columns = int(np.ceil(np.sqrt(len(pixels))))
        scale = max(1, -(-FILM_SIDE // (columns * pixels.shape[2])))
        frame = np.asarray(sheet(pixels, columns, gap=0, scale=scale).convert("RGB"))
        yield frame[: frame.shape[0] // 2 * 2, : frame.shape[1] // 2 * 2]
        on_progress(done, total)


def listed(paths: list[Path]) -> str:
    """File names for people."""
    return ", ".join(map(str, paths))
