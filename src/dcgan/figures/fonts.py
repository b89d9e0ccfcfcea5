"""Text of figures: the font that comes with Pillow, or another where names need glyphs that it lacks."""

import unicodedata
from functools import lru_cache
from typing import NamedTuple

from PIL import ImageFont

SMALL, NORMAL = 15, 18  # heights of text, pixels

SYSTEM_FONTS = (
    *("DejaVuSans.ttf", "NotoSans-Regular.ttf", "arial.ttf", "Arial Unicode.ttf"),
    *("NotoSansCJK-Regular.ttc", "wqy-microhei.ttc", "msyh.ttc", "malgun.ttf", "Hiragino Sans GB.ttc"),
)
"""Fonts of the usual systems, by the names that they are found by there."""

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


class TextLine(NamedTuple):
    """A line of text as it can be rendered."""

    text: str
    font: Font


@lru_cache(maxsize=1024)  # the lines of a few figures
def typeset(text: str, height: int) -> TextLine:
    """A line of text with the font that has most of its glyphs.

    Pillow's own font, so that a figure is the same everywhere, has those of English. For others a font of the system is
    looked for; characters that it lacks too lose their accents, or stay boxes.
    """
    best: Font = ImageFont.load_default(height)
    lacking = _lacking(best, text)
    for name in SYSTEM_FONTS:
        if not lacking:
            break
        try:
            font = ImageFont.truetype(name, height)
        except OSError:
            continue
        if len(still := _lacking(font, text)) < len(lacking):
            best, lacking = font, still
    return TextLine("".join(_plain(character) if character in lacking else character for character in text), best)


def _plain(character: str) -> str:
    return "".join(part for part in unicodedata.normalize("NFKD", character) if not unicodedata.combining(part))


def text_width(text: str, height: int) -> int:
    """Pixels that a line of text takes."""
    plain, font = typeset(text, height)
    return round(font.getlength(plain))


def fitted(text: str, width: int, height: int) -> str:
    """The line of text, cut off with … where it would be wider than `width` pixels."""
    if text_width(text, height) <= width:
        return text
    while text and text_width(text + "…", height) > width:
        text = text[:-1]
    return text.rstrip() + "…"


def _lacking(font: Font, text: str) -> set[str]:
    """Characters that a font has no glyph for: it shows them all as the same box."""
    box = bytes(font.getmask("\uffff"))  # which is no character
    return {character for character in set(text) if not character.isspace() and bytes(font.getmask(character)) == box}
