"""`dcgan neighbors`: samples beside the training pictures that are nearest to them."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from dcgan.choices import EXTRACTORS
from dcgan.cli.console import answer, progress_bar
from dcgan.cli.flags import AsJson, Device, ModelPath, Overwrite, Source, ThemeName, choices_of
from dcgan.cli.latent_flags import samples_of
from dcgan.cli.outputs import check_files, chosen_theme, open_model
from dcgan.cli.sources import open_pictures

FIRST = range(16)  # seeds that are looked at by default
EXTRACTOR_HELP = f"What distances are measured in: {choices_of(EXTRACTORS)}."


def neighbors(
    model: ModelPath,
    source: Source,
    /,
    *,
    seeds: str | None = None,
    latents: Path | None = None,
    nearest: int = 5,
    extractor: Annotated[str, Parameter(help=EXTRACTOR_HELP)] = "perceptual",
    out: Path = Path("neighbors.png"),
    theme: ThemeName = "light",
    device: Device = "auto",
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Show samples beside the pictures of a set that are nearest to them: does the model repeat what it has seen?

    All pictures of SOURCE are searched, and their mirror images if the model was trained with --horizontal-flip. A
    distance of 1 is usual between a picture of SOURCE and its nearest neighbor in SOURCE; a copy is near 0.

    For example:

    - `dcgan neighbors faces drawn-faces:5000 --out neighbors.png`
    - `dcgan neighbors runs/photos photos/ --seeds 3,17,40-47 --nearest 8`
    - `dcgan neighbors runs/photos photos/ --extractor efficientnet-lite0 --json`

    Args:
        source: The pictures that the model was trained on: a source of pictures or a packed set.
        seeds: The samples, such as 3,17,40. Default: 0-15.
        latents: File with z of the samples instead (.npz of any verb here, .npy).
        nearest: How many pictures to show for each sample.
        out: The figure (.png, .jpg, .webp).
    """
    from dcgan.figures.sheets import FORMATS, save_picture
    from dcgan.metrics.extractors import ExtractorOptions, build_extractor
    from dcgan.metrics.nearest_pictures import nearest_pictures

    check_files({"--out": (out, FORMATS)}, overwrite=overwrite)
    colors = chosen_theme(theme)
    EXTRACTORS[extractor]  # refused before any work, if there is none
    loaded = open_model(model, device, draws=True)
    samples = samples_of(loaded, seeds, latents)
    which = {"latents": samples} if latents else {"seeds": FIRST if samples is None else samples}
    built = build_extractor(extractor, ExtractorOptions(model=loaded, device=str(loaded.device)))
    data = open_pictures(source, loaded)
    with progress_bar("searching") as bar:
        found = nearest_pictures(loaded, data, nearest=nearest, extractor=built, on_progress=bar, **which)
    save_picture(found.figure(colors), out)
    answer(f"{found}\nneighbors: {out}", {"out": out, **found.facts(), "source": source}, as_json)
