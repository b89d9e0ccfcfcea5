"""The tab Train in a real browser: one training from its pictures to its end, over two studios."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select
from tests.studio.browsing import click, console_is_empty, needs_browser, open_tab, text, until
from tests.studio.running import Client, end_trainings, running

from dcgan.files import parse_json
from dcgan.sound.spectrogram import SoundFormat
from dcgan.sound.wav import wav_bytes

pytestmark = needs_browser


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = tmp_path / "studio"
    (folder / "photos").mkdir(parents=True)
    random = np.random.default_rng(0)
    for number in range(12):
        Image.fromarray(random.integers(0, 256, (32, 32, 3), np.uint8)).save(folder / "photos" / f"{number}.png")
    (folder / "photos" / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    monkeypatch.setenv("DCGAN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    yield folder
    end_trainings(folder)


def set_value(page: Chrome, element: object, value: str) -> None:
    page.execute_script("arguments[0].value = arguments[1]", element, value)


def a_second_more(client: Client) -> float:
    """Minutes of a run that end a second after it goes on."""
    facts = client.get("/api/run", run="runs/photos-1").json["facts"]
    assert isinstance(facts, dict)
    return float(facts["seconds"] + 1) / 60


def test_pictures_of_which_none_can_be_used_say_why(browser: Chrome, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "cut.png").write_bytes((folder / "photos" / "0.png").read_bytes()[:300])
    with running(folder) as studio:
        open_tab(browser, studio.address, "train")
        until(lambda: bool(browser.find_elements(By.CSS_SELECTOR, ".drop input")))
        browser.find_element(By.CSS_SELECTOR, ".drop input").send_keys(str(tmp_path / "cut.png"))
        until(lambda: "none of 1 pictures can be used: 1 truncated" in text(browser, "#report .bad"), 60)
        assert not (folder / "uploaded-1").exists()
        assert not browser.find_element(By.ID, "start").is_enabled()
        until(lambda: "uploaded-1" not in text(browser, "#source"))
        assert "photos" in text(browser, "#source")
        console_is_empty(browser)


def test_a_setting_that_is_wrong_is_named_by_its_label_and_an_empty_one_is_the_usual(
    browser: Chrome, folder: Path
) -> None:
    def write(label: str, value: str) -> None:
        field = browser.find_element(By.XPATH, f"//label[span[text()='{label}']]/input")
        field.clear()
        field.send_keys(value)

    with running(folder) as studio:
        open_tab(browser, studio.address, "train")
        until(lambda: bool(browser.find_elements(By.ID, "source")))
        Select(browser.find_element(By.ID, "source")).select_by_value("photos")
        Select(browser.find_element(By.ID, "size")).select_by_value("32")
        click(browser, "details summary")
        for label, value, why in (
            ("Batch size", "many", "Batch size must be a whole number, 2 to 65536 pictures, not many."),
            ("Batch size", "2.5", "Batch size must be a whole number, 2 to 65536 pictures, not 2.5."),
            ("Learning rate", "7", "Learning rate must be a number, above 0 and at most 1, not 7."),
            ("Minutes", "-3", "Minutes must be a number, above 0 and at most 10000000, not -3."),
            ("Minutes", "1e", "Minutes must be a number, above 0 and at most 10000000."),
        ):
            write(label, value)
            click(browser, "#start")
            until(lambda why=why: text(browser, "#notice").startswith(why), 60)  # type: ignore[misc]
            write(label, "")
        for label in ("Batch size", "Base channels", "Learning rate", "Seed"):
            field = browser.find_element(By.XPATH, f"//label[span[text()='{label}']]/input")
            assert (field.get_attribute("placeholder") == "chosen from the pictures") == (label != "Seed")
        augment = Select(browser.find_element(By.XPATH, "//label[span[text()='Augmentation']]/select"))
        assert augment.first_selected_option.text == "chosen from the pictures"
        augment.select_by_value("none")
        write("Base channels", "4")
        click(browser, "#start")
        record = folder / ".dcgan-studio" / "runs%2Fphotos-1.json"
        until(lambda: record.exists() and "words" in parse_json(record.read_bytes()))
        words = parse_json(record.read_bytes())["words"]
        assert words[words.index("--size") :][:6] == ["--size", "32", "--minutes", "30", "--base-channels", "4"]
        assert "--batch-size" not in words
        assert words[words.index("--augment") + 1] == "none"
        console_is_empty(browser)


def test_drawings_are_recognized_and_trained_with_their_preset(browser: Chrome, folder: Path) -> None:
    (folder / "icons").mkdir()
    for number in range(4):
        flat = Image.new("RGB", (32, 32), (60 * number, 200, 90))
        flat.paste("white", (8, 8 + number, 24, 20 + number))
        flat.save(folder / "icons" / f"{number}.png")
    with running(folder) as studio:
        open_tab(browser, studio.address, "train")
        until(lambda: bool(browser.find_elements(By.ID, "source")))
        Select(browser.find_element(By.ID, "size")).select_by_value("32")
        kind = Select(browser.find_element(By.ID, "kind"))
        Select(browser.find_element(By.ID, "source")).select_by_value("photos")
        until(lambda: "can be used" in text(browser, "#report"), 60)
        assert kind.first_selected_option.text == "photographs"
        Select(browser.find_element(By.ID, "source")).select_by_value("icons")
        until(lambda: "All 4 pictures can be used" in text(browser, "#report"), 60)
        assert kind.first_selected_option.text == "drawings"
        kind.select_by_visible_text("photographs")
        Select(browser.find_element(By.ID, "size")).select_by_value("64")  # another look
        until(lambda: "64 by 64 pixels" in text(browser, "#report"), 60)
        assert kind.first_selected_option.text == "photographs"  # what was chosen stays
        kind.select_by_visible_text("drawings")
        click(browser, "#start")
        record = folder / ".dcgan-studio" / "runs%2Ficons-1.json"
        until(lambda: record.exists() and "words" in parse_json(record.read_bytes()))
        words = parse_json(record.read_bytes())["words"]
        assert words[words.index("--preset") + 1] == "drawings"
        console_is_empty(browser)


def test_recordings_are_called_clips_and_are_of_no_kind_of_pictures(browser: Chrome, folder: Path) -> None:
    (folder / "birds").mkdir()
    sine = SoundFormat(rate=8000, seconds=0.256)
    for number in range(3):
        tone = np.sin(np.arange(2048) * (number + 1) / 5).astype(np.float32)
        (folder / "birds" / f"{number}.wav").write_bytes(wav_bytes([tone], sine))
    with running(folder) as studio:
        open_tab(browser, studio.address, "train")
        until(lambda: bool(browser.find_elements(By.ID, "source")))
        Select(browser.find_element(By.ID, "size")).select_by_value("32")
        Select(browser.find_element(By.ID, "source")).select_by_value("birds")
        until(lambda: "All 3 clips can be used" in text(browser, "#report"), 60)
        assert "spectrogram of 32 by 32" in text(browser, "#report")
        assert not browser.find_element(By.ID, "kind").is_displayed()
        Select(browser.find_element(By.ID, "source")).select_by_value("photos")
        until(lambda: "12 of 13 pictures can be used" in text(browser, "#report"), 60)
        assert browser.find_element(By.ID, "kind").is_displayed()
        console_is_empty(browser)


def test_a_training_is_started_left_found_again_paused_and_finished(browser: Chrome, folder: Path) -> None:
    with running(folder) as studio:
        browser.get(studio.address)
        until(lambda: "No runs yet" in text(browser, "#panel"))
        Select(browser.find_element(By.ID, "source")).select_by_value("photos")
        Select(browser.find_element(By.ID, "size")).select_by_value("32")
        until(lambda: "12 of 13 pictures can be used" in text(browser, "#report"), 60)
        assert "truncated: 1" in text(browser, "#report")
        for field, value in (("Base channels", "4"), ("Batch size", "8")):
            found = browser.find_element(By.XPATH, f"//label[span[text()='{field}']]/input")
            set_value(browser, found, value)
        click(browser, "#start")
        until(lambda: text(browser, "#state") == "Training", 60)
        console_is_empty(browser)
    with running(folder) as studio:  # the training has gone on
        browser.get(studio.address)
        until(lambda: bool(browser.find_elements(By.CSS_SELECTOR, ".list a")))
        browser.find_elements(By.CSS_SELECTOR, ".list a")[1].click()
        until(lambda: text(browser, "#state") == "Training", 60)
        client = Client(studio.address).enter()
        again = client.post("/api/run/resume", run="runs/photos-1")
        assert (again.status, "already" in again.error) == (400, True)
        click(browser, "#pause")
        until(lambda: text(browser, "#state") == "Paused", 60)
        for minutes in ("-1", "99999999999"):
            set_value(browser, browser.find_element(By.ID, "longer"), minutes)
            click(browser, "#resume")
            why = f"Minutes must be a number, above 0 and at most 10000000, not {float(minutes)}"
            until(lambda why=why: why in text(browser, "#notice"))  # type: ignore[misc]
            until(lambda: browser.find_element(By.ID, "resume").is_enabled())
            assert why in text(browser, "#notice")  # it stays
        set_value(browser, browser.find_element(By.ID, "longer"), str(a_second_more(client)))
        click(browser, "#resume")
        until(lambda: text(browser, "#state") == "Finished", 60)
        until(lambda: browser.execute_script("return document.getElementById('sheet').naturalWidth") > 500)
        assert "Each place is the same seed" in text(browser, "#panel")
        set_value(browser, browser.find_element(By.ID, "longer"), "")
        click(browser, "#resume")
        until(lambda: "Type more minutes than the 1" in text(browser, "#notice"))
        assert text(browser, "#state") == "Finished"
        console_is_empty(browser)
