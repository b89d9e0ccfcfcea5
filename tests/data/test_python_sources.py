"""Pictures from Python: arrays, tensors, lists of PIL pictures and data sets go wherever a path goes."""

import io
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from tests.data.pictures import JPEG, encoded, photo
from torch.utils.data import Dataset, TensorDataset

from dcgan.data import cache
from dcgan.data.cache import open_pictures, source_name
from dcgan.data.items import Item, Skipped
from dcgan.data.packed import PackedSet
from dcgan.data.prepare import prepare
from dcgan.data.prepare_options import PrepareOptions
from dcgan.data.sources import PictureSource, open_source
from dcgan.errors import PackedSetError, SourceError

GRAY = np.random.default_rng(0).integers(0, 256, (5, 8, 8), np.uint8)
COLOR = np.random.default_rng(1).integers(0, 256, (5, 8, 8, 3), np.uint8)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DCGAN_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


class Pictures(Dataset[object]):
    """A data set as torchvision has them."""

    def __init__(self, elements: Sequence[object], classes: list[str] | None = None) -> None:
        self.elements = elements
        if classes:
            self.classes = classes

    def __len__(self) -> int:
        return len(self.elements)

    def __getitem__(self, index: int) -> object:
        element = self.elements[index]
        if isinstance(element, Exception):
            raise element
        return element


def opened(source: PictureSource) -> PackedSet:
    return open_pictures(source, size=8)


def skips(source: PictureSource) -> list[str]:
    return [item.content.detail for item in open_source(source) if isinstance(item.content, Skipped)]


@pytest.mark.parametrize(
    "source",
    [
        COLOR,
        COLOR.transpose(0, 3, 1, 2),
        np.asfortranarray(COLOR),
        COLOR / 255,
        (COLOR / 255).astype(np.float32),
        torch.from_numpy(COLOR),
        torch.from_numpy(COLOR.transpose(0, 3, 1, 2).copy()).float().div(255).requires_grad_(),
        torch.from_numpy(COLOR).div(255).double(),
        list(COLOR),
        [Image.fromarray(pixels) for pixels in COLOR],
        tuple(Image.fromarray(pixels) for pixels in COLOR),
        Pictures([torch.from_numpy(pixels.transpose(2, 0, 1).copy()) for pixels in COLOR]),
        Pictures([torch.from_numpy(pixels.transpose(2, 0, 1) / 255) for pixels in COLOR]),
        Pictures([pixels.transpose(2, 0, 1) for pixels in COLOR]),
    ],
    ids=lambda source: type(source).__name__,
)
def test_the_same_pictures_come_out_whatever_they_are_handed_over_in(source: PictureSource) -> None:
    assert np.array_equal(opened(source).pixels, COLOR)


@pytest.mark.parametrize(
    "source", [GRAY, GRAY[..., None], GRAY[:, None], list(GRAY)], ids=["3d", "last", "first", "list"]
)
def test_gray_pictures_need_no_axis_for_their_channel(source: PictureSource) -> None:
    assert np.array_equal(open_pictures(source, size=8, channels=1).pixels[..., 0], GRAY)


def test_half_precision_is_as_near_as_it_can_be() -> None:
    tensor = torch.from_numpy(COLOR).div(255).bfloat16()
    for source in (tensor, list(tensor.permute(0, 3, 1, 2))):
        assert np.abs(opened(source).pixels[:].astype(int) - COLOR).max() <= 1


def test_a_tensor_of_color_planes_is_channels_first_even_when_it_could_be_both() -> None:
    planes = torch.zeros(3, 64, 3, dtype=torch.uint8)
    (item,) = open_source([planes])
    assert isinstance(item.content, np.ndarray)
    assert item.content.shape == (64, 3, 3)


def test_pil_pictures_of_any_mode_are_upright_and_keep_their_transparency() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = Image.open(io.BytesIO(encoded(photo(30, 20), "JPEG", exif=exif)))
    modes = [photo(20, 20, mode) for mode in ("1", "L", "P", "RGB", "RGBA", "CMYK", "LAB", "I", "F")]
    items = list(open_source([turned, *modes]))
    shapes = [item.content.shape for item in items if isinstance(item.content, np.ndarray)]
    assert shapes[0] == (30, 20, 3)
    assert len(shapes) == 10
    assert shapes[5] == (20, 20, 4)


