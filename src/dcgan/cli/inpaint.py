"""`dcgan inpaint`: fill what is missing of pictures."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple

from cyclopts import Parameter

from dcgan.cli.console import answer, progress_bar, warn
from dcgan.cli.descent_flags import FILM_FRAMES, DescentFlags
from dcgan.cli.flags import AsJson, Device, ModelPath, Overwrite, ThemeName, need
from dcgan.cli.masks import NAMED, Damaged, MaskFlags
from dcgan.cli.outputs import (
    FRAMES_PER_SECOND,
    check_files,
    check_outputs,
    chosen_theme,
    film_frames,
    open_model,
    writing,
)
from dcgan.errors import DcganError, UsageError
from dcgan.files import check_writable
from dcgan.progress import Part

if TYPE_CHECKING:
    from dcgan.latent.inpaint import Inpainted, InpaintOptions
    from dcgan.latent.regions import Region
    from dcgan.types import Pixels

NO_FLAGS = DescentFlags()
AT_ONCE = 16  # pictures that are filled together
MOST_PIXELS = 64_000_000  # of them
SHEET, LATENTS = "sheet.png", "latents.npz"  # beside the pictures


@Parameter(name="*")
@dataclass(frozen=True)
class LossFlags:
    """What the search makes small; None is what the variant says."""

    variant: Annotated[
        Literal["dcgan", "paper", "authors", "bamos"],
        Parameter(
            help="Whose settings: ours, those of the paper (Yeh et al. 2017), of its authors' code, or of bamos' code. "
            "Each of the flags of the search and of the loss changes one."
        ),
    ] = "dcgan"
    window: Annotated[
        int | None,
        Parameter(
            help="Side of the window around a known pixel, odd; the share that is missing there is its weight. 0: all "
            "weigh 1. Default: 7."
        ),
    ] = None
    far_weight: Annotated[
        float | None, Parameter(help="Added to the weight of every known pixel; the paper's is 0. Default: 0.1.")
    ] = None
    prior_weight: Annotated[
        float | None, Parameter(help="Lambda, the weight of the discriminator's judgment. Default: 0.003.")
    ] = None
    prior: Annotated[
        Literal["saturating", "nonsaturating"] | None,
        Parameter(help="log(1 - D), as in the paper, or -log(D), as in the released codes. Default: saturating."),
    ] = None


NO_LOSS = LossFlags()
NO_MASKS = MaskFlags()


class Written(NamedTuple):
    """A picture that is filled, the files with its answers, and the first of them."""

    result: "Inpainted"
    files: list[Path]
    filled: "Pixels"


def inpaint(
    model: ModelPath,
    pictures: Annotated[str, Parameter(help="Pictures, as for `dcgan prepare`; files keep their full size.")],
    /,
    *,
    out: Path,
    where: MaskFlags = NO_MASKS,
    region: str | None = None,
    answers: int = 1,
    blend: bool = True,
    loss: LossFlags = NO_LOSS,
    search: DescentFlags = NO_FLAGS,
    film: Path | None = None,
    fps: float = FRAMES_PER_SECOND,
    theme: ThemeName = "light",
    device: Device = "auto",
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Fill what is missing of pictures: the generator draws what fits to the rest, and its gradients are blended in.

    Semantic inpainting (Yeh et al. 2017). OUT gets the filled pictures (NAME.png, of several answers NAME-1.png, ...),
    a figure (sheet.png) and their z (latents.npz). With a mask of the paper the picture itself is the truth: the answer
    then has PSNR and SSIM of the hole.

    For example:

    - `dcgan inpaint faces drawn-faces:8 --mask center --out filled`
    - `dcgan inpaint runs/photos me.jpg --mask hole.png --answers 4 --out filled`
    - `dcgan inpaint runs/photos me.jpg --draw --mask masks/ --out filled`
    - `dcgan inpaint runs/photos cut-out.png --mask alpha --region 120,80,256 --out filled`
    - `dcgan inpaint runs/photos test/ --mask half --variant paper --out filled --json`

    Args:
        out: Folder to make.
        region: Square that the model draws, as left,top,side in pixels; it must hold all that is missing. Default:
            the largest square near the center, or around a small hole twice its size.
        answers: Fillings of each picture to choose from, the best first; at most --starts.
        blend: Blend the hole in; --no-blend leaves it as it is drawn.
        film: File for a film of the search (.mp4, .gif).
        fps: Frames a second of the film.
    """
    import numpy as np

    from dcgan.figures.sheets import save_picture
    from dcgan.figures.video import VIDEOS, write_video
    from dcgan.latent.files import write_latents
    from dcgan.latent.inpaint import VARIANTS, Inpainting
    from dcgan.latent.inpaint import inpaint as inpaint_pictures

    where.check()
    need(answers >= 1, "--answers", "1 or more", answers)
    changes = {name: getattr(loss, name) for name in ("window", "far_weight", "prior_weight", "prior")}
    options: InpaintOptions = search.on(VARIANTS[loss.variant], **changes)
    if answers > options.starts:
        options = search.on(options, starts=answers)
    square = None if region is None else _region(region)
    _check_out(out, overwrite)
    check_outputs([film] if film else [], overwrite=overwrite, fps=fps, flag="--film")
    check_files({"--film": (film, [suffix for suffix in VIDEOS if suffix != ".webp"])}, overwrite=overwrite)
    colors = chosen_theme(theme)
    loaded = open_model(model, device)
    written: list[Written] = []
    skipped: list[str] = []

    def finish() -> None:
        """The files that are about all pictures."""
        done = Inpainting(tuple(one.result for one in written))
        with writing("--out", out):
            save_picture(done.figure(colors), out / SHEET)
            z, drawn = (np.concatenate([getattr(one.result, name) for one in written]) for name in ("z", "drawn"))
            write_latents(out / LATENTS, loaded, z, drawn)
        if film is not None:
            with writing("--film", film), progress_bar("filming") as bar:
                write_video(film_frames(done.film(loaded), FILM_FRAMES, bar), film, fps)

    try:
        damaged = where.damaged(pictures, loaded)
        each = options.starts * options.steps
        with progress_bar("inpainting") as bar:
            for batch in _batches(damaged.pictures, skipped):
                tell = Part(bar, (len(written) + len(skipped)) * each, damaged.total * each)
                results = inpaint_pictures(
                    loaded,
                    [one.picture for one in batch],
                    [one.mask for one in batch],
                    options,
                    answers=answers,
                    regions=[square] * len(batch),
                    names=[one.name for one in batch],
                    frames=FILM_FRAMES if film else 0,
                    on_progress=tell,
                ).pictures
                with writing("--out", out):
                    written += _write(results, batch, out, blend)
    except KeyboardInterrupt as error:
        if written:
            finish()
        raise KeyboardInterrupt(f"stopped: {len(written):,} pictures are filled in {out}") from error
    for why in skipped:
        warn(f"skipped {why}")
    if not written:
        raise DcganError(f"{pictures}: no picture could be filled")
    finish()
    answer(*_report(written, skipped, out, truth=where.mask in NAMED and not where.draw), as_json)


