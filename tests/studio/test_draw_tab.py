"""The tab Draw: its requests, and the page in a real browser."""

import io
import json
import shutil
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from selenium.webdriver import Chrome, Keys
from selenium.webdriver.common.by import By
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
from tests.studio.running import Answer, Client, running
from tests.toy_model import toy_model

from dcgan.figures.enlarge import enlarge
from dcgan.latent.files import read_latents
from dcgan.loading import load
from dcgan.sound.wav import wav_bytes
from dcgan.types import Pixels


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("studio")
    toy_model().save(folder / "art" / "toy")
    speaking = toy_model(channels=1)
    replace(speaking, details={**speaking.details, "sound": {"rate": 8000, "seconds": 0.128}}).save(folder / "voice")
    Image.fromarray(toy_model().sample([0])[0]).save(folder / "me.png")
    return folder


@pytest.fixture(scope="module")
def client(folder: Path) -> Iterator[Client]:
    with running(folder) as studio:
        yield Client(studio.address).enter()


def pixels_of(answer: Answer) -> Pixels:
    return np.asarray(Image.open(io.BytesIO(answer.content)))


def test_models_of_the_folder_and_those_that_come_with_dcgan_are_listed(client: Client) -> None:
    models = client.get("/api/state").json["models"]
    assert isinstance(models, list)
    assert {(model["name"], model["size"]) for model in models} == {("art/toy", 16), ("voice", 16), ("faces", 32)}


def test_the_pictures_of_seeds_are_those_of_every_verb(client: Client, folder: Path) -> None:
    answer = client.get("/api/pictures", model="art/toy", seeds="3,17,40", truncation="0.5")
    expected = load(folder / "art" / "toy").sample([3, 17, 40], truncation=0.5)
    np.testing.assert_array_equal(pixels_of(answer), expected.reshape(48, 16, 3))


def test_a_picture_is_downloaded_larger_with_square_pixels_or_smooth(client: Client, folder: Path) -> None:
    sampled = load(folder / "art" / "toy").sample([5])
    ask = {"model": "art/toy", "seeds": "5", "kind": "png", "scale": 4}
    square, smooth = client.get("/api/download", **ask), client.get("/api/download", **ask, smooth="true")
    assert square.headers["Content-Disposition"] == 'attachment; filename="art-toy-seed-5.png"'
    np.testing.assert_array_equal(pixels_of(square), enlarge(sampled, 4)[0])
    np.testing.assert_array_equal(pixels_of(smooth), enlarge(sampled, 4, smooth=True)[0])
    assert (pixels_of(square) != pixels_of(smooth)).any()


def test_several_are_an_archive_or_a_file_of_z_that_verbs_read(client: Client, folder: Path, tmp_path: Path) -> None:
    ask = {"model": "art/toy", "seeds": "5,6"}
    archive = zipfile.ZipFile(io.BytesIO(client.get("/api/download", **ask, kind="zip").content))
    assert archive.namelist() == ["seed-000005.png", "seed-000006.png"]
    (tmp_path / "z.npz").write_bytes(client.get("/api/download", **ask, kind="npz").content)
    model = load(folder / "art" / "toy")
    np.testing.assert_array_equal(read_latents(tmp_path / "z.npz", model), model.latents([5, 6]))


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ({"seeds": ""}, "whole numbers"),
        ({"seeds": "1,x"}, "whole numbers"),
        ({"seeds": "-1"}, "whole numbers"),
        ({"seeds": "9" * 30}, "whole numbers"),
        ({"seeds": ",".join("1" * 65)}, "at most 64 are allowed"),
        ({"truncation": "0"}, "truncation"),
        ({"truncation": "x"}, "truncation"),
        ({"truncation": "nan"}, "truncation"),
        ({"label": "cat"}, "label"),
        ({"model": "none"}, "no model"),
        ({"model": "../toy"}, "not in the folder"),
        ({"model": "/etc"}, "not in the folder"),
        ({"model": "art"}, "no model"),
    ],
)
def test_what_cannot_be_drawn_is_refused_with_the_reason(client: Client, query: dict[str, str], why: str) -> None:
    answer = client.get("/api/pictures", **{"model": "art/toy", "seeds": "1", **query})
    assert (answer.status, why in answer.error) == (400, True), answer.error


