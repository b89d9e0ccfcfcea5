"""The page on which masks are painted, in a real browser: the files have what was painted, and nothing is lost."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from selenium.webdriver import Chrome, Keys
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.actions import interaction
from selenium.webdriver.common.actions.action_builder import ActionBuilder
from selenium.webdriver.common.actions.mouse_button import MouseButton
from selenium.webdriver.common.actions.pointer_input import PointerInput
from selenium.webdriver.common.by import By
from tests.studio.browsing import error, needs_browser, opened, press, saved, status, until
from tests.studio.painted import covered, pictures, png
from tests.studio.serving import served

from dcgan.studio import mask_drawing
from dcgan.studio.mask_drawing import MaskDrawing
from dcgan.types import Mask

pytestmark = needs_browser
WIDTH, HEIGHT = 39, 30  # of "beach"; the width is no multiple of 8, in which the page packs pixels
BRUSH = 5  # pixels at first: the square root of the shorter side
Place = tuple[float, float]


@pytest.fixture
def drawing(tmp_path: Path) -> MaskDrawing:
    shown = {
        **pictures("beach", shape=(HEIGHT, WIDTH, 3)),
        **pictures("a-beach", shape=(20, 20, 1)),
        **pictures("big", shape=(600, 900, 3)),
    }
    return MaskDrawing(shown, tmp_path / "masks")


@pytest.fixture
def page(browser: Chrome, drawing: MaskDrawing) -> Iterator[Chrome]:
    with opened(browser, drawing, "of this picture is missing"):
        yield browser


def in_file(drawing: MaskDrawing) -> Mask:
    """What the file of "beach" has, which must be nothing but black and white."""
    with Image.open(drawing.folder / "beach.png") as image:
        pixels = np.asarray(image)
    assert set(np.unique(pixels)) <= {0, 255}
    mask: Mask = pixels == 255
    return mask


def until_in_file(drawing: MaskDrawing, mask: Mask) -> None:
    until(lambda: (drawing.folder / "beach.png").exists() and np.array_equal(in_file(drawing), mask))


def until_no_file(drawing: MaskDrawing) -> None:
    until(lambda: list(drawing.folder.iterdir()) == [])


def drag(page: Chrome, *places: Place, width: int = WIDTH, button: int = MouseButton.LEFT, kind: str = "mouse") -> None:
    """Press at the first place of the picture, in its pixels, go to the others, and let go at the last."""
    stage = page.find_element(By.ID, "stage")
    scale, middle = stage.size["width"] / width, (stage.size["width"] / 2, stage.size["height"] / 2)
    actions: Any = ActionBuilder(page, mouse=PointerInput(kind, kind), duration=20)  # type: ignore[no-untyped-call]
    for number, place in enumerate(places):
        offset = [round(value * scale - half) for value, half in zip(place, middle, strict=True)]
        actions.pointer_action.move_to(stage, *offset)
        if number == 0:
            actions.pointer_action.pointer_down(button)
    actions.pointer_action.pointer_up(button)
    actions.perform()


def with_shift(page: Chrome, *keys: str) -> None:
    ActionChains(page).key_down(Keys.SHIFT).send_keys(*keys).key_up(Keys.SHIFT).perform()


def focus(page: Chrome) -> None:
    """Go to the picture with Tab, as far as it takes."""
    while page.switch_to.active_element.get_attribute("id") != "stage":
        press(page, Keys.TAB)


def pixel(x: int, y: int) -> Mask:
    return box(x, y, x + 1, y + 1)


def box(left: int, top: int, right: int, bottom: int) -> Mask:
    mask = np.zeros((HEIGHT, WIDTH), np.bool_)
    mask[top:bottom, left:right] = True
    return mask


def near(start: Place, end: Place, found: Mask) -> bool:
    """Whether a mask is what the brush covers between two places, give or take where a mouse can be."""
    inner, outer = (covered(WIDTH, HEIGHT, start, end, BRUSH + more) for more in (-0.4, 0.4))
    return bool((found >= inner).all() and (found <= outer).all())


@pytest.mark.parametrize("kind", [interaction.POINTER_MOUSE, interaction.POINTER_TOUCH, interaction.POINTER_PEN])
def test_the_brush_paints_where_the_pointer_goes(page: Chrome, drawing: MaskDrawing, kind: str) -> None:
    place = page.find_element(By.ID, "stage").rect
    drag(page, (5.5, 4.5), (30.5, 20.5), kind=kind)
    saved(page)
    assert page.find_element(By.ID, "stage").rect == place  # however long the folder's name
    found = in_file(drawing)
    assert near((5.5, 4.5), (30.5, 20.5), found)
    assert np.array_equal(drawing.masks["beach"], found)
    assert status(page).startswith(f"{100 * int(found.sum()) // found.size}% of this picture is missing; 1 of 3")


def test_what_is_painted_can_be_seen(page: Chrome, drawing: MaskDrawing) -> None:
    drag(page, (5.5, 4.5), (30.5, 20.5))
    saved(page)
    colors = page.execute_script(f"""
        const canvas = document.getElementById("mask");
        return [...canvas.getContext("2d").getImageData(0, 0, {WIDTH}, {HEIGHT}).data];""")
    alpha = np.reshape(colors, (HEIGHT, WIDTH, 4))[..., 3]
    assert np.array_equal(alpha == 255, in_file(drawing))
    assert set(alpha.ravel().tolist()) == {0, 255}


def test_a_click_is_a_dab_and_a_stroke_may_leave_the_picture(page: Chrome, drawing: MaskDrawing) -> None:
    drag(page, (10.5, 10.5))
    saved(page)
    assert near((10.5, 10.5), (10.5, 10.5), in_file(drawing))
    press(page, "c")
    until_no_file(drawing)
    drag(page, (3.5, 25.5), (-3.5, 25.5))
    until(lambda: drawing.masks.keys() == {"beach"})
    assert near((3.5, 25.5), (-3.5, 25.5), in_file(drawing))


def test_the_eraser_takes_away_and_a_mask_that_is_empty_has_no_file(page: Chrome, drawing: MaskDrawing) -> None:
    press(page, "r")
    drag(page, (0.5, 0.5), (38.5, 29.5))
    until_in_file(drawing, box(0, 0, WIDTH, HEIGHT))
    press(page, "e")
    assert page.find_element(By.ID, "eraser").get_attribute("aria-pressed") == "true"
    drag(page, (10.5, 10.5), (20.5, 10.5))
    until(lambda: not in_file(drawing).all())
    assert near((10.5, 10.5), (20.5, 10.5), ~in_file(drawing))
    ActionChains(page).key_down(Keys.SHIFT).perform()
    drag(page, (0.5, 0.5), (41, 31))
    ActionChains(page).key_up(Keys.SHIFT).perform()
    until_no_file(drawing)
    assert drawing.masks == {}


def test_the_right_mouse_button_erases_whatever_the_tool(page: Chrome, drawing: MaskDrawing) -> None:
    page.find_element(By.ID, "rectangle").click()
    drag(page, (2.5, 3.5), (20.5, 15.5))
    until_in_file(drawing, box(2, 3, 21, 16))
    drag(page, (0.5, 0.5), (10.5, 25.5), button=MouseButton.RIGHT)
    until_in_file(drawing, box(11, 3, 21, 16))
    page.find_element(By.ID, "brush").click()
    drag(page, (15.5, 8.5), button=MouseButton.RIGHT)
    until(lambda: not in_file(drawing)[8, 15])


def test_a_rectangle_is_dragged_with_shift_and_a_click_makes_none(page: Chrome, drawing: MaskDrawing) -> None:
    ActionChains(page).key_down(Keys.SHIFT).perform()
    drag(page, (25.5, 20.5), (12.5, 28.5), (8.5, 6.5))  # what it covered on its way is not painted
    drag(page, (30.5, 20.5), (30.6, 20.6))  # no hand holds quite still
    ActionChains(page).key_up(Keys.SHIFT).perform()
    until_in_file(drawing, box(8, 6, 26, 21))
    assert drawing.missing[0] == 18 * 15


def test_undo_and_redo_go_back_to_where_the_change_was(page: Chrome, drawing: MaskDrawing) -> None:
    press(page, "r")
    drag(page, (2.5, 3.5), (20.5, 15.5))
    drag(page, (10.5, 10.5), (30.5, 25.5))
    both = box(2, 3, 21, 16) | box(10, 10, 31, 26)
    until_in_file(drawing, both)
    press(page, "u")
    until_in_file(drawing, box(2, 3, 21, 16))
    press(page, "y")
    until_in_file(drawing, both)
    ActionChains(page).key_down(Keys.CONTROL).send_keys("z").key_up(Keys.CONTROL).perform()
    until_in_file(drawing, box(2, 3, 21, 16))
    press(page, "n")
    page.find_element(By.ID, "undo").click()
    until_no_file(drawing)
    assert page.find_element(By.ID, "name").text == "beach, 39 × 30"
    assert not page.find_element(By.ID, "undo").is_enabled()
    page.find_element(By.ID, "redo").click()
    press(page, "c")
    until(lambda: not page.find_element(By.ID, "clear").is_enabled())
    press(page, "u")
    until_in_file(drawing, box(2, 3, 21, 16))


def test_the_size_of_the_brush_is_set_by_keys_and_by_a_slider(page: Chrome, drawing: MaskDrawing) -> None:
    size = page.find_element(By.ID, "size")
    assert size.get_attribute("aria-valuetext") == f"{BRUSH} pixels"
    press(page, "]")
    assert size.get_attribute("aria-valuetext") == f"{BRUSH + 1} pixels"
    press(page, "[", "[", "[", "[", "[", "[", "[", "[", "[")
    assert size.get_attribute("aria-valuetext") == "1 pixel"
    drag(page, (4.5, 6.5))
    until_in_file(drawing, pixel(4, 6))
    size.send_keys(Keys.END)
    assert size.get_attribute("aria-valuetext") == "30 pixels"
    size.send_keys(Keys.ARROW_LEFT)  # it is the slider's as long as that has the focus
    assert page.find_element(By.ID, "name").text.startswith("beach")
    drag(page, (4.5, 6.5))  # the focus leaves the slider
    press(page, Keys.ARROW_RIGHT)
    until(lambda: page.find_element(By.ID, "name").text.startswith("a-beach"))
    assert size.get_attribute("aria-valuetext") == "19 pixels"  # it keeps its share of the picture


def test_the_keyboard_is_enough(page: Chrome, drawing: MaskDrawing) -> None:
    press(page, *"[" * 9)
    focus(page)
    press(page, Keys.ARROW_LEFT, Keys.ARROW_UP, Keys.ARROW_UP, Keys.SPACE)  # from the middle, (19, 15)
    until_in_file(drawing, pixel(18, 13))
    assert page.find_element(By.ID, "place").get_attribute("textContent") == "18, 13: missing"
    with_shift(page, Keys.ARROW_RIGHT)
    press(page, Keys.SPACE)
    until_in_file(drawing, pixel(18, 13) | pixel(26, 13))
    press(page, "e", Keys.SPACE)
    until_in_file(drawing, pixel(18, 13))
    press(page, "r", Keys.SPACE)
    with_shift(page, Keys.ARROW_DOWN, Keys.ARROW_LEFT, Keys.ARROW_LEFT, Keys.ARROW_LEFT, Keys.ARROW_LEFT)
    press(page, Keys.SPACE)  # the other corner, at the left edge
    until_in_file(drawing, pixel(18, 13) | box(0, 13, 27, 22))
    press(page, Keys.SPACE, Keys.ARROW_DOWN, Keys.ESCAPE)  # one that is given up
    press(page, Keys.ESCAPE, Keys.ARROW_RIGHT)  # and the picture is left
    until(lambda: page.find_element(By.ID, "name").text.startswith("a-beach"))
    until(lambda: "saving" not in status(page))
    until_in_file(drawing, pixel(18, 13) | box(0, 13, 27, 22))
    press(page, "p")
    until(lambda: page.find_element(By.ID, "name").text.startswith("beach"))
    press(page, "c")
    until_no_file(drawing)
    while page.switch_to.active_element.get_attribute("id") != "done":
        with_shift(page, Keys.TAB)
    press(page, Keys.ENTER)
    until(lambda: "this page can be closed" in page.find_element(By.TAG_NAME, "body").text)


def test_each_picture_has_a_mask_of_its_own(page: Chrome, drawing: MaskDrawing) -> None:
    assert not page.find_element(By.ID, "undo").is_enabled()
    press(page, "r", "n")
    drag(page, (0.5, 0.5), (9.5, 19.5), width=20)
    until(lambda: drawing.missing == (0, 200, 0))
    page.find_elements(By.CSS_SELECTOR, "#all button")[2].click()
    until(lambda: page.find_element(By.ID, "name").text == "big, 900 × 600")
    drag(page, (0, 0), (900, 600), width=900)
    until(lambda: drawing.missing == (0, 200, 900 * 600))
    assert [entry.text for entry in page.find_elements(By.CSS_SELECTOR, "#all button")] == [
        "beach",
        "a-beach\n50% missing",
        "big\n100% missing",
    ]
    assert page.find_element(By.CSS_SELECTOR, "#all [aria-current=true]").text.startswith("big")
    assert page.execute_script("return document.getElementById('picture').naturalWidth") == 900
    assert sorted(path.name for path in drawing.folder.iterdir()) == ["a-beach.png", "big.png"]


def test_a_mask_that_was_saved_is_gone_on_with(browser: Chrome, drawing: MaskDrawing) -> None:
    drawing.set_mask(0, png(box(2, 3, 21, 16)))
    again = MaskDrawing(pictures("beach", shape=(HEIGHT, WIDTH, 3)), drawing.folder)
    with opened(browser, again, "21% of this picture is missing; 1 of 1 picture has a mask; saved in"):
        press(browser, "r")
        drag(browser, (10.5, 10.5), (30.5, 25.5))
        until_in_file(drawing, box(2, 3, 21, 16) | box(10, 10, 31, 26))


def test_what_could_not_be_saved_is_reported_and_saved_later(
    page: Chrome, drawing: MaskDrawing, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    press(page, "r")
    place = page.find_element(By.ID, "stage").rect
    with monkeypatch.context() as patch:
        patch.setattr(mask_drawing, "write_atomic", full)
        drag(page, (2.5, 3.5), (20.5, 15.5))
        until(lambda: "No space left on device" in error(page))
        assert "not saved" in status(page)
        assert page.find_element(By.ID, "stage").rect == place  # not even an error moves what is painted on
        page.find_element(By.ID, "done").click()  # does not end with what is not saved
        until(lambda: "saving" not in status(page))
        assert "not saved" in status(page)
    press(page, "n")
    drag(page, (0.5, 0.5), (9.5, 19.5), width=20)
    saved(page)
    assert error(page) == ""
    until_in_file(drawing, box(2, 3, 21, 16))
    assert drawing.missing == (19 * 13, 200, 0)


def test_done_ends_and_says_where_the_masks_are(page: Chrome, drawing: MaskDrawing) -> None:
    drag(page, (5.5, 4.5), (30.5, 20.5))
    page.find_element(By.ID, "done").click()
    until(lambda: "this page can be closed" in page.find_element(By.TAG_NAME, "body").text)
    assert f"Saved in {drawing.folder}." in page.find_element(By.TAG_NAME, "body").text
    assert near((5.5, 4.5), (30.5, 20.5), in_file(drawing))


def test_done_without_dcgan_is_an_error(browser: Chrome, drawing: MaskDrawing) -> None:
    with served(drawing) as address:
        browser.get(address)
        until(lambda: "of this picture is missing" in status(browser))
    browser.find_element(By.ID, "done").click()
    until(lambda: "dcgan does not answer" in error(browser))


def test_a_second_page_does_not_undo_the_first(page: Chrome, drawing: MaskDrawing) -> None:
    drawing.set_mask(0, png(box(2, 3, 21, 16)))  # another page did
    drag(page, (30.5, 25.5))
    until(lambda: "beach was changed on another page; load this one again" in error(page))
    until_in_file(drawing, box(2, 3, 21, 16))
    page.refresh()
    until(lambda: "21% of this picture is missing" in status(page))
    drag(page, (30.5, 25.5))
    until(lambda: drawing.missing[0] > 19 * 13)


def test_an_answer_that_was_lost_confuses_nobody(page: Chrome, drawing: MaskDrawing) -> None:
    page.execute_script("""
        const real = window.fetch;
        window.fetch = async (...words) => { await real(...words); window.fetch = real; throw new TypeError("lost"); };
    """)
    drag(page, (5.5, 4.5), (30.5, 20.5))
    until(lambda: "does not answer" in error(page))
    assert drawing.masks.keys() == {"beach"}
    press(page, "u")
    saved(page)
    until_no_file(drawing)


def test_keys_wait_until_the_mouse_has_let_go(page: Chrome, drawing: MaskDrawing) -> None:
    focus(page)
    stage = page.find_element(By.ID, "stage")
    stroke = ActionChains(page).move_to_element(stage).click_and_hold()
    stroke.move_by_offset(60, 60).send_keys("n", "u", "c", Keys.SPACE).move_by_offset(90, 90).release().perform()
    saved(page)
    assert page.find_element(By.ID, "name").text.startswith("beach")
    end = [side / 2 + 150 * WIDTH / stage.size["width"] for side in (WIDTH, HEIGHT)]
    assert near((WIDTH / 2, HEIGHT / 2), (end[0], end[1]), in_file(drawing))


def test_a_stroke_that_the_system_takes_over_is_no_change(page: Chrome, drawing: MaskDrawing) -> None:
    drag(page, (10.5, 10.5))
    saved(page)
    before = in_file(drawing)
    stage = page.find_element(By.ID, "stage")
    ActionChains(page).move_to_element(stage).click_and_hold().move_by_offset(60, 60).perform()
    page.execute_script("""
        const event = new PointerEvent("pointercancel", { pointerId: 1, bubbles: true });
        document.getElementById("stage").dispatchEvent(event);""")
    ActionChains(page).release().perform()
    time.sleep(0.1)
    until(lambda: "saving" not in status(page))
    until_in_file(drawing, before)
