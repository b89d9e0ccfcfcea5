"""Array files: which shapes and values are understood, and that nothing is ever unpickled."""

import gzip
import pickle
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from dcgan.data.clips import clips_of, find_films
from dcgan.data.items import Reason, Skipped
from dcgan.data.packed import PackedSet
from dcgan.data.prepare import prepare
from dcgan.data.prepare_options import PrepareOptions
from dcgan.data.sources import open_source
from dcgan.errors import SourceError
from dcgan.types import Pixels

RANDOM = np.random.default_rng(0)
GRAY = RANDOM.integers(0, 256, (5, 8, 9), np.uint8)
COLOR = RANDOM.integers(0, 256, (5, 8, 9, 3), np.uint8)

Save = Callable[[Path, NDArray[np.generic]], Path]


def save_npy(folder: Path, array: NDArray[np.generic]) -> Path:
    np.save(folder / "a.npy", array)
    return folder / "a.npy"


def save_npz(folder: Path, array: NDArray[np.generic]) -> Path:
    np.savez_compressed(folder / "a.npz", images=array)
    return folder / "a.npz"


def save_idx(path: Path, array: NDArray[np.generic], kind: int = 8) -> Path:
    data = struct.pack(f">HBB{array.ndim}I", 0, kind, array.ndim, *array.shape) + array.tobytes()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


def pixels(path: Path) -> Pixels:
    items = list(open_source(path))
    assert [item.name for item in items] == [f"{items[0].name.partition('[')[0]}[{n}]" for n in range(len(items))]
    contents = [item.content for item in items]
    assert all(isinstance(content, np.ndarray) and content.dtype == np.uint8 for content in contents)
    return np.stack([content for content in contents if isinstance(content, np.ndarray)])


def error_of(path: Path) -> str:
    with pytest.raises(SourceError) as caught:
        open_source(path)
    return str(caught.value)


@pytest.mark.parametrize("save", [save_npy, save_npz])
def test_the_usual_layouts_are_understood(tmp_path: Path, save: Save) -> None:
    assert np.array_equal(pixels(save(tmp_path, GRAY)), GRAY[..., None])
    assert np.array_equal(pixels(save(tmp_path, GRAY[..., None])), GRAY[..., None])
    assert np.array_equal(pixels(save(tmp_path, GRAY[:, None])), GRAY[..., None])
    assert np.array_equal(pixels(save(tmp_path, COLOR)), COLOR)
    assert np.array_equal(pixels(save(tmp_path, np.ascontiguousarray(COLOR.transpose(0, 3, 1, 2)))), COLOR)


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (np.full((2, 8, 8), 0.5, np.float32), 128),
        (np.stack([np.zeros((8, 8)), np.ones((8, 8))]), (0, 255)),
        (np.stack([-np.ones((8, 8)), np.zeros((8, 8)), np.ones((8, 8))]).astype(np.float16), (0, 128, 255)),
        (np.stack([np.zeros((8, 8)), np.full((8, 8), 254.6)]), (0, 255)),
        (np.stack([np.zeros((8, 8)), np.full((8, 8), 65_535)]).astype(np.uint16), (0, 255)),
        (np.full((2, 8, 8), 200, np.int64), 200),
        (np.full((2, 8, 8), 200, ">i4"), 200),
        (np.stack([np.zeros((8, 8)), np.ones((8, 8))]).astype(np.bool_), (0, 255)),
    ],
    ids=str,
)
def test_values_are_taken_by_the_range_of_the_whole_array(
    tmp_path: Path, array: NDArray[np.generic], expected: int | tuple[int, ...]
) -> None:
    found = pixels(save_npy(tmp_path, array))
    assert (found == np.reshape(expected, (-1, 1, 1, 1))).all()


