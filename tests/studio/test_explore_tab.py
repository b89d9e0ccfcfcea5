"""The tab Explore in a real browser: by mouse, by keys, and what is kept of it."""

import io
import json
import shutil
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from selenium.webdriver import Chrome, Keys
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select
from tests.studio.browsing import (
    console_is_empty,
    downloaded,
    find,
    keep_downloads,
    needs_browser,
    open_tab,
    press,
    text,
    until,
)
from tests.studio.running import Client, running
from tests.studio.scripts import evaluate, needs_node
from tests.toy_model import toy_model

from dcgan.latent.arithmetic import sum_latents
from dcgan.latent.concepts import add_concepts, concept_of_axis, concept_of_seeds
from dcgan.latent.files import read_latents
from dcgan.latent.interpolation_grid import grid_latents
from dcgan.latent.walk import walk_latents
from dcgan.types import Latents, Pixels

MODEL = toy_model()
CALM = concept_of_seeds("calm", [1, 2, 3], MODEL)
UP = concept_of_axis("up", np.array([1, 0, 0, 0.5, 0, -1], np.float32))


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    folder = tmp_path_factory.mktemp("studio")
    MODEL.save(folder / "toy")
    shutil.copytree(folder / "toy", folder / "bare")
    add_concepts(folder / "toy" / "concepts.toml", (CALM, UP), MODEL)
    with running(folder) as studio:
        yield Client(studio.address).enter()


@pytest.fixture
def page(browser: Chrome, client: Client) -> Iterator[Chrome]:
    """A browser that remembers nothing of other tests."""
    open_tab(browser, client.address, "train")
    browser.execute_script("localStorage.clear(); sessionStorage.clear()")
    yield browser
    console_is_empty(browser)


def show(page: Chrome, view: str, model: str = "toy") -> None:
    page.get(f"{page.current_url.partition('#')[0]}#explore/{model}/{view}")
    page.refresh()
    until(lambda: bool(caption(page)))


def caption(page: Chrome) -> str:
    return str(page.execute_script("return document.getElementById('caption')?.textContent ?? ''"))


def pixels(page: Chrome, selector: str) -> Pixels:
    """What is on a canvas: (H, W, 3)."""
    address = str(page.execute_script("return document.querySelector(arguments[0]).toDataURL()", selector))
    return np.asarray(Image.open(io.BytesIO(b64decode(address.partition(",")[2]))).convert("RGB"))


def until_drawn(page: Chrome, z: Latents, selector: str = "#large") -> None:
    expected = MODEL.generate(z)[0]
    until(lambda: bool((pixels(page, selector) == expected).all()))


def to_shelf(page: Chrome, seed: int) -> None:
    find(page, "#seed").send_keys(str(seed), Keys.ENTER)
    until(lambda: bool(page.find_elements(By.CSS_SELECTOR, f"#shelf [data-seed='{seed}']")))


def seeds_in(page: Chrome, slot: int = 0) -> list[str]:
    script = "return [...document.querySelectorAll('.slot')[arguments[0]].querySelectorAll('canvas[aria-label^=seed]')]"
    return [str(canvas.get_attribute("aria-label")) for canvas in page.execute_script(script, slot)]


@needs_node
def test_of_requests_that_come_while_one_is_answered_only_the_newest_is_sent() -> None:
    script = """(async () => {
        const sent = [], answer = [];
        const ask = latest((value) => { sent.push(value); return new Promise((resolve) => answer.push(resolve)); });
        const turn = () => new Promise((resolve) => setTimeout(resolve));
        ask(1); ask(2); ask(3);
        const before = [...sent];
        answer.shift()(); await turn();
        ask(4);
        answer.shift()(); await turn();
        answer.shift()(); await turn();
        ask(5);
        return [before, sent];
    })()"""
    assert evaluate(script, "studio/latest.js") == [[1], [1, 3, 4, 5]]


