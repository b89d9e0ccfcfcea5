"""From a source to a packed set: complete, repeatable, and all or nothing."""

import json
import os
import signal
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from tests.data.pictures import JPEG, encoded, photo

from dcgan.data.items import Item, Reason, Skipped
from dcgan.data.packed import PackedSet
from dcgan.data.prepare import PrepareOptions, prepare
from dcgan.errors import PackedSetError, SourceError, UsageError

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
    assert len(row["sha256"]) == 64


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


def test_the_limit_counts_used_pictures(tmp_path: Path) -> None:
    for count in (30, 300):
        report = prepare(pictures(count), tmp_path / str(count), PrepareOptions(size=16, limit=10))
        assert (report.used, report.skipped) == (10, {"not a picture": 4})
        assert len(PackedSet.open(tmp_path / str(count))) == 10


def test_of_more_pictures_only_the_names_take_more_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dcgan.data.packed_writer._INDEX_ROWS_IN_MEMORY", 64)
    for name in [sys.intern(f"warm-up {n}") for n in range(50_000)]:  # pathlib interns names: let Python's table of
        assert name  # them grow now, for it doubles at a moment that depends on the tests before
    (tmp_path / "photo.jpg").write_bytes(JPEG)
    peaks = {}
    for count in (300, 300, 2300):  # the first takes what is allocated once
        folder = tmp_path / f"{count}"
        if not folder.exists():
            folder.mkdir()
            for number in range(count):
                os.link(tmp_path / "photo.jpg", folder / f"{number:05}.jpg")
        tracemalloc.start()
        prepare(folder, tmp_path / "out", PrepareOptions(size=32), workers=1, overwrite=True)
        peaks[count] = tracemalloc.get_traced_memory()[1]
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
    assert (packed.pixels == 0x80).all()
    assert packed.channels == 1
    facts = json.loads((packed.path / "dataset.json").read_text())
    assert facts["options"] == {"size": 8, "channels": 1, "background": "#808080", "min_size": 0, "limit": 0}


# What cannot be done


def test_a_source_without_usable_pictures_is_an_error_with_reasons(tmp_path: Path) -> None:
    source = Given([Item("a", b""), Item("b", b"?"), Item("c", b"?"), Item("d", Skipped(Reason.ENCRYPTED))])
    with pytest.raises(SourceError) as caught:
        prepare(source, tmp_path / "out")
    assert str(caught.value) == (
        "given items: none of 4 pictures can be used: 2 not a picture (b), 1 empty file (a), 1 encrypted (d)"
    )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"size": 7}, "`size` must be 8 to 1024 pixels, not 7"),
        ({"size": 1025}, "`size` must be 8 to 1024 pixels, not 1025"),
        ({"channels": 2}, "`channels` must be 1 (gray), 3 (RGB) or 4 (RGBA), not 2"),
        ({"min_size": -1}, "`min_size` must be 0 (off) or more, not -1"),
        ({"limit": -1}, "`limit` must be 0 (off) or more, not -1"),
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
