"""`dcgan export`: a model by itself, or as files that other programs read."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from dcgan.cli.console import answer, progress_bar, warn
from dcgan.cli.flags import AsJson, ModelPath, Overwrite
from dcgan.cli.outputs import check_folder, told_when_stopped, writing
from dcgan.errors import UsageError
from dcgan.words import counted

if TYPE_CHECKING:
    from dcgan.export.card import ExportedFiles

Format = Literal["model", "onnx", "web", "pt2", "state-dict"]


def export(
    model: ModelPath,
    /,
    *,
    out: Path,
    form: Annotated[Format, Parameter(name="--to")] = "model",
    dtype: Literal["float32", "float16"] | None = None,
    concepts: Path | None = None,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Write a model by itself, or as files for other programs: ONNX, a page for the browser, plain PyTorch.

    - `--to model`: a model folder without what only a training needs, to keep or to give away.
    - `--to onnx`: generator.onnx and discriminator.onnx, compared with torch. This needs the extra:
      pip install 'dcgan[export]'.
    - `--to web`: a folder whose index.html draws in any browser, opened from disk.
    - `--to pt2`: generator.pt2 and discriminator.pt2, which PyTorch loads without dcgan.
    - `--to state-dict`: netG.pth and netD.pth with the tensor names of pytorch/examples, if the nets are like those.

    For example:

    - `dcgan export runs/photos --out photos-model`
    - `dcgan export runs/photos/best --dtype float16 --out photos-model`
    - `dcgan export faces --to onnx --out faces-onnx`
    - `dcgan export faces --to web --out faces-page`

    Args:
        out: Folder to make.
        form: What to write.
        dtype: float16 rounds the weights, which halves the files. A rounded model folder is another model and needs
            concepts of its own, unless its weights were rounded before. Default: float16 for a page, else float32.
        concepts: TOML file of concepts, whose axes become sliders of the page. Default: the one in the model's folder,
            if there is one.
    """
    if concepts is not None and form != "web":
        raise UsageError("`concepts` become sliders of a page; leave it out, or add --to web")
    if dtype == "float16" and form in ("pt2", "state-dict"):
        raise UsageError(f"`dtype` float16 is for model, onnx and web; leave it out with --to {form}")
    with told_when_stopped(out):
        if form == "model":
            _export_model(model, out, dtype or "float32", overwrite, as_json)
        else:
            _export_files(model, out, form, dtype, concepts, overwrite, as_json)


def _export_model(model: Path, out: Path, dtype: Literal["float32", "float16"], overwrite: bool, as_json: bool) -> None:
    from dcgan.export.folder import export_model
    from dcgan.model_folder import CARD

    check_folder("--out", out, CARD, "a model", overwrite=overwrite)
    with writing("--out", out), progress_bar("exporting") as bar:
        exported = export_model(model, out, dtype=dtype, overwrite=overwrite, on_progress=bar)
    facts = {
        "model": exported.path,
        "bytes": exported.bytes,
        "identity": exported.identity,
        "concepts": bool(exported.concepts),
    }
    lost = "\nits concepts do not fit this model, and were left out" if exported.concepts is False else ""
    answer(f"exported a model of {exported.bytes / 1e6:.1f} MB: {out}{lost}", facts, as_json)


def _export_files(
    path: Path,
    out: Path,
    form: Format,
    dtype: Literal["float32", "float16"] | None,
    concepts: Path | None,
    overwrite: bool,
    as_json: bool,
) -> None:
    from dcgan.export.card import CARD, KIND

    check_folder("--out", out, CARD, KIND, overwrite=overwrite)
    if form == "onnx":
        from dcgan.export.onnx_files import check_onnx

        check_onnx()
    from dcgan.loading import load

    model = load(path, "cpu")
    with writing("--out", out), progress_bar("exporting") as bar:
        if form == "onnx":
            from dcgan.export.onnx_files import export_onnx

            files = export_onnx(model, out, dtype=dtype or "float32", overwrite=overwrite, on_progress=bar)
        elif form == "web":
            from dcgan.export.web import export_page

            files = export_page(
                model, out, dtype=dtype or "float16", concepts=concepts, overwrite=overwrite, on_progress=bar
            )
        elif form == "pt2":
            from dcgan.export.torch_program import export_program

            files = export_program(model, out, overwrite=overwrite, on_progress=bar)
        else:
            from dcgan.export.state_dict import export_state_dict

            files = export_state_dict(model, out, overwrite=overwrite, on_progress=bar)
    not_written = files.details.get("not_written")
    for name, reason in (not_written if isinstance(not_written, dict) else {}).items():
        warn(f"{name} was not written: {reason}")
    facts = {
        "path": files.path,
        "format": files.format,
        "bytes": files.bytes,
        "files": files.sizes,
        "differences": files.differences,
        **files.details,
    }
    answer(_described(files), facts, as_json)


def _described(files: "ExportedFiles") -> str:
    """What was written, and how far it is from what torch gives."""
    size = f"{files.bytes / 1e6:.1f} MB"
    levels = files.details.get("gray_levels")
    if isinstance(levels, dict):
        return (
            f"exported a page of {size}: open {files.path / 'index.html'} in a browser\n"
            f"its pictures differ from torch's by {counted(levels['max'], 'gray level')} at most, "
            f"{levels['mean']:.2g} on average"
        )
    opset = f" (opset {files.details['opset']})" if "opset" in files.details else ""
    names = " and ".join(files.differences)
    return (
        f"exported {names}{opset}, {size}: {files.path}\n"
        f"their outputs differ from torch's by {max(files.differences.values()):.2g} at most"
    )
