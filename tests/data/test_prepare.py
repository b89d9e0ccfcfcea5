"""From a source to a packed set: complete, repeatable, and all or nothing."""

import errno
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
import tracemalloc
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.data.pictures import JPEG, encoded, photo

from dcgan.data.items import Item, Reason, Skipped
from dcgan.data.packed import PackedSet
from dcgan.data.prepare import prepare, split
from dcgan.data.prepare_options import PrepareOptions
from dcgan.data.sources import open_source
from dcgan.errors import NoUsablePictureError, PackedSetError, SourceError, UsageError

SMALL = PrepareOptions(size=16)


@dataclass
class Given:
    """A source of the items given."""

    items: list[Item]
    description: str = "given items"
    ignored: Mapping[str, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[Item]:
        return iter(self.items)


def pictures(count: int) -> Given:
    """Every third cannot be used."""
    usable = [encoded(photo(40 + n % 7, 30), "JPEG") for n in range(20)]
    return Given([Item(f"{n}", b"?" if n % 3 == 2 else usable[n % 20], f"label {n % 4}") for n in range(count)])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("cat/1.jpg", "cat/2.jpg", "dog/3.jpg"):
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "in" / name).write_bytes(JPEG)
    return tmp_path / "in"


def test_a_folder_becomes_a_packed_set(folder: Path, tmp_path: Path) -> None:
    report = prepare(folder, tmp_path / "out", SMALL)
    packed = PackedSet.open(tmp_path / "out")
    packed.verify()
    assert packed.pixels.shape == (3, 16, 16, 3)
    assert (packed.label_names, packed.labels.tolist()) == (("cat", "dog"), [0, 0, 1])
    assert (report.used, report.skipped, report.ignored) == (3, {}, {})
    assert (report.path, report.index) == (packed.path, packed.path / "index.parquet")
    assert report.seconds > 0


def test_the_index_says_where_each_picture_comes_from(folder: Path, tmp_path: Path) -> None:
    prepare(folder, tmp_path / "out", SMALL)
    row = PackedSet.open(tmp_path / "out").index().to_pylist()[2]
    assert (row["name"], row["label"], row["row"]) == ("dog/3.jpg", "dog", 2)
    assert (row["width"], row["height"], row["crop_box"]) == (60, 40, [10, 0, 50, 40])
    content = (folder / "dog" / "3.jpg").read_bytes()
    assert (row["sha256"], row["bytes"]) == (hashlib.sha256(content).hexdigest(), len(content))


def test_the_result_does_not_depend_on_the_number_of_workers(tmp_path: Path) -> None:
    source = pictures(150)
    for workers in (1, 2, 5):
        prepare(source, tmp_path / str(workers), SMALL, workers=workers)
    for name in ("pixels.npy", "skipped.csv"):
        assert len({(tmp_path / str(workers) / name).read_bytes() for workers in (1, 2, 5)}) == 1
    one, two, five = (PackedSet.open(tmp_path / str(workers)) for workers in (1, 2, 5))
    assert one.index().equals(two.index())
    assert one.fingerprint == two.fingerprint == five.fingerprint


def test_small_and_large_sources_are_decoded_alike(tmp_path: Path) -> None:
    prepare(pictures(200), tmp_path / "large", SMALL)
    prepare(pictures(60), tmp_path / "small", SMALL)  # in this process
    large, small = PackedSet.open(tmp_path / "large"), PackedSet.open(tmp_path / "small")
    assert np.array_equal(large.pixels[:40], small.pixels)


def test_the_limit_counts_used_pictures_and_others_stand_in_for_those_that_cannot_be_used(tmp_path: Path) -> None:
    for count in (30, 300):
        report = prepare(pictures(count), tmp_path / str(count), PrepareOptions(size=16, limit=10))
        assert report.used == len(PackedSet.open(tmp_path / str(count))) == 10
        assert report.skipped["not a picture"] > 0
    assert prepare(pictures(30), tmp_path / "all", PrepareOptions(size=16, limit=29)).used == 20  # there are no more


def sorted_by_class(sizes: dict[str, int]) -> Given:
    """As MNIST on many disks: all zeros, then all ones, ..."""
    pixels = np.zeros((8, 8, 1), np.uint8)
    return Given([Item(f"{label}-{n}", pixels, label) for label, size in sizes.items() for n in range(size)])


def labels_of(path: Path) -> Counter[str]:
    packed = PackedSet.open(path)
    return Counter(packed.label_names[label] for label in packed.labels)


