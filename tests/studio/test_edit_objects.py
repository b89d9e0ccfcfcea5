"""The tab Edit: objects that are forgotten and inserted, by requests and in a real browser."""

import io
import json
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from selenium.webdriver import Chrome, Keys
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from tests.studio.browsing import canvas_pixels, click, console_is_empty, needs_browser, open_tab, press, text, until
from tests.studio.running import Answer, Client, running
from tests.toy_model import toy_model

from dcgan.dissection.boxes import Box, Boxes, read_boxes
from dcgan.dissection.forget import forget
from dcgan.dissection.insert import insert
from dcgan.loading import load
from dcgan.types import Pixels

ROWS = {str(seed): [[2, seed % 5, 9, seed % 5 + 7]] for seed in range(6)} | {"6": [], "7": []}
BOXES = Boxes(tuple(Box(seed, 2, seed % 5, 9, seed % 5 + 7) for seed in range(6)), tuple(range(8)))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("studio")
    toy_model().save(folder / "toy")
    return folder


@pytest.fixture(scope="module")
def client(folder: Path) -> Iterator[Client]:
    with running(folder) as studio:
        yield Client(studio.address).enter()


@pytest.fixture(scope="module")
def edit(client: Client) -> str:
    return str(client.post("/api/objects", model="toy").json["edit"])


@pytest.fixture(scope="module")
def fit(client: Client, edit: str) -> tuple[str, dict[str, object]]:
    """A fit, with what the page hears of it."""
    return fitted(client, edit=edit, boxes=ROWS)


def fitted(client: Client, **request: object) -> tuple[str, dict[str, object]]:
    answer = client.post("/api/objects/fits", **request)
    assert answer.status == 200, answer.error
    job, end = str(answer.json["job"]), time.monotonic() + 60
    while "done" in (facts := client.get("/api/objects/fit", job=job).json):
        assert time.monotonic() < end
        time.sleep(0.02)
    return job, facts


def pictures(answer: Answer) -> Pixels:
    """The pictures of an answer, which are one below another: (N, 16, 16, 3)."""
    assert answer.status == 200, answer.error
    return np.asarray(Image.open(io.BytesIO(answer.content))).reshape(-1, 16, 16, 3)


def test_samples_are_those_of_every_verb(client: Client, edit: str) -> None:
    answer = client.get("/api/objects/samples", edit=edit, seeds="3,17")
    np.testing.assert_array_equal(pictures(answer), toy_model().sample([3, 17]))


def test_forgetting_is_that_of_the_command(client: Client, fit: tuple[str, dict[str, object]]) -> None:
    job, facts = fit
    expected = forget(toy_model(), BOXES)
    weights = np.array(facts["weights"])
    np.testing.assert_allclose(weights, np.sort(expected.classifier.weights[expected.dropped])[::-1])
    shown = pictures(client.get("/api/objects/forgotten", job=job, threshold=0, scale=0, seeds="1,40"))
    np.testing.assert_array_equal(shown[:2], toy_model().sample([1, 40]))
    np.testing.assert_array_equal(shown[2:], expected.after.sample([1, 40]))
    fewer = forget(toy_model(), BOXES, threshold=weights[2], scale=-0.5)
    shown = pictures(client.get("/api/objects/forgotten", job=job, threshold=weights[2], scale=-0.5, seeds="1"))
    assert fewer.dropped.sum() == 2
    np.testing.assert_array_equal(shown[1:], fewer.after.sample([1]))


def test_layer_and_negatives_are_chosen(client: Client, edit: str) -> None:
    _, facts = fitted(client, edit=edit, boxes=ROWS, layer=0, negatives="matched")
    expected = forget(toy_model(), BOXES, 0, negatives="matched")
    assert (facts["layer"], facts["maps"]) == (0, len(expected.dropped))
    np.testing.assert_allclose(np.array(facts["weights"]), np.sort(expected.classifier.weights[expected.dropped])[::-1])


