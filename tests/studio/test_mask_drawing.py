"""Masks painted on pictures are saved in files, and nothing that is sent for a mask can do harm."""

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.studio.painted import HOLE, NONE, digest, header, pictures, png

from dcgan.errors import DcganError, UsageError
from dcgan.studio import mask_drawing
from dcgan.studio.mask_drawing import LARGEST, MaskDrawing
from dcgan.types import Pixels


def in_file(path: Path) -> tuple[str, Pixels]:
    with Image.open(path) as image:
        return image.mode, np.asarray(image)


@pytest.fixture
def drawing(tmp_path: Path) -> MaskDrawing:
    return MaskDrawing(pictures("beach", "a-beach"), tmp_path / "masks")


@pytest.mark.parametrize("mode", ["L", "1", "RGB", "RGBA", "P"])
def test_a_mask_is_in_its_file_at_once_white_where_pixels_are_missing(drawing: MaskDrawing, mode: str) -> None:
    drawing.set_mask(1, png(HOLE, mode))
    assert [path.name for path in drawing.folder.iterdir()] == ["a-beach.png"]
    found, pixels = in_file(drawing.folder / "a-beach.png")
    assert found == "L"
    assert np.array_equal(pixels, np.where(HOLE, 255, 0))
    assert drawing.masks.keys() == {"a-beach"}
    assert np.array_equal(drawing.masks["a-beach"], HOLE)
    assert drawing.missing == (0, 10)


def test_shades_of_gray_are_missing_from_the_middle_on(drawing: MaskDrawing) -> None:
    memory = BytesIO()
    Image.fromarray(np.array([[0, 1, 127, 128, 129, 255, 0, 0, 0]] * 6, np.uint8)).save(memory, "PNG")
    drawing.set_mask(0, memory.getvalue())
    assert drawing.masks["beach"][0].tolist() == [False] * 3 + [True] * 3 + [False] * 3
    assert set(in_file(drawing.folder / "beach.png")[1].ravel().tolist()) == {0, 255}


def test_a_mask_without_missing_pixels_has_no_file(drawing: MaskDrawing) -> None:
    drawing.set_mask(0, png(NONE))
    assert list(drawing.folder.iterdir()) == []
    drawing.set_mask(0, png(HOLE))
    drawing.set_mask(0, png(NONE))
    assert list(drawing.folder.iterdir()) == []
    assert drawing.masks == {}


def test_masks_that_are_there_are_gone_on_with(drawing: MaskDrawing) -> None:
    drawing.set_mask(0, png(HOLE))
    again = MaskDrawing(pictures("beach", "a-beach"), drawing.folder)
    assert np.array_equal(again.masks["beach"], HOLE)
    with Image.open(BytesIO(again.mask(0))) as image:
        assert (image.format, image.mode) == ("PNG", "L")
        assert np.array_equal(np.asarray(image), np.where(HOLE, 255, 0))
    again.set_mask(0, png(NONE))
    assert list(drawing.folder.iterdir()) == []


