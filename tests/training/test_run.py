"""A run folder from its start to its end: what is in it, how it goes on, and what is refused."""

import errno
import json
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from filelock import FileLock
from PIL import Image
from tests.training.toys import TOY, discs
from torch import Tensor

import dcgan
from dcgan.choices import LOSSES
from dcgan.data.cache import open_pictures
from dcgan.data.prepare import prepare
from dcgan.data.prepare_options import PrepareOptions
from dcgan.errors import DcganError, DeviceError, PackedSetError, RecipeError, RunError, SourceError, UsageError
from dcgan.files import sha256
from dcgan.training.callbacks import Callback
from dcgan.training.checkpoint import keep_checkpoint, list_checkpoints
from dcgan.training.logger import EVENTS, read_events, read_records
from dcgan.training.losses import Loss
from dcgan.training.pictures import open_data
from dcgan.training.run import resume, train
from dcgan.training.run_folder import read_run
from dcgan.training.state import TrainingState


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DCGAN_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A source that is no packed set: an array of 24 gray pictures."""
    np.save(tmp_path / "discs.npy", discs()[..., 0])
    return tmp_path / "discs.npy"


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a packed set and a run on it that has ended; tests get copies of both."""
    folder = tmp_path_factory.mktemp("trained")
    np.save(folder / "discs.npy", discs()[..., 0])
    prepare(folder / "discs.npy", folder / "packed", PrepareOptions(size=16, channels=1))
    train(folder / "packed", folder / "run", TOY)
    return folder


@pytest.fixture
def packed(trained: Path, tmp_path: Path) -> Path:
    return shutil.copytree(trained / "packed", tmp_path / "packed")


@pytest.fixture
def run(trained: Path, tmp_path: Path) -> Path:
    """A run that has ended."""
    return shutil.copytree(trained / "run", tmp_path / "run", symlinks=True)


def digests(run: Path) -> dict[str, str]:
    """The tensor files of the final model and the newest checkpoint."""
    folders = [run / "model", list_checkpoints(run)[-1].path]
    return {str(path.relative_to(run)): sha256(path) for folder in folders for path in folder.glob("*.safetensors")}


def kinds(run: Path) -> list[object]:
    return [event["kind"] for event in read_events(run / "events.jsonl")]


def test_a_run_folder_holds_all_that_was_promised(run: Path) -> None:
    assert {path.name for path in run.iterdir() if not path.name.startswith(".")} == {
        *("run.json", "recipe.toml", "metrics.jsonl", "events.jsonl", "tensorboard", "sheets"),
        *("film.webp", "checkpoints", "model", "report.html"),
    }
    assert [path.stem for path in sorted((run / "sheets").iterdir())] == [f"{n:010}" for n in (16, 32, 48, 64)]
    with Image.open(run / "film.webp") as film:
        assert getattr(film, "n_frames", 1) == 4
    records = read_records(run / "metrics.jsonl")
    assert [record["images"] for record in records] == [16, 32, 48, 64]
    promised = {"d_real", "d_fake", "d_loss", "g_loss", "d_gradient", "g_gradient", "diversity", "learning_rate"}
    assert promised <= records[0].keys()
    assert 0 < (records[0]["d_real"] or 0) < 1
    assert kinds(run) == ["started", "collapse", "finished"]  # a toy never learns to vary
    assert list((run / "tensorboard").glob("events.*"))
    assert "data:image/png;base64" in (run / "report.html").read_text()


def test_a_run_learns_from_an_array_and_resumes_without_it(tmp_path: Path) -> None:
    run = train(discs(), tmp_path / "run", replace(TOY, images=32)).run
    assert read_run(run)[1]["source"] == f"array uint8 {discs().shape}"
    assert resume(run, {"images": 64}).run == run


