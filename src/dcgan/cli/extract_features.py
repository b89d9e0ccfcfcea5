"""`dcgan features`: what the discriminator makes of pictures."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from dcgan.cli.console import answer, progress_bar
from dcgan.cli.outputs import check_files, open_model, writing
from dcgan.cli.sources import open_pictures
from dcgan.errors import DcganError


def features(
    model: Path,
    source: str,
    /,
    *,
    out: Path,
    layers: str | None = None,
    grid: int = 4,
    statistics: str | None = None,
    half: Annotated[bool, Parameter(negative="")] = False,
    device: str = "cpu",
    as_json: Annotated[bool, Parameter(name="--json", negative="")] = False,
) -> None:
    """Extract the discriminator's features of pictures: each layer's maps, max-pooled to 4x4, flattened and joined.

    As in the paper, for a classifier of your own. They are written as they come, so that a set of any size needs little
    memory; an .npy file can be opened as a memory map.

    For example:

    - `dcgan features faces drawn-faces:1000 --out features.npy`
    - `dcgan features runs/photos labeled/ --out features.parquet --layers 1,2 --half`
    - `dcgan features runs/photos test/ --statistics train/ --out test.npy`

    Args:
        model: A run, one of its checkpoints, a model folder, or a model that comes with dcgan: faces.
        source: Pictures, as for `dcgan train`.
        out: .npy (an array, a row a picture) or .parquet (name, label and features).
        layers: Convolutional layers, from 0, such as 1,2. Default: all.
        grid: Side of the grid that each map is max-pooled to; smaller maps stay as they are.
        statistics: Pictures that batch norm's mean and variance are measured on, the authors' way: usually those that
            a classifier is trained on. Default: those that the model brings, of the pictures it was trained on.
        half: float16: half the size.
        device: cpu, cuda, cuda:N, mps, or auto.
        as_json: Answer with one line of JSON.
    """
    chosen = layers_of(layers)

    from dcgan.features.files import FILES

    check_files({"--out": (out, FILES)})

    from dcgan.features.extract import DiscriminatorExtractor
    from dcgan.features.files import write_features

    loaded = open_model(model, device)
    extractor = DiscriminatorExtractor(loaded, chosen, grid)
    data = open_pictures(source, loaded)
    if statistics is not None:
        measured = open_pictures(statistics, loaded)
        with progress_bar("measuring statistics") as bar:
            extractor.measure(measured.pixels, on_progress=bar)
    with writing("--out", out), progress_bar("extracting") as bar:
        write_features(out, extractor, data, half=half, on_progress=bar)
    facts = {
        "out": out,
        "pictures": len(data),
        "skipped": data.skipped,
        "features": extractor.size,
        "layers": extractor.layers,
        "grid": grid,
    }
    answer(f"{extractor.size:,} features of each of {len(data):,} pictures: {out}", facts, as_json)


def layers_of(text: str | None) -> tuple[int, ...] | None:
    """What --layers names: numbers with commas, or all.

    Raises:
        DcganError: It is no such list.
    """
    if text is None:
        return None
    numbers = text.replace(",", " ").split()
    if not numbers or not all(number.isdecimal() for number in numbers):
        raise DcganError(f"--layers {text!r}: write numbers of layers, such as 0,2")
    return tuple(int(number) for number in numbers)
