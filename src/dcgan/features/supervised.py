"""The discriminator's net trained on labels: from random weights, the paper's control, or from what it has learnt.

Hyper-parameters are the best of a random search. Fine-tuning is the paper's future work.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dcgan.features.class_net import ClassNet, train
from dcgan.features.probe import Labels, Probed, confusion_of
from dcgan.model import Pixels, to_images
from dcgan.networks.batch_norm import measure_statistics
from dcgan.networks.discriminator import Discriminator
from dcgan.networks.initialise import initialise
from dcgan.networks.memory import use_channels_last
from dcgan.randomness import Stream, stream, torch_stream

TRIALS = 64  # as in the paper
SEEN = 30_000  # pictures that a trial sees at least, so that few labels are learnt as long as many
PASSES = 10  # over the labelled pictures, at least
CHUNK = 256  # pictures judged at once

Progress = Callable[[int, int | None], None]


@dataclass(frozen=True)
class Trial:
    """What a random search draws."""

    lr: float  # of Adam, 1e-4 to 1e-2, evenly in its logarithm; it falls to 0 along a cosine
    l2: float  # 1e-6 to 1e-2, evenly in its logarithm
    dropout: float  # before the last layer, 0 to 0.7
    shift: int  # pixels that a picture is moved by, each way, at random: 0, 2 or 4
    batch_size: int  # 32, 64 or 128


def draw_trial(seed: int, place: int) -> Trial:
    """The hyper-parameters of one trial of the search."""
    random = stream(Stream.PROBE, seed, 3, place)
    return Trial(
        lr=float(10 ** random.uniform(-4, -2)),
        l2=float(10 ** random.uniform(-6, -2)),
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
    progress: Progress | None = None,
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
        progress: Told (pictures seen, in all).
    """
    net = ClassNet(body, classes, trial.dropout)
    initialise(net if afresh else net.head, torch_stream(Stream.PROBE, seed, 4))
    use_channels_last(net)
    batch_size = min(trial.batch_size, len(labels))
    seen = max(SEEN, PASSES * len(labels))
    random, targets = stream(Stream.PROBE, seed, 5), torch.from_numpy(labels)
    order = np.empty(0, np.int64)

    def draw() -> tuple[Tensor, Tensor]:
        nonlocal order
        while len(order) < batch_size:
            order = np.concatenate([order, random.permutation(len(labels))])
        rows, order = order[:batch_size], order[batch_size:]
        return to_images(torch.from_numpy(_shifted(pixels[rows], trial.shift, random))), targets[rows]

    def told(step: int, steps: int) -> None:
        if progress:
            progress(seen * step // steps, seen)

    train(net, draw, seen // batch_size, trial.lr, trial.l2, seed=seed, told=told)
    whole = range(0, max(1, len(labels) - batch_size + 1), batch_size)
    measure_statistics(net, (to_images(torch.from_numpy(np.array(pixels[at : at + batch_size]))) for at in whole))
    return net.eval()


@torch.inference_mode()
def predict(net: ClassNet, pixels: Pixels) -> Labels:
    """The likeliest class of each picture: (N,)."""
    starts = range(0, len(pixels), CHUNK)
    parts = [net(to_images(torch.from_numpy(np.array(pixels[at : at + CHUNK])))).argmax(dim=1).numpy() for at in starts]
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
    progress: Progress | None = None,
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
        progress: Told (pictures seen by all trainings, in all).

    Returns:
        The accuracy of each draw. `validation` has that of every trial, by its number; `penalty` is the number of the
        best.
    """
    trainings = trials + len(drawn) - 1

    def told(place: int) -> Progress | None:
        return (lambda seen, each: progress(place * (each or 0) + seen, trainings * (each or 0))) if progress else None

    scores: dict[float, float] = {}
    best: ClassNet | None = None
    for place in range(trials):
        trial = draw_trial(seed, place)
        net = train_classifier(body, *drawn[0], classes, trial, seed + place, afresh=afresh, progress=told(place))
        accuracy = float((predict(net, validation[0]) == validation[1]).mean())
        if best is None or accuracy > max(scores.values()):
            best = net
        scores[place] = accuracy
    assert best is not None
    winner = max(scores, key=lambda place: scores[place])
    trial = draw_trial(seed, int(winner))
    predicted = [predict(best, test[0])]
    for draw, some in enumerate(drawn[1:], 1):
        place = trials + draw - 1
        net = train_classifier(body, *some, classes, trial, seed + draw, afresh=afresh, progress=told(place))
        predicted.append(predict(net, test[0]))
    accuracies = np.array([(labels == test[1]).mean() for labels in predicted])
    confusion = np.mean([confusion_of(test[1], labels, classes) for labels in predicted], axis=0)
    return Probed(per_class, winner, scores, accuracies, confusion)


def _shifted(pixels: NDArray[np.uint8], reach: int, random: np.random.Generator) -> NDArray[np.uint8]:
    """Each picture moved by up to `reach` pixels each way; its edge is repeated."""
    if not reach:
        return np.array(pixels)
    height, width = pixels.shape[1:3]
    padded = np.pad(pixels, ((0, 0), (reach, reach), (reach, reach), (0, 0)), mode="edge")
    places = random.integers(0, 2 * reach + 1, (len(pixels), 2))
    return np.stack([picture[y : y + height, x : x + width] for picture, (y, x) in zip(padded, places, strict=True)])
