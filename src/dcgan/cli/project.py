"""`dcgan project` and `dcgan train-encoder`: which z draws this picture?"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from dcgan.cli.console import answer, progress_bar
from dcgan.cli.descent_flags import FILM_FRAMES, DescentFlags
from dcgan.cli.flags import AsJson, Device, ModelPath, Overwrite, ThemeName, need
from dcgan.cli.outputs import (
    FRAMES_PER_SECOND,
    Outs,
    check_files,
    check_film_flags,
    check_outputs,
    chosen_theme,
    end_stopped,
    is_film,
    listed,
    open_model,
    told_when_stopped,
    write_outputs,
    writing,
)
from dcgan.cli.sources import all_of, open_pictures
from dcgan.errors import UsageError
from dcgan.words import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dcgan.figures.video import Frame
    from dcgan.latent.projection import Projection

NO_FLAGS = DescentFlags()
MOST_NAMED = 5  # pictures out of reach that the answer names
ENCODER = ".safetensors"


def project(
    model: ModelPath,
    /,
    *pictures: Annotated[str, Parameter(required=True, help="Pictures, as for `dcgan prepare`, or a packed set.")],
    out: Outs = None,
    feature_weight: float | None = None,
    encoder: Path | None = None,
    reference: str | None = None,
    references: int = 32,
    errors: Path | None = None,
    search: DescentFlags = NO_FLAGS,
    fps: float = FRAMES_PER_SECOND,
    theme: ThemeName = "light",
    device: Device = "auto",
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Find the z that draws a picture: from the best of 1,000 random z by gradient descent, many pictures at once.

    Every verb of the latent space reads the file of z: walk between two photographs, or turn one. The answer says how
    far the model's pictures are from yours, compared with the best of 1,000 random z and with pictures that the model
    was trained on, and which of yours are out of its reach.

    For example:

    - `dcgan project faces drawn-faces:8 --out found.npz --out found.png`
    - `dcgan walk faces --latents found.npz --out walk.png`
    - `dcgan project runs/photos me.jpg you.jpg --out both.npz --out search.mp4`
    - `dcgan project runs/photos photos/ --encoder encoder.safetensors --out photos.npz`

    Args:
        out: Latent vectors (.npz), a figure (.png, .jpg, .webp) or a film of the search (.mp4, .gif); may be given
            several times. Default: projected.npz.
        feature_weight: How much the difference in the discriminator's features counts beside that of pixels; 0:
            nothing. Default: 1.
        encoder: File that `dcgan train-encoder` made; its guess is one more start of the search.
        reference: Pictures that the model was trained on; errors up to theirs count as within its reach. Default:
            those of the model's run, if their packed set is still there.
        references: How many of these pictures to project for comparison; 0: none.
        errors: File for a chart of all errors: a test for memorization, if the model was not trained on your pictures.
            The answer has the number: how often a training picture has the smaller error.
        fps: Frames a second of a film.
    """
    from dcgan.figures.sheets import FORMATS, save_picture
    from dcgan.figures.video import film_frames
    from dcgan.latent.encoder import load_encoder
    from dcgan.latent.files import write_latents
    from dcgan.latent.project import ProjectOptions, compared_net, project_in_parts
    from dcgan.latent.projection import joined

    outs = out or [Path("projected.npz")]
    check_outputs(outs, overwrite=overwrite, fps=fps)
    check_files({"--errors": (errors, FORMATS)}, overwrite=overwrite)
    if errors and errors.resolve() in {out.resolve() for out in outs}:
        raise UsageError(f"--out and --errors name one file, {errors}; give each its own")
    need(0 <= references <= 10_000, "--references", "0 to 10,000", references)
    colors = chosen_theme(theme)
    options = search.on(ProjectOptions(), feature_weight=feature_weight)
    filmed = any(map(is_film, outs))
    check_film_flags(filmed, {"--fps": fps != FRAMES_PER_SECOND})
    loaded = open_model(model, device, draws=True)
    compared_net(loaded, options)  # refused before any work, if there is none
    guess = None if encoder is None else load_encoder(encoder, loaded)
    packed = open_pictures(all_of(pictures), loaded)
    known = None if reference is None else open_pictures(reference, loaded)
    parts: list[Projection] = []

    def write(result: "Projection") -> None:
        def film() -> "Iterator[Frame]":
            with progress_bar("filming") as bar:
                yield from film_frames(result.film(loaded), FILM_FRAMES, bar)

        if errors:
            with writing("--errors", errors):
                save_picture(result.errors_figure(colors), errors)
        write_outputs(
            outs,
            figure=lambda: result.figure(colors),
            film=film,
            latents=lambda path: write_latents(path, loaded, result.z, result.pixels),
            fps=fps,
        )

    try:
        with progress_bar("projecting") as bar:
            parts.extend(  # which keeps what it has when it is stopped
                project_in_parts(
                    loaded,
                    packed,
                    options,
                    encoder=guess,
                    reference=known,
                    references=references,
                    frames=FILM_FRAMES if filmed else 0,
                    on_progress=bar,
                )
            )
    except (KeyboardInterrupt, SystemExit) as error:
        if not parts:
            end_stopped(error, "stopped: nothing was written")
        result = joined(parts)
        write(result)
        written = listed([*outs, *([errors] if errors else [])])
        end_stopped(error, f"stopped: the first {len(result.z):,} of {len(packed):,} pictures are in {written}")
    result = joined(parts)
    write(result)
    answer(_text(result, outs), _facts(result, outs), as_json)


