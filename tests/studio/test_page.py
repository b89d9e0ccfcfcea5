"""The page in a real browser: the mouse draws, the keyboard does all of it too, and nothing is lost."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver import Chrome, Keys
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from tests.studio.browsing import error, needs_browser, opened, press, saved, status, until
from tests.studio.serving import served
from tests.toy_model import toy_model

from dcgan.dissection.boxes import Box
from dcgan.studio.annotation import Annotation

pytestmark = needs_browser


@pytest.fixture
def annotation(tmp_path: Path) -> Annotation:
    return Annotation(toy_model(), range(6), tmp_path / "b.json")


@pytest.fixture
def page(browser: Chrome, annotation: Annotation) -> Iterator[Chrome]:
    with opened(browser, annotation, "looked at"):
        yield browser


def drag(page: Chrome, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Press the mouse at a place of the sample, in its pixels, and let go at another."""
    stage = page.find_element(By.ID, "stage")
    scale, middle = stage.size["width"] / 16, stage.size["width"] / 2
    (left, top), (right, bottom) = ([round(value * scale - middle) for value in place] for place in (start, end))
    chain = ActionChains(page).move_to_element_with_offset(stage, left, top).click_and_hold()
    chain.move_to_element_with_offset(stage, right, bottom).release().perform()


def test_the_mouse_draws_moves_and_stretches(page: Chrome, annotation: Annotation) -> None:
    drag(page, (2.2, 3.2), (7.8, 9.8))
    saved(page)
    assert annotation.boxes.boxes == (Box(0, 2, 3, 8, 10),)
    drag(page, (5, 6), (7, 5))
    saved(page)
    assert annotation.boxes.boxes == (Box(0, 4, 2, 10, 9),)
    drag(page, (10, 9), (15.5, 11.5))  # its lower right corner
    saved(page)
    assert annotation.boxes.boxes == (Box(0, 4, 2, 16, 12),)
    press(page, Keys.DELETE)
    until(lambda: annotation.boxes.boxes == ())


def test_a_click_makes_no_box(page: Chrome, annotation: Annotation) -> None:
    drag(page, (4, 4), (4, 4))
    assert page.find_elements(By.CSS_SELECTOR, "#stage .box") == []
    assert annotation.boxes.boxes == ()


def test_the_keyboard_is_enough(page: Chrome, annotation: Annotation) -> None:
    press(page, "n", "b")
    saved(page)
    assert annotation.boxes.boxes == (Box(1, 6, 6, 10, 10),)
    press(page, Keys.ARROW_LEFT, Keys.ARROW_UP, Keys.ARROW_UP)
    ActionChains(page).key_down(Keys.SHIFT).send_keys(Keys.ARROW_RIGHT, Keys.ARROW_DOWN).key_up(Keys.SHIFT).perform()
    until(lambda: annotation.boxes.boxes == (Box(1, 5, 4, 10, 9),))
    press(page, "b")
    ActionChains(page).key_down(Keys.SHIFT).send_keys(Keys.TAB).key_up(Keys.SHIFT).perform()  # back to the first
    press(page, Keys.DELETE)
    until(lambda: annotation.boxes.boxes == (Box(1, 6, 6, 10, 10),))
    press(page, Keys.ESCAPE, Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)
    until(lambda: page.find_element(By.ID, "name").text == "seed 3")
    until(lambda: annotation.boxes.seeds == (0, 1, 2))  # those without a box were looked at all the same


def test_undo_goes_back_to_where_the_change_was(page: Chrome, annotation: Annotation) -> None:
    press(page, "b", Keys.ARROW_LEFT, "u")
    until(lambda: annotation.boxes.boxes == (Box(0, 6, 6, 10, 10),))
    press(page, Keys.ARROW_UP)  # the box is still the one that keys move
    until(lambda: annotation.boxes.boxes == (Box(0, 6, 5, 10, 9),))
    press(page, "u", "n", "n", "u")
    until(lambda: page.find_element(By.ID, "name").text == "seed 0")
    until(lambda: annotation.boxes.boxes == ())


