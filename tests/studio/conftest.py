"""The browser that the tests of all pages share."""

from collections.abc import Iterator

import pytest
from selenium.webdriver import Chrome, ChromeOptions, ChromeService
from tests.studio.browsing import CHROME, DRIVER


@pytest.fixture(scope="session")
def browser() -> Iterator[Chrome]:
    options = ChromeOptions()
    options.binary_location = CHROME or ""
    for word in ("headless=new", "no-sandbox", "disable-dev-shm-usage", "window-size=1200,900", "disable-gpu"):
        options.add_argument(f"--{word}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = Chrome(options, ChromeService(DRIVER))
    yield driver
    driver.quit()
