"""`dcgan sample`: new pictures from a model."""

from pathlib import Path
from typing import Annotated

from dcgan.cli.console import answer, progress_bar, warn
from dcgan.cli.flags import AsJson, Device, ModelPath, Overwrite, Switch, need
from dcgan.cli.latent_flags import samples_of
from dcgan.cli.outputs import LATENTS, check_files, open_model, writing
from dcgan.errors import UsageError

FIRST = range(64)  # seeds that are sampled by default


def sample(
    model: ModelPath,
    /,
    *,
    seeds: str | None = None,
    latents: Path | None = None,
    out: Path = Path("samples.png"),
    truncation: float = 1.0,
    batch_statistics: Annotated[bool, Switch] = False,
    batch_size: int = 64,
    columns: int | None = None,
    scale: int | None = None,
    device: Device = "auto",
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Generate new pictures. A seed always gives the same picture of a model, whatever is generated beside it.

    For example:

    - `dcgan sample faces --out faces.png`
    - `dcgan sample runs/photos --seeds 0-63 --out sheet.png`
    - `dcgan sample runs/photos --seeds 3,17 --scale 8 --out chosen/`
    - `dcgan sample runs/photos --seeds 7,17,100-120 --truncation 0.7 --out samples.npz`

    Args:
        seeds: Which pictures: numbers and ranges, such as 0-63,100. Default: 0-63.
        latents: File with z to generate from instead of seeds (.npz of any verb, .npy).
        out: A sheet (.png, .jpg, .webp), arrays (.npz with pixels, seeds and z), or a folder for one PNG a sample.
        truncation: Scales z toward 0, above 0 and at most 1: more typical pictures, less variety.
        batch_statistics: Normalize by the mini-batch, as the paper did; a picture then depends on the others in it.
        batch_size: Pictures in a mini-batch of --batch-statistics.
        columns: Columns of the sheet. Default: about as many as rows, without empty corners where that can be.
        scale: How many times to enlarge each picture; each pixel becomes a square. Default: 1 in a folder, and in a
            sheet what makes a picture 64 pixels wide or more.
    """
    need(columns is None or columns >= 1, "--columns", "at least 1", columns)

    from dcgan.figures.sheets import FORMATS, save_picture
    from dcgan.latent.files import write_latents
    from dcgan.latent.samples import MOST_SCALE, generate_samples, sample_to_folder

    need(scale is None or 1 <= scale <= MOST_SCALE, "--scale", f"1 to {MOST_SCALE}", scale)
    suffix = out.suffix.lower()
    if suffix not in ("", LATENTS, *FORMATS):
        raise UsageError(f"--out {out}: name a sheet ({', '.join(FORMATS)}), an {LATENTS} file, or a folder")
    if suffix == LATENTS and scale is not None:
        raise UsageError(f"--scale is for pictures; {out} holds them as they are")
    if suffix:
        check_files({"--out": (out, (LATENTS, *FORMATS))}, overwrite=overwrite)
    loaded = open_model(model, device)
    samples = samples_of(loaded, seeds, latents)
    if samples is None:
        samples = FIRST
    images_seen = loaded.details.get("images")
    if images_seen == 0:
        warn(f"{model} has only the checkpoint that it began with: these are pictures of an untrained generator")
    with writing("--out", out):
        if suffix:
            made = generate_samples(
                loaded, samples, truncation=truncation, batch_statistics=batch_statistics, batch_size=batch_size
            )
            out.parent.mkdir(parents=True, exist_ok=True)
            if suffix == LATENTS:
                write_latents(out, loaded, made.z, made.pixels, made.seeds)
            else:
                save_picture(made.figure(columns, scale), out)
        else:
            with progress_bar("generating") as bar:
                sample_to_folder(
                    loaded,
                    samples,
                    out,
                    truncation=truncation,
                    batch_statistics=batch_statistics,
                    batch_size=batch_size,
                    scale=scale or 1,
                    overwrite=overwrite,
                    on_progress=bar,
                )
    facts = {"out": out, "pictures": len(samples), "model": model, "images_seen": images_seen}
    answer(f"generated {len(samples):,} pictures: {out}", facts, as_json)
