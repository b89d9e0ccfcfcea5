"""`dcgan forget`: take an object out of everything that a model draws."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from dcgan.cli.box_flags import Marks, count_of, maps_above
from dcgan.cli.console import answer, progress_bar
from dcgan.cli.flags import need
from dcgan.cli.outputs import check_files, chosen_theme, open_model, writing
from dcgan.errors import DcganError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PIL.Image import Image

    from dcgan.dissection.boxes import Boxes
    from dcgan.figures.theme import Theme
    from dcgan.model import Model

SHOWN = 12  # samples in the figure
MOST_TURNED = -10.0  # of --scale: far beyond what any picture survives


def forget(
    model: Path,
    /,
    *,
    out: Path | None = None,
    boxes: Path | None = None,
    draw: Annotated[bool, Parameter(negative="")] = False,
    detect: str | None = None,
    seeds: str = "0-149",
    layer: int | None = None,
    outside: Literal["matched", "random"] = "random",
    threshold: float = 0.0,
    scale: float = 0.0,
    control: Annotated[bool, Parameter(negative="")] = False,
    figure: Path | None = None,
    seed: int = 0,
    theme: str = "light",
    port: int = 0,
    device: str = "cpu",
    as_json: Annotated[bool, Parameter(name="--json", negative="")] = False,
) -> None:
    """Make the generator forget how to draw an object, by boxes around it on some samples.

    A logistic regression tells what a hidden layer's maps do inside the boxes from what they do outside; maps with a
    weight above --threshold are dropped, whatever is drawn, as in the paper. OUT is a model like any other; the figure
    has samples before and after.

    For example:

    - `dcgan forget faces --detect glasses --out no-glasses`
    - `dcgan forget runs/rooms --draw --boxes windows.json --out no-windows`
    - `dcgan forget runs/rooms --boxes windows.csv --out no-windows --figure windows.png`
    - `dcgan forget runs/rooms --boxes windows.json --out fewer-windows --threshold 0.2 --scale 0.5`

    Args:
        model: A run, one of its checkpoints, a model folder, or a model that comes with dcgan: faces.
        out: Model folder to make. With --draw it may be left out: then boxes are drawn and no more.
        boxes: Where the object is: .csv with seed, left, top, right, bottom in pixels; .json, a list of the same; or
            COCO's .json, with seeds in the file names. With --draw, the .json that they are kept in: boxes.json.
        draw: Open a page on which boxes are drawn by hand, or those of --boxes gone on with.
        detect: In place of --boxes, on a model of drawn faces: glasses, hat, beard or accessories, found by a detector
            that is trained on exact masks in a minute.
        seeds: Samples that --draw shows and --detect looks at.
        layer: Hidden layer of the generator, from 0, the stem. Default: the second highest, as in the paper.
        outside: Places that it is told from: random (the paper's), or matched: the same places of other samples.
        threshold: Maps with a larger weight are dropped. Default: 0, as in the paper.
        scale: What they are multiplied by: 0 drops them, 0.5 leaves half, -1 turns them round, so that they take away
            what they drew where they were active.
        control: Beside it, what as many random maps of the layer do: are these the right ones?
        figure: Picture to make of samples before and after. Default: OUT.png.
        seed: Of the places outside.
        theme: light or dark.
        port: Of the page of --draw, on this machine alone. Default: any that is free.
        device: cpu, cuda, cuda:N, mps, or auto.
        as_json: Answer with one line of JSON.
    """
    import numpy as np

    from dcgan.dissection.forget import check_layer, scale_maps, weigh_maps
    from dcgan.figures.sheets import FORMATS, save_picture
    from dcgan.files import new_folder
    from dcgan.randomness import Stream, rng

    marks = Marks(boxes, draw, detect, seeds, port, seed)
    if out is None and not draw:
        raise DcganError("name the model folder to make: --out FOLDER")
    if out is not None and out.exists():
        raise DcganError(f"--out {out} exists; name another folder")
    check_files({"--figure": (figure, FORMATS)})
    need(MOST_TURNED <= scale < 1, "--scale", f"{MOST_TURNED:g} to less than 1", scale)
    need(abs(threshold) < float("inf"), "--threshold", "a finite number", threshold)
    colors = chosen_theme(theme)
    loaded = open_model(model, device)
    if layer is not None:
        check_layer(loaded, layer)
    marked = marks.on(loaded)
    if out is None:
        again = shlex.join(["dcgan", "forget", str(model), "--boxes", str(marks.boxes), "--out", "FOLDER"])
        told = f"{count_of(marked)}: {marks.boxes}\nforget what is in them: {again}"
        answer(told, {"boxes": len(marked.boxes), "samples": len(marked.seeds), "file": marks.boxes}, as_json)
        return
    figure = figure or out.with_name(f"{out.name}.png")
    with progress_bar("weighing maps") as bar:
        weighed = weigh_maps(loaded, marked, layer, outside=outside, seed=seed, on_progress=bar)
    dropped = maps_above(weighed, threshold)
    changed = scale_maps(loaded, weighed.layer, np.where(dropped, scale, 1).astype(np.float32))
    drawn_by = {"before": loaded, "after": changed}
    if control:
        others = rng(Stream.FORGET_CONTROL, seed).permutation(dropped)
        drawn_by["random maps"] = scale_maps(loaded, weighed.layer, np.where(others, scale, 1).astype(np.float32))
    changes = _changes(drawn_by, marked)
    save_picture(_figure(drawn_by, marked, colors), figure)
    with writing("--out", out), new_folder(out) as partial:
        changed.write_into(partial)
    facts = {
        "out": out,
        "figure": figure,
        "boxes": len(marked.boxes),
        "layer": weighed.layer,
        "dropped": np.flatnonzero(dropped).tolist(),
        "maps": len(dropped),
        "weights": weighed.weights.round(4).tolist(),
        "places": {"inside": weighed.inside, "outside": weighed.outside},
        "accuracy": None if np.isnan(weighed.accuracy) else weighed.accuracy,
        "change": {name: {"inside": inside, "outside": outside} for name, (inside, outside) in changes.items()},
        "area": None if np.isnan(weighed.area) else weighed.area,
    }
    quality = (
        "too few samples to judge the regression"
        if np.isnan(weighed.area)
        else f"of held-out samples it tells {weighed.accuracy:.0%} of places right (area under ROC {weighed.area:.2f})"
    )
    done = f"multiplied by {scale:g}" if scale else "dropped"
    lines = [
        f"{dropped.sum()} of {len(dropped)} maps of layer {weighed.layer} {done}: {out}",
        f"{count_of(marked)}; {quality}",
        *(
            f"{name}: gray levels changed by {inside:.1f} in the boxes, by {outside:.1f} elsewhere"
            for name, (inside, outside) in changes.items()
        ),
        f"before and after: {figure}",
    ]
    answer("\n".join(lines), facts, as_json)


def _changes(drawn_by: "Mapping[str, Model]", boxes: "Boxes") -> "dict[str, tuple[float, float]]":
    """How much each later model changed the samples with boxes, in them and elsewhere."""
    from dcgan.dissection.forget import change

    having = list(dict.fromkeys(box.seed for box in boxes.boxes))
    pixels = {name: model.sample(having) for name, model in drawn_by.items()}
    return {name: change(pixels["before"], pixels[name], boxes, having) for name in pixels if name != "before"}


def _figure(drawn_by: "Mapping[str, Model]", boxes: "Boxes", theme: "Theme") -> "Image":
    """Samples with the object, then some without, a row for each model."""
    import numpy as np

    from dcgan.figures.labeled_grid import labeled_grid

    having = list(dict.fromkeys(box.seed for box in boxes.boxes))
    lacking = [seed for seed in boxes.seeds if seed not in having]
    shown = having[: max(SHOWN * 2 // 3, SHOWN - len(lacking))]
    shown = [*shown, *lacking[: SHOWN - len(shown)]]
    pixels = np.stack([model.sample(shown) for model in drawn_by.values()])
    return labeled_grid(pixels, theme, rows=list(drawn_by), columns=[str(seed) for seed in shown])
