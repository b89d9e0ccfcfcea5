"""A linear support vector machine for many features: L2 penalty, squared hinge loss, one class against all others.

The problem is LinearSVC's (liblinear's solver 0 and 2): for each class minimize

    1/2 |w|^2 + C * sum_i max(0, 1 - y_i (w . x_i))^2

where w takes the bias as one weight more. A truncated Newton method solves it for all classes at once, so that each
pass over the features serves every class; they are read in blocks and may be a memory map of half precision. Its
steps are found by conjugate gradients, preconditioned by a sample of the pictures, with many features in bfloat16 where
the machine computes that: a step needs no more, as the gradient, which says where the solution is, is that of float32.
Where there are fewer pictures than features, the problem is solved in the space that the pictures span: the solution
lies there.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dcgan.probing.feature_blocks import ROWS, FeatureBlocks, Matrix, blocks_of
from dcgan.probing.preconditioner import Preconditioner
from dcgan.short_repr import ShortRepr
from dcgan.types import Labels

MAX_CG_STEPS = 40  # of conjugate gradients for one Newton step
CG_TOLERANCE = 0.2  # of the gradient's length may be left by a Newton step
JITTER = 1e-6  # of the mean square length of the pictures, added to each
LARGE_C = 0.1  # a larger C is begun at the solution of a tenth of it: from zero, Newton steps get short and many
MAX_SPANNED = 2048  # pictures whose space is looked for, at most: their products are a matrix of so many by so many

ToFeatures = Callable[[NDArray[np.float32]], NDArray[np.float32]]  # weights (R, K) of other coordinates to (D, K)


@dataclass(frozen=True, repr=False)
class LinearSVM(ShortRepr):
    """A fitted linear SVM.

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
        """The decision function of each class, positive on its own side: features (N, D) to (N, K)."""
        weights = torch.from_numpy(self.weights)
        parts = [block @ weights for block in blocks_of(features)]
        scores = torch.cat(parts) if parts else torch.empty(0, len(self.bias))
        return scores.numpy() + self.bias

    def predict(self, features: Matrix) -> Labels:
        """The class with the largest score: (N,)."""
        return np.asarray(self.scores(features).argmax(axis=1), np.int64)


