"""`dcgan sample`: new pictures from a model."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from dcgan.cli.console import answer, progress_bar, warn
from dcgan.cli.flags import AsJson, Device, ModelPath, Overwrite, Switch, need
from dcgan.cli.latent_flags import samples_of
from dcgan.cli.outputs import LATENTS, SOUND, check_files, check_sound, open_model, writing
from dcgan.errors import UsageError
from dcgan.words import counted

FIRST, FIRST_OF_LABEL = range(64), range(8)  # seeds that are sampled by default
LEVELS_SHOWN = 8  # samples of a pyramid
BATCH_SIZE = 64  # of --batch-statistics


def sample(
    model: ModelPath,
    /,
    *,
    seeds: str | None = None,
    latents: Path | None = None,
    label: Annotated[list[str] | None, Parameter(negative="")] = None,
    out: Path = Path("samples.png"),
    truncation: float = 1.0,
    batch_statistics: Annotated[bool, Switch] = False,
    batch_size: int = BATCH_SIZE,
    columns: int | None = None,
    pyramid: Path | None = None,
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
    - `dcgan sample runs/birds --seeds 0-15 --out birds.wav`
    - `dcgan sample runs/digits --label 7 --seeds 0-63 --out sevens.png`
    - `dcgan sample runs/digits --label 3 --label 5 --seeds 0-999 --out digits/`

    Args:
        seeds: Which pictures: numbers and ranges, such as 0-63,100. Default: 0-63, or 0-7 of each label.
        latents: File with z to generate from instead of seeds (.npz of any verb, .npy).
        label: Label that a conditional model draws; may be given several times. Default: all labels. Of several labels,
            each has a row of the sheet, or a folder. Samples of --latents keep their own labels.
        out: A sheet (.png, .jpg, .webp), arrays (.npz with pixels, seeds and z), or a folder with one PNG for each
            sample. For a model of sounds also .wav, one sample after another; a folder then has one WAV file for each
            sample.
        truncation: Factor that scales z toward 0, above 0 and at most 1. Smaller factors give more typical pictures and
            less variety.
        batch_statistics: Normalize by the mini-batch, as the paper did; a picture then depends on the others in it.
        batch_size: Pictures in a mini-batch of --batch-statistics.
        columns: Columns of the sheet. Default: about as many as rows, without empty cells if possible.
        pyramid: File for a figure of how a LAPGAN draws the first eight: the picture of each level of the chain.
        scale: How many times to enlarge each picture; each pixel becomes a square. Default: 1 in a folder, and in a
            sheet what makes a picture 64 pixels wide or more.
    """
    need(columns is None or columns >= 1, "--columns", "at least 1", columns)
    if batch_size != BATCH_SIZE and not batch_statistics:
        raise UsageError("--batch-size would change nothing without --batch-statistics: add that, or leave it out")

    from dcgan.figures.sheets import FORMATS, save_picture
    from dcgan.latent.files import write_latents
    from dcgan.latent.pyramid import draw_pyramid
    from dcgan.latent.samples import MOST_SCALE, generate_samples, labeled_latents, sample_to_folder
    from dcgan.sound.wav import PAUSE, write_wav

    need(scale is None or 1 <= scale <= MOST_SCALE, "--scale", f"1 to {MOST_SCALE}", scale)
    suffix = out.suffix.lower()
    if suffix not in ("", LATENTS, SOUND, *FORMATS):
        kinds = f"a sheet ({', '.join(FORMATS)}), an {LATENTS} file, for a model of sounds a {SOUND} file, or a folder"
        raise UsageError(f"--out {out}: name {kinds}")
    if suffix in (LATENTS, SOUND) and scale is not None:
        raise UsageError(f"--scale is for pictures, and {out} holds samples as they are: leave it out")
    if suffix not in FORMATS and columns is not None:
        raise UsageError(f"--columns is for a sheet, and {out} is not one: leave it out")
    out_file = out if suffix else None
    check_files({"--out": (out_file, (LATENTS, SOUND, *FORMATS)), "--pyramid": (pyramid, FORMATS)}, overwrite=overwrite)
    loaded = open_model(model, device, draws=True)
    check_sound([out], loaded)
    samples, labels = samples_of(loaded, seeds, latents), list(dict.fromkeys(label or []))
    if latents is None and not labels:
        labels = list(loaded.labels)
    if samples is None:
        samples = FIRST_OF_LABEL if labels[1:] else FIRST
    if pyramid:
        first = labeled_latents(loaded, samples[:LEVELS_SHOWN], labels[:1], truncation)
        levels = draw_pyramid(loaded, first).figure()
    images_seen = loaded.details.get("images")
    if images_seen == 0:
        warn(f"{model} has only the checkpoint that it began with: these are pictures of an untrained generator")
    with writing("--out", out), _told_when_stopped(out, suffix):
        if suffix:
            made = generate_samples(
                loaded,
                samples,
                labels=labels,
                truncation=truncation,
                batch_statistics=batch_statistics,
                batch_size=batch_size,
            )
            out.parent.mkdir(parents=True, exist_ok=True)
            files = []
            if suffix == LATENTS:
                write_latents(out, loaded, made.z, made.pixels, made.seeds)
            elif suffix == SOUND and loaded.sound and made.sounds is not None:
                write_wav(made.sounds, loaded.sound, out, PAUSE)
            else:
                save_picture(made.figure(columns, scale), out)
        else:
            with progress_bar("generating") as bar:
                files = sample_to_folder(
                    loaded,
                    samples,
                    out,
                    labels=labels,
                    truncation=truncation,
                    batch_statistics=batch_statistics,
                    batch_size=batch_size,
                    scale=scale or 1,
                    overwrite=overwrite,
                    on_progress=bar,
                )
    if pyramid:
        with writing("--pyramid", pyramid):
            save_picture(levels, pyramid)
    count = len({*files}) if files else len(samples) * max(1, len(labels))
    facts = {"out": out, "pictures": count, "model": model, "images_seen": images_seen}
    if loaded.labels:
        facts["labels"] = labels
    if pyramid:
        facts["pyramid"] = pyramid
    also = f"\nthe first of them level by level: {pyramid}" if pyramid else ""
    answer(f"generated {counted(count, 'sound' if loaded.sound else 'picture')}: {out}{also}", facts, as_json)


@contextmanager
def _told_when_stopped(out: Path, suffix: str) -> Iterator[None]:
    """On Ctrl-C, say that what a folder has by then stays, and how to begin anew; a file is whole or not there."""
    try:
        yield
    except KeyboardInterrupt as error:
        if suffix or not out.is_dir():
            raise
        raise KeyboardInterrupt(
            f"stopped: {out} keeps the samples that it has by now; the same command makes all of them with --overwrite"
        ) from error
