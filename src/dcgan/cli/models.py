"""Verbs that bring models in or keep them: `dcgan import` and `dcgan keep`."""

from pathlib import Path
from typing import Literal

from dcgan.cli.console import answer
from dcgan.cli.flags import AsJson, Overwrite
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

    A folder is that of the weights that the authors of DCGAN released. Only their SVHN pair is whole. Of the ImageNet
    pair four of the discriminator's six convolutions were released: they become a model for `extract-features`, `probe`
    and `fit-classifier`, whose generator is untrained.

    For example:

    - `dcgan import netG.pth --discriminator netD.pth --out tutorial`
    - `dcgan import svhn_unsup_all_conv_dcgan_100z_gaussian_lr_0.0005_64mb --out svhn`
    - `dcgan sample svhn --seeds 0-99 --out house-numbers.png`
    - `dcgan import imagenet_gan_pretrain_128f_relu_lrelu_7l_3x3_256z --out imagenet`

    Args:
        weights: File such as netG.pth, or folder of the release with 200_gen_params.jl_01.npy and so on, whose pickles
            are not read.
        out: Model folder to make.
        discriminator: Of a checkpoint, the file of the discriminator. Without one it is untrained.
        latent_distribution: Of a checkpoint, what its generator was trained with. Default: normal, as in the tutorials.
    """
    from dcgan.model_folder import CARD

    check_folder("--out", out, CARD, "a model", overwrite=overwrite)
    if weights.is_dir():
        from dcgan.release_import import import_release

        for flag, value in (("discriminator", discriminator), ("latent_distribution", latent_distribution)):
            if value is not None:
                raise UsageError(f"`{flag}` goes with a checkpoint, and {weights} is a folder; leave it out")
        model = import_release(weights)
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
        images: Images seen by the checkpoint: the number its folder is named by. Default: the newest.
        best: Keep the one with the least kernel distance, of a run with --evaluate-every.
    """
    from dcgan.training.checkpoint import keep_checkpoint

    if best and images is not None:
        raise UsageError("`best` and `images` each name a checkpoint; leave one out")
    with writing("--name", Path(name)):
        path = keep_checkpoint(run, name, images, best=best)
    answer(f"kept: {path}", {"path": path}, as_json)