@pytest.mark.parametrize(
    "query",
    [
        {"kind": "exe"},
        {"kind": "wav"},
        {"scale": "0"},
        {"scale": "1000"},
        {"scale": "x"},
        {"seeds": "1,2,3,4,5", "scale": "256"},
    ],
)
def test_what_cannot_be_downloaded_is_refused(client: Client, query: dict[str, str]) -> None:
    assert client.get("/api/download", **{"model": "art/toy", "seeds": "1", **query}).status == 400


def tiles(page: Chrome, place: str) -> list[str | None]:
    return [tile.get_attribute("data-seed") for tile in page.find_elements(By.CSS_SELECTOR, f"#{place} .tile")]


@needs_browser
def test_favorites_are_chosen_from_an_endless_sheet_kept_and_downloaded(
    browser: Chrome, client: Client, tmp_path: Path
) -> None:
    open_tab(browser, client.address, "draw/art%2Ftoy")
    until(lambda: len(tiles(browser, "sheet")) >= 64)  # without a click: the sheet fills the window
    count = len(tiles(browser, "sheet"))
    browser.execute_script("window.scrollTo(0, document.body.scrollHeight)")
    until(lambda: len(tiles(browser, "sheet")) > count)
    browser.find_element(By.CSS_SELECTOR, "[data-seed='3']").click()
    press(browser, Keys.ARROW_RIGHT, Keys.ENTER)
    until(lambda: browser.execute_script("return document.getElementById('seeds')?.textContent") == "3,4")
    until(lambda: browser.find_element(By.ID, "spoken").get_attribute("textContent") == "seed 4 is a favorite")
    keep_downloads(browser, tmp_path)
    click(browser, "[data-kind='png']")
    until(lambda: downloaded(tmp_path / "art-toy-2-pictures.png"))
    ask = {"model": "art/toy", "seeds": "3,4", "kind": "png", "scale": 8}
    assert (tmp_path / "art-toy-2-pictures.png").read_bytes() == client.get("/api/download", **ask).content
    browser.refresh()
    until(lambda: len(browser.find_elements(By.CSS_SELECTOR, "#kept .tile")) == 2)
    assert json.loads(browser.execute_script("return localStorage['dcgan-favorites']")) == {"art/toy": [3, 4]}
    browser.find_elements(By.CSS_SELECTOR, "#kept .tile")[0].click()
    until(lambda: len(browser.find_elements(By.CSS_SELECTOR, "#kept .tile")) == 1)
    assert browser.find_element(By.CSS_SELECTOR, "[data-seed='3']").get_attribute("aria-pressed") == "false"
    console_is_empty(browser)


def test_sounds_are_downloaded_one_after_another(client: Client, folder: Path) -> None:
    answer = client.get("/api/download", model="voice", seeds="3,4", kind="wav")
    model = load(folder / "voice")
    assert model.sound
    assert answer.content == wav_bytes(model.sounds(model.sample([3, 4])), model.sound, pause=0.2)
    assert answer.headers["Content-Disposition"] == 'attachment; filename="voice-2-sounds.wav"'


@needs_browser
def test_a_picture_of_a_model_of_sounds_is_heard_when_it_is_chosen(
    browser: Chrome, client: Client, tmp_path: Path
) -> None:
    open_tab(browser, client.address, "draw/voice")
    click(browser, "[data-seed='3']")
    until(lambda: browser.execute_script("return document.getElementById('player').currentTime > 0"))
    length = browser.execute_script("return document.getElementById('player').duration")
    assert length == pytest.approx(0.128)
    keep_downloads(browser, tmp_path)
    click(browser, "[data-kind='wav']")
    until(lambda: downloaded(tmp_path / "voice-seed-3.wav"))
    browser.execute_script("localStorage.clear()")
    console_is_empty(browser)


