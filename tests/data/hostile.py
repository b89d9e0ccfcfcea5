"""A folder of everything that a collection of pictures may hold besides pictures, with what must become of each.

`build` writes it; each entry expects USED, IGNORED or the reason why it is skipped. Nothing takes more than a few
megabytes, not even the bombs.
"""

import io
import os
import socket
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image
from tests.data.pictures import BMP, GIF, JPEG, PNG, TIFF, WEBP, encoded, photo, png, png_chunk

from dcgan.data.items import Reason

USED, IGNORED = "used", "ignored"


@dataclass(frozen=True)
class Entry:
    """A file of the folder: how to make it, what must become of it, and under which name it is listed."""

    name: str
    make: Callable[[Path], object]
    expected: str
    listed_as: str


def build(root: Path) -> list[Entry]:
    """Fill the empty folder `root`; the entries that this file system can hold."""
    made = []
    for entry in ENTRIES:
        path = root / entry.name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            entry.make(path)
        except OSError:  # a name that this system does not allow
            continue
        made.append(entry)
    return made


def _turned(orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return encoded(photo(), "JPEG", exif=exif)


def _frames() -> list[Image.Image]:
    return [photo().rotate(angle) for angle in (0, 90, 180)]


def _animated(kind: str) -> bytes:
    first, *rest = _frames()
    return encoded(first, kind, save_all=True, append_images=rest)


def _pages() -> bytes:
    first, *rest = _frames()
    return encoded(first, "TIFF", save_all=True, append_images=rest)


def _palette() -> bytes:
    picture = photo().quantize(16)
    return encoded(picture, "PNG", transparency=3)


def _deep(dtype: str, top: float) -> Image.Image:
    ramp = np.linspace(0, top, 60 * 40).reshape(40, 60)
    return Image.fromarray(ramp.astype(dtype))


def _deep_png_rgb() -> bytes:
    rows = b"".join(b"\0" + np.full((60, 3), 40_000 + y, ">u2").tobytes() for y in range(40))
    header = struct.pack(">IIBBBBB", 60, 40, 16, 2, 0, 0, 0)
    parts = png_chunk(b"IHDR", header), png_chunk(b"IDAT", zlib.compress(rows)), png_chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def _deep_tiff_rgb() -> bytes:
    """16 bits for each of three colors, as scanners write it: Pillow reads that, but does not write it."""
    pixels = np.full((40, 60, 3), 40_000, "<u2").tobytes()
    tags = [
        (256, 3, 1, 60), (257, 3, 1, 40), (258, 3, 3, 0), (259, 3, 1, 1), (262, 3, 1, 2),
        (273, 4, 1, 0), (277, 3, 1, 3), (278, 3, 1, 40), (279, 4, 1, len(pixels)),
    ]  # fmt: skip
    end = 8 + 2 + 12 * len(tags) + 4
    places = {258: end, 273: end + 6}
    directory = b"".join(struct.pack("<HHII", tag, kind, n, places.get(tag, value)) for tag, kind, n, value in tags)
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + directory + bytes(4) + struct.pack("<HHH", 16, 16, 16) + pixels


def _looping_tiff() -> bytes:
    """The directory names itself as the next one, and holds nothing."""
    return b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", 0) + struct.pack("<I", 8) + bytes(64)


def _changed(data: bytes, mark: bytes, offset: int) -> bytes:
    place = data.index(mark) + offset
    return data[:place] + bytes([data[place] ^ 0xFF]) + data[place + 1 :]


def _bad_exif() -> bytes:
    return encoded(photo(), "JPEG", exif=b"Exif\0\0MM\0*\xff\xff\xff\xff" + bytes(range(64)))


def _cmyk(quality: int = 90) -> bytes:
    return encoded(photo(mode="CMYK"), "JPEG", quality=quality)


def _with_profile() -> bytes:
    from PIL import ImageCms

    return encoded(photo(), "JPEG", icc_profile=ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())


def _locked_zip() -> bytes:
    return _zip({"a.jpg": JPEG})


def _zip(files: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return file.getvalue()


def _socket(path: Path) -> None:
    here = Path.cwd()
    os.chdir(path.parent)  # the path of a socket may have 107 bytes only
    try:
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(path.name)
    finally:
        os.chdir(here)


def _write(data: bytes) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(data)


HUGE = 100_000

_CONTENT: list[tuple[str, bytes, str]] = [
    # Fine pictures of every kind.
    ("plain.jpg", JPEG, USED),
    ("plain.png", PNG, USED),
    ("plain.webp", WEBP, USED),
    ("plain.gif", GIF, USED),
    ("plain.bmp", BMP, USED),
    ("plain.tiff", TIFF, USED),
    ("UPPER.JPEG", JPEG, USED),
    # Cut off.
    ("empty.jpg", b"", Reason.EMPTY),
    ("one-byte.png", b"\x89", Reason.NOT_A_PICTURE),
    ("magic-only.jpg", b"\xff\xd8\xff", Reason.TRUNCATED),
    ("cut.jpg", JPEG[: len(JPEG) // 2], Reason.TRUNCATED),
    ("cut-in-header.jpg", JPEG[:100], Reason.TRUNCATED),
    ("cut.png", PNG[: len(PNG) // 2], Reason.TRUNCATED),
    ("cut-in-header.png", PNG[:20], Reason.TRUNCATED),
    ("cut.webp", WEBP[: len(WEBP) // 2], Reason.TRUNCATED),
    ("cut.gif", GIF[: len(GIF) // 2], Reason.TRUNCATED),
    ("cut.bmp", BMP[: len(BMP) // 2], Reason.TRUNCATED),
    ("cut.tiff", TIFF[: len(TIFF) // 2], Reason.TRUNCATED),
    ("cut-in-header.tiff", TIFF[:60], Reason.TRUNCATED),
    # Something else under the name of a picture.
    ("text.jpg", b"Dear diary, today I bought a camera.\n" * 9, Reason.NOT_A_PICTURE),
    ("page.png", b"<!DOCTYPE html><title>404 Not Found</title>", Reason.NOT_A_PICTURE),
    ("document.jpg", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n", Reason.NOT_A_PICTURE),
    ("drawing.png", b'<svg xmlns="http://www.w3.org/2000/svg"/>', Reason.NOT_A_PICTURE),
    ("film.jpg", b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + bytes(99), Reason.NOT_A_PICTURE),
    ("zeros.jpg", bytes(4096), Reason.NOT_A_PICTURE),
    ("bmw.bmp", b"BMW 320d, blue, 2014, one owner", Reason.NOT_A_PICTURE),
    ("archive.jpg", _zip({"a.jpg": JPEG}), Reason.NOT_A_PICTURE),
    ("phone.heic", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(99), Reason.CORRUPT),
    ("layers.jpg", b"8BPS\0\1" + bytes(99), Reason.UNSUPPORTED),
    # Damaged.
    ("bad-header-crc.png", _changed(PNG, b"IHDR", 17), Reason.CORRUPT),
    ("bad-data.png", _changed(PNG, b"IDAT", 200), Reason.CORRUPT),
    ("no-size.png", png(0, 0, b""), Reason.CORRUPT),
    ("no-frames.gif", b"GIF89a\x10\0\x10\0\x80\0\0" + bytes(6) + b";", Reason.CORRUPT),
    ("loop.tiff", _looping_tiff(), Reason.CORRUPT),
    ("bad-tables.jpg", JPEG[:160] + bytes(200) + JPEG[360:], Reason.CORRUPT),
    # Bombs.
    ("huge.png", png(HUGE, HUGE, b""), Reason.BOMB),
    ("huge-and-whole.png", png(20_000, 20_000, bytes(1 << 20)), Reason.BOMB),
    ("text-bomb.png", png(8, 8, bytes(72), png_chunk(b"zTXt", b"k\0\0" + zlib.compress(bytes(1 << 27)))), Reason.BOMB),
    ("huge.bmp", BMP[:18] + struct.pack("<ii", HUGE, HUGE) + BMP[26:], Reason.BOMB),
    ("huge.gif", GIF[:6] + struct.pack("<HH", 65_535, 65_535) + GIF[10:], Reason.BOMB),
    # Every mode.
    ("one-bit.png", encoded(photo(mode="1"), "PNG"), USED),
    ("gray.jpg", encoded(photo(mode="L"), "JPEG"), USED),
    ("gray-alpha.png", encoded(photo(mode="LA"), "PNG"), USED),
    ("alpha.png", encoded(photo(mode="RGBA"), "PNG"), USED),
    ("alpha.webp", encoded(photo(mode="RGBA"), "WEBP"), USED),
    ("palette-transparent.png", _palette(), USED),
    ("cmyk.jpg", _cmyk(), USED),
    ("cmyk.tiff", encoded(photo(mode="CMYK"), "TIFF"), USED),
    ("lab.tiff", encoded(photo(mode="LAB"), "TIFF"), USED),
    ("ycbcr.tiff", encoded(photo(mode="YCbCr"), "TIFF"), USED),
    ("deep.png", encoded(_deep("uint16", 65_535), "PNG"), USED),
    ("deep.tiff", encoded(_deep("uint16", 65_535), "TIFF"), USED),
    ("deep-color.png", _deep_png_rgb(), USED),
    ("deep-color.tiff", _deep_tiff_rgb(), USED),
    ("integer.tiff", encoded(_deep("int32", 255), "TIFF"), USED),
    ("float.tiff", encoded(_deep("float32", 1), "TIFF"), USED),
    ("temperature.tiff", encoded(_deep("float32", -273), "TIFF"), Reason.UNSUPPORTED),
    ("nan.tiff", encoded(_deep("float32", np.nan), "TIFF"), Reason.UNSUPPORTED),
    # Odd, but fine.
    *((f"turned-{orientation}.jpg", _turned(orientation), USED) for orientation in range(1, 9)),
    ("turned-99.jpg", _turned(99), USED),
    ("bad-exif.jpg", _bad_exif(), USED),
    ("animated.gif", _animated("GIF"), USED),
    ("animated.webp", _animated("WEBP"), USED),
    ("animated.png", _animated("PNG"), USED),
    ("pages.tiff", _pages(), USED),
    ("two-in-one.jpg", _animated("MPO"), USED),
    ("progressive.jpg", encoded(photo(), "JPEG", progressive=True), USED),
    ("profile.jpg", _with_profile(), USED),
    ("garbage-behind.jpg", JPEG + b"<script>" * 999, USED),
    ("no-end.png", PNG[:-12], USED),
    ("png-inside.jpg", PNG, USED),
    ("jpeg-inside.dat", JPEG, USED),
    ("jpeg-inside.txt", JPEG, USED),
    ("no-extension", JPEG, USED),
    ("dot-at-the-end.", JPEG, USED),
    ("1x1.png", encoded(photo(1, 1), "PNG"), USED),
    ("1x5000.png", encoded(photo(1, 5000), "PNG"), USED),
    ("5000x1.jpg", encoded(photo(5000, 1), "JPEG"), USED),
    # Names.
    ("ünïcödé – 写真.jpg", JPEG, USED),
    ("📷🌅.jpg", JPEG, USED),
    ("two\nlines.jpg", JPEG, USED),
    ("tab\tand 'quotes' \"and\" back\\slash.jpg", JPEG, USED),
    ("long" * 60 + ".jpg", JPEG, USED),
    ("-rf.jpg", JPEG, USED),
    ("a,b;c.jpg", JPEG, USED),
    ("deep/" * 40 + "nested.jpg", JPEG, USED),
    # No pictures, and no claim to be.
    ("notes.txt", b"remember the milk", IGNORED),
    ("list.csv", b"name,label\na.jpg,cat\n", IGNORED),
    ("README", b"read me", IGNORED),
    ("nothing", b"", IGNORED),
    ("film.mp4", b"\0\0\0\x18ftypmp42", IGNORED),
    ("pictures.zip", _zip({"a.jpg": JPEG}), IGNORED),
    ("drawing.svg", b"<svg/>", IGNORED),
    (".DS_Store", b"\0\0\0\1Bud1", IGNORED),
    ("._plain.jpg", b"\0\5\x16\7", IGNORED),
    (".hidden.jpg", JPEG, IGNORED),
    ("Thumbs.db", b"\xd0\xcf\x11\xe0", IGNORED),
    ("__MACOSX/._a.jpg", b"\0\5\x16\7", IGNORED),
    (".thumbnails/small.jpg", JPEG, IGNORED),
]

ENTRIES = [Entry(name, _write(data), expected, name) for name, data, expected in _CONTENT] + [
    Entry(os.fsdecode(b"caf\xe9.jpg"), _write(JPEG), USED, "caf\\xe9.jpg"),
    Entry("folder.jpg/inside.jpg", _write(JPEG), USED, "folder.jpg/inside.jpg"),
    Entry("empty-folder.jpg", lambda path: path.mkdir(), IGNORED, "empty-folder.jpg"),
    Entry("dangling.jpg", lambda path: path.symlink_to("gone.jpg"), Reason.UNREADABLE, "dangling.jpg"),
    Entry("dangling.txt", lambda path: path.symlink_to("gone.txt"), IGNORED, "dangling.txt"),
    Entry("itself.jpg", lambda path: path.symlink_to("itself.jpg"), Reason.UNREADABLE, "itself.jpg"),
    Entry("link.jpg", lambda path: path.symlink_to("plain.jpg"), USED, "link.jpg"),
    Entry("loop/back", lambda path: path.symlink_to(".."), IGNORED, "loop/back"),
    Entry("pipe.jpg", lambda path: os.mkfifo(path), Reason.UNREADABLE, "pipe.jpg"),
    Entry("pipe", lambda path: os.mkfifo(path), IGNORED, "pipe"),
    Entry("socket.jpg", _socket, Reason.UNREADABLE, "socket.jpg"),
]