def test_where_the_packed_set_of_an_array_is_gone_resuming_says_how_to_bring_it_back(
    tmp_path: Path, cache: Path
) -> None:
    run = train(discs(), tmp_path / "run", TOY).run
    shutil.rmtree(cache)
    with pytest.raises(RunError, match=r"dcgan.open_pictures\(pictures, size=16, channels=\d\)"):
        resume(run)
    open_pictures(discs(), size=16, channels=read_run(run)[0].channels)
    assert resume(run).run == run
    left_open = train(discs(), tmp_path / "left open", replace(TOY, channels=None)).run
    shutil.rmtree(cache)
    with pytest.raises(RunError, match=r"dcgan.open_pictures\(pictures, size=16\)"):
        resume(left_open)
    open_pictures(discs(), size=16)
    assert resume(left_open).run == left_open


def test_a_notebook_shows_how_a_training_ended(tmp_path: Path) -> None:
    shown = train(discs(), tmp_path / "run", TOY)._repr_html_()
    assert "finished after" in shown
    assert 'src="data:image/png;base64,' in shown
    assert "<svg" in shown


def test_a_recipe_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"`recipe` must be a dcgan\.Recipe"):
        train(tmp_path, tmp_path / "run", {"size": 32})  # type: ignore[arg-type]


def test_the_recipe_of_a_run_says_everything_definite(run: Path) -> None:
    recipe, card = read_run(run)
    assert recipe == replace(TOY, kernel_size=3)
    assert card["pictures"] == 24


def test_auto_becomes_what_it_came_to(packed: Path, tmp_path: Path) -> None:
    train(packed, tmp_path / "run", replace(TOY, device="auto", precision="auto", threads=None, size=None, images=4))
    recipe, _ = read_run(tmp_path / "run")
    assert recipe.device != "auto"
    assert recipe.precision in ("float32", "bfloat16")
    assert recipe.threads in range(1, torch.get_num_threads() + 1)  # as many as find a processor free
    assert recipe.size == 16


def test_a_run_is_what_load_and_sample_take(run: Path) -> None:
    model = dcgan.load(run)
    assert model.details["images"] == 64
    assert model.sample(range(4)).shape == (4, 16, 16, 1)
    assert model.discriminator(model.generator(torch.zeros(3, 4))).shape == (3,)


def test_models_say_what_they_learned_from_without_a_path_and_how_near_they_came(packed: Path, tmp_path: Path) -> None:
    measured = TOY.changed(
        {"images": 32, "evaluate_every": 16, "evaluate_samples": 100, "evaluate_extractor": "pixels"}
    )
    run = train(packed, tmp_path / "run", measured).run
    details = dcgan.load(run / "model").details
    assert details["trained_on"] == {"source": "packed", "pictures": 24}
    assert details["kernel_distance"] == dcgan.load(list_checkpoints(run)[-1].path).details["kernel_distance"]


def test_two_runs_of_one_recipe_are_bit_identical_and_another_seed_is_not(
    run: Path, packed: Path, tmp_path: Path
) -> None:
    first = digests(run)
    second, other = (digests(train(packed, tmp_path / f"{seed}", replace(TOY, seed=seed)).run) for seed in (0, 1))
    assert first == second
    assert first != other


def test_a_raw_source_trains_as_its_packed_set_does(pictures: Path, run: Path, tmp_path: Path) -> None:
    raw = train(pictures, tmp_path / "raw", TOY).run
    assert digests(raw) == digests(run)


def test_a_finished_run_that_is_resumed_stays_as_it_is(run: Path) -> None:
    before = digests(run)
    result = resume(run)
    assert (result.ending, result.images) == ("finished", 64)
    assert digests(run) == before
    texts = [str(event["text"]) for event in read_events(run / EVENTS)]
    assert any("does not train further. Extend it with `images` or `minutes`" in text for text in texts)


def test_an_extended_run_is_bit_identical_to_one_that_was_as_long_at_once(
    run: Path, packed: Path, tmp_path: Path
) -> None:
    result = resume(run, {"images": 128})
    assert result.images == 128
    assert dcgan.load(run).details["images"] == 128
    assert read_run(run)[0].images == 128
    assert digests(run) == digests(train(packed, tmp_path / "long", replace(TOY, images=128)).run)


