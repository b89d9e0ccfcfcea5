"""`dcgan insert`: draw an object where there was none."""

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from dcgan.cli.box_flags import Marks, maps_above
from dcgan.cli.console import answer, progress_bar
from dcgan.cli.flags import need
from dcgan.cli.outputs import check_files, chosen_theme, open_model
from dcgan.errors import DcganError

SHOWN = 12  # samples without the object that it is put into, if no places are named


def insert(
    model: Path,
    /,
    *,
    out: Path,
    boxes: Path | None = None,
    draw: Annotated[bool, Parameter(negative="")] = False,
    detect: str | None = None,
    seeds: str = "0-149",
    at: Path | None = None,
    layer: int | None = None,
    outside: Literal["matched", "random"] = "random",
    threshold: float = 0.0,
    strength: float = 1.0,
    seed: int = 0,
    theme: str = "light",
    port: int = 0,
    device: str = "cpu",
    as_json: Annotated[bool, Parameter(name="--json", negative="")] = False,
) -> None:
    """Draw an object where there was none: the maps that `dcgan forget` would drop are forced on there.

    The other half of the question whether those maps draw the object: they are raised, where it is to be, to what they
    are inside the boxes in the mean. The figure has samples before and after.

    For example:

    - `dcgan insert faces --detect glasses --outside matched --layer 0 --strength 2 --out glasses.png`
    - `dcgan insert runs/rooms --boxes windows.json --out windows-everywhere.png`
    - `dcgan insert runs/rooms --boxes windows.json --at walls.csv --out windows-in-walls.png`

    Args:
        model: A run, one of its checkpoints, a model folder, or a model that comes with dcgan: faces.
        out: Figure to make.
        boxes: Where the object is: as for `dcgan forget`.
        draw: Open a page on which boxes are drawn by hand, or those of --boxes gone on with.
        detect: In place of --boxes, on a model of drawn faces: glasses, hat, beard or accessories.
        seeds: Samples that --draw shows and --detect looks at.
        at: Where it is to be, a file of boxes. Default: where it usually is, on samples that were looked at and have
            none.
        layer: Hidden layer of the generator, from 0, the stem. Default: the second highest.
        outside: Places that it is told from: random, or matched: the same places of other samples.
        threshold: Maps with a larger weight are forced.
        strength: Times the mean of each map inside the boxes, above 0.
        seed: Of the places outside.
        theme: light or dark.
        port: Of the page of --draw, on this machine alone. Default: any that is free.
        device: cpu, cuda, cuda:N, mps, or auto.
        as_json: Answer with one line of JSON.
    """
    import numpy as np

    from dcgan.dissection.boxes import read_boxes
    from dcgan.dissection.forget import check_layer, weigh_maps
    from dcgan.dissection.insert import insert as draw_with
    from dcgan.dissection.insert import usual_place
    from dcgan.figures.labeled_grid import labeled_grid
    from dcgan.figures.sheets import FORMATS, save_picture

    marks = Marks(boxes, draw, detect, seeds, port, seed)
    check_files({"--out": (out, FORMATS)})
    need(abs(threshold) < float("inf"), "--threshold", "a finite number", threshold)
    need(0 < strength < float("inf"), "--strength", "above 0", strength)
    colors = chosen_theme(theme)
    loaded = open_model(model, device)
    if layer is not None:
        check_layer(loaded, layer)
    places = read_boxes(at, loaded.architecture.size, loaded.identity, "--at") if at else None
    marked = marks.on(loaded)
    if places is None:
        having = {box.seed for box in marked.boxes}
        lacking = tuple(sample for sample in marked.seeds if sample not in having)[:SHOWN]
        if not lacking:
            raise DcganError("every sample that was looked at has the object: name places with --at FILE")
        places = usual_place(marked, lacking)
    if not places.boxes:
        raise DcganError(f"--at {at} has no boxes")
    with progress_bar("weighing maps") as bar:
        weighed = weigh_maps(loaded, marked, layer, outside=outside, seed=seed, on_progress=bar)
    forced = maps_above(weighed, threshold)
    drawn = draw_with(loaded, weighed, forced, places, strength)
    shown = slice(None, 2 * SHOWN)
    pixels = np.stack([drawn.before[shown], drawn.after[shown]])
    columns = [str(sample) for sample in drawn.seeds[shown]]
    save_picture(labeled_grid(pixels, colors, rows=["before", "after"], columns=columns), out)
    facts = {
        "out": out,
        "layer": weighed.layer,
        "forced": np.flatnonzero(forced).tolist(),
        "maps": len(forced),
        "samples": list(drawn.seeds),
        "change": {"inside": drawn.inside, "outside": drawn.outside},
    }
    answer(
        f"forced {forced.sum()} of {len(forced)} maps of layer {weighed.layer} on {len(drawn.seeds)} samples: {out}\n"
        f"gray levels changed by {drawn.inside:.1f} in the boxes, by {drawn.outside:.1f} elsewhere",
        facts,
        as_json,
    )
