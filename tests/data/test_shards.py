"""A packed set of several arrays: it is read, checked and trained on like any other."""

import json
import shutil
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
import torch

from dcgan.data.items import Item, Reason, Skipped
from dcgan.data.packed import PackedSet
from dcgan.data.packed_writer import PackedSetWriter, write_packed_set
from dcgan.data.sharded_pixels import ShardedPixels
from dcgan.errors import PackedSetError
from dcgan.training.batches import ImageLoader
from dcgan.types import Pixels

PIXELS = np.random.default_rng(0).integers(0, 256, (12, 8, 8, 3), np.uint8)
GRAY = PIXELS[..., :1]
LABELS = ("b", "a", None)


def add_all(writer: PackedSetWriter, pictures: Iterable[Pixels], first: int = 0) -> None:
    """Pictures that are numbered through; each fourth is followed by one that is skipped."""
    for number, pixels in enumerate(pictures, first):
        writer.add(pixels, Item(f"{number}.png", b"", LABELS[number % 3]))
        if number % 4 == 3:
            writer.skip(Item(f"bad {number}.png", b"", "c"), Skipped(Reason.CORRUPT, "header"))


def whole(path: Path, pictures: Iterable[Pixels], channels: int | None = 3) -> PackedSet:
    with write_packed_set(path, size=8, channels=channels) as writer:
        add_all(writer, pictures)
        writer.finish("a test", {}, {})
    return PackedSet.open(path)


def sharded(path: Path, parts: Iterable[Iterable[Pixels]], channels: int | None = 3) -> PackedSet:
    with write_packed_set(path, size=8, channels=channels) as writer:
        for pictures in parts:
            with write_packed_set(writer.folder / "shard", size=8, channels=channels) as shard:
                add_all(shard, pictures, first=writer.count)
                shard.finish("a shard", {}, {})
            writer.append(PackedSet.open(writer.folder / "shard"))
            shutil.rmtree(writer.folder / "shard")
        writer.finish("a test", {}, {})
    return PackedSet.open(path)


@pytest.fixture
def packed(tmp_path: Path) -> PackedSet:
    return sharded(tmp_path / "set", (PIXELS[:5], PIXELS[5:6], PIXELS[6:]))


def test_shards_hold_what_one_array_would(tmp_path: Path, packed: PackedSet) -> None:
    alone = whole(tmp_path / "alone", PIXELS)
    assert np.array_equal(packed.pixels, PIXELS)
    assert packed.fingerprint == alone.fingerprint
    assert packed.label_names == alone.label_names == ("a", "b")
    assert packed.labels.tolist() == alone.labels.tolist()
    for file in ("index.parquet", "skipped.csv"):
        assert (packed.path / file).read_bytes() == (alone.path / file).read_bytes()
    packed.verify()


def test_each_shard_is_a_plain_npy_file(packed: PackedSet) -> None:
    shards = [np.load(packed.path / f"pixels-0000{number}.npy") for number in range(3)]
    assert [len(shard) for shard in shards] == [5, 1, 6]
    assert np.array_equal(np.concatenate(shards), PIXELS)
    assert not (packed.path / "pixels.npy").exists()


def test_nothing_is_a_shard_where_no_picture_is_used(tmp_path: Path) -> None:
    packed = sharded(tmp_path / "set", (PIXELS[:0], PIXELS[:4], PIXELS[:0]))
    assert sorted(file.name for file in packed.path.glob("*.npy")) == ["pixels-00000.npy"]
    assert np.array_equal(packed.pixels, PIXELS[:4])