def test_inserting_is_that_of_the_command(client: Client, fit: tuple[str, dict[str, object]]) -> None:
    job, facts = fit
    expected = insert(toy_model(), BOXES, strength=2)
    assert isinstance(facts["usual"], dict)
    assert list(facts["usual"]) == ["6", "7"]
    ask = {"job": job, "threshold": 0, "strength": 2, "boxes": facts["usual"]}
    shown = pictures(client.post("/api/objects/inserted", **ask))
    np.testing.assert_array_equal(shown, np.concatenate([expected.before, expected.after]))
    sheet = client.post("/api/objects/inserted", **ask, sheet=True)
    assert "attachment" in sheet.headers["Content-Disposition"]


def test_the_model_without_the_object_is_saved_and_listed(
    client: Client, folder: Path, fit: tuple[str, dict[str, object]]
) -> None:
    ask = {"job": fit[0], "threshold": 0, "scale": 0}
    assert client.post("/api/objects/save", **ask, name="a/../toy without").json == {"model": "a_.._toy without"}
    np.testing.assert_array_equal(
        load(folder / "a_.._toy without").sample([5]), forget(toy_model(), BOXES).after.sample([5])
    )
    models = client.get("/api/state").json["models"]
    assert isinstance(models, list)
    assert "a_.._toy without" in {model["name"] for model in models}
    again = client.post("/api/objects/save", **ask, name="toy")
    assert (again.status, "another name" in again.error) == (400, True)
    assert "needs a name" in client.post("/api/objects/save", **ask, name=" ").error
    assert (
        "faces is the name of a model that comes with dcgan"
        in client.post("/api/objects/save", **ask, name="faces").error
    )


def test_a_sheet_of_before_and_after_is_downloaded(client: Client, fit: tuple[str, dict[str, object]]) -> None:
    sheet = client.get("/api/objects/forgotten", job=fit[0], seeds="1,2,3", sheet="true")
    assert "attachment" in sheet.headers["Content-Disposition"]
    assert Image.open(io.BytesIO(sheet.content)).size == (3 * 64 + 2 * 2, 2 * 64 + 2)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"boxes": {}}, "no boxes"),
        ({"boxes": {"1": []}}, "no boxes"),
        ({"boxes": {"x": [[1, 1, 5, 5]]}}, "by seed"),
        ({"boxes": {"1": [1, 1, 5, 5]}}, "[left, top, right, bottom]"),
        ({"boxes": {"1": [[1, 1, 5, True]]}}, "[left, top, right, bottom]"),
        ({"boxes": {"1": [[5, 1, 5, 9]]}}, "empty or outside"),
        ({"boxes": {"1": [[1, 1, 17, 9]]}}, "empty or outside"),
        ({"boxes": {str(seed): [] for seed in range(513)}}, "512 samples"),
        ({"layer": 9}, "layer 9"),
        ({"negatives": "all"}, "negatives"),
        ({"edit": "none"}, "load the page again"),
        ({"boxes": [[1, 1, 5, 5]]}, "needs boxes"),
    ],
)
def test_boxes_that_make_no_sense_are_refused_with_the_reason(
    client: Client, edit: str, change: Mapping[str, object], why: str
) -> None:
    answer = client.post("/api/objects/fits", **{"edit": edit, "boxes": ROWS, **change})
    assert (answer.status, why in answer.error) == (400, True), answer.error


def test_boxes_over_everything_say_why_nothing_is_found(client: Client, edit: str) -> None:
    _, facts = fitted(client, edit=edit, boxes={"1": [[0, 0, 16, 16]]})
    assert "no negatives" in str(facts["error"])


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ({"threshold": "99"}, "no map of layer"),
        ({"threshold": "nan"}, "finite"),
        ({"threshold": "x"}, "must be a number"),
        ({"scale": "1"}, "scale"),
        ({"scale": "nan"}, "scale"),
        ({"seeds": "x"}, "whole numbers"),
        ({"job": "none"}, "start it again"),
    ],
)
def test_an_edit_that_makes_no_sense_is_refused_with_the_reason(
    client: Client, fit: tuple[str, dict[str, object]], query: dict[str, str], why: str
) -> None:
    answer = client.get("/api/objects/forgotten", **{"job": fit[0], "seeds": "1", **query})
    assert (answer.status, why in answer.error) == (400, True), answer.error


