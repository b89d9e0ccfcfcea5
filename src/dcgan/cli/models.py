"""Verbs that make or keep models: `dcgan import-authors` and `dcgan keep`."""

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from dcgan.cli.console import answer, complain
from dcgan.cli.outputs import writing
from dcgan.errors import DcganError, ModelError, command

AsJson = Annotated[bool, Parameter(name="--json", negative="")]


def import_authors(folder: Path, /, *, out: Path, as_json: AsJson = False) -> None:
    """Turn the weights that the authors of DCGAN released into a model.

    Only their SVHN pair is whole. Of the ImageNet pair four of the discriminator's six convolutions were released:
    they become a model for `features`, `probe` and `learn`, whose generator is untrained.

    For example:

    - `dcgan import-authors svhn_unsup_all_conv_dcgan_100z_gaussian_lr_0.0005_64mb --out svhn`
    - `dcgan sample svhn --seeds 0-99 --out house-numbers.png`
    - `dcgan import-authors imagenet_gan_pretrain_128f_relu_lrelu_7l_3x3_256z --out imagenet`

    Args:
        folder: Folder of the release with 200_gen_params.jl_01.npy and so on; its pickles are not read.
        out: Model folder to make.
        as_json: Answer with one line of JSON.
    """
    from dcgan.import_release import import_authors as read

    if out.exists():
        raise ModelError(f"--out {out} exists; name another folder")
    model = read(folder)
    with writing("--out", out):
        model.save(out)
    size, channels = model.architecture.size, model.architecture.channels
    if "untrained" in model.details:
        use = f"untrained: {model.details['untrained']}\nprobe: {command('probe', out, 'LABELED')}"
    else:
        use = f"draw: {command('sample', out, '--seeds', '0-99', '--out', 'sheet.png')}"
    text = f"imported a model for {size}x{size} pictures: {out}\n{use}"
    answer(text, {"model": out, "size": size, "channels": channels, **model.details}, as_json)


def export(
    model: Path,
    /,
    *,
    out: Path,
    dtype: Literal["float32", "float16"] = "float32",
    as_json: AsJson = False,
) -> None:
    """Write a model by itself, to keep or to give away: without what only a training needs.

    For example:

    - `dcgan export runs/photos --out photos-model`
    - `dcgan export runs/photos/best --dtype float16 --out photos-model`

    Args:
        model: A run, one of its checkpoints, a model folder, or a model that comes with dcgan: faces.
        out: Model folder to make.
        dtype: float16 rounds the weights to half precision: half the size. Unless they were rounded before it is
            another model, which has concepts of its own.
        as_json: Answer with one line of JSON.
    """
    import shutil

    from dcgan.files import new_folder
    from dcgan.model import load
    from dcgan.model_folder import OWN_CONCEPTS, find

    if out.exists():
        raise ModelError(f"--out {out} exists; name another folder")
    loaded = load(model)
    with writing("--out", out):
        with new_folder(out) as partial:
            loaded.write_into(partial, dtype=dtype)
            concepts = find(model) / OWN_CONCEPTS
            kept = concepts.is_file() and load(partial).identity == loaded.identity
            if kept:
                shutil.copyfile(concepts, partial / OWN_CONCEPTS)
        size = sum(file.stat().st_size for file in out.iterdir())
    exported = load(out)
    facts = {"model": out, "bytes": size, "identity": exported.identity, "concepts": kept}
    left = "" if kept or not concepts.is_file() else "\nits concepts are not those of the rounded model; find new ones"
    answer(f"exported a model of {size / 1e6:.1f} MB: {out}{left}", facts, as_json)


def keep(
    run: Path, /, *, name: str, images: int | None = None, best: bool = False, as_json: AsJson = False
) -> int | None:
    """Keep a checkpoint of a run for good, as RUN/kept/NAME; nothing deletes or overwrites it.

    For example:

    - `dcgan keep runs/photos --name before-the-holidays`
    - `dcgan keep runs/photos --images 150016 --name good`
    - `dcgan keep runs/photos --best --name for-the-exhibition`

    Args:
        run: The run folder.
        name: What to call it.
        images: Images seen by the checkpoint: the number its folder is named by. Default: the newest.
        best: The one with the least kernel distance, in a run with --evaluate-every.
        as_json: Answer with one line of JSON.
    """
    from dcgan.training.checkpoint import keep_checkpoint

    if best and images is not None:
        complain("--best and --images each name a checkpoint; leave one out")
        return 2
    try:
        path = keep_checkpoint(run, name, images, best=best)
    except OSError as error:
        raise DcganError(f"cannot copy the checkpoint: {error.strerror or error}") from error
    answer(f"kept: {path}", {"path": path}, as_json)
    return None
