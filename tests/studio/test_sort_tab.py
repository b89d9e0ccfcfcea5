"""The tab Sort in a real browser: pictures are labeled by mouse and keys, learned from, corrected and exported."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver import Chrome, Keys
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import Select
from tests.studio.browsing import (
    click,
    console_is_empty,
    downloaded,
    keep_downloads,
    needs_browser,
    open_tab,
    press,
    text,
    until,
)
from tests.studio.running import Client, running
from tests.studio.sorting_folder import EACH, KINDS, begin, label, looked_at, make_folder
from tests.studio.test_draw_tab import nameless_fields

from dcgan.studio.sorting import sortings_in

pytestmark = needs_browser


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_folder(tmp_path_factory.mktemp("studio"))


@pytest.fixture(scope="module")
def client(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DCGAN_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("OMP_NUM_THREADS", "1")
        with running(folder) as studio:
            yield Client(studio.address).enter()


@pytest.fixture(scope="module")
def sorting(client: Client) -> str:
    """A sorting whose pictures have been looked at."""
    sorting = begin(client)
    looked_at(client, sorting)
    return sorting


@pytest.fixture
def page(browser: Chrome, client: Client, sorting: str) -> Iterator[Chrome]:
    """The sorting, open and without labels."""
    labels = client.get("/api/sorting/labels", sorting=sorting).json["labels"]
    if labels:
        label(client, sorting, list(labels), None)  # type: ignore[call-overload]
    open_tab(browser, client.address, f"sort/{sorting.partition('/')[2]}")
    until(lambda: len(names(browser)) == 2 * EACH)
    yield browser
    console_is_empty(browser)


def names(page: Chrome) -> list[str]:
    """Of the pictures that are shown, in their order."""
    script = "return [...document.querySelectorAll('#sheet .tile')].map((tile) => tile.dataset.name)"
    found: list[str] = page.execute_script(script)
    return found


def tile(page: Chrome, name: str) -> WebElement:
    return page.find_element(By.CSS_SELECTOR, f"[data-name='{name}']")


def said(page: Chrome, name: str) -> str:
    """What a screen reader says of a picture."""
    return str(tile(page, name).get_attribute("aria-label"))


def labels_of(client: Client, sorting: str) -> dict[str, str]:
    found = client.get("/api/sorting/labels", sorting=sorting).json["labels"]
    assert isinstance(found, dict)
    return found


def show(page: Chrome, view: str) -> None:
    until(lambda: bool(page.find_elements(By.CSS_SELECTOR, f"#views [data-view='{view}']")))
    page.find_element(By.CSS_SELECTOR, f"#views [data-view='{view}']").click()


def label_first(page: Chrome, client: Client, sorting: str, each: int) -> None:
    """Label the first pictures of each kind by keys."""
    left = dict.fromkeys(KINDS, each)
    for name in names(page):
        kind = name.partition("-")[0]
        if left[kind]:
            left[kind] -= 1
            page.execute_script("arguments[0].focus()", tile(page, name))
            press(page, str(KINDS.index(kind) + 1))
    until(lambda: len(labels_of(client, sorting)) == 2 * each)


def test_a_sorting_is_begun_and_its_pictures_are_looked_at(browser: Chrome, client: Client, folder: Path) -> None:
    open_tab(browser, client.address, "sort/new")
    until(lambda: bool(browser.find_elements(By.ID, "start")))
    Select(browser.find_element(By.ID, "source")).select_by_value("photos")
    Select(browser.find_element(By.ID, "model")).select_by_value("toy")
    first, second = browser.find_elements(By.CSS_SELECTOR, ".classes input")
    first.send_keys("a  dark one")
    assert not browser.find_element(By.ID, "start").is_enabled()
    second.send_keys("light")
    browser.find_element(By.ID, "start").click()
    until(lambda: "Stop" in text(browser, "#look"))
    browser.find_element(By.ID, "look").click()
    until(lambda: "Your labels are kept" in text(browser, "#panel"))
    browser.find_element(By.ID, "look").click()
    until(lambda: len(names(browser)) == 2 * EACH, 120)
    begun = [one.decisions() for one in sortings_in(folder) if "light" in one.decisions().classes]
    assert [one.horizontal_flip for one in begun if one.classes != KINDS] == [True]  # unless the user says otherwise
    assert [chip.text.split("\n")[1] for chip in browser.find_elements(By.CLASS_NAME, "chip")] == [
        "a dark one",
        "light",
    ]
    console_is_empty(browser)


def test_the_mouse_labels_one_or_several_and_takes_back(page: Chrome, client: Client, sorting: str) -> None:
    one, two, three, four = names(page)[:4]
    tile(page, one).click()
    until(lambda: labels_of(client, sorting) == {one: "dark"})
    until(lambda: said(page, one) == f"{one}: dark, labeled")
    tile(page, one).click()
    until(lambda: labels_of(client, sorting) == {})
    page.find_elements(By.CLASS_NAME, "chip")[1].click()
    chain = ActionChains(page).move_to_element(tile(page, two)).click_and_hold()
    chain.move_to_element(tile(page, three)).move_to_element(tile(page, four)).release().perform()
    until(lambda: labels_of(client, sorting) == dict.fromkeys((two, three, four), "light"))
    until(page.find_element(By.ID, "undo").is_enabled)
    page.find_element(By.ID, "undo").click()
    until(lambda: labels_of(client, sorting) == {})
    until(lambda: "labeled" not in said(page, two))


def test_keys_label_go_on_and_undo(page: Chrome, client: Client, sorting: str) -> None:
    one, two, three = names(page)[:3]
    page.execute_script("arguments[0].focus()", tile(page, one))
    press(page, "2", "1", Keys.ARROW_LEFT, Keys.DELETE, "2")
    until(lambda: labels_of(client, sorting) == {one: "light", three: "light"})
    press(page, "u", "u")
    until(lambda: labels_of(client, sorting) == {one: "light", two: "dark"})
    ActionChains(page).key_down(Keys.CONTROL).send_keys("z").key_up(Keys.CONTROL).perform()
    until(lambda: labels_of(client, sorting) == {one: "light"})


def test_it_learns_shows_its_doubts_takes_corrections_and_exports(
    page: Chrome, client: Client, sorting: str, folder: Path, tmp_path: Path
) -> None:
    assert "Still too few: dark, light" in text(page, "#status")
    assert not page.find_element(By.ID, "learn").is_enabled()
    label_first(page, client, sorting, 5)
    until(page.find_element(By.ID, "learn").is_enabled)
    page.find_element(By.ID, "learn").click()
    until(lambda: "Which of these are wrong?" in text(page, "#hint") and len(names(page)) == 24)
    assert "100%" in text(page, "#accuracy")
    one, other = names(page)[:2]
    guess = one.partition("-")[0]
    assert said(page, one).startswith(f"{one}: {guess}? ")
    tile(page, one).click()  # as if it were wrong
    wrong = KINDS[1 - KINDS.index(guess)]
    until(lambda: labels_of(client, sorting).get(one) == wrong)
    tile(page, one).click()  # and round again
    until(lambda: labels_of(client, sorting).get(one) == guess)
    page.find_element(By.ID, "rest").click()
    until(lambda: len(labels_of(client, sorting)) == 10 + 24)
    assert labels_of(client, sorting)[other] == other.partition("-")[0]
    until(lambda: len(names(page)) == 2 * EACH - 34)  # the doubts that are left
    show(page, "light")
    until(lambda: len(names(page)) == EACH and all(name.startswith("light") for name in names(page)))
    show(page, "labeled")
    until(lambda: len(names(page)) == 34)
    until(page.find_element(By.ID, "export").is_enabled)
    page.find_element(By.ID, "export").click()
    until(lambda: f"dcgan classify {sorting}/classifier" in text(page, "#saved"))
    assert (folder / sorting / "pictures.csv").read_text().startswith("name,class,confidence,labeled\n")
    keep_downloads(page, tmp_path)
    click(page, "#table-file")
    until(lambda: downloaded(tmp_path / "pictures.csv"))
    assert (tmp_path / "pictures.csv").read_text() == (folder / sorting / "pictures.csv").read_text()
    page.refresh()  # what was learned is there again
    until(lambda: "34 of 40 labeled" in text(page, "#status"))
    show(page, "dark")


def test_labels_of_another_page_appear_and_none_are_lost(page: Chrome, client: Client, sorting: str) -> None:
    one, two, three = names(page)[:3]
    label(client, sorting, [one], "light")  # another page
    until(lambda: said(page, one) == f"{one}: light, labeled")
    label(client, sorting, [three], "light")
    tile(page, two).click()
    until(lambda: labels_of(client, sorting) == {one: "light", two: "dark", three: "light"})
    until(lambda: said(page, three) == f"{three}: light, labeled")
    label(client, sorting, [two], "light")
    page.find_element(By.ID, "undo").click()  # of a label that the other page has replaced
    until(lambda: said(page, two) == f"{two}: light, labeled")
    assert labels_of(client, sorting)[two] == "light"


def test_a_label_that_could_not_be_saved_is_reported_and_not_shown(
    page: Chrome, client: Client, sorting: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    one = names(page)[0]
    monkeypatch.setattr("dcgan.studio.sorting.write_atomic", full)
    tile(page, one).click()
    until(lambda: "No space left on device" in text(page, "#notice"))
    until(lambda: "labeled" not in said(page, one))
    assert labels_of(client, sorting) == {}


def test_classes_are_changed_on_the_page(page: Chrome, client: Client, sorting: str) -> None:
    def classes() -> object:
        return client.get("/api/sorting", sorting=sorting).json["classes"]

    page.find_element(By.CSS_SELECTOR, "#classes summary").click()
    page.find_element(By.CSS_SELECTOR, "#classes input[placeholder]").send_keys("gray", Keys.ENTER)
    until(lambda: classes() == ["dark", "light", "gray"])
    until(lambda: len(page.find_elements(By.CLASS_NAME, "chip")) == 3)
    page.find_element(By.CSS_SELECTOR, "[aria-label='Remove gray']").click()
    until(lambda: classes() == ["dark", "light"])


def test_a_sorting_fits_a_phone_and_every_field_has_a_name(page: Chrome, client: Client, sorting: str) -> None:
    for kind in KINDS:
        label(client, sorting, [f"{kind}-00.png", f"{kind}-01.png"], kind)
    client.post("/api/sorting/learn", sorting=sorting)
    phone = {"width": 360, "height": 740, "deviceScaleFactor": 1, "mobile": True}
    page.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", phone)
    try:
        show(page, "doubts")
        until(lambda: len(names(page)) == 24)
        page.execute_script("for (const one of document.querySelectorAll('details')) one.open = true")
        assert page.execute_script("return document.documentElement.scrollWidth") == 360
        until(lambda: nameless_fields(page) == [])
    finally:
        page.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
