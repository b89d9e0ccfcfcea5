"""`dcgan walk`: from picture to picture by small steps."""

from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from dcgan.cli.console import answer, progress_bar
from dcgan.cli.flags import need
from dcgan.cli.latent_flags import samples_of
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


Switch = Parameter(negative="")

MOST_FRAMES = 100_000  # of a film: its small pictures are held in memory


def walk(
    model: Path,
    /,
    *,
    seeds: str | None = None,
    seed: int = 0,
    latents: Path | None = None,
    frames: int = 10,
    loop: Annotated[bool, Switch] = False,
    as_seen: Annotated[bool, Switch] = False,
    out: Outs = None,
    jumps: Path | None = None,
    seconds: float = 1.25,
    fps: float = FRAMES_PER_SECOND,
    wall: int = 1,
    theme: str = "light",
    device: str = "cpu",
    as_json: AsJson = False,
) -> None:
    """Walk through the latent space: from picture to picture by small steps.

    As in the paper, a row goes from one random sample to the next; straight for uniform z, along great circles for
    normal z. The answer names the largest step, as a share of the distance of unrelated pictures: a model that has
    learned its pictures by heart would jump.

    For example:

    - `dcgan walk faces --out walk.png --jumps jumps.png`
    - `dcgan walk faces --seeds 3,17,40 --as-seen --out walk.png --out walk.npz`
    - `dcgan walk faces --loop --out walk.mp4`
    - `dcgan walk runs/photos --wall 16 --out wall.gif --fps 25`

    Args:
        model: A run, one of its checkpoints, a model folder, or a model that comes with dcgan: faces.
        seeds: The samples to walk through, two or more, such as 3,17,40. Default: nine random ones.
        seed: Names the nine random ones.
        latents: File with z to walk through instead (.npz of any verb here, .npy).
        frames: Pictures in each row of the figure, with both ends; more of them are smaller steps.
        loop: Go back to the first in the end; a film then has no seam.
        as_seen: Space the pictures evenly by how different they look, not by distance in z.
        out: A figure (.png, .jpg, .webp), a film (.mp4, .gif) or latent vectors (.npz); may be given several times.
            Default: walk.png.
        jumps: Figure to make of the test for memorization.
        seconds: Of a film, from one sample to the next.
        fps: Frames a second of a film.
        wall: Pictures beside each other in a film, each further along the same loop.
        theme: light or dark.
        device: cpu, cuda, cuda:N, mps, or auto.
        as_json: Answer with one line of JSON.
    """
    import numpy as np

    outs = out or [Path("walk.png")]
    check_outputs(outs, fps=fps)
    if jumps:
        check_outputs([jumps], films=False, flag="--jumps")
        check_outputs([*outs, jumps], fps=fps)
    colors = chosen_theme(theme)
    need(2 <= frames <= 1000, "--frames", "2 to 1000", frames)
    need(0 < seconds <= 3600, "--seconds", "above 0 and at most 3600", seconds)
    need(1 <= wall <= 400, "--wall", "1 to 400", wall)
    loaded = open_model(model, device)
    keys, names = samples_of(loaded, seeds, seed, latents)
    need(2 <= len(keys) <= 1000, "--seeds or --latents", "2 to 1000 samples", len(keys))
    loop = loop or wall > 1
    if seconds * fps * len(keys) > MOST_FRAMES:
        raise DcganError(f"--seconds {seconds:g} makes a film of more than {MOST_FRAMES:,} frames; take fewer seconds")

    from dcgan.figures.jumps import draw_jumps
    from dcgan.figures.labeled_grid import labeled_grid
    from dcgan.figures.sheets import save_picture
    from dcgan.latent.files import write_latents
    from dcgan.latent.walk import measure_jumps
    from dcgan.latent.walk import walk as take

    walked = take(loaded, keys, frames, loop=loop, as_seen=as_seen)
    measured = measure_jumps(loaded, walked)
    ends = [*names, names[0]] if loop else names
    labels = [f"{a} to {b}" for a, b in pairwise(ends)]

    def film() -> "Iterator[Frame]":
        steps = max(2, round(seconds * fps)) + 1
        fine = take(loaded, keys, steps, loop=loop, as_seen=as_seen).pixels[:, :-1]
        pictures = fine.reshape(-1, *fine.shape[2:])
        offsets = np.arange(wall) * len(pictures) // wall
        places = (np.arange(len(pictures))[:, None] + offsets) % len(pictures)
        with progress_bar("filming") as bar:
            yield from film_frames((pictures[row] for row in places), len(places), bar)

    flat = walked.z.reshape(-1, walked.z.shape[2])
    write_outputs(
        outs,
        figure=lambda: labeled_grid(walked.pixels, colors, rows=labels),
        film=film,
        latents=lambda path: write_latents(path, loaded, flat, walked.pixels.reshape(-1, *walked.pixels.shape[2:])),
        fps=fps,
    )
    if jumps:
        save_picture(draw_jumps(measured.rows, measured.pairs, labels, colors), jumps)
    largest = measured.largest
    where = labels[int(largest.argmax())]
    text = f"largest of {frames - 1} steps: {largest.max():.2f} of the distance of a random pair, in the row {where}"
    written = [*outs, *([jumps] if jumps else [])]
    steps = {"frames": frames, "largest_steps": [round(float(share), 4) for share in largest]}
    facts = {"out": written, "rows": labels, **steps}
    answer(f"walked through {len(keys)} samples: {listed(written)}\n{text}", facts, as_json)
