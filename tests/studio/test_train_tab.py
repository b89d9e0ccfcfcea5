"""The tab Train in a real browser: one training from its pictures to its end, over two studios."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select
from tests.studio.browsing import click, console_is_empty, needs_browser, open_tab, text, until
from tests.studio.running import Client, end_trainings, running

pytestmark = needs_browser


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = tmp_path / "studio"
    (folder / "photos").mkdir(parents=True)
    random = np.random.default_rng(0)
    for number in range(12):
        Image.fromarray(random.integers(0, 256, (32, 32, 3), np.uint8)).save(folder / "photos" / f"{number}.png")
    (folder / "photos" / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    monkeypatch.setenv("DCGAN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    yield folder
    end_trainings(folder)


def set_value(page: Chrome, element: object, value: str) -> None:
    page.execute_script("arguments[0].value = arguments[1]", element, value)


def a_second_more(client: Client) -> float:
    """Minutes of a run that end a second after it goes on."""
    facts = client.get("/api/run", run="runs/photos-1").json["facts"]
    assert isinstance(facts, dict)
    return float(facts["seconds"] + 1) / 60


def test_pictures_of_which_none_can_be_used_say_why(browser: Chrome, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "cut.png").write_bytes((folder / "photos" / "0.png").read_bytes()[:300])
    with running(folder) as studio:
        open_tab(browser, studio.address, "train")
        until(lambda: bool(browser.find_elements(By.CSS_SELECTOR, ".drop input")))
        browser.find_element(By.CSS_SELECTOR, ".drop input").send_keys(str(tmp_path / "cut.png"))
        until(lambda: "none of 1 pictures can be used: 1 truncated" in text(browser, "#report .bad"), 60)
        assert not (folder / "uploaded-1").exists()
        assert not browser.find_element(By.ID, "start").is_enabled()
        console_is_empty(browser)


def test_a_training_is_started_left_found_again_paused_and_finished(browser: Chrome, folder: Path) -> None:
    with running(folder) as studio:
        browser.get(studio.address)
        until(lambda: "No runs yet" in text(browser, "#panel"))
        Select(browser.find_element(By.ID, "source")).select_by_value("photos")
        Select(browser.find_element(By.ID, "size")).select_by_value("32")
        until(lambda: "12 of 13 pictures can be used" in text(browser, "#report"), 60)
        assert "truncated: 1" in text(browser, "#report")
        for field, value in (("base channels", "4"), ("batch size", "8")):
            found = browser.find_element(By.XPATH, f"//label[span[text()='{field}']]/input")
            set_value(browser, found, value)
        click(browser, "#start")
        until(lambda: text(browser, "#state") == "Training", 60)
        console_is_empty(browser)
    with running(folder) as studio:  # the training has gone on
        browser.get(studio.address)
        until(lambda: bool(browser.find_elements(By.CSS_SELECTOR, ".list a")))
        browser.find_elements(By.CSS_SELECTOR, ".list a")[1].click()
        until(lambda: text(browser, "#state") == "Training", 60)
        client = Client(studio.address).enter()
        again = client.post("/api/run/resume", run="runs/photos-1")
        assert (again.status, "already" in again.error) == (400, True)
        click(browser, "#pause")
        until(lambda: text(browser, "#state") == "Paused", 60)
        set_value(browser, browser.find_element(By.ID, "longer"), str(a_second_more(client)))
        click(browser, "#resume")
        until(lambda: text(browser, "#state") == "Finished", 60)
        until(lambda: browser.execute_script("return document.getElementById('sheet').naturalWidth") > 500)
        assert "Each place is the same seed" in text(browser, "#panel")
        console_is_empty(browser)
