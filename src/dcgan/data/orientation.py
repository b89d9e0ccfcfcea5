"""Which side of a picture is up: its EXIF orientation, 1 to 8, where 1 is upright."""

from PIL import Image

from dcgan.data.items import Box

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}  # that make a picture upright, by its orientation
_TAG = 0x0112  # of EXIF


def orientation_of(picture: Image.Image) -> int:
    """What EXIF says of a picture, 1 to 8; 1 where it says nothing that can be understood."""
    try:
        orientation = picture.getexif().get(_TAG, 1)
    except Exception:  # broken EXIF costs the orientation, not the picture
        return 1
    return orientation if orientation in _TURNS else 1


def turn_upright(picture: Image.Image, orientation: int) -> Image.Image:
    """A picture of that orientation, turned or mirrored so that it is upright."""
    return picture.transpose(_TURNS[orientation]) if orientation in _TURNS else picture


def as_stored(box: Box, orientation: int, width: int, height: int, scale: int) -> tuple[float, float, float, float]:
    """Where a box of the upright picture lies in the picture as stored, width × height, and then reduced by `scale`."""
    left, top, right, bottom = box
    if orientation >= 5:
        left, top, right, bottom = top, left, bottom, right
    if orientation in (2, 3, 7, 8):
        left, right = width - right, width - left
    if orientation in (3, 4, 6, 7):
        top, bottom = height - bottom, height - top
    return left / scale, top / scale, right / scale, bottom / scale
