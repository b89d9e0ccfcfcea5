"""Boxes from files."""

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from tests.toy_model import toy_model

from dcgan.dissection.boxes import Box, Boxes, BoxesError, boxes_of, read_boxes, write_boxes

BOX = Box(17, 2.0, 3.0, 8.0, 9.5)


def test_a_csv_file_has_a_box_a_row(tmp_path: Path) -> None:
    (tmp_path / "b.csv").write_text("seed,left,top,right,bottom\n17,2,3,8,9.5\n4,0,0,1,1\n")
    found = read_boxes(tmp_path / "b.csv", 16)
    assert found == Boxes((BOX, Box(4, 0, 0, 1, 1)), (17, 4))


def test_spaces_in_a_csv_file_do_not_matter_and_seeds_are_exact(tmp_path: Path) -> None:
    (tmp_path / "b.csv").write_text(f"seed, left, top, right, bottom\n{2**53 + 1}, 2, 3, 8, 9.5\n")
    assert read_boxes(tmp_path / "b.csv", 16).boxes == (Box(2**53 + 1, 2, 3, 8, 9.5),)


def test_a_list_in_json_is_the_same(tmp_path: Path) -> None:
    (tmp_path / "b.json").write_text('[{"seed": 17, "left": 2, "top": 3, "right": 8, "bottom": 9.5, "note": "x"}]')
    assert read_boxes(tmp_path / "b.json", 16) == Boxes((BOX,), (17,))


def test_cocos_boxes_are_scaled_and_its_file_names_have_the_seeds(tmp_path: Path) -> None:
    content = {
        "images": [
            {"id": 5, "file_name": "sheets/seed-000017.png", "width": 160, "height": 32},
            {"id": 6, "file_name": "seed-000003.png", "width": 16, "height": 16},
        ],
        "annotations": [{"image_id": 5, "bbox": [20, 6, 60, 13]}],
    }
    (tmp_path / "b.json").write_text(json.dumps(content))
    assert read_boxes(tmp_path / "b.json", 16) == Boxes((BOX,), (17, 3))


@pytest.mark.parametrize("name", ["seed-000017_png.rf.8f3a2b9c.jpg", "sheet2/seed-000017.png", "17.png"])
def test_the_seed_is_the_number_after_seed_or_the_only_number_of_a_file_name(tmp_path: Path, name: str) -> None:
    images = [{"id": 5, "file_name": name, "width": 16, "height": 16}]
    (tmp_path / "b.json").write_text(json.dumps({"images": images, "annotations": []}))
    assert read_boxes(tmp_path / "b.json", 16).seeds == (17,)


def test_a_box_that_ends_with_the_picture_stays_inside_when_it_is_scaled(tmp_path: Path) -> None:
    images = [{"id": 5, "file_name": "17.png", "width": 187, "height": 187}]
    annotations = [{"image_id": 5, "bbox": [10, 10, 177, 177]}]
    (tmp_path / "b.json").write_text(json.dumps({"images": images, "annotations": annotations}))
    (box,) = read_boxes(tmp_path / "b.json", 96).boxes
    assert (box.right, box.bottom) == (96, 96)


