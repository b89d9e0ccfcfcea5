"""Archives give what a folder of the same files would; broken ones give what can be read and say where they break."""

import io
import lzma
import os
import tarfile
import zipfile
from pathlib import Path

import pytest
from tests.data.pictures import BMP, JPEG, PNG

from dcgan.data.items import Item, Reason, Skipped
from dcgan.data.sources import open_source
from dcgan.errors import SourceError

FILES = {
    "cat/1.jpg": JPEG,
    "cat/2.png": PNG,
    "dog/3.jpg": JPEG,
    "notes.txt": b"hello",
    ".DS_Store": b"?",
    "__MACOSX/cat/._1.jpg": b"?",
    "dog/without extension": PNG,
}
PICTURES = {name: data for name, data in FILES.items() if "/" in name and not name.startswith("__")}
LABELS = {name: name.split("/")[0] for name in PICTURES}
TARS = [".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz"]


def make_zip(path: Path, files: dict[str, bytes] = FILES, method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def make_tar(path: Path, files: dict[str, bytes] = FILES) -> Path:
    compression = {".gz": ":gz", ".tgz": ":gz", ".bz2": ":bz2", ".xz": ":xz"}.get(path.suffix, "")
    with tarfile.open(path, f"w{compression}") as archive:  # type: ignore[call-overload]
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return path


def contents(path: Path) -> dict[str, object]:
    return {item.name: item.content for item in open_source(path)}


def reasons(path: Path) -> dict[str, Reason]:
    return {item.name: item.content.reason for item in open_source(path) if isinstance(item.content, Skipped)}


def cut(path: Path, keep: float) -> Path:
    os.truncate(path, int(path.stat().st_size * keep))
    return path


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_zip_gives_what_the_folder_would(tmp_path: Path, method: int) -> None:
    source = open_source(make_zip(tmp_path / "a.zip", method=method))
    assert list(source) == [Item(name, PICTURES[name], LABELS[name]) for name in sorted(PICTURES)]
    assert list(source) == list(source)
    assert source.total == len(PICTURES)
    assert source.ignored == {".txt": 1, "hidden": 2}


@pytest.mark.parametrize("suffix", TARS)
def test_a_tar_gives_the_same_in_its_own_order(tmp_path: Path, suffix: str) -> None:
    source = open_source(make_tar(tmp_path / f"a{suffix}"))
    assert list(source) == [Item(name, data, LABELS[name]) for name, data in PICTURES.items()]
    assert list(source) == list(source)
    assert source.total == len(PICTURES)
    assert source.ignored == {".txt": 1, "hidden": 2}


def test_the_name_of_an_archive_does_not_matter(tmp_path: Path) -> None:
    make_zip(tmp_path / "a.zip").rename(tmp_path / "zipped")
    make_tar(tmp_path / "a.tar.gz").rename(tmp_path / "tarred.zip")
    assert contents(tmp_path / "zipped") == contents(tmp_path / "tarred.zip") == PICTURES


def test_names_that_climb_out_are_only_names(tmp_path: Path) -> None:
    files = {"../../evil.jpg": JPEG, "/etc/evil.png": PNG, "C:\\evil.jpg": JPEG}
    (tmp_path / "in").mkdir()
    assert contents(make_zip(tmp_path / "in" / "a.zip", files)) == files
    assert contents(make_tar(tmp_path / "in" / "a.tar", files)).keys() == files.keys()
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["a.tar", "a.zip", "in"]


def test_names_in_no_known_encoding_are_escaped(tmp_path: Path) -> None:
    assert contents(make_tar(tmp_path / "a.tar", {os.fsdecode(b"caf\xe9.jpg"): JPEG})) == {"caf\\xe9.jpg": JPEG}


def test_archives_without_pictures_say_what_they_hold(tmp_path: Path) -> None:
    only_text = {"a.txt": b"?", "b.txt": b"?"}
    for path in (make_zip(tmp_path / "a.zip", only_text), make_tar(tmp_path / "a.tgz", only_text)):
        with pytest.raises(SourceError, match=r"holds 2 files, none of them a picture: 2 \.txt"):
            open_source(path)
    with pytest.raises(SourceError, match="holds no files"):
        open_source(make_zip(tmp_path / "empty.zip", {}))


# Broken archives


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("keep", [0.3, 0.6, 0.95])
def test_of_a_truncated_zip_the_whole_members_are_used(tmp_path: Path, method: int, keep: float) -> None:
    files = {f"{n}.bmp": BMP for n in range(10)}
    found = contents(cut(make_zip(tmp_path / "a.zip", files, method), keep))
    whole = [name for name, content in found.items() if content == BMP]
    assert len(whole) in (int(keep * 10) - 1, int(keep * 10))
    assert list(found)[-1] == "a.zip"
    skipped = [content for content in found.values() if isinstance(content, Skipped)]
    assert {skipped.reason for skipped in skipped} == {Reason.TRUNCATED}
    assert "is truncated" in skipped[-1].detail


def test_a_cut_off_zip_that_was_written_to_a_pipe_is_read_recovered_too(tmp_path: Path) -> None:
    class Pipe(io.BytesIO):
        def seek(self, *_: int) -> int:
            raise OSError("a pipe")

        tell = seek

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:  # the sizes follow behind the data
        for n in range(4):
            archive.writestr(f"{n}.bmp", BMP)
    (tmp_path / "a.zip").write_bytes(pipe.getvalue()[:-200])
    found = contents(tmp_path / "a.zip")
    assert [name for name, content in found.items() if content == BMP] == ["0.bmp", "1.bmp", "2.bmp", "3.bmp"]


@pytest.mark.parametrize("suffix", TARS)
@pytest.mark.parametrize("keep", [0.5, 0.8])
def test_of_a_truncated_tar_the_whole_members_are_used(tmp_path: Path, suffix: str, keep: float) -> None:
    noise = {f"{n}.bmp": BMP[:54] + os.urandom(len(BMP) - 54) for n in range(300)}
    found = contents(cut(make_tar(tmp_path / f"a{suffix}", noise), keep))
    whole = {name: content for name, content in found.items() if isinstance(content, bytes)}
    assert whole.items() <= noise.items()
    assert len(whole) > 50
    *_, (name, skipped) = found.items()
    assert name == f"a{suffix}"
    assert isinstance(skipped, Skipped)
    assert skipped.reason == Reason.TRUNCATED


def test_a_tar_with_a_damaged_header_in_the_middle_says_so(tmp_path: Path) -> None:
    path = make_tar(tmp_path / "a.tar", {f"{n}.bmp": BMP for n in range(3)})
    data = bytearray(path.read_bytes())
    second = data.index(b"1.bmp")
    data[second + 148 : second + 156] = b"99999999"  # its checksum
    path.write_bytes(data)
    assert contents(path)["0.bmp"] == BMP
    assert reasons(path) == {"a.tar": Reason.TRUNCATED}


def test_encrypted_members_are_skipped(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "a.zip", {"locked.jpg": JPEG, "open.jpg": JPEG}, zipfile.ZIP_STORED)
    data = bytearray(path.read_bytes())
    for mark, flags in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        data[data.index(mark) + flags] |= 1
    path.write_bytes(data)
    assert contents(path)["open.jpg"] == JPEG
    assert reasons(path) == {"locked.jpg": Reason.ENCRYPTED}
    path.write_bytes(data[: data.rindex(b"PK\5\6")])  # and without the end of the archive
    assert reasons(path) == {"locked.jpg": Reason.ENCRYPTED, "a.zip": Reason.TRUNCATED}


def test_a_damaged_member_is_skipped(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "a.zip", {"1.jpg": JPEG, "2.jpg": JPEG}, zipfile.ZIP_STORED)
    data = bytearray(path.read_bytes())
    data[200] ^= 0xFF
    path.write_bytes(data)
    assert reasons(path) == {"1.jpg": Reason.CORRUPT}


def test_an_unknown_compression_is_skipped(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "a.zip", {"1.jpg": JPEG, "2.jpg": JPEG}, zipfile.ZIP_STORED)
    data = bytearray(path.read_bytes())
    data[8] = data[data.index(b"PK\1\2") + 10] = 97
    path.write_bytes(data)
    assert reasons(path) == {"1.jpg": Reason.UNSUPPORTED}


def test_a_zip_bomb_is_skipped_without_being_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("1.jpg", JPEG)
        with archive.open("bomb.jpg", "w", force_zip64=True) as member:
            member.write(b"\xff\xd8\xff")
            for _ in range(520):
                member.write(bytes(1 << 20))
    assert path.stat().st_size < 1 << 20
    assert reasons(path) == {"bomb.jpg": Reason.BOMB}


def test_links_and_devices_in_a_tar_are_not_followed(tmp_path: Path) -> None:
    path = tmp_path / "a.tar"
    with tarfile.open(path, "w") as archive:
        archive.add(__file__, "first.py")
        for name, kind in (("link.jpg", tarfile.SYMTYPE), ("hard.jpg", tarfile.LNKTYPE), ("dev.jpg", tarfile.CHRTYPE)):
            member = tarfile.TarInfo(name)
            member.type, member.linkname = kind, "/etc/passwd"
            archive.addfile(member)
    assert set(reasons(path).values()) == {Reason.UNSUPPORTED}
    assert len(reasons(path)) == 3


def test_a_file_that_only_begins_like_an_archive_is_explained(tmp_path: Path) -> None:
    for name, data in (("a.zip", b"PK\3\4"), ("b.zip", b"PK\3\4" + bytes(99)), ("c.tar.xz", lzma.compress(b"hello"))):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(SourceError):
            open_source(tmp_path / name)
