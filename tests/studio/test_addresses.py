"""Models that are chosen, and addresses, on all tabs in a real browser."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver import Chrome, Keys
from selenium.webdriver.common.by import By
from tests.studio.browsing import console_is_empty, find, needs_browser, open_tab, press, text, until
from tests.studio.running import running
from tests.toy_model import toy_model

pytestmark = needs_browser


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("studio")
    for name in ("a", "b", "c"):
        toy_model().save(folder / name)
    toy_model().save(folder / "own")
    card = json.loads((folder / "own" / "model.json").read_text())
    interface = {name: card["architecture"][name] for name in ("size", "channels", "latent_dim", "latent_distribution")}
    del card["architecture"]
    (folder / "own" / "model.json").write_text(json.dumps({**card, "nets": "", "interface": interface}))
    with running(folder) as studio:
        yield studio.address


@pytest.fixture
def page(browser: Chrome, address: str) -> Iterator[Chrome]:
    open_tab(browser, address, "train")
    browser.execute_script("localStorage.clear()")
    yield browser
    console_is_empty(browser)


def go(page: Chrome, place: str) -> None:
    page.execute_script("location.hash = arguments[0]", place)


def chosen(page: Chrome) -> str:
    fields = page.find_elements(By.ID, "model")
    return str(fields[0].get_attribute("value")) if fields else ""


@pytest.mark.parametrize("tab", ["draw", "explore", "inside", "edit"])
def test_the_arrow_keys_reach_every_model(page: Chrome, tab: str) -> None:
    go(page, tab)
    until(lambda: chosen(page) == "a")
    page.execute_script("document.getElementById('model').focus()")
    for name in ("b", "c"):
        press(page, Keys.ARROW_DOWN)
        until(lambda name=name: chosen(page) == name)  # type: ignore[misc]
        until(lambda: bool(page.execute_script("return document.activeElement.id === 'model'")))


def test_a_model_and_a_run_that_are_gone_are_missed(page: Chrome) -> None:
    go(page, "draw/gone")
    until(lambda: "There is no model gone any more." in text(page, ".controls"))
    go(page, "draw/b")
    until(lambda: chosen(page) == "b")
    assert "no model" not in text(page, ".controls")
    go(page, "train/runs%2Fgone")
    until(lambda: "There is no run runs/gone any more." in text(page, "#panel"))


@pytest.mark.parametrize("place", ["draw/100%", "train/%E0%A4%A", "sort/%", "edit/repair/%", "inside/%", "constructor"])
def test_an_address_that_means_nothing_opens_a_tab(page: Chrome, place: str) -> None:
    go(page, place)
    until(lambda: bool(text(page, "#panel")))
    assert not find(page, "#notice").is_displayed()


@pytest.mark.parametrize("place", ["explore/a/constructor", "edit/constructor"])
def test_a_view_that_does_not_exist_is_the_usual_one(page: Chrome, place: str) -> None:
    go(page, place)
    until(lambda: chosen(page) == "a")
    assert not find(page, "#notice").is_displayed()


def test_of_two_models_chosen_at_once_the_last_is_edited(page: Chrome) -> None:
    go(page, "edit")
    until(lambda: chosen(page) == "a")
    page.execute_script("""const field = document.getElementById("model");
        for (const name of ["b", "c"]) { field.value = name; field.dispatchEvent(new Event("change")); }""")
    until(lambda: chosen(page) == "c")
    until(lambda: len(page.find_elements(By.ID, "forget")) == 1)
    assert len(page.find_elements(By.ID, "sample")) == 1


def test_a_model_of_nets_of_ones_own_is_passed_over_and_says_why(page: Chrome) -> None:
    go(page, "draw")
    until(lambda: chosen(page) == "a")
    for tab in ("draw", "explore"):
        go(page, f"{tab}/own")
        until(lambda: "The nets of own are your own" in text(page, "#unfit"))


def test_favorites_of_another_model_are_told_from_those_of_this_one(page: Chrome, tmp_path: Path) -> None:
    go(page, "draw/a")
    until(lambda: bool(page.find_elements(By.CSS_SELECTOR, "aside input[type=file]")))
    for model, note in (("b", "The file has favorites of b"), ("a", "")):
        (tmp_path / "favorites.json").write_text(json.dumps({"model": model, "seeds": [3, 5]}))
        find(page, "aside input[type=file]").send_keys(str(tmp_path / "favorites.json"))
        until(lambda: "2 favorites" in text(page, "aside"))
        until(lambda note=note: (note in text(page, "aside .note")) if note else not text(page, "aside .note"))  # type: ignore[misc]


def test_the_same_file_can_be_chosen_again(page: Chrome, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("no picture")
    go(page, "train")
    until(lambda: bool(page.find_elements(By.CSS_SELECTOR, ".drop input")))
    find(page, ".drop input").send_keys(str(tmp_path / "a.txt"))
    until(lambda: "not kept" in text(page, "#panel"))
    assert page.execute_script("return document.querySelector('.drop input').files.length") == 0
