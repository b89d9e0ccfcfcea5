"""Pictures from Python: numpy arrays, torch tensors, lists of PIL pictures, data sets of pictures or (picture, label).

Torch is never imported here: a tensor or a torch data set can only be handed in where it has been imported already.
"""

import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Protocol, TypeGuard, runtime_checkable

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile

from dcgan.data.arrays import ArraySource, MemoryArray, is_channels_first, label_texts, to_uint8
from dcgan.data.decode import picture_pixels
from dcgan.data.items import Content, Item, Reason, Skipped
from dcgan.data.kinds import Candidate, SourceKind
from dcgan.errors import SourceError

_PICTURES = "a PIL picture, a numpy array or a tensor"


@runtime_checkable
class PictureSequence(Protocol):
    """A list, a `torch.utils.data.Dataset`, or whatever has a length and is indexed from 0."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int, /) -> object: ...


class SequenceSource:
    """The pictures of a sequence whose elements are pictures or tuples (picture, label).

    A picture is a PIL picture; a numpy array (H, W), (H, W, C) or (C, H, W); or a tensor (C, H, W) or (H, W). Arrays
    and tensors are uint8, or floats in [0, 1]. A label is a string, or a number; where the sequence has `classes`, as
    torchvision's have, the number is their index. The elements must be the same each time they are read: switch random
    augmentation off.

    An element that raises when it is read, or holds other values, is listed with its reason and not used.

    Raises:
        SourceError: The sequence is empty, or its first element is neither a picture nor (picture, label).
    """

    def __init__(self, pictures: PictureSequence) -> None:
        self._pictures = pictures
        self._kind = type(pictures).__name__
        self._classes = _class_names(pictures)
        self.total = len(pictures)
        """How many items it yields."""
        self.description = f"{self._kind} of {self.total:,} pictures"
        self.ignored: Mapping[str, int] = {}
        """Nothing is ignored."""
        if not self.total:
            raise SourceError(f"the {self._kind} is empty: it holds no picture")
        try:
            picture, _ = _split(pictures[0])
        except Exception:  # whatever a data set raises; it may be this picture only, so it is listed with the others
            return
        if not _is_picture(picture):
            raise SourceError(
                f"{self._kind}[0] is of type {type(pictures[0]).__name__}; each element must be {_PICTURES}, "
                "or a tuple of one and its label"
            )

    def __iter__(self) -> Iterator[Item]:
        for index in range(self.total):
            name = f"{self._kind}[{index}]"
            try:
                picture, label = _split(self._pictures[index])
            except Exception as error:  # whatever a data set raises when a file of its own is broken
                yield Item(name, Skipped(Reason.UNREADABLE, f"{type(error).__name__}: {error}"))
                continue
            yield Item(name, _content(picture), self._label(name, label))

    def _label(self, name: str, label: object) -> str | None:
        if isinstance(label, str) or label is None:
            return label
        number = label.item() if _is_array(label) and label.ndim == 0 else label
        if isinstance(number, float) and number.is_integer():
            number = int(number)
        if not isinstance(number, int | np.integer):
            raise SourceError(f"the label of {name} is {label!r}; it must be a whole number or a string")
        return self._classes[number] if 0 <= number < len(self._classes) else str(int(number))


def _class_names(pictures: object) -> list[str]:
    names = getattr(pictures, "classes", ())
    return [str(name) for name in names] if isinstance(names, list | tuple) else []


def _split(element: object) -> tuple[object, object]:
    return (element[0], element[1]) if isinstance(element, tuple) and len(element) == 2 else (element, None)


def _is_array(value: object) -> TypeGuard[NDArray[np.generic]]:
    """Whether it is a numpy array, or a tensor, which has all of an array's members that are used on it here."""
    return isinstance(value, np.ndarray | np.generic) or _is_tensor(value)


def _is_tensor(value: object) -> bool:
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, torch.Tensor)


def _is_picture(value: object) -> bool:
    return isinstance(value, Image.Image) or _is_array(value)


def _numpy(value: object) -> NDArray[np.generic]:
    """An array as it is; a tensor as an array, off its device and without its gradient."""
    if not _is_tensor(value):
        return np.asarray(value)
    tensor = value.detach().cpu()  # type: ignore[attr-defined]
    try:
        return np.asarray(tensor.numpy())
    except TypeError:  # bfloat16, which numpy lacks
        return np.asarray(tensor.float().numpy())


def _content(picture: object) -> Content:
    """A picture as pixels (H, W, C); or as its file, while it is no more than that; or why it cannot be used."""
    if isinstance(picture, ImageFile.ImageFile) and picture.tile and picture.tell() == 0:  # opened, not loaded
        file = Path(os.fsdecode(picture.filename)) if picture.filename else None
        if file and file.is_file():
            return file  # decoded by the workers; loaded here, a long list of photographs would fill the memory
    if isinstance(picture, Image.Image):
        return picture_pixels(picture)
    if not _is_array(picture):
        return Skipped(Reason.UNSUPPORTED, f"of type {type(picture).__name__}, not {_PICTURES}")
    array = _numpy(picture)
    try:
        if array.ndim == 3 and (_is_tensor(picture) or is_channels_first("a picture", (1, *array.shape))):
            array = array.transpose(1, 2, 0)
        elif array.ndim == 2:
            array = array[:, :, None]
        if array.ndim != 3 or array.shape[2] not in (1, 3, 4):
            return Skipped(Reason.UNSUPPORTED, f"an array of shape {np.shape(picture)}")
        if array.dtype.kind == "f" and not (array.min() >= 0 and array.max() <= 1):  # NaN is not, either
            values = f"{array.dtype} values from {array.min():g} to {array.max():g}; floats must lie in 0 to 1"
            return Skipped(Reason.UNSUPPORTED, values)
        return to_uint8("a picture", array.dtype, lambda: (float(array.min()), float(array.max())))(array)
    except (SourceError, ValueError) as error:
        return Skipped(Reason.UNSUPPORTED, str(error))


def _recognizes_array(candidate: Candidate) -> bool:
    pictures, labels = _split(candidate.given)
    if not _is_array(pictures) or labels is None:
        return _is_array(pictures)
    shape = np.shape(labels)  # type: ignore[call-overload]
    in_rows = len(shape) == 2 and shape[0] == pictures.shape[0]  # (N, 1), as Keras has them, or one-hot
    return pictures.ndim > 2 and (len(shape) == 1 or in_rows)


def _open_array(candidate: Candidate) -> ArraySource:
    pictures, labels = _split(candidate.given)
    array = MemoryArray(_numpy(pictures))
    return ArraySource(array, None if labels is None else label_texts("labels", _numpy(labels)))


def _recognizes_sequence(candidate: Candidate) -> bool:
    return isinstance(candidate.given, PictureSequence) and not isinstance(candidate.given, str | bytes | Mapping)


def _open_sequence(candidate: Candidate) -> SequenceSource:
    assert isinstance(candidate.given, PictureSequence)
    return SequenceSource(candidate.given)


ARRAY = SourceKind(_recognizes_array, _open_array)
SEQUENCE = SourceKind(_recognizes_sequence, _open_sequence)
