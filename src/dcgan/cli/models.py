"""Verbs that make, keep or publish models: `dcgan import`, `dcgan export`, `dcgan keep` and `dcgan push`."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Literal

from dcgan.cli.console import answer
from dcgan.cli.flags import AsJson, ModelPath, Overwrite, Switch
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

    Everybody can then use it as hf://OWNER/NAME, wherever a model is named. Log in first: `hf auth login`. Look at the
    card before others do: push it with --private, and make it public in its settings on the Hub.

    For example:

    - `dcgan push runs/photos me/photos --private`
    - `dcgan push runs/photos/best me/photos --license cc0-1.0 --overwrite`
    - `dcgan sample hf://me/photos --out sheet.png`

    Args:
        repository: OWNER/NAME: your user name or an organization, and what to call the model.
        private: Make the repository for you alone.
        license: The Hub's identifier of a license, such as mit, cc0-1.0 or cc-by-4.0. Default: the card states none.
        message: Of the commit.
    """
    from dcgan.export import hub

    try:
        pushed = hub.push(model, repository, private=private, license=license, message=message, overwrite=overwrite)
    except KeyboardInterrupt as error:
        raise KeyboardInterrupt("stopped: nothing was published; the same command begins anew") from error
    text = f"published a model of {pushed.bytes / 1e6:.1f} MB{' for you alone' if pushed.private else ''}: {pushed.url}"
    next_step = command("sample", pushed.name, "--out", "sheet.png")
    answer(f"{text}\nsample it anywhere: {next_step}", asdict(pushed), as_json)
