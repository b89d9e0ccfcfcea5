"""CIFAR-10 and SVHN, in small files made in the forms that they come in."""

import pickle
from pathlib import Path

import numpy as np
import pytest

from dcgan.data.cache import open_pictures
from dcgan.data.items import Item
from dcgan.data.packed import PackedSet
from dcgan.data.prepare import prepare
from dcgan.data.prepare_options import PrepareOptions
from dcgan.data.sources import open_source
from dcgan.errors import SourceError

RANDOM = np.random.default_rng(0)
WORDS = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
PIXELS = RANDOM.integers(0, 256, (5, 6, 32, 32, 3)).astype(np.uint8)  # five batches of six pictures
NUMBERS = RANDOM.integers(0, 10, (5, 6))


def planes(batch: int) -> np.ndarray:
    """Rows of 3,072: all red, all green, all blue."""
    return np.asarray(PIXELS[batch].transpose(0, 3, 1, 2).reshape(6, 3072))


def python_version(folder: Path) -> Path:
    for batch in range(5):
        content = {b"batch_label": b"", b"labels": NUMBERS[batch].tolist(), b"data": planes(batch), b"filenames": []}
        (folder / f"data_batch_{batch + 1}").write_bytes(pickle.dumps(content, protocol=2))
    (folder / "batches.meta").write_bytes(pickle.dumps({b"label_names": [word.encode() for word in WORDS]}, protocol=2))
    return folder


def binary_version(folder: Path) -> Path:
    for batch in range(5):
        rows = np.column_stack([NUMBERS[batch].astype(np.uint8), planes(batch)])
        (folder / f"data_batch_{batch + 1}.bin").write_bytes(rows.tobytes())
    (folder / "batches.meta.txt").write_text("\n".join(WORDS) + "\n\n")
    return folder


def matlab_version(folder: Path) -> Path:
    io = pytest.importorskip("scipy.io")
    for batch in range(5):
        labels = NUMBERS[batch].astype(np.uint8)[:, None]
        io.savemat(
            folder / f"data_batch_{batch + 1}.mat", {"data": planes(batch), "labels": labels, "batch_label": "x"}
        )
    io.savemat(folder / "batches.meta.mat", {"label_names": np.array(WORDS, object)[:, None]})
    return folder


def check(items: list[Item], pixels: np.ndarray, labels: list[str]) -> None:
    contents = [item.content for item in items]
    assert all(isinstance(content, np.ndarray) for content in contents)
    assert np.array_equal(np.stack([np.asarray(content) for content in contents]), pixels)
    assert [item.label for item in items] == labels


@pytest.mark.parametrize("make", [python_version, binary_version, matlab_version])
def test_a_folder_of_cifar_stands_for_its_training_batches(make: "object", tmp_path: Path) -> None:
    assert callable(make)
    items = list(open_source(make(tmp_path)))
    check(items, PIXELS.reshape(-1, 32, 32, 3), [WORDS[number] for number in NUMBERS.ravel()])
    assert items[7].name.startswith("data_batch_2")


def test_what_is_made_of_a_folder_of_cifar_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DCGAN_CACHE", str(tmp_path / "cache"))
    (tmp_path / "cifar").mkdir()
    first = open_pictures(python_version(tmp_path / "cifar"), size=32)
    assert (len(first), first.label_names[3]) == (30, "cat")
    assert open_pictures(tmp_path / "cifar", size=32).path == first.path
    (tmp_path / "cifar" / "batches.meta").unlink()
    assert open_pictures(tmp_path / "cifar", size=32).label_names[3] == "3"
    batch = tmp_path / "cifar" / "data_batch_1"
    assert open_pictures(batch, size=32).label_names[0].isdecimal()
    python_version(tmp_path / "cifar")
    assert open_pictures(batch, size=32).label_names[0] in WORDS


@pytest.mark.parametrize("make", [python_version, binary_version, matlab_version])
def test_a_file_of_cifar_is_one_batch(make: "object", tmp_path: Path) -> None:
    assert callable(make)
    make(tmp_path)
    path = next(tmp_path.glob("data_batch_3*"))
    check(list(open_source(path)), PIXELS[2], [WORDS[number] for number in NUMBERS[2]])


def test_without_their_names_classes_are_numbers(tmp_path: Path) -> None:
    (python_version(tmp_path) / "batches.meta").unlink()
    (tmp_path / "data_batch_1").rename(tmp_path / "test_batch")
    assert [item.label for item in open_source(tmp_path / "test_batch")] == [str(number) for number in NUMBERS[0]]


