"""The discriminator's net trained on labels: from random weights, the paper's control, or from what it has learned.

Hyper-parameters are the best of a random search. Fine-tuning is the paper's future work.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from types import MappingProxyType

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dcgan.model import to_images
from dcgan.networks.batch_norm import measure_statistics
from dcgan.networks.discriminator import Discriminator
from dcgan.probing.baselines.classification_net import ClassNet, train
from dcgan.probing.protocol import Probed, confusion_of
from dcgan.randomness import Stream, rng, torch_rng
from dcgan.types import Labels, OnProgress, Pixels

TRIALS = 64  # as in the paper
SEEN = 30_000  # pictures that a trial sees at least, so that few labels are learned as long as many
PASSES = 10  # over the labeled pictures, at least
CHUNK = 256  # pictures judged at once

Scores = Mapping[int, float]
"""Accuracy on the validation pictures by the number of a trial."""


@dataclass(frozen=True)
class Trial:
    """What a random search draws."""

    lr: float  # of Adam, 1e-4 to 1e-2, evenly in its logarithm; it falls to 0 along a cosine
    weight_decay: float  # 1e-6 to 1e-2, evenly in its logarithm
    dropout: float  # before the last layer, 0 to 0.7
    shift: int  # pixels that a picture is moved by, each way, at random: 0, 2 or 4
    batch_size: int  # 32, 64 or 128


def draw_trial(seed: int, place: int) -> Trial:
    """The hyper-parameters of one trial of the search."""
    random = rng(Stream.SUPERVISED_TRIALS, seed, place)
    return Trial(
        lr=float(10 ** random.uniform(-4, -2)),
        weight_decay=float(10 ** random.uniform(-6, -2)),
        dropout=float(random.uniform(0, 0.7)),
        shift=int(random.choice([0, 2, 4])),
        batch_size=int(random.choice([32, 64, 128])),
    )


def train_classifier(
    body: Discriminator,
    pixels: Pixels,
    labels: Labels,
    classes: int,
    trial: Trial,
    seed: int,
    *,
    afresh: bool = True,
    on_progress: OnProgress | None = None,
) -> ClassNet:
    """Train on labels.

    Args:
        body: The net, which stays as it is.
        pixels: (N, H, W, C), uint8, of its size.
        labels: (N,), 0 to `classes` - 1.
        classes: K.
        trial: The hyper-parameters.
        seed: Of weights, order, shifts and dropout.
        afresh: Start from random weights, not from those of `body`; the last layer always starts from random ones.
        on_progress: Called with (pictures seen, in all).
    """
    net = ClassNet.beginning(body, classes, trial.dropout, torch_rng(Stream.SUPERVISED_WEIGHTS, seed), afresh=afresh)
    batch_size = min(trial.batch_size, len(labels))
    seen = max(SEEN, PASSES * len(labels))
    random, targets = rng(Stream.SUPERVISED_ORDER, seed), torch.from_numpy(labels)
    order = np.empty(0, np.int64)

    def draw() -> tuple[Tensor, Tensor]:
        nonlocal order
        while len(order) < batch_size:
            order = np.concatenate([order, random.permutation(len(labels))])
        rows, order = order[:batch_size], order[batch_size:]
        return _images(net, _shifted(pixels[rows], trial.shift, random)), targets[rows]

    def after_step(step: int, steps: int | None) -> None:
        if on_progress and steps:
            on_progress(seen * step // steps, seen)

    train(net, draw, seen // batch_size, trial.lr, trial.weight_decay, seed=seed, on_progress=after_step)
    whole = range(0, max(1, len(labels) - batch_size + 1), batch_size)
    measure_statistics(net, (_images(net, pixels[at : at + batch_size]) for at in whole))
    return net.eval()


@torch.inference_mode()
def predict(net: ClassNet, pixels: Pixels) -> Labels:
    """The likeliest class of each picture: (N,)."""
    starts = range(0, len(pixels), CHUNK)
    parts = [net(_images(net, pixels[at : at + CHUNK])).argmax(dim=1).cpu().numpy() for at in starts]
    return np.concatenate([np.empty(0, np.int64), *parts])


def search(
    body: Discriminator,
    drawn: Sequence[tuple[Pixels, Labels]],
    validation: tuple[Pixels, Labels],
    test: tuple[Pixels, Labels],
    classes: int,
    per_class: int | None,
    *,
    afresh: bool = True,
    trials: int = TRIALS,
    seed: int = 0,
    known: Scores = MappingProxyType({}),
    keep: Callable[[Scores], None] | None = None,
    on_progress: OnProgress | None = None,
) -> Probed:
    """The trial that is best on the validation pictures after learning the first draw; then trained on every draw.

    Args:
        body: As in `train_classifier`, like `afresh`.
        drawn: Pictures to learn from, one or more draws.
        validation: Pictures that only choose.
        test: Pictures that are scored.
        classes: K.
        per_class: Labels of each class in a draw, as the result says.
        afresh: From random weights.
        trials: How many.
        seed: Names the trials.
        known: Trials that an earlier search, which was stopped, has made; they are not made again.
        keep: OnProgress all trials so far, after each.
        on_progress: Called with (pictures seen by all trainings, in all).

    Returns:
        The accuracy of each draw. `validation` has that of every trial, by its number; `penalty` is the number of the
        best.
    """
    trainings = trials + len(drawn) - 1

    def progress_of(place: int) -> OnProgress | None:
        return (
            (lambda seen, each: on_progress(place * (each or 0) + seen, trainings * (each or 0)))
            if on_progress
            else None
        )

    def trained(place: int, draw: int, own_seed: int, done: int) -> ClassNet:
        trial = draw_trial(seed, place)
        return train_classifier(
            body, *drawn[draw], classes, trial, own_seed, afresh=afresh, on_progress=progress_of(done)
        )

    scores = {place: known[place] for place in range(trials) if place in known}
    best: tuple[int, ClassNet] | None = None
    for place in range(trials):
        if place not in scores:
            net = trained(place, 0, seed + place, place)
            accuracy = float((predict(net, validation[0]) == validation[1]).mean())
            if all(accuracy > other for other in scores.values()):
                best = place, net
            scores[place] = accuracy
            if keep:
                keep(scores)
    winner = max(sorted(scores), key=lambda place: scores[place])
    if best is None or best[0] != winner:  # it was found by the earlier search
        best = winner, trained(winner, 0, seed + winner, trials - 1)
    others = (trained(winner, draw, seed + draw, trials + draw - 1) for draw in range(1, len(drawn)))
    predicted = [predict(net, test[0]) for net in chain([best[1]], others)]
    accuracies = np.array([(labels == test[1]).mean() for labels in predicted])
    confusion = np.mean([confusion_of(test[1], labels, classes) for labels in predicted], axis=0)
    judged = {float(place): scores[place] for place in sorted(scores)}
    return Probed(per_class, winner, judged, accuracies, confusion)


def _images(net: ClassNet, pixels: NDArray[np.uint8]) -> Tensor:
    """Pixels as images, where the net is."""
    return to_images(torch.from_numpy(np.array(pixels)).to(net.head.weight.device))


def _shifted(pixels: NDArray[np.uint8], reach: int, random: np.random.Generator) -> NDArray[np.uint8]:
    """Each picture moved by up to `reach` pixels each way; its edge is repeated."""
    if not reach:
        return np.array(pixels)
    height, width = pixels.shape[1:3]
    padded = np.pad(pixels, ((0, 0), (reach, reach), (reach, reach), (0, 0)), mode="edge")
    places = random.integers(0, 2 * reach + 1, (len(pixels), 2))
    return np.stack([picture[y : y + height, x : x + width] for picture, (y, x) in zip(padded, places, strict=True)])