def test_a_length_that_is_given_again_stays_beside_a_new_one(run: Path) -> None:
    resume(run, {"images": 64, "minutes": 9.0})
    recipe = read_run(run)[0]
    assert (recipe.images, recipe.minutes) == (64, 9.0)
    resume(run, {**recipe.values(), "minutes": None})  # as the command line says `--images 64` alone
    recipe = read_run(run)[0]
    assert (recipe.images, recipe.minutes) == (64, None)
    with pytest.raises(UsageError, match="a run needs a length: give `images`"):
        resume(run, {"images": None})


def test_a_longer_run_says_that_its_learning_rate_follows_the_length(packed: Path, tmp_path: Path) -> None:
    for schedule, told in (("linear", True), ("constant", False)):
        run = train(packed, tmp_path / schedule, TOY.changed({"lr_schedule": schedule, "images": 8})).run
        resume(run, {"images": 16})
        notes = [str(event["text"]) for event in read_events(run / EVENTS) if event["kind"] == "note"]
        assert any("follows the new length" in note for note in notes) == told


def test_a_folder_that_is_no_run_is_not_to_be_resumed(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "a.txt").touch()
    with pytest.raises(RunError, match="photos exists and is not a run: name another folder with `out`"):
        train(discs(), tmp_path / "photos", TOY)


def test_recordings_beside_pictures_are_told(tmp_path: Path) -> None:
    (tmp_path / "album").mkdir()
    for number, picture in enumerate(discs()[:4]):
        Image.fromarray(picture[..., 0]).save(tmp_path / "album" / f"{number}.png")
    (tmp_path / "album" / "song.mp3").touch()
    notes = read_run(train(tmp_path / "album", tmp_path / "run", TOY).run)[1]["notes"]
    assert isinstance(notes, list)
    assert (
        "1 .mp3 ignored, because the folder has pictures as well: to train on the others, move them to a folder of "
        "their own" in notes
    )


def test_lengths_in_steps_and_epochs_end_where_they_say(packed: Path, tmp_path: Path) -> None:
    assert train(packed, tmp_path / "steps", TOY.changed({"steps": 7})).images == 28
    assert train(packed, tmp_path / "epochs", TOY.changed({"epochs": 1.5})).images == 36
    assert train(packed, tmp_path / "minutes", TOY.changed({"minutes": 1e-4})).ending == "finished"


@pytest.mark.parametrize(
    "changes",
    [{"lr": 0.1}, {"size": 32}, {"seed": 5}, {"batch_size": 8}, {"base_channels": 3}, {"precision": "bfloat16"}],
)
def test_what_shapes_the_weights_cannot_change(run: Path, changes: Mapping[str, object]) -> None:
    with pytest.raises(UsageError, match=f"`{next(iter(changes))}` cannot change"):
        resume(run, changes)


@pytest.mark.parametrize("value", [128, None])
def test_a_change_of_what_no_recipe_has_is_told_as_that(run: Path, value: object) -> None:
    with pytest.raises(RecipeError, match="a recipe has no setting 'image'; it has preset, size"):
        resume(run, {"image": value})


def test_a_change_that_nothing_reads_is_refused(run: Path) -> None:
    with pytest.raises(RecipeError, match="`evaluate_samples` changes nothing without `evaluate_every`"):
        resume(run, {"evaluate_samples": 200})


def test_what_does_not_may_change_and_is_written_down(run: Path) -> None:
    resume(run, {"images": 96, "keep": 1, "checkpoint_every": 8})
    assert read_run(run)[0].keep == 1
    assert [checkpoint.images for checkpoint in list_checkpoints(run)] == [0, 96]  # 0: the last healthy one


def test_a_folder_that_holds_something_is_not_trained_into(packed: Path, run: Path, tmp_path: Path) -> None:
    with pytest.raises(RunError, match="--resume"):
        train(packed, run, TOY)
    (tmp_path / "file").write_text("mine")
    with pytest.raises(RunError, match="exists"):
        train(packed, tmp_path / "file", TOY)
    assert (tmp_path / "file").read_text() == "mine"


