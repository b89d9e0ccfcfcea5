"""How near generated pictures come to real ones: every measure of this room, with all it takes to compare results."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from dcgan.choices import EXTRACTORS
from dcgan.data.sources import PictureSource
from dcgan.device import resolve_device
from dcgan.errors import PackedSetError, UsageError
from dcgan.figures.notebook import html_of, table_html
from dcgan.figures.sheets import paired_sheet
from dcgan.metrics.extractors import Extractor, ExtractorOptions, build_extractor
from dcgan.metrics.frechet import frechet_distance, moments
from dcgan.metrics.kernel import KernelDistance, kernel_distance
from dcgan.metrics.neighbors import Memorization, memorization, nearest_neighbors
from dcgan.metrics.one_nearest_neighbor import TwoSample, two_sample
from dcgan.metrics.precision_recall import PrecisionRecall, precision_recall
from dcgan.metrics.sides import ModelSide, SetSide, Side, open_held_out, open_sides
from dcgan.progress import notebook_bar
from dcgan.randomness import Stream, rng
from dcgan.short_repr import ShortRepr
from dcgan.types import OnProgress, Pixels

FEWEST = 16  # pictures that anything can be said of
FEW = 2048  # below which a Fréchet distance of most extractors says little
PAIRS = 32  # nearest pairs that are kept to be looked at


class ClosestPairs(NamedTuple):
    """The generated pictures that are nearest to a real one, the nearest first, and that one of each."""

    generated: Pixels
    real: Pixels


@dataclass(frozen=True, eq=False, repr=False)
class Evaluation(ShortRepr):
    """The measures of generated pictures, and what they were made with.

    Attributes:
        generated: What was judged.
        real: What it was compared with.
        extractor: Identity of the extractor: weights, resizing, range. Figures of different ones cannot be compared.
        size: Side in pixels that the pictures were compared in, before what the extractor does.
        pictures: How many of each side. Fréchet distances of different numbers cannot be compared either.
        frechet: Fréchet distance.
        kernel: Kernel distance.
        precision_recall: Precision, recall, density, coverage.
        two_sample: The 1-nearest-neighbor classifier's accuracy at telling generated from real.
        memorization: Near-copies of training pictures among the generated ones; None if it was not asked for.
        closest: The generated pictures that are nearest to a real one, each with that one.
        warnings: What to bear in mind: pictures that could not be used, too few of them.
    """

    generated: str
    real: str
    extractor: str
    size: int
    pictures: int
    frechet: float
    kernel: KernelDistance
    precision_recall: PrecisionRecall
    two_sample: TwoSample
    closest: ClosestPairs
    memorization: Memorization | None = None
    warnings: tuple[str, ...] = ()

    def facts(self) -> dict[str, object]:
        """The result as JSON has it."""
        facts: dict[str, object] = {
            "generated": self.generated,
            "real": self.real,
            "extractor": self.extractor,
            "size": self.size,
            "pictures": self.pictures,
            "frechet_distance": self.frechet,
            "kernel_distance": asdict(self.kernel),
            **asdict(self.precision_recall),
            "one_nearest_neighbor": asdict(self.two_sample),
        }
        if self.memorization:
            names = ("rate", "held_out_rate", "threshold")
            facts["memorization"] = {name: getattr(self.memorization, name) for name in names}
        return facts

    def rows(self) -> list[tuple[str, str, str]]:
        """The result as people read it: the name of each measure, its value, and what the value means."""
        kernel, shares = self.kernel, self.precision_recall
        deviation = f" ± {1000 * kernel.std:.2f}" if kernel.subsets > 1 else ""  # a single subset has none
        rows = [
            ("Fréchet distance", f"{self.frechet:.2f}", "0 is best; falls with the number of pictures"),
            (
                "kernel distance x 1000",
                f"{1000 * kernel.mean:.2f}{deviation}",
                f"0 is best; subsets: {kernel.subsets} of {kernel.size}",
            ),
            ("precision", f"{shares.precision:.3f}", "share of generated pictures among real ones, 0 to 1"),
            ("recall", f"{shares.recall:.3f}", "share of real pictures among generated ones, 0 to 1"),
            ("density", f"{shares.density:.3f}", "about 1 for real pictures"),
            ("coverage", f"{shares.coverage:.3f}", "0 to 1"),
            ("1-NN accuracy", f"{self.two_sample.accuracy:.3f}", "telling generated from real; 0.5 is best, 1 worst"),
        ]
        if self.memorization:
            copies = self.memorization
            meaning = f"of training pictures; among new real ones {copies.held_out_rate:.2%}"
            rows.append(("near copies", f"{copies.rate:.2%}", meaning))
        return rows

    def __str__(self) -> str:
        lines = [f"{name:<22}  {value:>16}  {meaning}" for name, value, meaning in self.rows()]
        return "\n".join([*lines, f"{self.pictures:,} pictures of each kind; {self.extractor}"])

    def _repr_html_(self) -> str:
        table = table_html(self.rows(), ("", f"{self.pictures:,} pictures of each kind", self.extractor))
        return table + html_of(paired_sheet(*self.closest), alt="generated pictures above their nearest training ones")


@notebook_bar("evaluating")
def evaluate(
    generated: Side,
    real: Side,
    *,
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
        samples: Pictures of each side, and of `held_out`, at most, 16 or more; of two sides that differ, as many as the
            smaller one has.
        extractor: What distances are measured in: a name of `dcgan.choices.EXTRACTORS`, or one of your own.
        size: Side in pixels to compare the pictures in.
        held_out: Real pictures that the generator was not trained on. With them, generated pictures are searched for
            copies of pictures of `real`, and the rate of copies is compared with that among the held-out ones.
        weights: File with the extractor's weights. Default: that of the installed package, or downloaded.
        device: Where to compute: "auto", "cpu", "cuda", "cuda:1", "mps". A `Model` stays where it is.
        on_progress: Called with (done, total) of each preparation and extraction. Default: a bar in notebooks.

    Raises:
        UsageError: A parameter is out of its range, or the sizes differ and nothing says which one is meant.
        PackedSetError: There are too few pictures, or a packed set has another size.
        DcganError: A side, or the extractor's weights, cannot be read.

    Example:
        >>> result = dcgan.evaluate("runs/photos", "photos/", extractor="inception")
        >>> result.frechet
    """
    if samples < FEWEST:
        raise UsageError(f"`samples` must be {FEWEST} or more, not {samples}: fewer are too few to measure anything")
    if isinstance(extractor, str):
        EXTRACTORS[extractor]  # refused before any work, if there is none
    device = resolve_device(device)
    first, second = open_sides(generated, real, size=size, device=device, on_progress=on_progress)
    others = None if held_out is None else open_held_out(held_out, second, on_progress)
    if isinstance(extractor, str):
        model = next((side.model for side in (first, second) if isinstance(side, ModelSide)), None)
        extractor = build_extractor(extractor, ExtractorOptions(weights, model, device))
    return _measure(first, second, others, extractor, samples, on_progress)


