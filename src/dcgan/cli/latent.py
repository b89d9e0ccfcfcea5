"""Verbs of the latent space: `dcgan walk`, `dcgan arithmetic`, `dcgan turn`."""

from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from dcgan.cli.console import answer, progress_bar, warn
from dcgan.cli.outputs import FRAMES_PER_SECOND, check_outputs, chosen_theme, open_model, write_outputs
from dcgan.cli.seeds import parse_seeds
from dcgan.errors import DcganError

if TYPE_CHECKING:
    from dcgan.cli.console import Bar
    from dcgan.figures.video import Frame
    from dcgan.latent.concepts import Concept
    from dcgan.model import Model, Pixels
    from dcgan.randomness import Latents

AsJson = Annotated[bool, Parameter(name="--json", negative="")]
Switch = Parameter(negative="")

KEYS = 9  # of a walk by default, as in the paper
OWN_CONCEPTS = "concepts.toml"  # that a model folder may bring along
FILM_SIDE = 512  # pixels; a film's picture is enlarged until it is at least so wide


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
    out: list[Path] | None = None,
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
    learnt its pictures by heart would jump.

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
        frames: Pictures in each row of the figure, with both ends.
        loop: Go back to the first in the end; a film then has no seam.
        as_seen: Space the pictures evenly by how different they look, not by distance in z.
        out: A figure (.png, .jpg, .webp), a film (.mp4, .gif) or latent vectors (.npz); may be given several times.
            Default: walk.png.
        jumps: Figure to make of the test for memorisation.
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
        check_outputs([jumps], films=False)
    colours = chosen_theme(theme)
    _need(frames >= 2, "--frames", "2 or more", frames)
    _need(0 < seconds <= 3600, "--seconds", "above 0 and at most 3600", seconds)
    _need(1 <= wall <= 400, "--wall", "1 to 400", wall)
    loaded = open_model(model, device)
    keys, names = _keys(loaded, seeds, seed, latents)
    _need(len(keys) >= 2, "--seeds or --latents", "two samples or more", len(keys))
    loop = loop or wall > 1

    from dcgan.figures.jumps import draw_jumps
    from dcgan.figures.labelled import labelled_grid
    from dcgan.figures.sheets import save_picture
    from dcgan.latent.latent_files import write_latents
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
            yield from _frames((pictures[row] for row in places), len(places), bar)

    flat = walked.z.reshape(-1, walked.z.shape[2])
    write_outputs(
        outs,
        figure=lambda: labelled_grid(walked.pixels, colours, rows=labels),
        film=film,
        latents=lambda path: write_latents(path, loaded, flat, walked.pixels.reshape(-1, *walked.pixels.shape[2:])),
        fps=fps,
    )
    if jumps:
        save_picture(draw_jumps(measured.rows, measured.pairs, labels, colours), jumps)
    largest = measured.largest
    where = labels[int(largest.argmax())]
    text = f"largest step: {largest.max():.2f} of the distance of a random pair, in the row {where}"
    written = [*outs, *([jumps] if jumps else [])]
    facts = {"out": written, "rows": labels, "largest_steps": [round(float(share), 4) for share in largest]}
    answer(f"walked through {len(keys)} samples: {_listed(written)}\n{text}", facts, as_json)


