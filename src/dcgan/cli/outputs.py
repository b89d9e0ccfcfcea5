"""The files that verbs write: checked before any work, then written as what the suffix of each says.

`check_*` refuse wrong use (`UsageError`) and files that cannot be written (`DcganError`); `write_*` write.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

from cyclopts import Parameter

from dcgan.atomic_files import check_writable
from dcgan.cli.console import complain
from dcgan.errors import DcganError, UsageError
from dcgan.files import why_taken
from dcgan.words import either

if TYPE_CHECKING:
    from PIL.Image import Image

    from dcgan.figures.theme import Theme
    from dcgan.figures.video import Frame
    from dcgan.model import Model

FRAMES_PER_SECOND = 30.0
FASTEST = 100.0  # frames a second of a film
MOST_FRAMES = 100_000  # of a film: its small pictures are held in memory
FASTEST_GIF = 50.0  # frames a second: GIF counts in hundredths, and players slow down frames that last only one
Outs = Annotated[list[Path] | None, Parameter(negative="")]
LATENTS = ".npz"
SOUND = ".wav"
_LIKE_FILES = (
    ".onnx",
    ".pt",
    ".pt2",
    ".pth",
    ".html",
    ".ckpt",
    ".pkl",
    ".pickle",
    ".safetensors",
    ".bin",
    ".h5",
    ".zip",
    ".json",
)


def open_model(path: Path, device: str, *, draws: bool = False) -> "Model":
    """Load a model, onto the device that --device means here.

    Args:
        path: Where it is, or its name.
        device: The flag.
        draws: Whether it must draw pictures from z.

    Raises:
        ModelError: There is none, it is broken, or it predicts frames and draws nothing from z.
        DeviceError: This machine has no such device.
    """
    from dcgan.device import resolve_device
    from dcgan.loading import load
    from dcgan.networks.memory import reuse_memory

    device = resolve_device(device)
    if device == "cpu":
        reuse_memory()
    model = load(path, device)
    if draws:
        model.check_draws()
    return model


def chosen_theme(name: str) -> "Theme":
    """The colors that --theme names."""
    from dcgan.figures.theme import THEMES

    if name not in THEMES:
        raise UsageError(f"--theme {name!r} is unknown; there are {', '.join(THEMES)}")
    return THEMES[name]


@contextmanager
def writing(flag: str, path: Path) -> Iterator[None]:
    """Within the block, an `OSError` becomes an error that names the flag.

    Raises:
        DcganError: A file cannot be written.
    """
    try:
        yield
    except OSError as error:
        above = next((folder for folder in path.parents if folder.is_file()), None)
        why = f"{above} is a file, not a folder" if above else error.strerror or error
        raise DcganError(f"cannot write {flag} {path}: {why}") from error


@contextmanager
def told_when_stopped(out: Path) -> Iterator[None]:
    """On Ctrl-C, say what there is now of a folder that appears whole or not at all."""
    try:
        yield
    except KeyboardInterrupt as error:
        now = "is as it was before" if out.exists() else "was not made"
        raise KeyboardInterrupt(f"stopped: {out} {now}; the same command begins anew") from error


def end_stopped(error: KeyboardInterrupt | SystemExit, text: str) -> NoReturn:
    """End a verb that has kept what was done, with a message: as Ctrl-C does, or with the status of another signal."""
    if isinstance(error, SystemExit):
        complain(text)
        raise error
    raise KeyboardInterrupt(text) from error


def check_files(targets: Mapping[str, tuple[Path | None, Iterable[str]]], *, overwrite: bool) -> None:
    """Refuse, before any work, files that exist or cannot be written; folders for them are made.

    Args:
        targets: The file of each flag, None where it is not given, and the suffixes that it may have.
        overwrite: Whether files that exist may be replaced, or are added to.

    Raises:
        UsageError: A suffix is not allowed, a file is a folder, or two flags name the same file.
        DcganError: A file exists, or cannot be written.
    """
    flags: dict[Path, str] = {}
    for flag, (path, suffixes) in targets.items():
        if path is None:
            continue
        _check_file(flag, path, list(suffixes), overwrite)
        other = flags.setdefault(path.resolve(), flag)
        if other != flag:
            raise UsageError(f"{other} and {flag} name one file, {path}; give each its own")


def _check_file(flag: str, path: Path, suffixes: Sequence[str], overwrite: bool) -> None:
    if path.suffix.lower() not in suffixes:
        raise UsageError(f"{flag} {path}: name a file that ends in {either(suffixes)}")
    if path.is_dir():
        raise UsageError(f"{flag} {path} is a folder; name a file")
    if path.exists() and not overwrite:
        raise DcganError(f"{flag} {path} exists; name another file, or replace it with `overwrite`")
    with writing(flag, path):
        check_writable(path)


def check_folder(flag: str, path: Path, mark: str, kind: str, *, overwrite: bool, reads: Sequence[Path] = ()) -> None:
    """Refuse, before any work, a folder that exists or cannot be made.

    Args:
        flag: What names it.
        path: The folder.
        mark: A file that every folder of the kind has.
        kind: What it is called: "a model".
        overwrite: Whether one of the kind may be replaced.
        reads: What it is made from, which must not be replaced by it.

    Raises:
        UsageError: It is named like a file.
        DcganError: It exists, or cannot be made.
    """
    if path.suffix.lower() in _LIKE_FILES:
        raise UsageError(f"{flag} {path}: {kind} is a folder of several files; name it without {path.suffix}")
    if why := why_taken(path, mark, kind, overwrite=overwrite, reads=reads):
        raise DcganError(f"{flag} {why}")
    with writing(flag, path):
        check_writable(path)


def check_outputs(
    outs: list[Path],
    *,
    overwrite: bool,
    films: bool = True,
    sounds: bool = False,
    fps: float = FRAMES_PER_SECOND,
    flag: str = "--out",
) -> None:
    """Refuse files that exist or cannot be written, before any work.

    Raises:
        UsageError: A suffix is not allowed, a file is a folder or named twice, or `fps` is out of its range.
        DcganError: A file exists, or cannot be written.
    """
    from dcgan.figures.sheets import FORMATS
    from dcgan.figures.video import VIDEOS, check_video

    suffixes = [*FORMATS, *(suffix for suffix in VIDEOS if films and suffix not in FORMATS), LATENTS]
    suffixes += [SOUND] if sounds else []
    if len({out.resolve() for out in outs}) < len(outs):
        raise UsageError(f"{flag}: one file is named twice in {listed(outs)}")
    for out in outs:
        _check_file(flag, out, suffixes, overwrite)
        check_video(out)
    if any(out.suffix.lower() == ".gif" for out in outs) and fps > FASTEST_GIF:
        raise UsageError(f"a .gif shows {FASTEST_GIF:g} frames a second at most; for --fps {fps:g} write an .mp4")
    if not 1 <= fps <= FASTEST:
        raise UsageError(f"--fps must be 1 to {FASTEST:g}, not {fps:g}")


def is_film(out: Path, *, webp: bool = False) -> bool:
    """Whether a file is a film by its suffix; a .webp can hold either, and is one with `webp`."""
    from dcgan.figures.video import VIDEOS

    suffix = out.suffix.lower()
    return suffix in VIDEOS and (webp or suffix != ".webp")


def check_film_flags(filmed: bool, flags: Mapping[str, bool]) -> None:
    """Refuse flags of films where no film is made.

    Args:
        filmed: Whether one is.
        flags: Which of them are given.

    Raises:
        UsageError: One of them would change nothing.
    """
    given = [flag for flag, is_given in flags.items() if is_given]
    if given and not filmed:
        raise UsageError(f"{' and '.join(given)} would change nothing without a film: name one, such as film.mp4")


def check_film(frames: int, seconds: float) -> None:
    """Refuse a film that is too long to be held in memory.

    Raises:
        UsageError: It has too many frames.
    """
    if frames > MOST_FRAMES:
        raise UsageError(f"--seconds {seconds:g} makes a film of more than {MOST_FRAMES:,} frames; take fewer seconds")


def check_sound(outs: list[Path], model: "Model") -> None:
    """Refuse files of sound of a model that has learned from pictures.

    Raises:
        UsageError: There is one.
    """
    for out in outs:
        if out.suffix.lower() == SOUND and model.sound is None:
            raise UsageError(f"--out {out}: this model has learned from pictures, not from sounds; name a picture")


def write_outputs(
    outs: list[Path],
    *,
    figure: "Callable[[], Image]",
    film: "Callable[[], Iterable[Frame]] | None" = None,
    latents: Callable[[Path], None],
    sound: Callable[[Path], None] | None = None,
    fps: float = FRAMES_PER_SECOND,
    webp_is_film: bool = False,
) -> None:
    """Write each file as what its suffix says; figure and film are made only if one asks for them.

    A .webp can hold either: it is the figure, unless `webp_is_film`.
    """
    from dcgan.figures.sheets import save_picture
    from dcgan.figures.video import write_video

    for out in outs:
        suffix = out.suffix.lower()
        with writing("--out", out):
            out.parent.mkdir(parents=True, exist_ok=True)
            if suffix == LATENTS:
                latents(out)
            elif suffix == SOUND and sound is not None:
                sound(out)
            elif not is_film(out, webp=webp_is_film):
                save_picture(figure(), out)
            elif film is not None:
                write_video(film(), out, min(fps, FASTEST_GIF if suffix == ".gif" else FASTEST))


def listed(paths: list[Path]) -> str:
    """File names for people."""
    return ", ".join(map(str, paths))
