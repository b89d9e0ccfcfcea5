"""From a folder of pictures to a film, by nothing but the page, in a real browser."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageSequence
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select
from tests.studio.browsing import (
    click,
    console_is_empty,
    downloaded,
    keep_downloads,
    needs_browser,
    open_tab,
    text,
    until,
)
from tests.studio.running import end_trainings, running

FAVORITES = (1, 4, 6)
FRAMES = 3 * 15  # half a second, at 30 frames a second, from each to the next and back to the first


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A few dozen pictures: disks of any color, on plain grounds."""
    folder = tmp_path / "studio"
    (folder / "disks").mkdir(parents=True)
    random = np.random.default_rng(0)
    y, x = np.mgrid[:40, :40]
    for number in range(36):
        ground, color = random.integers(0, 256, (2, 3), np.uint8)
        disk = np.hypot(x - random.integers(14, 26), y - random.integers(14, 26)) < random.integers(6, 14)
        Image.fromarray(np.where(disk[..., None], color, ground)).save(folder / "disks" / f"{number}.png")
    monkeypatch.setenv("DCGAN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    yield folder
    end_trainings(folder)


def select(page: Chrome, field: str, value: str) -> None:
    until(lambda: bool(page.find_elements(By.ID, field)))
    Select(page.find_element(By.ID, field)).select_by_value(value)


@needs_browser
def test_a_folder_of_pictures_becomes_a_film_of_new_ones(browser: Chrome, folder: Path, tmp_path: Path) -> None:
    keep_downloads(browser, tmp_path)
    with running(folder) as studio:
        open_tab(browser, studio.address, "train")
        browser.execute_script("localStorage.clear(); sessionStorage.clear()")
        select(browser, "source", "disks")
        select(browser, "size", "32")
        until(lambda: "All 36 pictures can be used" in text(browser, "#report"), 60)
        click(browser, "details summary")
        for label, value in (("Minutes", "1"), ("Base channels", "4")):
            field = browser.find_element(By.XPATH, f"//label[span[text()='{label}']]/input")
            field.clear()
            field.send_keys(value)
        click(browser, "#start")
        until(lambda: "looked at" in text(browser, ".numbers"), 60)
        click(browser, "#pause")
        until(lambda: text(browser, "#state") == "Paused", 60)
        click(browser, "a[href^='#draw/']")
        for seed in FAVORITES:
            click(browser, f"#sheet [data-seed='{seed}']")
        until(lambda: len(browser.find_elements(By.CSS_SELECTOR, "#kept .tile")) == len(FAVORITES))
        click(browser, "#tab-explore")
        until(lambda: bool(browser.find_elements(By.ID, "at")))
        walk = [chip.get_attribute("aria-label") for chip in browser.find_elements(By.CSS_SELECTOR, ".chip canvas")]
        assert walk == [f"seed {seed}" for seed in FAVORITES]
        select(browser, "seconds", "0.5")
        click(browser, "#film")
        file = tmp_path / "runs-disks-1-walk.gif"
        until(lambda: downloaded(file), 60)
        console_is_empty(browser)
    with Image.open(file) as film:
        frames = [np.asarray(frame.convert("RGB")) for frame in ImageSequence.Iterator(film)]
    assert len(frames) == FRAMES
    assert all((frame != following).any() for frame, following in pairwise(frames))
