"""What `dcgan inpaint` writes: each filled picture at once, then what is about all of them, and the answer."""

import json
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from dcgan.atomic_files import check_writable
from dcgan.cli.console import progress_bar
from dcgan.cli.descent_flags import FILM_FRAMES
from dcgan.cli.outputs import writing
from dcgan.errors import DcganError, UsageError
from dcgan.words import counted

if TYPE_CHECKING:
    from dcgan.figures.theme import Theme
    from dcgan.latent.inpainting import Inpainted
    from dcgan.latent.regions import Region
    from dcgan.latent.thumbnails import Thumbnail
    from dcgan.model import Model
    from dcgan.types import Latents, Pixels

SHEET, LATENTS = "sheet.png", "latents.npz"  # beside the pictures
UNFINISHED = ".unfinished"  # is there until they are
FILLED = ".filled.jsonl"  # how many answers each picture has had: what --overwrite may remove
_LIKE_FILES = (".png", ".jpg", ".jpeg", ".webp", ".npz")


def check_out(out: Path, *, overwrite: bool) -> None:
    """Refuse, before any work, a folder that holds something, or in which nothing can be written.

    What a run that was killed has left there may be replaced.

    Raises:
        UsageError: It is a file, or named like one.
        DcganError: It is not empty, or cannot be written.
    """
    if out.is_file() or out.suffix.lower() in _LIKE_FILES:
        raise UsageError(f"--out {out}: name a folder, which gets the pictures")
    if out.is_dir() and any(out.iterdir()) and not overwrite and not (out / UNFINISHED).exists():
        raise DcganError(
            f"--out {out} is not empty; name another folder, or replace files of the same names with `overwrite`"
        )
    with writing("--out", out):
        check_writable(out / SHEET)


class InpaintOutput:
    """The folder of filled pictures. Of many it keeps in memory only what the figure and the answer need.

    Args:
        out: The folder.
        blend: Whether the holes are blended in.
        truth: Whether the pictures were whole, so that the holes can be compared with them.
    """

    def __init__(self, out: Path, *, blend: bool, truth: bool) -> None:
        self.out, self.blend, self.truth = out, blend, truth
        self.rows: list[dict[str, object]] = []
        self._files: set[Path] = set()
        self._scores: list[tuple[float, float]] = []
        self._z: list[Latents] = []
        self._drawn: list[Pixels] = []
        self._shown: list[Thumbnail] = []
        self._parts: list[Region] = []  # those that are not as large as their picture allows
        self._former = _read_filled(out / FILLED)

    def add(self, result: "Inpainted", stem: str) -> None:
        """Write the answers of one picture.

        Raises:
            DcganError: A file cannot be written.
        """
        from PIL import Image

        from dcgan.figures.sheets import save_picture
        from dcgan.latent.thumbnails import SHOWN
        from dcgan.metrics.restoration import psnr, ssim

        answers = [result.filled(answer, blend=self.blend) for answer in range(len(result.z))]
        files = [self.out / name for name in _names(stem, len(answers))]
        with writing("--out", self.out):
            (self.out / UNFINISHED).write_text("dcgan inpaint was stopped here; it may be run again as before.\n")
            self._remove_former(stem)
            for pixels, file in zip(answers, files, strict=True):
                save_picture(Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels), file)
            with (self.out / FILLED).open("a", encoding="utf-8") as filled:
                filled.write(json.dumps([stem, len(answers)]) + "\n")
        row = {"name": result.name, "files": files, "region": result.region, "loss": round(float(result.losses[0]), 3)}
        if self.truth:
            score = (psnr(result.picture, answers[0], result.mask), ssim(result.picture, answers[0], result.mask))
            self._scores.append(score)
            row |= _rounded(*score)
        self.rows.append(row)
        self._files |= {*files}
        if result.region.side < min(result.mask.shape):
            self._parts.append(result.region)
        self._z.append(result.z)
        self._drawn.append(result.drawn)
        if len(self._shown) < SHOWN:
            self._shown.append(result.thumbnail())

    def _remove_former(self, stem: str) -> None:
        """Remove what an earlier run has filled of the same picture: there may be more answers than now.

        A second answer of photo.png is called as an answer of photo-1.png is: what is that picture's stays.
        """
        others = {name for other, count in self._former.items() if other != stem for name in _names(other, count)}
        for name in _names(stem, self._former.get(stem, 0)):
            if self.out / name not in self._files and name not in others:
                (self.out / name).unlink(missing_ok=True)

    def remove_if_empty(self) -> None:
        """Remove the folder if nothing could be filled."""
        with suppress(OSError):  # it holds something
            self.out.rmdir()

    def finish(self, model: "Model", theme: "Theme", film: Path | None, fps: float) -> None:
        """Write the figure, the z, and the film if one is asked for.

        Raises:
            DcganError: A file cannot be written.
        """
        import numpy as np

        from dcgan.figures.sheets import save_picture
        from dcgan.figures.video import film_frames, write_video
        from dcgan.latent.files import write_latents
        from dcgan.latent.thumbnails import film as frames_of
        from dcgan.latent.thumbnails import plot_thumbnails

        with writing("--out", self.out):
            save_picture(plot_thumbnails(self._shown, theme, blend=self.blend), self.out / SHEET)
            write_latents(self.out / LATENTS, model, np.concatenate(self._z), np.concatenate(self._drawn))
            (self.out / UNFINISHED).unlink(missing_ok=True)
        if film is not None:
            with writing("--film", film), progress_bar("filming") as bar:
                frames = frames_of(self._shown, model, blend=self.blend)
                write_video(film_frames(frames, FILM_FRAMES, bar), film, fps)

    def report(self, skipped: list[str]) -> tuple[str, dict[str, object]]:
        """The answer, for people and for machines.

        Args:
            skipped: Why each other picture was not filled.
        """
        import numpy as np

        count = len(self.rows)
        facts: dict[str, object] = {"out": self.out, "pictures": self.rows, "skipped": skipped}
        text = f"filled {counted(len(self.rows), 'picture')}: {self.out}\n"
        text += f"before and after: {self.out / SHEET}"
        if self.truth:
            psnr, ssim = np.mean(self._scores, axis=0).tolist()
            facts |= _rounded(psnr, ssim)
            text += f"\nthe hole compared with the original: PSNR {psnr:.1f} dB, SSIM {ssim:.2f}"
        if self._parts:
            left, top, side = self._parts[0]
            seen = f"{side} x {side} pixels at {left},{top}"
            if count > 1:
                seen = f"a part of {len(self._parts):,} of them, such as {seen}"
            text += f"\nthe model saw {seen}; --region names another square"
        return text, facts


def _names(stem: str, answers: int) -> list[str]:
    """The files of so many answers for one picture."""
    return [f"{stem}.png"] if answers == 1 else [f"{stem}-{number}.png" for number in range(1, answers + 1)]


def _read_filled(file: Path) -> dict[str, int]:
    """How many answers each picture has had, by its stem; of a file that is damaged or not there none."""
    found: dict[str, int] = {}
    with suppress(OSError, ValueError):
        for line in file.read_text("utf-8").splitlines():
            match json.loads(line):
                case [str(stem), int(answers)]:
                    found[stem] = answers
    return found


def _rounded(psnr: float, ssim: float) -> dict[str, float | None]:
    """Both for JSON, which has no infinity."""
    return {"psnr": round(psnr, 2) if psnr < float("inf") else None, "ssim": round(ssim, 4)}
