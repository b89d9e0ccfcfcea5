"""Boxes around an object on samples of a model: read from JSON, CSV or COCO, written as JSON."""

import csv
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from io import StringIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dcgan.atomic_files import write_atomic
from dcgan.errors import DcganError
from dcgan.files import parse_json
from dcgan.model import Model

SIDES = ("left", "top", "right", "bottom")
EDGE = 1e-6  # pixels outside a picture that are rounding


class BoxesError(DcganError):
    """Boxes cannot be read, or do not match the model."""


@dataclass(frozen=True)
class Box:
    """A rectangle on the sample of a seed, in pixels of the model's pictures, from the upper left corner."""

    seed: int
    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True)
class Boxes:
    """An object on the samples of a model.

    Attributes:
        boxes: All of them.
        seeds: The samples that were looked at: those with boxes, and those without the object.
        model: The identity of the model, if it is known.
    """

    boxes: tuple[Box, ...]
    seeds: tuple[int, ...]
    model: str | None = None

    @property
    def seeds_with(self) -> tuple[int, ...]:
        """The samples with boxes."""
        return tuple(dict.fromkeys(box.seed for box in self.boxes))

    @property
    def seeds_without(self) -> tuple[int, ...]:
        """The samples that were looked at and have no box."""
        having = set(self.seeds_with)
        return tuple(seed for seed in self.seeds if seed not in having)

    def mask(self, seed: int, size: int, side: int) -> NDArray[np.bool_]:
        """Which positions of a feature map lie in the boxes of a sample.

        A position lies in a box if its center does; a box that has no center in it has the position that its own center
        lies in.

        Args:
            seed: The sample.
            size: Side of the sample, pixels.
            side: Side of the map.

        Returns:
            (side, side).
        """
        centers = (np.arange(side) + 0.5) * size / side
        mask = np.zeros((side, side), np.bool_)
        for box in self.boxes:
            if box.seed == seed:
                rows = (box.top <= centers) & (centers < box.bottom)
                columns = (box.left <= centers) & (centers < box.right)
                if not rows.any():
                    rows[int((box.top + box.bottom) / 2 * side / size)] = True
                if not columns.any():
                    columns[int((box.left + box.right) / 2 * side / size)] = True
                mask |= rows[:, None] & columns[None]
        return mask


def boxes_of(model: Model, boxes: "Boxes | str | Path", parameter: str = "boxes") -> Boxes:
    """Boxes on samples of a model, themselves or from a file.

    Raises:
        BoxesError: The file cannot be read, see `read_boxes`; or they are of another model, or outside its pictures.
        DcganError: There are no boxes.
    """
    if isinstance(boxes, Boxes):
        found = boxes
        try:
            _check_whose(found, model.size, model.identity)
        except BoxesError as error:
            raise BoxesError(f"`{parameter}`: {error}") from error
    else:
        found = read_boxes(Path(boxes), model.size, model.identity, parameter)
    if not found.boxes:
        where = "" if isinstance(boxes, Boxes) else f" {boxes}"
        raise DcganError(f"`{parameter}`{where}: there are no boxes; mark the object on some samples")
    return found


def read_boxes(path: Path, size: int, model: str | None = None, parameter: str = "boxes") -> Boxes:
    """Read boxes.

    - .csv: a header with seed, left, top, right and bottom.
    - .json: a list of such boxes, or an object with them as `boxes`, the `seeds` that were looked at and, to be
      checked, the `size` of the pictures and the identity of the `model`.
    - .json in COCO's format: the number after seed- in a file name (seed-000017.png), or its only number, is the seed;
      boxes are scaled by the width and height of its images.

    Args:
        path: The file.
        size: Side of the model's pictures, pixels.
        model: The identity of the model; a file that names another is refused.
        parameter: What named the file, for messages.

    Raises:
        BoxesError: The file cannot be read, a box lies outside the picture or is empty, or they are of another model.
    """
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BoxesError(f"cannot read `{parameter}` {path}: {getattr(error, 'strerror', None) or error}") from error
    suffix = path.suffix.lower()
    if suffix not in (".csv", ".json"):
        raise BoxesError(f"`{parameter}` {path}: name a .json or a .csv file")
    try:
        found = _from_csv(text) if suffix == ".csv" else _from_json(parse_json(text), size)
        _check_whose(found, size, model)
    except BoxesError as error:
        raise BoxesError(f"`{parameter}` {path}: {error}") from error
    except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, csv.Error) as error:
        what = f"{error} is missing" if isinstance(error, LookupError) else f"{type(error).__name__}: {error}"
        raise BoxesError(
            f"`{parameter}` {path} has no boxes that can be read ({what}); a box has a seed, left, top, right and "
            "bottom, or in COCO's format an image_id and a bbox"
        ) from error
    return found


def write_boxes(boxes: Boxes, size: int, path: Path) -> None:
    """Write boxes on pictures of `size` pixels as JSON, in one step.

    Raises:
        OSError: The file cannot be written.
    """
    write_atomic(path, json.dumps({"size": size, **asdict(boxes)}) + "\n")