def _facts(result: "Projection", outs: list[Path]) -> dict[str, object]:
    import numpy as np

    rows = zip(
        result.names,
        result.errors.round(2).tolist(),
        result.random_errors.round(2).tolist(),
        result.in_reach.tolist(),
        strict=True,
    )
    return {
        "out": outs,
        "pictures": [
            {"name": name, "error": error, "random_error": best, "in_reach": near} for name, error, best, near in rows
        ],
        "reference_errors": result.reference_errors.round(2).tolist(),
        "memorization": None if np.isnan(result.memorization) else round(result.memorization, 3),
    }


def _text(result: "Projection", outs: list[Path]) -> str:
    import numpy as np

    count = len(result.z)
    error, random = (f"{np.median(errors):.1f}" for errors in (result.errors, result.random_errors))
    middle = "" if count == 1 else "in the median "
    lines = [
        f"projected {counted(count, 'picture')}: {listed(outs)}",
        f"they differ {middle}by {error} gray levels from what the model draws; the best of 1,000 random z by {random}",
    ]
    if len(result.reference_errors):
        lines.append(
            f"pictures that it was trained on: {np.median(result.reference_errors):.1f}, "
            f"95 % of them at most {result.limits[0]:.1f}; one of them comes nearer than one of these in "
            f"{result.memorization:.0%} of all pairs"
        )
    far = [name for name, near in zip(result.names, result.in_reach, strict=True) if not near]
    if far:
        names = ", ".join(far[:MOST_NAMED]) + (f" and {len(far) - MOST_NAMED:,} more" if far[MOST_NAMED:] else "")
        lines.append(f"out of the model's reach: {names}")
    return "\n".join(lines)


def train_encoder(
    model: ModelPath,
    /,
    *,
    out: Path = Path("encoder.safetensors"),
    images: int = 200_000,
    seed: int = 0,
    device: Device = "auto",
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Train an encoder for `dcgan project`: a small net that guesses z, from the generator's own samples, in minutes.

    For example:

    - `dcgan train-encoder faces --out encoder.safetensors`
    - `dcgan project faces drawn-faces:8 --encoder encoder.safetensors --out found.npz`

    Args:
        out: File to make (.safetensors).
        images: How many samples it sees.
        seed: Seed of its first weights and of the samples.
    """
    from dcgan.latent.encoder import train_encoder as train

    check_files({"--out": (out, (ENCODER,))}, overwrite=overwrite)
    loaded = open_model(model, device)
    with told_when_stopped(out), progress_bar("training an encoder") as bar:
        trained = train(loaded, images=images, seed=seed, on_progress=bar)
    with writing("--out", out):
        trained.save(out)
    error = 127.5 * trained.error**0.5
    answer(
        f"trained an encoder on {images:,} samples: {out}\n"
        f"what the model draws from its guesses differs from samples by {error:.1f} gray levels",
        {"out": out, "images": images, "error": round(error, 2), "model": trained.model},
        as_json,
    )