@needs_browser
def test_a_slider_goes_from_picture_to_picture(page: Chrome) -> None:
    show(page, "walk")
    assert seeds_in(page) == ["seed 0", "seed 1", "seed 2"]
    keys = MODEL.latents([0, 1, 2, 0])
    until_drawn(page, walk_latents(MODEL, keys, np.array([0.5])))
    find(page, "#at").send_keys(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)
    until(lambda: caption(page) == "52% from seed 0 to seed 1")
    until_drawn(page, walk_latents(MODEL, keys, np.array([0.52])))
    assert find(page, "#at").get_attribute("aria-valuetext") == caption(page)
    page.find_elements(By.CSS_SELECTOR, ".chip .tile")[2].click()
    until_drawn(page, keys[2:3])
    strip = MODEL.generate(walk_latents(MODEL, keys, np.arange(13) / 4))
    until(lambda: np.array_equal(pixels(page, "#strip"), np.concatenate(list(strip), axis=1)))


@needs_browser
def test_pictures_are_put_into_a_walk_taken_out_and_moved(page: Chrome) -> None:
    page.execute_script("localStorage['dcgan-favorites'] = JSON.stringify({toy: [33]})")
    show(page, "walk")
    assert seeds_in(page) == ["seed 33", "seed 0", "seed 1"]  # favorites come first
    to_shelf(page, 77)
    find(page, "#shelf [data-seed='77']").click()
    until(lambda: seeds_in(page)[-1] == "seed 77")
    ActionChains(page).send_keys_to_element(
        page.find_elements(By.CSS_SELECTOR, ".chip .tile")[3], Keys.ARROW_LEFT
    ).perform()
    until(lambda: seeds_in(page) == ["seed 33", "seed 0", "seed 77", "seed 1"])
    find(page, ".chip .remove").click()
    until(lambda: seeds_in(page) == ["seed 0", "seed 77", "seed 1"])
    page.refresh()
    until(lambda: bool(caption(page)))
    assert seeds_in(page) == ["seed 0", "seed 77", "seed 1"]
    find(page, "#seed").send_keys("-1", Keys.ENTER)
    until(lambda: "A seed is a whole number" in find(page, "#notice").text)


@needs_browser
def test_the_point_on_the_map_follows_the_mouse_and_the_arrow_keys(page: Chrome) -> None:
    show(page, "map")
    corners = MODEL.latents([0, 1, 2, 3])
    middle = np.array([0.5])
    until_drawn(page, grid_latents(MODEL, corners, middle, middle)[0])
    side = find(page, "#map").size["width"]
    step = side / 7  # from picture to picture
    chain = ActionChains(page).move_to_element(find(page, "#map")).click_and_hold()
    chain.move_by_offset(round(3 * step), round(-3 * step)).release().perform()
    until(lambda: caption(page) in ("100% across, 0% down", "100% across, 1% down", "99% across, 0% down"))
    press(page, Keys.ARROW_UP, Keys.ARROW_RIGHT)
    until(lambda: caption(page) == "100% across, 0% down")
    until_drawn(page, corners[1:2])
    ActionChains(page).key_down(Keys.SHIFT).send_keys(Keys.ARROW_LEFT, Keys.ARROW_DOWN).key_up(Keys.SHIFT).perform()
    until(lambda: caption(page) == "83% across, 17% down")
    until_drawn(page, grid_latents(MODEL, corners, np.array([5 / 6]), np.array([1 / 6]))[0])
    page.find_elements(By.CSS_SELECTOR, ".aim")[3].click()
    find(page, "#shelf [data-seed='7']").click()
    corners = MODEL.latents([0, 1, 2, 7])
    until_drawn(page, grid_latents(MODEL, corners, np.array([5 / 6]), np.array([1 / 6]))[0])
    places = np.linspace(0, 1, 7)
    grid = MODEL.generate(grid_latents(MODEL, corners, places, places).reshape(49, -1)).reshape(7, 7, 16, 16, 3)
    until(lambda: np.array_equal(pixels(page, "#map canvas"), grid.transpose(0, 2, 1, 3, 4).reshape(112, 112, 3)))


