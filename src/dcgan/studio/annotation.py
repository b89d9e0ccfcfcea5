"""Boxes that are drawn by hand on a model's samples, saved in a file with each change."""

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from threading import Lock

from PIL import Image

from dcgan.dissection.boxes import Box, Boxes, check_boxes, read_boxes, write_boxes
from dcgan.errors import DcganError
from dcgan.files import parse_json
from dcgan.model import Model


class Annotation:
    """Samples, and the boxes on them.

    Samples that were looked at are noted, boxes or not: those without the object are evidence too.

    Args:
        model: Whose samples.
        seeds: Which samples, in the order they are shown in; others that the file has boxes on come after them.
        path: JSON file to save the boxes in; the work goes on with one that an earlier annotation left.

    Raises:
        DcganError: The file is not of an annotation, or of another model, or its folder cannot be made.
    """

    def __init__(self, model: Model, seeds: Sequence[int], path: Path) -> None:
        self.path = path
        self.size = model.size
        self._model = model.identity
        before = _earlier(path, self.size, self._model)
        self._saved = _text_of(path)
        self._by_seed: dict[int, list[Box]] = {seed: [] for seed in before.seeds}
        for box in before.boxes:
            self._by_seed[box.seed].append(box)
        self.seeds = tuple(dict.fromkeys([*seeds, *(box.seed for box in before.boxes)]))
        self._pixels = dict(zip(self.seeds, model.sample(self.seeds), strict=True))
        self._lock = Lock()

    @property
    def boxes(self) -> Boxes:
        """All boxes, with the samples that were looked at."""
        return _collect(self._by_seed, self._model)

    def look(self, seed: int) -> None:
        """Note that a sample was looked at; boxes on it stay. Write the file.

        Raises:
            DcganError: There is no such sample, or the file was changed by another program.
            OSError: The file cannot be written.
        """
        with self._lock:
            self._set(seed, self._by_seed.get(seed, []))

    def set_boxes(self, seed: int, boxes: list[Box], before: Sequence[list[Box]]) -> None:
        """Put boxes on a sample in place of those that were there before, and write the file.

        Args:
            seed: The sample.
            boxes: All there are on it now.
            before: What the page believes was there: several guesses, if an answer was lost.

        Raises:
            DcganError: There is no such sample, a box does not fit, other boxes were there before, or the file was
                changed by another program. Then nothing changes.
            OSError: The file cannot be written; the boxes stay as they were.
        """
        with self._lock:
            if self._by_seed.get(seed, []) not in (boxes, *before):
                raise DcganError(f"boxes on seed {seed} were changed on another page; load this one again")
            self._set(seed, boxes)

    def end(self) -> None:
        """Make sure that the file has all boxes; one that was deleted meanwhile is written again.

        Raises:
            DcganError: The file was changed by another program.
            OSError: It cannot be written.
        """
        with self._lock:
            if self._by_seed:
                self._write(self._by_seed)

    def _set(self, seed: int, boxes: list[Box]) -> None:
        if seed not in self._pixels:
            raise DcganError(f"no sample has seed {seed}")
        self._write({**self._by_seed, seed: boxes})

    def _write(self, by_seed: dict[int, list[Box]]) -> None:
        boxes = _collect(by_seed, self._model)
        check_boxes(boxes, self.size)
        if _text_of(self.path) not in (None, self._saved):
            raise DcganError(
                f"another program changed {self.path}, so it was not overwritten; stop this command (Ctrl-C) and start "
                "it again"
            )
        self.path.parent.mkdir(parents=True, exist_ok=True)
        write_boxes(boxes, self.size, self.path)
        self._saved = _text_of(self.path)
        self._by_seed = by_seed

    def picture(self, seed: int) -> bytes:
        """The sample of a seed, as PNG.

        Raises:
            DcganError: There is no such sample.
        """
        if seed not in self._pixels:
            raise DcganError(f"no sample has seed {seed}")
        pixels, memory = self._pixels[seed], BytesIO()
        Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels).save(memory, "PNG")
        return memory.getvalue()


def _collect(by_seed: dict[int, list[Box]], model: str) -> Boxes:
    return Boxes(tuple(box for boxes in by_seed.values() for box in boxes), tuple(by_seed), model)


def _text_of(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None


def _earlier(path: Path, size: int, model: str) -> Boxes:
    """What the file has, if there is one."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DcganError(f"cannot save `boxes` {path}: {error.strerror or error}") from error
    if not path.exists():
        return Boxes((), (), model)
    found = read_boxes(path, size, model)
    content = parse_json(path.read_text("utf-8-sig"))
    if not isinstance(content, dict) or content.keys() != {"size", "boxes", "seeds", "model"}:
        raise DcganError(
            f"`boxes` {path} was not made by `annotate` and may hold data that it would lose; name another file"
        )
    return found
