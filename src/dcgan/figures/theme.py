"""Colors of figures for people, on light or on dark ground, and the page that they are put on."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from PIL import Image, ImageDraw

from dcgan.figures.fonts import SMALL, typeset

Color = tuple[int, int, int]  # RGB


@dataclass(frozen=True)
class Theme:
    """Colors of a figure."""

    ground: Color
    ink: Color
    faint: Color  # of rules, and of what stands in the background
    accent: Color


THEMES: Mapping[str, Theme] = MappingProxyType(
    {
        "light": Theme((255, 255, 255), (38, 42, 48), (206, 210, 216), (37, 99, 235)),
        "dark": Theme((17, 20, 25), (226, 230, 236), (66, 72, 82), (125, 170, 255)),
    }
)


class Canvas:
    """A page in a theme, to put pictures and words on."""

    def __init__(self, width: int, height: int, theme: Theme) -> None:
        self.theme = theme
        self.image = Image.new("RGB", (width, height), theme.ground)
        self.draw = ImageDraw.Draw(self.image)

    def text(
        self,
        x: float,
        y: float,
        text: str,
        anchor: str = "mm",
        height: int = SMALL,
        faint: bool = False,
        on: Color | None = None,
    ) -> None:
        """Write a line.

        Args:
            x: Where its anchor is, in pixels.
            y: The same downward.
            text: The line.
            anchor: Pillow's: left, middle, right, and ascender, middle, baseline.
            height: Of the letters, in pixels.
            faint: Nearer to the ground.
            on: What it stands on, if that is not the ground: the ink is then the color that is seen better on it.
        """
        color = self.theme.ink
        if faint:
            color = _mixed(self.theme.ink, self.theme.ground)
        if on is not None:
            color = max((self.theme.ink, self.theme.ground), key=lambda ink: _contrast(ink, on))
        line, font = typeset(text, height)
        self.draw.text((x, y), line, fill=color, font=font, anchor=anchor)

    def paste(self, picture: Image.Image, x: int, y: int) -> None:
        """Put a picture with its upper left corner at (x, y); what is transparent in it shows the ground."""
        self.image.paste(picture, (x, y), picture if picture.mode == "RGBA" else None)


def _contrast(first: Color, second: Color) -> float:
    """The contrast ratio of two colors, 1 to 21 (WCAG 2)."""
    dark, light = sorted((_luminance(first), _luminance(second)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(color: Color) -> float:
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (c / 255 for c in color))
    return float(0.2126 * red + 0.7152 * green + 0.0722 * blue)


def _mixed(first: Color, second: Color) -> Color:
    red, green, blue = ((2 * a + b) // 3 for a, b in zip(first, second, strict=True))
    return red, green, blue