def test_an_empty_folder_is_taken(packed: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert train(packed, tmp_path / "empty", TOY).ending == "finished"


def test_a_run_is_no_source_of_pictures(run: Path, tmp_path: Path) -> None:
    with pytest.raises(RunError, match="is a run, not a source"):
        train(run, tmp_path / "other", TOY)


def test_nothing_is_made_for_a_source_that_cannot_be_used(tmp_path: Path) -> None:
    with pytest.raises(SourceError):
        train(tmp_path / "nowhere", tmp_path / "run", TOY)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(("name", "value"), [("size", 32), ("channels", 3)])
def test_a_packed_set_of_another_shape_is_refused_with_the_remedy(packed: Path, name: str, value: int) -> None:
    with pytest.raises(PackedSetError, match=f"`{name}` {value}"):
        open_data(packed, TOY.changed({name: value}))


def test_one_picture_is_no_set(tmp_path: Path) -> None:
    np.save(tmp_path / "one.npy", discs(1)[..., 0])
    with pytest.raises(PackedSetError, match="needs 2 or more"):
        train(tmp_path / "one.npy", tmp_path / "run", TOY)


def test_two_pictures_are_enough_to_start(tmp_path: Path) -> None:
    np.save(tmp_path / "two.npy", discs(2)[..., 0])
    assert train(tmp_path / "two.npy", tmp_path / "run", TOY).ending == "finished"


def test_pictures_all_alike_are_no_division_by_zero(tmp_path: Path) -> None:
    np.save(tmp_path / "same.npy", np.zeros((8, 16, 16), np.uint8))
    assert train(tmp_path / "same.npy", tmp_path / "run", TOY).ending == "finished"


def test_a_run_whose_cache_was_deleted_prepares_its_source_again(pictures: Path, cache: Path, tmp_path: Path) -> None:
    run = train(pictures, tmp_path / "run", TOY).run
    shutil.rmtree(cache)
    assert resume(run, {"images": 96}).images == 96


def test_a_run_on_a_pattern_prepares_its_files_again_from_any_folder(
    pictures: Path, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run = train("d*.np[y]", tmp_path / "run", TOY).run
    assert read_run(run)[1]["source"] == str(tmp_path / "d*.np[y]")
    shutil.rmtree(cache)
    monkeypatch.chdir("/")
    assert resume(run, {"images": 96}).images == 96


def test_a_run_whose_pictures_have_changed_is_not_gone_on_with(pictures: Path, cache: Path, tmp_path: Path) -> None:
    run = train(pictures, tmp_path / "run", TOY).run
    shutil.rmtree(cache)
    np.save(pictures, discs(23)[..., 0])
    with pytest.raises(RunError, match=r"pictures in .* are not those"):
        resume(run, {"images": 96})


def test_a_run_whose_pictures_are_gone_says_so(pictures: Path, cache: Path, tmp_path: Path) -> None:
    run = train(pictures, tmp_path / "run", TOY).run
    shutil.rmtree(cache)
    pictures.unlink()
    with pytest.raises(RunError, match=r"run began with are gone: bring .*discs\.npy back, or start a new run"):
        resume(run)


def write(name: str, text: str) -> Callable[[Path], object]:
    return lambda run: (run / name).write_text(text)


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        (shutil.rmtree, "is not a run: the folder does not exist"),
        (lambda run: (run / "run.json").unlink(), r"is not a run: it has no run\.json"),
        (write("run.json", "{"), r"run\.json is damaged"),
        (write("run.json", "[]"), r"run\.json is damaged"),
        (write("run.json", '{"source": 1}'), r"run\.json is damaged"),
        (lambda run: (run / "recipe.toml").unlink(), r"recipe\.toml"),
        (write("recipe.toml", "lr = "), r"recipe\.toml is not valid TOML"),
        (write("recipe.toml", 'lr = "fast"'), r"recipe\.toml: lr must be of type float"),
        (write("recipe.toml", "lr = 5"), r"recipe\.toml: lr must be"),
        (write("recipe.toml", "base_channels = 3\nsize = 16\nchannels = 1\nlatent_dim = 4"), "no whole checkpoint"),
    ],
)
def test_a_damaged_run_is_an_error_that_says_what_is_wrong(
    damage: Callable[[Path], object], expected: str, run: Path
) -> None:
    damage(run)
    with pytest.raises(DcganError, match=expected):
        resume(run)


