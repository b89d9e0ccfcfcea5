"""Trainings as processes of their own, without a page."""

import os
import shutil
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from PIL import Image
from tests.training.toys import TOY, discs

from dcgan.errors import RecipeError, RunError, UsageError
from dcgan.files import parse_json
from dcgan.studio.run_view import view_run
from dcgan.studio.trainings import Trainings
from dcgan.training.run import train


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_one_that_is_stopped_or_fails_before_it_begins_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DCGAN_CACHE", str(tmp_path / "cache"))
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    trainings = Trainings(tmp_path, "cpu")
    fails, stopped = (trainings.start("photos", {"size": 16, "minutes": 1.0}) for _ in range(2))
    assert (fails, stopped) == ("runs/photos-1", "runs/photos-2")
    records = [tmp_path / ".dcgan-studio" / f"runs%2Fphotos-{number}.json" for number in (1, 2)]
    until(lambda: all("process" in parse_json(record.read_bytes()) for record in records))
    record = records[1]
    os.kill(parse_json(record.read_bytes())["process"], 0)  # it is there
    Trainings(tmp_path).pause(stopped)  # another studio's
    later = Trainings(tmp_path)
    until(lambda: not any(process and process.alive for process in map(later.process, (fails, stopped))))
    assert "none of 1 pictures can be used" in view_run(tmp_path, fails, later.process(fails)).trouble
    assert "stopped before it began" in view_run(tmp_path, stopped, later.process(stopped)).trouble
    assert later.begun() == [fails, stopped]
    with pytest.raises(RunError, match="did not start the training"):
        later.pause(stopped)


def test_a_run_that_was_removed_is_no_longer_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DCGAN_CACHE", str(tmp_path / "cache"))
    (tmp_path / "photos").mkdir()
    for number, picture in enumerate(discs(8)):
        Image.fromarray(picture[..., 0]).save(tmp_path / "photos" / f"{number}.png")
    trainings = Trainings(tmp_path, "cpu")
    run = trainings.start("photos", {"size": 16, "base_channels": 4, "batch_size": 4, "minutes": 0.001})
    until(lambda: (process := trainings.process(run)) is not None and not process.alive)
    assert (tmp_path / run / "model").is_dir()
    assert trainings.begun() == [run]
    shutil.rmtree(tmp_path / run)
    assert trainings.begun() == []
    assert "folder was removed" in view_run(tmp_path, run, trainings.process(run)).trouble


def test_a_run_that_another_studio_has_just_begun_is_being_prepared(tmp_path: Path) -> None:
    record = tmp_path / ".dcgan-studio" / "runs%2Fphotos-1.json"
    record.parent.mkdir()
    record.write_text('{"run": "runs/photos-1"}')
    trainings = Trainings(tmp_path)
    assert view_run(tmp_path, "runs/photos-1", trainings.process("runs/photos-1")).state == "preparing"
    os.utime(record, (0, 0))  # its process never came
    assert view_run(tmp_path, "runs/photos-1", trainings.process("runs/photos-1")).state == "failed"


def test_what_cannot_be_trained_is_refused_before_a_process_starts(tmp_path: Path) -> None:
    trainings = Trainings(tmp_path)
    with pytest.raises(RecipeError, match="minutes"):
        trainings.start(".", {"size": 16, "minutes": -1.0})
    with pytest.raises(UsageError, match="not in the folder"):
        trainings.start("../x", {"size": 16})
    with pytest.raises(UsageError, match="the pictures photos no longer exist"):
        trainings.start("photos", {"size": 16})
    with pytest.raises(UsageError, match="no run"):
        trainings.resume("runs/none")
    assert trainings.begun() == []


@pytest.mark.parametrize("minutes", [0.0, -1.0, float("nan")])
def test_a_run_is_not_made_longer_by_less_than_nothing(tmp_path: Path, minutes: float) -> None:
    trainings = Trainings(tmp_path, "cpu")
    (tmp_path / "runs" / "one").mkdir(parents=True)
    (tmp_path / "runs" / "one" / "run.json").write_text("{}")
    with pytest.raises(UsageError, match="minutes must be more than 0"):
        trainings.resume("runs/one", minutes)
    assert trainings.process("runs/one") is None


def test_two_pages_that_go_on_with_a_run_start_one_process(tmp_path: Path) -> None:
    trainings = Trainings(tmp_path, "cpu")
    (tmp_path / "runs" / "one").mkdir(parents=True)
    (tmp_path / "runs" / "one" / "run.json").write_text("{}")

    def go_on(_page: int) -> bool:
        try:
            trainings.resume("runs/one")
        except RunError:
            return False
        return True

    with ThreadPoolExecutor(4) as pages:
        assert sum(pages.map(go_on, range(4))) == 1
    until(lambda: not (process := trainings.process("runs/one")) or not process.alive)


@pytest.mark.parametrize(("schedule", "flag"), [("constant", "--minutes"), ("linear", "--about-minutes")])
def test_a_run_whose_learning_rate_falls_to_its_end_goes_on_for_about_so_many_minutes(
    tmp_path: Path, schedule: str, flag: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    train(discs(), tmp_path / "runs" / "one", TOY.changed({"images": 16, "lr_schedule": schedule}))
    said: list[list[str]] = []
    monkeypatch.setattr(Trainings, "_run", lambda _self, _run, words: said.append(words))
    Trainings(tmp_path, "cpu").resume("runs/one", 7.5)
    assert said == [["train", "--resume", "runs/one", flag, "7.5"]]


def test_folders_of_long_names_can_be_trained_in_any_script(tmp_path: Path) -> None:
    photos = tmp_path / ("写" * 40)
    photos.mkdir()
    (photos / "broken.png").write_bytes(b"x")
    trainings = Trainings(tmp_path, "cpu")
    run = trainings.start(photos.name, {"size": 16, "minutes": 1.0})
    until(lambda: not (process := trainings.process(run)) or not process.alive)
    assert trainings.begun() == [run]
    assert "none of 1 pictures can be used" in view_run(tmp_path, run, trainings.process(run)).trouble
