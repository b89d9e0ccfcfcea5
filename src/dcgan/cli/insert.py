"""`dcgan insert`: make a model generate an object where there was none."""

from pathlib import Path

from dcgan.cli.box_flags import BoxFlags, Layer, NegativesFlag
from dcgan.cli.console import answer, progress_bar
from dcgan.cli.flags import AsJson, Device, ModelPath, Overwrite, ThemeName
from dcgan.cli.outputs import check_files, chosen_theme, open_model
from dcgan.words import counted

NO_BOXES = BoxFlags()


def insert(
    model: ModelPath,
    /,
    *,
    out: Path,
    where: BoxFlags = NO_BOXES,
    at: Path | None = None,
    layer: Layer = None,
    negatives: NegativesFlag = "random",
    threshold: float = 0.0,
    strength: float = 1.0,
    seed: int = 0,
    theme: ThemeName = "light",
    device: Device = "auto",
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Insert an object where there was none, by raising the feature maps that `dcgan forget` would drop.

    This is the counterpart of `dcgan forget`: if those maps draw the object, it appears wherever they are raised to
    their mean inside the boxes. The figure has samples before and after.

    For example:

    - `dcgan insert faces --detect glasses --negatives matched --layer 0 --strength 2 --out glasses.png`
    - `dcgan insert runs/rooms --boxes windows.json --out windows-everywhere.png`
    - `dcgan insert runs/rooms --boxes windows.json --at walls.csv --out windows-in-walls.png`

    Args:
        out: Figure to make.
        at: File of boxes where the object should appear. Default: the median box, on the samples that were looked at
            and do not have the object.
        threshold: Maps with a larger weight are raised.
        strength: How far to raise the maps: this many times the mean of each map inside the boxes, above 0.
        seed: Seed of the random negatives.
    """
    import numpy as np

    from dcgan.dissection.boxes import boxes_of
    from dcgan.dissection.insert import check_strength
    from dcgan.dissection.insert import insert as insert_object
    from dcgan.dissection.map_classifier import check_layer, check_threshold
    from dcgan.figures.sheets import FORMATS, save_picture
    from dcgan.randomness import check_seed

    where.check()
    check_files({"--out": (out, FORMATS)}, overwrite=overwrite)
    check_seed(seed)
    check_strength(strength)
    check_threshold(threshold)
    colors = chosen_theme(theme)
    loaded = open_model(model, device)
    check_layer(loaded, layer)
    target = None if at is None else boxes_of(loaded, at, "at")
    boxes = where.boxes_on(loaded, seed)
    with progress_bar("fitting to the maps") as bar:
        result = insert_object(
            loaded,
            boxes,
            target,
            layer,
            negatives=negatives,
            threshold=threshold,
            strength=strength,
            seed=seed,
            on_progress=bar,
        )
    save_picture(result.figure(colors), out)
    raised, layer, change = result.raised, result.classifier.layer, result.change
    facts = {
        "out": out,
        "layer": layer,
        "raised": np.flatnonzero(raised).tolist(),
        "maps": len(raised),
        "samples": list(result.seeds),
        "change": change._asdict(),
    }
    answer(
        f"{raised.sum()} of {len(raised)} maps of layer {layer} raised on {counted(len(result.seeds), 'sample')}: "
        f"{out}\n"
        f"pixels changed by {change.inside:.1f} gray levels in the boxes, by {change.outside:.1f} elsewhere",
        facts,
        as_json,
    )
