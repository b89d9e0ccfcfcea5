"""Pages of HTML that need nothing beside them, to be opened from disk, printed or sent: their frame and their parts."""

import base64
from collections.abc import Mapping
from html import escape

from dcgan.figures.html_style import STYLE

_TYPES = ((b"\x89PNG", "png"), (b"RIFF", "webp"), (b"GIF8", "gif"), (b"\xff\xd8", "jpeg"))  # by first bytes


def html_page(title: str, body: str) -> str:
    """A page that holds its pictures and its style, makes no request, and runs no script.

    Args:
        title: Plain text.
        body: HTML, made of the parts below.
    """
    allowed = "default-src 'none'; img-src data:; media-src data:; style-src 'unsafe-inline'"
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{allowed}">
<title>{escape(title)}</title>
<style>{STYLE}</style>
</head>
<body>
{body}
</body>
</html>
"""


def section(title: str, content: str, style: str = "") -> str:
    """A part of the page under a title; empty without content. `style` names its classes, see `html_style`."""
    if not content:
        return ""
    return f'<section><h2>{escape(title)}</h2><div class="{style}">{content}</div></section>'


def paragraph(text: str) -> str:
    """A line of text in a soft color, or nothing."""
    return f'<p class="soft">{escape(text)}</p>' if text else ""


def duration(seconds: float) -> str:
    """A time as people say it, in its two largest units: "42 s", "3 min 20 s", "5 h 12 min", "2 d 3 h"."""
    whole = round(seconds)
    for unit, name, part, part_name in ((86400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s")):
        if whole >= unit:
            rest = whole % unit // part
            return f"{whole // unit} {name}" + (f" {rest} {part_name}" if rest else "")
    return f"{whole} s"


def table(rows: Mapping[str, object], *, as_typed: bool = False) -> str:
    """Names and values; numbers as people read them, or `as_typed` in a recipe."""
    words = {name if as_typed else name.replace("_", " "): as_words(value, as_typed) for name, value in rows.items()}
    lines = [f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in words.items()]
    return f"<table>{''.join(lines)}</table>" if lines else ""


def as_words(value: object, as_typed: bool = False) -> str:
    """A value as people read it; numbers `as_typed` in a recipe."""
    if value is None or value == {} or value == []:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int) and not as_typed:
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {as_words(count, as_typed)}" for name, count in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(as_words(part, as_typed) for part in value)
    return str(value)


def figure(data: bytes | None, caption: str) -> str:
    """A picture with its caption, or nothing.

    Raises:
        ValueError: It is no PNG, WebP, GIF or JPEG.
    """
    if data is None:
        return ""
    kind = next((name for head, name in _TYPES if data.startswith(head)), None)
    if kind is None:
        raise ValueError(f"the picture {caption!r} is not a PNG, WebP, GIF or JPEG")
    encoded = base64.b64encode(data).decode()
    words = escape(caption)
    return (
        f'<figure><img alt="{words}" src="data:image/{kind};base64,{encoded}"><figcaption>{words}</figcaption></figure>'
    )


def player(wav: bytes, caption: str) -> str:
    """A sound to hear, a WAV file, with its caption."""
    words = escape(caption)
    source = f"data:audio/wav;base64,{base64.b64encode(wav).decode()}"
    audio = f'<audio controls aria-label="{words}" src="{source}"></audio>'
    return f"<figure>{audio}<figcaption>{words}</figcaption></figure>"
