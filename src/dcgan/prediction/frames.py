"""Predicting frames several steps ahead, by feeding back what was predicted."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from dcgan.data.clips import find_films
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
from dcgan.randomness import Stream, check_seed, rng
from dcgan.short_repr import ShortRepr
from dcgan.types import OnProgress, Pixels
from dcgan.words import counted

STEPS, CLIPS = 8, 256  # by default
MOST_STEPS = 256
SHOWN = 8  # clips of a figure or a film
FILM_TILE = 96  # pixels
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
        too_short: Films of the source that have too few frames in a row.
    """

    before: Pixels
    predicted: Pixels
    true: Pixels | None
    fps: float
    scores: PredictionScores | None
    too_short: int = 0

    def figure(self, theme: Theme = THEMES["light"]) -> Image.Image:
        """The first clips: a row of what came, and below it what was predicted."""
        shown = slice(SHOWN)
        first = _blank(self.before[shown], theme) if self.true is not None else self.before[shown]
        rows = [np.concatenate([first, self.predicted[shown]], axis=1)]
        names = ["predicted"]
        if self.true is not None:
            rows.insert(0, np.concatenate([self.before[shown], self.true[shown]], axis=1))
            names.insert(0, "true")
        grid = np.stack(rows, axis=1)
        return labeled_grid(
            grid.reshape(-1, *grid.shape[2:]),
            theme,
            rows=names * len(grid),
            columns=[*map(self._moment, self._moments)],
        )

    @property
    def _moments(self) -> range:
        """Frames, counted from the last one given, which is 0."""
        return range(1 - self.before.shape[1], self.predicted.shape[1] + 1)

    @staticmethod
    def _moment(frame: int) -> str:
        return f"+{frame}" if frame > 0 else str(frame)

    def film(self, theme: Theme = THEMES["light"]) -> Iterator[Image.Image]:
        """The frames of a film of the first clips: what came, and at its right what is predicted."""
        shown = slice(SHOWN)
        sides = [np.concatenate([self.before[shown], self.predicted[shown]], axis=1)]
        names = ["predicted"]
        if self.true is not None:
            sides.insert(0, np.concatenate([self.before[shown], self.true[shown]], axis=1))
            names.insert(0, "true")
        clips = np.stack(sides, axis=1)  # (clips, sides, frames, H, W, C)
        across = min(2, len(clips))
        if len(clips) % across:
            clips = np.concatenate([clips, _blank(clips[:1], theme)])  # which fills the last row
        for number, frame in enumerate(self._moments):
            grid = clips[:, :, number].reshape(len(clips) // across, -1, *clips.shape[3:])
            title = f"{self._moment(frame)}, {'predicted' if frame > 0 else 'given'}"
            yield labeled_grid(grid, theme, title=title, columns=names * across, tile=FILM_TILE)

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
        steps, clips = self.predicted.shape[1], len(self.before)
        frames = f"{steps} frame{'s' * (steps > 1)} of {clips:,} clip{'s' * (clips > 1)}"
        if self.scores is None:
            return f"predicted {frames}, beyond the end of each film: there is nothing to compare them with"
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

    Where no film is long enough for the frames given and `steps` more, the end of each film is continued instead.

    Args:
        model: One that predicts frames: trained by the preset `frame-predictor`.
        source: Videos, folders of frames, arrays of them, or a packed set of frames.
        steps: How many frames to predict, 1 to 256; each is given those predicted before it.
        clips: How many clips at most, chosen at random.
        seed: Chooses them, 0 to 2^63 - 1.
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
    check_seed(seed)
    history, fps = predictor_of(model).history, model.fps
    assert fps is not None  # it predicts frames
    found, numbers, left_out = _clips(open_frames(model, source), history, steps)
    index = rng(Stream.CLIPS, seed).permutation(numbers)[:clips]  # so that the first ones are of several films
    frames = split_frames(np.asarray(found.pixels[index]), found.frames)
    before = frames[:, :history]
    predicted = np.empty((len(index), steps, *before.shape[2:]), np.uint8)
    for start in range(0, len(index), AT_ONCE):
        rows = slice(start, start + AT_ONCE)
        predicted[rows] = continue_clips(model, before[rows], steps)
        if on_progress:
            on_progress(min(start + AT_ONCE, len(index)), len(index))
    true = frames[:, history:] if found.frames > history else None
    scores = None if true is None else score_frames(before[:, -1], predicted, true)
    return PredictedFrames(before, predicted, true, fps, scores, left_out)


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
            f"the nets of this model are {kind}, which predict no frames: use a model that was trained with the preset "
            "frame-predictor"
        )
    return model.interface


def _clips(packed: PackedSet, history: int, steps: int) -> tuple[PackedSet, NDArray[np.int64], int]:
    """Clips with the frames to predict in them; or, where no film is so long, without them.

    Returns:
        The clips, which of them to take (those at the ends of films, if there is nothing to predict), and how many
        films are left out.
    """
    films = find_films(packed)
    count = films.count(history + steps)
    if count.clips:
        return films.clips(history + steps), np.arange(count.clips), count.too_short
    if count.longest < history:
        raise PackedSetError(
            f"{packed.source} has no {counted(history, 'frame')} in a row, as many as this model needs: the longest of "
            f"{counted(count.films, 'film')} has {count.longest}"
        )
    read = np.flatnonzero(films.rows >= 0)
    ends = read[np.append(np.diff(films.films[read]) != 0, True)]  # the last frame of each film
    taken = np.flatnonzero(np.isin(films.starts(history) + history - 1, ends))
    if not len(taken):
        raise PackedSetError(
            f"{packed.source} has no film whose last {counted(history, 'frame')}, as many as this model needs, follow "
            "each other without a break"
        )
    return films.clips(history), taken, count.films - len(taken)


def _blank(frames: Pixels, theme: Theme) -> Pixels:
    """Frames (..., C) of the same shape in the color of the ground."""
    blank = np.empty_like(frames)
    blank[:] = (*theme.ground, 255)[: frames.shape[-1]]
    return blank
