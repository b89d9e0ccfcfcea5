"""Learning to predict frames goes through the same loop: its updates, its resume, its sheets and its report."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from tests.training.toys import TOY

import dcgan
from dcgan.data.prepare import prepare
from dcgan.data.prepare_options import PrepareOptions
from dcgan.errors import ModelError, PackedSetError, RecipeError, UsageError
from dcgan.figures.video import write_video
from dcgan.loading import load
from dcgan.networks.frame_predictor import FramePredictor
from dcgan.training.augment import color_translation_cutout
from dcgan.training.batches import ImageLoader
from dcgan.training.losses import prediction_loss
from dcgan.training.pictures import describe_data, fit_to, open_data
from dcgan.training.recipe import Recipe
from dcgan.training.run import resume, train
from dcgan.training.state import TrainingState
from dcgan.training.step import augmented, train_step
from dcgan.types import Pixels

PREDICTOR = TOY.changed(
    {"preset": "frame-predictor", "nets": "frame-predictor", "history": 2, "augment": "none", "images": 24}
    | {"sheet_every": 8, "checkpoint_every": 8, "latent_dim": 100}
)


def moving_squares(films: int = 4, frames: int = 8, size: int = 16) -> Pixels:
    """A bright square that moves to the right by a pixel a frame, at another height in each film."""
    clips = np.zeros((films, frames, size, size, 1), np.uint8)
    for film in range(films):
        for frame in range(frames):
            clips[film, frame, 2 * film : 2 * film + 5, frame : frame + 5] = 200
    return clips


@pytest.fixture(scope="module")
def videos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of frames for each film."""
    folder = tmp_path_factory.mktemp("prediction") / "videos"
    for film, frames in enumerate(moving_squares()):
        (folder / f"film{film}").mkdir(parents=True)
        for number, frame in enumerate(frames):
            Image.fromarray(frame[..., 0]).save(folder / f"film{film}" / f"{number}.png")
    return folder