@needs_browser
def test_a_download_that_is_refused_says_why_and_leaves_no_file(
    browser: Chrome, client: Client, folder: Path, tmp_path: Path
) -> None:
    keep_downloads(browser, tmp_path)
    shutil.copytree(folder / "art" / "toy", folder / "art" / "gone")
    open_tab(browser, client.address, "draw/art%2Fgone")
    click(browser, "[data-seed='3']")
    until(lambda: len(browser.find_elements(By.CSS_SELECTOR, "#kept .tile")) == 1)
    shutil.rmtree(folder / "art" / "gone")
    for kind in ("png", "zip"):
        click(browser, f"[data-kind='{kind}']")
        until(lambda: "No model at gone" in text(browser, "#notice"))
        browser.execute_script("document.querySelector('#notice button').click()")
    seeds = list(range(257))
    browser.execute_script("localStorage['dcgan-favorites'] = JSON.stringify({'art/toy': arguments[0]})", seeds)
    open_tab(browser, client.address, "draw/art%2Ftoy")
    until(lambda: len(browser.find_elements(By.CSS_SELECTOR, "#kept .tile")) == 32)  # the first of them are shown
    click(browser, "[data-kind='png']")
    until(lambda: "256 pictures at most, and these are 257: remove some" in text(browser, "#notice"))
    assert list(tmp_path.iterdir()) == []
    browser.execute_script("localStorage.clear()")
    console_is_empty(browser)


@needs_browser
def test_a_tab_that_comes_late_is_not_shown_beside_the_one_that_was_opened_since(
    browser: Chrome, client: Client
) -> None:
    open_tab(browser, client.address, "draw/art%2Ftoy")
    browser.execute_script("""
        const real = window.fetch;
        window.fetch = (path, ...rest) => !String(path).startsWith("/api/recipe") ? real(path, ...rest)
            : new Promise((resolve) => { window.late = () => { resolve(real(path, ...rest)); window.fetch = real; }; });
        location.hash = "train";
    """)
    until(lambda: bool(browser.execute_script("return Boolean(window.late)")))
    browser.execute_script("location.hash = 'draw/art%2Ftoy'")
    until(lambda: len(tiles(browser, "sheet")) > 0)
    browser.execute_script("window.late()")
    browser.execute_async_script("fetch('/api/recipe').then(() => setTimeout(arguments[0], 100))")
    assert browser.find_elements(By.ID, "start") == []
    console_is_empty(browser)


@needs_browser
def test_what_is_no_first_seed_is_made_one(browser: Chrome, client: Client) -> None:
    open_tab(browser, client.address, "draw/art%2Ftoy")
    until(lambda: len(tiles(browser, "sheet")) > 0)
    for typed, seed in (("-5", "0"), ("7.9", "7")):
        field = browser.find_element(By.ID, "from")
        field.clear()
        field.send_keys(typed, Keys.ENTER)
        until(lambda seed=seed: tiles(browser, "sheet")[:1] == [seed])  # type: ignore[misc]
        assert field.get_attribute("value") == seed
    console_is_empty(browser)


def nameless_fields(page: Chrome) -> list[str | None]:
    fields = page.find_elements(By.CSS_SELECTOR, "#panel input:not([type=file]), #panel select, #panel button")
    return [field.get_attribute("outerHTML") for field in fields if field.is_displayed() and not field.accessible_name]


@needs_browser
@pytest.mark.parametrize(
    "tab",
    [
        *("train", "draw", "edit/forget", "edit/insert", "edit/repair", "edit/repair/me.png", "sort", "inside"),
        *("explore/faces/walk", "explore/faces/map", "explore/faces/sliders", "explore/faces/sum"),
    ],
)
def test_a_page_fits_a_phone_and_every_field_has_a_name(browser: Chrome, client: Client, tab: str) -> None:
    phone = {"width": 360, "height": 740, "deviceScaleFactor": 1, "mobile": True}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", phone)
    try:
        open_tab(browser, client.address, tab)
        shown = "#start, #sheet .tile, #shelf .tile, #all button, .drop, #fill, #look"
        until(lambda: bool(browser.find_elements(By.CSS_SELECTOR, shown)))
        browser.execute_script("for (const one of document.querySelectorAll('details')) one.open = true")
        assert browser.execute_script("return document.documentElement.scrollWidth") == 360
        until(lambda: nameless_fields(browser) == [])  # Chromium names what was just shown a moment later
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
