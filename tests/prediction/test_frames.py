"""Predicting frames several steps ahead, and measuring them."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from tests.toy_model import toy_model
from tests.training.test_frame_prediction import moving_squares
from torch import nn

from dcgan.errors import ModelError, PackedSetError, UsageError
from dcgan.figures.labeled_grid import GAP, MARGIN
from dcgan.model import Model
from dcgan.networks.families import untrained_nets
from dcgan.networks.frame_predictor import FrameArchitecture, FramePredictor
from dcgan.prediction.frames import continue_clips, predict_frames
from dcgan.training.recipe import Recipe
from dcgan.types import Pixels

HISTORY = 2


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DCGAN_CACHE", str(tmp_path / "cache"))


class ToTheRight(nn.Module):
    """Predicts that all moves to the right by a pixel."""

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        """The last frame, moved."""
        return z.reshape(-1, HISTORY, 1, 16, 16)[:, -1].roll(1, dims=3)


def predictor(**details: object) -> Model:
    """Nets of a predictor, of which the generator knows the motion of the squares."""
    architecture = Recipe(nets="frame-predictor", size=16, channels=1, base_channels=2, history=HISTORY).lay_out()
    return Model(architecture, ToTheRight(), untrained_nets(architecture, 0)[1].eval(), details)


def test_each_frame_is_predicted_from_those_predicted_before() -> None:
    clips = moving_squares()
    predicted = continue_clips(predictor(), clips[:, :HISTORY], 4)
    assert np.array_equal(predicted, clips[:, HISTORY : HISTORY + 4])


def test_a_net_of_its_own_is_given_frames_in_their_order() -> None:
    architecture = Recipe(nets="frame-predictor", size=16, channels=3, base_channels=2, history=HISTORY).lay_out()
    generator, discriminator = untrained_nets(architecture, 0)
    assert isinstance(generator, FramePredictor)
    for scale in generator.scales:
        nn.init.zeros_(scale.get_parameter("layers.10.weight"))  # so that the last frame is repeated
    before = np.random.default_rng(0).integers(0, 256, (3, HISTORY, 16, 16, 3), dtype=np.uint8)
    model = Model(architecture, generator.eval(), discriminator.eval())
    assert np.array_equal(continue_clips(model, before, 2), np.stack([before[:, -1]] * 2, axis=1))


def test_what_is_predicted_is_compared_with_what_came() -> None:
    found = predict_frames(predictor(), moving_squares(), steps=3, clips=100)
    assert found.before.shape == (4 * 4, HISTORY, 16, 16, 1)  # eight frames have four clips of five
    assert found.true is not None
    assert np.array_equal(found.predicted, found.true)
    assert found.scores is not None
    assert found.scores.psnr == (60, 60, 60)
    assert found.scores.psnr[0] > found.scores.copied_psnr[0] > found.scores.copied_psnr[2]


def test_clips_are_chosen_by_the_seed() -> None:
    first, again, other = (predict_frames(predictor(), moving_squares(), clips=3, steps=1, seed=s) for s in (1, 1, 2))
    assert len(first.before) == 3
    assert np.array_equal(first.before, again.before)
    assert not np.array_equal(first.before, other.before)


def test_a_source_that_ends_is_continued_without_being_measured() -> None:
    found = predict_frames(predictor(), moving_squares(frames=HISTORY), steps=5)
    assert (found.true, found.scores) == (None, None)
    assert found.predicted.shape == (4, 5, 16, 16, 1)
    assert "beyond the end of each film" in str(found)
    assert found.figure().width > 0
    assert len({frame.size for frame in found.film()}) == 1


def test_a_film_too_short_for_all_steps_is_continued_from_its_end() -> None:
    films = moving_squares(frames=6)
    found = predict_frames(predictor(), films, steps=5)
    assert found.true is None
    ends = {film[-HISTORY:].tobytes() for film in films}
    assert {clip.tobytes() for clip in found.before} == ends


def test_a_break_inside_a_film_is_not_its_end(tmp_path: Path) -> None:
    for film, broken in (("a", 4), ("b", None), ("c", 8)):
        (tmp_path / film).mkdir()
        for number, frame in enumerate(moving_squares(frames=10)[0]):
            path = tmp_path / film / f"{number}.png"
            path.write_bytes(b"damaged") if number == broken else Image.fromarray(frame[:, :, 0]).save(path)
    found = predict_frames(predictor(), tmp_path, steps=9)
    assert found.true is None
    assert len(found.before) == 2  # the last of c has a single frame after its break
    assert found.too_short == 1


class Still(nn.Module):
    """Predicts from one frame that nothing moves."""

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        """The frame."""
        return z.reshape(-1, 1, 16, 16)


def test_of_films_too_short_for_all_steps_only_the_last_frame_is_continued_by_a_model_of_one() -> None:
    architecture = Recipe(nets="frame-predictor", size=16, channels=1, base_channels=2, history=1).lay_out()
    model = Model(architecture, Still(), untrained_nets(architecture, 0)[1].eval())
    films = moving_squares(frames=3)
    found = predict_frames(model, films, steps=5)
    assert sorted(clip.tobytes() for clip in found.before) == sorted(film[-1:].tobytes() for film in films)


@pytest.mark.parametrize(("clips", "rows"), [(1, 1), (3, 2), (7, 4), (12, 4)])
def test_a_film_shows_up_to_eight_clips_in_pairs(clips: int, rows: int) -> None:
    frame = next(predict_frames(predictor(), moving_squares(), steps=2, clips=clips).film())
    assert frame.height // (96 + GAP) == rows


def test_a_film_shows_the_true_frame_beside_the_predicted_one() -> None:
    found = predict_frames(predictor(), moving_squares(), steps=2, clips=2)
    assert found.true is not None
    frames = list(found.film())
    assert len(frames) == HISTORY + 2
    first, last = (np.asarray(frame.convert("L")) for frame in (frames[0], frames[-1]))
    left, right = MARGIN, MARGIN + 96 + GAP  # where the first clip's two pictures begin
    top = first.shape[0] - MARGIN - 96
    for where, before, after in (
        (left, found.before[0, 0], found.true[0, -1]),
        (right, found.before[0, 0], found.predicted[0, -1]),
    ):
        for drawn, expected in ((first, before), (last, after)):
            tile = drawn[top : top + 96 : 6, where : where + 96 : 6]
            assert np.array_equal(tile, expected[..., 0])


def test_the_figure_has_a_row_of_true_and_one_of_predicted_frames() -> None:
    one, two = (predict_frames(predictor(), moving_squares(), clips=clips).figure() for clips in (1, 2))
    assert two.width == one.width
    assert two.height > 1.5 * one.height


def test_progress_counts_clips() -> None:
    calls: list[tuple[int, int | None]] = []
    predict_frames(predictor(), moving_squares(), clips=5, steps=1, on_progress=lambda *call: calls.append(call))
    assert calls == [(5, 5)]


def test_frames_of_a_video_have_the_rate_that_the_model_has_learned_from() -> None:
    assert predict_frames(predictor(recipe={"fps": 4.0}), moving_squares(), steps=1).fps == 4
    assert predict_frames(predictor(recipe={"fps": "fast"}), moving_squares(), steps=1).fps == 10


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"steps": 0}, "`steps` must be 1 to 256"),
        ({"clips": 0}, "`clips` must be 1 or more"),
        ({"seed": -1}, "`seed` must be a whole number from 0"),
        ({"seed": 2**63}, "`seed` must be a whole number from 0"),
    ],
)
def test_numbers_out_of_range_are_refused(changes: dict[str, int], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        predict_frames(predictor(), moving_squares(), **changes)  # type: ignore[arg-type]  # all of them are numbers


def test_frames_of_another_shape_are_refused() -> None:
    wrong: Pixels = np.zeros((2, HISTORY + 1, 16, 16, 1), np.uint8)
    with pytest.raises(UsageError, match=r"`before` must be frames \(N, 2, 16, 16, 1\), not \(2, 3, 16, 16, 1\)"):
        continue_clips(predictor(), wrong, 1)


def test_pictures_that_do_not_follow_each_other_are_refused() -> None:
    with pytest.raises(PackedSetError, match="no 2 frames in a row, as many as this model needs: the longest"):
        predict_frames(predictor(), moving_squares(frames=1))


def test_a_model_that_draws_from_z_is_refused() -> None:
    with pytest.raises(ModelError, match="the nets of this model are dcgan, which predict no frames: use a model"):
        predict_frames(toy_model(), moving_squares())


def test_the_architecture_of_a_predictor_is_its_own() -> None:
    assert isinstance(predictor().interface, FrameArchitecture)
