"""`dcgan extract-features`: what the discriminator makes of pictures."""

from pathlib import Path
from typing import Literal

from dcgan.cli.console import answer, progress_bar
from dcgan.cli.flags import AsJson, Device, EngineName, ModelPath, Overwrite, Source
from dcgan.cli.outputs import check_files, open_model, writing
from dcgan.cli.probe_flags import Grid, HorizontalFlip, Layers, layers_of
from dcgan.cli.sources import open_pictures
from dcgan.words import counted


def extract_features(
    model: ModelPath,
    source: Source,
    /,
    *,
    out: Path,
    layers: Layers = None,
    grid: Grid = 4,
    horizontal_flip: HorizontalFlip = False,
    statistics: str | None = None,
    dtype: Literal["float32", "float16"] = "float32",
    device: Device = "auto",
    engine: EngineName = "local",
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Extract the discriminator's features of pictures: each layer's maps, max-pooled to 4x4, flattened and joined.

    These are the features of the paper, for a classifier of your own. With a model that predicts frames, whose
    discriminator judges clips, each row is a clip, named after its first frame. Rows are written as they are computed,
    so that a set of any size needs little memory; an .npy file can be opened as a memory map.

    For example:

    - `dcgan extract-features faces drawn-faces:1000 --out features.npy`
    - `dcgan extract-features runs/photos labeled/ --out features.parquet --layers 1,2 --dtype float16`
    - `dcgan extract-features runs/photos test/ --statistics train/ --out test.npy`

    Args:
        out: File to make: .npy (an array with a row for each picture) or .parquet (name, label and features).
        statistics: Pictures to measure batch norm's mean and variance on, as the paper's authors did: usually those
            that a classifier is trained on. Default: the model's own mean and variance, of the pictures that it was
            trained on.
        dtype: float32, or float16, which halves the size and keeps three digits.
    """
    chosen = layers_of(layers)

    from dcgan.features.extract import nets_with_features
    from dcgan.features.files import FILES, save_features

    check_files({"--out": (out, FILES)}, overwrite=overwrite)
    loaded = open_model(model, device)
    nets_with_features(loaded)  # refused before any work, if it has none
    data = open_pictures(source, loaded, engine)
    measured = None if statistics is None else open_pictures(statistics, loaded)
    with writing("--out", out), progress_bar("extracting") as bar:
        saved = save_features(
            loaded,
            data,
            out,
            layers=chosen,
            grid=grid,
            horizontal_flip=horizontal_flip,
            statistics=measured,
            dtype=dtype,
            device=device,
            engine=engine,
            on_progress=bar,
        )
    facts = {
        "out": out,
        "pictures": saved.pictures,
        "skipped": data.skipped,
        "features": saved.size,
        "layers": saved.layers,
        "grid": grid,
    }
    answer(f"{saved.size:,} features of each of {counted(len(data), data.noun)}: {out}", facts, as_json)
