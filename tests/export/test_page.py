"""The exported page, opened from disk in a real browser, draws what torch draws."""

import re
import time
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from selenium.webdriver import Chrome, Keys
from selenium.webdriver.common.by import By
from selenium.webdriver.support.select import Select
from tests.export.lively import lively_model
from tests.studio.browsing import needs_browser, press, until
from tests.toy_model import toy_model

from dcgan.export.web import export_page
from dcgan.latent.concepts import concept_of_axis
from dcgan.latent.interpolation import between
from dcgan.model import Model
from dcgan.types import Pixels

pytestmark = needs_browser
SHOWN = 24  # samples of the sheet that are looked at


@pytest.fixture(scope="module")
def model() -> Model:
    return toy_model("uniform")


@pytest.fixture(scope="module")
def folder(model: Model, tmp_path_factory: pytest.TempPathFactory) -> Path:
    axis = concept_of_axis("up", np.linspace(-0.5, 0.5, 6, dtype=np.float32))
    return export_page(model, tmp_path_factory.mktemp("page") / "My page", concepts={"up": axis}).path


@pytest.fixture
def page(browser: Chrome, folder: Path) -> Chrome:
    browser.get((folder / "index.html").as_uri())
    until(lambda: count(browser, "#sheet [data-drawn]") >= SHOWN)
    return browser


def count(page: Chrome, selector: str) -> int:
    return len(page.find_elements(By.CSS_SELECTOR, selector))


def canvas(page: Chrome, selector: str = "#picture") -> Pixels:
    """The pixels of a canvas, (H, W, 3)."""
    read = """const canvas = document.querySelector(arguments[0]);
        return [canvas.width, ...canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data]"""
    side, *levels = page.execute_script(read, selector)
    return np.array(levels, np.uint8).reshape(side, side, 4)[..., :3]


def differs(one: Pixels, other: Pixels) -> int:
    """By how many gray levels at most."""
    assert other.std() > 10
    return int(np.abs(one.astype(int) - other.astype(int)).max())


def shows(page: Chrome, pixels: Pixels) -> None:
    """Wait until the picture is this one."""
    until(lambda: differs(canvas(page), pixels) <= 1, seconds=10)


def script(page: Chrome, code: str) -> Any:  # whatever JSON can say
    return page.execute_script(code)


def test_samples_are_torchs_to_a_gray_level(page: Chrome, model: Model) -> None:
    expected = model.sample(range(SHOWN))
    for seed in range(SHOWN):
        assert differs(canvas(page, f'#sheet [data-seed="{seed}"] canvas'), expected[seed]) <= 1
    assert differs(expected[0], expected[1]) > 20
    shows(page, expected[0])


def test_the_sheet_has_no_end(page: Chrome) -> None:
    before = count(page, "#sheet button")
    script(page, "scrollTo(0, document.body.scrollHeight)")
    until(lambda: count(page, "#sheet button") > before)


def test_a_sample_is_chosen_by_a_click_and_a_seed_by_its_number(page: Chrome, model: Model) -> None:
    page.find_element(By.CSS_SELECTOR, '[data-seed="5"]').click()
    shows(page, model.sample([5])[0])
    assert page.find_element(By.ID, "status").text == "seed 5"
    assert page.find_element(By.CSS_SELECTOR, '[data-seed="5"]').get_attribute("aria-current") == "true"
    field = page.find_element(By.ID, "seed")
    field.clear()
    field.send_keys("1234567890123", Keys.ENTER)
    shows(page, model.sample([1234567890123])[0])


def test_a_slider_moves_along_an_axis(page: Chrome, model: Model) -> None:
    assert [label.text for label in page.find_elements(By.CSS_SELECTOR, "#axes label")] == ["up"]
    page.find_element(By.CSS_SELECTOR, "#axes input").send_keys(Keys.END)
    z = model.latents([0]) + 2 * np.linspace(-0.5, 0.5, 6, dtype=np.float32)
    shows(page, model.generate(z)[0])
    assert differs(model.generate(z)[0], model.sample([0])[0]) > 5
    press(page, Keys.TAB, "r")
    shows(page, model.sample([0])[0])


def test_a_walk_goes_from_seed_to_seed(page: Chrome, model: Model) -> None:
    first, second = model.latents([0, 1])
    script(page, "part = 0.5; show()")
    shows(page, model.generate(between(first, second, np.array([0.5]), "uniform"))[0])
    script(page, "part = 0")
    press(page, "w")
    assert page.find_element(By.ID, "walk").get_attribute("aria-pressed") == "true"
    until(lambda: int(script(page, "return seed()")) >= 1)
    press(page, "w")
    until(lambda: not script(page, "return drawing"))
    still = canvas(page)
    time.sleep(0.2)
    assert np.array_equal(canvas(page), still)
    assert re.fullmatch(r"seed \d+ to \d+", page.find_element(By.ID, "status").text)


def test_the_sheet_is_walked_by_the_arrow_keys(page: Chrome) -> None:
    script(page, "document.querySelector('[data-seed=\"0\"]').focus()")
    press(page, Keys.ARROW_RIGHT, Keys.ARROW_DOWN, Keys.ARROW_UP, Keys.ARROW_RIGHT, Keys.ENTER)
    until(lambda: page.find_element(By.ID, "status").text == "seed 2")
    press(page, Keys.ESCAPE, "p")
    until(lambda: page.find_element(By.ID, "status").text == "seed 1")


def test_the_picture_is_saved_as_a_png(page: Chrome, model: Model, tmp_path: Path) -> None:
    page.execute_cdp_cmd("Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(tmp_path)})
    page.find_element(By.CSS_SELECTOR, '[data-seed="3"]').click()
    shows(page, model.sample([3])[0])
    page.find_element(By.ID, "save").click()
    until((tmp_path / "seed-3.png").exists)
    with Image.open(BytesIO((tmp_path / "seed-3.png").read_bytes())) as image:
        assert differs(np.asarray(image.convert("RGB")), model.sample([3])[0]) <= 1


def test_a_label_holds_for_the_picture_and_the_sheet(browser: Chrome, tmp_path: Path) -> None:
    model = lively_model("conditional-dcgan")
    browser.get((export_page(model, tmp_path / "page").path / "index.html").as_uri())
    until(lambda: count(browser, "#sheet [data-drawn]") >= SHOWN)
    shows(browser, model.sample([0])[0])
    Select(browser.find_element(By.ID, "label")).select_by_visible_text("2")
    shows(browser, model.sample([0], label="2")[0])
    until(lambda: count(browser, "#sheet [data-drawn]") >= SHOWN)
    assert differs(canvas(browser, '#sheet [data-seed="7"] canvas'), model.sample([7], label="2")[0]) <= 1


@pytest.mark.parametrize("width", [360, 800])
def test_it_fits_phones(page: Chrome, width: int) -> None:
    size = {"width": width, "height": 700, "deviceScaleFactor": 2, "mobile": True}
    page.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    try:
        assert script(page, "return document.documentElement.scrollWidth") <= width
        for control in page.find_elements(By.CSS_SELECTOR, "button:not(#sheet *), input"):
            assert control.rect["x"] + control.rect["width"] <= width
    finally:
        page.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_it_names_no_other_host_and_nothing_goes_wrong(page: Chrome, folder: Path) -> None:
    for file in folder.iterdir():
        assert not re.findall(r"\w+://", file.read_text("utf-8")), file.name
    log = [entry["message"] for entry in page.execute("getLog", {"type": "browser"})["value"]]
    assert [message for message in log if "willReadFrequently" not in message] == []  # which these tests bring about
    assert page.title == "My page"