@pytest.mark.parametrize(
    "parts",
    [(GRAY[:5], GRAY[5:]), (GRAY[:5], PIXELS[5:]), (PIXELS[:5], GRAY[5:]), (GRAY[:3], [*GRAY[3:6], *PIXELS[6:]])],
    ids=["all gray", "colors later", "colors first", "colors in the midst"],
)
def test_gray_becomes_rgb_if_any_shard_has_colors(tmp_path: Path, parts: Iterable[Iterable[Pixels]]) -> None:
    packed = sharded(tmp_path / "set", parts, channels=None)
    alone = whole(tmp_path / "alone", [picture for part in parts for picture in part], channels=None)
    assert packed.channels == alone.channels
    assert packed.fingerprint == alone.fingerprint
    assert np.array_equal(packed.pixels, alone.pixels)
    assert not list(packed.path.glob("gray*"))
    packed.verify()


@pytest.mark.parametrize(
    "key",
    [
        3,
        -1,
        slice(None),
        slice(2, 9),
        slice(10, 2, -3),
        slice(5, 5),
        slice(10, 9, -1),
        np.array([11, 0, 5, 5, 4]),
        np.array([[1, 11], [-1, 6]]),
        np.arange(12) % 3 == 1,
        [7, 2],
        np.array([], np.int64),
    ],
    ids=str,
)
def test_shards_are_indexed_as_one_array_is(packed: PackedSet, key: int | slice) -> None:
    assert np.array_equal(packed.pixels[key], PIXELS[key])


@pytest.mark.parametrize("key", [12, -13, [3, 12], np.zeros(11, bool), 1.5], ids=str)
def test_an_index_that_an_array_would_refuse(packed: PackedSet, key: int) -> None:
    with pytest.raises(IndexError):
        packed.pixels[key]


def test_shards_are_iterated_and_described_as_one_array_is(packed: PackedSet) -> None:
    assert all(np.array_equal(one, other) for one, other in zip(packed.pixels, PIXELS, strict=True))
    assert (packed.pixels.shape, packed.pixels.nbytes, len(packed.pixels)) == (PIXELS.shape, PIXELS.nbytes, 12)
    assert repr(packed.pixels) == "ShardedPixels((12, 8, 8, 3), 3 shards)"


def test_a_slice_of_one_shard_is_not_copied(packed: PackedSet) -> None:
    assert isinstance(packed.pixels, ShardedPixels)
    assert np.shares_memory(packed.pixels[6:9], packed.pixels.shards[2])


def test_batches_of_shards_are_those_of_one_array(packed: PackedSet) -> None:
    index = np.array([11, 0, 5, 4])
    of_shards = ImageLoader(packed.pixels, torch.device("cpu")).images(index)
    assert torch.equal(of_shards, ImageLoader(PIXELS, torch.device("cpu")).images(index))


def test_a_shard_that_is_cut_off_while_a_run_trains_on_it(packed: PackedSet) -> None:
    loader = ImageLoader(packed.pixels, torch.device("cpu"))
    with (packed.path / "pixels-00002.npy").open("r+b") as file:
        file.truncate(500)
    assert len(loader.images(np.array([0, 5]))) == 2
    with pytest.raises(PackedSetError, match=r"pixels-00002.npy was cut off"):
        loader.images(np.array([0, 7]))


@pytest.mark.parametrize(
    ("shards", "why"),
    [
        ([5, 1], "counts 12 pictures, and 6 in its shards"),
        ([5, 1, 5], r"pixels-00002.npy has shape \(6, 8, 8, 3\), but dataset.json says \(5, 8, 8, 3\)"),
        ([5, 1, 6, 1], "pixels-00003.npy is missing"),
        ([], "does not count the pictures of its shards"),
        ([5, True, 6], "does not count"),
        (12, "does not count"),
    ],
)
def test_a_description_that_does_not_fit_the_shards(packed: PackedSet, shards: object, why: str) -> None:
    file = packed.path / "dataset.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"shards": shards}))
    with pytest.raises(PackedSetError, match=why):
        PackedSet.open(packed.path)


def test_changed_pictures_do_not_match_the_fingerprint(packed: PackedSet) -> None:
    np.save(packed.path / "pixels-00001.npy", np.zeros_like(PIXELS[:1]))
    with pytest.raises(PackedSetError, match="fingerprint"):
        PackedSet.open(packed.path).verify()
