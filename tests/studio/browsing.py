"""What the tests of all pages do in a real browser."""

import re
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver import Chrome
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from tests.studio.serving import Work, served

from dcgan.types import Pixels

CHROME = next(filter(None, map(shutil.which, ("chromium", "google-chrome", "chromium-browser"))), None)
DRIVER = shutil.which("chromedriver")
EXPECTED = re.compile("status of (400|507)|Failed to load resource: net::")
"""In the console, of what tests bring about: refusals, and a server that ends while a page still asks."""
needs_browser = pytest.mark.skipif(not (CHROME and DRIVER), reason="needs Chromium and chromedriver")


@contextmanager
def opened(browser: Chrome, work: Work, ready: str) -> Iterator[Chrome]:
    """The page of a work, open in the browser once its status has a text; at the end its console must be empty."""
    with served(work) as address:
        browser.get(address)
        until(lambda: ready in status(browser))
        yield browser
    console_is_empty(browser)


def open_tab(browser: Chrome, address: str, tab: str) -> None:
    """A tab of the studio, as soon as its address has let the browser in."""
    browser.get(address)
    until(lambda: "/enter/" not in browser.current_url)
    browser.get(f"{browser.current_url.partition('#')[0]}#{tab}")


def console_is_empty(browser: Chrome) -> None:
    """No script has failed, and nothing was refused by the policy of the page."""
    log = [entry["message"] for entry in browser.execute("getLog", {"type": "browser"})["value"]]
    unexpected = [message for message in log if not EXPECTED.search(message)]
    assert not unexpected, unexpected


def until(true: Callable[[], bool], seconds: float = 30) -> None:
    """Wait for something that the page or the server is about to do; parts that are replaced are looked for again."""

    def holds() -> bool:
        try:
            return true()
        except StaleElementReferenceException:
            return False

    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def find(page: Chrome, selector: str) -> WebElement:
    return page.find_element(By.CSS_SELECTOR, selector)


def text(page: Chrome, selector: str) -> str:
    """What elements say; nothing while there is none. They are read again if the page draws them anew meanwhile."""
    while True:
        try:
            return " ".join(element.text for element in page.find_elements(By.CSS_SELECTOR, selector))
        except StaleElementReferenceException:
            continue


def click(page: Chrome, selector: str) -> None:
    """Click an element once it is there and can be used."""
    until(lambda: bool(page.find_elements(By.CSS_SELECTOR, selector)) and find(page, selector).is_enabled())
    page.execute_script("arguments[0].scrollIntoView({block: 'center'})", find(page, selector))
    find(page, selector).click()


def keep_downloads(page: Chrome, folder: Path) -> None:
    """Let the browser write what it downloads into a folder, without asking."""
    page.execute_cdp_cmd("Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(folder)})


def downloaded(file: Path) -> bool:
    """Whether the browser has written it; before, it makes an empty file of that name."""
    return file.exists() and file.stat().st_size > 0


def canvas_pixels(page: Chrome, selector: str) -> Pixels:
    """What a canvas shows: (H, W, 4)."""
    script = f"""const from = document.querySelector("{selector}");
        const copy = new OffscreenCanvas(from.width, from.height).getContext("2d", {{ willReadFrequently: true }});
        copy.drawImage(from, 0, 0);
        return [from.height, from.width, ...copy.getImageData(0, 0, from.width, from.height).data];"""
    height, width, *values = page.execute_script(script)
    return np.array(values, np.uint8).reshape(height, width, 4)


def status(page: Chrome) -> str:
    return text(page, "#status")


def error(page: Chrome) -> str:
    """The error that is shown; empty if none is."""
    return text(page, "#error")


def saved(page: Chrome) -> None:
    until(lambda: "saved in" in status(page))


def press(page: Chrome, *keys: str) -> None:
    for key in keys:
        ActionChains(page).send_keys(key).perform()
