"""Several sources as one, and lists of files."""

import os
from pathlib import Path

import numpy as np
import pytest
from tests.data.pictures import JPEG, PNG
from tests.data.test_archives import make_tar

import dcgan
from dcgan.cli import app
from dcgan.data.joined import expand
from dcgan.data.packed import PackedSet
from dcgan.data.prepare_options import PrepareOptions
from dcgan.data.sources import open_source
from dcgan.errors import DcganError, SourceError


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DCGAN_CACHE", str(tmp_path / "cache"))


def write(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(JPEG)
    return folder


def names(source: object) -> list[str]:
    return [item.name for item in open_source(source)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("pattern", "paths"),
    [
        ("plain.tar", ["plain.tar"]),
        ("s-{008..011}.tar", ["s-008.tar", "s-009.tar", "s-010.tar", "s-011.tar"]),
        ("{a,b}/{0..1}", ["a/0", "a/1", "b/0", "b/1"]),
        ("{a}", ["a"]),
        ("{5..3}", ["5", "4", "3"]),
        ("{10..8}", ["10", "9", "8"]),
        ("{9..011}", ["009", "010", "011"]),
    ],
)
def test_braces_are_expanded_as_a_shell_does(pattern: str, paths: list[str]) -> None:
    assert expand(pattern) == paths


def test_patterns_without_end_are_refused() -> None:
    for pattern in ("{0..99999999999}", "{99999999999..0}", "{0..999}{0..999}"):
        with pytest.raises(SourceError, match="more than 100,000 paths"):
            expand(pattern)


def test_shards_are_one_source(tmp_path: Path) -> None:
    for number in range(3):
        make_tar(tmp_path / f"s-{number:02}.tar")
    alone = names(tmp_path / "s-00.tar")
    for given in (f"{tmp_path}/s-{{00..02}}.tar", f"{tmp_path}/s-*.tar"):
        assert names(given) == [f"s-{number:02}.tar/{name}" for number in range(3) for name in alone]


def test_folders_in_a_list_keep_their_own_labels(tmp_path: Path) -> None:
    first, second = write(tmp_path / "a", "cat/1.jpg", "dog/1.jpg"), write(tmp_path / "b", "1.jpg")
    source = open_source([first, str(second)])
    assert [(item.name, item.label) for item in source] == [
        ("a/cat/1.jpg", "cat"), ("a/dog/1.jpg", "dog"), ("b/1.jpg", None)
    ]  # fmt: skip
    assert source.total == 3
    assert source.description == f"folder {first}, folder {second}"


def test_folders_of_one_name_are_told_apart(tmp_path: Path) -> None:
    parts = [write(tmp_path / year / "photos", "1.jpg") for year in ("2023", "2024")]
    assert names(parts) == ["2023/photos/1.jpg", "2024/photos/1.jpg"]
    with pytest.raises(SourceError, match="is named twice"):
        open_source([parts[0], parts[0]])


def test_a_part_that_is_missing_is_named(tmp_path: Path) -> None:
    write(tmp_path / "a", "1.jpg")
    with pytest.raises(SourceError, match="nowhere"):
        open_source([tmp_path / "a", tmp_path / "nowhere"])
    with pytest.raises(SourceError, match=r"there is no such file or folder"):
        open_source(f"{tmp_path}/*.tar")


def test_the_cache_knows_when_a_part_changes(tmp_path: Path) -> None:
    parts = [write(tmp_path / "a", "1.jpg"), write(tmp_path / "b", "1.jpg")]
    packed = dcgan.open_pictures(parts, size=16)
    assert dcgan.open_pictures(parts, size=16).path == packed.path
    write(tmp_path / "b", "2.jpg")
    assert len(dcgan.open_pictures(parts, size=16)) == 3


def test_the_command_line_takes_several_before_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    parts = [str(write(tmp_path / "a", "1.jpg")), str(write(tmp_path / "b", "1.jpg", "2.jpg"))]
    app(["prepare", *parts, str(tmp_path / "packed"), "--size", "16"])
    assert PackedSet.open(tmp_path / "packed").names == ["a/1.jpg", "b/1.jpg", "b/2.jpg"]
    app(["split", *parts, str(tmp_path / "parts"), "--size", "16", "--train", "0.67"])
    assert len(PackedSet.open(tmp_path / "parts" / "train")) == 2


def test_classes_beside_the_pictures_of_a_shard_are_their_labels(tmp_path: Path) -> None:
    long = "Pseudocheirus peregrinus occidentalis"
    members = {
        "0001.jpg": JPEG,
        "0001.cls": b"7",
        "0002.png": PNG,
        "0002.cls": f"{long}\n".encode(),
        "0003.jpg": JPEG,
    }
    make_tar(tmp_path / "s.tar", members)
    source = open_source(tmp_path / "s.tar")
    assert [(item.name, item.label) for item in source] == [("0001.jpg", "7"), ("0002.png", long), ("0003.jpg", None)]


def test_a_text_lists_paths_from_where_it_lies(tmp_path: Path) -> None:
    write(tmp_path / "pictures", "a.jpg", "b.jpg")
    text = tmp_path / "list.txt"
    text.write_text(
        f"pictures/b.jpg\n\n{tmp_path}/pictures/a.jpg\npictures/none.jpg\npictures/b.jpg\nhttps://x.org/c.jpg\n"
    )
    source = open_source(text)
    assert next(item.name for item in source) == "pictures/b.jpg"
    assert source.ignored == {"empty line": 1, "listed twice": 1}
    report = dcgan.prepare(text, tmp_path / "packed", PrepareOptions(size=16))
    assert (report.used, report.skipped) == (2, {"unreadable": 2})


def test_what_a_list_names_and_is_no_file_is_skipped(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    (tmp_path / "list.txt").write_bytes(f"pipe.jpg\n{tmp_path}\na\0.jpg\n../list.txt\n".encode())
    write(tmp_path, "a.jpg")
    with (tmp_path / "list.txt").open("a") as file:
        file.write("a.jpg\n")
    report = dcgan.prepare(tmp_path / "list.txt", tmp_path / "packed", PrepareOptions(size=16))
    assert (report.used, report.skipped) == (1, {"unreadable": 4})


def test_a_csv_has_paths_and_labels(tmp_path: Path) -> None:
    write(tmp_path, "a.jpg", "b.jpg")
    (tmp_path / "list.csv").write_text("id,File,label\n1,a.jpg,cat\n2,b.jpg,\n")
    assert {item.name: item.label for item in open_source(tmp_path / "list.csv")} == {"a.jpg": "cat", "b.jpg": None}
    (tmp_path / "other.tsv").write_text("where\tclass\na.jpg\tdog\n")
    with pytest.raises(
        SourceError,
        match=r"no column called path, .* it has where, class\. Name the column of the files when you prepare it: "
        r"dcgan prepare SOURCE OUT --column NAME$",
    ):
        open_source(tmp_path / "other.tsv")
    (item,) = open_source(tmp_path / "other.tsv", PrepareOptions(column="where"))
    assert (item.name, item.label) == ("a.jpg", "dog")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.txt", b"", "lists no files"),
        ("a.txt", b"\xff\xfe\x00", "cannot be read"),
        ("a.csv", b"", "it has none"),
        ("a.csv", b'path\n"' + b"x" * 200_000, "cannot be read"),
    ],
)
def test_a_list_of_nothing_is_refused(name: str, content: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SourceError, match=message):
        open_source(tmp_path / name)