def test_pictures_that_pil_only_opened_are_not_loaded_here_and_those_that_were_changed_are_taken_as_they_are(
    tmp_path: Path,
) -> None:
    for name in ("a.jpg", "b.jpg"):
        (tmp_path / name).write_bytes(JPEG)
    with Image.open(tmp_path / "a.jpg") as untouched, Image.open(tmp_path / "b.jpg") as changed:
        changed.paste("red", (0, 0, *changed.size))
        first, second = open_source([untouched, changed])
    assert first.content == tmp_path / "a.jpg"
    assert isinstance(second.content, np.ndarray)
    assert (second.content == [255, 0, 0]).all()


# Labels


def test_labels_are_strings_numbers_or_indices_of_the_classes() -> None:
    numbers = [(COLOR[0], 1), (COLOR[1], np.float32(0)), (COLOR[2], torch.tensor(1)), (COLOR[3], "x"), (COLOR[4], None)]
    assert [item.label for item in open_source(Pictures(numbers))] == ["1", "0", "1", "x", None]
    named = Pictures(numbers, ["cat", "dog"])
    assert [item.label for item in open_source(named)] == ["dog", "cat", "dog", "x", None]
    packed = opened(named)
    assert packed.label_names == ("cat", "dog", "x")
    assert packed.labels.tolist() == [1, 0, 1, 2, -1]


def test_an_array_brings_its_labels_in_a_tuple() -> None:
    for labels in (np.array([3, 1, 4, 1, 5]), [3, 1, 4, 1, 5], torch.tensor([3, 1, 4, 1, 5])):
        packed = opened((COLOR, labels))
        assert packed.label_names == ("1", "3", "4", "5")
    with pytest.raises(SourceError, match="5 pictures, but 4 labels"):
        open_source((COLOR, [1, 2, 3, 4]))


def test_labels_of_an_array_may_be_a_column_or_one_hot() -> None:
    one_hot = np.eye(4)[[3, 1, 0, 1, 3]]
    for labels in (
        np.array([[3], [1], [0], [1], [3]], np.uint8),
        one_hot,
        torch.from_numpy(one_hot),
        one_hot.astype(bool),
    ):
        assert [item.label for item in open_source((COLOR, labels))] == ["3", "1", "0", "1", "3"]
    with pytest.raises(SourceError, match=r"one whole number or text for each picture, not float64 of shape \(5, 4\)"):
        open_source((COLOR, one_hot / 2))


def test_a_tensor_data_set_has_pictures_and_labels() -> None:
    data = TensorDataset(torch.from_numpy(COLOR.transpose(0, 3, 1, 2).copy()), torch.arange(5))
    assert opened(data).labels.tolist() == [0, 1, 2, 3, 4]


def test_a_label_of_another_type_is_explained() -> None:
    with pytest.raises(SourceError, match=r"the label of Pictures\[0\] is 0\.5; it must be a whole number or a string"):
        opened(Pictures([(COLOR[0], 0.5)]))


# What cannot be used


def test_an_element_that_cannot_be_read_is_listed_and_the_others_are_used() -> None:
    elements = [COLOR[0], OSError("broken file"), "text", COLOR[1] / 127.5 - 1, COLOR[2].astype(np.float32) * np.nan]
    assert skips(Pictures(elements)) == [
        "OSError: broken file",
        "of type str, not a PIL picture, a numpy array or a tensor",
        f"float64 values from {(COLOR[1] / 127.5 - 1).min():g} to {(COLOR[1] / 127.5 - 1).max():g}; "
        "floats must lie in 0 to 1",
        "float32 values from nan to nan; floats must lie in 0 to 1",
    ]
    packed = opened(Pictures(elements))
    assert np.array_equal(packed.pixels, COLOR[:1])


@pytest.mark.parametrize(
    "element", [np.zeros((8, 8, 5)), np.zeros(8), np.zeros((0, 8, 3)), np.zeros((3, 64, 3)), np.full((8, 8), "a")]
)
def test_an_array_that_is_no_picture_is_skipped(element: np.ndarray) -> None:
    assert len(skips([COLOR[0], element])) == 1


