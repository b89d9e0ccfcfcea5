"""The linear SVM, against scikit-learn's."""

from pathlib import Path

import numpy as np
import pytest

from dcgan.probing.linear_svm import LinearSVM, SVMPath, fit_svm

svm = pytest.importorskip("sklearn.svm")
datasets = pytest.importorskip("sklearn.datasets")


def digits() -> tuple[np.ndarray, np.ndarray]:
    features, labels = datasets.load_digits(return_X_y=True)
    return (features / 16).astype(np.float32), labels.astype(np.int64)


def objective(features: np.ndarray, labels: np.ndarray, fitted: LinearSVM, C: float) -> np.ndarray:
    """As it stands in the docstring, in double precision."""
    weights, bias = fitted.weights.astype(np.float64), fitted.bias.astype(np.float64)
    signs = np.where(labels[:, None] == np.arange(len(bias)), 1, -1)
    slack = np.maximum(0, 1 - signs * (features @ weights + bias))
    return np.asarray(0.5 * ((weights**2).sum(axis=0) + bias**2) + C * (slack**2).sum(axis=0))


@pytest.mark.parametrize("C", [1e-3, 0.1, 10])
def test_it_finds_what_liblinear_finds(C: float) -> None:
    features, labels = digits()
    theirs = svm.LinearSVC(C=C, dual=False, tol=1e-9, max_iter=10_000).fit(features, labels)
    ours = fit_svm(features, labels, 10, C)
    reference = LinearSVM(theirs.coef_.T, theirs.intercept_, np.zeros(10), 0)
    assert ours.objective == pytest.approx(objective(features, labels, reference, C), rel=1e-4)
    assert ours.objective == pytest.approx(objective(features, labels, ours, C), rel=1e-4)
    assert np.array_equal(ours.predict(features), theirs.predict(features))


@pytest.mark.parametrize("C", [1e-3, 0.1, 10])
def test_steps_in_bfloat16_lead_to_the_same_solution(C: float, monkeypatch: pytest.MonkeyPatch) -> None:
    features, labels = digits()
    exact = fit_svm(features, labels, 10, C)
    monkeypatch.setattr("dcgan.probing.feature_blocks.ROUGH_FROM", 0)
    monkeypatch.setattr("dcgan.probing.feature_blocks.has_fast_bfloat16", lambda _: True)
    rough = fit_svm(features, labels, 10, C)
    assert rough.objective == pytest.approx(exact.objective, rel=1e-5)
    assert not np.array_equal(rough.weights, exact.weights)
    assert np.array_equal(rough.predict(features), exact.predict(features))


def test_more_features_than_pictures() -> None:
    features = np.random.default_rng(0).normal(size=(60, 500)).astype(np.float32)
    labels = np.arange(60) % 3
    theirs = svm.LinearSVC(C=1e-2, dual=False, tol=1e-9, max_iter=10_000).fit(features, labels)
    ours = fit_svm(features, labels, 3, 1e-2)
    assert ours.weights == pytest.approx(theirs.coef_.T, abs=1e-4)
    assert ours.bias == pytest.approx(theirs.intercept_, abs=1e-4)


@pytest.mark.parametrize("kind", ["low rank", "repeated", "nothing"])
def test_pictures_that_others_span_are_no_trouble(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(0)
    features = (random.normal(size=(600, 20)) + 3) @ (random.normal(size=(20, 1500)) + 3) / 180
    features = {"low rank": features, "repeated": features[np.arange(600) // 50], "nothing": 0 * features}[kind]
    matrix, labels = features.astype(np.float16), random.integers(3, size=600)
    spanned = fit_svm(matrix, labels, 3, 1e-2)
    monkeypatch.setattr("dcgan.probing.linear_svm.MAX_SPANNED", 0)
    assert spanned.objective == pytest.approx(fit_svm(matrix, labels, 3, 1e-2).objective, rel=1e-4)


def test_a_map_of_half_precision_in_many_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    features, labels = digits()
    whole = fit_svm(features, labels, 10, 0.1)
    np.save(tmp_path / "f.npy", features.astype(np.float16))  # sixteenths are exact
    monkeypatch.setattr("dcgan.probing.feature_blocks.ROWS", 100)
    mapped = np.load(tmp_path / "f.npy", mmap_mode="r")
    parts = fit_svm(mapped, labels, 10, 0.1)
    assert parts.weights == pytest.approx(whole.weights, abs=2e-3)
    assert np.array_equal(parts.predict(mapped), whole.predict(features))


@pytest.mark.parametrize("count", [100, 1797])
def test_a_path_is_that_of_single_fits_and_quicker(count: int) -> None:
    features, labels = digits()
    features, labels = np.tile(features[:count], (1, 4)), labels[:count]  # a hundred pictures span less than 256
    path, values = SVMPath(features, labels, 10), (1e-3, 1e-2, 2e-2)
    together, alone = ([fit(C) for C in values] for fit in (path.fit, lambda C: fit_svm(features, labels, 10, C)))
    for one, other in zip(together, alone, strict=True):
        assert one.objective == pytest.approx(other.objective, rel=1e-4)
        assert one.weights.shape == (256, 10)
    assert together[-1].passes < alone[-1].passes
    below = path.fit(1e-4)  # a path may be gone on with on either side
    assert below.objective == pytest.approx(fit_svm(features, labels, 10, 1e-4).objective, rel=1e-4)


def test_a_large_c_alone_gives_what_it_gives_at_the_end_of_a_path() -> None:
    features = np.random.default_rng(1).normal(size=(60, 500)).astype(np.float32)
    labels = np.arange(60) % 3
    path = SVMPath(features, labels, 3)
    warm = [path.fit(C) for C in (1e-2, 0.1, 1, 10, 100)][-1]
    alone = fit_svm(features, labels, 3, 100)
    assert alone.objective == pytest.approx(warm.objective, rel=1e-3)
    assert alone.passes > warm.passes  # those of the smaller C count


def test_two_classes_by_hand() -> None:
    fitted = fit_svm(np.array([[1.0], [-1.0]], np.float32), np.array([1, 0]), 2, 0.5)
    assert fitted.weights[0] == pytest.approx([-2 / 3, 2 / 3], abs=1e-5)  # 1/2 w^2 + 2 C (1 - w)^2, least at w = 2/3
    assert fitted.bias == pytest.approx([0, 0], abs=1e-5)


@pytest.mark.parametrize(
    ("labels", "classes", "C"),
    [([0, 1], 2, 1), ([0, 1, 2], 2, 1), ([0, 1, -1], 2, 1), ([0, 1, 1], 2, 0), ([0, 0, 0], 1, 1)],
)
def test_what_is_no_problem_is_refused(labels: list[int], classes: int, C: float) -> None:
    with pytest.raises(ValueError, match=r"labels|C must"):
        fit_svm(np.ones((3, 2), np.float32), np.array(labels), classes, C)
