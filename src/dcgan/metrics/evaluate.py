"""How near generated pictures come to real ones: every measure of this room, of any two sides."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from dcgan.choices import EXTRACTORS
from dcgan.data.sources import PictureSource
from dcgan.device import resolve_device
from dcgan.errors import PackedSetError, UsageError
from dcgan.metrics.extractors import Extractor, ExtractorOptions, build_extractor
from dcgan.metrics.frechet import frechet_distance, moments
from dcgan.metrics.kernel import kernel_distance
from dcgan.metrics.neighbors import memorization, nearest_neighbors
from dcgan.metrics.one_nearest_neighbor import two_sample
from dcgan.metrics.parzen import ParzenLogLikelihood, parzen_log_likelihood
from dcgan.metrics.precision_recall import precision_recall
from dcgan.metrics.results import ClosestPairs, Distances, Evaluation, Parzen
from dcgan.metrics.sides import ModelSide, SetSide, Side, open_held_out, open_models, prepare_sides
from dcgan.model import Model
from dcgan.progress import notebook_bar
from dcgan.randomness import Stream, rng
from dcgan.types import OnProgress, Pixels
from dcgan.words import counted

METRICS = ("distances", "parzen")

FEWEST = 16  # pictures that anything can be said of
FEW = 2048  # below which a Fréchet distance of most extractors says little
PAIRS = 32  # nearest pairs that are kept to be looked at
FEWEST_HELD_OUT = 100  # pictures for a Parzen log-likelihood
MOST_VALIDATION = 1000  # of them that choose sigma, as published
PUBLISHED_SAMPLES = 10_000  # of Parzen log-likelihoods
AT_ONCE = 256  # pictures of a model between two calls of `on_progress`


@notebook_bar("evaluating")
def evaluate(
    generated: Side,
    real: Side,
    *,
    metrics: Sequence[str] = ("distances",),
    samples: int = 10_000,
    extractor: str | Extractor = "efficientnet-lite0",
    size: int | None = None,
    held_out: PictureSource | None = None,
    weights: Path | None = None,
    device: str = "auto",
    on_progress: OnProgress | None = None,
) -> Evaluation:
    """Measure how near generated pictures come to real ones.

    Either side is a model or pictures of any kind, so that generators from elsewhere can be judged by folders of their
    samples, two models can be compared, and two real sets show what is the best that can be expected.

    The sides are compared at one size: `size`; or that of a model or packed set, where a side is one, to which other
    pictures are brought as for a training; or the size that all pictures of both sides have. No picture of two folders
    is resized unless `size` says so.

    Args:
        generated: What is judged: a `Model`, the path or name of one (a run, a checkpoint, a folder, "faces"), or
            pictures, as `dcgan.prepare` takes them. A model samples the seeds 0, 1, 2, ...
        real: What it is compared with, likewise; usually the pictures that the model was trained on. A model here
            samples other seeds, so that two models have no latent vectors in common.
        metrics: What is measured. "distances": Fréchet and kernel distance, precision, recall, density, coverage, 1-NN
            accuracy and near copies, all in the features of `extractor`. "parzen": the log-likelihood of held-out
            pictures by Parzen windows, in pixels, which needs `held_out`; a tenth of them, 1,000 at most, sampled at
            random but always the same ones, choose sigma, and the others are scored.
        samples: Pictures of each side, and of `held_out`, at most, 16 or more, for "parzen" 100 or more; of two sides
            that differ, as many as the smaller one has.
        extractor: What distances are measured in: a name of `dcgan.choices.EXTRACTORS`, or one of your own.
        size: Side in pixels to compare the pictures in.
        held_out: Real pictures that the generator was not trained on. With them, generated pictures are searched for
            copies of pictures of `real`, and the rate of copies is compared with that among the held-out ones. If a
            model was trained with `horizontal_flip`, mirror images of `real` count as pictures of it. For "parzen"
            there must be 100 or more.
        weights: File with the extractor's weights. Default: that of the installed package, or downloaded.
        device: Where to compute: "auto", "cpu", "cuda", "cuda:1", "mps". A `Model` stays where it is.
        on_progress: Called with (done, total) of each preparation, extraction and scoring. Default: a bar in notebooks.

    Raises:
        UsageError: A parameter is out of its range or missing, or the sizes differ and nothing says which one is meant.
        PackedSetError: There are too few pictures, or a packed set has another size.
        DcganError: A side, or the extractor's weights, cannot be read.

    Example:
        >>> result = dcgan.evaluate("runs/photos", "photos/", extractor="inception")
        >>> result.distances.frechet
        >>> result = dcgan.evaluate("runs/digits", "train/", held_out="test/", metrics=["parzen"])
        >>> result.parzen.generated.mean
    """
    _check(metrics, samples, held_out, weights)
    if isinstance(extractor, str):
        EXTRACTORS[extractor]  # refused before any work, if there is none
    device = resolve_device(device)
    opened = open_models(generated, real, device)
    if isinstance(extractor, str) and "distances" in metrics:  # refused before pictures are prepared, if it cannot be
        model = next((side for side in opened if isinstance(side, Model)), None)
        extractor = build_extractor(extractor, ExtractorOptions(weights, model, device))
    first, second = prepare_sides(generated, real, opened, size=size, on_progress=on_progress)
    others = None if held_out is None else open_held_out(held_out, second, on_progress)
    sets = [side for side in (first, second, others) if isinstance(side, SetSide)]
    count = min(samples, *(len(side.data) for side in sets if side is not others), samples)
    if count < FEWEST:
        raise PackedSetError(f"{count} pictures are too few to measure anything; {FEWEST} or more are needed")
    if "parzen" in metrics and others is not None:
        _check_pictures(first, second, others)
    distances = parzen = None
    warnings = [text for side in sets if (text := side.warning)]
    if others is not None and isinstance(second, SetSide) and (shared := others.data.shared_with(second.data)):
        pictures = counted(len(others.data), others.data.noun)
        warnings.append(
            f"{shared:,} of {pictures} of {others.name} are in {second.name}, too: they are not held out and say "
            "nothing about new ones"
        )
    if not isinstance(extractor, str) and "distances" in metrics:
        distances = _distances(first, second, others, extractor, count, samples, on_progress)
        warnings += _warnings_of_distances(second, others, count)
    if "parzen" in metrics and others is not None:
        parzen = _parzen(first, second, others, count, samples, on_progress)
        warnings += _warnings_of_parzen(count, others.data.channels)
    return Evaluation(first.name, second.name, second.size, count, distances, parzen, tuple(warnings))


def _check(metrics: Sequence[str], samples: int, held_out: PictureSource | None, weights: Path | None) -> None:
    """Refuse, before any work, what cannot be measured."""
    if isinstance(metrics, str):
        raise UsageError(f'`metrics` must be a list of names, such as ["{METRICS[-1]}"], not a single text')
    if not metrics or not set(metrics) <= set(METRICS):
        named = ", ".join(map(str, metrics)) or "none"
        raise UsageError(f"`metrics` must be {' or '.join(METRICS)} or both, not {named}")
    if samples < FEWEST:
        raise UsageError(f"`samples` must be {FEWEST} or more, not {samples}: fewer are too few to measure anything")
    if weights is not None and "distances" not in metrics:
        raise UsageError("`weights` are those of an extractor, and only distances need one: add distances to `metrics`")
    if "parzen" in metrics and held_out is None:
        raise UsageError(
            "a Parzen log-likelihood needs pictures that the generator was not trained on: name them with `held_out`"
        )
    if "parzen" in metrics and samples < FEWEST_HELD_OUT:
        raise UsageError(f"`samples` must be {FEWEST_HELD_OUT} or more for a Parzen log-likelihood, not {samples}")


def _check_pictures(generated: ModelSide | SetSide, real: ModelSide | SetSide, held_out: SetSide) -> None:
    """Refuse pictures that have no Parzen log-likelihood."""
    if len(held_out.data) < FEWEST_HELD_OUT:
        least = f"too few for a Parzen log-likelihood; {FEWEST_HELD_OUT} or more are needed"
        raise PackedSetError(f"{held_out.name} has {len(held_out.data)} pictures, {least}")
    sides = (generated, real)
    channels = [side.model.channels if isinstance(side, ModelSide) else side.data.channels for side in sides]
    if channels[0] != channels[1]:
        raise UsageError(
            f"a Parzen log-likelihood needs pictures of the same channels: {generated.name} has {channels[0]}, "
            f"{real.name} {channels[1]}; prepare one of them with the other's `channels`: dcgan prepare SOURCE OUT "
            "--channels 1"
        )


def _distances(
    generated: ModelSide | SetSide,
    real: ModelSide | SetSide,
    held_out: SetSide | None,
    extractor: Extractor,
    count: int,
    samples: int,
    on_progress: OnProgress | None,
) -> Distances:
    real_ = real.features(extractor, count, on_progress)
    generated_ = generated.features(extractor, count, on_progress)
    mirrored = copies = None
    if isinstance(generated, ModelSide) and generated.model.saw_mirror_images and isinstance(real, SetSide):
        mirrored = real.mirrored_features(extractor, count, on_progress)
    if held_out is not None:
        others = held_out.features(extractor, min(samples, len(held_out.data)), on_progress)
        copies = memorization(generated_, others, real_, mirrored)
    neighbors = copies.neighbors if copies else nearest_neighbors(generated_, real_, mirrored)
    nearest = np.argsort(neighbors.distance)[:PAIRS]
    beside = real.pixels(neighbors.index[nearest], count)
    if neighbors.mirrored is not None:
        turned = neighbors.mirrored[nearest]
        beside[turned] = beside[turned, :, ::-1]
    return Distances(
        extractor=extractor.identity,
        frechet=frechet_distance(moments([real_]), moments([generated_])),
        kernel=kernel_distance(real_, generated_, rng(Stream.EVALUATION_SUBSETS)),
        precision_recall=precision_recall(real_, generated_),
        two_sample=two_sample(real_, generated_),
        closest=ClosestPairs.alike(generated.pixels(nearest, count), beside),
        memorization=copies,
    )


def _warnings_of_distances(real: ModelSide | SetSide, held_out: SetSide | None, count: int) -> list[str]:
    warnings = []
    if count < FEW:
        warnings.append(f"{count} pictures are few for a Fréchet distance; use the kernel distance, which has no bias")
    if held_out and isinstance(real, SetSide) and count < len(real.data):
        among = f"{count:,} of {len(real.data):,} pictures of {real.name}"
        warnings.append(f"copies were searched only among {among}; raise `samples` to search more")
    return warnings


def _parzen(
    generated: ModelSide | SetSide,
    real: ModelSide | SetSide,
    held_out: SetSide,
    count: int,
    samples: int,
    on_progress: OnProgress | None,
) -> Parzen:
    others = _pixels(held_out, min(samples, len(held_out.data)), None)
    order = rng(Stream.EVALUATION_IMAGES, 1).permutation(len(others))  # sets are often sorted by class
    split = min(MOST_VALIDATION, len(others) // 10)
    validation, test = others[order[:split]], others[order[split:]]

    def log_likelihood(side: ModelSide | SetSide) -> ParzenLogLikelihood:
        return parzen_log_likelihood(_pixels(side, count, on_progress), validation, test, on_progress=on_progress)

    return Parzen(log_likelihood(generated), log_likelihood(real))


def _warnings_of_parzen(count: int, channels: int) -> list[str]:
    warnings = []
    if count < PUBLISHED_SAMPLES:
        published = f"published Parzen log-likelihoods use {PUBLISHED_SAMPLES:,} samples"
        warnings.append(f"{published}; with {count:,} the value is lower, so do not compare them")
    if channels > 1:
        warnings.append(
            "published Parzen log-likelihoods use gray pictures; values for color pictures cannot be compared with them"
        )
    return warnings


def _pixels(side: ModelSide | SetSide, count: int, on_progress: OnProgress | None) -> Pixels:
    """The pictures that stand for a side (count, H, W, C)."""
    parts = []
    for start in range(0, count, AT_ONCE):
        rows = np.arange(start, min(start + AT_ONCE, count))
        parts.append(side.pixels(rows, count))
        if on_progress and isinstance(side, ModelSide):
            on_progress(start + len(rows), count)
    return np.concatenate(parts)
