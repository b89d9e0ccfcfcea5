"""Folders and the registry: which pictures, in which order, with which labels; and the errors when there are none."""

import errno
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from tests.data.pictures import JPEG, PNG

from dcgan.choices import SOURCES, describe_sources
from dcgan.data.cache import open_pictures
from dcgan.data.items import Item, Source
from dcgan.data.kinds import Candidate, SourceKind
from dcgan.data.prepare import prepare
from dcgan.data.prepare_options import PrepareOptions
from dcgan.data.sources import open_source
from dcgan.errors import SourceError, UsageError


def write(root: Path, *names: str, data: bytes = JPEG) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)
    return root


def labels(source: Source) -> dict[str, str | None]:
    return {item.name: item.label for item in source}


def error_of(source: Path | str) -> str:
    with pytest.raises(SourceError) as caught:
        open_source(source)
    return str(caught.value)


def test_a_flat_folder_has_no_labels(tmp_path: Path) -> None:
    source = open_source(write(tmp_path, "b.jpg", "a.jpg"))
    assert list(source) == [Item("a.jpg", tmp_path / "a.jpg"), Item("b.jpg", tmp_path / "b.jpg")]
    assert source.total == 2


def test_sub_folders_are_labels(tmp_path: Path) -> None:
    source = open_source(str(write(tmp_path, "dog/1.jpg", "cat/2.jpg", "cat/young/3.jpg")))
    assert labels(source) == {"cat/2.jpg": "cat", "cat/young/3.jpg": "cat", "dog/1.jpg": "dog"}
    assert [item.name for item in source] == sorted(item.name for item in source)


def test_one_sub_folder_is_a_label_too(tmp_path: Path) -> None:
    assert labels(open_source(write(tmp_path, "cat/1.jpg"))) == {"cat/1.jpg": "cat"}


def test_a_single_folder_around_the_labels_is_none(tmp_path: Path) -> None:
    source = open_source(write(tmp_path, "flowers/rose/1.jpg", "flowers/tulip/2.jpg"))
    assert labels(source) == {"flowers/rose/1.jpg": "rose", "flowers/tulip/2.jpg": "tulip"}


def test_a_picture_beside_the_sub_folders_means_that_they_are_no_labels(tmp_path: Path) -> None:
    source = open_source(write(tmp_path, "cat/1.jpg", "dog/2.jpg", "cover.jpg"))
    assert set(labels(source).values()) == {None}


def test_what_only_pretends_to_be_a_picture_does_not_cost_the_labels(tmp_path: Path) -> None:
    write(tmp_path, "cat/1.jpg", "dog/2.jpg")
    write(tmp_path, "download.jpg", data=b"<html>")
    write(tmp_path, "readme.txt", data=b"hello")
    assert labels(open_source(tmp_path)) == {"cat/1.jpg": "cat", "dog/2.jpg": "dog", "download.jpg": None}


def test_ignored_files_are_counted_by_kind(tmp_path: Path) -> None:
    write(tmp_path, "a.jpg", "b.csv", "c.csv", "notes", ".DS_Store", "__MACOSX/a.jpg", data=b"?")
    write(tmp_path, "real.png", data=PNG)
    assert open_source(tmp_path).ignored == {".csv": 2, "no extension": 1, "hidden": 2}


def test_linked_folders_are_read_once_and_by_their_own_name(tmp_path: Path) -> None:
    write(tmp_path, "zoo/1.jpg")
    (tmp_path / "again").symlink_to("zoo")
    (tmp_path / "zoo" / "up").symlink_to("..")
    source = open_source(tmp_path)
    assert [item.name for item in source] == ["zoo/1.jpg"]
    assert source.ignored == {"link to a folder that is read already": 2}


def test_links_out_of_the_folder_are_followed(tmp_path: Path) -> None:
    write(tmp_path / "disk", "cat/1.jpg")
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "pets").symlink_to(tmp_path / "disk")
    assert [item.name for item in open_source(tmp_path / "here")] == ["pets/cat/1.jpg"]


def test_runs_and_packed_sets_in_a_folder_are_told_by_what_their_files_say(tmp_path: Path) -> None:
    write(tmp_path, "cat/1.jpg", "dog/2.jpg", "run/3.jpg", "set/4.jpg", "set/5.jpg")
    for name, text in {
        "cat/dataset.json": '{"name": "cats of mine"}',
        "dog/run.json": "[]",
        "run/run.json": '{"format": 5, "fingerprint": "0"}',
        "set/dataset.json": '{"format": "dcgan packed set"}',
    }.items():
        (tmp_path / name).write_text(text)
    source = open_source(tmp_path)
    assert [item.name for item in source] == ["cat/1.jpg", "dog/2.jpg"]
    assert source.ignored == {"run or packed set": 2, ".json": 2}


def test_many_folders_that_link_to_each_other_do_not_multiply(tmp_path: Path) -> None:
    for one in range(12):
        write(tmp_path, f"{one}/x.jpg")
        for other in range(12):
            (tmp_path / str(one) / f"to-{other}").symlink_to(tmp_path / str(other))
    assert open_source(tmp_path).total == 12


def test_nothing_there() -> None:
    text = error_of("no/such/place")
    assert text.startswith("no/such/place: no such file or folder. Sources: a folder, ")
    assert "drawn-faces[:COUNT[:SEED]]" in text


def test_a_name_that_is_too_long_for_a_path_is_no_source() -> None:
    for open_ in (open_source, open_pictures):
        with pytest.raises(SourceError, match=r"^x+: no such file or folder"):
            open_("x" * 300)


