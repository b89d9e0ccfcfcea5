"""What an evaluation finds, by groups of measures and as a whole: as numbers, as JSON, and as people read them."""

from dataclasses import asdict, dataclass
from typing import NamedTuple, Self

from dcgan.figures.notebook import html_of, table_html
from dcgan.figures.sheets import paired_sheet
from dcgan.metrics.extractors import to_rgb
from dcgan.metrics.kernel import KernelDistance
from dcgan.metrics.neighbors import Memorization
from dcgan.metrics.one_nearest_neighbor import TwoSample
from dcgan.metrics.parzen import ParzenLogLikelihood
from dcgan.metrics.precision_recall import PrecisionRecall
from dcgan.short_repr import ShortRepr
from dcgan.types import Pixels


class ClosestPairs(NamedTuple):
    """The generated pictures that are nearest to a real one, the nearest first, and that one of each.

    A real one is mirrored where its mirror image is the nearer one, if these were searched.
    """

    generated: Pixels
    real: Pixels

    @classmethod
    def alike(cls, generated: Pixels, real: Pixels) -> Self:
        """Pairs of one shape: where only one side has colors, or opacity, both as RGB."""
        if generated.shape[3] == real.shape[3]:
            return cls(generated, real)
        return cls(to_rgb(generated), to_rgb(real))


@dataclass(frozen=True, eq=False, repr=False)
class Distances(ShortRepr):
    """The measures that come from distances between features.

    Attributes:
        extractor: Identity of the extractor: weights, resizing, range. Figures of different ones cannot be compared.
        frechet: Fréchet distance.
        kernel: Kernel distance.
        precision_recall: Precision, recall, density, coverage.
        two_sample: The 1-nearest-neighbor classifier's accuracy at telling generated from real.
        closest: The generated pictures that are nearest to a real one, each with that one.
        memorization: Near-copies of training pictures among the generated ones; None without held-out pictures.
    """

    extractor: str
    frechet: float
    kernel: KernelDistance
    precision_recall: PrecisionRecall
    two_sample: TwoSample
    closest: ClosestPairs
    memorization: Memorization | None = None

    def facts(self) -> dict[str, object]:
        """The measures as JSON has them."""
        facts: dict[str, object] = {
            "extractor": self.extractor,
            "frechet_distance": self.frechet,
            "kernel_distance": asdict(self.kernel),
            **asdict(self.precision_recall),
            "one_nearest_neighbor": asdict(self.two_sample),
        }
        if self.memorization:
            names = ("rate", "held_out_rate", "threshold")
            mirrored = self.memorization.neighbors.mirrored is not None
            facts["memorization"] = {name: getattr(self.memorization, name) for name in names} | {"mirrored": mirrored}
        return facts

    def rows(self) -> list[tuple[str, str, str]]:
        """The name of each measure, its value, and what the value means."""
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
            of = "training pictures" + ("" if copies.neighbors.mirrored is None else " and their mirror images")
            meaning = f"of {of}; among new real ones {copies.held_out_rate:.2%}"
            rows.append(("near copies", f"{copies.rate:.2%}", meaning))
        return rows


@dataclass(frozen=True)
class Parzen:
    """Log-likelihoods of the same held-out pictures under Parzen windows around generated and around real ones.

    Attributes:
        generated: With the generated pictures as samples: the figure that is published of generators.
        real: With as many real pictures as samples. A generator above it is better by this measure than the pictures
            that it was trained on.
    """

    generated: ParzenLogLikelihood
    real: ParzenLogLikelihood

    def facts(self) -> dict[str, object]:
        """Both as JSON has them."""
        return {
            "parzen_log_likelihood": asdict(self.generated),
            "real_parzen_log_likelihood": asdict(self.real),
        }

    def rows(self) -> list[tuple[str, str, str]]:
        """The name of each, its value, and what the value means."""

        def row(name: str, found: ParzenLogLikelihood, meaning: str) -> tuple[str, str, str]:
            value = f"{found.mean:.1f} ± {found.standard_error:.1f}"
            return name, value, f"nats ± standard error, sigma {found.sigma:.3f}; {meaning}"

        return [
            row("Parzen log-likelihood", self.generated, "more is better, but does not mean good pictures"),
            row("that of real pictures", self.real, "as many, in place of the generated ones"),
        ]


@dataclass(frozen=True, eq=False, repr=False)
class Evaluation(ShortRepr):
    """The measures of generated pictures, and what they were made with.

    Attributes:
        generated: What was judged.
        real: What it was compared with.
        size: Side in pixels that the pictures were compared in, before what an extractor does.
        pictures: How many of each side. Figures of different numbers cannot be compared.
        distances: Fréchet distance, precision and the others; None if they were not asked for.
        parzen: Parzen log-likelihoods of held-out pictures; None if they were not asked for.
        warnings: What to bear in mind: pictures that could not be used, too few of them.
    """

    generated: str
    real: str
    size: int
    pictures: int
    distances: Distances | None = None
    parzen: Parzen | None = None
    warnings: tuple[str, ...] = ()

    def facts(self) -> dict[str, object]:
        """The result as JSON has it."""
        facts: dict[str, object] = {name: getattr(self, name) for name in ("generated", "real", "size", "pictures")}
        for measured in (self.distances, self.parzen):
            if measured:
                facts |= measured.facts()
        return facts

    def rows(self) -> list[tuple[str, str, str]]:
        """The result as people read it: the name of each measure, its value, and what the value means."""
        return [row for measured in (self.distances, self.parzen) if measured for row in measured.rows()]

    def __str__(self) -> str:
        lines = [f"{name:<22}  {value:>16}  {meaning}" for name, value, meaning in self.rows()]
        return "\n".join([*lines, "; ".join([f"{self.pictures:,} pictures of each kind", *self._made_with()])])

    def _repr_html_(self) -> str:
        heads = ("", f"{self.pictures:,} pictures of each kind", "; ".join(self._made_with()))
        table = table_html(self.rows(), heads)
        if not self.distances:
            return table
        pairs = paired_sheet(*self.distances.closest)
        return table + html_of(pairs, alt="generated pictures above their nearest training ones")

    def _made_with(self) -> list[str]:
        """The extractor; which pictures a log-likelihood is of."""
        parts = [self.distances.extractor] if self.distances else []
        if self.parzen:
            one = self.parzen.generated
            scored = f"{one.test:,} held-out ones scored in {one.dimensions:,} dimensions"
            parts.append(f"{scored}, {one.validation:,} more for sigma")
        return parts
