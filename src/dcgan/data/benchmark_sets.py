"""CIFAR-10 and SVHN, read from the files that their authors publish. No code in them is run, not even by pickles.

SVHN: cropped digits, train_32x32.mat and its like. CIFAR-10: the Python, MATLAB and binary versions; a folder of one of
them stands for its five training batches, its file test_batch for the test set.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dcgan.data.arrays import whole_numbers
from dcgan.data.items import Item
from dcgan.data.kinds import Candidate, SourceKind, existing, file_kind
from dcgan.data.matlab import MAT, MAT_73, load_mat
from dcgan.data.pickles import unpickle
from dcgan.errors import SourceError

_SIDE, _PIXELS = 32, 3 * 32 * 32
_CLASSES = 10

Pictures = NDArray[np.uint8]  # (N, H, W, C)
Batch = tuple[Pictures, list[int]]  # pixels (N, 32, 32, 3), and a number for each


class LabeledPictures:
    """Labeled pictures that were read into memory: pixels (N, H, W, C), uint8."""

    def __init__(self, description: str, names: Sequence[str], pixels: Pictures, labels: Sequence[str]) -> None:
        self.description = description
        self._names, self._pixels, self._labels = names, pixels, labels

    @property
    def total(self) -> int:
        """How many items it yields."""
        return len(self._pixels)

    @property
    def ignored(self) -> Mapping[str, int]:
        """Nothing is ignored."""
        return {}

    def __iter__(self) -> Iterator[Item]:
        for name, pixels, label in zip(self._names, self._pixels, self._labels, strict=True):
            yield Item(name, pixels, label)


def is_mat(_: Path, head: bytes) -> bool:
    """Whether it is a MATLAB file of the kind that SVHN and CIFAR-10 come in."""
    return head.startswith((MAT, MAT_73))


def is_cifar_binary(path: Path, head: bytes) -> bool:
    """Whether it is a batch of CIFAR-10's binary version: rows of 3,073 bytes, each with a class first."""
    size = path.stat().st_size
    if path.suffix != ".bin" or not size or size % (_PIXELS + 1) or not head:
        return False
    rows = np.memmap(path, np.uint8, "r").reshape(-1, _PIXELS + 1)
    return bool((rows[:, 0] < _CLASSES).all())


def is_cifar_pickle(path: Path, head: bytes) -> bool:
    """Whether it is a batch of CIFAR-10's Python version, by its first bytes and its name."""
    return head.startswith(b"\x80") and (path.name.startswith("data_batch") or path.name == "test_batch")


def is_cifar_folder(path: Path) -> bool:
    """Whether a folder holds training batches of CIFAR-10."""
    return any(path.glob("data_batch_[0-9]*"))


def open_mat(path: Path) -> LabeledPictures:
    """A file of SVHN's cropped digits (class 10 is the digit 0), or a batch of CIFAR-10's MATLAB version.

    Raises:
        SourceError: It cannot be read, or is neither; or scipy is not installed.
    """
    content = load_mat(path)
    if "X" in content and "y" in content:
        pixels, numbers = content["X"], content["y"].ravel()
        if pixels.dtype != np.uint8 or pixels.ndim != 4 or pixels.shape[2] != 3 or len(numbers) != pixels.shape[3]:
            raise SourceError(
                f"{path}: X is {pixels.dtype} {pixels.shape} for {len(numbers)} labels, not uint8 (H, W, 3, N)"
            )
        numbers = np.asarray(whole_numbers(f"{path}: y", numbers))
        if not np.isin(numbers, range(1, _CLASSES + 1)).all():
            raise SourceError(f"{path}: y has other labels than 1 to 10, which are the digits 1 to 9 and 0")
        labels = [str(int(number) % 10) for number in numbers]
        names = [f"{path.name}[{row}]" for row in range(len(labels))]
        return LabeledPictures(f"SVHN {path}", names, np.asarray(pixels.transpose(3, 0, 1, 2), np.uint8), labels)
    if "data" in content and "labels" in content:
        return _cifar(path, [(path, lambda path: _planes(path, content["data"], _numbers(path, content)))])
    held = ", ".join(content) or "nothing"
    raise SourceError(f"{path} is neither SVHN's cropped digits (X, y) nor CIFAR-10 (data, labels); it holds {held}")


def open_cifar_binary(path: Path) -> LabeledPictures:
    """A batch of CIFAR-10's binary version."""
    return _cifar(path, [(path, _read_binary)])


def open_cifar_pickle(path: Path) -> LabeledPictures:
    """A batch of CIFAR-10's Python version, read without running what it asks for.

    Raises:
        SourceError: It is damaged, or asks for anything but arrays.
    """
    return _cifar(path, [(path, _read_pickle)])


def open_cifar_folder(path: Path) -> LabeledPictures:
    """The training batches of any version of CIFAR-10, in their order.

    Raises:
        SourceError: A batch is missing or cannot be read.
    """
    batches: list[tuple[Path, Callable[[Path], Batch]]] = []
    files = sorted(path.glob("data_batch_[0-9]*"))
    if missing := sorted(set(map(str, range(1, 6))) - {file.stem.removeprefix("data_batch_") for file in files}):
        raise SourceError(
            f"{path} lacks data_batch_{', data_batch_'.join(missing)} of CIFAR-10; unpack the archive again"
        )
    for file in files:
        if is_mat(file, file.read_bytes()[: len(MAT)]):
            batches.append((file, _read_mat))
        elif file.suffix == ".bin":
            batches.append((file, _read_binary))
        else:
            batches.append((file, _read_pickle))
    return _cifar(path, batches)


