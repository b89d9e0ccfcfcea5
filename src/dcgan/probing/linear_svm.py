"""A linear support vector machine for many features: L2 penalty, squared hinge loss, one class against all others.

The problem is LinearSVC's (liblinear's solver 0 and 2): for each class minimize

    1/2 |w|^2 + C * sum_i max(0, 1 - y_i (w . x_i))^2

where w takes the bias as one weight more. A truncated Newton method solves it for all classes at once, so that each
pass over the features serves every class; they are read in blocks and may be a memory map of half precision. Its
steps are found by conjugate gradients, preconditioned by a sample of the pictures. Where there are fewer pictures than
features, the problem is solved in the space that the pictures span: the solution lies there.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dcgan.probing.preconditioner import Matrix, Preconditioner
from dcgan.types import OnProgress

ROWS = 2048  # of features brought to float32 at once
INNER = 40  # conjugate-gradient steps for one Newton step, at most
ROUGHLY = 0.2  # of the gradient's length may be left by a Newton step
APART = 1e-6  # of the mean square length of the pictures, added to each
SPANNED = 2048  # pictures whose space is looked for, at most: their products are a matrix of so many by so many

Back = Callable[[NDArray[np.float32]], NDArray[np.float32]]  # weights (R, K) of other coordinates to (D, K)


@dataclass(frozen=True)
class LinearSVM:
    """A fitted machine.

    Attributes:
        weights: (D, K), float32.
        bias: (K,).
        objective: (K,), the value of the problem of each class.
        passes: How often the features were read.
    """

    weights: NDArray[np.float32]
    bias: NDArray[np.float32]
    objective: NDArray[np.float64]
    passes: int

    def scores(self, features: Matrix) -> NDArray[np.float32]:
        """How far on its side of each class's plane: features (N, D) to (N, K)."""
        weights = torch.from_numpy(self.weights)
        parts = [block @ weights for block in _blocks(features)]
        scores = torch.cat(parts) if parts else torch.empty(0, len(self.bias))
        return scores.numpy() + self.bias

    def predict(self, features: Matrix) -> NDArray[np.int64]:
        """The class with the largest score: (N,)."""
        return np.asarray(self.scores(features).argmax(axis=1), np.int64)


def fit_svm(
    features: Matrix,
    labels: NDArray[np.int64],
    classes: int,
    penalty: float,
    *,
    tolerance: float = 1e-5,
    most: int = 50,
) -> LinearSVM:
    """Fit a machine.

    Args:
        features: (N, D), float32 or float16; a memory map will do.
        labels: (N,), 0 to `classes` - 1.
        classes: K, 2 or more.
        penalty: C, above 0: the larger, the more each picture counts.
        tolerance: A class is done when the next step promises to lower its objective by less than this share of it.
        most: Newton steps at most.

    Raises:
        ValueError: Labels are out of range or do not match the features, or C is not above 0.
    """
    return next(fit_path(features, labels, classes, [penalty], tolerance=tolerance, most=most))


