"""The discriminator's net trained on labels: from random weights, the paper's control, or from what it has learned.

Hyper-parameters are the best of a random search. Fine-tuning is the paper's future work.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from types import MappingProxyType
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dcgan.data.packed import PackedSet
from dcgan.features.extract import nets_with_features
from dcgan.networks.batch_norm import measure_statistics
from dcgan.networks.discriminator import Discriminator
from dcgan.pixels import to_images
from dcgan.probing.baselines.baseline import BuildContext, TrialLog, TrialScores
from dcgan.probing.baselines.classification_net import ClassificationNet, train
from dcgan.probing.protocol import TRIALS, ProbeOptions, ProbeResult, confusion_matrix, labels_named
from dcgan.probing.splits import Splits, sample_labels
from dcgan.randomness import Stream, rng, torch_rng
from dcgan.types import Labels, OnProgress, Pixels

IMAGES_SEEN = 30_000  # pictures that a trial sees at least, so that few labels are learned as long as many
MIN_EPOCHS = 10  # over the labeled pictures, at least
CHUNK = 256  # pictures judged at once


@dataclass(frozen=True)
class Trial:
    """The hyper-parameters that a random search samples."""

    lr: float  # of Adam, 1e-4 to 1e-2, evenly in its logarithm; it falls to 0 along a cosine
    weight_decay: float  # 1e-6 to 1e-2, evenly in its logarithm
    dropout: float  # before the last layer, 0 to 0.7
    shift: int  # pixels that a picture is shifted by, each way, at random: 0, 2 or 4
    batch_size: int  # 32, 64 or 128


def sample_trial(seed: int, number: int) -> Trial:
    """The hyper-parameters of one trial of the search."""
    random = rng(Stream.SUPERVISED_TRIALS, seed, number)
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
    from_scratch: bool = True,
    on_progress: OnProgress | None = None,
) -> ClassificationNet:
    """Train on labels.

    Args:
        body: The net, which stays as it is.
        pixels: (N, H, W, C), uint8, of its size.
        labels: (N,), 0 to `classes` - 1.
        classes: K.
        trial: The hyper-parameters.
        seed: Of weights, order, shifts and dropout.
        from_scratch: Start from random weights, not from those of `body`; the last layer always does.
        on_progress: Called with (pictures seen, in all).
    """
    net = ClassificationNet.from_discriminator(
        body, classes, trial.dropout, torch_rng(Stream.SUPERVISED_WEIGHTS, seed), from_scratch=from_scratch
    )
    batch_size = min(trial.batch_size, len(labels))
    seen = max(IMAGES_SEEN, MIN_EPOCHS * len(labels))
    random, targets = rng(Stream.SUPERVISED_ORDER, seed), torch.from_numpy(labels)
    order = np.empty(0, np.int64)

    def next_batch() -> tuple[Tensor, Tensor]:
        nonlocal order
        while len(order) < batch_size:
            order = np.concatenate([order, random.permutation(len(labels))])
        rows, order = order[:batch_size], order[batch_size:]
        return _images(net, _shift(pixels[rows], trial.shift, random)), targets[rows]

    def after_step(step: int, steps: int | None) -> None:
        if on_progress and steps:
            on_progress(seen * step // steps, seen)

    train(net, next_batch, seen // batch_size, trial.lr, trial.weight_decay, seed=seed, on_progress=after_step)
    whole = range(0, max(1, len(labels) - batch_size + 1), batch_size)
    measure_statistics(net, (_images(net, pixels[at : at + batch_size]) for at in whole))
    return net.eval()


@torch.inference_mode()
def predict(net: ClassificationNet, pixels: Pixels) -> Labels:
    """The likeliest class of each picture: (N,)."""
    starts = range(0, len(pixels), CHUNK)
    parts = [net(_images(net, pixels[at : at + CHUNK])).argmax(dim=1).cpu().numpy() for at in starts]
    return np.concatenate([np.empty(0, np.int64), *parts])


def random_search(
    body: Discriminator,
    subsets: Sequence[tuple[Pixels, Labels]],
    validation: tuple[Pixels, Labels],
    test: tuple[Pixels, Labels],
    classes: int,
    per_class: int | None,
    *,
    from_scratch: bool = True,
    trials: int = TRIALS,
    seed: int = 0,
    known: TrialScores = MappingProxyType({}),
    keep: Callable[[TrialScores], None] | None = None,
    on_progress: OnProgress | None = None,
) -> ProbeResult:
    """Find the trial that is best on the validation pictures after the first subset; train it on each.

    Args:
        body: As in `train_classifier`, like `from_scratch`.
        subsets: Pictures to learn from: one or more random subsets.
        validation: Pictures that only choose.
        test: Pictures that are scored.
        classes: K.
        per_class: Labels of each class in a subset, as the result says.
        from_scratch: From random weights.
        trials: How many.
        seed: Names the trials.
        known: Trials that an earlier search, which was stopped, has made; they are not made again.
        keep: Called with all trials so far, after each.
        on_progress: Called with (pictures seen by all trainings, in all).

    Returns:
        The accuracy of each subset. `validation` has that of every trial, by its number; `best` is the number of the
        best.
    """
    trainings = trials + len(subsets) - 1

    def progress_after(done: int) -> OnProgress | None:
        """Progress of one training where `done` are behind it."""
        return (
            (lambda seen, each: on_progress(done * (each or 0) + seen, trainings * (each or 0)))
            if on_progress
            else None
        )

    def trained(number: int, subset: int, own_seed: int, done: int) -> ClassificationNet:
        trial = sample_trial(seed, number)
        return train_classifier(
            body,
            *subsets[subset],
            classes,
            trial,
            own_seed,
            from_scratch=from_scratch,
            on_progress=progress_after(done),
        )

    scores = {number: known[number] for number in range(trials) if number in known}
    best: tuple[int, ClassificationNet] | None = None
    for number in range(trials):
        if number not in scores:
            net = trained(number, 0, seed + number, number)
            accuracy = float((predict(net, validation[0]) == validation[1]).mean())
            if all(accuracy > other for other in scores.values()):
                best = number, net
            scores[number] = accuracy
            if keep:
                keep(scores)
    winner = max(sorted(scores), key=lambda number: scores[number])
    if best is None or best[0] != winner:  # it was found by the earlier search
        best = winner, trained(winner, 0, seed + winner, trials - 1)
    others = (trained(winner, number, seed + number, trials + number - 1) for number in range(1, len(subsets)))
    predicted = [predict(net, test[0]) for net in chain([best[1]], others)]
    accuracies = np.array([(labels == test[1]).mean() for labels in predicted])
    confusion = np.mean([confusion_matrix(test[1], labels, classes) for labels in predicted], axis=0)
    by_number = {float(number): scores[number] for number in sorted(scores)}
    return ProbeResult(per_class, winner, by_number, accuracies, confusion, tuned="trial")


@dataclass(frozen=True)
class NetBaseline:
    """The same net trained on the labels, best of a random search.

    Attributes:
        from_scratch: From random weights, not from the model's.
        clips: It takes clips for pictures, too.
    """

    from_scratch: bool
    clips: ClassVar[bool] = True

    def settings(self, context: BuildContext, options: ProbeOptions) -> dict[str, object]:  # noqa: ARG002
        """What its results depend on."""
        return {"trials": options.trials, "trainings": options.trainings}

    def probe(
        self, name: str, context: BuildContext, splits: Splits, options: ProbeOptions, trials: TrialLog
    ) -> Iterator[ProbeResult]:
        """Search, and train the best trial, for each number of labels."""
        data = context.train
        if isinstance(splits.test, PackedSet):
            test = np.asarray(splits.test.pixels), splits.test.labels
        else:
            test = data.pixels[splits.test], data.labels[splits.test]
        for count in options.labels_per_class:
            context.phase(f"{name}: {labels_named(count)}")
            subsets = [splits.train]
            if count is not None:
                labels, repeats = data.labels[splits.train], range(options.trainings)
                subsets = [splits.train[sample_labels(labels, count, context.seed, repeat)] for repeat in repeats]
            yield random_search(
                nets_with_features(context.model).discriminator,
                [(data.pixels[rows], data.labels[rows]) for rows in subsets],
                (data.pixels[splits.validation], data.labels[splits.validation]),
                test,
                len(data.label_names),
                count,
                from_scratch=self.from_scratch,
                trials=options.trials,
                seed=context.seed,
                known=trials.known(count),
                keep=partial(trials.keep, count),
                on_progress=context.on_progress,
            )


SUPERVISED = NetBaseline(from_scratch=True)
FINETUNED = NetBaseline(from_scratch=False)


def _images(net: ClassificationNet, pixels: NDArray[np.uint8]) -> Tensor:
    """Pixels as images, where the net is."""
    return to_images(torch.from_numpy(np.array(pixels)).to(net.head.weight.device))


def _shift(pixels: NDArray[np.uint8], reach: int, random: np.random.Generator) -> NDArray[np.uint8]:
    """Each picture shifted by up to `reach` pixels each way; its edge is repeated."""
    if not reach:
        return np.array(pixels)
    height, width = pixels.shape[1:3]
    padded = np.pad(pixels, ((0, 0), (reach, reach), (reach, reach), (0, 0)), mode="edge")
    offsets = random.integers(0, 2 * reach + 1, (len(pixels), 2))
    return np.stack([picture[y : y + height, x : x + width] for picture, (y, x) in zip(padded, offsets, strict=True)])