def parse_boxes(seed: int, rows: object) -> list[Box]:
    """The boxes of one sample, from a list of objects with left, top, right and bottom.

    Raises:
        BoxesError: It is no such list.
    """
    try:
        if not isinstance(rows, list):
            raise TypeError(f"{type(rows).__name__} is not a list")
        return [_box({**row, "seed": seed}) for row in rows]
    except (ValueError, LookupError, TypeError, ArithmeticError) as error:
        raise BoxesError(f"the boxes must be a list, each with left, top, right and bottom: {error}") from error


def check_boxes(boxes: Boxes, size: int) -> None:
    """Refuse seeds that name no sample, and boxes that are empty, on none of these, or not within `size` pixels.

    Raises:
        BoxesError: Which, and where.
    """
    if wrong := [seed for seed in boxes.seeds if not 0 <= seed < 2**63]:
        raise BoxesError(f"seeds are 0 or more and below 2^63, not {wrong[0]}")
    if strangers := sorted({box.seed for box in boxes.boxes}.difference(boxes.seeds)):
        raise BoxesError(f"there is a box on seed {strangers[0]}, which is not among the `seeds` that were looked at")
    for box in boxes.boxes:
        if not (0 <= box.left < box.right <= size and 0 <= box.top < box.bottom <= size):
            sides = ", ".join(f"{name} {getattr(box, name):g}" for name in SIDES)
            raise BoxesError(f"the box on seed {box.seed} ({sides}) is empty or outside 0 to {size} pixels")


def _check_whose(boxes: Boxes, size: int, model: str | None) -> None:
    if model is not None and boxes.model not in (None, model):
        raise BoxesError("the boxes belong to samples of another model; name that model, or boxes of this one")
    check_boxes(boxes, size)


def _from_csv(text: str) -> Boxes:
    rows = csv.DictReader(StringIO(text), skipinitialspace=True)
    header = rows.fieldnames or []
    if missing := {"seed", *SIDES} - set(header):
        raise ValueError(f"its header {','.join(header)!r} lacks {', '.join(sorted(missing))}")
    return _collect([_box(row) for row in rows])


def _from_json(content: object, size: int) -> Boxes:
    if isinstance(content, list):
        return _collect([_box(row) for row in content])
    if not isinstance(content, dict):
        raise TypeError("neither a list nor an object")
    if "annotations" in content:
        return _from_coco(content, size)
    if content.get("size", size) != size:
        raise BoxesError(f"the boxes belong to pictures of {content['size']} pixels, and the model draws {size}")
    seeds = [_whole(seed) for seed in content.get("seeds", [])]
    model = content.get("model")
    return _collect([_box(row) for row in content["boxes"]], seeds, None if model is None else str(model))


def _from_coco(content: Mapping[str, list[Mapping[str, object]]], size: int) -> Boxes:
    images = {image["id"]: image for image in content["images"]}
    seeds = {key: _seed_in(str(image["file_name"])) for key, image in images.items()}
    boxes = []
    for annotation in content["annotations"]:
        image = images[annotation["image_id"]]
        across, down = size / _number(image["width"]), size / _number(image["height"])
        bbox = annotation["bbox"]
        if not isinstance(bbox, list):
            raise TypeError(f"bbox {bbox!r} is not a list")
        left, top, width, height = map(_number, bbox)
        box = Box(
            seeds[annotation["image_id"]], left * across, top * down, (left + width) * across, (top + height) * down
        )
        boxes.append(box)
    return _collect([_within(box, size) for box in boxes], list(seeds.values()))


def _within(box: Box, size: int) -> Box:
    """The box, whose sides lie on the edge of a picture where only rounding has put them outside."""
    sides = {name: getattr(box, name) for name in SIDES}
    return replace(box, **{name: min(max(side, 0), size) for name, side in sides.items() if -EDGE < side < size + EDGE})


def _seed_in(name: str) -> int:
    numbers = re.findall(r"seed-(\d+)", Path(name).name) or re.findall(r"\d+", Path(name).stem)
    if not numbers:
        raise ValueError(f"the file name {name} has no number to take as the seed")
    if len(numbers) > 1:
        raise ValueError(f"the file name {name} has several numbers; write seed- before the one that is the seed")
    return int(numbers[0])


def _box(row: Mapping[str, object]) -> Box:
    return Box(_whole(row["seed"]), *(_number(row[side]) for side in SIDES))


def _number(value: object) -> float:
    if not isinstance(value, int | float | str) or isinstance(value, bool):
        raise TypeError(f"{value!r} is not a number")
    return float(value)


def _whole(value: object) -> int:
    if isinstance(value, str) and value.strip().isdecimal():
        return int(value)  # exactly, however long
    number = _number(value)
    if isinstance(value, int):
        return value
    if not number.is_integer():
        raise ValueError(f"{value!r} is not a whole number")
    return int(number)


def _collect(boxes: Sequence[Box], seeds: Sequence[int] = (), model: str | None = None) -> Boxes:
    return Boxes(tuple(boxes), tuple(dict.fromkeys([*seeds, *(box.seed for box in boxes)])), model)
