"""The tab Edit: photographs that are dropped, painted on and filled in, by requests and in a real browser."""

import io
import re
import time
from collections.abc import Iterator
from pathlib import Path
from socket import create_connection

import numpy as np
import pytest
from PIL import Image
from selenium.webdriver import Chrome, Keys
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select
from tests.studio.browsing import (
    canvas_pixels,
    click,
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
from tests.studio.painted import header, png
from tests.studio.running import Answer, Client, running
from tests.studio.scripts import evaluate, needs_node
from tests.toy_model import toy_model

from dcgan.errors import DcganError
from dcgan.latent.inpaint import inpaint
from dcgan.studio import photo_process
from dcgan.studio.mask_drawing import LARGEST
from dcgan.types import Mask, Pixels

HEIGHT, WIDTH = 24, 20
HOLE = np.zeros((HEIGHT, WIDTH), np.bool_)
HOLE[8:14, 6:12] = True


@pytest.fixture(scope="module")
def photograph() -> Pixels:
    return np.random.default_rng(3).integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, photograph: Pixels) -> Path:
    folder = tmp_path_factory.mktemp("studio")
    toy_model().save(folder / "toy")
    (folder / "photos").mkdir()
    Image.fromarray(photograph).save(folder / "photos" / "me.png")
    (folder / "photos" / "cut.png").write_bytes((folder / "photos" / "me.png").read_bytes()[:200])
    (folder / "photos" / "bomb.png").write_bytes(header(65_000, 65_000))
    return folder


@pytest.fixture(scope="module")
def client(folder: Path) -> Iterator[Client]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OMP_NUM_THREADS", "1")
        with running(folder) as studio:
            yield Client(studio.address).enter()


def begin(
    client: Client, mask: bytes, photo: str = "photos/me.png", model: str = "toy", region: str | None = None
) -> Answer:
    where = "" if region is None else f"&region={region}"
    return client.ask("POST", f"/api/photos/fills?photo={photo}&model={model}{where}", mask)


def ended(client: Client, answer: Answer) -> tuple[str, dict[str, object]]:
    """The name of a job, and what the page hears once it has ended."""
    assert answer.status == 200, answer.error
    job, end = str(answer.json["job"]), time.monotonic() + 120
    while "done" in (facts := client.get("/api/photos/fill", job=job).json):
        assert time.monotonic() < end
        time.sleep(0.05)
    return job, facts


def pixels_of(answer: Answer) -> Pixels:
    assert answer.status == 200, answer.error
    return np.asarray(Image.open(io.BytesIO(answer.content)))


def test_a_photograph_is_shown_upright_as_png(client: Client, folder: Path, photograph: Pixels) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(photograph).save(folder / "photos" / "turned.png", exif=exif)
    shown = pixels_of(client.get("/api/photos/shown", photo="photos/turned.png"))
    np.testing.assert_array_equal(shown, np.rot90(photograph, -1))


def test_filling_is_that_of_the_command_and_leaves_the_rest(client: Client, photograph: Pixels) -> None:
    job, facts = ended(client, begin(client, png(HOLE)))
    expected = inpaint(toy_model(), [photograph], [HOLE], answers=4).pictures[0]
    assert facts == {"answers": 4, "region": list(expected.region)}
    for number in (1, 4):
        filled = pixels_of(client.get("/api/photos/answer", job=job, number=number))
        np.testing.assert_array_equal(filled[~HOLE], photograph[~HOLE])
        assert np.abs(filled.astype(int) - expected.filled(number - 1)).max() <= 2  # of another process
    assert "there are 4 answers" in client.get("/api/photos/answer", job=job, number=5).error


@pytest.mark.parametrize(
    ("region", "why"),
    [
        ("7,8,10", "does not hold all that is missing"),
        ("3,7,18", "does not lie within the picture"),
        ("6,8,6", "holds no known pixels"),
    ],
)
def test_a_region_that_does_not_fit_the_photograph_is_refused(client: Client, region: str, why: str) -> None:
    assert why in str(ended(client, begin(client, png(HOLE), region=region))[1]["error"])


@pytest.mark.parametrize("region", ["", "1,2", "1,2,3,4", "1,2,x", "-1,2,3"])
def test_what_is_no_region_is_refused(client: Client, region: str) -> None:
    answer = begin(client, png(HOLE), region=region)
    assert (answer.status, "region" in answer.error) == (400, True)


@needs_node
def test_a_region_stays_a_square_within_the_photograph() -> None:
    size = "{ width: 20, height: 24 }"

    def region(call: str) -> list[int]:
        return [*evaluate(call, "studio/edit_region.js").values()]

    assert region(f"largest({size})") == [0, 2, 20]
    at = "{ left: 4, top: 6, side: 8 }"
    assert region(f"shifted({at}, 3, -2, {size})") == [7, 4, 8]
    assert region(f"shifted({at}, 30, -30, {size})") == [12, 0, 8]
    assert region(f"stretched({at}, 5, {size})") == [4, 6, 13]
    assert region(f"stretched({at}, 50, {size})") == [4, 6, 16]  # as far as the right side
    assert region(f"stretched({at}, -50, {size})") == [4, 6, 1]
    assert region(f"stretched({at}, 3, {size}, 'nw')") == [1, 3, 11]
    assert region(f"stretched({at}, 50, {size}, 'ne')") == [4, 0, 14]