def test_what_lies_in_a_folder_that_may_not_be_read_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Path) -> bool:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "exists", refuse)
    with pytest.raises(SourceError, match=r"photos cannot be read: Permission denied$"):
        open_source(tmp_path / "photos")


def test_what_begins_nearly_as_a_compressed_file_is_none(tmp_path: Path) -> None:
    write(tmp_path, "BZ1.jpg")
    (tmp_path / "list.txt").write_text("BZ1.jpg\n")
    assert [item.name for item in open_source(tmp_path / "list.txt")] == ["BZ1.jpg"]


def test_an_empty_folder(tmp_path: Path) -> None:
    (tmp_path / "empty" / "nested").mkdir(parents=True)
    assert "holds no files" in error_of(tmp_path)


def test_a_folder_without_pictures_says_what_it_holds(tmp_path: Path) -> None:
    write(tmp_path, *(f"{n}.txt" for n in range(10)), "a.xyz", "b.xyz", data=b"?")
    assert error_of(tmp_path) == (
        f"{tmp_path} holds 12 files, none of them a picture: 10 .txt, 2 .xyz. "
        "Formats read: JPEG, PNG, WebP, GIF, BMP, TIFF; of sounds WAV, FLAC, Ogg, MP3, AIFF; "
        "of videos MP4, QuickTime, Matroska, WebM, AVI, FLV, WMV, MPEG"
    )


def test_a_folder_of_archives_points_at_them(tmp_path: Path) -> None:
    write(tmp_path, "train-images-idx3-ubyte.gz", "photos.zip", data=b"?")
    assert "name the file itself" in error_of(tmp_path)


@pytest.mark.parametrize("data", [b"", b"hello", bytes(range(256)) * 9])
def test_a_file_that_is_no_source_lists_what_is(tmp_path: Path, data: bytes) -> None:
    kinds = "a folder, a picture, a list of files (.txt, .csv), .tar"
    file = write(tmp_path, "x", data=data) / "x"
    assert f"recognized by content and not by name: {kinds}" in error_of(file)


@pytest.mark.parametrize("data", [b"\x1f\x8bnonsense", b"BZh9nonsense", b"\xfd7zXZ\0nonsense", b"\x1f\x8b"])
def test_a_file_that_cannot_be_unpacked_says_so(tmp_path: Path, data: bytes) -> None:
    assert "cannot be read" in error_of(write(tmp_path, "x.gz", data=data) / "x.gz")


@pytest.fixture
def lonely_picture(monkeypatch: pytest.MonkeyPatch) -> str:
    """A kind of source that another package could offer: a name and one picture in it; its name in the registry."""

    class LonelyPicture:
        description = "lonely picture"
        total = 1
        ignored: Mapping[str, int] = {}

        def __iter__(self) -> Iterator[Item]:
            yield Item("alone", JPEG)

    def recognizes(candidate: Candidate) -> bool:
        path = candidate.path
        return candidate.name == "lonely" or (path is not None and (path / "lonely.txt").exists())

    monkeypatch.setattr(SOURCES, "_added", {})
    SOURCES.add("lonely-picture", SourceKind(recognizes, lambda _: LonelyPicture()))
    return "lonely-picture"


def test_a_kind_of_source_is_added_in_one_place(lonely_picture: str, tmp_path: Path) -> None:
    assert [item.name for item in open_source("lonely:1")] == ["alone"]
    assert f"{lonely_picture} (added by this program)" in error_of("nowhere")
    assert prepare("lonely:1", tmp_path / "out").used == 1


def test_a_kind_that_was_added_is_asked_before_those_that_are_built_in(lonely_picture: str, tmp_path: Path) -> None:
    write(tmp_path, "a.jpg", "b.jpg", "lonely.txt")
    assert open_source(tmp_path).description == lonely_picture.replace("-", " ")


def test_every_kind_can_be_loaded_and_is_described() -> None:
    assert all(isinstance(SOURCES[name], SourceKind) for name in SOURCES)
    assert all(meaning in describe_sources(in_python=True) for meaning in SOURCES.meanings.values())
    assert "numpy" not in describe_sources(in_python=False)


@pytest.mark.parametrize("parameter", ["0", "-3", "many", "1.5", "5:x", "5:-1", "5:1:2", ":1"])
def test_drawn_faces_take_a_count_of_1_or_more_and_a_seed(parameter: str) -> None:
    with pytest.raises(UsageError, match="write drawn-faces:COUNT or drawn-faces:COUNT:SEED"):
        open_source(f"drawn-faces:{parameter}")


def test_another_seed_draws_other_faces() -> None:
    first, same, other = (next(iter(open_source(f"drawn-faces:{words}"))) for words in ("3", "3:0", "3:1"))
    assert first.content == same.content != other.content


def test_built_in_faces_are_drawn_at_the_size_asked_for() -> None:
    pytest.importorskip("dicebear", reason="the extra 'demo' is not installed")
    source = open_source("drawn-faces:3", PrepareOptions(size=48))
    assert source.total == 3
    assert [item.label in ("glasses", "no glasses") for item in source] == [True] * 3


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [("ignored", 0, "counts by kind, or {}, not 0"), ("total", "3", "a number"), ("description", None, "a text")],
)
def test_an_own_source_that_says_nonsense_of_itself_is_refused(name: str, value: object, message: str) -> None:
    class Mine:
        description, total, ignored = "mine", 1, {}  # type: ignore[var-annotated]  # as people write it

        def __iter__(self) -> Iterator[Item]:
            yield Item("a", JPEG)

    assert [item.name for item in open_source(Mine())] == ["a"]
    setattr(Mine, name, value)
    with pytest.raises(UsageError, match=f"`{name}` of a Mine must be {re.escape(message)}"):
        open_source(Mine())