def test_an_object_in_json_names_the_model_and_the_samples_that_were_looked_at(tmp_path: Path) -> None:
    content = {"model": "abc", "size": 16, "seeds": [17, 1, 2], "boxes": [asdict(BOX)]}
    (tmp_path / "b.json").write_text(json.dumps(content))
    assert read_boxes(tmp_path / "b.json", 16, "abc") == Boxes((BOX,), (17, 1, 2), "abc")
    with pytest.raises(BoxesError, match="samples of another model"):
        read_boxes(tmp_path / "b.json", 16, "xyz")
    with pytest.raises(BoxesError, match="pictures of 16 pixels, and the model draws 32"):
        read_boxes(tmp_path / "b.json", 32, "abc")


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("b.txt", "", "name a .json or a .csv"),
        ("b.csv", "", "lacks bottom, left"),
        ("b.csv", "seed,left,top,right\n1,2,3,4\n", "header 'seed,left,top,right' lacks bottom"),
        ("b.csv", "seed,left,top,right,bottom\n1,2,3,4,x\n", "could not convert"),
        ("b.csv", "seed,left,top,right,bottom\n1,2,3,4\n", "is not a number"),
        ("b.csv", "seed,left,top,right,bottom\n1.5,2,3,4,5\n", "not a whole number"),
        ("b.csv", "seed,left,top,right,bottom\n1,2,3,17,5\n", r"seed 1 \(left 2, .* outside 0 to 16"),
        ("b.csv", "seed,left,top,right,bottom\n1,2,3,2,5\n", "is empty or outside"),
        ("b.csv", "seed,left,top,right,bottom\n1,nan,3,2,5\n", "is empty or outside"),
        ("b.csv", "seed,left,top,right,bottom\ninf,1,3,2,5\n", "not a whole number"),
        ("b.csv", "seed,left,top,right,bottom\n-1,1,3,2,5\n", "seeds are 0 or more"),
        ("b.csv", "seed,left,top,right,bottom\n1e30,1,3,2,5\n", "seeds are 0 or more"),
        (
            "b.json",
            '{"seeds": [-1], "boxes": [{"seed": 0, "left": 0, "top": 0, "right": 1, "bottom": 1}]}',
            "seeds are",
        ),
        ("b.json", "[" * 200_000, "can be read"),
        (
            "b.json",
            '{"annotations": [{"image_id": 1, "bbox": 3}], "images": [{"id": 1, "file_name": "1.png", "width": 9, '
            '"height": 9}]}',
            "bbox 3 is not a list",
        ),
        ("b.json", "{", "JSONDecodeError"),
        ("b.json", f'[{{"seed": 1, "left": {"9" * 400}, "top": 0, "right": 1, "bottom": 1}}]', "OverflowError"),
        ("b.json", "3", "neither a list nor an object"),
        ("b.json", "[3]", "can be read"),
        ("b.json", '{"size": 16}', "'boxes' is missing"),
        ("b.json", '{"boxes": 3}', "can be read"),
        ("b.json", '{"annotations": [{"image_id": 1}], "images": []}', "can be read"),
        ("b.json", '{"annotations": [], "images": [{"id": 1, "file_name": "x.png"}]}', "no number to take as"),
        ("b.json", '{"annotations": [], "images": [{"id": 1, "file_name": "3-17.png"}]}', "has several numbers; write"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path: Path, name: str, text: str, message: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(BoxesError, match=message):
        read_boxes(tmp_path / name, 16)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BoxesError, match="No such file"):
        read_boxes(tmp_path / "b.csv", 16)


def test_boxes_from_python_are_checked_like_those_of_a_file() -> None:
    model = toy_model()
    mine = Boxes((BOX,), (17,), model.identity)
    assert boxes_of(model, mine) is mine
    with pytest.raises(BoxesError, match="samples of another model"):
        boxes_of(model, Boxes((BOX,), (17,), "abc"))
    with pytest.raises(BoxesError, match="outside 0 to 16 pixels"):
        boxes_of(model, Boxes((Box(17, -5, 0, 8, 8),), (17,)))
    with pytest.raises(BoxesError, match="a box on seed 17, which is not among the `seeds`"):
        boxes_of(model, Boxes((BOX,), (5, 6)))


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    boxes = Boxes((BOX,), (17, 3), "abc")
    write_boxes(boxes, 16, tmp_path / "b.json")
    assert read_boxes(tmp_path / "b.json", 16, "abc") == boxes


def test_a_position_is_inside_if_its_center_is_and_a_box_between_centers_has_one() -> None:
    boxes = Boxes((Box(0, 1.9, 0, 6.1, 4), Box(1, 4.5, 12.5, 5, 13), Box(2, 15.9, 15.9, 16, 16)), (0, 1, 2))
    first, second, third = (boxes.mask(seed, 16, 4) for seed in range(3))
    assert np.argwhere(first).tolist() == [[0, 0], [0, 1]]  # centers at 2, 6, 10 and 14
    assert np.argwhere(second).tolist() == [[3, 1]]
    assert np.argwhere(third).tolist() == [[3, 3]]


def test_samples_are_with_or_without_boxes() -> None:
    boxes = Boxes((BOX, BOX, Box(4, 0, 0, 1, 1)), (3, 17, 4, 5))
    assert boxes.seeds_with == (17, 4)
    assert boxes.seeds_without == (3, 5)