def _region(text: str) -> "Region":
    from dcgan.latent.regions import Region

    parts = text.split(",")
    if len(parts) != 3 or not all(part.strip().isdecimal() for part in parts):
        raise UsageError(f"--region {text!r}: write left,top,side in pixels, such as 120,80,256")
    return Region(*map(int, parts))


def _check_out(out: Path, overwrite: bool) -> None:
    """Refuse a folder that holds something, or in which nothing can be written."""
    if out.is_file() or out.suffix.lower() in (".png", ".jpg", ".jpeg", ".webp", ".npz"):
        raise UsageError(f"--out {out}: name a folder, which gets the pictures")
    if out.is_dir() and any(out.iterdir()) and not overwrite:
        raise DcganError(
            f"--out {out} is not empty; name another folder, or replace files of the same names with `overwrite`"
        )
    with writing("--out", out):
        check_writable(out / SHEET)


def _batches(pictures: "Iterable[Damaged | str]", skipped: list[str]) -> "Iterator[list[Damaged]]":
    """Pictures to fill together: few, and not too many pixels. What cannot be used goes to `skipped`."""
    batch: list[Damaged] = []
    for one in pictures:
        if isinstance(one, str):
            skipped.append(one)
            continue
        batch.append(one)
        if len(batch) == AT_ONCE or sum(one.mask.size for one in batch) >= MOST_PIXELS:
            yield batch
            batch = []
    if batch:
        yield batch


def _write(results: "Sequence[Inpainted]", batch: "Sequence[Damaged]", out: Path, blend: bool) -> list[Written]:
    from PIL import Image

    from dcgan.figures.sheets import save_picture

    written = []
    for result, one in zip(results, batch, strict=True):
        count = len(result.z)
        files = [out / f"{one.stem}{f'-{number}' if count > 1 else ''}.png" for number in range(1, count + 1)]
        for number, file in enumerate(files):
            filled = result.filled(number, blend=blend)
            save_picture(Image.fromarray(filled[..., 0] if filled.shape[2] == 1 else filled), file)
        written.append(Written(result, files, result.filled(blend=blend)))
    return written


def _report(written: list[Written], skipped: list[str], out: Path, *, truth: bool) -> tuple[str, dict[str, object]]:
    """The answer, for people and for machines."""
    import numpy as np

    from dcgan.metrics.restoration import psnr, ssim

    rows: list[dict[str, object]] = []
    scores = []
    for result, files, filled in written:
        row = {"name": result.name, "files": files, "region": result.region, "loss": round(float(result.losses[0]), 3)}
        if truth:
            scores.append((psnr(result.picture, filled, result.mask), ssim(result.picture, filled, result.mask)))
            row |= {"psnr": round(scores[-1][0], 2), "ssim": round(scores[-1][1], 4)}
        rows.append(row)
    facts: dict[str, object] = {"out": out, "pictures": rows, "skipped": skipped}
    text = f"filled {len(rows):,} {'picture' if len(rows) == 1 else 'pictures'}: {out}\nbefore and after: {out / SHEET}"
    if truth:
        mean_psnr, mean_ssim = np.mean(scores, axis=0).tolist()
        facts |= {"psnr": round(mean_psnr, 2), "ssim": round(mean_ssim, 4)}
        text += f"\nthe hole beside the truth: PSNR {mean_psnr:.1f} dB, SSIM {mean_ssim:.2f}"
    return text, facts
