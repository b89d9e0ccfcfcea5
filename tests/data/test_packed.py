"""The packed set on disk: what is written is what is read, and whatever is wrong with one is named."""

import errno
import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from numpy.typing import NDArray

from dcgan.data.index_writer import Origin
from dcgan.data.items import Item, Reason, Skipped
from dcgan.data.packed import PackedSet, is_packed_set
from dcgan.data.packed_writer import PackedSetWriter, write_packed_set
from dcgan.data.prepare import prepare
from dcgan.data.prepare_options import PrepareOptions
from dcgan.errors import PackedSetError
from dcgan.sound.spectrogram import SoundFormat

PIXELS = np.random.default_rng(0).integers(0, 256, (12, 8, 8, 3), np.uint8)


def write(path: Path, labels: list[str | None] | None = None, overwrite: bool = False) -> Path:
    with write_packed_set(path, size=8, channels=3, overwrite=overwrite) as writer:
        for number, pixels in enumerate(PIXELS):
            label = labels[number] if labels else None
            item = Item(f"{number}.png", b"", label, {"hat": "none"})
            writer.add(pixels, item, Origin(30, 20, (5, 0, 25, 20), "abc", 7))
            if number == 5:
                writer.skip(Item("bad.png", b""), Skipped(Reason.CORRUPT, "header"), Origin(sha256="def"))
        writer.finish("a test", {"size": 8}, {".txt": 2})
    return path


def error_of(path: Path) -> str:
    with pytest.raises(PackedSetError) as caught:
        PackedSet.open(path)
    return str(caught.value)


@pytest.fixture
def packed(tmp_path: Path) -> PackedSet:
    return PackedSet.open(write(tmp_path / "set"))


def test_what_is_written_is_what_is_read(packed: PackedSet) -> None:
    assert np.array_equal(packed.pixels, PIXELS)
    assert isinstance(packed.pixels, np.memmap)
    assert (len(packed), packed.size, packed.channels) == (12, 8, 3)
    assert is_packed_set(packed.path)
    packed.verify()


def test_pictures_that_two_sets_share_are_counted(tmp_path: Path) -> None:
    rows = {"one": PIXELS[:8], "other": PIXELS[5:], "third": 255 - PIXELS}
    for name, pixels in rows.items():
        prepare(pixels, tmp_path / name, PrepareOptions(size=8))
    one, other, third = (PackedSet.open(tmp_path / name) for name in rows)
    assert (one.shared_with(other), one.shared_with(third), one.shared_with(one)) == (3, 0, 8)


def test_a_set_inside_a_file_is_refused_before_any_work(tmp_path: Path) -> None:
    (tmp_path / "picture.png").write_bytes(b"a file")
    with pytest.raises(PackedSetError, match=r"picture\.png is a file, not a folder"):
        prepare(PIXELS, tmp_path / "picture.png" / "sub" / "set", PrepareOptions(size=8))


def test_files_that_are_no_pictures_are_counted_by_kind(packed: PackedSet) -> None:
    assert packed.ignored == {".txt": 2}


def test_the_pictures_are_a_plain_npy_file(packed: PackedSet) -> None:
    assert np.array_equal(np.load(packed.path / "pixels.npy"), PIXELS)


def test_the_index_lists_used_and_skipped_pictures_in_order(packed: PackedSet) -> None:
    rows = packed.index().to_pylist()
    assert [row["row"] for row in rows] == [0, 1, 2, 3, 4, 5, -1, 6, 7, 8, 9, 10, 11]
    assert rows[0] == {
        "row": 0,
        "name": "0.png",
        "label": None,
        "attributes": [("hat", "none")],
        "width": 30,
        "height": 20,
        "crop_box": [5, 0, 25, 20],
        "sha256": "abc",
        "bytes": 7,
        "status": "used",
        "reason": None,
        "detail": None,
    }
    assert rows[6] == {
        "row": -1,
        "name": "bad.png",
        "label": None,
        "attributes": [],
        "width": None,
        "height": None,
        "crop_box": None,
        "sha256": "def",
        "bytes": None,
        "status": "skipped",
        "reason": "corrupt",
        "detail": "header",
    }


def test_the_description_counts(packed: PackedSet) -> None:
    facts = json.loads((packed.path / "dataset.json").read_text())
    assert (facts["count"], facts["skipped"], facts["ignored"]) == (12, {"corrupt": 1}, {".txt": 2})
    assert (facts["source"], facts["options"]) == ("a test", {"size": 8})