@pytest.mark.parametrize(
    ("photo", "why"),
    [
        ("photos/cut.png", "cannot be read"),
        ("photos/bomb.png", "decompression bomb"),
        ("photos/none.png", "no longer"),
        ("photos", "no longer"),
        ("../me.png", "not in the folder"),
        ("/etc/passwd", "not in the folder"),
    ],
)
def test_what_cannot_be_shown_is_refused_with_the_reason(client: Client, photo: str, why: str) -> None:
    answer = client.get("/api/photos/shown", photo=photo)
    assert (answer.status, why in answer.error) == (400, True), answer.error


@pytest.mark.parametrize(
    ("mask", "why"),
    [
        (png(np.zeros((HEIGHT, WIDTH), np.bool_)), "nothing is missing"),
        (png(np.ones((HEIGHT, WIDTH), np.bool_)), "everything is missing"),
        (png(HOLE[:20]), "the mask has 20 × 20 pixels"),
        (b"GIF89a", "not a PNG"),
        (header(WIDTH, HEIGHT), "cannot be read"),
    ],
    ids=["nothing", "all", "another size", "no PNG", "broken"],
)
def test_a_mask_that_makes_no_sense_is_refused_with_the_reason(client: Client, mask: bytes, why: str) -> None:
    assert why in str(ended(client, begin(client, mask))[1]["error"])


def test_a_mask_that_is_too_large_is_refused_by_its_length(client: Client) -> None:
    head = f"POST /api/photos/fills HTTP/1.1\r\nHost: localhost\r\nContent-Length: {LARGEST + 1}\r\n\r\n"
    host, port = client.netloc.split(":")
    with create_connection((host, int(port))) as connection:
        connection.sendall(head.encode())
        assert connection.recv(99).split()[1] == b"413"


def test_a_photograph_too_large_to_paint_on_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(photo_process, "MOST_PIXELS", HEIGHT * WIDTH - 1)
    with pytest.raises(DcganError, match="million pixels"):
        photo_process.read_photo(folder / "photos" / "me.png")


def test_only_models_of_the_folder_fill(client: Client) -> None:
    assert "not in the folder" in begin(client, png(HOLE), model="../toy").error
    assert "no model" in begin(client, png(HOLE), model="photos").error


def test_a_filling_that_is_given_up_ends_at_once(client: Client) -> None:
    first, second = (str(begin(client, png(HOLE)).json["job"]) for _ in range(2))  # of which one waits
    for job in (second, first):
        client.post("/api/photos/cancel", job=job)
        assert client.get("/api/photos/fill", job=job).json == {"error": "this was canceled"}
    assert "not ready yet" in client.get("/api/photos/answer", job=first, number=1).error


# ---- the page


def painted(page: Chrome) -> Mask:
    mask: Mask = canvas_pixels(page, "#mask")[..., 3] > 0
    return mask


def drag(page: Chrome, start: tuple[float, float], end: tuple[float, float]) -> None:
    stage = page.find_element(By.ID, "stage")
    page.execute_script("arguments[0].scrollIntoView({block: 'center'})", stage)
    scale, middle = stage.size["width"] / WIDTH, (stage.size["width"] / 2, stage.size["height"] / 2)
    offsets = [
        [round(value * scale - half) for value, half in zip(place, middle, strict=True)] for place in (start, end)
    ]
    chain = ActionChains(page, duration=20).move_to_element_with_offset(stage, *offsets[0]).click_and_hold()
    chain.move_to_element_with_offset(stage, *offsets[1]).release().perform()


