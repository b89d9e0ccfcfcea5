"""`dcgan sample`: new pictures from a model."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from dcgan.cli.console import answer, progress_bar, warn
from dcgan.cli.outputs import open_model, writing
from dcgan.cli.seeds import parse_seeds
from dcgan.errors import DcganError

if TYPE_CHECKING:
    from collections.abc import Callable

    from dcgan.types import Pixels

CHUNK = 1024  # pictures held in memory at once when they go to a folder


def sample(
    model: Path,
    /,
    *,
    seeds: str | None = None,
    latents: Path | None = None,
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

    - `dcgan sample faces --out faces.png`
    - `dcgan sample runs/photos --seeds 0-63 --out sheet.png`
    - `dcgan sample runs/photos --seeds 0-999 --out pictures/`
    - `dcgan sample runs/photos --seeds 7,17,100-120 --truncation 0.7 --out samples.npz`

    Args:
        model: A run, one of its checkpoints, a model folder, or a model that comes with dcgan: faces.
        seeds: Which pictures: numbers and ranges, such as 0-63,100. Default: 0-63.
        latents: File with the z to draw instead of seeds (.npz of any verb, .npy).
        out: A sheet (.png, .jpg, .webp), arrays (.npz with pixels, seeds and z), or a folder for one PNG a seed.
        truncation: Scales z toward 0, above 0 and at most 1: more typical pictures, less variety.
        batch_statistics: Normalize by the mini-batch, the paper's way; a picture then depends on its neighbors.
        batch_size: Pictures drawn at once.
        columns: Columns of the sheet. Default: as square as can be.
        device: cpu, cuda, cuda:N, mps, or auto.
        as_json: Answer with one line of JSON.
    """
    if seeds is not None and latents is not None:
        raise DcganError("--seeds and --latents each say what to draw; leave one out")
    wanted = parse_seeds("0-63" if seeds is None else seeds)
    if not 0 < truncation <= 1:
        raise DcganError(f"--truncation must be above 0 and at most 1, not {truncation:g}")
    if batch_size < 1 or (batch_statistics and latents is None and min(batch_size, len(wanted)) < 2):
        least = "2, for --batch-statistics needs a batch" if batch_statistics else "1"
        raise DcganError(f"--batch-size, and the number of seeds, must be at least {least}")
    if columns is not None and columns < 1:
        raise DcganError(f"--columns must be at least 1, not {columns}")

    from dcgan.figures.sheets import FORMATS, save_picture, sheet
    from dcgan.latent.files import read_latents, write_latents

    suffix = out.suffix.lower()
    if suffix not in ("", ".npz", *FORMATS):
        raise DcganError(f"--out {out}: name a sheet ({', '.join(FORMATS)}), an .npz file, or a folder")
    loaded = open_model(model, device)
    z = read_latents(latents, loaded) * truncation if latents else None
    names = [f"seed-{seed:06d}" for seed in wanted] if z is None else [f"latent-{row:06d}" for row in range(len(z))]
    if loaded.details.get("images") == 0:
        warn(f"{model} has no checkpoint but the one it began with: these pictures are of an untrained generator")

    def draw(some: slice = slice(None)) -> "Pixels":
        those = loaded.latents(wanted[some], truncation) if z is None else z[some]
        return loaded.generate(those, batch_statistics=batch_statistics, batch_size=batch_size)

    with writing("--out", out):
        out.parent.mkdir(parents=True, exist_ok=True)
        if suffix == ".npz":
            those = loaded.latents(wanted, truncation) if z is None else z
            write_latents(out, loaded, those, draw(), wanted if z is None else None)
        elif suffix:
            save_picture(sheet(draw(), columns=columns), out)
        else:
            _fill_folder(out, names, max(1, CHUNK // batch_size) * batch_size, draw)
    facts = {"out": out, "pictures": len(names), "model": model, "images_seen": loaded.details.get("images")}
    answer(f"drew {len(names):,} pictures: {out}", facts, as_json)


def _fill_folder(folder: Path, names: list[str], step: int, draw: "Callable[[slice], Pixels]") -> None:
    """One PNG a picture, `step` of them in memory at once."""
    from PIL import Image

    folder.mkdir(exist_ok=True)
    if any(not path.match("seed-*.png") and not path.match("latent-*.png") for path in folder.iterdir()):
        raise DcganError(f"--out {folder} holds other things than drawn pictures; name a new folder")
    with progress_bar("drawing") as bar:
        for start in range(0, len(names), step):
            some = slice(start, start + step)
            for name, pixels in zip(names[some], draw(some), strict=True):
                Image.fromarray(pixels.squeeze()).save(folder / f"{name}.png")
            bar(min(start + step, len(names)), len(names))
