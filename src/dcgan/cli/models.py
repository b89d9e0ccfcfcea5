"""Verbs that make or keep models: `dcgan import`, `dcgan export` and `dcgan keep`."""

from pathlib import Path
from typing import Literal

from dcgan.cli.console import answer
from dcgan.cli.flags import AsJson, ModelPath, Overwrite
from dcgan.cli.outputs import check_folder, writing
from dcgan.errors import UsageError, command


def import_(folder: Path, /, *, out: Path, overwrite: Overwrite = False, as_json: AsJson = False) -> None:
    """Import the weights that the authors of DCGAN released as a model.

    Only their SVHN pair is whole. Of the ImageNet pair four of the discriminator's six convolutions were released:
    they become a model for `extract-features`, `probe` and `fit-classifier`, whose generator is untrained.

    For example:

    - `dcgan import svhn_unsup_all_conv_dcgan_100z_gaussian_lr_0.0005_64mb --out svhn`
    - `dcgan sample svhn --seeds 0-99 --out house-numbers.png`
    - `dcgan import imagenet_gan_pretrain_128f_relu_lrelu_7l_3x3_256z --out imagenet`

    Args:
        folder: Folder of the release with 200_gen_params.jl_01.npy and so on; its pickles are not read.
        out: Model folder to make.
    """
    from dcgan.import_release import import_release
    from dcgan.model_folder import CARD

    check_folder("--out", out, CARD, "a model", overwrite=overwrite)
    model = import_release(folder)
    with writing("--out", out):
        model.save(out, overwrite=overwrite)
    if "untrained" in model.details:
        next_step = f"untrained: {model.details['untrained']}\nprobe: {command('probe', out, 'LABELED')}"
    else:
        next_step = f"sample: {command('sample', out, '--seeds', '0-99', '--out', 'sheet.png')}"
    text = f"imported a model for {model.size}x{model.size} pictures: {out}\n{next_step}"
    answer(text, {"model": out, "size": model.size, "channels": model.channels, **model.details}, as_json)


def export(
    model: ModelPath,
    /,
    *,
    out: Path,
    dtype: Literal["float32", "float16"] = "float32",
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Write a model by itself, to keep or to give away: without what only a training needs.

    For example:

    - `dcgan export runs/photos --out photos-model`
    - `dcgan export runs/photos/best --dtype float16 --out photos-model`

    Args:
        out: Model folder to make.
        dtype: float16 rounds the weights, which halves the files. Unless they were rounded before it is then another
            model, which has concepts of its own.
    """
    from dcgan.export.folder import export_model
    from dcgan.model_folder import CARD

    check_folder("--out", out, CARD, "a model", overwrite=overwrite)
    with writing("--out", out):
        exported = export_model(model, out, dtype=dtype, overwrite=overwrite)
    facts = {
        "model": exported.path,
        "bytes": exported.bytes,
        "identity": exported.identity,
        "concepts": bool(exported.concepts),
    }
    lost = "\nits concepts do not fit the rounded model; find new ones" if exported.concepts is False else ""
    answer(f"exported a model of {exported.bytes / 1e6:.1f} MB: {out}{lost}", facts, as_json)


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
