"""Letters of figures: the font that comes with Pillow, or another where names need letters that it lacks."""

import unicodedata
from functools import cache
from typing import NamedTuple

from PIL import ImageFont

SMALL, NORMAL = 15, 18  # heights of letters, pixels

OTHERS = (
    *("DejaVuSans.ttf", "NotoSans-Regular.ttf", "arial.ttf", "Arial Unicode.ttf"),
    *("NotoSansCJK-Regular.ttc", "wqy-microhei.ttc", "msyh.ttc", "malgun.ttf", "Hiragino Sans GB.ttc"),
)
"""Fonts of the usual systems, by the names that they are found by there."""

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


class Written(NamedTuple):
    """A line of text as it can be drawn."""

    text: str
    font: Font


@cache
def written(text: str, height: int) -> Written:
    """A line of text with the font that has most of its letters.

    Pillow's own font, so that a figure is the same everywhere, has those of English. For others a font of the system is
    looked for; letters that it lacks too lose their accents, or stay boxes.
    """
    best: Font = ImageFont.load_default(height)
    lacking = _lacking(best, text)
    for name in OTHERS:
        if not lacking:
            break
        try:
            font = ImageFont.truetype(name, height)
        except OSError:
            continue
        if len(still := _lacking(font, text)) < len(lacking):
            best, lacking = font, still
    return Written("".join(_plain(letter) if letter in lacking else letter for letter in text), best)


def _plain(letter: str) -> str:
    return "".join(part for part in unicodedata.normalize("NFKD", letter) if not unicodedata.combining(part))


def text_width(text: str, height: int) -> int:
    """Pixels that a line of text takes."""
    plain, font = written(text, height)
    return round(font.getlength(plain))


def fitted(text: str, width: int, height: int) -> str:
    """The line of text, cut off with … where it would be wider than `width` pixels."""
    if text_width(text, height) <= width:
        return text
    while text and text_width(text + "…", height) > width:
        text = text[:-1]
    return text.rstrip() + "…"


def _lacking(font: Font, text: str) -> set[str]:
    """Letters that a font does not have: it draws them all as the same box."""
    box = bytes(font.getmask("\uffff"))  # which is no letter
    return {letter for letter in set(text) if not letter.isspace() and bytes(font.getmask(letter)) == box}