def test_a_set_may_be_empty(tmp_path: Path) -> None:
    with write_packed_set(tmp_path / "set", size=8, channels=3) as writer:
        writer.finish("nothing", {}, {})
    packed = PackedSet.open(str(tmp_path / "set"))
    assert packed.pixels.shape == (0, 8, 8, 3)
    packed.verify()


def test_labels_are_numbered_by_name(tmp_path: Path) -> None:
    packed = PackedSet.open(write(tmp_path / "set", ["dog", "cat", None] * 4))
    assert packed.label_names == ("cat", "dog")
    assert packed.labels.tolist() == [1, 0, -1] * 4
    assert packed.labels.dtype == np.int64
    packed.verify()


def test_it_prints_as_a_line_that_counts(tmp_path: Path) -> None:
    packed = PackedSet.open(write(tmp_path / "set", ["dog", "cat", None] * 4))
    assert repr(packed) == f"PackedSet('{tmp_path / 'set'}': pixels (12, 8, 8, 3), 1 skipped, 2 labels)"


def test_labels_that_are_numbers_keep_their_value(tmp_path: Path) -> None:
    packed = PackedSet.open(write(tmp_path / "set", [str(n) for n in reversed(range(12))]))
    assert packed.label_names == tuple(str(n) for n in range(12))
    assert packed.labels.tolist() == list(reversed(range(12)))


def test_the_fingerprint_depends_on_pictures_and_labels_only(tmp_path: Path) -> None:
    def fingerprint(name: str, labels: list[str | None] | None = None) -> str:
        return PackedSet.open(write(tmp_path / name, labels)).fingerprint

    assert fingerprint("a") == fingerprint("b")
    assert len({fingerprint("a1"), fingerprint("c", ["x"] * 12), fingerprint("d", ["y"] * 12)}) == 3


def test_a_changed_picture_is_noticed(packed: PackedSet) -> None:
    with (packed.path / "pixels.npy").open("r+b") as file:
        file.seek(-1, 2)
        file.write(bytes([int(PIXELS[-1, -1, -1, -1]) ^ 1]))
    with pytest.raises(PackedSetError, match="does not match its fingerprint"):
        PackedSet.open(packed.path).verify()


# What is wrong is named


def test_a_missing_folder(tmp_path: Path) -> None:
    assert "there is no such folder" in error_of(tmp_path / "gone")
    assert not is_packed_set(tmp_path / "gone")


def test_a_folder_that_is_none(tmp_path: Path) -> None:
    assert "it has no dataset.json" in error_of(tmp_path)
    (tmp_path / "dataset.json").write_text('{"name": "something else"}')
    assert "does not describe a packed set" in error_of(tmp_path)
    assert not is_packed_set(tmp_path)


@pytest.mark.parametrize("name", ["pixels.npy", "index.parquet"])
def test_a_missing_or_cut_off_file(packed: PackedSet, name: str) -> None:
    file = packed.path / name
    data = file.read_bytes()
    for end in (len(data) - 1, len(data) // 2, 9, 0):
        file.write_bytes(data[:end])
        assert str(file) in error_of(packed.path)
        assert "Prepare the set again" in error_of(packed.path)
    file.unlink()
    assert f"{file} is missing" in error_of(packed.path)


@pytest.mark.parametrize(
    ("array", "why"),
    [(PIXELS[:5], "shape"), (PIXELS[..., :1], "shape"), (PIXELS.astype(np.int16), "int16"), (PIXELS[0, 0, 0], "shape")],
)
def test_pictures_that_contradict_the_description(packed: PackedSet, array: NDArray[np.generic], why: str) -> None:
    np.save(packed.path / "pixels.npy", array)
    assert why in error_of(packed.path)


def test_pickled_pictures_are_not_loaded(packed: PackedSet) -> None:
    np.save(packed.path / "pixels.npy", np.array([{}], dtype=object))
    assert "pixels.npy" in error_of(packed.path)


def test_an_index_that_lists_other_pictures(packed: PackedSet) -> None:
    table = packed.index()
    pq.write_table(table.slice(1), packed.path / "index.parquet")
    assert "does not list the 12 pictures" in error_of(packed.path)
    pq.write_table(table.select(["name"]), packed.path / "index.parquet")
    assert "index.parquet" in error_of(packed.path)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (
            {"version": 99},
            "reads versions 2 and 3. Update dcgan, or prepare the set again",
        ),
        ({"version": 1}, "reads versions 2 and 3. Prepare the set again: dcgan prepare"),
        ({"version": True}, "format version True"),
        ({"count": 11}, "shape"),
        ({"label_names": 5}, "label names"),
        ({"skipped": 5}, "does not count what was skipped"),
        ({"skipped": {"truncated": "many"}}, "does not count what was skipped"),
        ({"fingerprint": None}, "lacks fingerprint"),
    ],
)
def test_a_description_that_is_wrong(packed: PackedSet, change: dict[str, object], why: str) -> None:
    file = packed.path / "dataset.json"
    facts = json.loads(file.read_text()) | change
    file.write_text(json.dumps({name: value for name, value in facts.items() if value is not None}))
    assert why in error_of(packed.path)


