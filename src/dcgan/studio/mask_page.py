"""The page on which what is missing of pictures is painted."""

from base64 import b64decode
from functools import partial

from dcgan.files import parse_json
from dcgan.studio.mask_drawing import LARGEST, MaskDrawing
from dcgan.studio.pages import Page

FILES = (
    "masks.html",
    "studio.css",
    "drawing.css",
    "painting.css",
    "masks.css",
    "masks.js",
    "geometry.js",
    "history.js",
    "mask.js",
    "mask_store.js",
    "painter.js",
    "painting.js",
    "png.js",
    "saving.js",
    "stroke.js",
    "thumbnails.js",
)


def mask_page(drawing: MaskDrawing) -> Page:
    """The page that shows and changes masks. It knows pictures by their index alone: names are never in an address."""
    return Page(
        files=FILES,
        state=partial(_state, drawing),
        gets={
            "pictures/*.png": drawing.picture,
            "thumbnails/*.png": drawing.thumbnail,
            "masks/*.png": drawing.mask,
        },
        puts={"masks/*": partial(_set_mask, drawing)},
        end=drawing.end,
        saved_in=drawing.folder,
        largest=LARGEST // 3 * 4 + (1 << 16),  # as base64, with a few guesses of what was there before
    )


def _state(drawing: MaskDrawing) -> dict[str, object]:
    """All that the page shows but the pixels."""
    pictures = [
        {"name": name, "width": width, "height": height, "missing": missing}
        for name, (height, width), missing in zip(drawing.names, drawing.sizes, drawing.missing, strict=True)
    ]
    return {"folder": str(drawing.folder), "pictures": pictures}


def _set_mask(drawing: MaskDrawing, index: int, content: bytes) -> None:
    message = parse_json(content)
    if not isinstance(message, dict) or not isinstance(message.get("mask"), str):
        raise ValueError("no object with a mask, and guesses of the one before")
    before = message.get("before")
    if not isinstance(before, list) or not all(isinstance(guess, str) for guess in before):
        raise ValueError("no list of guesses of the mask before")
    try:
        png = b64decode(message["mask"], validate=True)
    except ValueError as error:
        raise ValueError(f"the mask is not base64: {error}") from error
    drawing.set_mask(index, png, before)