class SVMPath:
    """Linear SVMs on the same features for several C, each started from that of the next smaller C.

    Args:
        features: (N, D), float32 or float16; a memory map will do.
        labels: (N,), 0 to `classes` - 1.
        classes: K, 2 or more.
        several: More than one C will be fitted, so that more preparation pays.
        tolerance: A class is done when the next step promises to lower its objective by less than this share of it.
        max_steps: Newton steps at most, for each C.

    Raises:
        ValueError: Labels are out of range or do not match the features.

    Example:
        >>> path = SVMPath(features, labels, classes=10)
        >>> svms = [path.fit(C) for C in (1e-4, 1e-3, 1e-2)]  # quickest in rising order
    """

    def __init__(
        self,
        features: Matrix,
        labels: Labels,
        classes: int,
        *,
        several: bool = True,
        tolerance: float = 1e-5,
        max_steps: int = 50,
    ) -> None:
        if (
            len(labels) != len(features)
            or not len(labels)
            or labels.min() < 0
            or labels.max() >= classes
            or classes < 2
        ):
            count = len(labels)
            raise ValueError(f"{count} labels for {len(features)} rows of features; they must be 0 to {classes - 1}")
        points: Matrix = features
        self._to_features: ToFeatures = _unchanged
        if len(features) <= min(features.shape[1] // 2, MAX_SPANNED * (2 if several else 1)):
            points, self._to_features = span(features)
        self._blocks, self._preconditioner = FeatureBlocks(points), Preconditioner(points)
        self._labels = labels
        self._tolerance, self._max_steps = tolerance, max_steps
        self._fitted: dict[float, Tensor] = {0.0: torch.zeros(classes, points.shape[1] + 1)}

    def fit(self, C: float) -> LinearSVM:
        """Fit the SVM of one C, above 0: the larger it is, the more each picture counts.

        Raises:
            ValueError: C is not above 0.
        """
        if not C > 0 or not np.isfinite(C):
            raise ValueError(f"C must be above 0, not {C}")
        smaller, passes = max(fitted for fitted in self._fitted if fitted < C), 0
        if C > LARGE_C and smaller < C / 10:
            smaller, passes = C / 10, self.fit(C / 10).passes
        start = self._fitted[smaller]
        problem = _Problem(self._blocks, self._preconditioner, self._labels, len(start), C)
        weights, objective = _minimize(problem, start, self._tolerance, self._max_steps)
        self._fitted[C] = weights
        in_features = np.ascontiguousarray(self._to_features(weights[:, :-1].T.numpy()))
        return LinearSVM(in_features, weights[:, -1].numpy(), objective.numpy(), passes + problem.passes)


def fit_svm(
    features: Matrix, labels: Labels, classes: int, C: float, *, tolerance: float = 1e-5, max_steps: int = 50
) -> LinearSVM:
    """Fit one linear SVM; see `SVMPath` for the arguments.

    Raises:
        ValueError: Labels are out of range or do not match the features, or C is not above 0.
    """
    path = SVMPath(features, labels, classes, several=False, tolerance=tolerance, max_steps=max_steps)
    return path.fit(C)


def _minimize(problem: "_Problem", weights: Tensor, tolerance: float, max_steps: int) -> tuple[Tensor, Tensor]:
    """The weights (K, D + 1) at which each class's objective is least, and the objectives (K,)."""
    margins = problem.times(weights) if weights.any() else torch.zeros(problem.signs.shape)
    unfinished = torch.ones(len(weights), dtype=torch.bool)
    for _ in range(max_steps):
        gradient = problem.gradient(weights, margins)
        direction = _newton_direction(problem, gradient, margins, unfinished)
        gain = -(gradient * direction).sum(dim=1) / 2  # what a quadratic would still fall by
        unfinished &= gain > tolerance * problem.objective(weights, margins)
        along = problem.times(direction)
        length = problem.line_search(weights, margins, direction, along)[:, None]
        weights = weights + length * direction
        margins = margins + length * along
        if not unfinished.any():
            break
    return weights, problem.objective(weights, margins)


class _Problem:
    """The sums over the features and a column of ones. Weights are rows (K, D + 1): so their products are quickest."""

    def __init__(
        self,
        blocks: FeatureBlocks,
        preconditioner: Preconditioner,
        labels: Labels,
        classes: int,
        C: float,
    ) -> None:
        self.blocks = blocks
        self.preconditioner = preconditioner
        self.C = C
        self.signs = torch.full((classes, len(labels)), -1.0)
        self.signs[torch.from_numpy(labels), torch.arange(len(labels))] = 1.0
        self.passes = 0

    def times(self, weights: Tensor) -> Tensor:
        """W X': (K, N)."""
        self.passes += 1
        columns = weights[:, :-1].T.contiguous()  # quicker
        return torch.cat([(block @ columns).T for block in self.blocks], dim=1) + weights[:, -1:]

    def gradient(self, weights: Tensor, margins: Tensor) -> Tensor:
        """(K, D + 1)."""
        self.passes += 1
        pull = self.signs * (1 - self.signs * margins).clamp_min(0)
        total = torch.zeros_like(weights)
        for block, part in zip(self.blocks, self.blocks.split(pull), strict=True):
            total[:, :-1] += part @ block
        total[:, -1] = pull.sum(dim=1)
        return weights - 2 * self.C * total

    def curvature(self, vectors: Tensor, active: Tensor) -> Tensor:
        """Nearly the Hessian times vectors (K, D + 1), in a pass; `active` marks the pictures within the margin."""
        self.passes += 1
        total, classes = torch.zeros_like(vectors), len(vectors)
        for block, inside in zip(self.blocks.rough(), self.blocks.split(active), strict=True):
            columns = _parts(vectors[:, :-1], block.dtype).T.contiguous()
            product = (_sum_of_parts((block @ columns).T, classes) + vectors[:, -1:]) * inside
            total[:, :-1] += _sum_of_parts(_parts(product, block.dtype) @ block, classes)
            total[:, -1] += product.sum(dim=1)
        return vectors + 2 * self.C * total

    def precondition(self, vectors: Tensor, active: Tensor) -> Tensor:
        """Nearly the inverse Hessian times vectors (K, D + 1), up to a factor."""
        return self.preconditioner.solve(vectors, 2 * self.C * active.sum(dim=1))

    def objective(self, weights: Tensor, margins: Tensor) -> Tensor:
        """(K,), float64."""
        slack = (1 - self.signs * margins).clamp_min(0).double()
        return 0.5 * weights.double().square().sum(dim=1) + self.C * slack.square().sum(dim=1)

    def line_search(self, weights: Tensor, margins: Tensor, direction: Tensor, along: Tensor) -> Tensor:
        """How far to go along each class's direction: the minimum, by Newton's method in one dimension. (K,)."""
        square, inner = direction.square().sum(dim=1), (weights * direction).sum(dim=1)
        length = torch.ones(len(weights))
        for _ in range(10):
            slack = (1 - self.signs * (margins + length[:, None] * along)).clamp_min(0)
            slope = inner + length * square - 2 * self.C * (slack * self.signs * along).sum(dim=1)
            bend = square + 2 * self.C * ((slack > 0) * along.square()).sum(dim=1)
            length = (length - slope / bend.clamp_min(1e-30)).clamp(0, 10)
        return length


def _newton_direction(problem: _Problem, gradient: Tensor, margins: Tensor, unfinished: Tensor) -> Tensor:
    """Solve Hessian times direction = -gradient roughly, by conjugate gradients for all classes side by side."""
    active = (problem.signs * margins < 1).float()
    direction = torch.zeros_like(gradient)
    residual = -gradient * unfinished[:, None]
    search = preconditioned = problem.precondition(residual, active)
    square = (residual * preconditioned).sum(dim=1)
    enough = CG_TOLERANCE**2 * square
    for _ in range(MAX_CG_STEPS):
        going = square > enough
        if not going.any():
            break
        product = problem.curvature(search, active)
        step = torch.where(going, square / (search * product).sum(dim=1).clamp_min(1e-30), torch.zeros(()))[:, None]
        direction += step * search
        residual -= step * product
        preconditioned = problem.precondition(residual, active)
        new_square = (residual * preconditioned).sum(dim=1)
        search = (
            preconditioned + torch.where(going, new_square / square.clamp_min(1e-30), torch.zeros(()))[:, None] * search
        )
        square = torch.where(going, new_square, square)
    return direction


def _parts(rows: Tensor, dtype: torch.dtype) -> Tensor:
    """Rows (K, M) of float32 in the type of a block; in bfloat16 (2 K, M), of which the second K correct the first."""
    if dtype == torch.float32:
        return rows
    rounded = rows.bfloat16()
    return torch.cat([rounded, (rows - rounded).bfloat16()])


def _sum_of_parts(products: Tensor, count: int) -> Tensor:
    """Of products with such parts: (count, M), float32."""
    total: Tensor = products.float().unflatten(0, (-1, count)).sum(dim=0)
    return total


def _unchanged(weights: NDArray[np.float32]) -> NDArray[np.float32]:
    return weights


def span(features: Matrix) -> tuple[Matrix, ToFeatures]:
    """The same pictures in N coordinates of the space they span, and the way back for weights (N, K) to (D, K).

    X X' = L L' by Cholesky, so X = L Q' with orthonormal Q = X' L'^-1: L has the pictures, Q the space. A millionth
    added to the diagonal keeps pictures apart that others span.
    """
    whole = torch.from_numpy(np.asarray(features, np.float32))
    products = torch.zeros(len(whole), len(whole), dtype=torch.float64)
    for part in whole.split(ROWS, dim=1):
        part = part.double()  # what is added below must be more than what rounding takes
        products += part @ part.T
    products.diagonal().add_(JITTER * products.diagonal().mean() + 1e-30)
    lower = torch.linalg.cholesky(products)

    def to_features(weights: NDArray[np.float32]) -> NDArray[np.float32]:
        inner = torch.from_numpy(weights).double()
        return np.asarray((whole.T @ torch.linalg.solve_triangular(lower.T, inner, upper=True).float()).numpy())

    return np.asarray(lower.float().numpy()), to_features
