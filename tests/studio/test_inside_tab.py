"""The tab Look inside in a real browser: by mouse and keys, trained beside random weights, and on one's own picture."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from selenium.webdriver import Chrome, Keys
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import Select
from tests.studio.browsing import (
    canvas_pixels,
    console_is_empty,
    downloaded,
    keep_downloads,
    needs_browser,
    open_tab,
    press,
    until,
)
from tests.studio.inside_folder import PICTURES, looked, make_folder
from tests.studio.running import Client, running
from tests.studio.scripts import evaluate, needs_node
from tests.studio.test_draw_tab import nameless_fields


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
def look(client: Client) -> str:
    """A look that the studio has already, so that the page has it at once."""
    return looked(client)


@pytest.fixture
def page(browser: Chrome, client: Client) -> Iterator[Chrome]:
    """A browser that remembers nothing of other tests."""
    open_tab(browser, client.address, "train")
    browser.execute_script("localStorage.clear(); sessionStorage.clear()")
    yield browser
    console_is_empty(browser)


def show(page: Chrome, model: str = "toy") -> None:
    """The tab of a model."""
    page.get(f"{page.current_url.partition('#')[0]}#inside/{model}")
    page.refresh()
    until(lambda: bool(page.find_elements(By.ID, "look")))


def look_inside(page: Chrome, model: str = "toy", source: str = "photos") -> None:
    """The atlas of a model, once its tiles are there."""
    show(page, model)
    Select(find(page, "#source")).select_by_value(source)
    click(page, "#look")
    until(lambda: len(tiles(page)) in (16, 24), 120)


def find(page: Chrome, selector: str) -> WebElement:
    return page.find_element(By.CSS_SELECTOR, selector)


def click(page: Chrome, selector: str, index: int = 0) -> None:
    page.execute_script("document.querySelectorAll(arguments[0])[arguments[1]].click()", selector, index)


def tiles(page: Chrome, net: str = "trained") -> list[int]:
    """The channels of the atlas, in their order."""
    script = "return [...document.querySelectorAll(arguments[0])].map((tile) => Number(tile.dataset.channel))"
    found: list[int] = page.execute_script(script, f".atlas[data-net={net}] .tile")
    return found


def focused(page: Chrome, name: str) -> str:
    return str(page.execute_script("return document.activeElement.getAttribute(arguments[0]) ?? ''", name))


def text(page: Chrome, selector: str) -> str:
    script = "return [...document.querySelectorAll(arguments[0])].map((one) => one.textContent).join(' ')"
    return str(page.execute_script(script, selector))


def figure_is_downloaded(page: Chrome, name: str, folder: Path) -> bool:
    """Click the button of a figure; whether a PNG comes."""
    own = folder / str(len(list(folder.iterdir())))  # the browser replaces a file of the same name
    own.mkdir()
    keep_downloads(page, own)
    page.execute_script(
        "[...document.querySelectorAll(`[data-figure=${arguments[0]}]`)].find((one) => one.offsetParent).click()", name
    )
    until(lambda: any(downloaded(file) and file.suffix == ".png" for file in own.iterdir()), 60)
    [file] = own.iterdir()
    return file.read_bytes().startswith(b"\x89PNG")


@needs_node
def test_channels_are_named_in_a_command_as_ranges() -> None:
    assert evaluate("[ranges([5, 3, 4, 9, 0]), ranges([7]), ranges([])]", "studio/commands.js") == ["0,3-5,9", "7", ""]


@needs_browser
def test_channels_are_shown_the_most_selective_first_and_layers_are_chosen(
    page: Chrome, client: Client, look: str, tmp_path: Path
) -> None:
    look_inside(page)
    expected = client.get("/api/inside/channels", look=look, layer=1, count=16).json["channels"]
    assert tiles(page) == [one["channel"] for one in expected]  # type: ignore[attr-defined]
    until(lambda: not find(page, "#more").is_displayed())
    assert f"toy, after 5 images, has looked at {PICTURES} pictures of photos; 1 could not be used." == text(
        page, "#about"
    )
    assert nameless_fields(page) == []
    until(lambda: "dcgan inspect toy photos --layer 1 --channels 0-15 --out inspected" in text(page, ".command"))
    assert figure_is_downloaded(page, "channels-figure", tmp_path)
    Select(find(page, "#layer")).select_by_value("0")
    until(lambda: sorted(tiles(page)) == list(range(8)))


@needs_browser
def test_more_channels_come_when_they_are_asked_for(page: Chrome, client: Client) -> None:
    look_inside(page, "wide")
    until(lambda: len(tiles(page)) == 24 and find(page, "#more").is_enabled())
    click(page, "#more")
    until(lambda: sorted(tiles(page)) == list(range(32)))
    until(lambda: not find(page, "#more").is_displayed())


@needs_browser
def test_the_keyboard_opens_a_channel_turns_to_the_next_and_comes_back(
    page: Chrome, client: Client, look: str, tmp_path: Path
) -> None:
    look_inside(page)
    order = tiles(page)
    page.execute_script("document.querySelector('.atlas .tile').focus()")
    press(page, Keys.ARROW_RIGHT)
    until(lambda: focused(page, "data-channel") == str(order[1]))
    press(page, Keys.ENTER)
    until(lambda: len(page.find_elements(By.CSS_SELECTOR, ".strongest figure")) == 12)
    assert text(page, "#channel") == f"Layer 1, channel {order[1]}"
    assert focused(page, "id") == "channel"
    found = client.get("/api/inside/channel", look=look, layer=1, channel=order[1]).json["strongest"]
    assert isinstance(found, list)
    assert text(page, ".strongest figcaption span").split() == [one["name"] for one in found]
    place = canvas_pixels(page, ".strongest canvas:nth-child(3)")
    assert place.shape == (192, 192, 4)
    assert np.ptp(place[..., :3]) > 0
    assert f"--channels {order[1]} --top 12" in text(page, ".command")
    assert figure_is_downloaded(page, "channels-figure", tmp_path)
    click(page, "#next")
    until(lambda: text(page, "#channel") == f"Layer 1, channel {order[2]}")
    page.execute_script("document.getElementById('next').focus()")
    press(page, Keys.ESCAPE)
    until(lambda: focused(page, "data-channel") == str(order[2]))
    assert not page.find_elements(By.ID, "channel")


@needs_browser
def test_random_weights_are_shown_beside_the_trained_net(
    page: Chrome, client: Client, look: str, tmp_path: Path
) -> None:
    look_inside(page)
    click(page, "#beside")
    until(lambda: len(tiles(page, "random")) == len(tiles(page)) == 16)
    expected = client.get("/api/inside/channels", look=look, net="random", layer=1, count=16).json["channels"]
    assert tiles(page, "random") == [one["channel"] for one in expected]  # type: ignore[attr-defined]
    until(lambda: find(page, "#more").get_attribute("disabled") is None)
    assert figure_is_downloaded(page, "channels-figure", tmp_path)
    click(page, ".atlas[data-net=random] .tile")
    until(lambda: len(page.find_elements(By.CSS_SELECTOR, ".strongest figure")) == 24)
    assert text(page, "[data-net] h3") == "Random weights Trained"
    assert figure_is_downloaded(page, "channels-figure", tmp_path)


@needs_browser
def test_what_was_found_is_there_when_the_page_is_loaded_again(page: Chrome, look: str) -> None:
    look_inside(page)
    page.refresh()
    until(lambda: len(tiles(page)) == 16)


@needs_browser
def test_a_picture_of_ones_own_is_dropped_and_any_channel_is_seen_on_it(
    page: Chrome, client: Client, look: str, folder: Path, tmp_path: Path
) -> None:
    look_inside(page)
    click(page, "[value=picture]")
    until(lambda: len(page.find_elements(By.CSS_SELECTOR, ".excited .tile")) == 16)
    assert text(page, "#picture-name") == "This is the picture of seed 0."
    find(page, ".drop input").send_keys(str(folder / "own" / "wide.png"))
    until(lambda: text(page, "#picture-name") == "This is wide.png.")
    layers = client.get("/api/inside/excited", look=look, photo="own/wide.png").json["layers"]
    assert isinstance(layers, list)
    script = "return [...document.querySelectorAll('.excited .tile')].map((tile) => Number(tile.dataset.channel))"
    assert page.execute_script(script) == [one["channel"] for channels in layers for one in channels]
    assert figure_is_downloaded(page, "excited-figure", tmp_path)
    click(page, ".excited .tile", 9)
    until(lambda: text(page, "#opened-title") == f"Layer 1, channel {layers[1][1]['channel']}")
    find(page, "#opened-channel").send_keys(Keys.CONTROL, "a", Keys.NULL, "99", Keys.ENTER)
    until(lambda: "This layer has the channels 0 to 15." in text(page, "#notice"))
    find(page, "#opened-channel").send_keys(Keys.CONTROL, "a", Keys.NULL, "3", Keys.ENTER)
    until(lambda: text(page, "#opened-title") == "Layer 1, channel 3")
    assert "--layer 1 --channels 3 --out inspected" in text(page, ".command")
    assert "dcgan inspect toy uploaded-" in text(page, ".command")
    assert figure_is_downloaded(page, "saliency-figure", tmp_path)
    assert nameless_fields(page) == []
    page.execute_script("document.querySelector('.drop input').value = ''")  # or the driver adds the file to the first
    find(page, ".drop input").send_keys(str(folder / "own" / "cut.png"))
    until(lambda: "cannot be read" in text(page, "#notice"))
    assert text(page, "#picture-name") == "This is wide.png."  # it is lost by no mistake
    find(page, "#seed").send_keys("17", Keys.ENTER)
    until(lambda: text(page, "#picture-name") == "This is the picture of seed 17.")
    page.refresh()
    until(lambda: text(page, "#picture-name") == "This is the picture of seed 17.")


@needs_browser
def test_a_look_is_canceled_and_can_be_begun_again(page: Chrome, client: Client) -> None:
    show(page)
    Select(find(page, "#source")).select_by_value("")
    click(page, "#look")
    until(lambda: bool(page.find_elements(By.CSS_SELECTOR, "[data-cancel]")))
    click(page, "[data-cancel]")
    until(lambda: find(page, "#look").is_enabled())
    assert tiles(page) == []
    assert not find(page, "#notice").is_displayed()


@needs_browser
def test_pictures_that_cannot_be_used_say_why(page: Chrome, client: Client, folder: Path) -> None:
    (folder / "broken").mkdir(exist_ok=True)
    (folder / "broken" / "cut.png").write_bytes((folder / "own" / "cut.png").read_bytes())
    show(page)
    Select(find(page, "#source")).select_by_value("broken")
    click(page, "#look")
    until(lambda: "none of 1 pictures can be used" in text(page, "#notice"), 60)
    assert find(page, "#look").is_enabled()


@needs_browser
def test_a_model_without_such_layers_says_so(page: Chrome, client: Client, folder: Path) -> None:
    (folder / "old").mkdir(exist_ok=True)
    card = (folder / "toy" / "model.json").read_text()
    (folder / "old" / "model.json").write_text(card.replace('"nets": "dcgan"', '"nets": "gan-2014"'))
    show(page, "old")
    assert "The nets of old are not a DCGAN's" in text(page, "#unfit")
    assert not find(page, "#look").is_enabled()
