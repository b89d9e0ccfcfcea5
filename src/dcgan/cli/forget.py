"""`dcgan forget`: remove an object from everything that a model generates."""

import shlex
from pathlib import Path
from typing import Annotated

from dcgan.cli.box_flags import BoxFlags, Layer, NegativesFlag, count_of
from dcgan.cli.console import answer, progress_bar
from dcgan.cli.flags import AsJson, Device, ModelPath, Overwrite, Switch, ThemeName
from dcgan.cli.outputs import check_files, check_folder, chosen_theme, open_model, writing
from dcgan.errors import UsageError

NO_BOXES = BoxFlags()


def forget(
    model: ModelPath,
    /,
    *,
    out: Path | None = None,
    where: BoxFlags = NO_BOXES,
    layer: Layer = None,
    negatives: NegativesFlag = "random",
    threshold: float = 0.0,
    scale: float = 0.0,
    control: Annotated[bool, Switch] = False,
    figure: Path | None = None,
    seed: int = 0,
    theme: ThemeName = "light",
    device: Device = "auto",
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Make the generator forget an object, from boxes around it on some samples.

    A logistic regression on the feature maps of a hidden layer tells positions inside the boxes from positions outside;
    maps with a weight above --threshold are dropped from every picture, as in the paper. OUT is a model like any other;
    the figure has samples before and after.

    For example:

    - `dcgan forget faces --detect glasses --out no-glasses`
    - `dcgan forget runs/rooms --annotate --boxes windows.json --out no-windows`
    - `dcgan forget runs/rooms --boxes windows.csv --out no-windows --figure windows.png`
    - `dcgan forget runs/rooms --boxes windows.json --out fewer-windows --threshold 0.2 --scale 0.5`

    Args:
        out: Model folder to make. With --annotate it may be left out: then the boxes are saved, and nothing is
            forgotten.
        threshold: Maps with a larger weight are dropped. Default: 0, as in the paper.
        scale: What those maps are multiplied by: 0 drops them, 0.5 halves them, -1 inverts them.
        control: Also show, for comparison, what happens if as many random maps of the layer are dropped.
        figure: Picture to make of samples before and after. Default: OUT.png.
        seed: Seed of the random negatives and the random maps.
    """
    import numpy as np

    from dcgan.dissection.forget import check_scale
    from dcgan.dissection.forget import forget as forget_object
    from dcgan.dissection.map_classifier import check_layer, check_threshold
    from dcgan.figures.sheets import FORMATS, save_picture
    from dcgan.model_folder import CARD
    from dcgan.randomness import check_seed

    where.check()
    if out is None and not where.annotate:
        raise UsageError("name the model folder to make: --out FOLDER")
    of_forgetting = {"--threshold": threshold, "--scale": scale, "--control": control, "--figure": figure}
    if out is None and (unread := [flag for flag, value in of_forgetting.items() if value]):
        raise UsageError(
            f"{unread[0]} says how to forget, and without --out nothing is forgotten: name --out FOLDER too"
        )
    if out is not None:
        check_folder("--out", out, CARD, "a model", overwrite=overwrite)
        named = out.resolve() if out.name in ("", "..") else out
        figure = figure or named.with_name(f"{named.name}.png")
    check_files({"--figure": (figure, FORMATS)}, overwrite=overwrite)
    check_seed(seed)
    check_scale(scale)
    check_threshold(threshold)
    colors = chosen_theme(theme)
    loaded = open_model(model, device)
    check_layer(loaded, layer)
    boxes = where.boxes_on(loaded, seed)
    if out is None:
        again = shlex.join(["dcgan", "forget", str(model), "--boxes", str(where.file), "--out", "FOLDER"])
        facts = {"boxes": len(boxes.boxes), "samples": len(boxes.seeds), "file": where.file}
        answer(f"{count_of(boxes)}: {where.file}\nforget what is in them: {again}", facts, as_json)
        return
    assert figure is not None
    with progress_bar("fitting to the maps") as bar:
        result = forget_object(
            loaded,
            boxes,
            layer,
            negatives=negatives,
            threshold=threshold,
            scale=scale,
            control=control,
            seed=seed,
            on_progress=bar,
        )
    save_picture(result.figure(colors), figure)
    with writing("--out", out):
        result.after.save(out, overwrite=overwrite)
    classifier, dropped, changes = result.classifier, result.dropped, result.changes()
    judged = not np.isnan(classifier.roc_auc)
    details: dict[str, object] = {
        "out": out,
        "figure": figure,
        "boxes": len(boxes.boxes),
        "layer": classifier.layer,
        "dropped": np.flatnonzero(dropped).tolist(),
        "maps": len(dropped),
        "weights": classifier.weights.round(4).tolist(),
        "positions": {"inside": classifier.positives, "outside": classifier.negatives},
        "accuracy": classifier.accuracy if judged else None,
        "roc_auc": classifier.roc_auc if judged else None,
        "change": {name: change._asdict() for name, change in changes.items()},
    }
    quality = (
        f"on held-out samples the regression is right about {classifier.accuracy:.0%} of positions "
        f"(ROC AUC {classifier.roc_auc:.2f})"
        if judged
        else "the samples are too few to judge the regression"
    )
    lines = [
        f"{dropped.sum()} of {len(dropped)} maps of layer {classifier.layer} "
        f"{f'multiplied by {scale:g}' if scale else 'dropped'}: {out}",
        f"{count_of(boxes)}; {quality}",
        *(
            f"{name}: pixels changed by {change.inside:.1f} gray levels in the boxes, by {change.outside:.1f} elsewhere"
            for name, change in changes.items()
        ),
        f"before and after: {figure}",
    ]
    answer("\n".join(lines), details, as_json)