@pytest.mark.parametrize(
    ("names", "kinds"),
    [(("a.wav", "b.MP3"), "sounds"), (("a.mp4",), "videos"), (("a.mp4", "b.flac"), "sounds and videos")],
)
def test_a_list_of_sounds_or_videos_says_where_these_are_read_from(
    names: tuple[str, ...], kinds: str, tmp_path: Path
) -> None:
    for name in names:
        (tmp_path / name).write_bytes(b"?")
    lists = {"list.txt": "\n".join(names), "list.csv": "\n".join(["path", *names])}
    remedy = f"{kinds.capitalize()} are read from folders: name theirs, or put them into one"
    for name, text in lists.items():
        (tmp_path / name).write_text(text)
        with pytest.raises(SourceError, match=rf"{name} lists {kinds} and no pictures\. {remedy}$"):
            open_source(tmp_path / name)


def test_sounds_among_the_pictures_of_a_list_are_skipped(tmp_path: Path) -> None:
    write(tmp_path, "a.jpg")
    (tmp_path / "b.wav").write_bytes(b"?")
    (tmp_path / "list.txt").write_text("a.jpg\nb.wav\n")
    report = dcgan.prepare(tmp_path / "list.txt", tmp_path / "packed", PrepareOptions(size=16))
    assert (report.used, report.skipped) == (1, {"not a picture": 1})


def test_a_python_list_of_pictures_is_still_one() -> None:
    assert open_source([np.zeros((8, 8), np.uint8)] * 2).total == 2
    with pytest.raises(DcganError):
        open_source([])
