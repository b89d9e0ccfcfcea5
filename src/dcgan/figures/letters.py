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
    """A line of text with a font that has its letters.

    Pillow's own font, so that a figure is the same everywhere, has those of English. For others a font of the system is
    looked for; where none has them all, letters lose their accents, and those of other scripts stay boxes.
    """
    own = ImageFont.load_default(height)
    if _has(own, text):
        return Written(text, own)
    for name in OTHERS:
        try:
            font = ImageFont.truetype(name, height)
        except OSError:
            continue
        if _has(font, text):
            return Written(text, font)
    plain = "".join(letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter))
    return Written(plain, own)


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


def _has(font: Font, text: str) -> bool:
    """Whether a font has every letter: those that it lacks are all drawn as the same box."""
    box = bytes(font.getmask("\uffff"))  # which is no letter
    return all(bytes(font.getmask(letter)) != box for letter in set(text) if not letter.isspace())