@needs_browser
def test_a_photograph_is_dropped_painted_on_and_filled_in(
    browser: Chrome, client: Client, folder: Path, tmp_path: Path
) -> None:
    open_tab(browser, client.address, "edit/repair")
    until(lambda: bool(browser.find_elements(By.CSS_SELECTOR, ".drop input")))
    browser.find_element(By.CSS_SELECTOR, ".drop input").send_keys(str(folder / "photos" / "me.png"))
    until(lambda: bool(browser.find_elements(By.ID, "rectangle")))
    assert "#edit/repair/uploaded-1%2F" in browser.current_url
    assert not browser.find_element(By.ID, "fill").is_enabled()
    until(lambda: browser.find_element(By.ID, "picture").is_displayed())
    press(browser, "r")
    drag(browser, (6.5, 8.5), (11.5, 13.5))
    until(lambda: bool((painted(browser) == HOLE).all()))
    press(browser, "u")
    until(lambda: not painted(browser).any())
    press(browser, "y")
    until(lambda: browser.find_element(By.ID, "fill").is_enabled())
    until(lambda: len(browser.execute_script("return Object.keys(sessionStorage)")) == 1)
    browser.refresh()  # nothing is lost
    until(lambda: bool(browser.find_elements(By.ID, "mask")) and bool((painted(browser) == HOLE).all()))
    browser.execute_script("document.getElementById('fill').click()")
    until(lambda: "Looking for what fits" in text(browser, "#panel"))
    until(lambda: bool(browser.find_elements(By.CSS_SELECTOR, "[data-cancel]")))
    browser.execute_script("document.querySelector('[data-cancel]').click()")
    until(lambda: browser.find_element(By.ID, "fill").is_enabled())
    browser.execute_script("document.getElementById('fill').click()")
    until(lambda: len(browser.find_elements(By.CSS_SELECTOR, "#results .answer")) == 4, 120)
    browser.execute_script("document.querySelectorAll('.answer')[2].click()")
    after = browser.find_element(By.ID, "after")
    assert after.get_attribute("alt") == "The photograph after, answer 3"
    until(lambda: browser.execute_script("return document.getElementById('after').naturalWidth") == WIDTH)
    keep_downloads(browser, tmp_path)
    click(browser, "#picture-file")
    until(lambda: downloaded(tmp_path / "repaired-3.png"))
    job = re.search("job=([0-9a-f]+)", after.get_attribute("src") or "")
    assert job
    answer = client.get("/api/photos/answer", job=job[1], number=3)
    assert (tmp_path / "repaired-3.png").read_bytes() == answer.content
    console_is_empty(browser)


@needs_browser
def test_the_region_is_a_square_that_the_mouse_and_keys_move_and_stretch(browser: Chrome, client: Client) -> None:
    def region() -> str:
        return find(browser, "#region").get_attribute("aria-label").split(".")[0]  # type: ignore[union-attr]

    open_tab(browser, client.address, "edit/repair/photos%2Fme.png")
    until(lambda: bool(browser.find_elements(By.ID, "region-choice")))
    until(lambda: browser.find_element(By.ID, "picture").is_displayed())
    press(browser, "r")
    drag(browser, (6.5, 8.5), (11.5, 13.5))
    until(lambda: find(browser, "#fill").is_enabled())
    Select(find(browser, "#region-choice")).select_by_value("own")
    assert region() == "Region: 20 by 20 pixels at 0, 2"
    scale = find(browser, "#stage").size["width"] / WIDTH
    corner = find(browser, "#region .grip.se")
    ActionChains(browser, duration=20).drag_and_drop_by_offset(corner, round(-8 * scale), round(-4 * scale)).perform()
    until(lambda: region() == "Region: 16 by 16 pixels at 0, 2")
    edge = find(browser, "#region .edge.s")
    ActionChains(browser, duration=20).drag_and_drop_by_offset(edge, round(4 * scale), round(-4 * scale)).perform()
    until(lambda: region() == "Region: 16 by 16 pixels at 4, 0")
    assert (painted(browser) == HOLE).all()  # neither was a stroke
    ActionChains(browser).key_down(Keys.SHIFT).send_keys(*[Keys.ARROW_LEFT] * 4).key_up(Keys.SHIFT).perform()
    until(lambda: "must hold everything that is painted over" in text(browser, "#edit-hint"))
    assert not find(browser, "#fill").is_enabled()
    ActionChains(browser).key_down(Keys.SHIFT).send_keys(*[Keys.ARROW_DOWN] * 2).key_up(Keys.SHIFT).perform()
    press(browser, Keys.ARROW_LEFT, Keys.ARROW_DOWN)
    until(lambda: region() == "Region: 14 by 14 pixels at 3, 1")
    assert find(browser, "#fill").is_enabled()
    browser.refresh()
    until(lambda: bool(browser.find_elements(By.ID, "region")) and region() == "Region: 14 by 14 pixels at 3, 1")
    drag(browser, (8, 4), (9, 5))  # what is in the square can still be painted on
    until(lambda: bool(painted(browser)[4, 8]))
    click(browser, "#fill")
    until(lambda: "the square of 14 × 14 pixels at 3, 1" in text(browser, "#results"), 120)
    Select(find(browser, "#region-choice")).select_by_value("usual")
    assert browser.find_elements(By.ID, "region") == []
    browser.execute_script("sessionStorage.clear()")
    console_is_empty(browser)


@needs_browser
def test_a_photograph_that_cannot_be_opened_says_why_and_leads_back(browser: Chrome, client: Client) -> None:
    open_tab(browser, client.address, "edit/repair/photos%2Fcut.png")
    until(lambda: "cannot be read" in text(browser, "#panel .bad"))
    browser.find_element(By.LINK_TEXT, "Another photograph").click()
    until(lambda: bool(browser.find_elements(By.CSS_SELECTOR, ".drop")))
    console_is_empty(browser)