@pytest.mark.parametrize("change", [{"strength": 0}, {"boxes": {}}, {"boxes": {"1": [[0, 0, 99, 9]]}}])
def test_an_insertion_that_makes_no_sense_is_refused(
    client: Client, fit: tuple[str, dict[str, object]], change: dict[str, object]
) -> None:
    ask = {"job": fit[0], "threshold": 0, "strength": 1, "boxes": ROWS, **change}
    assert client.post("/api/objects/inserted", **ask).status == 400


@pytest.mark.parametrize(("model", "why"), [("../toy", "not in the folder"), ("none", "no model")])
def test_only_models_of_the_folder_are_opened(client: Client, model: str, why: str) -> None:
    answer = client.post("/api/objects", model=model)
    assert (answer.status, why in answer.error) == (400, True), answer.error


# ---- the page


@pytest.fixture
def page(browser: Chrome, client: Client) -> Iterator[Chrome]:
    """The samples of the model, to draw boxes on; nothing is kept of an earlier test."""
    open_tab(browser, client.address, "draw")
    browser.execute_script("localStorage.clear(); localStorage['dcgan-model'] = 'toy'")
    show(browser, "edit/forget")
    yield browser
    browser.execute_script("localStorage.clear()")
    console_is_empty(browser)


def show(page: Chrome, tab: str) -> None:
    page.execute_script(f"location.hash = '{tab}'")
    until(lambda: bool(page.find_elements(By.CSS_SELECTOR, f".pills [href='#{tab}'][aria-current]")))
    until(lambda: len(page.find_elements(By.CSS_SELECTOR, "#all button")) == 24)


