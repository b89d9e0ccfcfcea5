"""`dcgan turn`: samples moved along an axis."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from dcgan.cli.console import answer, progress_bar
from dcgan.cli.flags import need
from dcgan.cli.latent_flags import known_concepts, samples_of
from dcgan.cli.outputs import (
    FRAMES_PER_SECOND,
    Outs,
    check_outputs,
    chosen_theme,
    film_frames,
    listed,
    open_model,
    write_outputs,
)
from dcgan.errors import DcganError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dcgan.figures.video import Frame

AsJson = Annotated[bool, Parameter(name="--json", negative="")]


def turn(
    model: Path,
    /,
    *,
    start: Annotated[str | None, Parameter(name="--from")] = None,
    end: Annotated[str | None, Parameter(name="--to")] = None,
    axis: str | None = None,
    concepts: Path | None = None,
    seeds: str | None = None,
    latents: Path | None = None,
    steps: int = 9,
    reach: float = 1.0,
    out: Outs = None,
    seconds: float = 4.0,
    fps: float = FRAMES_PER_SECOND,
    theme: str = "light",
    device: str = "cpu",
    as_json: AsJson = False,
) -> None:
    """Move samples along an axis: turn heads, put on glasses, change the light.

    The axis runs from one concept to another, or is one that `dcgan concepts --axis` found. Each row is a sample, in
    the middle as it is, on the left and right with the axis taken away and added.

    For example:

    - `dcgan turn faces --from plain --to glasses --out turn.png`
    - `dcgan turn faces --axis glasses-axis --seeds 3,17,40 --out turn.mp4`
    - `dcgan turn runs/photos --from left --to right --concepts concepts.toml --reach 1.5`

    Args:
        model: A run, one of its checkpoints, a model folder, or a model that comes with dcgan: faces.
        start: Concept that the axis comes from.
        end: Concept that it goes to.
        axis: A concept that is an axis, in place of --from and --to.
        concepts: TOML file of concepts. Default: the one in the model's folder, if there is one.
        seeds: The samples, such as 3,17,40. Default: 0-7.
        latents: File with z of the samples instead (.npz of any verb here, .npy).
        steps: Pictures in each row, 2 or more.
        reach: How many times the axis is added at the right end, and taken away at the left.
        out: A figure (.png, .jpg, .webp), a film to and fro (.mp4, .gif) or latent vectors (.npz); may be given several
            times. Default: turn.png.
        seconds: Of a film, once to and fro.
        fps: Frames a second of a film.
        theme: light or dark.
        device: cpu, cuda, cuda:N, mps, or auto.
        as_json: Answer with one line of JSON.
    """
    import numpy as np

    outs = out or [Path("turn.png")]
    check_outputs(outs, fps=fps)
    colors = chosen_theme(theme)
    if (axis is None) == (start is None and end is None) or (axis is None and (start is None or end is None)):
        raise DcganError("name the axis: --from CONCEPT and --to CONCEPT, or --axis CONCEPT")
    need(2 <= steps <= 1000, "--steps", "2 to 1000", steps)
    need(0 < reach <= 100, "--reach", "above 0 and at most 100", reach)
    need(0 < seconds <= 3600, "--seconds", "above 0 and at most 3600", seconds)
    loaded = open_model(model, device)
    z, names = samples_of(loaded, seeds or (None if latents else "0-7"), 0, latents)

    from dcgan.figures.labeled_grid import labeled_grid
    from dcgan.latent.files import write_latents
    from dcgan.latent.turn import axis_between
    from dcgan.latent.turn import turn as move

    if axis is not None:
        concept = known_concepts(model, concepts, loaded, [axis])[axis]
        if not concept.is_axis:
            raise DcganError(f"--axis {axis}: that concept is no axis; give --from and --to, or find one: --axis")
        direction, what = concept.mean, axis
    else:
        assert start is not None
        assert end is not None
        known = known_concepts(model, concepts, loaded, [start, end])
        direction, what = axis_between(known[start], known[end]), f"{start} to {end}"
    turned = move(loaded, z, direction, np.linspace(-reach, reach, steps))

    def film() -> "Iterator[Frame]":
        positions = reach * np.sin(np.linspace(0, 2 * np.pi, max(2, round(seconds * fps)), endpoint=False))
        with progress_bar("filming") as bar:
            moments = (move(loaded, z, direction, positions[place : place + 1]) for place in range(len(positions)))
            yield from film_frames((moment.pixels[:, 0] for moment in moments), len(positions), bar)

    columns = [f"{position:+.2g}" if position else "0" for position in turned.positions.round(3)]
    flat = turned.z.reshape(-1, turned.z.shape[2])
    write_outputs(
        outs,
        figure=lambda: labeled_grid(turned.pixels, colors, title=what, rows=names, columns=columns),
        film=film,
        latents=lambda path: write_latents(path, loaded, flat, turned.pixels.reshape(-1, *turned.pixels.shape[2:])),
        fps=fps,
    )
    facts = {"out": outs, "axis": what, "length": float(np.linalg.norm(direction)), "samples": names}
    answer(f"moved {len(z)} samples along {what}: {listed(outs)}", facts, as_json)
