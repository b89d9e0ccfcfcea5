"""Picture formats, recognized by their first bytes: names and extensions lie too often."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

HEAD_BYTES = 32
"""How many first bytes `sniff` needs."""

READ = ("JPEG", "PNG", "WebP", "GIF", "BMP", "TIFF")
"""The formats that are always decoded."""
OPTIONAL = ("AVIF", "HEIC", "JPEG XL")
"""Those that are decoded where the extra `formats` is installed."""

EXTENSIONS = frozenset(
    {".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".apng", ".webp", ".gif", ".bmp", ".dib", ".tif", ".tiff"}
    | {".avif", ".heic", ".heif", ".jxl"}
)
"""Extensions of such pictures: a file that has one and is no picture counts as skipped, others are ignored."""

_BMP_HEADERS = {12, 16, 40, 52, 56, 64, 108, 124}  # bytes of the header that follows the file header, by version
_AVIF_BRANDS = {b"avif", b"avis"}
_HEIC_BRANDS = {b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1"}  # the last two: with others beside


def _is_bmp(head: bytes) -> bool:  # "BM" alone begins many a text
    return head.startswith(b"BM") and int.from_bytes(head[14:18], "little") in _BMP_HEADERS


def _brands(head: bytes) -> set[bytes]:
    """What a file of boxes calls itself: its brand, and those that it is compatible with."""
    return {head[start : start + 4] for start in (8, *range(16, len(head), 4))} if head[4:8] == b"ftyp" else set()


def _is_avif(head: bytes) -> bool:
    return bool(_brands(head) & _AVIF_BRANDS)


def _is_heic(head: bytes) -> bool:
    return head[8:12] in _HEIC_BRANDS and head[4:8] == b"ftyp" and not _is_avif(head)


_SIGNATURES: dict[str, Callable[[bytes], bool]] = {
    "JPEG": lambda head: head.startswith(b"\xff\xd8\xff"),
    "PNG": lambda head: head.startswith(b"\x89PNG\r\n\x1a\n"),
    "WebP": lambda head: head.startswith(b"RIFF") and head[8:12] == b"WEBP",
    "GIF": lambda head: head.startswith((b"GIF87a", b"GIF89a")),
    "BMP": _is_bmp,
    "TIFF": lambda head: head.startswith((b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")),
    "AVIF": _is_avif,
    "HEIC": _is_heic,
    "JPEG XL": lambda head: head.startswith((b"\xff\x0a", b"\0\0\0\x0cJXL ")),
    # Pictures that are not read: "unsupported" says more than "not a picture".
    "JPEG 2000": lambda head: head.startswith((b"\0\0\0\x0cjP  ", b"\xff\x4f\xff\x51")),
    "Photoshop": lambda head: head.startswith(b"8BPS"),
}


def sniff(head: bytes) -> str | None:
    """The picture format that begins with `head` (`HEAD_BYTES` bytes, or the whole of a shorter file), or None.

    Formats that are in neither `READ` nor `OPTIONAL` are named too.
    """
    return next((name for name, matches in _SIGNATURES.items() if matches(head)), None)


def is_truncated(data: bytes, name: str) -> bool:
    """Whether a picture that could not be decoded is truncated: `name` is its format, as `sniff` names it."""
    match name:
        case "JPEG":
            return b"\xff\xd9" not in data[-4096:]
        case "PNG":
            return b"IEND" not in data[-4096:]
        case "GIF":
            return not data.rstrip(b"\0").endswith(b";")
        case "WebP":
            return int.from_bytes(data[4:8], "little") + 8 > len(data)
        case "BMP":
            return int.from_bytes(data[2:6], "little") > len(data)
        case "TIFF":
            order: Literal["big", "little"] = "big" if data.startswith(b"MM") else "little"
            directory = int.from_bytes(data[4:8], order)
            entries = int.from_bytes(data[directory : directory + 2], order)
            return directory + 2 + 12 * entries > len(data)
    return False


@dataclass(frozen=True)
class MediaKind:
    """A kind of files that a folder or archive is searched for."""

    noun: str
    """What messages call one of them."""
    extensions: frozenset[str]
    """A file that has one of these and is none of the kind counts as skipped, others are ignored."""
    read: Sequence[str]
    """The formats, for messages."""
    begins_one: Callable[[bytes], bool]
    """Whether a file that begins so (`HEAD_BYTES` bytes) is one of them, whatever its extension."""


def _begins_sound(head: bytes) -> bool:
    if head[:4] == b"RIFF":
        return head[8:12] == b"WAVE"
    return head.startswith((b"fLaC", b"OggS", b"ID3")) or (head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"))


_MP4_BRANDS = (b"iso", b"mp4", b"avc", b"M4V", b"qt ", b"3gp", b"das")  # and QuickTime's, of whatever version
_ASF, _MPEG_SYSTEM, _MPEG_VIDEO = b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", b"\0\0\x01\xba", b"\0\0\x01\xb3"


def _begins_video(head: bytes) -> bool:
    if head[4:8] == b"ftyp":
        return head[8:11] in _MP4_BRANDS
    if head[:4] == b"RIFF":
        return head[8:12] == b"AVI "
    return head.startswith((b"\x1a\x45\xdf\xa3", b"FLV\x01", _ASF, _MPEG_SYSTEM, _MPEG_VIDEO))


PICTURE_FILES = MediaKind("picture", EXTENSIONS, READ, lambda head: sniff(head) is not None)
SOUND_FILES = MediaKind(
    "sound",
    frozenset({".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aif", ".aiff", ".m4a", ".m4p", ".aac", ".wma"}),
    ("WAV", "FLAC", "Ogg", "MP3", "AIFF"),
    _begins_sound,
)
VIDEO_FILES = MediaKind(
    "video",
    frozenset(
        {".mp4", ".m4v", ".mov", ".3gp", ".mkv", ".webm", ".avi", ".flv", ".wmv", ".asf", ".mpg", ".mpeg", ".m2v"}
        | {".mts", ".m2ts", ".ogv"}
    ),
    ("MP4", "QuickTime", "Matroska", "WebM", "AVI", "FLV", "WMV", "MPEG"),
    _begins_video,
)
