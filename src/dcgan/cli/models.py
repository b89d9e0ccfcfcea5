"""Verbs that bring models in, keep or publish them: `dcgan import`, `dcgan keep` and `dcgan push`."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Literal

from dcgan.cli.console import answer, warn
from dcgan.cli.flags import AsJson, ModelPath, Overwrite, Switch
from dcgan.cli.outputs import check_folder, writing
from dcgan.errors import UsageError, command


def import_(
    weights: Path,
    /,
    *,
    out: Path,
    discriminator: Path | None = None,
    latent_distribution: Literal["normal", "uniform"] | None = None,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Import weights that were trained elsewhere as a model.

    A file is a checkpoint of the common tutorial nets (pytorch/examples, PyTorch's own tutorial): the state dict of
    their generator, and with --discriminator that of their discriminator. Nothing in it is run as code.

    A folder holds weights that the authors of DCGAN released. Only their SVHN pair is complete. Of the ImageNet pair,
    four of the discriminator's six convolutions were released: they become a model for `extract-features`, `probe` and
    `fit-classifier`, whose generator is untrained.

    For example:

    - `dcgan import netG.pth --discriminator netD.pth --out tutorial`
    - `dcgan import svhn_unsup_all_conv_dcgan_100z_gaussian_lr_0.0005_64mb --out svhn`
    - `dcgan sample svhn --seeds 0-99 --out house-numbers.png`
    - `dcgan import imagenet_gan_pretrain_128f_relu_lrelu_7l_3x3_256z --out imagenet`

    Args:
        weights: File such as netG.pth, or folder of the release with 200_gen_params.jl_01.npy and so on, whose pickles
            are not read.
        out: Model folder to make.
        discriminator: File of the discriminator that belongs to a checkpoint. Without it the discriminator is
            untrained.
        latent_distribution: Distribution of z that the generator of a checkpoint was trained with. Default: normal, as
            in the tutorials.
    """
    from dcgan.model_folder import CARD, find_shipped

    reads = [path for path in (weights, discriminator) if path is not None]
    check_folder("--out", out, CARD, "a model", overwrite=overwrite, reads=reads)
    if weights.is_dir():
        from dcgan.release_import import import_release

        for flag, value in (("discriminator", discriminator), ("latent_distribution", latent_distribution)):
            if value is not None:
                raise UsageError(f"`{flag}` goes with a checkpoint, and {weights} is a folder; leave it out")
        model = import_release(weights)
    elif not weights.exists() and find_shipped(str(weights)):
        raise UsageError(f"{weights} is a model that comes with dcgan already: use it by its name")
    else:
        from dcgan.checkpoint_import import import_checkpoint

        model = import_checkpoint(weights, discriminator, latent_distribution=latent_distribution or "normal")
    with writing("--out", out):
        model.save(out, overwrite=overwrite)
    untrained = str(model.details.get("untrained", ""))
    next_step = f"sample: {command('sample', out, '--seeds', '0-99', '--out', 'sheet.png')}"
    if untrained.startswith("the generator"):
        next_step = f"probe: {command('probe', out, 'LABELED')}"
    told = f"\nuntrained: {untrained}" if untrained else ""
    text = f"imported a model for {model.size}x{model.size} pictures: {out}{told}\n{next_step}"
    answer(text, {"model": out, "size": model.size, "channels": model.channels, **model.details}, as_json)


def keep(run: Path, /, *, name: str, images: int | None = None, best: bool = False, as_json: AsJson = False) -> None:
    """Keep a checkpoint of a run for good, as RUN/kept/NAME; nothing deletes or overwrites it.

    For example:

    - `dcgan keep runs/photos --name before-the-holidays`
    - `dcgan keep runs/photos --images 150016 --name good`
    - `dcgan keep runs/photos --best --name for-the-exhibition`

    Args:
        run: The run folder.
        name: What to call it.
        images: Number of images seen by the checkpoint, which is the name of its folder. Default: the newest.
        best: Keep the checkpoint with the smallest kernel distance, of a run with --evaluate-every.
    """
    from dcgan.training.checkpoint import keep_checkpoint

    if best and images is not None:
        raise UsageError("`best` and `images` each name a checkpoint; leave one out")
    with writing("--name", Path(name)):
        path = keep_checkpoint(run, name, images, best=best)
    answer(f"kept: {path}", {"path": path}, as_json)


def push(
    model: ModelPath,
    repository: str,
    /,
    *,
    private: Annotated[bool, Switch] = False,
    license: str | None = None,  # noqa: A002  # as the Hub calls it
    message: str = "A model of dcgan",
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Publish a model on the Hugging Face Hub, with a model card and a sheet of samples.

    Everybody can then use it as hf://OWNER/NAME, wherever dcgan takes a model. Log in first: `hf auth login`. Look at
    the card before others do: push it with --private, and make it public in its settings on the Hub.

    For example:

    - `dcgan push runs/photos me/photos --private`
    - `dcgan push runs/photos/best me/photos --license cc0-1.0 --overwrite`
    - `dcgan sample hf://me/photos --out sheet.png`

    Args:
        repository: OWNER/NAME: your user name or an organization, and what to call the model.
        private: Make a repository that only you can see.
        license: The Hub's identifier of a license, such as mit, cc0-1.0 or cc-by-4.0. Default: the card states none.
        message: Message of the commit.
    """
    from dcgan.export import hub

    try:
        pushed = hub.push(model, repository, private=private, license=license, message=message, overwrite=overwrite)
    except KeyboardInterrupt as error:
        raise KeyboardInterrupt("stopped: nothing was published; the same command begins anew") from error
    text = f"published a model of {pushed.bytes / 1e6:.1f} MB{' for you alone' if pushed.private else ''}: {pushed.url}"
    next_step = command("sample", pushed.name, "--out", "sheet.png")
    if pushed.concepts is False:
        warn("the concepts in its folder belong to another model and were left out")
    answer(f"{text}\nsample it anywhere: {next_step}", asdict(pushed), as_json)
