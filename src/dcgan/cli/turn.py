"""`dcgan turn`: samples moved along an axis."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from dcgan.cli.console import answer, progress_bar
from dcgan.cli.flags import AsJson, Device, ModelPath, Overwrite, ThemeName, need
from dcgan.cli.latent_flags import samples_of, warn_of_unstable
from dcgan.cli.outputs import (
    FRAMES_PER_SECOND,
    Outs,
    check_film,
    check_film_flags,
    check_outputs,
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
    from dcgan.latent.turn import Axis

FIRST = range(8)  # seeds that are turned by default
SECONDS = 4.0  # of a film, back and forth


def turn(
    model: ModelPath,
    /,
    *,
    start: Annotated[str | None, Parameter(name="--from")] = None,
    end: Annotated[str | None, Parameter(name="--to")] = None,
    axis: str | None = None,
    concepts: Path | None = None,
    seeds: str | None = None,
    latents: Path | None = None,
    steps: int = 9,
    strength: float = 1.0,
    out: Outs = None,
    seconds: float = SECONDS,
    fps: float = FRAMES_PER_SECOND,
    theme: ThemeName = "light",
    device: Device = "auto",
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Move samples along an axis: turn heads, put on glasses, change the light.

    The axis runs from one concept to another, or is one that `dcgan concepts --axis` found. Each row shows one sample:
    unchanged in the middle, with the axis subtracted on the left and added on the right.

    For example:

    - `dcgan turn faces --from plain --to glasses --out turn.png`
    - `dcgan turn faces --axis glasses-axis --seeds 3,17,40 --out turn.mp4`
    - `dcgan turn runs/photos --from left --to right --concepts concepts.toml --strength 1.5`

    Args:
        start: Concept at which the axis begins.
        end: Concept at which it ends.
        axis: A concept that is an axis, in place of --from and --to.
        concepts: TOML file of concepts. Default: the one in the model's folder, if there is one.
        seeds: The samples, such as 3,17,40. Default: 0-7.
        latents: File with z of the samples instead (.npz of any verb here, .npy).
        steps: Pictures in each row, 2 to 1000.
        strength: How many times the axis is added at the right end, and subtracted at the left.
        out: A figure (.png, .jpg, .webp), a film back and forth (.mp4, .gif) or latent vectors (.npz); may be given
            several times. Default: turn.png.
        seconds: Seconds that a film takes back and forth.
        fps: Frames a second of a film.
    """
    outs = out or [Path("turn.png")]
    check_outputs(outs, overwrite=overwrite, fps=fps)
    colors, along = chosen_theme(theme), _axis(start, end, axis)
    need(2 <= steps <= 1000, "--steps", "2 to 1000", steps)
    need(0 < strength <= 100, "--strength", "above 0 and at most 100", strength)
    need(0 < seconds <= 3600, "--seconds", "above 0 and at most 3600", seconds)
    filmed = any(map(is_film, outs))
    check_film_flags(filmed, {"--seconds": seconds != SECONDS, "--fps": fps != FRAMES_PER_SECOND})
    if filmed:
        check_film(round(seconds * fps), seconds)
    loaded = open_model(model, device, draws=True)
    samples = samples_of(loaded, seeds, latents)
    if samples is None:
        samples = FIRST

    import numpy as np

    from dcgan.figures.video import film_frames
    from dcgan.latent.files import write_latents
    from dcgan.latent.turn import turn as move
    from dcgan.latent.turn import turn_film

    turned = move(loaded, samples, along, strength=strength, steps=steps, concepts=concepts)
    warn_of_unstable(turned.concepts)

    def film() -> "Iterator[Frame]":
        frames = max(2, round(seconds * fps))
        moments = turn_film(loaded, samples, turned.axis, frames, strength=strength)
        with progress_bar("filming") as bar:
            yield from film_frames(moments, frames, bar)

    write_outputs(
        outs,
        figure=lambda: turned.figure(colors),
        film=film,
        latents=lambda path: write_latents(path, loaded, turned.z, turned.pixels),
        fps=fps,
    )
    length = float(np.linalg.norm(turned.axis))
    facts = {"out": outs, "axis": turned.axis_name, "length": length, "samples": turned.labels}
    answer(f"moved {counted(len(turned.labels), 'sample')} along {turned.axis_name}: {listed(outs)}", facts, as_json)


def _axis(start: str | None, end: str | None, axis: str | None) -> "Axis":
    """The axis that the flags name: one concept, or two to go between."""
    if axis is not None and start is None and end is None:
        return axis
    if axis is None and start is not None and end is not None:
        return start, end
    raise UsageError("name the axis: --from CONCEPT and --to CONCEPT, or --axis CONCEPT")
