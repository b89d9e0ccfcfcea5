"""`dcgan sample`: new pictures from a model."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from dcgan.cli.console import answer, progress_bar, warn
from dcgan.cli.seeds import parse_seeds
from dcgan.errors import DcganError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike

    from dcgan.model import Pixels

CHUNK = 1024  # pictures held in memory at once when they go to a folder


def sample(
    model: Path,
    /,
    *,
    seeds: str = "0-63",
    out: Path = Path("samples.png"),
    truncation: float = 1.0,
    batch_statistics: Annotated[bool, Parameter(negative="")] = False,
    batch_size: int = 64,
    columns: int | None = None,
    device: str = "cpu",
    as_json: Annotated[bool, Parameter(name="--json", negative="")] = False,
) -> None:
    """Draw new pictures. A seed is always the same picture of a model, whatever is drawn beside it.

    For example:

    - `dcgan sample runs/photos --seeds 0-63 --out sheet.png`
    - `dcgan sample runs/photos --seeds 0-999 --out pictures/`
    - `dcgan sample runs/photos --seeds 7,17,100-120 --truncation 0.7 --out samples.npz`

    Args:
        model: A run, one of its checkpoints, or a model folder.
        seeds: Which pictures: numbers and ranges, such as 0-63,100.
        out: A sheet (.png, .jpg, .webp), arrays (.npz with pixels, seeds and z), or a folder for one PNG a seed.
        truncation: Scales z towards 0, above 0 and at most 1: more typical pictures, less variety.
        batch_statistics: Normalise by the mini-batch, the paper's way; a picture then depends on its neighbours.
        batch_size: Pictures drawn at once.
        columns: Columns of the sheet. Default: as square as can be.
        device: cpu, cuda, cuda:N, mps, or auto.
        as_json: Answer with one line of JSON.
    """
    wanted = parse_seeds(seeds)
    if not 0 < truncation <= 1:
        raise DcganError(f"--truncation must be above 0 and at most 1, not {truncation:g}")
    if batch_size < 1 or (batch_statistics and min(batch_size, len(wanted)) < 2):
        least = "2, for --batch-statistics needs a batch" if batch_statistics else "1"
        raise DcganError(f"--batch-size, and the number of seeds, must be at least {least}")
    if columns is not None and columns < 1:
        raise DcganError(f"--columns must be at least 1, not {columns}")

    from dcgan.figures.sheets import FORMATS, save_picture, sheet
    from dcgan.model import load
    from dcgan.networks.memory import reuse_memory
    from dcgan.training.device import resolve_device

    suffix = out.suffix.lower()
    if suffix not in ("", ".npz", *FORMATS):
        raise DcganError(f"--out {out}: name a sheet ({', '.join(FORMATS)}), an .npz file, or a folder")
    device = resolve_device(device)
    if device == "cpu":
        reuse_memory()
    loaded = load(model, device)
    if loaded.details.get("images") == 0:
        warn(f"{model} has no checkpoint but the one it began with: these pictures are of an untrained generator")

    def draw(some: list[int]) -> "Pixels":
        return loaded.sample(some, truncation=truncation, batch_statistics=batch_statistics, batch_size=batch_size)

    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        if suffix == ".npz":
            _save_arrays(out, pixels=draw(wanted), seeds=wanted, z=loaded.latents(wanted, truncation))
        elif suffix:
            save_picture(sheet(draw(wanted), columns=columns), out)
        else:
            _fill_folder(out, wanted, max(1, CHUNK // batch_size) * batch_size, draw)
    except OSError as error:
        raise DcganError(f"cannot write --out {out}: {error.strerror or error}") from error
    facts = {"out": out, "pictures": len(wanted), "model": model, "images_seen": loaded.details.get("images")}
    answer(f"drew {len(wanted):,} pictures: {out}", facts, as_json)


def _save_arrays(path: Path, **arrays: "ArrayLike") -> None:
    import io

    import numpy as np

    from dcgan.files import write_atomic

    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **{name: np.asarray(array) for name, array in arrays.items()})
    write_atomic(path, buffer.getvalue())


def _fill_folder(folder: Path, seeds: list[int], step: int, draw: "Callable[[list[int]], Pixels]") -> None:
    """One PNG a seed, `step` of them in memory at once."""
    from PIL import Image

    folder.mkdir(exist_ok=True)
    if any(not path.match("seed-*.png") for path in folder.iterdir()):
        raise DcganError(f"--out {folder} holds other things than drawn pictures; name a new folder")
    with progress_bar("drawing") as bar:
        for start in range(0, len(seeds), step):
            some = seeds[start : start + step]
            for seed, pixels in zip(some, draw(some), strict=True):
                Image.fromarray(pixels.squeeze()).save(folder / f"seed-{seed:06d}.png")
            bar(start + len(some), len(seeds))
