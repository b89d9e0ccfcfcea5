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
from selenium.webdriver import Chrome
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from tests.studio.browsing import (
    canvas_pixels,
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
from tests.studio.painted import header, png
from tests.studio.running import Answer, Client, running
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


def begin(client: Client, mask: bytes, photo: str = "photos/me.png", model: str = "toy") -> Answer:
    return client.ask("POST", f"/api/photos/fills?photo={photo}&model={model}", mask)


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
    ("photo", "why"),
    [
        ("photos/cut.png", "cannot be read"),
        ("photos/bomb.png", "decompression bomb"),
        ("photos/none.png", "any more"),
        ("photos", "any more"),
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
        (png(np.ones((HEIGHT, WIDTH), np.bool_)), "all is missing"),
        (png(HOLE[:20]), "the mask has 20 × 20 pixels"),
        (b"GIF89a", "no PNG"),
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
    assert "not done yet" in client.get("/api/photos/answer", job=first, number=1).error


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
def test_a_photograph_that_cannot_be_opened_says_why_and_leads_back(browser: Chrome, client: Client) -> None:
    open_tab(browser, client.address, "edit/repair/photos%2Fcut.png")
    until(lambda: "cannot be read" in text(browser, "#panel .bad"))
    browser.find_element(By.LINK_TEXT, "Another photograph").click()
    until(lambda: bool(browser.find_elements(By.CSS_SELECTOR, ".drop")))
    console_is_empty(browser)
