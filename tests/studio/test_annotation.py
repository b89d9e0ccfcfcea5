"""Boxes drawn on samples are saved in a file."""

import json
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.toy_model import toy_model

from dcgan.dissection.boxes import Box, Boxes, BoxesError, read_boxes
from dcgan.errors import DcganError
from dcgan.studio.annotation import Annotation

BOX = Box(2, 1, 1, 5, 6)


def test_each_change_is_in_the_file_at_once(tmp_path: Path) -> None:
    model = toy_model()
    annotation = Annotation(model, range(4), tmp_path / "b.json")
    annotation.set_boxes(2, [BOX, Box(2, 0, 0, 16, 16)], [[]])
    annotation.look(1)
    assert read_boxes(tmp_path / "b.json", 16, model.identity) == annotation.boxes
    assert annotation.boxes == Boxes((BOX, Box(2, 0, 0, 16, 16)), (2, 1), model.identity)
    annotation.set_boxes(2, [BOX], [[BOX, Box(2, 0, 0, 16, 16)]])
    assert read_boxes(tmp_path / "b.json", 16).boxes == (BOX,)


def test_a_file_is_gone_on_with_and_its_samples_are_shown_too(tmp_path: Path) -> None:
    Annotation(toy_model(), range(4), tmp_path / "b.json").set_boxes(2, [BOX], [[]])
    annotation = Annotation(toy_model(), [7, 8], tmp_path / "b.json")
    assert annotation.seeds == (7, 8, 2)
    annotation.look(7)
    assert read_boxes(tmp_path / "b.json", 16).boxes == (BOX,)


def test_pictures_are_the_models_samples(tmp_path: Path) -> None:
    model = toy_model()
    with Image.open(BytesIO(Annotation(model, [3], tmp_path / "b.json").picture(3))) as picture:
        assert np.array_equal(np.asarray(picture), model.sample([3])[0])


@pytest.mark.parametrize("channels", [1, 4])
def test_pictures_of_any_channels_can_be_shown(channels: int, tmp_path: Path) -> None:
    content = Annotation(toy_model(channels=channels), [0], tmp_path / "b.json").picture(0)
    with Image.open(BytesIO(content)) as picture:
        assert len(picture.getbands()) == channels


@pytest.mark.parametrize("sides", [(-1, 0, 4, 4), (4, 4, 4, 8), (0, 0, 17, 4), (0, 0, float("nan"), 4)])
def test_a_box_that_does_not_fit_changes_nothing(sides: tuple[float, float, float, float], tmp_path: Path) -> None:
    annotation = Annotation(toy_model(), range(4), tmp_path / "b.json")
    annotation.set_boxes(2, [BOX], [[]])
    with pytest.raises(BoxesError, match="on seed 2"):
        annotation.set_boxes(2, [Box(2, *sides)], [[BOX]])
    assert annotation.boxes.boxes == (BOX,) == read_boxes(tmp_path / "b.json", 16).boxes


def test_other_peoples_files_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "b.json").write_text('[{"seed": 2, "left": 1, "top": 1, "right": 5, "bottom": 6, "note": "mine"}]')
    with pytest.raises(DcganError, match="not made by `annotate`"):
        Annotation(toy_model(), range(4), tmp_path / "b.json")
    content = {"model": "another", "size": 16, "seeds": [], "boxes": []}
    (tmp_path / "b.json").write_text(json.dumps(content))
    with pytest.raises(BoxesError, match="another model"):
        Annotation(toy_model(), range(4), tmp_path / "b.json")


def test_boxes_that_were_changed_on_another_page_are_not_overwritten(tmp_path: Path) -> None:
    annotation = Annotation(toy_model(), range(4), tmp_path / "b.json")
    annotation.set_boxes(2, [BOX], [[]])
    with pytest.raises(DcganError, match="seed 2 were changed on another page"):
        annotation.set_boxes(2, [], [[]])
    annotation.look(2)  # going past changes nothing
    annotation.set_boxes(2, [BOX], [[]])  # what is there already may be put again: its answer may have been lost
    assert annotation.boxes.boxes == (BOX,) == read_boxes(tmp_path / "b.json", 16).boxes


def test_a_file_that_something_else_changed_is_not_overwritten(tmp_path: Path) -> None:
    first, second = (Annotation(toy_model(), range(4), tmp_path / "b.json") for _ in range(2))
    first.set_boxes(2, [BOX], [[]])
    with pytest.raises(DcganError, match="another program changed"):
        second.set_boxes(1, [], [[]])
    with pytest.raises(DcganError, match="another program changed"):
        second.look(1)
    assert read_boxes(tmp_path / "b.json", 16).boxes == (BOX,)


def test_the_folder_of_the_file_is_made_at_once_or_refused_at_once(tmp_path: Path) -> None:
    Annotation(toy_model(), range(4), tmp_path / "new" / "b.json").look(1)
    (tmp_path / "file").touch()
    with pytest.raises(DcganError, match="cannot save `boxes`"):
        Annotation(toy_model(), range(4), tmp_path / "file" / "b.json")


def test_a_file_that_is_gone_is_written_again(tmp_path: Path) -> None:
    annotation = Annotation(toy_model(), range(4), tmp_path / "b.json")
    annotation.set_boxes(2, [BOX], [[]])
    (tmp_path / "b.json").unlink()
    annotation.look(1)
    assert read_boxes(tmp_path / "b.json", 16).boxes == (BOX,)
    (tmp_path / "b.json").unlink()
    annotation.end()
    assert read_boxes(tmp_path / "b.json", 16).boxes == (BOX,)


def test_what_may_have_been_saved_already_is_no_conflict(tmp_path: Path) -> None:
    annotation = Annotation(toy_model(), range(4), tmp_path / "b.json")
    annotation.set_boxes(2, [BOX], [[]])  # whoever drew it had no answer, and now takes it away again
    annotation.set_boxes(2, [], [[], [BOX]])
    assert annotation.boxes.boxes == ()


def test_the_end_does_not_pass_over_a_file_that_was_changed(tmp_path: Path) -> None:
    annotation = Annotation(toy_model(), range(4), tmp_path / "b.json")
    annotation.set_boxes(2, [BOX], [[]])
    (tmp_path / "b.json").write_text("mine")
    with pytest.raises(DcganError, match="another program changed"):
        annotation.end()
    assert (tmp_path / "b.json").read_text() == "mine"
