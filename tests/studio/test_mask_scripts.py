"""How the page paints and encodes masks: its own functions, run by Node."""

from base64 import b64decode
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tests.studio.painted import covered
from tests.studio.scripts import evaluate, needs_node

pytestmark = needs_node
MODULES = ("geometry.js", "mask.js", "stroke.js", "history.js")


@pytest.mark.parametrize(
    ("start", "end", "size"),
    [
        ((5.2, 4.1), (5.2, 4.1), 7),
        ((2.3, 1.1), (13.7, 7.9), 4.5),
        ((-4, 3), (22, 5.5), 3),
        ((8, -1), (8, 30), 2.1),
        ((-9, -9), (-5, -7), 3),
    ],
)
def test_the_brush_covers_what_it_passes_over(
    start: tuple[float, float], end: tuple[float, float], size: float
) -> None:
    points = ", ".join(f"{{x: {x}, y: {y}}}" for x, y in (start, end))
    call = f"((mask) => [mask.line({points}, {size}, 1), [...mask.pixels], mask.missing])(new Mask(16, 9))"
    box, pixels, missing = evaluate(call, *MODULES)
    found = np.array(pixels).reshape(9, 16) == 1
    assert np.array_equal(found, covered(16, 9, start, end, size))
    assert missing == found.sum()
    rows, columns = np.nonzero(found)
    if missing:
        assert box["left"] <= columns.min() <= columns.max() < box["right"]
        assert box["top"] <= rows.min() <= rows.max() < box["bottom"]


def test_the_smallest_brush_leaves_a_pixel_wherever_it_is() -> None:
    call = """[{x: 3, y: 4}, {x: 3.99, y: 4.99}, {x: 3.5, y: 4.5}].map((at) => {
        const mask = new Mask(16, 9); mask.line(at, at, 1, 1); return mask.pixels.indexOf(1); })"""
    assert evaluate(call, *MODULES) == [4 * 16 + 3] * 3


def test_a_stroke_can_be_taken_back_and_says_what_it_changed() -> None:
    call = """(() => {
        const mask = new Mask(5, 4);
        mask.fill({left: 0, top: 0, right: 2, bottom: 4}, 1);
        const before = mask.pixels.slice();
        const tool = {value: 1, size: 2, rectangle: true};
        const stroke = new Stroke(mask, {x: 4, y: 3.5}, tool);
        stroke.to({x: 0, y: 0});
        stroke.to({x: 2.5, y: 2.5}); // the larger rectangle of before is gone
        const drawn = [...mask.pixels];
        stroke.cancel();
        const nothing = new Stroke(mask, {x: 0.5, y: 0.5}, {...tool, rectangle: false});
        nothing.to({x: 0.6, y: 0.6});
        return {drawn, back: [...mask.pixels].join() === before.join(), end: nothing.end()};
    })()"""
    found = evaluate(call, *MODULES)
    expected = np.zeros((4, 5), int)
    expected[:, :2] = 1
    expected[2:4, 2:4] = 1
    assert np.array_equal(np.reshape(found["drawn"], (4, 5)), expected)
    assert found["back"]
    assert found["end"] is None  # what was painted already is no change


def test_changes_are_undone_and_redone_until_there_is_another() -> None:
    call = """(() => {
        const mask = new Mask(3, 1), masks = new Map([[7, mask]]), history = new History(), seen = [];
        for (const x of [0, 1]) {
            const box = {left: x, top: 0, right: x + 1, bottom: 1};
            history.add({picture: 7, box, before: mask.crop(box)});
            mask.fill(box, 1);
        }
        const note = () => seen.push(mask.pixels.join(""));
        for (const act of ["undo", "undo", "undo", "redo", "redo", "redo", "undo"]) { history[act](masks); note(); }
        const box = {left: 2, top: 0, right: 3, bottom: 1};
        history.add({picture: 7, box, before: mask.crop(box)});
        mask.fill(box, 1);
        history.redo(masks); note();
        history.undo(masks); note();
        return [seen, history.canUndo, history.canRedo];
    })()"""
    assert evaluate(call, *MODULES) == [
        ["100", "000", "000", "100", "110", "110", "100", "101", "100"],
        True,
        True,
    ]


@pytest.mark.parametrize("size", [(1, 1), (7, 3), (8, 5), (9, 40), (300, 200)])
def test_a_mask_is_encoded_as_a_png_of_its_very_pixels(size: tuple[int, int]) -> None:
    width, height = size
    seeded = "Uint8Array.from({length: w * h}, (_, n) => (n * n * 7 + n) % 5 < 2)"
    call = f"((w, h) => encode(new Mask(w, h, {seeded})).then(toBase64))({width}, {height})"
    content: Any = evaluate(call, "geometry.js", "mask.js", "png.js")
    number = np.arange(width * height)
    expected = np.where((number**2 * 7 + number) % 5 < 2, 255, 0)
    with Image.open(BytesIO(b64decode(content))) as image:
        assert image.format == "PNG"
        assert np.array_equal(np.asarray(image.convert("L")).ravel(), expected)
