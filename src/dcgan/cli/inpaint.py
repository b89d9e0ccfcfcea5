"""`dcgan inpaint`: fill what is missing of pictures."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from dcgan.cli.console import answer, as_flags, progress_bar, warn
from dcgan.cli.descent_flags import FILM_FRAMES, DescentFlags
from dcgan.cli.flags import AsJson, Device, ModelPath, Overwrite, ThemeName, need
from dcgan.cli.inpaint_output import InpaintOutput, check_out
from dcgan.cli.masks import Damaged, MaskFlags
from dcgan.cli.outputs import (
    FRAMES_PER_SECOND,
    check_files,
    check_film_flags,
    check_outputs,
    chosen_theme,
    end_stopped,
    open_model,
)
from dcgan.cli.sources import all_of
from dcgan.errors import DcganError, UsageError
from dcgan.progress import Part
from dcgan.words import counted

if TYPE_CHECKING:
    from dcgan.latent.inpaint import InpaintOptions
    from dcgan.latent.regions import Region
    from dcgan.model import Model

NO_FLAGS = DescentFlags()
AT_ONCE = 16  # pictures that are filled together
MOST_PIXELS = 64_000_000  # of them
SLOW = 1_000_000  # missing pixels of them: to blend so many takes longer than the search
MOST_NAMED = 5  # pictures of which the error says why none could be filled


@Parameter(name="*")
@dataclass(frozen=True)
class LossFlags:
    """What the search makes small; None is what the variant says."""

    variant: Annotated[
        Literal["dcgan", "paper", "authors", "bamos"],
        Parameter(
            help="Whose settings to use: dcgan's own, those of the paper (Yeh et al. 2017), of its authors' code, or "
            "of bamos' code. The flags of the search and of the loss change single settings."
        ),
    ] = "dcgan"
    window: Annotated[
        int | None,
        Parameter(
            help="Side of the window around a known pixel, odd; the share of the window that is missing is the pixel's "
            "weight. 0: every known pixel has weight 1. Default: 7, or as --variant sets it."
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
        Parameter(
            help="Loss on the discriminator's judgment: log(1 - D), as in the paper (saturating), or -log(D), as in "
            "the released code (nonsaturating). Default: saturating."
        ),
    ] = None


NO_LOSS = LossFlags()
NO_MASKS = MaskFlags()


def inpaint(
    model: ModelPath,
    /,
    *pictures: Annotated[
        str,
        Parameter(
            required=True, help="Pictures, as for `dcgan prepare`; with a mask of your own they keep their size."
        ),
    ],
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
    """Fill missing parts of pictures: the generator draws what fits the rest, blended in without a seam.

    Semantic inpainting (Yeh et al. 2017). OUT gets the filled pictures (NAME.png, or NAME-1.png, ... with several
    answers), a figure (sheet.png) and their z (latents.npz). The rest of the picture stays as it is, in gray, RGB or
    with alpha, 8 bits per channel. With one of the paper's masks the hole is known as well, so the answer has its PSNR
    and SSIM.

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
        answers: Number of fillings of each picture to choose from, the best first. The search has at least as many
            starts, unless you give --starts.
        blend: Blend the hole in; --no-blend leaves it as the generator draws it.
        film: File for a film of the search (.mp4, .gif).
        fps: Frames a second of the film.
    """
    from dcgan.figures.video import VIDEOS
    from dcgan.latent.descent import CANDIDATES
    from dcgan.latent.inpaint import VARIANTS
    from dcgan.latent.inpaint import inpaint as inpaint_pictures
    from dcgan.metrics.restoration import check_ssim

    where.check()
    need(1 <= answers <= CANDIDATES, "--answers", f"1 to {CANDIDATES:,}", answers)
    changes = {name: getattr(loss, name) for name in ("window", "far_weight", "prior_weight", "prior")}
    options: InpaintOptions = search.on(VARIANTS[loss.variant], **changes)
    if answers > options.starts and search.starts is None:
        options = search.on(options, starts=answers)
    square = None if region is None else _region(region)
    check_outputs([film] if film else [], overwrite=overwrite, fps=fps, flag="--film")
    check_film_flags(film is not None, {"--fps": fps != FRAMES_PER_SECOND})
    check_files({"--film": (film, [suffix for suffix in VIDEOS if suffix != ".webp"])}, overwrite=overwrite)
    check_out(out, overwrite=overwrite)
    colors = chosen_theme(theme)
    if where.is_named:
        check_ssim()
    loaded = open_model(model, device, draws=True)
    output, skipped, slow = InpaintOutput(out, blend=blend, truth=where.is_named), list[str](), False
    try:
        damaged = where.damaged(all_of(pictures), loaded)
        each = options.starts * options.steps
        with progress_bar("inpainting") as bar:
            for batch in _batches(damaged.pictures, loaded, square, skipped):
                if slow:
                    bar.phase("inpainting")
                done = len(output.rows) + len(skipped)
                results = inpaint_pictures(
                    loaded,
                    [one.picture for one in batch],
                    [one.mask for one in batch],
                    options,
                    answers=answers,
                    regions=[square] * len(batch),
                    names=[one.name for one in batch],
                    frames=FILM_FRAMES if film else 0,
                    on_progress=Part(bar, done * each, damaged.total * each),
                ).pictures
                if slow := blend and sum(int(one.mask.sum()) for one in batch) > SLOW:
                    bar.phase("blending")
                for number, (result, one) in enumerate(zip(results, batch, strict=True), 1):
                    output.add(result, one.stem)
                    if slow:
                        bar(number, len(batch))
            if not slow:
                bar(damaged.total * each, damaged.total * each)  # whatever was skipped at the end
    except (KeyboardInterrupt, SystemExit) as error:
        if not output.rows:
            end_stopped(error, "stopped: no picture was filled")
        output.finish(loaded, colors, film, fps)
        count = counted(len(output.rows), "picture")
        end_stopped(error, f"stopped: {count} filled in {out}; the same command begins anew with --overwrite")
    finally:
        output.remove_if_empty()
    if not output.rows:
        raise DcganError(_none_filled(skipped))
    for why in skipped:
        warn(f"skipped {why}")
    output.finish(loaded, colors, film, fps)
    answer(*output.report(skipped), as_json)


def _none_filled(skipped: list[str]) -> str:
    """One message of all reasons."""
    if not skipped[1:]:
        return "".join(skipped)
    more = f"; and {len(skipped) - MOST_NAMED:,} more" if skipped[MOST_NAMED:] else ""
    return f"no picture could be filled: {'; '.join(skipped[:MOST_NAMED])}{more}"


def _region(text: str) -> "Region":
    from dcgan.latent.regions import Region

    parts = text.split(",")
    if len(parts) != 3 or not all(part.strip().isdecimal() and len(part) < 20 for part in parts):
        raise UsageError(f"--region {text!r}: write left,top,side in pixels, such as 120,80,256")
    region = Region(*map(int, parts))
    need(region.side > 0, "--region", "left,top,side with a side of 1 pixel or more", text)
    return region


def _batches(
    pictures: Iterable[Damaged | str], model: "Model", region: "Region | None", skipped: list[str]
) -> Iterator[list[Damaged]]:
    """Pictures to fill together: few, and not too many pixels. Why one cannot be filled goes to `skipped`."""
    from dcgan.latent.inpaint import place

    batch: list[Damaged] = []
    for one in pictures:
        if isinstance(one, str):
            skipped.append(one)
            continue
        try:
            place(model, one.picture, one.mask, region)
        except UsageError as error:
            skipped.append(f"{one.name}: {as_flags(str(error))}")
            continue
        batch.append(one)
        if len(batch) == AT_ONCE or sum(one.mask.size for one in batch) >= MOST_PIXELS:
            yield batch
            batch = []
    if batch:
        yield batch
