"""`dcgan walk`: from picture to picture by small steps."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from dcgan.cli.console import answer, progress_bar
from dcgan.cli.flags import AsJson, Device, ModelPath, Overwrite, Switch, ThemeName, need
from dcgan.cli.latent_flags import samples_of
from dcgan.cli.outputs import (
    FRAMES_PER_SECOND,
    Outs,
    check_files,
    check_film,
    check_film_flags,
    check_outputs,
    check_sound,
    chosen_theme,
    is_film,
    listed,
    open_model,
    write_outputs,
)
from dcgan.errors import UsageError
from dcgan.words import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dcgan.figures.video import Frame

SECONDS = 1.25  # of a film, from one sample to the next


def walk(
    model: ModelPath,
    /,
    *,
    seeds: str | None = None,
    seed: int = 0,
    latents: Path | None = None,
    label: str | None = None,
    frames: int = 10,
    loop: Annotated[bool, Switch] = False,
    even: Literal["latent", "perceptual"] = "latent",
    out: Outs = None,
    step_sizes: Path | None = None,
    seconds: float = SECONDS,
    fps: float = FRAMES_PER_SECOND,
    wall: int = 1,
    theme: ThemeName = "light",
    device: Device = "auto",
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Walk through the latent space: from picture to picture by small steps.

    Each row goes from one sample to the next, as in the paper: straight for uniform z, along great circles for normal
    z. The answer names the largest step, as a fraction of the perceptual distance between random samples: a model that
    has memorized its pictures would jump.

    For example:

    - `dcgan walk faces --out walk.png --step-sizes steps.png`
    - `dcgan walk faces --seeds 3,17,40 --even perceptual --out walk.png --out walk.npz`
    - `dcgan walk runs/digits --label 7 --seeds 3,17 --out sevens.png`
    - `dcgan walk runs/birds --seeds 3,17 --out walk.wav`
    - `dcgan walk faces --loop --out walk.mp4 --out walk.webp`
    - `dcgan walk runs/photos --wall 16 --out wall.gif --fps 25`

    Args:
        seeds: Samples to walk through, two or more, such as 3,17,40. Default: nine random ones.
        seed: Seed of the nine random samples.
        latents: File with z to walk through instead (.npz of any verb here, .npy).
        label: Label that a conditional model keeps through the walk. Default: each row goes from the label of one
            sample to that of the next.
        frames: Pictures in each row of the figure, with the samples at both ends; more frames make smaller steps.
        loop: Return to the first sample at the end; a film then has no seam.
        even: Space the frames of a row evenly in latent distance, or in perceptual distance, which is how different
            their pictures look to the model's discriminator.
        out: A figure (.png, .jpg, .webp), a film (.mp4, .gif, and with --loop or --wall .webp), latent vectors (.npz)
            or, for a model of sounds, one frame after another (.wav); may be given several times. Default: walk.png.
        step_sizes: File for a chart of the perceptual distance of every step, the paper's test for memorization.
        seconds: Seconds that a film takes from one sample to the next.
        fps: Frames a second of a film.
        wall: Number of pictures side by side in a film, each further along the same loop.
    """
    outs = out or [Path("walk.png")]
    check_outputs(outs, overwrite=overwrite, fps=fps, sounds=True)
    if step_sizes:
        from dcgan.figures.sheets import FORMATS

        check_files({"--step-sizes": (step_sizes, FORMATS)}, overwrite=overwrite)
        check_outputs([*outs, step_sizes], overwrite=overwrite, fps=fps, sounds=True)
    colors = chosen_theme(theme)
    need(2 <= frames <= 1000, "--frames", "2 to 1000", frames)
    need(0 < seconds <= 3600, "--seconds", "above 0 and at most 3600", seconds)
    need(1 <= wall <= 400, "--wall", "1 to 400", wall)
    loops = loop or wall > 1
    filmed = any(is_film(path, webp=loops) for path in outs)
    check_film_flags(filmed, {"--seconds": seconds != SECONDS, "--fps": fps != FRAMES_PER_SECOND})
    if seed and (seeds or latents):
        raise UsageError("--seed chooses nine random samples, and --seeds or --latents name others: leave one out")
    loaded = open_model(model, device, draws=True)
    check_sound(outs, loaded)
    if step_sizes:
        loaded.nets_for("`step_sizes`", "leave it out")
    keys = samples_of(loaded, seeds, latents)
    if keys is not None and not 2 <= len(keys) <= 1000:
        raise UsageError(f"--seeds or --latents must name 2 to 1000 samples, not {len(keys):,}")

    import numpy as np

    from dcgan.figures.sheets import save_picture
    from dcgan.figures.video import film_frames
    from dcgan.latent.files import write_latents
    from dcgan.latent.walk import KEYS, interpolate, measure_steps
    from dcgan.sound.wav import PAUSE, write_wav

    film_steps = max(2, round(seconds * fps))
    if filmed:
        rows = (KEYS if keys is None else len(keys)) - (0 if loops else 1)
        check_film(film_steps * rows, seconds)
    walked = interpolate(loaded, keys, frames, loop=loops, even=even, seed=seed, label=label)

    def film() -> "Iterator[Frame]":
        fine = interpolate(loaded, keys, film_steps + 1, loop=walked.is_loop, even=even, seed=seed, label=label)
        with progress_bar("filming") as bar:
            yield from film_frames(fine.film(wall), fine.film_length, bar)

    def sound(path: Path) -> None:
        assert loaded.sound
        inner = walked.pixels[:, :-1].reshape(-1, *walked.pixels.shape[2:])  # a row's last is the next row's first
        pictures = np.concatenate([inner, walked.pixels[-1, -1:]])
        write_wav(loaded.sounds(pictures), loaded.sound, path, PAUSE)

    write_outputs(
        outs,
        figure=lambda: walked.figure(colors),
        film=film,
        latents=lambda path: write_latents(path, loaded, walked.z, walked.pixels),
        sound=sound,
        fps=fps,
        webp_is_film=loops,
    )
    written = [*outs, *([step_sizes] if step_sizes else [])]
    facts = {"out": written, "rows": walked.labels, "frames": frames}
    text = f"wrote a walk of {counted(len(walked.pixels), 'row')}: {listed(written)}"
    if loaded.interface.nets == "dcgan":
        measured = measure_steps(loaded, walked)
        if step_sizes:
            save_picture(measured.figure(colors), step_sizes)
        largest = measured.largest
        facts["largest_steps"] = None if largest is None else [round(float(step), 4) for step in largest]
        text += (
            "\nmost random samples look alike, so there is nothing to compare the steps with"
            if largest is None
            else f"\nthe largest of {frames - 1} steps is {largest.max():.2f} of the median distance between random "
            f"samples, in the row {walked.labels[int(largest.argmax())]}"
        )
    answer(text, facts, as_json)
