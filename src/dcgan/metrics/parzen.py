"""Log-likelihood of test pictures by Parzen windows around generated ones (Goodfellow et al. 2014, section 5)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dcgan.metrics.distances import Floats, squared_distances
from dcgan.types import Features, OnProgress, Pixels

SIGMAS = tuple(np.logspace(-1, 0, 10).tolist())  # of the authors' code, parzen_ll.py
ROWS = 512  # pictures that are scored at once
NUMBERS = 2**23  # of the samples that are held in float64 at once (64 MiB), and of the pictures


@dataclass(frozen=True)
class ParzenLogLikelihood:
    """How probable test pictures are under a density of Gaussian kernels around generated ones.

    Attributes:
        mean: Over the test pictures, in nats. Higher is better; it may be above 0, for it is the log of a density.
        standard_error: Of the mean: the standard deviation over the test pictures, by the square root of their number.
        sigma: Standard deviation of the kernels, where pixels range from 0 to 1: the best on the validation pictures.
        dimensions: Numbers in a picture, H x W x C. Figures of different ones cannot be compared.
        samples: How many kernels there are. Figures of different numbers cannot be compared either.
        validation: How many pictures chose sigma.
        test: How many pictures were scored.
    """

    mean: float
    standard_error: float
    sigma: float
    dimensions: int
    samples: int
    validation: int
    test: int


def parzen_log_likelihood(
    samples: Pixels | Features,
    validation: Pixels | Features,
    test: Pixels | Features,
    *,
    sigmas: Sequence[float] = SIGMAS,
    on_progress: OnProgress | None = None,
) -> ParzenLogLikelihood:
    """Measure the log-likelihood of test pictures under Gaussian kernels around generated ones.

    With D numbers x in a picture and M samples mu_j, log p(x) is

        log mean_j exp(-|x - mu_j|^2 / (2 sigma^2)) - D log(sigma sqrt(2 pi)).

    Sigma is that with the best mean over the validation pictures. Published figures, such as 225 ± 2 nats of MNIST, are
    of 10,000 samples, 1,000 validation pictures that were not trained on, and all test pictures.

    The authors warn that the estimate has a high variance and does not perform well in high dimensions; they knew none
    that was better. A good value does not mean good pictures: centroids of K-means get a better one than the training
    pictures they are made of (Theis et al. 2016).

    All pictures are uint8 (N, H, W, C), 0 to 255, or floats of any shape (N, ...), 0 to 1. Arithmetic is in float64, a
    block of pictures and samples at a time: besides the arrays themselves some 300 MiB are needed, however many.

    Args:
        samples: Generated pictures (M, ...), 1 or more.
        validation: Real pictures (V, ...), 1 or more, that sigma is chosen on.
        test: Real pictures (N, ...), 1 or more, that are scored.
        sigmas: Standard deviations to choose from, above 0. Default: the authors', ten from 0.1 to 1, evenly spaced in
            their logarithm.
        on_progress: Called with (done, total): validation and test pictures.

    Raises:
        ValueError: There are no pictures or no sigmas, shapes differ, or a value is out of its range.
    """
    _check(samples=samples, validation=validation, test=test)
    widths = np.array(sigmas, np.float64)
    if not len(widths) or not (np.isfinite(widths) & (widths > 0)).all():
        raise ValueError(f"sigmas must be one or more finite numbers above 0, not {list(sigmas)}")
    total = len(validation) + len(test)

    def scored(pictures: int) -> None:
        if on_progress:
            on_progress(pictures, total)

    chosen = np.zeros(len(widths))
    for start in range(0, len(validation), ROWS):
        chosen += _log_densities(validation[start : start + ROWS], samples, widths).sum(axis=1)
        scored(min(start + ROWS, len(validation)))
    sigma = widths[[chosen.argmax()]]
    scores = np.empty(len(test))
    for start in range(0, len(test), ROWS):
        scores[start : start + ROWS] = _log_densities(test[start : start + ROWS], samples, sigma)[0]
        scored(len(validation) + min(start + ROWS, len(test)))
    return ParzenLogLikelihood(
        mean=float(scores.mean()),
        standard_error=float(scores.std() / np.sqrt(len(test))),
        sigma=float(sigma[0]),
        dimensions=_dimensions(test),
        samples=len(samples),
        validation=len(validation),
        test=len(test),
    )


def _log_densities(pictures: Pixels | Features, samples: Pixels | Features, sigmas: Floats) -> Floats:
    """Log densities of pictures for each sigma: (number of sigmas, N)."""
    dimensions = _dimensions(samples)
    step = max(NUMBERS // dimensions, 1)
    precisions = 1 / (2 * sigmas**2)
    log_sums = np.full((len(sigmas), len(pictures)), -np.inf)
    for row in range(0, len(pictures), step):
        block = _vectors(pictures[row : row + step])
        for column in range(0, len(samples), step):
            for rows, squared in squared_distances(block, _vectors(samples[column : column + step])):
                here = slice(row + rows.start, row + rows.stop)
                nearest = squared.min(axis=1, keepdims=True)
                squared -= nearest  # so that the largest exponential is 1: none overflows, and not all vanish
                for precision, log_sum in zip(precisions, log_sums, strict=True):
                    sums = np.exp(-precision * squared).sum(axis=1)
                    log_sum[here] = np.logaddexp(log_sum[here], np.log(sums) - precision * nearest[:, 0])
    normalizers = np.log(len(samples)) + dimensions * np.log(sigmas * np.sqrt(2 * np.pi))
    return np.asarray(log_sums - normalizers[:, None])


def _vectors(pictures: Pixels | Features) -> Floats:
    """Pictures (N, ...) as vectors (N, D) in [0, 1], float64."""
    vectors = pictures.reshape(len(pictures), -1).astype(np.float64)
    return vectors / 255 if pictures.dtype == np.uint8 else vectors


def _dimensions(pictures: Pixels | Features) -> int:
    return int(np.prod(pictures.shape[1:]))


def _check(**sets: Pixels | Features) -> None:
    shapes = {pictures.shape[1:] for pictures in sets.values()}
    if len(shapes) > 1:
        found = ", ".join(f"{name} {pictures.shape[1:]}" for name, pictures in sets.items())
        raise ValueError(f"pictures have different shapes: {found}")
    for name, pictures in sets.items():
        if not pictures.size:
            raise ValueError(f"{name} pictures should be 1 or more, of 1 number or more, not {pictures.shape}")
        if pictures.dtype != np.uint8 and not ((pictures >= 0) & (pictures <= 1)).all():
            raise ValueError(f"{name} pictures should be uint8, or floats from 0 to 1")