def arithmetic(
    model: Path,
    formula: Annotated[str, Parameter(allow_leading_hyphen=True)],
    /,
    *,
    concepts: Path | None = None,
    out: list[Path] | None = None,
    neighbours: int = 8,
    reach: float = 0.25,
    seed: int = 0,
    theme: str = "light",
    device: str = "cpu",
    as_json: AsJson = False,
) -> None:
    """Add and subtract concepts, and draw the sum Y with its neighbours.

    A concept is the mean z of three or more samples, or an axis; `dcgan concepts` finds them. The figure is the
    paper's: samples of each concept above the picture of their mean, Y in the middle of eight z near it, and the same
    sum of pictures, which shows ghosts.

    For example:

    - `dcgan arithmetic faces "glasses - plain + hat" --out sum.png`
    - `dcgan arithmetic faces "long-glasses - long + short" --out sum.png --out sum.npz`
    - `dcgan arithmetic runs/photos "smiling - neutral + 2 * glasses" --concepts concepts.toml`

    Args:
        model: A run, one of its checkpoints, a model folder, or a model that comes with dcgan: faces.
        formula: Names of concepts with + and - (a minus needs spaces around it), and factors: 2 * NAME.
        concepts: TOML file of concepts. Default: the one in the model's folder, if there is one.
        out: A figure (.png, .jpg, .webp) or latent vectors (.npz; Y first); may be given several times. Default:
            arithmetic.png.
        neighbours: How many z near Y to draw.
        reach: They are Y + U(-reach, reach).
        seed: Names the neighbours.
        theme: light or dark.
        device: cpu, cuda, cuda:N, mps, or auto.
        as_json: Answer with one line of JSON.
    """
    from dcgan.latent.formula import parse_formula

    outs = out or [Path("arithmetic.png")]
    check_outputs(outs, films=False)
    colours, terms = chosen_theme(theme), parse_formula(formula)
    _need(0 <= neighbours <= 99, "--neighbours", "0 to 99", neighbours)
    _need(0 <= reach <= 10, "--reach", "0 to 10", reach)
    _need(seed >= 0, "--seed", "0 or more", seed)
    loaded = open_model(model, device)
    known = _concepts(model, concepts, loaded, [term.name for term in terms])

    from dcgan.figures.sums import draw_sum
    from dcgan.latent.arithmetic import arithmetic as add_up
    from dcgan.latent.latent_files import write_latents

    result = add_up(loaded, terms, known, neighbours=neighbours, reach=reach, seed=seed)
    write_outputs(
        outs,
        figure=lambda: draw_sum(
            [str(term) for term in terms], result.examples, result.means, result.pixels, result.in_pixel_space, colours
        ),
        latents=lambda path: write_latents(path, loaded, result.z, result.pixels),
    )
    written = " ".join(map(str, terms)).removeprefix("+ ")
    facts = {"out": outs, "formula": written, "examples": {c.name: len(c.z) for c in result.concepts if not c.is_axis}}
    answer(f"Y = {written}: {_listed(outs)}", facts, as_json)


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
    out: list[Path] | None = None,
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
    colours = chosen_theme(theme)
    if (axis is None) == (start is None and end is None) or (axis is None and (start is None or end is None)):
        raise DcganError("name the axis: --from CONCEPT and --to CONCEPT, or --axis CONCEPT")
    _need(2 <= steps <= 1000, "--steps", "2 to 1000", steps)
    _need(0 < reach <= 100, "--reach", "above 0 and at most 100", reach)
    _need(0 < seconds <= 3600, "--seconds", "above 0 and at most 3600", seconds)
    loaded = open_model(model, device)
    z, names = _keys(loaded, seeds or (None if latents else "0-7"), 0, latents)

    from dcgan.figures.labelled import labelled_grid
    from dcgan.latent.latent_files import write_latents
    from dcgan.latent.turn import axis_between
    from dcgan.latent.turn import turn as move

    if axis is not None:
        concept = _concepts(model, concepts, loaded, [axis])[axis]
        if not concept.is_axis:
            raise DcganError(f"--axis {axis}: that concept is no axis; give --from and --to, or find one: --axis")
        direction, what = concept.mean, axis
    else:
        assert start is not None
        assert end is not None
        known = _concepts(model, concepts, loaded, [start, end])
        direction, what = axis_between(known[start], known[end]), f"{start} to {end}"
    turned = move(loaded, z, direction, np.linspace(-reach, reach, steps))

    def film() -> "Iterator[Frame]":
        positions = reach * np.sin(np.linspace(0, 2 * np.pi, max(2, round(seconds * fps)), endpoint=False))
        with progress_bar("filming") as bar:
            moments = (move(loaded, z, direction, positions[place : place + 1]) for place in range(len(positions)))
            yield from _frames((moment.pixels[:, 0] for moment in moments), len(positions), bar)

    columns = [f"{position:+.2g}" if position else "0" for position in turned.positions.round(3)]
    flat = turned.z.reshape(-1, turned.z.shape[2])
    write_outputs(
        outs,
        figure=lambda: labelled_grid(turned.pixels, colours, title=what, rows=names, columns=columns),
        film=film,
        latents=lambda path: write_latents(path, loaded, flat, turned.pixels.reshape(-1, *turned.pixels.shape[2:])),
        fps=fps,
    )
    facts = {"out": outs, "axis": what, "length": float(np.linalg.norm(direction)), "samples": names}
    answer(f"moved {len(z)} samples along {what}: {_listed(outs)}", facts, as_json)


def _need(condition: bool, flag: str, range_: str, value: object) -> None:
    if not condition:
        raise DcganError(f"{flag} must be {range_}, not {value}")


def _keys(model: "Model", seeds: str | None, seed: int, latents: Path | None) -> "tuple[Latents, list[str]]":
    """The z that the flags name, and what to call them."""
    from dcgan.latent.latent_files import read_latents
    from dcgan.randomness import Stream, stream

    if latents is not None:
        if seeds is not None:
            raise DcganError("--seeds and --latents each name the samples; leave one out")
        z = read_latents(latents, model)
        return z, [f"#{row}" for row in range(len(z))]
    if seeds is None:
        _need(seed >= 0, "--seed", "0 or more", seed)
        chosen = stream(Stream.WALK, 1, seed).choice(10_000, KEYS, replace=False).tolist()
    else:
        chosen = parse_seeds(seeds)
    return model.latents(chosen), [str(name) for name in chosen]


def _concepts(model_path: Path, path: Path | None, model: "Model", names: list[str]) -> "dict[str, Concept]":
    """The concepts that are named, from the file given or the model's own."""
    from dcgan.latent.concepts import ENOUGH, read_concepts, unknown
    from dcgan.model_folder import find

    own = find(model_path) / OWN_CONCEPTS
    path = path or (own if own.is_file() else None)
    known = read_concepts(path, model) if path else {}
    for name in names:
        if name not in known:
            raise unknown(name, known, path)
        concept = known[name]
        if not concept.is_axis and len(concept.z) < ENOUGH:
            warn(f"the concept {name} has {len(concept.z)} sample(s); with fewer than {ENOUGH} sums are unstable")
    return known


def _frames(groups: "Iterable[Pixels]", total: int, bar: "Bar") -> "Iterator[Frame]":
    """Each group of pictures as one frame of a film, RGB and of even sides."""
    import numpy as np

    from dcgan.figures.sheets import sheet

    for done, pixels in enumerate(groups, 1):
        columns = int(np.ceil(np.sqrt(len(pixels))))
        scale = max(1, -(-FILM_SIDE // (columns * pixels.shape[2])))
        frame = np.asarray(sheet(pixels, columns, gap=0, scale=scale).convert("RGB"))
        yield frame[: frame.shape[0] // 2 * 2, : frame.shape[1] // 2 * 2]
        bar(done, total)


def _listed(paths: list[Path]) -> str:
    return ", ".join(map(str, paths))
