"""Decoding holds for any bytes, modes and sizes."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from tests.data.pictures import WHOLE, encoded, used

from dcgan.data.decode import DecodeOptions, decode
from dcgan.data.items import Skipped


@settings(max_examples=300, deadline=None)
@given(st.sampled_from([b"", *(data[:40] for data in WHOLE.values())]), st.binary(max_size=400))
def test_random_bytes_never_get_past_decode(beginning: bytes, rest: bytes) -> None:
    result = decode(beginning + rest, DecodeOptions(8))
    assert isinstance(result, Skipped) or result.pixels.shape == (8, 8, 3)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(WHOLE)), st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), max_size=12))
def test_flipped_bytes_never_get_past_decode(kind: str, changes: list[tuple[int, int]]) -> None:
    data = bytearray(WHOLE[kind])
    for position, value in changes:
        data[position % len(data)] = value
    result = decode(bytes(data), DecodeOptions(8))
    assert isinstance(result, Skipped) or result.pixels.shape == (8, 8, 3)


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(["1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "YCbCr", "LAB", "I", "F", "I;16"]),
    st.integers(1, 90),
    st.integers(1, 90),
    st.integers(1, 70),
    st.sampled_from([1, 3, 4]),
)
def test_any_mode_and_size_gives_n_by_n(mode: str, width: int, height: int, size: int, channels: int) -> None:
    picture = Image.new(mode, (width, height))
    kind = "PNG" if mode in ("LA", "P", "PA", "RGBA", "1", "L") and mode != "PA" else "TIFF"
    if mode == "PA":  # no file format holds it
        picture, kind = picture.convert("RGBA"), "PNG"
    result = used(encoded(picture, kind), DecodeOptions(size, channels))
    assert result.pixels.shape == (size, size, channels)
    assert result.pixels.dtype == np.uint8
    side = min(width, height)
    left, top, right, bottom = result.crop_box
    assert (right - left, bottom - top) == (side, side)
    assert 0 <= left <= right <= width
    assert 0 <= top <= bottom <= height


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 300), st.integers(1, 300), st.integers(1, 30), st.sampled_from(["L", "RGB", "CMYK"]))
def test_jpegs_of_any_size_find_their_center_at_the_reduced_scale(
    width: int, height: int, size: int, mode: str
) -> None:
    left_dark = Image.new("L", (width, height), 255)
    left_dark.paste(0, (0, 0, width // 2, height))
    result = used(encoded(left_dark.convert(mode), "JPEG", quality=100), DecodeOptions(size))
    assert result.pixels.shape == (size, size, 3)
    assert (result.width, result.height) == (width, height)
    if min(width, height) > 30 and size > 8:
        assert result.pixels[:, : size // 2 - 3].max() < 100
        assert result.pixels[:, size // 2 + 3 :].min() > 150