def _cifar(where: Path, batches: Sequence[tuple[Path, Callable[[Path], Batch]]]) -> LabeledPictures:
    classes = _class_names(where if where.is_dir() else where.parent)
    pixels, labels, names = [], [], []
    for path, read in batches:
        batch, numbers = read(path)
        if len(batch) != len(numbers) or not all(0 <= number < _CLASSES for number in numbers):
            raise SourceError(f"{path}: {len(batch)} pictures with {len(numbers)} labels, which must be 0 to 9")
        pixels.append(batch)
        labels += [classes[number] for number in numbers]
        names += [f"{path.name}[{row}]" for row in range(len(numbers))]
    return LabeledPictures(f"CIFAR-10 {where}", names, np.concatenate(pixels), labels)


def _class_names(folder: Path) -> list[str]:
    """The names of the classes, as a file beside the batches lists them; their numbers if there is none."""
    numbers = [str(number) for number in range(_CLASSES)]
    try:
        if (folder / "batches.meta.txt").is_file():
            classes = (folder / "batches.meta.txt").read_text("utf-8").split()
        elif (folder / "batches.meta").is_file():
            names = _unpickled(folder / "batches.meta").get(b"label_names")
            classes = [name.decode() for name in names if isinstance(name, bytes)] if isinstance(names, list) else []
        elif (folder / "batches.meta.mat").is_file():
            classes = [
                str(np.asarray(name).ravel()[0])
                for name in load_mat(folder / "batches.meta.mat")["label_names"].ravel()
            ]
        else:
            return numbers
    except (OSError, UnicodeDecodeError, KeyError, IndexError) as error:
        raise SourceError(f"the names of the classes in {folder} cannot be read: {error}") from error
    return classes if len(classes) == _CLASSES else numbers


def _read_binary(path: Path) -> Batch:
    rows = np.fromfile(path, np.uint8)
    if len(rows) % (_PIXELS + 1):
        raise SourceError(f"{path} is truncated: {len(rows):,} bytes are not a whole number of pictures")
    rows = rows.reshape(-1, _PIXELS + 1)
    return _planes(path, rows[:, 1:], rows[:, 0].tolist())


def _read_mat(path: Path) -> Batch:
    content = load_mat(path)
    if not {"data", "labels"} <= content.keys():
        raise SourceError(f"{path} is not a batch of CIFAR-10: it holds {', '.join(content) or 'nothing'}")
    return _planes(path, content["data"], _numbers(path, content))


def _numbers(path: Path, content: Mapping[str, NDArray[np.generic]]) -> list[int]:
    return whole_numbers(f"{path}: labels", content["labels"].ravel())


def _read_pickle(path: Path) -> Batch:
    content = _unpickled(path)
    data, labels = content.get(b"data"), content.get(b"labels")
    if not isinstance(data, np.ndarray) or not isinstance(labels, list) or not all(type(n) is int for n in labels):
        raise SourceError(f"{path} is not a batch of CIFAR-10: it lacks data or labels")
    return _planes(path, data, labels)


def _planes(path: Path, data: NDArray[np.generic], labels: list[int]) -> Batch:
    """Rows of three planes to pixels (N, 32, 32, 3)."""
    if data.dtype != np.uint8 or data.ndim != 2 or data.shape[1] != _PIXELS:
        raise SourceError(f"{path}: data is {data.dtype} {data.shape}, not uint8 (N, {_PIXELS})")
    return np.asarray(data, np.uint8).reshape(-1, 3, _SIDE, _SIDE).transpose(0, 2, 3, 1), labels


def _unpickled(path: Path) -> dict[bytes, object]:
    try:
        content = unpickle(path.read_bytes())
    except (OSError, ValueError) as error:
        raise SourceError(f"{path} cannot be read: {error}") from error
    if not isinstance(content, dict):
        raise SourceError(f"{path} holds a {type(content).__name__}, not a batch of CIFAR-10")
    return content


def _recognizes_cifar(candidate: Candidate) -> bool:
    path = candidate.path
    if path is None:
        return False
    if path.is_dir():
        return is_cifar_folder(path)
    return path.is_file() and (is_cifar_binary(path, candidate.head) or is_cifar_pickle(path, candidate.head))


def _open_cifar(candidate: Candidate) -> LabeledPictures:
    path = existing(candidate)
    if path.is_dir():
        return open_cifar_folder(path)
    return open_cifar_binary(path) if is_cifar_binary(path, candidate.head) else open_cifar_pickle(path)


def _cifar_files(path: Path) -> list[Path]:
    if path.is_dir():
        return sorted(file for file in path.iterdir() if file.is_file())
    return [path, *sorted(path.parent.glob("batches.meta*"))]  # these name the classes


CIFAR_10 = SourceKind(_recognizes_cifar, _open_cifar, lambda candidate: _cifar_files(existing(candidate)))
MAT_FILE = file_kind(is_mat, open_mat, _cifar_files)