def test_a_truncated_pil_picture_is_skipped() -> None:
    half = Image.open(io.BytesIO(JPEG[: len(JPEG) // 2]))
    assert "truncated" in skips([photo(), half])[0]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ([], "the list is empty"),
        (["a.jpg", 5], r"list\[0\] is of type str; each element must be a PIL picture"),
        (["a.jpg", "b.jpg"], "a.jpg: no such file or folder"),
        ({"a": 1}, "an object of type dict is not a source of pictures. Sources: a folder"),
        (17, "an object of type int is not a source"),
        (np.zeros((8, 8)), r"array: shape \(8, 8\) is none of"),
        (np.full((2, 8, 8), None), "must be numbers, not object"),
    ],
    ids=str,
)
def test_what_is_no_source_is_explained(source: PictureSource, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        opened(source)


# Where they are kept


def test_the_same_content_is_prepared_once(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = opened(COLOR)
    assert first.path.is_relative_to(home)
    monkeypatch.setattr(cache, "prepare", None)
    assert opened(COLOR.copy()).path == first.path


def test_other_pictures_labels_or_options_make_another_set() -> None:
    changed = COLOR.copy()
    changed[4, 7, 7, 2] ^= 1
    paths = {opened(source).path for source in (COLOR, changed, (COLOR, [1] * 5), (COLOR, [2] * 5), GRAY)}
    paths.add(open_pictures(COLOR, size=16).path)
    assert len(paths) == 6


def test_sets_that_nobody_opened_for_long_go_and_nothing_else_is_left(home: Path) -> None:
    old, recent = opened(COLOR).path, opened(GRAY).path
    long_ago = time.time() - (cache.DAYS_UNUSED + 1) * 24 * 3600
    os.utime(old, (long_ago, long_ago))
    new = opened(COLOR[:2]).path
    assert {path.name for path in (home / "python").iterdir() if not path.name.startswith(".")} == {
        recent.name,
        new.name,
    }
    assert not list((home / "python").glob(f".{old.name}*"))


def test_opening_a_set_again_counts_as_use() -> None:
    path = opened(COLOR).path
    os.utime(path, (1, 1))
    opened(COLOR)
    assert time.time() - path.stat().st_mtime < 60


def test_a_packed_set_is_taken_as_it_is() -> None:
    packed = opened(COLOR)
    assert open_pictures(packed) is packed
    assert open_pictures(packed, size=8, channels=3) is packed
    with pytest.raises(PackedSetError, match="size 8, and size 16 is needed"):
        open_pictures(packed, size=16)
    assert [item.label for item in open_source(packed)] == [item.label for item in open_source(COLOR)]


def test_own_sources_go_anywhere() -> None:
    class Mine:
        description = "mine"
        total = 2
        ignored: dict[str, int] = {}  # noqa: RUF012

        def __iter__(self) -> Iterator[Item]:
            return iter([Item("a", JPEG, "x"), Item("b", COLOR[0])])

    assert opened(Mine()).label_names == ("x",)
    assert source_name(Mine()) == "mine"


def test_a_source_is_called_by_its_path_or_its_kind(tmp_path: Path) -> None:
    assert source_name(tmp_path) == str(tmp_path.resolve())
    assert source_name("drawn-faces:5") == "drawn-faces:5"
    assert source_name(COLOR) == "array uint8 (5, 8, 8, 3)"
    assert source_name(Pictures(list(COLOR))) == "Pictures of 5 pictures"


def test_prepare_takes_what_a_path_can_stand_for(tmp_path: Path) -> None:
    report = prepare((COLOR, list("abcde")), tmp_path / "out", PrepareOptions(size=8))
    assert report.used == 5
    assert PackedSet.open(tmp_path / "out").label_names == tuple("abcde")


def test_torch_is_not_imported_for_arrays() -> None:
    code = (
        "import sys, numpy as np; from dcgan.data.sources import open_source;"
        "open_source(np.zeros((2, 8, 8), 'u1')); print('torch' in sys.modules)"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert done.stdout == "False\n"
