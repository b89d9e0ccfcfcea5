"""`dcgan inspect`: what each channel of the discriminator looks for."""

from pathlib import Path

from dcgan.cli.console import answer, progress_bar
from dcgan.cli.flags import AsJson, Device, ModelPath, Overwrite, Source, ThemeName
from dcgan.cli.outputs import check_folder, chosen_theme, open_model, writing
from dcgan.cli.seeds import parse_seeds
from dcgan.cli.sources import open_pictures


def inspect(
    model: ModelPath,
    source: Source,
    /,
    *,
    out: Path,
    layer: int | None = None,
    channels: str | None = None,
    top: int = 8,
    seed: int = 0,
    theme: ThemeName = "light",
    device: Device = "auto",
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Look inside the discriminator: what each channel of a convolutional layer responds to.

    The pictures that drive a channel most are found in SOURCE, and guided back-propagation shows which parts of them do
    so, beside the same net with random weights, as in the paper. OUT is a new folder with guided.png (that figure),
    patches.png (what the strongest units see), atlas.png (all channels of the layer), kernels.png (the first layer's),
    channels.csv (statistics) and top_activations.csv (pictures and positions). A channel is dead if no picture drives
    it above 0 anywhere.

    For example:

    - `dcgan inspect faces drawn-faces:2000 --out inspected`
    - `dcgan inspect faces drawn-faces:2000 --out second --layer 1 --channels 0-5,17,40 --theme dark`
    - `dcgan inspect runs/photos photos/ --out inspected --top 12`

    Args:
        out: Folder to make.
        layer: Convolutional layer, counted from 0. Default: the last.
        channels: Channels in the figures, such as 0-5,17. Default: the first six.
        top: Number of pictures of each channel: those that drive it most.
        seed: Seed of the random weights: those that a training with this seed begins with.
    """
    from pyarrow.csv import write_csv

    from dcgan.atomic_files import new_folder
    from dcgan.figures.sheets import picture_bytes
    from dcgan.inspection.inspect import check_channels, check_top
    from dcgan.inspection.inspect import inspect as look_inside
    from dcgan.randomness import check_seed

    check_top(top)
    check_seed(seed)
    colors = chosen_theme(theme)
    check_folder("--out", out, "channels.csv", "what `dcgan inspect` makes", overwrite=overwrite)
    loaded = open_model(model, device)
    chosen = None if channels is None else parse_seeds(channels, "--channels")
    check_channels(loaded, layer, chosen)
    data = open_pictures(source, loaded)
    with writing("--out", out), new_folder(out, overwrite=overwrite) as partial:
        with progress_bar("looking") as bar:
            result = look_inside(loaded, data, layer, channels=chosen, top=top, seed=seed, on_progress=bar)
        with progress_bar("back-propagating") as bar:
            for name, figure in result.figures(colors, bar):
                (partial / f"{name}.png").write_bytes(picture_bytes(figure, ".png"))
        write_csv(result.statistics(), partial / "channels.csv")
        write_csv(result.top_activations(), partial / "top_activations.csv")
    found = result.activations
    facts = {
        "out": out,
        "pictures": len(data),
        "layer": result.layer,
        "channels": len(found.mean),
        "receptive_field": result.field.side,
        "dead": found.dead.tolist(),
        "dead_with_random_weights": result.random_activations.dead.tolist(),
        "positive_positions": round(float(found.positive_positions.mean()), 4),
        "positive_pictures": round(float(found.positive_pictures.mean()), 4),
    }
    side = result.field.side
    text = (
        f"layer {result.layer}: {len(found.mean)} channels that see {side}x{side} pixels, {len(found.dead)} dead\n"
        f"a channel is above 0 at {found.positive_positions.mean():.1%} of positions, somewhere in "
        f"{found.positive_pictures.mean():.1%} of pictures (means)\n"
        f"guided.png, patches.png, atlas.png, kernels.png, channels.csv, top_activations.csv: {out}"
    )
    answer(text, facts, as_json)