@pytest.fixture(autouse=True)
def cache(videos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DCGAN_CACHE", str(videos.parent / "cache"))


@pytest.fixture(scope="module")
def run(videos: Path) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DCGAN_CACHE", str(videos.parent / "cache"))
        train(videos, videos.parent / "run", PREDICTOR)
    return videos.parent / "run"


def test_a_packed_set_of_videos_fixes_the_frames_a_second(tmp_path: Path) -> None:
    colors = np.repeat(np.kron(moving_squares(films=1)[0], np.ones((1, 2, 2, 1), np.uint8)), 3, axis=3)
    write_video(iter(colors), tmp_path / "film.mp4", 10)
    prepare(tmp_path / "film.mp4", tmp_path / "packed", PrepareOptions(size=16, channels=1, fps=5))
    data = open_data(tmp_path / "packed", PREDICTOR)
    assert fit_to(PREDICTOR, data).fps == 5
    assert fit_to(PREDICTOR, open_data(tmp_path / "film.mp4", PREDICTOR)).fps == 10
    assert fit_to(PREDICTOR, open_data(tmp_path / "packed", PREDICTOR.changed({"fps": 5.0}))).fps == 5
    with pytest.raises(PackedSetError, match=r"`fps` 8 changes nothing: .*packed has 5 frames a second"):
        open_data(tmp_path / "packed", PREDICTOR.changed({"fps": 8.0}))


def test_frames_without_a_rate_have_that_of_the_recipe(videos: Path, tmp_path: Path) -> None:
    prepare(videos, tmp_path / "packed", PrepareOptions(size=16))
    for asked, expected in ((None, 10), (8.0, 8)):
        recipe = PREDICTOR.changed({"fps": asked})
        assert fit_to(recipe, open_data(tmp_path / "packed", recipe)).fps == expected


def test_what_the_discriminator_is_shown_changes_all_frames_of_a_clip_alike_and_mixes_none() -> None:
    state = TrainingState(PREDICTOR.changed({"channels": 3, "augment": "color,translation,cutout"}))
    clips = torch.rand(2, 3, 3, 16, 16, generator=torch.Generator().manual_seed(0))  # of three frames
    numbers = torch.rand(2, 7, generator=torch.Generator().manual_seed(1))
    shown = augmented(state, clips.flatten(1, 2), numbers).unflatten(1, (3, 3))
    for frame in range(3):
        alone = color_translation_cutout(clips[:, frame], numbers)
        torch.testing.assert_close(shown[:, frame], alone)


def test_the_loss_is_the_mean_difference_of_pixels_and_of_edges() -> None:
    random = np.random.default_rng(0)
    guess, real = (random.uniform(-1, 1, (2, 3, 5, 6)).astype(np.float32) for _ in range(2))
    down = np.abs(np.abs(np.diff(guess, axis=2)) - np.abs(np.diff(real, axis=2))).mean()
    across = np.abs(np.abs(np.diff(guess, axis=3)) - np.abs(np.diff(real, axis=3))).mean()
    tensors = torch.from_numpy(guess), torch.from_numpy(real)
    assert float(prediction_loss(*tensors, "l1", 0.5)) == pytest.approx(
        np.abs(guess - real).mean() + 0.5 * (down + across), rel=1e-5
    )
    assert float(prediction_loss(*tensors, "l2", 0)) == pytest.approx(((guess - real) ** 2).mean(), rel=1e-5)


def test_a_mini_batch_is_one_of_clips(videos: Path) -> None:
    data = open_data(videos, PREDICTOR)
    recipe = fit_to(PREDICTOR, data)
    assert (data.frames, data.channels, recipe.channels, len(data)) == (3, 1, 1, 4 * 6)
    loader = ImageLoader(data.pixels, torch.device("cpu"), data.labels)
    batch = loader.batch(recipe, 0)
    assert (batch.real.shape, batch.z.shape) == ((4, 3, 16, 16), (4, 0))


def test_clips_know_their_films_without_another_look_at_the_index(
    videos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = open_data(videos, PREDICTOR)
    monkeypatch.setattr("dcgan.data.packed.PackedSet.index", None)
    assert describe_data(data, PREDICTOR) == ["24 clips of 4 films"]


def losses_after(steps: int, videos: Path, **changes: object) -> list[float]:
    """The error of predicted pixels of the whole set, before training and after it."""
    data = open_data(videos, PREDICTOR)
    recipe = fit_to(PREDICTOR.changed({"batch_size": 8, "base_channels": 8, "lr": 2e-3, "seed": 1, **changes}), data)
    state = TrainingState(recipe, 10**6)
    loader = ImageLoader(data.pixels, state.device, data.labels)
    clips = loader.images(np.arange(len(data)))

    def error() -> float:
        with torch.no_grad():
            assert isinstance(state.generator, FramePredictor)
            return float((state.generator.predict(clips[:, :-1]) - clips[:, -1:]).abs().mean())

    before = error()
    for step in range(steps):
        train_step(state, loader.batch(recipe, step))
    return [before, error()]


@pytest.mark.parametrize("updates", ["both", "alternate", "simultaneous"])
def test_frames_that_repeat_a_motion_are_learned_by_each_update_rule(videos: Path, updates: str) -> None:
    before, after = losses_after(400 if updates == "alternate" else 200, videos, updates=updates)
    assert after < 0.75 * before


def test_without_the_discriminator_the_generator_learns_from_the_pixels_alone(videos: Path) -> None:
    with_it = losses_after(3, videos)
    without = losses_after(3, videos, adversarial_weight=0.0)
    assert with_it[0] == without[0]
    assert with_it[1] != without[1]


def test_a_resumed_run_ends_with_the_very_weights_of_one_that_was_not_interrupted(
    run: Path, videos: Path, tmp_path: Path
) -> None:
    train(videos, tmp_path / "parts", PREDICTOR.changed({"images": 12}))
    resume(tmp_path / "parts", {"images": 24})
    whole, parts = load(run), load(tmp_path / "parts")
    for first, second in ((whole.generator, parts.generator), (whole.discriminator, parts.discriminator)):
        expected = second.state_dict()
        assert [name for name, tensor in first.state_dict().items() if not torch.equal(tensor, expected[name])] == []


def test_a_sheet_has_the_frames_of_a_clip_and_the_predicted_one_in_a_row(run: Path) -> None:
    with Image.open(run / "sheets" / "0000000024.png") as sheet:
        assert sheet.size == (4 * 64 + 3 * 2, 8 * 64 + 7 * 2)  # two frames before, the true next, the predicted
    assert (run / "film.webp").is_file()


def test_the_report_speaks_of_clips(run: Path) -> None:
    text = (run / "report.html").read_text("utf-8")
    assert "clips of 3 frames" in text


def test_the_model_says_what_it_is_and_draws_nothing_from_z(run: Path) -> None:
    model = load(run)
    assert "frame-predictor" in repr(model)
    with pytest.raises(ModelError, match="predicts the next frame of a video, and draws no pictures from z"):
        model.sample(range(4))
    with pytest.raises(ModelError, match="predicts the next frame of a video"):
        dcgan.evaluate(model, moving_squares()[:, 0], extractor="pixels", samples=16)


def test_pictures_that_are_no_frames_are_refused(tmp_path: Path) -> None:
    pictures = moving_squares()[:2, 0]
    with pytest.raises(PackedSetError, match="no clip of 3 frames"):
        train(pictures, tmp_path / "run", PREDICTOR)


def test_measuring_while_it_trains_is_refused(videos: Path, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="`evaluate_every` measures samples of z"):
        train(videos, tmp_path / "run", PREDICTOR.changed({"evaluate_every": 8}))


@pytest.mark.parametrize("change", [{"history": 3}, {"pixel_loss": "l2"}, {"adversarial_weight": 1.0}, {"fps": 5.0}])
def test_settings_of_clips_are_refused_with_other_nets(change: dict[str, object], tmp_path: Path) -> None:
    with pytest.raises((RecipeError, UsageError), match="changes nothing with `nets` dcgan"):
        train(moving_squares()[:, 0], tmp_path / "run", Recipe(size=16, images=8).changed(change))


def test_a_run_begins_with_a_predictor_and_its_nets(run: Path, videos: Path, tmp_path: Path) -> None:
    begun = train(videos, tmp_path / "more", Recipe(steps=1, batch_size=4, device="cpu"), start_from=run)
    assert begun.predicts
    assert load(begun.run).interface == load(run).interface


def test_a_run_that_begins_with_a_predictor_has_its_frames_a_second(run: Path, tmp_path: Path) -> None:
    colors = np.repeat(np.kron(moving_squares(films=1)[0], np.ones((1, 2, 2, 1), np.uint8)), 3, axis=3)
    write_video(iter(colors), tmp_path / "film.mp4", 10)
    trained = load(run)
    slow = replace(trained, details={**trained.details, "recipe": {**PREDICTOR.values(), "fps": 5.0}})
    recipe = Recipe(steps=1, batch_size=2, device="cpu")
    begun = train(tmp_path / "film.mp4", tmp_path / "more", recipe, start_from=slow)
    assert load(begun.run).fps == 5
    with pytest.raises(RecipeError, match=r"`fps` 10\.0 does not go with `start_from`, a model with `fps` 5\.0"):
        train(tmp_path / "film.mp4", tmp_path / "other", replace(recipe, fps=10.0), start_from=slow)
    prepare(tmp_path / "film.mp4", tmp_path / "packed", PrepareOptions(size=16, channels=1, fps=10))
    with pytest.raises(PackedSetError, match=r"`fps` 5 is that of the model to begin with: .* has 10 frames a second"):
        train(tmp_path / "packed", tmp_path / "other", recipe, start_from=slow)


def test_a_preset_of_other_nets_than_those_to_begin_with_is_refused(videos: Path, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="`preset` frame-predictor is for the nets frame-predictor, and `start_from`"):
        train(videos, tmp_path / "run", dcgan.preset("frame-predictor"), start_from="faces")