@pytest.mark.parametrize(
    ("array", "why"),
    [
        (np.zeros((8, 8)), r"shape \(8, 8\) is none of"),
        (np.zeros((64, 64, 3)), "A single picture needs a first axis of 1"),
        (np.zeros((2, 3, 64, 3)), "can mean"),
        (np.zeros((2, 8, 8, 5)), "is none of"),
        (np.zeros((0, 8, 8)), "holds no picture"),
        (np.zeros(()), "a single float64 is not an array of pictures"),
        (np.full((2, 8, 8), -1), "from -1 to -1; they must lie in 0 to 255, or as floats in 0 to 1 or -1 to 1"),
        (np.full((2, 8, 8), 300), "values from 300 to 300"),
        (np.full((2, 8, 8), -5.0), "values from -5 to -5"),
        (np.full((2, 8, 8), 1j), "must be numbers, not complex"),
        (np.full((2, 8, 8), "a"), "must be numbers, not <U1"),
        (np.asfortranarray(COLOR), "Fortran order"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_not_understood_is_explained(tmp_path: Path, array: NDArray[np.generic], why: str) -> None:
    with pytest.raises(SourceError, match=why):
        open_source(save_npy(tmp_path, array))


def test_a_picture_with_nan_is_skipped_and_the_others_are_used(tmp_path: Path) -> None:
    array = np.zeros((3, 8, 8), np.float32)
    array[1, 0, 0] = np.nan
    skipped = [isinstance(item.content, Skipped) for item in open_source(save_npy(tmp_path, array))]
    assert skipped == [False, True, False]


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_of_a_truncated_array_the_whole_pictures_are_used(tmp_path: Path, dtype: type) -> None:
    path = save_npy(tmp_path, (GRAY[:, :1] // 255).astype(dtype))
    path.write_bytes(path.read_bytes()[: -int(1.5 * 9 * np.dtype(dtype).itemsize)])
    *whole, last = open_source(path)
    assert len(whole) == 3
    assert last.name == "a.npy[3:5]"
    assert last.content == Skipped(Reason.TRUNCATED, "the file ends here: 3 of 5 pictures are whole")


# Films

FILMS = RANDOM.integers(0, 256, (3, 5, 8, 9, 3), np.uint8)
GRAY_FILMS = RANDOM.integers(0, 256, (3, 5, 8, 9), np.uint8)


def frames(source: object) -> NDArray[np.uint8]:
    """(N, T, H, W, C), with their names checked."""
    items = list(open_source(source))  # type: ignore[arg-type]
    stem = items[0].name.partition("[")[0]
    assert [item.name for item in items] == [f"{stem}[{row}]/{frame}" for row in range(3) for frame in range(5)]
    contents = [item.content for item in items if isinstance(item.content, np.ndarray)]
    return np.stack(contents).reshape(3, 5, *contents[0].shape)


@pytest.mark.parametrize("save", [save_npy, save_npz, lambda folder, array: array])
def test_arrays_of_films_give_their_frames(tmp_path: Path, save: Save) -> None:
    assert np.array_equal(frames(save(tmp_path, FILMS)), FILMS)
    assert np.array_equal(frames(save(tmp_path, np.ascontiguousarray(FILMS.transpose(0, 1, 4, 2, 3)))), FILMS)
    assert np.array_equal(frames(save(tmp_path, GRAY_FILMS)), GRAY_FILMS[..., None])
    assert np.array_equal(frames(save(tmp_path, GRAY_FILMS[..., None])), GRAY_FILMS[..., None])


def test_films_of_idx_files_and_of_tensors_are_understood(tmp_path: Path) -> None:
    import torch

    assert np.array_equal(frames(save_idx(tmp_path / "a-idx4-ubyte.gz", GRAY_FILMS)), GRAY_FILMS[..., None])
    tensor = torch.from_numpy(FILMS).permute(0, 1, 4, 2, 3).float() / 255
    assert np.array_equal(frames(tensor), FILMS)
    time_first = np.swapaxes(GRAY_FILMS, 0, 1)
    assert np.array_equal(frames(np.swapaxes(time_first, 0, 1)), GRAY_FILMS[..., None])


def test_the_description_says_how_many_films_an_array_has(tmp_path: Path) -> None:
    path = save_npy(tmp_path, np.zeros((20, 30, 8, 8), np.uint8))
    assert open_source(path).description == f"array {path}: 20 films of 30 frames"


def test_a_label_of_a_film_is_that_of_its_frames(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", images=FILMS, labels=["run", "sit", "run"])
    assert [item.label for item in open_source(tmp_path / "a.npz")] == ["run"] * 5 + ["sit"] * 5 + ["run"] * 5
    np.savez(tmp_path / "a.npz", images=FILMS, labels=np.zeros(15, int))
    assert "3 films, but 15 labels" in error_of(tmp_path / "a.npz")


def test_rows_of_an_array_are_films_of_their_own(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", images=FILMS, labels=["run", "sit", "run"])
    packed = PackedSet.open(prepare(tmp_path / "a.npz", tmp_path / "set", PrepareOptions(size=8)).path)
    clips = clips_of(packed, 4)
    assert str(find_films(packed).count(4)) == "6 clips of 3 films"
    assert clips.labels.tolist() == [0, 0, 1, 1, 0, 0]
    assert np.array_equal(clips.pixels[3], np.concatenate(list(packed.pixels[6:10]), axis=-1))


def test_of_a_truncated_film_the_whole_frames_are_used(tmp_path: Path) -> None:
    path = save_npy(tmp_path, FILMS)
    path.write_bytes(path.read_bytes()[: -int(6.5 * 8 * 9 * 3)])
    *whole, last = open_source(path)
    assert len(whole) == 8
    assert last.name == "a.npy[1]/3"
    assert last.content == Skipped(Reason.TRUNCATED, "the file ends here: 8 of 15 pictures are whole")


def test_a_frame_with_nan_is_skipped_and_the_others_are_used(tmp_path: Path) -> None:
    films = np.zeros((2, 3, 8, 8, 1), np.float32)
    films[1, 1, 0, 0] = np.nan
    skipped = [isinstance(item.content, Skipped) for item in open_source(save_npy(tmp_path, films))]
    assert skipped == [False, False, False, False, True, False]


@pytest.mark.parametrize(
    ("shape", "why"),
    [
        ((2, 3, 8, 8, 2), "none of (N, T, H, W, C) or (N, T, C, H, W) with 1, 3 or 4 channels"),
        ((2, 5, 3, 8, 3), "can mean (N, T, H, W, C) or (N, T, C, H, W)"),
        ((2, 0, 8, 8, 3), "holds no picture"),
        ((2, 64, 64, 2), "is none of"),
        ((2, 2, 2, 2, 2, 2), "is none of"),
    ],
)
def test_what_are_no_films_is_explained(tmp_path: Path, shape: tuple[int, ...], why: str) -> None:
    assert why in error_of(save_npy(tmp_path, np.zeros(shape, np.uint8)))


def test_the_largest_picture_that_is_read_is_a_frame_and_not_a_film(tmp_path: Path) -> None:
    def claim(shape: tuple[int, ...]) -> Path:
        with (tmp_path / "a.npy").open("wb") as file:
            np.lib.format.write_array_header_1_0(file, {"descr": "|u1", "fortran_order": False, "shape": shape})
        return tmp_path / "a.npy"

    assert open_source(claim((10, 10_000, 512, 512, 3))).total == 100_000
    assert "at most 512 MB are read" in error_of(claim((10, 2, 100_000, 100_000, 3)))


# Labels


@pytest.mark.parametrize("name", ["labels", "y", "Y", "y_train"])
@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (np.array([3, 1, 4, 1, 5]), "31415"),
        (np.array([[3], [1], [4], [1], [5]]), "31415"),
        (np.array(list("abcde")), "abcde"),
        (np.array([b"x"] * 5), "xxxxx"),
    ],
    ids=["numbers", "column", "text", "bytes"],
)
def test_labels_of_an_npz_are_taken(tmp_path: Path, name: str, values: NDArray[np.generic], expected: str) -> None:
    arrays: dict[str, Any] = {"x": COLOR, name: values}
    np.savez(tmp_path / "a.npz", **arrays)
    assert [item.label for item in open_source(tmp_path / "a.npz")] == list(expected)


def test_labels_must_be_one_for_each_picture(tmp_path: Path) -> None:
    for labels, why in ((np.full(5, 0.5), "must be whole numbers"), (np.zeros(4), "5 pictures, but 4 labels")):
        np.savez(tmp_path / "a.npz", images=COLOR, labels=labels)
        assert why in error_of(tmp_path / "a.npz")
    np.savez(tmp_path / "a.npz", images=COLOR, labels=np.zeros((5, 10), int))
    assert "must be one whole number" in error_of(tmp_path / "a.npz")


def test_an_npz_without_a_likely_name_lists_what_it_holds(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", mean=COLOR, std=COLOR)
    assert "it holds mean, std" in error_of(tmp_path / "a.npz")
    np.savez(tmp_path / "a.npz", whatever=COLOR)
    assert np.array_equal(pixels(tmp_path / "a.npz"), COLOR)


# Nothing is ever run


class Bomb:
    """Unpickling it leaves a file behind."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.path,)


def test_pickled_objects_are_skipped_and_not_unpickled(tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    bombs = np.array([Bomb(ran)] * 5, dtype=object)
    np.save(tmp_path / "a.npy", bombs)
    np.savez(tmp_path / "a.npz", images=bombs)
    np.savez(tmp_path / "b.npz", images=COLOR, labels=bombs)
    for name in ("a.npy", "a.npz", "b.npz"):
        assert "holds Python objects" in error_of(tmp_path / name)
    (tmp_path / "c.npy").write_bytes(pickle.dumps(Bomb(ran)))
    assert "is not a source of pictures" in error_of(tmp_path / "c.npy")
    assert not ran.exists()


@pytest.mark.parametrize("data", [b"\x93NUMPY", b"\x93NUMPY\1\0\xff\xff", b"\x93NUMPY\1\0\4\0oops", b"\x93NUMPY\x09\0"])
def test_a_broken_header_is_explained(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.npy").write_bytes(data)
    assert "cannot be read" in error_of(tmp_path / "a.npy")
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("pixels.npy", data)
    assert "cannot be read" in error_of(tmp_path / "a.npz")


# IDX


@pytest.mark.parametrize("suffix", ["", ".gz"])
@pytest.mark.parametrize("stem", ["train-images-idx3-ubyte", "train-images.idx3-ubyte", "emnist-images"])
def test_idx_files_find_the_labels_beside_them(tmp_path: Path, stem: str, suffix: str) -> None:
    path = save_idx(tmp_path / f"{stem}{suffix}", GRAY)
    assert [item.label for item in open_source(path)] == [None] * 5
    labels = stem.replace("images", "labels").replace("idx3", "idx1")
    save_idx(tmp_path / labels, np.array([5, 0, 4, 1, 9], np.uint8))
    assert [item.label for item in open_source(path)] == ["5", "0", "4", "1", "9"]
    assert np.array_equal(pixels(path), GRAY[..., None])


def test_idx_files_may_hold_other_numbers(tmp_path: Path) -> None:
    assert np.array_equal(pixels(save_idx(tmp_path / "a", GRAY.astype(">i4"), 12)), GRAY[..., None])
    assert np.array_equal(pixels(save_idx(tmp_path / "a", (GRAY / 255).astype(">f4"), 13)), GRAY[..., None])


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_an_idx_file_that_is_too_short_is_used_as_far_as_it_goes(tmp_path: Path, suffix: str) -> None:
    path = save_idx(tmp_path / "images", GRAY)
    data = path.read_bytes()[:-10]
    path = tmp_path / f"cut{suffix}"
    path.write_bytes(gzip.compress(data) if suffix else data)
    *whole, last = open_source(path)
    assert len(whole) == 4
    assert isinstance(last.content, Skipped)
    assert last.content.reason == Reason.TRUNCATED


def test_an_idx_file_with_too_many_or_too_few_labels_is_explained(tmp_path: Path) -> None:
    path = save_idx(tmp_path / "images", GRAY)
    save_idx(tmp_path / "labels", np.zeros(6, np.uint8))
    assert "5 pictures, but 6 labels" in error_of(path)


def test_the_labels_alone_are_no_pictures(tmp_path: Path) -> None:
    assert "shape (6,) is none of" in error_of(save_idx(tmp_path / "labels", np.zeros(6, np.uint8)))