def drag(page: Chrome, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Draw a box from one place of the sample, in its pixels, to another."""
    stage = page.find_element(By.ID, "stage")
    page.execute_script("arguments[0].scrollIntoView({block: 'center'})", stage)
    scale, middle = stage.size["width"] / 16, stage.size["width"] / 2
    (left, top), (right, bottom) = ([round(value * scale - middle) for value in place] for place in (start, end))
    chain = ActionChains(page, duration=20).move_to_element_with_offset(stage, left, top).click_and_hold()
    chain.move_to_element_with_offset(stage, right, bottom).release().perform()


def kept(page: Chrome) -> dict[str, object]:
    """The boxes that the browser keeps of the model."""
    (found,) = json.loads(page.execute_script("return localStorage['dcgan-boxes']")).values()
    assert isinstance(found, dict)
    return found


@needs_browser
def test_boxes_are_drawn_by_the_mouse_and_by_keys_and_the_browser_keeps_them(page: Chrome) -> None:
    assert not page.find_element(By.ID, "forget").is_enabled()
    drag(page, (2.2, 3.2), (7.8, 9.8))
    until(lambda: "1 box, 1 sample looked at" in text(page, "#boxes-status"))
    press(page, "n", "b", Keys.ARROW_LEFT)
    until(lambda: kept(page)["object"] == {"0": [[2, 3, 8, 10]], "1": [[5, 6, 9, 10]]})
    press(page, Keys.ESCAPE, "n", "n")
    until(lambda: kept(page)["seen"] == [0, 1, 2])
    press(page, "b", "u")
    until(lambda: "2 boxes, 4 samples looked at" in text(page, "#boxes-status"))
    assert len(page.find_elements(By.CSS_SELECTOR, "#all button:nth-child(2) .box")) == 1
    show(page, "edit/insert")  # the same boxes are there
    until(lambda: "2 boxes" in text(page, "#boxes-status"))
    page.refresh()
    until(lambda: "2 boxes" in text(page, "#boxes-status"))


@needs_browser
def test_an_object_is_forgotten_and_shown_before_and_after(page: Chrome, folder: Path) -> None:
    for _ in range(4):
        drag(page, (2.2, 3.2), (7.8, 9.8))
        press(page, "n")
    click(page, "#forget")
    until(lambda: len(page.find_elements(By.CSS_SELECTOR, "[data-pairs=others] .pair")) == 24)
    assert len(page.find_elements(By.CSS_SELECTOR, "[data-pairs=own] .pair")) == 4
    np.testing.assert_array_equal(canvas_pixels(page, ".pair canvas")[..., :3], toy_model().sample([0])[0])
    after = canvas_pixels(page, ".pair canvas:last-child")
    assert "channels of layer" in text(page, "#results")
    page.execute_script(
        "const s = document.getElementById('channels'); s.value = 1; s.dispatchEvent(new Event('input'))"
    )
    until(lambda: bool((canvas_pixels(page, ".pair canvas:last-child") != after).any()))
    assert "Channels: 1 of" in text(page, "#results")
    drag(page, (2.2, 3.2), (7.8, 9.8))
    until(lambda: "have changed since" in text(page, "#edit-hint"))
    page.execute_script("document.getElementById('new-name').value = 'forgetful'")
    click(page, "#save")
    until(lambda: "Saved as forgetful" in text(page, "#saved"))
    assert (folder / "forgetful" / "model.json").is_file()
    click(page, "#save")
    until(lambda: "another name" in text(page, "#notice"))


@needs_browser
def test_an_object_is_inserted_where_it_is_marked(page: Chrome) -> None:
    show(page, "edit/insert")
    for _ in range(3):
        drag(page, (2.2, 3.2), (7.8, 9.8))
        press(page, "n")
    click(page, "#insert")
    until(lambda: "draw boxes where it should be" in text(page, "#notice"))  # all that were looked at have it
    click(page, "[data-kind=place]")
    drag(page, (8.2, 8.2), (14.8, 14.8))
    until(lambda: "1 place to insert it" in text(page, "#boxes-status"))
    click(page, "#insert")
    until(lambda: len(page.find_elements(By.CSS_SELECTOR, ".pair")) == 1)
    assert page.find_element(By.CSS_SELECTOR, ".pair").get_attribute("data-seed") == "3"
    click(page, "#next")
    drag(page, (8.2, 8.2), (14.8, 14.8))
    until(lambda: len(page.find_elements(By.CSS_SELECTOR, ".pair")) == 2)  # without a press of the button


@needs_browser
def test_boxes_go_into_a_file_that_the_command_reads(page: Chrome, tmp_path: Path) -> None:
    drag(page, (2.2, 3.2), (7.8, 9.8))
    press(page, "n")
    click(page, "#forget")
    until(lambda: len(page.find_elements(By.CSS_SELECTOR, "[data-pairs=others] .pair")) == 24)
    page.execute_script("""const real = URL.createObjectURL;
        URL.createObjectURL = (blob) => { blob.text().then((text) => { window.exported = text; }); return real(blob); };
        HTMLAnchorElement.prototype.click = () => {};""")
    page.execute_script("document.querySelector('#results details').open = true")
    page.find_element(By.ID, "export-boxes").send_keys(Keys.ENTER)
    until(lambda: bool(page.execute_script("return window.exported")))
    (tmp_path / "boxes.json").write_text(page.execute_script("return window.exported"))
    model = toy_model()
    assert read_boxes(tmp_path / "boxes.json", 16, model.identity) == Boxes(
        (Box(0, 2, 3, 8, 10),), (0,), model.identity
    )
    page.refresh()


@needs_browser
def test_of_tabs_opened_one_after_another_only_the_last_is_shown(page: Chrome) -> None:
    page.execute_script("location.hash = 'train'; setTimeout(() => { location.hash = 'edit/insert'; }, 1)")
    until(lambda: len(page.find_elements(By.CSS_SELECTOR, "#all button")) == 24)
    until(lambda: page.execute_script("return document.getElementById('start')") is None)
    assert len(page.find_elements(By.CSS_SELECTOR, "#panel h1")) == 1


@needs_browser
def test_a_sheet_that_was_left_is_not_drawn_on(page: Chrome) -> None:
    def drawn() -> int:
        entries = "performance.getEntriesByType('resource').filter((one) => one.name.includes('/api/pictures'))"
        return int(page.execute_script(f"return {entries}.length"))

    page.execute_script("location.hash = 'draw/toy'")
    until(lambda: bool(page.find_elements(By.CSS_SELECTOR, "#sheet .tile")))
    show(page, "edit/forget")
    count = drawn()
    drag(page, (2.2, 3.2), (7.8, 9.8))
    click(page, "#forget")
    until(lambda: len(page.find_elements(By.CSS_SELECTOR, "[data-pairs=others] .pair")) == 24)
    assert drawn() <= count + 1  # one may have been under way