def test_a_limit_takes_pictures_at_random_and_of_each_label_its_share(tmp_path: Path) -> None:
    source = sorted_by_class({"0": 500, "1": 300, "2": 200})
    names: dict[int, list[str]] = {}
    for seed in (1, 1, 2):
        report = prepare(source, tmp_path / "out", PrepareOptions(size=8, limit=50, seed=seed), overwrite=True)
        assert labels_of(tmp_path / "out") == {"0": 25, "1": 15, "2": 10}
        assert report.lost_labels == ()
        chosen = PackedSet.open(tmp_path / "out").names
        assert names.setdefault(seed, chosen) == chosen
    assert names[1] != names[2]
    assert names[1] != [item.name for item in source][:50]


def test_labels_that_are_lost_are_named(tmp_path: Path) -> None:
    source = sorted_by_class({"0": 500, "1": 300, "2": 2, "3": 1})
    report = prepare(source, tmp_path / "out", PrepareOptions(size=8, limit=10))
    assert report.lost_labels == ("2", "3")
    assert f"warning: 2 labels have no picture in {tmp_path / 'out'}: '2', '3'" in report.details
    broken = Given([Item("a", JPEG, "cat"), Item("b", b"?", "dog")])
    assert prepare(broken, tmp_path / "broken", SMALL).lost_labels == ("dog",)


def test_a_split_shares_every_label_and_no_picture(tmp_path: Path) -> None:
    source = sorted_by_class({"0": 500, "1": 300, "2": 200})
    report = split(source, tmp_path / "out", PrepareOptions(size=8, seed=3), train=0.9)
    assert labels_of(report.train.path) == {"0": 450, "1": 270, "2": 180}
    assert labels_of(report.test.path) == {"0": 50, "1": 30, "2": 20}
    train, test = (set(PackedSet.open(part.path).names) for part in (report.train, report.test))
    assert len(train | test) == 1000
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["test", "train"]


def test_a_packed_set_is_a_source_with_its_names_labels_and_attributes(tmp_path: Path) -> None:
    prepare(Given([Item("a", JPEG, "cat", {"hat": "red"})]), tmp_path / "out", SMALL)
    (item,) = open_source(tmp_path / "out")
    assert (item.name, item.label, item.attributes) == ("a", "cat", {"hat": "red"})


def test_what_a_packed_set_lacks_is_listed_again_when_it_is_prepared_again(tmp_path: Path) -> None:
    prepare(Given([Item("a", JPEG), Item("b", b"?"), Item("c", JPEG)]), tmp_path / "out", SMALL)
    again = prepare(tmp_path / "out", tmp_path / "again", SMALL)
    assert (again.used, again.skipped, again.examples) == (2, {"not a picture": 1}, {"not a picture": ("b",)})
    lists = [(path / "skipped.csv").read_text() for path in (tmp_path / "out", tmp_path / "again")]
    assert lists[0] == lists[1]


def test_a_packed_set_is_split_as_it_is(folder: Path, tmp_path: Path) -> None:
    prepare(folder, tmp_path / "packed", SMALL)
    whole = PackedSet.open(tmp_path / "packed")
    report = split(whole, tmp_path / "parts", train=0.5)
    parts = [PackedSet.open(part.path) for part in (report.train, report.test)]
    assert sorted(name for part in parts for name in part.names) == whole.names
    for part in parts:
        for name, pixels in zip(part.names, part.pixels, strict=True):
            assert np.array_equal(pixels, whole.pixels[whole.names.index(name)])


@pytest.mark.parametrize("shape", [(8, 1), (16, 4)])
def test_a_part_of_a_packed_set_keeps_its_size_and_channels(
    folder: Path, tmp_path: Path, shape: tuple[int, int]
) -> None:
    size, channels = shape
    parts = [tmp_path / "one", tmp_path / "two"]
    for part in parts:
        prepare(folder, part, PrepareOptions(size=size, channels=channels))
    joined: list[str | Path] = [*parts]
    for source, limit in ((parts[0], 1), (joined, 0)):
        packed = PackedSet.open(prepare(source, tmp_path / "part", PrepareOptions(limit=limit), overwrite=True).path)
        assert (packed.size, packed.channels) == shape
        assert (packed.options["size"], packed.options["channels"]) == shape
    smaller = prepare(parts[0], tmp_path / "smaller", PrepareOptions(size=12))
    assert PackedSet.open(smaller.path).pixels.shape[1:] == (12, 12, channels)


def test_a_seed_that_chooses_nothing_is_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="give a `limit`, or leave `seed` out"):
        prepare(folder, tmp_path / "out", PrepareOptions(seed=1))


def test_a_split_replaces_only_a_split_and_only_when_asked_to(folder: Path, tmp_path: Path) -> None:
    split(folder, tmp_path / "out", SMALL, train=0.5)
    with pytest.raises(PackedSetError, match=r"holds a split set already.*`overwrite`"):
        split(folder, tmp_path / "out", SMALL, train=0.5)
    split(folder, tmp_path / "out", SMALL, train=0.7, overwrite=True)
    assert len(PackedSet.open(tmp_path / "out" / "train")) == 2
    with pytest.raises(PackedSetError, match="holds more than"):
        split(folder, folder, SMALL, overwrite=True)
    (tmp_path / "out" / "test" / "notes.txt").write_text("mine")
    with pytest.raises(PackedSetError, match="holds more than"):
        split(folder, tmp_path / "out", SMALL, overwrite=True)


