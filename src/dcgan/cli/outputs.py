"""What verbs of the latent space write: figures, films and latent vectors, told by the suffix of each --out."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from dcgan.errors import DcganError

if TYPE_CHECKING:
    from PIL.Image import Image

    from dcgan.cli.console import Bar
    from dcgan.figures.theme import Theme
    from dcgan.figures.video import Frame
    from dcgan.model import Model, Pixels

FRAMES_PER_SECOND = 30.0
FASTEST_GIF = 50.0  # frames a second: it counts in hundredths, and players slow down what lasts one
Outs = Annotated[list[Path] | None, Parameter(negative="")]
LATENTS = ".npz"
FILM_SIDE = 512  # pixels; a film's picture is enlarged until it is at least so wide


def open_model(path: Path, device: str) -> "Model":
    """Load a model for drawing, onto the device that the flag means here."""
    from dcgan.model import load
    from dcgan.networks.memory import reuse_memory
    from dcgan.training.device import resolve_device

    device = resolve_device(device)
    if device == "cpu":
        reuse_memory()
    return load(path, device)


def chosen_theme(name: str) -> "Theme":
    """The colours that --theme names."""
    from dcgan.figures.theme import THEMES

    if name not in THEMES:
        raise DcganError(f"--theme {name!r} is unknown; there are {', '.join(THEMES)}")
    return THEMES[name]


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
        if out.suffix.lower() not in kinds:
            raise DcganError(f"{flag} {out}: name a file of one of these kinds: {', '.join(kinds)}")
        if out.is_dir():
            raise DcganError(f"{flag} {out} is a folder; name a file")
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
        try:
            out.parent.mkdir(parents=True, exist_ok=True)
            if suffix == LATENTS:
                latents(out)
            elif suffix in FORMATS:
                save_picture(figure(), out)
            elif film is not None:
                write_video(film(), out, fps)
        except OSError as error:
            raise DcganError(f"cannot write --out {out}: {error.strerror or error}") from error


def film_frames(groups: "Iterable[Pixels]", total: int, bar: "Bar") -> "Iterator[Frame]":
    """Each group of pictures as one frame of a film, RGB and of even sides."""
    import numpy as np

    from dcgan.figures.sheets import sheet

    for done, pixels in enumerate(groups, 1):
        columns = int(np.ceil(np.sqrt(len(pixels))))
        scale = max(1, -(-FILM_SIDE // (columns * pixels.shape[2])))
        frame = np.asarray(sheet(pixels, columns, gap=0, scale=scale).convert("RGB"))
        yield frame[: frame.shape[0] // 2 * 2, : frame.shape[1] // 2 * 2]
        bar(done, total)


def listed(paths: list[Path]) -> str:
    """File names for people."""
    return ", ".join(map(str, paths))
