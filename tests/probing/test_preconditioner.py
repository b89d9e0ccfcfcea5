"""A sample of the pictures shows the directions that a linear SVM is slow to learn along."""

import numpy as np
import pytest
import torch

from dcgan.probing.linear_svm import fit_svm
from dcgan.probing.preconditioner import Preconditioner

RANDOM = np.random.default_rng(0)
STRONG = (100 * RANDOM.standard_normal((600, 3)) @ RANDOM.standard_normal((3, 40))).astype(np.float32)
FEATURES = STRONG + RANDOM.standard_normal((600, 40), dtype=np.float32)
LABELS = (FEATURES[:, 0] + FEATURES[:, 1] > 0).astype(np.int64)


def test_strong_directions_are_eased_by_a_hundred_at_most() -> None:
    points = torch.cat([torch.from_numpy(FEATURES), torch.ones(600, 1)], dim=1)
    hessian = torch.eye(41) + 1e-3 * points.T @ points / 600
    solved = Preconditioner(FEATURES).solve(hessian, torch.full((41,), 1e-3))
    values = torch.linalg.eigvals(solved.double()).real
    assert torch.linalg.cond(hessian) == pytest.approx(100 * values.max() / values.min(), rel=0.5)


def test_it_keeps_what_is_positive_positive() -> None:
    solved = Preconditioner(FEATURES).solve(torch.eye(41), torch.full((41,), 10.0)).double()
    assert torch.allclose(solved, solved.T, atol=1e-6)
    assert torch.linalg.eigvalsh(solved).min() > 0


@pytest.mark.parametrize("features", [FEATURES[:3], np.zeros((600, 5), np.float32)], ids=["few", "nothing"])
def test_where_a_sample_shows_nothing_all_stays_finite(features: np.ndarray) -> None:
    vectors = torch.ones(2, features.shape[1] + 1)
    assert Preconditioner(features).solve(vectors, torch.tensor([0.0, 1e6])).isfinite().all()


def test_it_saves_passes_and_finds_the_least(monkeypatch: pytest.MonkeyPatch) -> None:
    svm = pytest.importorskip("sklearn.svm")
    theirs = svm.LinearSVC(C=0.01, dual=False, tol=1e-10, max_iter=10_000).fit(FEATURES, LABELS)
    slack = np.maximum(0, 1 - np.where(LABELS == 1, 1, -1) * theirs.decision_function(FEATURES))
    least = 0.5 * ((theirs.coef_**2).sum() + theirs.intercept_[0] ** 2) + 0.01 * (slack**2).sum()
    quick = fit_svm(FEATURES, LABELS, 2, 0.01)
    assert quick.objective == pytest.approx([least, least], rel=1e-4)
    monkeypatch.setattr(Preconditioner, "solve", lambda _, vectors, _scales: vectors)
    assert quick.passes < 0.7 * fit_svm(FEATURES, LABELS, 2, 0.01).passes
