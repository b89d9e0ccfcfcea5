"""The page on which boxes are drawn on samples."""

from dataclasses import asdict
from functools import partial

from dcgan.dissection.boxes import parse_boxes
from dcgan.files import parse_json
from dcgan.studio.annotation import Annotation
from dcgan.studio.pages import Page

FILES = (
    "annotation.html",
    "studio.css",
    "drawing.css",
    "boxes.css",
    "annotation.js",
    "box_sheet.js",
    "box_stage.js",
    "geometry.js",
    "saving.js",
)


def annotation_page(annotation: Annotation) -> Page:
    """The page that shows and changes an annotation."""
    return Page(
        files=FILES,
        state=partial(_state, annotation),
        gets={"samples/*.png": annotation.picture},
        puts={"boxes/*": partial(_set_boxes, annotation), "looked-at/*": lambda seed, _: annotation.look(seed)},
        end=annotation.end,
        saved_in=annotation.path,
    )


def _state(annotation: Annotation) -> dict[str, object]:
    """All that the page shows; seeds as text, for they may be longer than its numbers."""
    boxes = annotation.boxes
    return {
        "file": str(annotation.path),
        "size": annotation.size,
        "samples": [str(seed) for seed in annotation.seeds],
        "looked_at": [str(seed) for seed in boxes.seeds],
        "boxes": [{**asdict(box), "seed": str(box.seed)} for box in boxes.boxes],
    }


def _set_boxes(annotation: Annotation, seed: int, content: bytes) -> None:
    message = parse_json(content)
    if not isinstance(message, dict):
        raise ValueError("no object with boxes, and guesses of those before")
    before = message.get("before")
    if not isinstance(before, list):
        raise ValueError("no list of guesses of those before")
    annotation.set_boxes(seed, parse_boxes(seed, message.get("boxes")), [parse_boxes(seed, guess) for guess in before])
