"""What the studio's page says of a run, from its folder alone."""

import json
import shutil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from filelock import FileLock

from dcgan.errors import DcganError
from dcgan.studio.run_view import curves_of, pictures_of, sheet_file, view_run
from dcgan.studio.trainings import TrainingProcess
from dcgan.training.logger import EVENTS, METRICS
from dcgan.training.recipe import Recipe
from dcgan.training.run import train

ALIVE, ENDED = TrainingProcess(True, 0.0, None), TrainingProcess(False, 0.0, None)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("studio")
    pictures = np.random.default_rng(0).integers(0, 256, (20, 16, 16, 3), np.uint8)
    recipe = Recipe(size=16, steps=4, batch_size=8, base_channels=4, sheet_every=8, checkpoint_every=8, device="cpu")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DCGAN_CACHE", str(folder / "cache"))
        train(pictures, folder / "runs" / "a", recipe)
    return folder


@pytest.fixture
def folder(trained: Path, tmp_path: Path) -> Path:
    shutil.copytree(trained / "runs", tmp_path / "runs")
    return tmp_path


def end_with(folder: Path, kind: str) -> None:
    with (folder / "runs" / "a" / EVENTS).open("a") as file:
        file.write(json.dumps({"kind": kind, "images": 32, "text": f"it is {kind}"}) + "\n")


def last_record(folder: Path, **values: float) -> None:
    path = folder / "runs" / "a" / METRICS
    record = json.loads(path.read_text().splitlines()[-1])
    with path.open("a") as file:
        file.write(json.dumps({**record, **values}) + "\n")


def test_a_finished_run_has_all_of_its_progress_sheets_and_curves(folder: Path) -> None:
    view = view_run(folder, "runs/a", ENDED)
    assert (view.state, view.progress, view.trouble) == ("finished", 1.0, "")
    assert [sheet["images"] for sheet in view.sheets] == [8, 16, 24, 32]
    assert view.settings["size"] == 16
    assert sheet_file(folder / "runs" / "a", str(view.sheets[0]["file"])).is_file()
    curves = curves_of(folder / "runs" / "a")
    assert any("belief" in curve for curve in curves)
    assert not any("style=" in curve for curve in curves)
    assert pictures_of(folder / "runs" / "a")["used"] == 20


@pytest.mark.parametrize(
    ("last", "process", "state", "says"),
    [
        ("resumed", ALIVE, "training", ""),
        ("stopped", ENDED, "paused", ""),
        ("stopped", None, "paused", ""),
        ("collapsed", ENDED, "collapsed", "went wrong"),
        ("resumed", TrainingProcess(False, 0.0, stopped=True), "paused", ""),
        ("resumed", ENDED, "interrupted", "Something ended the training"),
        ("resumed", TrainingProcess(False, 0.0, "no memory"), "failed", "no memory"),
        ("stopped", TrainingProcess(False, 0.0, "the pictures are gone"), "paused", "the pictures are gone"),
    ],
)
def test_the_state_is_told_by_the_last_event_and_the_process(
    folder: Path, last: str, process: TrainingProcess | None, state: str, says: str
) -> None:
    end_with(folder, last)
    view = view_run(folder, "runs/a", process)
    assert view.state == state
    assert says in view.trouble
    assert bool(says) == bool(view.trouble)


@pytest.mark.parametrize(
    "process", [None, TrainingProcess(False, 0.0, stopped=True), TrainingProcess(False, 0.0, "no memory")]
)
def test_a_run_that_a_terminal_trains_is_known_by_its_lock(folder: Path, process: TrainingProcess | None) -> None:
    end_with(folder, "resumed")
    with FileLock(folder / "runs" / "a" / ".lock"):
        view = view_run(folder, "runs/a", process)
        assert (view.state, view.here) == ("training", False)
    assert view_run(folder, "runs/a", process).state != "training"


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"diversity": 0.8, "d_real": 0.7, "d_fake": 0.3}, "Healthy"),
        ({"diversity": 0.2, "d_real": 0.7, "d_fake": 0.3}, "little variety"),
        ({"diversity": 0.05}, "nearly alike"),
        ({"diversity": 0.8, "d_real": 0.999, "d_fake": 0.001}, "always wins"),
        ({"diversity": 0.8, "rollbacks": 1}, "went back"),
    ],
)
def test_health_is_told_in_words(folder: Path, values: dict[str, float], says: str) -> None:
    last_record(folder, **values)
    assert says in view_run(folder, "runs/a", ENDED).health


def test_what_happened_is_told_but_not_that_it_began(folder: Path) -> None:
    end_with(folder, "rollback")
    end_with(folder, "resumed")
    texts = [event["text"] for event in view_run(folder, "runs/a", ENDED).events]
    assert texts[-1] == "it is rollback"
    assert not any("at 0 images" in str(text) for text in texts)


def test_what_was_chosen_for_the_run_is_told_in_words(folder: Path) -> None:
    (text,) = [event["text"] for event in view_run(folder, "runs/a", ENDED).events if "chose" in str(event["text"])]
    assert text == ("chose augment color,translation,cutout: the discriminator would soon memorize 20 pictures")


def test_progress_of_minutes_goes_on_between_records(folder: Path) -> None:
    recipe = folder / "runs" / "a" / "recipe.toml"
    recipe.write_text(recipe.read_text().replace("steps = 4", "minutes = 60.0"))
    end_with(folder, "resumed")
    progress = view_run(folder, "runs/a", ALIVE).progress
    assert progress is not None
    assert 0 < progress < 0.1


def test_a_run_that_has_no_record_yet_is_as_far_as_its_newest_checkpoint(folder: Path) -> None:
    (folder / "runs" / "a" / METRICS).unlink()
    end_with(folder, "stopped")
    view = view_run(folder, "runs/a", ENDED)
    assert view.facts["images"] == 32
    assert (view.facts["seconds"] or 0) > 0
    assert view.progress == 1.0
    card = next((folder / "runs" / "a" / "checkpoints").glob("*32/model.json"))
    card.write_text("{")
    assert view_run(folder, "runs/a", ENDED).facts["images"] == 24


def test_a_full_disk_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = SimpleNamespace(free=10**6)
    monkeypatch.setattr("dcgan.studio.run_view.shutil.disk_usage", lambda _: usage)
    assert "disk is full" in view_run(folder, "runs/a", ENDED).trouble


def test_a_run_without_a_folder_is_being_prepared_or_has_failed(tmp_path: Path) -> None:
    assert view_run(tmp_path, "runs/b", ALIVE).state == "preparing"
    failed = view_run(tmp_path, "runs/b", TrainingProcess(False, 0.0, "too few pictures"))
    assert (failed.state, failed.trouble) == ("failed", "too few pictures. Start a new training.")
    stopped = view_run(tmp_path, "runs/b", TrainingProcess(False, 0.0, stopped=True))
    assert "stopped before it began" in stopped.trouble
    removed = view_run(tmp_path, "runs/b", TrainingProcess(False, 0.0, stopped=True, begun=True))
    assert removed.trouble == "Its folder was removed. Start a new training."


def test_a_sheet_that_is_not_there_is_refused(folder: Path) -> None:
    for name in ("../../recipe.toml", "0000000099.png", ""):
        with pytest.raises(DcganError, match="no sheet"):
            sheet_file(folder / "runs" / "a", name)
