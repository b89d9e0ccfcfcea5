"""`dcgan faces`: photographs become a packed set of faces."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from dcgan.cli.console import answer, progress_bar
from dcgan.cli.flags import AsJson, EngineName, Overwrite, ThemeName, Workers
from dcgan.cli.outputs import chosen_theme, told_when_stopped
from dcgan.cli.sources import PICTURES_HELP
from dcgan.curation.face_options import FaceOptions
from dcgan.files import FACES_SHEET_FILE


def faces(
    *source: Annotated[str, Parameter(name="SOURCE", required=True, help=PICTURES_HELP)],
    out: Path,
    options: Annotated[FaceOptions | None, Parameter(name="*")] = None,
    column: str = "",
    fps: float = 1.0,
    workers: Workers = 0,
    engine: EngineName = "local",
    theme: ThemeName = "light",
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Find the faces in photographs, and make a packed set of them.

    Each face is turned until its eyes are level, and cropped with what is around it. Faces that are too small, blurred,
    cut off by the edge, or doubtful are rejected. OUT/index.parquet lists every face with its box, score and reason,
    and OUT/faces.png shows some that are kept and some that are not. This needs the extra: pip install 'dcgan[faces]'.

    For example:

    - `dcgan faces photos/ --out faces --size 64`
    - `dcgan faces photos.zip --out faces --size 128 --min-face 100 --max-faces 1`
    - `dcgan faces film.mp4 --fps 2 --out faces --margin 0.5`
    - `dcgan faces photos/ --out faces --detector haar --json`

    Args:
        out: Folder of the packed set to make.
        column: Column of the pictures in a table, or of their paths in a list, if dcgan cannot find it by itself.
        fps: Frames to take from each second of a video.
    """
    from dcgan.curation.faces import crop_faces
    from dcgan.data.prepare_options import PrepareOptions
    from dcgan.figures.sheets import save_picture

    colors = chosen_theme(theme)
    options = options or FaceOptions()
    reading = PrepareOptions(size=options.size, column=column, fps=fps)
    with told_when_stopped(out), progress_bar("looking for faces") as bar:
        report = crop_faces(
            list(source) if len(source) > 1 else source[0],
            out,
            options,
            bar,
            source_options=reading,
            workers=workers,
            engine=engine,
            overwrite=overwrite,
        )
    sheet = out / FACES_SHEET_FILE
    save_picture(report.figure(colors), sheet)
    answer(f"{report}\nsheet: {sheet}", {**report.facts(), "sheet": sheet}, as_json)