def test_a_mask_that_was_not_changed_is_left_as_it_is(tmp_path: Path) -> None:
    soft = np.full((6, 9), 200, np.uint8)
    Image.fromarray(soft).save(tmp_path / "beach.png")
    before = (tmp_path / "beach.png").read_bytes()
    MaskDrawing(pictures("beach"), tmp_path).end()
    assert (tmp_path / "beach.png").read_bytes() == before


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (png(np.ones((9, 6), np.bool_)), "6 × 9 pixels, and the picture 9 × 6"),
        (b"", "cannot be read as a mask"),
        (b"not a picture", "cannot be read as a mask"),
        (png(HOLE)[:-30], "cannot be read as a mask"),
        (header(60_000, 60_000), "cannot be read as a mask"),
    ],
)
def test_a_mask_that_does_not_fit_is_refused_before_the_page_opens(
    tmp_path: Path, content: bytes, message: str
) -> None:
    (tmp_path / "beach.png").write_bytes(content)
    with pytest.raises(DcganError, match=message) as refused:
        MaskDrawing(pictures("beach"), tmp_path)
    assert str(tmp_path / "beach.png") in str(refused.value)
    assert (tmp_path / "beach.png").read_bytes() == content


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for folder in (tmp_path / "file", tmp_path / "file" / "masks"):
        with pytest.raises(DcganError, match=f"cannot save masks in {folder}: "):
            MaskDrawing(pictures("beach"), folder)
    (tmp_path / "masks" / "beach.png").mkdir(parents=True)
    with pytest.raises(DcganError, match="cannot save masks in"):
        MaskDrawing(pictures("beach"), tmp_path / "masks")


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_pictures_of_any_channels_are_sent_as_they_are(channels: int, tmp_path: Path) -> None:
    given = pictures("beach", shape=(6, 9, channels))
    with Image.open(BytesIO(MaskDrawing(given, tmp_path).picture(0))) as image:
        assert np.array_equal(np.asarray(image).reshape(6, 9, channels), given["beach"])


def test_thumbnails_keep_the_shape_and_are_never_larger_than_the_picture(tmp_path: Path) -> None:
    given = {**pictures("small"), **pictures("large", shape=(400, 800, 3))}
    drawing = MaskDrawing(given, tmp_path)
    for index, size in enumerate([(9, 6), (160, 80)]):
        with Image.open(BytesIO(drawing.thumbnail(index))) as image:
            assert image.size == size


@pytest.mark.parametrize("index", [-1, 2, 10**18])
def test_an_index_that_no_picture_has_is_refused(drawing: MaskDrawing, index: int) -> None:
    for act in (drawing.picture, drawing.thumbnail, drawing.mask, lambda index: drawing.set_mask(index, png(HOLE))):
        with pytest.raises(DcganError, match=f"no picture has the index {index}"):
            act(index)


@pytest.mark.parametrize("name", ["", ".", "../beach", "a/beach", "/beach", "beach\0"])
def test_a_name_that_leads_out_of_the_folder_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="not a file name"):
        MaskDrawing(pictures(name), tmp_path / "masks")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("shape", [(6, 9), (6, 9, 2), (0, 9, 3)])
def test_pictures_of_another_shape_or_type_are_refused(tmp_path: Path, shape: tuple[int, ...]) -> None:
    with pytest.raises(UsageError, match=r"must be \(H, W, C\)"):
        MaskDrawing({"beach": np.zeros(shape, np.uint8)}, tmp_path)
    with pytest.raises(UsageError, match="float32 as beach is"):
        MaskDrawing({"beach": np.zeros((6, 9, 3), np.float32)}, tmp_path)
    with pytest.raises(UsageError, match="has none"):
        MaskDrawing({}, tmp_path)


def second_header(first: bytes, second: bytes) -> bytes:
    """A PNG whose header fits, and that has another one after it."""
    return first[:33] + second[8:]


def other_format(kind: str) -> bytes:
    memory = BytesIO()
    Image.fromarray(HOLE.astype(np.uint8)).save(memory, kind)
    return memory.getvalue()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not a PNG"),
        (b"not a picture", "not a PNG"),
        (other_format("JPEG"), "not a PNG"),
        (other_format("TIFF"), "not a PNG"),
        (png(HOLE)[:20], "9 × 0 pixels"),
        (png(HOLE)[:30], "not a complete PNG"),
        (png(HOLE)[:-30], "cannot be read"),
        (png(np.ones((9, 6), np.bool_)), "6 × 9 pixels, and the picture 9 × 6"),
        (png(np.ones((6, 8), np.bool_)), "8 × 6 pixels"),
        (header(1 << 31, 1 << 31), "pixels, and the picture"),
        (header(60_000, 60_000), "60000 × 60000 pixels"),
        (header(10_000, 9_000), "10000 × 9000 pixels"),
        (second_header(header(9, 6), header(60_000, 60_000)), "cannot be read"),
        (second_header(header(9, 6), header(9_000, 900)), "9000 × 900 pixels"),
    ],
)
def test_what_is_no_mask_of_the_picture_changes_nothing(drawing: MaskDrawing, content: bytes, message: str) -> None:
    drawing.set_mask(0, png(HOLE))
    before = (drawing.folder / "beach.png").read_bytes()
    with pytest.raises(DcganError, match=message):
        drawing.set_mask(0, content)
    assert np.array_equal(drawing.masks["beach"], HOLE)
    assert (drawing.folder / "beach.png").read_bytes() == before


