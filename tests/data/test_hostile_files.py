"""Files made to harm: each ends in one line, or in pictures and a list of what could not be used; none in a crash."""

import gzip
import io
import pickle
import struct
import subprocess
import sys
import tarfile
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dcgan.data.decode import DecodeOptions, decode_content
from dcgan.data.items import Reason, Skipped
from dcgan.data.packed import PackedSet, is_packed_set
from dcgan.data.pickles import unpickle
from dcgan.data.prepare import prepare
from dcgan.data.prepare_options import PrepareOptions
from dcgan.data.sources import open_source
from dcgan.errors import DcganError, PackedSetError, SourceError
from dcgan.training.recipe import read_toml

PICTURE = np.random.default_rng(0).integers(0, 256, (16, 16, 3), np.uint8)


def png() -> bytes:
    content = io.BytesIO()
    Image.fromarray(PICTURE).save(content, "PNG")
    return content.getvalue()


def npy_header(shape: str, dtype: str = "|u1") -> bytes:
    text = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}}}".encode()
    text += b" " * (-(len(text) + 11) % 64) + b"\n"
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(text)) + text


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.npy", npy_header("(5, 10**30, 8, 3)".replace("10**30", "1" + "0" * 30)) + bytes(960), "which no array has"),
        ("a.npy", npy_header("(-5, 8, 8, 3)") + bytes(960), "which no array has"),
        ("a.npy", npy_header("(5, -8, -8, 3)") + bytes(960), "which no array has"),
        ("a.npy", npy_header("(5, 90000, 90000, 3)") + bytes(960), "MB for each picture"),
        ("images-idx3-ubyte", b"\0\0\x08\x03" + b"\xff" * 12 + bytes(400), "MB for each picture"),
        ("images-idx3-ubyte.gz", gzip.compress(b"\0\0\x08\x03" + b"\xff" * 12, mtime=0), "MB for each picture"),
    ],
)
def test_a_header_that_claims_the_impossible_is_refused(
    name: str, content: bytes, message: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SourceError, match=message):
        open_source(tmp_path / name)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (np.ndarray((4,), "S0"), "which is empty"),
        (np.array([0, 2**31, 3, 4], "<u4").view("<U1"), "not valid Unicode"),
        (np.array([0, 1, 2, 0.5]), "whole numbers, not float64"),
        (np.array([0, 1, 2, np.nan]), "whole numbers, not float64"),
        (np.zeros(4, complex), "whole numbers, not complex128"),
        (np.zeros(4, "M8[s]"), "whole numbers, not datetime64"),
        (np.zeros((4, 0)), "one whole number or text"),
    ],
)
def test_labels_of_no_use_are_refused_with_their_type(labels: np.ndarray, message: str, tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", images=np.stack([PICTURE] * 4), labels=labels)
    with pytest.raises(SourceError, match=message):
        open_source(tmp_path / "a.npz")


def test_whole_numbers_are_labels_whatever_their_type(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", images=np.stack([PICTURE] * 3), labels=np.array([3.0, 1.0, 2.0]))
    assert [item.label for item in open_source(tmp_path / "a.npz")] == ["3", "1", "2"]


def zip_of(path: Path, names: tuple[str, ...] = ("a.png", "b.png")) -> bytearray:
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, png())
    return bytearray(path.read_bytes())


def of_an_unknown_version(content: bytearray) -> bytearray:
    directory = content.index(b"PK\1\2")
    content[directory + 6 : directory + 8] = struct.pack("<H", 99)
    return content


def with_names_in_no_encoding(content: bytearray) -> bytearray:
    directory = content.index(b"PK\1\2")
    content[directory + 8 : directory + 10] = struct.pack("<H", 1 << 11)  # "it is UTF-8"
    content[directory + 46 : directory + 47] = b"\xff"
    return content


@pytest.mark.parametrize("damage", [of_an_unknown_version, with_names_in_no_encoding])
def test_of_a_zip_with_a_damaged_directory_the_pictures_are_used(
    damage: Callable[[bytearray], bytearray], tmp_path: Path
) -> None:
    (tmp_path / "a.zip").write_bytes(damage(zip_of(tmp_path / "a.zip")))
    report = prepare(tmp_path / "a.zip", tmp_path / "packed", PrepareOptions(size=16))
    assert report.used == 2
    assert report.skipped == {"corrupt": 1}
    assert "the archive's directory is damaged" in (tmp_path / "packed" / "skipped.csv").read_text()


def test_headers_of_headers_of_headers_end_a_tar(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "a.tar", "w", format=tarfile.GNU_FORMAT) as archive:
        info = tarfile.TarInfo("a.png")
        info.size = len(png())
        archive.addfile(info, io.BytesIO(png()))
    content = (tmp_path / "a.tar").read_bytes()
    member = content[: 512 + -(-len(png()) // 512) * 512]
    long_name = tarfile.TarInfo("././@LongLink")
    long_name.type, long_name.size = tarfile.GNUTYPE_LONGNAME, 5
    header = long_name.tobuf(tarfile.GNU_FORMAT) + b"name\0".ljust(512, b"\0")
    (tmp_path / "a.tar").write_bytes(member + header * 3000)
    report = prepare(tmp_path / "a.tar", tmp_path / "packed", PrepareOptions(size=16))
    assert report.used == 1
    assert report.skipped == {"truncated": 1}


def test_a_header_of_gigabytes_is_not_held_in_memory(tmp_path: Path) -> None:
    long_header = tarfile.TarInfo("pax")
    long_header.type, long_header.size = tarfile.XHDTYPE, 3 << 30
    info = tarfile.TarInfo("a.png")
    info.size = len(png())
    picture = info.tobuf() + png().ljust(-(-len(png()) // 512) * 512, b"\0")
    (tmp_path / "a.tar").write_bytes(picture + long_header.tobuf(tarfile.PAX_FORMAT) + bytes(4096))
    report = prepare(tmp_path / "a.tar", tmp_path / "packed", PrepareOptions(size=16))
    assert report.used == 1
    assert "a header of 3072 MB" in (tmp_path / "packed" / "skipped.csv").read_text()


def test_what_expands_without_measure_is_skipped_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dcgan.data.archives._SMALL", 1 << 20)
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr("a.png", png())
        with archive.open("bomb.jpg", "w") as file:
            file.write(b"\xff\xd8\xff\xe0")
            for _ in range(3):
                file.write(bytes(1 << 20))
    report = prepare(tmp_path / "a.zip", tmp_path / "packed", PrepareOptions(size=16))
    assert report.used == 1
    assert report.skipped == {"decompression bomb": 1}
    assert "if you trust it, raise max_expansion" in (tmp_path / "packed" / "skipped.csv").read_text()
    trusting = PrepareOptions(size=16, max_expansion=2000)
    report = prepare(tmp_path / "a.zip", tmp_path / "packed", trusting, overwrite=True)
    assert report.skipped == {"truncated": 1}  # it was read, and is no picture


def test_a_picture_that_memory_does_not_hold_is_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("dcgan.data.decode.Image.fromarray", fails)
    result, digest = decode_content(PICTURE, DecodeOptions())
    assert result == Skipped(Reason.BOMB, "needs more memory than there is")
    assert digest is None


def test_what_looks_like_a_compression_that_needs_gigabytes_is_no_archive(tmp_path: Path) -> None:
    """Of the legacy format of LZMA: a dictionary of 4 GB, in a process that has half of one."""
    (tmp_path / "a.npz").write_bytes(b"\x51" + b"\xff" * 12 + bytes(200))
    code = f"""
import resource
from dcgan.data.sources import open_source
from dcgan.errors import SourceError
import dcgan.data.prepare
pages = int(open("/proc/self/statm").read().split()[0])
resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + (512 << 20),) * 2)
try:
    open_source({str(tmp_path / "a.npz")!r})
except SourceError as error:
    print(error)
"""
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "a.npz is not a source" in result.stdout


def test_an_array_of_python_2_is_read_in_silence(tmp_path: Path, recwarn: pytest.WarningsRecorder) -> None:
    (tmp_path / "a.npy").write_bytes(npy_header("(4L, 8, 8, 3)") + bytes(4 * 8 * 8 * 3))
    assert open_source(tmp_path / "a.npy").total == 4
    assert not recwarn.list


class Array:
    """Pickles as an array of whatever type, shape and content it is given."""

    def __init__(self, shape: object, dtype: np.dtype[np.generic], data: object) -> None:
        self.state = (1, shape, dtype, False, data)

    def __reduce__(self) -> tuple[object, ...]:
        reconstruct = np.empty(0).__reduce__()[0]
        return reconstruct, (np.ndarray, (0,), b"b"), self.state


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (Array((99,), np.dtype("O"), [1]), "an array of Python objects"),
        (Array((99,), np.dtype("u1"), b"few"), r"shape \(99,\) with 3 bytes"),
        (Array((-1,), np.dtype("u1"), b"few"), r"an array of the shape \(-1,\)"),
        (Array((1 << 70,), np.dtype("u1"), b""), "bytes"),
        (np.array([{}], object), "an array of Python objects"),
        (np.zeros(3, [("a", "u1")]), "an array of"),
        (print, "which could run code"),
    ],
)
@pytest.mark.parametrize("protocol", range(5))
def test_a_pickle_of_anything_but_numbers_is_refused(value: object, message: str, protocol: int) -> None:
    data = pickle.dumps({b"data": value}, protocol)
    with pytest.raises(ValueError, match=message):
        unpickle(data)


def test_a_small_pickle_takes_little_memory() -> None:
    """LONG_BINPUT names a place of the memo, which the reader in C makes room for: 32 GB here."""
    tracemalloc.start()
    unpickle(b"\x80\x02}r\xff\xff\xff\x7f.")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1 << 20


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("dtype", ["u1", "<i8", ">i4", "<f4", "?"])
def test_a_pickle_of_arrays_is_read_as_it_was_written(protocol: int, dtype: str) -> None:
    array = np.arange(24).reshape(2, 3, 4).astype(dtype)
    found = unpickle(pickle.dumps({b"data": array, b"turned": array.T, b"labels": [1, 2]}, protocol))
    assert isinstance(found, dict)
    assert np.array_equal(found[b"data"], array)
    assert np.array_equal(found[b"turned"], array.T)
    assert found[b"labels"] == [1, 2]


def test_a_reader_that_fails_in_any_other_way_ends_in_a_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    np.save(tmp_path / "a.npy", np.stack([PICTURE] * 4))

    def fail(*_: object) -> None:
        raise SystemError("whatever a library makes of it")

    with monkeypatch.context() as patch:
        patch.setattr("numpy.lib.format.read_magic", fail)
        with pytest.raises(SourceError, match=r"a\.npy cannot be read: whatever a library makes of it"):
            open_source(tmp_path / "a.npy")
    source = open_source(tmp_path / "a.npy")
    monkeypatch.setattr("numpy.frombuffer", fail)
    (item,) = source
    assert "reading ended here: whatever a library makes of it" in str(item.content)


DEEP = "[" * 20_000 + "]" * 20_000
LONG = "9" * 10_000


@pytest.mark.parametrize("text", [DEEP, f'{{"a": {LONG}}}', f'{{"a": {DEEP}}}'])
def test_json_and_toml_without_end_are_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "dataset.json").write_text(text)
    assert not is_packed_set(tmp_path / "set")
    with pytest.raises(PackedSetError, match=r"dataset\.json"):
        PackedSet.open(tmp_path / "set")
    (tmp_path / "recipe.toml").write_text(f"lr = {text}" if text == DEEP else f"lr = {LONG}")
    with pytest.raises(DcganError, match=r"recipe\.toml"):
        read_toml(tmp_path / "recipe.toml")


def test_a_folder_with_a_deep_dataset_json_is_a_folder(tmp_path: Path) -> None:
    (tmp_path / "dataset.json").write_text(DEEP)
    (tmp_path / "a.png").write_bytes(png())
    assert len(list(open_source(tmp_path))) == 1