def test_any_sample_can_be_gone_to(page: Chrome) -> None:
    page.find_elements(By.CSS_SELECTOR, "#all button")[4].click()
    until(lambda: page.find_element(By.ID, "name").text == "seed 4")
    assert page.find_element(By.CSS_SELECTOR, "#all [aria-current=true] img").get_attribute("alt") == "seed 4"
    assert page.execute_script("return document.getElementById('picture').naturalWidth") == 16


def test_what_could_not_be_saved_is_reported_and_saved_later(
    page: Chrome, annotation: Annotation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("dcgan.studio.annotation.write_boxes", full)
    press(page, "b")
    until(lambda: "No space left on device" in error(page))
    assert "not saved" in status(page)
    monkeypatch.undo()
    press(page, "n")
    saved(page)
    assert not page.find_element(By.ID, "error").is_displayed()
    assert annotation.boxes.boxes == (Box(0, 6, 6, 10, 10),)


def test_done_ends_and_says_where_the_boxes_are(page: Chrome, annotation: Annotation) -> None:
    press(page, "b")
    page.find_element(By.ID, "done").click()
    until(lambda: "this page can be closed" in page.find_element(By.TAG_NAME, "body").text)
    assert annotation.boxes.boxes == (Box(0, 6, 6, 10, 10),)


def test_what_was_drawn_before_is_shown(browser: Chrome, tmp_path: Path) -> None:
    Annotation(toy_model(), range(3), tmp_path / "b.json").set_boxes(2, [Box(2, 1, 1, 5, 6)], [[]])
    with served(Annotation(toy_model(), range(3), tmp_path / "b.json")) as address:
        browser.get(address)
        until(lambda: status(browser).startswith("1 box; 1 of 3"))
        assert len(browser.find_elements(By.CSS_SELECTOR, "#all button:nth-child(3) .box")) == 1


def test_a_second_page_does_not_undo_the_first(page: Chrome, annotation: Annotation) -> None:
    annotation.set_boxes(0, [Box(0, 1, 1, 5, 6)], [[]])  # another page did
    press(page, "n")
    saved(page)
    assert annotation.boxes.boxes == (Box(0, 1, 1, 5, 6),)
    press(page, "p", "b")
    until(lambda: "changed on another page" in error(page))
    assert annotation.boxes.boxes == (Box(0, 1, 1, 5, 6),)
    page.execute_script("window.onbeforeunload = null")


def test_keys_wait_until_the_mouse_has_let_go(page: Chrome, annotation: Annotation) -> None:
    stage = page.find_element(By.ID, "stage")
    drag = ActionChains(page).move_to_element(stage).click_and_hold().move_by_offset(60, 60)
    drag.send_keys("n").move_by_offset(20, 20).release().perform()
    saved(page)
    assert page.find_element(By.ID, "name").text == "seed 0"
    assert [box.seed for box in annotation.boxes.boxes] == [0]


def test_seeds_longer_than_a_pages_numbers_are_exact(browser: Chrome, tmp_path: Path) -> None:
    annotation = Annotation(toy_model(), [2**62 + 1], tmp_path / "b.json")
    with served(annotation) as address:
        browser.get(address)
        until(lambda: "looked at" in status(browser))
        press(browser, "b")
        saved(browser)
        assert browser.execute_script("return document.getElementById('picture').naturalWidth") == 16
    assert annotation.boxes.seeds == (2**62 + 1,)


def test_done_without_dcgan_is_an_error(browser: Chrome, annotation: Annotation) -> None:
    with served(annotation) as address:
        browser.get(address)
        until(lambda: "looked at" in status(browser))
        press(browser, "b")
        saved(browser)
    browser.find_element(By.ID, "done").click()
    until(lambda: "dcgan does not answer" in error(browser))


def test_an_answer_that_was_lost_confuses_nobody(page: Chrome, annotation: Annotation) -> None:
    page.execute_script("""
        const real = window.fetch;
        window.fetch = async (...words) => { await real(...words); window.fetch = real; throw new TypeError("lost"); };
    """)
    press(page, "b")
    until(lambda: "does not answer" in error(page))
    assert len(annotation.boxes.boxes) == 1
    press(page, "u")
    saved(page)
    until(lambda: not annotation.boxes.boxes)