def test_no_pixel_is_decoded_of_a_mask_of_another_size(drawing: MaskDrawing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "open", lambda *_, **__: pytest.fail("was opened"))
    with pytest.raises(DcganError, match="60000 × 60000"):
        drawing.set_mask(0, header(60_000, 60_000))


def test_a_mask_of_too_many_bytes_is_refused_unread(drawing: MaskDrawing) -> None:
    with pytest.raises(DcganError, match=f"{LARGEST} bytes at most"):
        drawing.set_mask(0, png(HOLE) + bytes(LARGEST))


def test_a_mask_that_was_changed_on_another_page_is_not_overwritten(drawing: MaskDrawing) -> None:
    whole = np.ones_like(HOLE)
    drawing.set_mask(0, png(HOLE), [digest(NONE)])
    with pytest.raises(DcganError, match="beach was changed on another page"):
        drawing.set_mask(0, png(whole), [digest(NONE)])
    assert np.array_equal(drawing.masks["beach"], HOLE)
    drawing.set_mask(0, png(HOLE), [digest(NONE)])  # what is there already may be put again: its answer may be lost
    drawing.set_mask(0, png(whole), [digest(NONE), digest(HOLE)])
    assert np.array_equal(drawing.masks["beach"], whole)


def test_a_file_that_something_else_changed_is_not_overwritten(drawing: MaskDrawing) -> None:
    path = drawing.folder / "beach.png"
    drawing.set_mask(0, png(HOLE))
    path.write_bytes(b"mine")
    with pytest.raises(DcganError, match=r"another program changed .*beach\.png"):
        drawing.set_mask(0, png(NONE))
    with pytest.raises(DcganError, match=r"another program changed .*beach\.png"):
        drawing.end()
    assert path.read_bytes() == b"mine"
    assert np.array_equal(drawing.masks["beach"], HOLE)
    (drawing.folder / "a-beach.png").write_bytes(b"mine too")
    with pytest.raises(DcganError, match="another program changed"):
        drawing.set_mask(1, png(HOLE))


def test_a_file_that_is_gone_is_written_again(drawing: MaskDrawing) -> None:
    drawing.set_mask(0, png(HOLE))
    (drawing.folder / "beach.png").unlink()
    drawing.end()
    assert np.array_equal(in_file(drawing.folder / "beach.png")[1], np.where(HOLE, 255, 0))
    (drawing.folder / "beach.png").unlink()
    drawing.folder.rmdir()
    drawing.set_mask(0, png(~HOLE))
    assert np.array_equal(in_file(drawing.folder / "beach.png")[1], np.where(HOLE, 0, 255))


def test_a_file_that_cannot_be_written_leaves_the_mask_as_it_was(
    drawing: MaskDrawing, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    drawing.set_mask(0, png(HOLE))
    monkeypatch.setattr(mask_drawing, "write_atomic", full)
    with pytest.raises(OSError, match="No space left"):
        drawing.set_mask(0, png(~HOLE))
    assert np.array_equal(drawing.masks["beach"], HOLE)
    monkeypatch.undo()
    drawing.set_mask(0, png(~HOLE), [digest(HOLE)])
    assert np.array_equal(drawing.masks["beach"], ~HOLE)


def test_masks_that_are_given_away_are_copies(drawing: MaskDrawing) -> None:
    drawing.set_mask(0, png(HOLE))
    drawing.masks["beach"][:] = True
    assert np.array_equal(drawing.masks["beach"], HOLE)
