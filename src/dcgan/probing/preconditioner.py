"""What makes conjugate gradients on a linear SVM's Hessian quick: the strong directions of its features.

A few directions hold most of what features of a net vary by, and conjugate gradients take long for them. A sample of
the pictures shows which; another sample, how strong they are: of those that they were found by, they are too strong.
"""

import numpy as np
import torch
from torch import Tensor

from dcgan.probing.feature_blocks import Matrix

SAMPLED = 1000  # pictures in each sample, at most
STRIDE = 10  # of so many pictures one is sampled
NEGLIGIBLE = 1e-6  # of all strengths; a direction that is weaker is left out
MAX_SCALING = 100.0  # of a direction: pictures outside the margin do not count, and its strength may lie in them
WEAKEST = 20  # the weakest of so many are taken to be as strong as what lies outside the sample


class Preconditioner:
    """Nearly the inverse of I + s E[x x'], up to a factor, where x are the features and a one.

    Attributes:
        directions: (D + 1, R), orthonormal.
        strengths: (R,), the mean square of the features along each.
        rest: The mean square along others.
    """

    def __init__(self, features: Matrix) -> None:
        """Sample features (N, D); without 10 pictures there are no directions."""
        step = max(STRIDE, -(-len(features) // SAMPLED))
        found, held_out = (_with_ones(features[start::step]) for start in (0, step // 2))
        found = found[: len(features) // step]
        strengths, vectors = torch.linalg.eigh((found @ found.T).double())
        strong = strengths > NEGLIGIBLE * strengths.sum()
        self.directions = found.T @ (vectors[:, strong] / strengths[strong].sqrt()).float()
        self.strengths = (held_out @ self.directions).square().mean(dim=0)
        weakest = self.strengths.sort().values[: -(-len(self.strengths) // WEAKEST)]
        self.rest = float(weakest.mean()) if len(weakest) else 0.0

    def solve(self, vectors: Tensor, scales: Tensor) -> Tensor:
        """Vectors (K, D + 1), each with an s of `scales` (K,), times nearly the inverse."""
        scales = scales[:, None]
        factors = ((1 + scales * self.rest) / (1 + scales * self.strengths)).clamp_min(1 / MAX_SCALING)
        solved: Tensor = vectors - (vectors @ self.directions * (1 - factors)) @ self.directions.T
        return solved


def _with_ones(features: Matrix) -> Tensor:
    points = torch.from_numpy(np.asarray(features, np.float32))
    return torch.cat([points, torch.ones(len(points), 1)], dim=1)