def test_svhn_counts_the_digit_0_as_its_tenth_class(tmp_path: Path) -> None:
    io = pytest.importorskip("scipy.io")
    digits = np.array([1, 10, 9, 2, 10, 5], np.uint8)
    io.savemat(tmp_path / "train_32x32.mat", {"X": PIXELS[0].transpose(1, 2, 3, 0), "y": digits[:, None]})
    source = open_source(tmp_path / "train_32x32.mat")
    check(list(source), PIXELS[0], ["1", "0", "9", "2", "0", "5"])
    prepare(tmp_path / "train_32x32.mat", tmp_path / "packed", PrepareOptions(size=32))
    packed = PackedSet.open(tmp_path / "packed")
    assert np.array_equal(packed.pixels, PIXELS[0])
    assert [packed.label_names[label] for label in packed.labels] == ["1", "0", "9", "2", "0", "5"]


@pytest.mark.parametrize("labels", [[0, 1, 2, 3, 4, 5], [1, 2, 3, 4, 5, 91], [1, 2, 3, 4, 5, 1.5], [1, 2, 3, 4, 5, 1j]])
def test_other_labels_than_those_of_svhn_are_refused(labels: list[complex], tmp_path: Path) -> None:
    io = pytest.importorskip("scipy.io")
    io.savemat(tmp_path / "t.mat", {"X": PIXELS[0].transpose(1, 2, 3, 0), "y": np.array(labels)[:, None]})
    with pytest.raises(SourceError, match=r"other labels than 1 to 10|labels must be whole numbers"):
        open_source(tmp_path / "t.mat")


@pytest.mark.parametrize("make", [python_version, binary_version, matlab_version])
def test_a_folder_of_cifar_without_one_of_its_batches_is_skipped(make: "object", tmp_path: Path) -> None:
    assert callable(make)
    next(make(tmp_path).glob("data_batch_3*")).unlink()
    with pytest.raises(SourceError, match="lacks data_batch_3 of CIFAR-10"):
        open_source(tmp_path)


def test_a_binary_batch_that_is_truncated_is_named(tmp_path: Path) -> None:
    path = binary_version(tmp_path) / "data_batch_2.bin"
    path.write_bytes(path.read_bytes()[:-7])
    with pytest.raises(SourceError, match=r"data_batch_2\.bin is truncated"):
        open_source(tmp_path)


def test_matlabs_later_format_is_named(tmp_path: Path) -> None:
    (tmp_path / "t.mat").write_bytes(b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(1024))
    with pytest.raises(SourceError, match="save it again with -v7"):
        open_source(tmp_path / "t.mat")


class Evil:
    """Runs a command when it is unpickled."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        import os

        return os.system, ("echo harm > harmed",)


def test_a_pickle_that_would_run_code_does_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    python_version(tmp_path)
    (tmp_path / "data_batch_1").write_bytes(pickle.dumps({b"data": Evil()}, protocol=2))
    for source in (tmp_path, tmp_path / "data_batch_1"):
        with pytest.raises(SourceError, match="could run code"):
            open_source(source)
    assert not (tmp_path / "harmed").exists()


@pytest.mark.parametrize(
    "content",
    [
        pickle.dumps([1], protocol=2),
        pickle.dumps({b"data": planes(0)}, protocol=2),
        pickle.dumps({b"data": planes(0), b"labels": [11] * 6}, protocol=2),
        pickle.dumps({b"data": planes(0), b"labels": [1] * 5}, protocol=2),
        pickle.dumps({b"data": planes(0)[:, 1:], b"labels": [1] * 6}, protocol=2),
        pickle.dumps({b"data": planes(0), b"labels": [1] * 6}, protocol=2)[:-100],
        b"\x80",
    ],
)
def test_damaged_batches_are_named(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "data_batch_1").write_bytes(content)
    with pytest.raises(SourceError, match="data_batch_1"):
        open_source(tmp_path / "data_batch_1")


def test_matlab_files_that_are_neither_are_named(tmp_path: Path) -> None:
    io = pytest.importorskip("scipy.io")
    io.savemat(tmp_path / "other.mat", {"Z": np.ones(3)})
    with pytest.raises(SourceError, match="it holds Z"):
        open_source(tmp_path / "other.mat")
    io.savemat(tmp_path / "odd.mat", {"X": np.ones((4, 4, 3, 2)), "y": np.ones((2, 1))})
    with pytest.raises(SourceError, match="not uint8"):
        open_source(tmp_path / "odd.mat")
    whole = (tmp_path / "other.mat").read_bytes()
    (tmp_path / "cut.mat").write_bytes(whole[:150])
    with pytest.raises(SourceError, match=r"cut\.mat"):
        open_source(tmp_path / "cut.mat")
