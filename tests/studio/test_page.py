"""The page in a real browser: the mouse draws, the keyboard does all of it too, and nothing is lost."""

import re
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from selenium.webdriver import Chrome, ChromeOptions, ChromeService, Keys
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from tests.studio.serving import served
from tests.toy_model import toy_model

from dcgan.dissection.boxes import Box
from dcgan.studio.annotation import Annotation

CHROME = next(filter(None, map(shutil.which, ("chromium", "google-chrome", "chromium-browser"))), None)
EXPECTED = re.compile("status of (400|507)|ERR_CONNECTION_REFUSED")  # in the console: what tests bring about
DRIVER = shutil.which("chromedriver")
pytestmark = pytest.mark.skipif(not (CHROME and DRIVER), reason="needs Chromium and chromedriver")


@pytest.fixture(scope="module")
def browser() -> Iterator[Chrome]:
    options = ChromeOptions()
    options.binary_location = CHROME or ""
    for word in ("headless=new", "no-sandbox", "disable-dev-shm-usage", "window-size=1200,900", "disable-gpu"):
        options.add_argument(f"--{word}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = Chrome(options, ChromeService(DRIVER))
    yield driver
    driver.quit()


@pytest.fixture
def annotation(tmp_path: Path) -> Annotation:
    return Annotation(toy_model(), range(6), tmp_path / "b.json")


@pytest.fixture
def page(browser: Chrome, annotation: Annotation) -> Iterator[Chrome]:
    with served(annotation) as address:
        browser.get(address)
        until(lambda: "looked at" in status(browser))
        yield browser
    log = browser.execute("getLog", {"type": "browser"})["value"]
    assert [entry for entry in log if not EXPECTED.search(entry["message"])] == []


def until(true: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


def status(page: Chrome) -> str:
    return str(page.find_element(By.ID, "status").text)


def saved(page: Chrome) -> None:
    until(lambda: "saved in" in status(page))


def drag(page: Chrome, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Press the mouse at a place of the sample, in its pixels, and let go at another."""
    stage = page.find_element(By.ID, "stage")
    scale, middle = stage.size["width"] / 16, stage.size["width"] / 2
    (left, top), (right, bottom) = ([round(value * scale - middle) for value in place] for place in (start, end))
    chain = ActionChains(page).move_to_element_with_offset(stage, left, top).click_and_hold()
    chain.move_to_element_with_offset(stage, right, bottom).release().perform()


def press(page: Chrome, *keys: str) -> None:
    for key in keys:
        ActionChains(page).send_keys(key).perform()


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
    until(lambda: "No space left on device" in page.find_element(By.ID, "error").text)
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
    until(lambda: "changed on another page" in page.find_element(By.ID, "error").text)
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
    until(lambda: "dcgan does not answer" in browser.find_element(By.ID, "error").text)


def test_an_answer_that_was_lost_confuses_nobody(page: Chrome, annotation: Annotation) -> None:
    page.execute_script("""
        const real = window.fetch;
        window.fetch = async (...words) => { await real(...words); window.fetch = real; throw new TypeError("lost"); };
    """)
    press(page, "b")
    until(lambda: "does not answer" in page.find_element(By.ID, "error").text)
    assert len(annotation.boxes.boxes) == 1
    press(page, "u")
    saved(page)
    until(lambda: not annotation.boxes.boxes)
