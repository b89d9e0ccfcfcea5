"""A model that predicts frames among the models of the studio: each tab says what it is, and none fails."""

from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from tests.studio.browsing import console_is_empty, needs_browser, open_tab, text, until
from tests.studio.running import Client, running
from tests.test_model_pictures import predictor
from tests.toy_model import toy_model


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    folder = tmp_path_factory.mktemp("studio")
    predictor().save(folder / "a-waves")
    toy_model().save(folder / "toy")
    (folder / "photos").mkdir()
    Image.fromarray(np.zeros((24, 24, 3), np.uint8)).save(folder / "photos" / "me.png")
    with running(folder) as studio:
        yield Client(studio.address).enter()


def test_requests_for_its_pictures_are_refused_with_a_sentence(client: Client) -> None:
    pictures = client.get("/api/pictures", model="a-waves", seeds="0,1")
    assert pictures.status == 400
    assert "draws no pictures from z" in str(pictures.json["error"])
    objects = client.post("/api/objects", model="a-waves")
    assert objects.status == 400
    assert "take a model with the nets dcgan" in str(objects.json["error"])
    sorting = client.post("/api/sortings", model="a-waves", source="photos", classes=["a", "b"])
    assert sorting.status == 400
    assert "choose another model" in str(sorting.json["error"])


@needs_browser
@pytest.mark.parametrize("tab", ["draw", "explore", "inside"])
def test_a_tab_says_why_it_shows_nothing_and_offers_other_models(browser: Chrome, client: Client, tab: str) -> None:
    open_tab(browser, client.address, f"{tab}/a-waves")
    until(lambda: bool(browser.find_elements(By.ID, "unfit")))
    assert "Choose another model" in text(browser, "#unfit")
    options = browser.find_elements(By.CSS_SELECTOR, "#model option")
    assert {option.get_attribute("value") for option in options} >= {"a-waves", "toy"}
    console_is_empty(browser)


@needs_browser
def test_a_model_that_draws_is_chosen_first(browser: Chrome, client: Client) -> None:
    open_tab(browser, client.address, "draw")
    browser.execute_script("localStorage.removeItem('dcgan-model')")
    open_tab(browser, client.address, "explore")
    until(lambda: bool(browser.find_elements(By.ID, "model")))
    assert browser.find_element(By.ID, "model").get_attribute("value") == "toy"
    assert not browser.find_elements(By.ID, "unfit")
