"""Predicting frames several steps ahead, by feeding back what was predicted."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image

from dcgan.data.clips import clips_of
from dcgan.data.packed import PackedSet
from dcgan.data.sources import PictureSource
from dcgan.errors import ModelError, PackedSetError, UsageError
from dcgan.figures.labeled_grid import labeled_grid
from dcgan.figures.notebook import html_of
from dcgan.figures.theme import THEMES, Theme
from dcgan.model import Model
from dcgan.model_pictures import open_frames
from dcgan.networks.frame_predictor import FrameArchitecture
from dcgan.pixels import join_frames, split_frames
from dcgan.prediction.scores import PredictionScores, score_frames
from dcgan.progress import notebook_bar
from dcgan.randomness import Stream, rng
from dcgan.short_repr import ShortRepr
from dcgan.types import OnProgress, Pixels

STEPS, CLIPS = 8, 256  # by default
MOST_STEPS = 256
SHOWN = 8  # clips of a figure or a film
AT_ONCE = 32  # clips between two calls of `on_progress`


@dataclass(frozen=True, eq=False, repr=False)
class PredictedFrames(ShortRepr):
    """Frames that a model predicts for clips.

    Attributes:
        before: The frames that it was given, (N, history, H, W, C), uint8.
        predicted: Those that it predicts, (N, steps, H, W, C), uint8.
        true: Those that came in truth, of the same shape; None if the source ends before them.
        fps: Frames a second.
        scores: How near the predicted ones are to the true ones, and how near copies of the last frame are; None
            without true ones.
    """

    before: Pixels
    predicted: Pixels
    true: Pixels | None
    fps: float
    scores: PredictionScores | None

    def figure(self, theme: Theme = THEMES["light"]) -> Image.Image:
        """The first clips: a row of what came, and below it the same frames with what was predicted."""
        history, steps = self.before.shape[1], self.predicted.shape[1]
        columns = [*(str(number) for number in range(1 - history, 1)), *(f"+{step}" for step in range(1, steps + 1))]
        rows, names = [], []
        for clip in range(min(SHOWN, len(self.before))):
            if self.true is not None:
                rows.append(np.concatenate([self.before[clip], self.true[clip]]))
                names.append("true")
            rows.append(np.concatenate([self.before[clip], self.predicted[clip]]))
            names.append("predicted")
        return labeled_grid(np.stack(rows), theme, rows=names, columns=columns)

    @property
    def film_length(self) -> int:
        """How many frames `film` gives."""
        return int(self.before.shape[1] + self.predicted.shape[1])

    def film(self) -> Iterator[Pixels]:
        """The pictures of each frame of a film: of each of the first clips what came, and beside it what is predicted.

        Each is (2 * clips, H, W, C), true and predicted by turns; or (clips, H, W, C) without true frames.
        """
        shown = slice(min(SHOWN, len(self.before)))
        guessed = np.concatenate([self.before[shown], self.predicted[shown]], axis=1)
        sides = [guessed]
        if self.true is not None:
            sides.insert(0, np.concatenate([self.before[shown], self.true[shown]], axis=1))
        pairs = np.stack(sides, axis=1)  # (clips, sides, frames, H, W, C)
        for frame in range(self.film_length):
            yield pairs[:, :, frame].reshape(-1, *pairs.shape[3:])

    def facts(self) -> dict[str, object]:
        """The result as JSON has it."""
        facts: dict[str, object] = {
            "clips": len(self.before),
            "history": self.before.shape[1],
            "steps": self.predicted.shape[1],
            "fps": self.fps,
        }
        return facts | (self.scores.facts() if self.scores else {})

    def __str__(self) -> str:
        frames = f"{self.predicted.shape[1]} frames of each of {len(self.before):,} clips"
        if self.scores is None:
            return f"predicted {frames}; the source has no frames after these to compare them with"
        return f"{self.scores}\npredicted {frames}"

    def _repr_html_(self) -> str:
        return html_of(self.figure())


@notebook_bar("predicting")
def predict_frames(
    model: Model,
    source: PictureSource,
    *,
    steps: int = STEPS,
    clips: int = CLIPS,
    seed: int = 0,
    on_progress: OnProgress | None = None,
) -> PredictedFrames:
    """Predict the frames that follow clips of a source, and compare them with those that do.

    Args:
        model: One that predicts frames: trained by the preset `frame-predictor`.
        source: Videos, folders of frames, arrays of them, or a packed set of frames.
        steps: How many frames to predict, 1 to 256; each is given those predicted before it.
        clips: How many clips at most, chosen at random.
        seed: Chooses them.
        on_progress: Called with (clips, in all).

    Raises:
        ModelError: The model draws pictures from z, and predicts nothing.
        SourceError, PackedSetError: The source cannot be read, or has fewer frames in a row than the model is given.
        UsageError: A number is out of its range.

    Example:
        >>> predicted = dcgan.predict_frames(dcgan.load("runs/waves"), "waves.mp4", steps=8)
        >>> print(predicted.scores)
    """
    if not 1 <= steps <= MOST_STEPS:
        raise UsageError(f"`steps` must be 1 to {MOST_STEPS}, not {steps}")
    if clips < 1:
        raise UsageError(f"`clips` must be 1 or more, not {clips}")
    history, fps = predictor_of(model).history, model.fps
    assert fps is not None  # it predicts frames
    found, has_truth = _clips(open_frames(model, source), history, steps)
    index = rng(Stream.CLIPS, seed).permutation(len(found))[:clips]  # so that the first ones are of several films
    frames = split_frames(np.asarray(found.pixels[index]), found.frames)
    before = frames[:, :history]
    predicted = np.empty((len(index), steps, *before.shape[2:]), np.uint8)
    for start in range(0, len(index), AT_ONCE):
        rows = slice(start, start + AT_ONCE)
        predicted[rows] = continue_clips(model, before[rows], steps)
        if on_progress:
            on_progress(min(start + AT_ONCE, len(index)), len(index))
    true = frames[:, history:] if has_truth else None
    scores = None if true is None else score_frames(before[:, -1], predicted, true)
    return PredictedFrames(before, predicted, true, fps, scores)


def continue_clips(model: Model, before: Pixels, steps: int) -> Pixels:
    """The next frames of clips, each predicted from the frames before it, predicted ones among them.

    Args:
        model: One that predicts frames.
        before: (N, history, H, W, C), uint8, of the model's size and channels.
        steps: How many, 1 or more.

    Returns:
        (N, steps, H, W, C), uint8.

    Raises:
        ModelError: The model draws pictures from z.
        UsageError: `before` has another shape.
    """
    nets = predictor_of(model)
    shape = (nets.history, model.size, model.size, model.channels)
    if before.ndim != 5 or before.shape[1:] != shape:
        raise UsageError(f"`before` must be frames (N, {', '.join(map(str, shape))}), not {before.shape}")
    frames = before
    for _ in range(steps):
        given = join_frames(frames[:, -nets.history :])
        z = torch.from_numpy(given).permute(0, 3, 1, 2).flatten(1).float().div_(127.5).sub_(1)
        frames = np.concatenate([frames, model.generate(z)[:, None]], axis=1)
    return frames[:, nets.history :]


def predictor_of(model: Model) -> FrameArchitecture:
    """What fixes the nets of a model that predicts frames.

    Raises:
        ModelError: It draws pictures from z.
    """
    if not isinstance(model.interface, FrameArchitecture):
        kind = model.interface.nets or "your own"
        raise ModelError(
            f"the nets of this model are {kind}, which predict no frames: take a model that was trained with the "
            "preset frame-predictor"
        )
    return model.interface


def _clips(packed: PackedSet, history: int, steps: int) -> tuple[PackedSet, bool]:
    """Clips with the frames to predict in them, or, where the source is too short for that, without them."""
    try:
        return clips_of(packed, history + steps), True
    except PackedSetError:
        return clips_of(packed, history), False