def test_a_damaged_newest_checkpoint_is_told_and_the_one_before_is_taken(run: Path) -> None:
    before = digests(run)
    (list_checkpoints(run)[-1].path / "generator.safetensors").write_bytes(b"")
    assert resume(run).ending == "finished"
    assert "damaged" in kinds(run)
    assert digests(run) == before


def test_an_older_checkpoint_replaces_no_later_model(run: Path) -> None:
    model = {path.name: sha256(path) for path in (run / "model").iterdir()}
    (list_checkpoints(run)[-1].path / "generator.safetensors").write_bytes(b"")
    result = resume(run, {"minutes": 1e-9})
    assert (result.ending, result.images) == ("finished", 32)
    assert {path.name: sha256(path) for path in (run / "model").iterdir()} == model
    (run / "model" / "generator.safetensors").write_bytes(b"")
    resume(run)
    assert dcgan.load(run / "model").details["images"] == 32  # better than a damaged one


def test_the_sheets_of_a_killed_session_go_and_its_events_stay(packed: Path, tmp_path: Path) -> None:
    class Killed(Callback):
        def on_step(self, state: TrainingState, target: int) -> None:
            if state.progress.images == 60:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(packed, tmp_path / "run", TOY, callbacks=[Killed()])
    result = resume(tmp_path / "run", {"images": 36})
    assert [path.stem for path in sorted((tmp_path / "run" / "sheets").iterdir())] == [f"{n:010}" for n in (16, 32, 36)]
    assert result.sheet is not None
    assert result.sheet.stem == f"{36:010}"
    assert kinds(tmp_path / "run")[:2] == ["started", "resumed"]


def test_what_a_callback_raises_is_no_error_of_the_disk(packed: Path, tmp_path: Path) -> None:
    class Upload(Callback):
        def on_checkpoint(self, path: Path) -> None:
            raise ConnectionError("the tracker does not answer")

    with pytest.raises(ConnectionError, match="the tracker does not answer") as caught:
        train(packed, tmp_path / "run", TOY, callbacks=[Upload()])
    assert caught.value.__notes__ == ["raised by a callback of the training"]


def test_damaged_metrics_are_mended(run: Path) -> None:
    with (run / "metrics.jsonl").open("a") as file:
        file.write('{"images": 70, "rollb')
    resume(run, {"images": 96})
    assert [record["images"] for record in read_records(run / "metrics.jsonl")] == [16, 32, 48, 64, 80, 96]
    for line in (run / "metrics.jsonl").read_text().splitlines():
        json.loads(line)


def test_an_event_that_a_crash_cut_off_takes_no_other_along(run: Path) -> None:
    with (run / EVENTS).open("a") as file:
        file.write('{"time": 1.0, "ima')
    resume(run, {"images": 96})
    assert kinds(run).count("resumed") == 1


def test_two_processes_do_not_train_one_run_and_the_second_changes_nothing(run: Path) -> None:
    with FileLock(run / ".lock"), pytest.raises(RunError, match="another process"):
        resume(run, {"images": 128})
    assert read_run(run)[0].images == 64


def test_a_full_disk_ends_the_sitting_and_costs_nothing(
    run: Path, packed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = digests(run)
    run = tmp_path / "full"
    true_fsync = os.fsync

    def full_after_the_first_checkpoint(handle: int) -> None:
        if (run / "checkpoints" / f"{32:010}").exists():
            raise OSError(errno.ENOSPC, "No space left on device")
        true_fsync(handle)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full_after_the_first_checkpoint)
        with pytest.raises(RunError, match=f"No space left.*--resume {run}"):
            train(packed, run, TOY)
    assert not list(run.rglob("*partial*"))
    resume(run)
    assert digests(run) == whole


