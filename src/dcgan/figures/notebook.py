"""Figures as notebooks show them."""

import base64

from PIL import Image

from dcgan.figures.sheets import picture_bytes


def html_of(image: Image.Image) -> str:
    """A picture as HTML that stands by itself: a PNG inside an <img>."""
    return f'<img src="data:image/png;base64,{base64.b64encode(picture_bytes(image, ".png")).decode()}">'