@needs_browser
def test_concepts_move_a_picture_together_until_they_are_reset(page: Chrome) -> None:
    show(page, "sliders")
    until_drawn(page, MODEL.latents([0]))
    find(page, "[aria-label='up']").send_keys(*[Keys.ARROW_RIGHT] * 10)
    find(page, "[aria-label='calm']").send_keys(*[Keys.ARROW_LEFT] * 5)
    until(lambda: caption(page) == "seed 0, +0.5 up, −0.25 calm")
    until_drawn(page, MODEL.latents([0]) + np.float32(0.5) * UP.mean + np.float32(-0.25) * CALM.mean)
    find(page, "#reset").click()
    until_drawn(page, MODEL.latents([0]))


@needs_browser
def test_a_slider_can_be_made_of_pictures_where_a_model_has_no_concepts(page: Chrome) -> None:
    show(page, "sliders", "bare")
    assert 'dcgan concepts bare "smiling: 3,17,40" --out bare/concepts.toml' in find(page, "#sliders").text
    find(page, "#own-more").click()
    for seed in (4, 5):
        find(page, f"#shelf [data-seed='{seed}']").click()
    until(lambda: caption(page) == "seed 0, +1 mean")
    until_drawn(page, MODEL.latents([0]) + MODEL.latents([4, 5]).mean(axis=0))
    find(page, "[aria-label='Remove mean 1']").click()
    until_drawn(page, MODEL.latents([0]))


@needs_browser
def test_pictures_are_dragged_into_a_formula(page: Chrome) -> None:
    show(page, "sum")
    until(lambda: caption(page) == "seed 0 − seed 1 + seed 2")
    places = page.find_elements(By.CSS_SELECTOR, ".slot")
    ActionChains(page).drag_and_drop(find(page, "#shelf [data-seed='5']"), places[1]).perform()
    until(lambda: caption(page) == "seed 0 − mean of 2 + seed 2")
    concepts = [concept_of_seeds("x", seeds, MODEL) for seeds in ([0], [1, 5], [2])]
    until_drawn(page, sum_latents(MODEL, [1, -1, 1], concepts)[:1])
    until_drawn(page, concepts[1].mean[None], ".term:nth-child(2) .mean")


@needs_browser
def test_the_keyboard_is_enough_for_a_formula_of_pictures_and_concepts(page: Chrome) -> None:
    show(page, "sum")
    until(lambda: caption(page) == "seed 0 − seed 1 + seed 2")
    find(page, "[aria-label='Remove C']").send_keys(Keys.ENTER)
    until(lambda: caption(page) == "seed 0 − seed 1")
    page.find_elements(By.CSS_SELECTOR, ".aim")[1].send_keys(Keys.ENTER)
    find(page, "#concepts button").send_keys(Keys.ENTER)
    until(lambda: caption(page) == "seed 0 − calm")
    page.find_elements(By.CSS_SELECTOR, ".sign")[1].send_keys(Keys.ENTER)
    until(lambda: caption(page) == "seed 0 + calm")
    added = [concept_of_seeds("x", [0], MODEL), CALM]
    z = sum_latents(MODEL, [1, 1], added)
    until_drawn(page, z[:1])
    page.find_elements(By.CSS_SELECTOR, "#results .tile")[0].send_keys(Keys.ENTER)
    until(lambda: caption(page) == "seed 0 + calm, variation 1")
    until_drawn(page, z[1:2])
    find(page, "#others").send_keys(Keys.ENTER)
    until_drawn(
        page,
        sum_latents(MODEL, [1, 1], [concept_of_seeds("x", [0], MODEL), CALM], seed=1)[3:4],
        "#results :nth-child(3) canvas",
    )