@pytest.mark.parametrize(("count", "train", "message"), [(1, 0.5, "too few to split"), (3, 1.0, "`train` must be")])
def test_a_split_needs_pictures_for_both_parts(tmp_path: Path, count: int, train: float, message: str) -> None:
    with pytest.raises((SourceError, UsageError), match=message):
        split(sorted_by_class({"0": count}), tmp_path / "out", SMALL, train=train)
    assert not (tmp_path / "out").exists()


# Gray


def gray(value: int) -> bytes:
    return encoded(Image.new("L", (9, 9), value), "PNG")


def test_a_gray_source_stays_gray(tmp_path: Path) -> None:
    prepare(Given([Item("a", gray(7)), Item("b", np.full((9, 9, 1), 8, np.uint8))]), tmp_path / "out", SMALL)
    assert PackedSet.open(tmp_path / "out").pixels[:, 0, 0].tolist() == [[7], [8]]


@pytest.mark.parametrize("count", [3, 300])
def test_of_gray_and_colored_pictures_all_become_rgb(tmp_path: Path, count: int) -> None:
    items = [Item(f"{n}", gray(n % 256)) for n in range(count)]
    items[count // 2] = Item("color", JPEG)
    prepare(Given(items), tmp_path / "out", SMALL)
    prepare(Given(items), tmp_path / "rgb", PrepareOptions(size=16, channels=3))
    assert PackedSet.open(tmp_path / "out").fingerprint == PackedSet.open(tmp_path / "rgb").fingerprint
    assert (tmp_path / "out" / "pixels.npy").read_bytes() == (tmp_path / "rgb" / "pixels.npy").read_bytes()
    assert not (tmp_path / "out" / "gray.npy").exists()


@pytest.mark.parametrize(("background", "channels"), [("white", 1), ("red", 3)])
def test_a_transparent_gray_picture_is_as_colored_as_its_background(
    tmp_path: Path, background: str, channels: int
) -> None:
    half = Given([Item("a", encoded(Image.new("LA", (9, 9), (10, 128)), "PNG"))])
    prepare(half, tmp_path / "out", PrepareOptions(size=8, background=background))
    assert PackedSet.open(tmp_path / "out").channels == channels


def test_of_more_pictures_only_the_names_take_more_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dcgan.data.index_writer._ROWS_AT_ONCE", 64)
    (tmp_path / "photo.jpg").write_bytes(JPEG)
    peaks: dict[int, int] = {}
    for count in (300, 300, 2300, 2300):  # one of two may meet what is allocated once, as Python's table of names
        folder = tmp_path / f"{count}"
        if not folder.exists():
            folder.mkdir()
            for number in range(count):
                os.link(tmp_path / "photo.jpg", folder / f"{number:05}.jpg")
        tracemalloc.start()
        prepare(folder, tmp_path / "out", PrepareOptions(size=32), workers=1, overwrite=True)
        peak = tracemalloc.get_traced_memory()[1]
        peaks[count] = min(peak, peaks.get(count, peak))
        tracemalloc.stop()
    assert peaks[2300] - peaks[300] < 2000 * 400  # a packed picture itself has 3,072 bytes


def test_progress_ends_at_all(tmp_path: Path) -> None:
    reported: list[tuple[int, int | None]] = []
    prepare(pictures(90), tmp_path / "out", SMALL, lambda done, total: reported.append((done, total)))
    assert reported[-1] == (90, 90)
    assert reported == sorted(reported)


def test_examples_of_skipped_pictures_are_reported(tmp_path: Path) -> None:
    assert prepare(pictures(90), tmp_path / "out", SMALL).examples == {"not a picture": ("2", "5", "8")}


def test_attributes_reach_the_index(tmp_path: Path) -> None:
    prepare(Given([Item("a", JPEG, None, {"hat": "dark04"})]), tmp_path / "out", SMALL)
    assert PackedSet.open(tmp_path / "out").index()["attributes"].to_pylist() == [[("hat", "dark04")]]


def test_channels_and_background_are_applied_and_recorded(tmp_path: Path) -> None:
    clear = np.zeros((9, 9, 4), np.uint8)
    options = PrepareOptions(size=8, channels=1, background="#808080")
    prepare(Given([Item("a", clear)]), tmp_path / "out", options)
    packed = PackedSet.open(tmp_path / "out")
    assert (packed.pixels[:] == 0x80).all()
    assert packed.channels == 1
    facts = json.loads((packed.path / "dataset.json").read_text())
    assert facts["options"] == asdict(options)


# What cannot be done


def test_a_source_without_usable_pictures_is_an_error_with_reasons(tmp_path: Path) -> None:
    source = Given([Item("a", b""), Item("b", b"?"), Item("c", b"?"), Item("d", Skipped(Reason.ENCRYPTED))])
    with pytest.raises(SourceError) as caught:
        prepare(source, tmp_path / "out")
    assert str(caught.value) == (
        "given items: none of 4 pictures can be used: 2 not a picture (b), 1 empty file (a), 1 encrypted (d)"
    )
    assert list(tmp_path.iterdir()) == []


def test_where_min_size_skips_all_the_error_names_it(tmp_path: Path) -> None:
    source = Given([Item("a", np.zeros((20, 30, 3), np.uint8)), Item("b", b"")])
    with pytest.raises(NoUsablePictureError, match="`min_size` 21 skipped most of them: use a smaller one") as caught:
        prepare(source, tmp_path / "out", PrepareOptions(min_size=21))
    assert "1 too small (a), 1 empty file (b)" in str(caught.value)
    with pytest.raises(NoUsablePictureError) as caught:
        prepare(Given([Item("b", b"")]), tmp_path / "out", PrepareOptions(min_size=21))
    assert "min_size" not in str(caught.value)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"size": 7}, "`size` must be 8 to 1024 pixels, not 7"),
        ({"size": 1025}, "`size` must be 8 to 1024 pixels, not 1025"),
        ({"channels": 2}, "`channels` must be 1 (gray), 3 (RGB) or 4 (RGBA), not 2"),
        ({"min_size": -1}, "`min_size` must be 0 (off) or more, not -1"),
        ({"limit": -1}, "`limit` must be 0 (off) or more, not -1"),
        ({"seed": -1}, "`seed` must be 0 to 2^63 - 1, not -1"),
        ({"max_expansion": 0}, "`max_expansion` must be 1 or more, not 0"),
        ({"background": "blurple"}, "`background` must be a color's name or #rrggbb, not 'blurple'"),
    ],
)
def test_a_wrong_option_names_the_parameter_and_the_range(options: dict[str, int], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        PrepareOptions(**options)  # type: ignore[arg-type]
    assert str(caught.value) == message


def test_a_negative_number_of_workers_is_an_error(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="`workers` must be 0"):
        prepare(folder, tmp_path / "out", workers=-1)


def test_an_existing_set_is_replaced_only_when_asked_to(folder: Path, tmp_path: Path) -> None:
    prepare(folder, tmp_path / "out", SMALL)
    with pytest.raises(PackedSetError, match="`overwrite`"):
        prepare(folder, tmp_path / "out", PrepareOptions(size=8))
    prepare(folder, tmp_path / "out", PrepareOptions(size=8), overwrite=True)
    assert PackedSet.open(tmp_path / "out").size == 8


def test_the_pictures_themselves_are_never_overwritten(folder: Path) -> None:
    with pytest.raises(PackedSetError, match="is not a packed set"):
        prepare(folder, folder, SMALL, overwrite=True)
    assert (folder / "dog" / "3.jpg").read_bytes() == JPEG


def test_a_source_that_cannot_be_read_on_is_not_taken_for_a_full_disk(tmp_path: Path) -> None:
    class Unplugged(Given):
        def __iter__(self) -> Iterator[Item]:
            yield Item("a", JPEG)
            raise OSError(errno.EIO, "Input/output error")

    with pytest.raises(SourceError, match=r"^given items cannot be read: Input/output error$"):
        prepare(Unplugged([Item("a", JPEG)]), tmp_path / "out", SMALL)


@pytest.mark.parametrize("count", [30, 300])
def test_stopping_half_way_leaves_nothing(tmp_path: Path, count: int) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        prepare(pictures(count), tmp_path / "out", SMALL, stop)
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_ends_the_command_and_its_workers_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "0.png").write_bytes(encoded(photo(1500, 1000), "PNG"))
    for n in range(1, 2000):
        os.link(tmp_path / "in" / "0.png", tmp_path / "in" / f"{n}.png")
    command = [sys.executable, "-m", "dcgan", "prepare", str(tmp_path / "in"), str(tmp_path / "out")]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    with subprocess.Popen(
        command, env=environment, start_new_session=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        while not list(tmp_path.glob(".out.partial-*")):
            assert process.poll() is None
            time.sleep(0.05)
        time.sleep(0.5)
        os.killpg(process.pid, signal.SIGINT)  # as the terminal does it
        _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Traceback" not in err
    assert [path.name for path in tmp_path.iterdir()] == ["in"]
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)  # no worker is left
