"""How good a generator is: every measure of this room at once, with all that is needed to compare two results."""

from dataclasses import dataclass

from dcgan.data.packed import PackedSet
from dcgan.errors import ModelError
from dcgan.metrics.extractors import Extractor
from dcgan.metrics.features import generated_features, real_features
from dcgan.metrics.frechet import frechet_distance, moments
from dcgan.metrics.kernel import KernelDistance, kernel_distance
from dcgan.metrics.neighbors import Memorizing, duplicate_rate
from dcgan.metrics.one_nearest_neighbor import TwoSample, two_sample
from dcgan.metrics.precision_recall import PrecisionRecall, precision_recall
from dcgan.model import Model
from dcgan.randomness import Stream, rng
from dcgan.types import OnProgress

FEWEST = 16  # pictures that anything can be said of


@dataclass(frozen=True)
class Evaluation:
    """The measures of a generator, and what they were made with.

    Attributes:
        extractor: Identity of the extractor: weights, resizing, range. Figures of different ones cannot be compared.
        pictures: How many real and how many drawn pictures (seeds 0 to pictures - 1). Fréchet distances of different
            numbers cannot be compared either.
        frechet: Fréchet distance.
        kernel: Kernel distance.
        neighborhoods: Precision, recall, density, coverage.
        two_sample: The 1-nearest-neighbor classifier's accuracy at telling drawn from real.
        memorizing: Duplicates of training pictures among the drawn ones; None if it was not asked for.
    """

    extractor: str
    pictures: int
    frechet: float
    kernel: KernelDistance
    neighborhoods: PrecisionRecall
    two_sample: TwoSample
    memorizing: Memorizing | None


def evaluate(
    model: Model,
    data: PackedSet,
    extractor: Extractor,
    *,
    samples: int = 10_000,
    held_out: PackedSet | None = None,
    on_progress: OnProgress | None = None,
) -> Evaluation:
    """Measure how near the pictures of a model come to those of `data`, of the same size and channels.

    Args:
        model: The model; seeds 0, 1, 2, ... are drawn.
        data: The real pictures, usually those it was trained on.
        extractor: What distances are measured in.
        samples: Pictures of each kind, at most; a smaller set is taken whole.
        held_out: Real pictures that it was not trained on. With them, drawn pictures are searched for copies of any
            picture of `data`, and the rate of copies is compared with that among the held-out ones.
        on_progress: Called with (done, total) of each of the extractions.

    Raises:
        ModelError: The sets are too small, or do not fit the model.
    """
    shape = (model.architecture.size, model.architecture.size, model.architecture.channels)
    for pictures in (data, held_out) if held_out else (data,):
        if pictures.pixels.shape[1:] != shape:
            raise ModelError(
                f"the model draws pictures of shape {shape}, but {pictures.path} holds {pictures.pixels.shape[1:]}; "
                "prepare the source with the model's --size and --channels"
            )
    count = min(samples, len(data))
    if count < FEWEST:
        raise ModelError(f"{count} pictures are too few to measure anything; {FEWEST} are the least")
    real = real_features(data, extractor, count, on_progress)
    drawn = generated_features(model, extractor, count, on_progress)
    memorizing = None
    if held_out:
        training = real_features(data, extractor, len(data), on_progress)
        others = real_features(held_out, extractor, min(samples, len(held_out)), on_progress)
        memorizing = duplicate_rate(drawn, others, training)
    return Evaluation(
        extractor=extractor.identity,
        pictures=count,
        frechet=frechet_distance(moments([real]), moments([drawn])),
        kernel=kernel_distance(real, drawn, rng(Stream.EVALUATION_SUBSETS)),
        neighborhoods=precision_recall(real, drawn),
        two_sample=two_sample(real, drawn),
        memorizing=memorizing,
    )