def fit_path(
    features: Matrix,
    labels: NDArray[np.int64],
    classes: int,
    penalties: Sequence[float],
    *,
    tolerance: float = 1e-5,
    most: int = 50,
    on_progress: OnProgress | None = None,
) -> Iterator[LinearSVM]:
    """Fit a machine for each of several C, each started from the one before: quickest in growing order.

    Args:
        features: As `fit_svm`, like `labels`, `classes`, `tolerance` and `most`.
        labels: (N,).
        classes: K.
        penalties: Values of C.
        tolerance: When a class is done.
        most: Newton steps at most, for each C.
        on_progress: Called with (machines, in all).

    Yields:
        The machines, as they come.

    Raises:
        ValueError: As `fit_svm`.
    """
    if len(labels) != len(features) or not len(labels) or labels.min() < 0 or labels.max() >= classes or classes < 2:
        raise ValueError(f"{len(labels)} labels for {len(features)} rows of features; they must be 0 to {classes - 1}")
    for penalty in penalties:
        if not penalty > 0 or not np.isfinite(penalty):
            raise ValueError(f"C must be above 0, not {penalty}")
    points: Matrix = features
    back: Back = _as_they_are
    most_spanned = SPANNED if len(penalties) == 1 else 2 * SPANNED  # what it costs to find is shared by them
    if len(features) <= min(features.shape[1] // 2, most_spanned):
        points, back = _spanned(features)
    blocks, preconditioner = _Blocks(points), Preconditioner(points)
    weights = torch.zeros(classes, points.shape[1] + 1)
    for done, penalty in enumerate(penalties, 1):
        problem = _Problem(blocks, preconditioner, labels, classes, penalty)
        weights, objective = _minimum(problem, weights, tolerance, most)
        plane = np.ascontiguousarray(back(weights[:, :-1].T.numpy()))
        if on_progress:
            on_progress(done, len(penalties))
        yield LinearSVM(plane, weights[:, -1].numpy(), objective.numpy(), problem.passes)


def _minimum(problem: "_Problem", weights: Tensor, tolerance: float, most: int) -> tuple[Tensor, Tensor]:
    """The weights (K, D + 1) at which each class's objective is least, and the objectives (K,)."""
    margins = problem.times(weights) if weights.any() else torch.zeros(problem.signs.shape)
    open_ = torch.ones(len(weights), dtype=torch.bool)
    for _ in range(most):
        gradient = problem.gradient(weights, margins)
        direction = _newton_direction(problem, gradient, margins, open_)
        gain = -(gradient * direction).sum(dim=1) / 2  # what a quadratic would still fall by
        open_ &= gain > tolerance * problem.objective(weights, margins)
        along = problem.times(direction)
        length = problem.line_search(weights, margins, direction, along)[:, None]
        weights = weights + length * direction
        margins = margins + length * along
        if not open_.any():
            break
    return weights, problem.objective(weights, margins)


class _Blocks:
    """Features as float32, a block of rows at a time: held in memory if they take a quarter of it at most."""

    def __init__(self, features: Matrix) -> None:
        self.shape = features.shape
        self._features = features
        self._held = list(_blocks(features)) if 4 * features.size <= _memory() / 4 else None

    def __iter__(self) -> Iterator[Tensor]:
        return iter(self._held) if self._held is not None else _blocks(self._features)


class _Problem:
    """The sums over the features and a column of ones. Weights are rows (K, D + 1): so their products are quickest."""

    def __init__(
        self,
        blocks: _Blocks,
        preconditioner: Preconditioner,
        labels: NDArray[np.int64],
        classes: int,
        penalty: float,
    ) -> None:
        self.blocks = blocks
        self.preconditioner = preconditioner
        self.penalty = penalty
        self.signs = torch.full((classes, len(labels)), -1.0)
        self.signs[torch.from_numpy(labels), torch.arange(len(labels))] = 1.0
        self.passes = 0

    def times(self, weights: Tensor) -> Tensor:
        """W X': (K, N)."""
        self.passes += 1
        return torch.cat([weights[:, :-1] @ block.T for block in self.blocks], dim=1) + weights[:, -1:]

    def gradient(self, weights: Tensor, margins: Tensor) -> Tensor:
        """(K, D + 1)."""
        self.passes += 1
        pull = self.signs * (1 - self.signs * margins).clamp_min(0)
        total = torch.zeros_like(weights)
        for block, part in zip(self.blocks, pull.split(ROWS, dim=1), strict=True):
            total[:, :-1] += part @ block
        total[:, -1] = pull.sum(dim=1)
        return weights - 2 * self.penalty * total

    def curvature(self, vectors: Tensor, active: Tensor) -> Tensor:
        """The Hessian times vectors (K, D + 1), in one pass; `active` marks the pictures within the margin."""
        self.passes += 1
        total = torch.zeros_like(vectors)
        for block, inside in zip(self.blocks, active.split(ROWS, dim=1), strict=True):
            product = (vectors[:, :-1] @ block.T + vectors[:, -1:]) * inside
            total[:, :-1] += product @ block
            total[:, -1] += product.sum(dim=1)
        return vectors + 2 * self.penalty * total

    def eased(self, vectors: Tensor, active: Tensor) -> Tensor:
        """Nearly the inverse Hessian times vectors (K, D + 1), up to a factor."""
        return self.preconditioner.solve(vectors, 2 * self.penalty * active.sum(dim=1))

    def objective(self, weights: Tensor, margins: Tensor) -> Tensor:
        """(K,), float64."""
        slack = (1 - self.signs * margins).clamp_min(0).double()
        return 0.5 * weights.double().square().sum(dim=1) + self.penalty * slack.square().sum(dim=1)

    def line_search(self, weights: Tensor, margins: Tensor, direction: Tensor, along: Tensor) -> Tensor:
        """How far to go along each class's direction: the minimum, by Newton's method in one dimension. (K,)."""
        square, inner = direction.square().sum(dim=1), (weights * direction).sum(dim=1)
        length = torch.ones(len(weights))
        for _ in range(10):
            slack = (1 - self.signs * (margins + length[:, None] * along)).clamp_min(0)
            slope = inner + length * square - 2 * self.penalty * (slack * self.signs * along).sum(dim=1)
            bend = square + 2 * self.penalty * ((slack > 0) * along.square()).sum(dim=1)
            length = (length - slope / bend.clamp_min(1e-30)).clamp(0, 10)
        return length


def _newton_direction(problem: _Problem, gradient: Tensor, margins: Tensor, open_: Tensor) -> Tensor:
    """Solve Hessian times direction = -gradient roughly, by conjugate gradients for all classes side by side."""
    active = (problem.signs * margins < 1).float()
    direction = torch.zeros_like(gradient)
    residual = -gradient * open_[:, None]
    search = eased = problem.eased(residual, active)
    square = (residual * eased).sum(dim=1)
    enough = ROUGHLY**2 * square
    for _ in range(INNER):
        going = square > enough
        if not going.any():
            break
        product = problem.curvature(search, active)
        step = torch.where(going, square / (search * product).sum(dim=1).clamp_min(1e-30), torch.zeros(()))[:, None]
        direction += step * search
        residual -= step * product
        eased = problem.eased(residual, active)
        fresh = (residual * eased).sum(dim=1)
        search = eased + torch.where(going, fresh / square.clamp_min(1e-30), torch.zeros(()))[:, None] * search
        square = torch.where(going, fresh, square)
    return direction


def _as_they_are(weights: NDArray[np.float32]) -> NDArray[np.float32]:
    return weights


def _spanned(features: Matrix) -> tuple[Matrix, Back]:
    """The same pictures in N coordinates of the space they span, and the way back for weights (N, K) to (D, K).

    X X' = L L' by Cholesky, so X = L Q' with orthonormal Q = X' L'^-1: L has the pictures, Q the space. A millionth
    added to the diagonal keeps pictures apart that others span.
    """
    whole = torch.from_numpy(np.asarray(features, np.float32))
    products = torch.zeros(len(whole), len(whole), dtype=torch.float64)
    for part in whole.split(ROWS, dim=1):
        part = part.double()  # what is added below must be more than what rounding takes
        products += part @ part.T
    products.diagonal().add_(APART * products.diagonal().mean() + 1e-30)
    lower = torch.linalg.cholesky(products)

    def back(weights: NDArray[np.float32]) -> NDArray[np.float32]:
        inner = torch.from_numpy(weights).double()
        return np.asarray((whole.T @ torch.linalg.solve_triangular(lower.T, inner, upper=True).float()).numpy())

    return np.asarray(lower.float().numpy()), back


def _memory() -> int:
    """Bytes of memory that the machine has; 8 GiB where it does not say."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return 8 * 2**30


def _blocks(features: Matrix) -> Iterator[Tensor]:
    for start in range(0, len(features), ROWS):
        yield torch.from_numpy(np.asarray(features[start : start + ROWS], np.float32))