def test_a_description_that_is_no_json(packed: PackedSet) -> None:
    (packed.path / "dataset.json").write_text("{")
    assert "dataset.json cannot be read" in error_of(packed.path)


# Writing


def fail_half_way(path: Path, overwrite: bool = False) -> None:
    with write_packed_set(path, size=8, channels=3, overwrite=overwrite) as writer:
        writer.add(PIXELS[0], Item("a", b""))
        raise RuntimeError("oh")


def test_writing_that_fails_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="oh"):
        fail_half_way(tmp_path / "set")
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_explained_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(PackedSetWriter, "add", full)
    with pytest.raises(PackedSetError, match=r"cannot write the packed set .*: No space left on device"):
        write(tmp_path / "set")
    assert list(tmp_path.iterdir()) == []


def test_pictures_of_another_shape_are_not_taken(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not uint8"), write_packed_set(tmp_path / "s", size=8, channels=1) as writer:
        writer.add(PIXELS[0], Item("a", b""))


def test_an_existing_set_is_replaced_only_when_asked_to(tmp_path: Path) -> None:
    path = write(tmp_path / "set")
    with pytest.raises(PackedSetError, match="`overwrite`"):
        write(path)
    write(path, ["x"] * 12, overwrite=True)
    assert PackedSet.open(path).label_names == ("x",)
    assert [entry.name for entry in tmp_path.iterdir()] == ["set"]


def test_a_failed_replacement_keeps_the_old_set(tmp_path: Path) -> None:
    path = write(tmp_path / "set")
    with pytest.raises(RuntimeError, match="oh"):
        fail_half_way(path, overwrite=True)
    PackedSet.open(path).verify()
    assert [entry.name for entry in tmp_path.iterdir()] == ["set"]


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_folder_of_something_else_is_never_replaced(tmp_path: Path, overwrite: bool) -> None:
    (tmp_path / "holiday.jpg").write_bytes(b"precious")
    for path in (tmp_path, tmp_path / "holiday.jpg"):
        with pytest.raises(PackedSetError, match="is not a packed set: name another"):
            write(path, overwrite=overwrite)
    assert (tmp_path / "holiday.jpg").read_bytes() == b"precious"


def test_what_is_skipped_has_a_row_for_people_each_unless_it_is_a_clip_of_a_recording(tmp_path: Path) -> None:
    rows = {}
    for name, sound in (("faces", None), ("clips", SoundFormat(8000, 1.0))):
        with write_packed_set(tmp_path / name, size=8, channels=3, sound=sound) as writer:
            for number in range(3):
                writer.skip(Item(f"a.jpg#{number}", b""), Skipped(Reason.TOO_SMALL, "9 pixels"))
            writer.finish("a test", {}, {})
        rows[name] = (tmp_path / name / "skipped.csv").read_text().splitlines()[1:]
    assert rows["faces"] == [f"a.jpg#{number},too small,9 pixels" for number in range(3)]
    assert rows["clips"] == ["a.jpg,too small,clips 0 to 2: 9 pixels"]


def test_what_lies_beside_a_packed_set_is_never_removed(tmp_path: Path) -> None:
    path = write(tmp_path / "set")
    (path / "photos").mkdir()
    with pytest.raises(PackedSetError, match=r"set holds photos beside a packed set.*: name another folder, or take"):
        write(path, overwrite=True)
    (path / "photos").rmdir()
    (path / ".DS_Store").write_bytes(b"made by a system")
    write(path, overwrite=True)


def test_an_empty_folder_may_be_filled(tmp_path: Path) -> None:
    PackedSet.open(write(tmp_path)).verify()
