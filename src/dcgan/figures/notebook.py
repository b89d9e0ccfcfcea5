"""How results show themselves in a notebook: pieces of HTML for `_repr_html_`, with nothing outside them."""

from base64 import b64encode
from collections.abc import Iterable, Sequence
from html import escape

from PIL import Image

from dcgan.figures.sheets import picture_bytes


def html_of(image: Image.Image, alt: str = "") -> str:
    """A picture as an `<img>` that holds it, as PNG; `alt` says what it shows to those who cannot see it."""
    data = b64encode(picture_bytes(image, ".png")).decode()
    return f'<img alt="{escape(alt)}" src="data:image/png;base64,{data}" style="max-width:100%">'


def svg_html(svg: str) -> str:
    """A chart of `dcgan.figures.curves`, which would be as wide as the page, at a width that can be read."""
    return f'<div style="max-width:640px">{svg}</div>'


def table_html(rows: Iterable[Sequence[object]], header: Sequence[object] = ()) -> str:
    """A table; the first column names each row.

    Args:
        rows: The cells of each row, shown as `str` gives them.
        header: Names of the columns; none leaves the line out.
    """
    head = "".join(f"<th>{escape(str(name))}</th>" for name in header)
    lines = [f"<thead><tr>{head}</tr></thead>"] if head else []
    for first, *others in rows:
        cells = "".join(f"<td>{escape(str(cell))}</td>" for cell in others)
        lines.append(f"<tr><th>{escape(str(first))}</th>{cells}</tr>")
    return f"<table>{''.join(lines)}</table>"