def test_a_model_that_memory_cannot_hold_is_answered_with_smaller_ones(
    packed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_much(*_: object) -> None:
        raise torch.OutOfMemoryError("tried to allocate 80 GiB")

    monkeypatch.setattr("dcgan.training.trainer.train_step", too_much)
    with pytest.raises(RunError, match="`batch_size`"):
        train(packed, tmp_path / "run", TOY)


def test_a_device_that_is_not_there_is_refused_before_anything_is_made(packed: Path, tmp_path: Path) -> None:
    with pytest.raises(DeviceError, match="`device` cuda"):
        train(packed, tmp_path / "run", replace(TOY, device="cuda:99"))
    assert not (tmp_path / "run").exists()


def test_a_kept_checkpoint_stays_whatever_happens_after(run: Path) -> None:
    kept = keep_checkpoint(run, "good", 32)
    before = dcgan.load(kept).sample(range(4))
    resume(run, {"images": 160, "keep": 1})
    assert [checkpoint.images for checkpoint in list_checkpoints(run)] == [160]
    assert np.array_equal(dcgan.load(kept).sample(range(4)), before)


@pytest.mark.parametrize(
    ("images", "name", "expected"),
    [
        (33, "good", "no checkpoint at 33 images; there are: 0, 32, 64"),
        (None, "../away", "`name`"),
        (None, ".hidden", "`name`"),
        (None, "", "`name`"),
        (None, "taken", "never overwritten"),
    ],
)
def test_what_cannot_be_kept_is_refused(run: Path, images: int | None, name: str, expected: str) -> None:
    keep_checkpoint(run, "taken")
    with pytest.raises(DcganError, match=expected):
        keep_checkpoint(run, name, images)


def test_a_damaged_checkpoint_is_not_kept(run: Path) -> None:
    (list_checkpoints(run)[-1].path / "training.safetensors").write_bytes(b"")
    with pytest.raises(RunError, match="64 is damaged: keep another one with `images`; undamaged ones are at: 0, 32"):
        keep_checkpoint(run, "good")
    assert not (run / "kept").exists()
    keep_checkpoint(run, "good", 32)


def test_a_full_disk_met_by_the_weights_themselves_is_told_in_words_too(
    packed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = Path.write_bytes

    def full(path: Path, data: bytes) -> int:
        if path.suffix == ".safetensors":
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        return write(path, data)

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(RunError, match=r"No space left on device\..* free some space"):
        train(packed, tmp_path / "run", TOY)


def test_a_run_whose_folder_is_removed_ends_with_what_happened(packed: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"

    class Removal(Callback):
        def on_step(self, state: TrainingState, target: int) -> None:
            if state.progress.step == 1:
                shutil.rmtree(run)

    with pytest.raises(RunError, match="Its folder was removed or moved during the training"):
        train(packed, run, TOY, callbacks=[Removal()])
    assert not run.exists()


def test_a_run_that_could_not_be_made_is_not_to_be_resumed(
    packed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("dcgan.training.run.new_folder", full)
    with pytest.raises(RunError, match="Nothing was begun; free some space, or name another `out`") as caught:
        train(packed, tmp_path / "run", TOY)
    assert "resume" not in str(caught.value)
    assert not (tmp_path / "run").exists()


def test_a_run_whose_checkpoints_are_gone_is_not_begun_anew_over_its_records(run: Path) -> None:
    shutil.rmtree(run / "checkpoints")
    with pytest.raises(RunError, match="no checkpoint left"):
        resume(run, {"images": 128})
    assert len(read_records(run / "metrics.jsonl")) == 4
    assert dcgan.load(run).details["images"] == 64


def test_a_run_is_not_made_shorter_than_it_is(run: Path) -> None:
    with pytest.raises(RunError, match="has seen 64 images already"):
        resume(run, {"images": 32})
    assert read_run(run)[0].images == 64


def test_a_packed_set_that_was_edited_is_noticed(packed: Path, tmp_path: Path) -> None:
    run = train(packed, tmp_path / "run", TOY).run
    images = np.load(packed / "pixels.npy")
    np.save(packed / "pixels.npy", np.zeros_like(images))
    with pytest.raises(PackedSetError, match="fingerprint"):
        resume(run, {"images": 96})
    with pytest.raises(PackedSetError, match="fingerprint"):
        train(packed, tmp_path / "other", TOY)


def test_pictures_all_alike_are_told(tmp_path: Path) -> None:
    np.save(tmp_path / "same.npy", np.zeros((8, 16, 16), np.uint8))
    run = train(tmp_path / "same.npy", tmp_path / "run", TOY).run
    assert "alike" in kinds(run)


def test_a_run_that_ends_with_near_identical_pictures_says_so(run: Path) -> None:
    *_, last = (event for event in read_events(run / "events.jsonl") if event["kind"] == "collapse")
    assert "near-identical" in str(last["text"])  # a toy never learns to vary


def test_commands_can_be_pasted_whatever_the_run_is_called(packed: Path, tmp_path: Path) -> None:
    run = train(packed, tmp_path / "my run, 2", TOY).run
    with pytest.raises(RunError, match=r"--resume '.*my run, 2'"):
        train(packed, run, TOY)
    assert "my run, 2&#x27; --images" in (run / "report.html").read_text()


def test_a_run_inside_its_source_is_none_of_its_pictures(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    for number, picture in enumerate(discs(8)):
        Image.fromarray(picture[..., 0]).save(tmp_path / "photos" / f"{number}.png")
    for name in ("first", "second"):
        run = train(tmp_path / "photos", tmp_path / "photos" / name, TOY).run
        assert read_run(run)[1]["pictures"] == 8


@pytest.mark.parametrize(("harm", "message"), [("delete", "deleted"), ("cut", "cut off"), ("replace", "replaced")])
def test_a_set_that_is_harmed_while_a_run_trains_on_it_is_named(
    harm: str, message: str, packed: Path, tmp_path: Path
) -> None:
    pixels = packed / "pixels.npy"
    whole = pixels.read_bytes()

    class Harm(Callback):
        def on_step(self, state: TrainingState, target: int) -> None:
            if state.progress.step == 3:
                if harm == "cut":
                    os.truncate(pixels, 200)
                else:
                    pixels.unlink()
                if harm == "replace":
                    pixels.write_bytes(whole)

    with pytest.raises(PackedSetError, match=rf"pixels\.npy was {message} while a run trains on it"):
        train(packed, tmp_path / "run", TOY, callbacks=[Harm()])
    pixels.write_bytes(whole)
    assert resume(tmp_path / "run").ending == "finished"


def test_a_loss_that_becomes_nan_for_real_ends_with_advice_and_a_healthy_checkpoint(
    packed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The loss as it is written down at first: its logarithms become infinite once the discriminator is sure.

    Ten times its logits make it sure of this early, on any processor.
    """

    def discriminator_loss(real: Tensor, fake: Tensor) -> Tensor:
        return -((10 * real).sigmoid().log() + (1 - (10 * fake).sigmoid()).log()).mean()

    def generator_loss(_: Tensor, fake: Tensor) -> Tensor:
        return -(10 * fake).sigmoid().log().mean()

    monkeypatch.setattr(LOSSES, "_added", dict(LOSSES._added))
    LOSSES.add("naive", Loss(discriminator_loss, generator_loss, pairs=False))
    result = train(packed, tmp_path / "run", replace(TOY, loss="naive", lr=1.0, beta1=0.9, images=4000))
    assert result.ending == "collapsed"
    kinds = [event["kind"] for event in read_events(tmp_path / "run" / "events.jsonl")]
    assert kinds[1:3] == ["nan", "rollback"]
    assert kinds[-2:] == ["advice", "collapsed"]
    pixels = dcgan.load(tmp_path / "run").sample(range(4))
    assert len(np.unique(pixels)) > 1
    assert (tmp_path / "run" / "report.html").is_file()