@needs_browser
def test_a_walk_is_kept_as_a_film_and_a_picture_with_its_latent_vector(page: Chrome, tmp_path: Path) -> None:
    keep_downloads(page, tmp_path)
    page.execute_script("sessionStorage['dcgan-explore'] = JSON.stringify({toy: {walk: [0, 1], loop: false}})")
    show(page, "walk")
    page.execute_script("document.getElementById('seconds').value = '0.5'")
    find(page, "#film").click()
    until(lambda: downloaded(tmp_path / "toy-walk.gif"))
    with Image.open(tmp_path / "toy-walk.gif") as film:
        assert (getattr(film, "n_frames", 1), film.info["loop"]) == (15 + 1, 0)
    find(page, "#keep-npz").click()
    until(lambda: downloaded(tmp_path / "toy-walk.npz"))
    expected = walk_latents(MODEL, MODEL.latents([0, 1]), np.array([0.5]))
    assert read_latents(tmp_path / "toy-walk.npz", MODEL) == pytest.approx(expected)
    find(page, "#keep-png").click()
    until(lambda: downloaded(tmp_path / "toy-walk.png"))
    with Image.open(tmp_path / "toy-walk.png") as picture:
        assert picture.size == (128, 128)


@needs_browser
def test_the_page_offers_no_film_that_is_longer_than_those_that_are_made(page: Chrome, client: Client) -> None:
    walk = [*range(7)]
    page.execute_script("sessionStorage['dcgan-explore'] = JSON.stringify({toy: {walk: arguments[0]}})", walk)
    show(page, "walk")
    for seconds, too_long in (("3", ""), ("5", "This film would have 1,050 frames, and at most 900 are allowed")):
        Select(find(page, "#seconds")).select_by_value(seconds)
        assert find(page, "#film").is_enabled() is not bool(too_long)
        assert text(page, "#film-length").startswith(too_long)
    find(page, "#loop").click()  # a film of 30 s to the last picture has a frame more
    until(lambda: text(page, "#film-length").startswith("This film would have 901 frames"))
    asked = {"model": "toy", "seeds": "0,1,2,3,4,5,6", "seconds": 5, "loop": "false"}
    assert "would have 901 frames, and at most 900 are allowed" in client.get("/api/explore/film", **asked).error
    page.find_elements(By.CSS_SELECTOR, ".slot .remove")[6].click()
    until(lambda: find(page, "#film").is_enabled() and not text(page, "#film-length"))
    assert find(page, "#film").text == "Film of 25 s"


@needs_browser
def test_views_are_changed_by_keys_and_have_addresses(page: Chrome) -> None:
    show(page, "map")
    find(page, "[name=view][value=map]").send_keys(Keys.ARROW_RIGHT)
    until(lambda: page.current_url.endswith("#explore/toy/sliders"))
    until(lambda: bool(page.find_elements(By.ID, "sliders")))
    assert page.switch_to.active_element.get_attribute("value") == "sliders"
    assert json.loads(page.execute_script("return sessionStorage['dcgan-explore']"))["toy"]["view"] == "sliders"


@needs_browser
@pytest.mark.parametrize(("view", "hint"), [("walk", "The walk is empty"), ("sum", "The formula is empty")])
def test_a_view_that_is_emptied_shows_what_to_do_and_keeps_nothing(page: Chrome, view: str, hint: str) -> None:
    show(page, view)
    until(lambda: pixels(page, "#large").max() > 0)
    while removes := page.find_elements(By.CSS_SELECTOR, ".slot .remove"):
        removes[0].click()
    until(lambda: hint in caption(page))
    assert pixels(page, "#large").max() == 0
    assert find(page, "#large").get_attribute("aria-label") == "no picture"
    assert not any(find(page, button).is_enabled() for button in ("#keep-png", "#keep-npz"))
    find(page, "#shelf .tile").click()
    until(lambda: caption(page) == "seed 0")
    assert find(page, "#keep-png").is_enabled()
