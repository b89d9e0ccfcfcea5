"""`dcgan inspect`: what each feature of the discriminator looks for."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from dcgan.cli.console import answer, progress_bar
from dcgan.cli.flags import need
from dcgan.cli.outputs import chosen_theme, open_model, writing
from dcgan.cli.seeds import parse_seeds
from dcgan.cli.sources import open_pictures
from dcgan.errors import DcganError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa
    from PIL.Image import Image

    from dcgan.data.packed import PackedSet
    from dcgan.figures.saliency import Side
    from dcgan.figures.theme import Theme
    from dcgan.inspection.receptive_field import ReceptiveField
    from dcgan.inspection.responses import Responses
    from dcgan.model import Model

FIRST = 6  # features in the paper's figure
MOST = 64  # features, or pictures of each, that a figure has room for
ACROSS = 16  # features in a row of the atlas


def inspect(
    model: Path,
    source: str,
    /,
    *,
    out: Path,
    layer: int | None = None,
    features: str | None = None,
    pictures: int = 8,
    seed: int = 0,
    theme: str = "light",
    device: str = "cpu",
    as_json: Annotated[bool, Parameter(name="--json", negative="")] = False,
) -> None:
    """Look inside the discriminator: what each feature of a convolutional layer responds to.

    The pictures that drive a feature most are found in SOURCE, and guided back-propagation shows what in them does it,
    beside the same net with random weights, as in the paper. OUT is a new folder with guided.png (that figure),
    patches.png (what the strongest units see), atlas.png (all features of the layer), kernels.png (the first layer's),
    features.csv (statistics) and strongest.csv (pictures and positions). A feature is dead if no picture drives it
    above 0 anywhere.

    For example:

    - `dcgan inspect faces drawn-faces:2000 --out inspected`
    - `dcgan inspect faces drawn-faces:2000 --out second --layer 1 --features 0-5,17,40 --theme dark`
    - `dcgan inspect runs/photos photos/ --out inspected --pictures 12`

    Args:
        model: A run, one of its checkpoints, a model folder, or a model that comes with dcgan: faces.
        source: Pictures, as for `dcgan train`.
        out: Folder to make.
        layer: Convolutional layer, from 0. Default: the last.
        features: Features in the figures, such as 0-5,17. Default: the first six.
        pictures: Strongest responses of each feature.
        seed: Names the random weights: those that a training with this seed begins with.
        theme: light or dark.
        device: cpu, cuda, cuda:N, mps, or auto.
        as_json: Answer with one line of JSON.
    """
    from pyarrow.csv import write_csv

    need(1 <= pictures <= MOST, "--pictures", f"1 to {MOST}", pictures)
    need(seed >= 0, "--seed", "0 or more", seed)
    colors = chosen_theme(theme)
    if out.exists():
        raise DcganError(f"--out {out} exists; name another folder")
    loaded = open_model(model, device)
    layer, chosen = _chosen(loaded, layer, features)

    from dcgan.figures.sheets import picture_bytes
    from dcgan.files import new_folder
    from dcgan.inspection.receptive_field import receptive_field
    from dcgan.inspection.responses import measure_responses
    from dcgan.inspection.untrained import untrained

    data = open_pictures(source, loaded)
    with writing("--out", out), new_folder(out) as partial:  # before the work, to see that it can be made
        with progress_bar("measuring random weights") as bar:
            baseline = untrained(loaded, data.pixels, seed, bar)
        with progress_bar("looking with random weights") as bar:
            expected = measure_responses(baseline, data.pixels, layer, pictures, on_progress=bar)
        with progress_bar("looking") as bar:
            found = measure_responses(loaded, data.pixels, layer, pictures, on_progress=bar)
        field = receptive_field(loaded.architecture, layer)
        sides = [
            _side("random weights", baseline, data, expected, chosen),
            _side("trained", loaded, data, found, chosen),
        ]
        for name, figure in _figures(loaded, data, found, field, sides, chosen, colors):
            (partial / name).write_bytes(picture_bytes(figure, ".png"))
        write_csv(_statistics(found), partial / "features.csv")
        write_csv(_strongest(found, field, data), partial / "strongest.csv")
    facts = {
        "out": out,
        "pictures": len(data),
        "layer": layer,
        "features": len(found.mean),
        "receptive_field": field.side,
        "dead": found.dead.tolist(),
        "dead_with_random_weights": expected.dead.tolist(),
        "positive_positions": round(float(found.positive_positions.mean()), 4),
        "positive_pictures": round(float(found.positive_pictures.mean()), 4),
    }
    text = (
        f"layer {layer}: {len(found.mean)} features that see {field.side}x{field.side} pixels, {len(found.dead)} dead\n"
        f"a feature is above 0 at {found.positive_positions.mean():.1%} of positions, somewhere in "
        f"{found.positive_pictures.mean():.1%} of pictures (means)\n"
        f"guided.png, patches.png, atlas.png, kernels.png, features.csv, strongest.csv: {out}"
    )
    answer(text, facts, as_json)


def _chosen(model: "Model", layer: int | None, features: str | None) -> tuple[int, list[int]]:
    """The layer and the features that the flags name, or the paper's: the last, and the first six."""
    from dcgan.inspection.inputs import layer_of

    layer = len(model.architecture.discriminator) - 1 if layer is None else layer
    width = layer_of(model, layer).out_channels
    chosen = list(range(min(FIRST, width))) if features is None else parse_seeds(features, "--features")
    need(max(chosen) < width, "--features", f"0 to {width - 1}, those of layer {layer}", max(chosen))
    need(len(chosen) <= MOST, "--features", f"{MOST} or fewer; atlas.png shows all", f"{len(chosen):,}")
    return layer, chosen


def _side(title: str, model: "Model", data: "PackedSet", found: "Responses", chosen: list[int]) -> "Side":
    """One half of the paper's figure."""
    from dcgan.figures.saliency import Side
    from dcgan.inspection.guided import back_propagate

    pixels = data.pixels[found.picture[chosen]]  # (R, K, H, W, C)
    flat = pixels.reshape(-1, *pixels.shape[2:])
    signals = back_propagate(model, flat, found.layer, found.units[chosen].reshape(-1, 3))
    return Side(title, pixels, signals.reshape(pixels.shape))


def _figures(
    model: "Model",
    data: "PackedSet",
    found: "Responses",
    field: "ReceptiveField",
    sides: "list[Side]",
    chosen: list[int],
    theme: "Theme",
) -> "Iterator[tuple[str, Image]]":
    """The figures by their names, each made when it is its turn."""
    from dcgan.figures.labeled_grid import labeled_grid, numbered
    from dcgan.figures.saliency import draw_signals, signal_pixels
    from dcgan.inspection.guided import back_propagate
    from dcgan.inspection.kernels import first_kernels
    from dcgan.inspection.receptive_field import cut_patches

    names = [f"{feature}" + ", dead" * (feature in found.dead) for feature in range(len(found.mean))]
    rows = [names[feature] for feature in chosen]
    yield "guided.png", draw_signals(sides, rows, theme)
    pixels = sides[-1].pixels
    places = found.row[chosen].ravel(), found.column[chosen].ravel()
    patches = cut_patches(pixels.reshape(-1, *pixels.shape[2:]), field, *places)
    yield "patches.png", labeled_grid(patches.reshape(*pixels.shape[:2], *patches.shape[1:]), theme, rows=rows)
    with progress_bar("back-propagating") as bar:
        pixels = data.pixels[found.picture[:, 0]]
        signals = back_propagate(model, pixels, found.layer, found.units[:, 0], on_progress=bar)
    yield "atlas.png", numbered(signal_pixels(signals), names, theme, columns=ACROSS)
    kernels = signal_pixels(first_kernels(model))
    yield "kernels.png", numbered(kernels, [str(feature) for feature in range(len(kernels))], theme, columns=ACROSS)


def _statistics(found: "Responses") -> "pa.Table":
    """A row a feature."""
    import numpy as np
    import pyarrow as pa

    features = np.arange(len(found.mean))
    columns = {
        "feature": features,
        "mean": found.mean,
        "largest": found.value[:, 0],
        "positive_positions": found.positive_positions,
        "positive_pictures": found.positive_pictures,
        "dead": np.isin(features, found.dead),
    }
    return pa.table(columns)


def _strongest(found: "Responses", field: "ReceptiveField", data: "PackedSet") -> "pa.Table":
    """A row for each of a feature's strongest responses: how strong, in which picture, and which pixels it sees."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    feature, rank = np.indices(found.value.shape)
    index = data.index()
    names = index.filter(pc.greater_equal(index["row"], 0))["name"]
    columns = {
        "feature": feature.ravel(),
        "rank": rank.ravel(),
        "response": found.value.ravel(),
        "name": names.take(pa.array(found.picture.ravel())),
        "row": found.row.ravel(),
        "column": found.column.ravel(),
        "left": field.corner(found.column).ravel(),
        "top": field.corner(found.row).ravel(),
        "side": np.full(found.value.size, field.side),
    }
    return pa.table(columns)
