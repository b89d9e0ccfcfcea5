"""`dcgan sample`: new pictures from a model."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from dcgan.cli.console import answer, progress_bar, warn
from dcgan.cli.seeds import parse_seeds
from dcgan.errors import DcganError

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

    import numpy as np
    from PIL import Image

    from dcgan.figures.sheets import save_picture, sheet
    from dcgan.files import write_atomic
    from dcgan.model import Pixels, load
    from dcgan.training.device import resolve_device

    loaded = load(model, resolve_device(device))
    if loaded.details.get("images") == 0:
        warn(f"{model} has no checkpoint but the one it began with: these pictures are of an untrained generator")

    def draw(some: "list[int] | range") -> Pixels:
        return loaded.sample(some, truncation=truncation, batch_statistics=batch_statistics, batch_size=batch_size)

    suffix = out.suffix.lower()
    try:
        if suffix == ".npz":
            import io

            buffer = io.BytesIO()
            z = loaded.latents(wanted, truncation)
            np.savez_compressed(buffer, pixels=draw(wanted), seeds=np.array(wanted), z=z)
            out.parent.mkdir(parents=True, exist_ok=True)
            write_atomic(out, buffer.getvalue())
        elif suffix:
            save_picture(sheet(draw(wanted), columns=columns), out)
        else:
            out.mkdir(parents=True, exist_ok=True)
            step = max(1, CHUNK // batch_size) * batch_size
            with progress_bar("drawing") as bar:
                for start in range(0, len(wanted), step):
                    for seed, pixels in zip(
                        wanted[start : start + step], draw(wanted[start : start + step]), strict=True
                    ):
                        Image.fromarray(pixels.squeeze()).save(out / f"seed-{seed:06d}.png")
                    bar(min(start + step, len(wanted)), len(wanted))
    except OSError as error:
        raise DcganError(f"cannot write --out {out}: {error.strerror or error}") from error
    facts = {"out": out, "pictures": len(wanted), "model": model, "images_seen": loaded.details.get("images")}
    answer(f"drew {len(wanted):,} pictures: {out}", facts, as_json)