def _measure(
    generated: ModelSide | SetSide,
    real: ModelSide | SetSide,
    held_out: SetSide | None,
    extractor: Extractor,
    samples: int,
    on_progress: OnProgress | None,
) -> Evaluation:
    sets = [side for side in (generated, real, held_out) if isinstance(side, SetSide)]
    count = min(samples, *(len(side.data) for side in sets if side is not held_out), samples)
    if count < FEWEST:
        raise PackedSetError(f"{count} pictures are too few to measure anything; {FEWEST} are the least")
    real_ = real.features(extractor, count, on_progress)
    generated_ = generated.features(extractor, count, on_progress)
    warnings = [text for side in sets if (text := side.warning)]
    if count < FEW:
        warnings.append(
            f"{count} pictures are few for a Fréchet distance; go by the kernel distance, which has no bias"
        )
    copies = None
    if held_out is not None:
        others = held_out.features(extractor, min(samples, len(held_out.data)), on_progress)
        copies = memorization(generated_, others, real_)
        if isinstance(real, SetSide) and count < len(real.data):
            among = f"{count:,} of {len(real.data):,} pictures of {real.name}"
            warnings.append(f"copies were looked for among {among}; allow more `samples`")
    neighbors = copies.neighbors if copies else nearest_neighbors(generated_, real_)
    nearest = np.argsort(neighbors.distance)[:PAIRS]
    return Evaluation(
        generated=generated.name,
        real=real.name,
        extractor=extractor.identity,
        size=real.size,
        pictures=count,
        frechet=frechet_distance(moments([real_]), moments([generated_])),
        kernel=kernel_distance(real_, generated_, rng(Stream.EVALUATION_SUBSETS)),
        precision_recall=precision_recall(real_, generated_),
        two_sample=two_sample(real_, generated_),
        closest=ClosestPairs(generated.pixels(nearest, count), real.pixels(neighbors.index[nearest], count)),
        memorization=copies,
        warnings=tuple(warnings),
    )
