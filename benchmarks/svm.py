"""The linear SVM for many features, beside scikit-learn's LinearSVC: time, memory, and the value of the problem.

    python -m benchmarks.svm
    python -m benchmarks.svm --pictures 50000 --features 28672 --ours-alone

The features are synthetic, like a discriminator's: around ten centers, most of their variance along a few directions,
cut off below. Each solver has a process of its own, whose peak of memory is what the operating system counts.
"""

import argparse
import resource
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
from numpy.typing import NDArray

from dcgan.probing.feature_blocks import ROWS
from dcgan.probing.linear_svm import fit_svm

CLASSES = 10
DIRECTIONS = 300  # that features vary by together, the k-th by k^-1.3; the last of a net's are as weak
OWN_STD = 0.3  # of each feature by itself


def synthetic(pictures: int, features: int) -> tuple[NDArray[np.float16], NDArray[np.int64]]:
    """Features (N, D) in half precision, and labels."""
    random = np.random.default_rng(0)
    centers = 0.15 * random.standard_normal((CLASSES, features), dtype=np.float32)
    labels = random.integers(CLASSES, size=pictures)
    directions = random.standard_normal((DIRECTIONS, features), dtype=np.float32)
    falling = np.arange(1, DIRECTIONS + 1, dtype=np.float32)[:, None] ** -0.65
    directions *= falling / np.linalg.norm(falling)
    made = np.empty((pictures, features), np.float16)
    for start in range(0, pictures, ROWS):
        some = slice(start, start + ROWS)
        alone = OWN_STD * random.standard_normal((len(labels[some]), features), dtype=np.float32)
        together = random.standard_normal((len(alone), DIRECTIONS), dtype=np.float32) @ directions
        made[some] = np.maximum(centers[labels[some]] + together + alone, -0.2)
    return made, labels


def run(solver: str, pictures: int, features: int, C: float) -> tuple[float, float, float, float]:
    """Seconds, the sum of the objectives, the share of right answers on the pictures learned, and the peak in GiB."""
    made, labels = synthetic(pictures, features)
    start = time.perf_counter()
    if solver == "ours":
        svm = fit_svm(made, labels, CLASSES, C)
        seconds, value = time.perf_counter() - start, float(svm.objective.sum())
        right = float((svm.predict(made) == labels).mean())
    else:
        from sklearn.svm import LinearSVC

        whole = made.astype(np.float64)  # what it turns features into
        theirs = LinearSVC(C=C, dual="auto", tol=1e-4, max_iter=5000).fit(whole, labels)
        seconds = time.perf_counter() - start
        signs = np.where(labels[:, None] == np.arange(CLASSES), 1, -1)
        slack = np.maximum(0, 1 - signs * theirs.decision_function(whole))
        value = float(0.5 * ((theirs.coef_**2).sum() + (theirs.intercept_**2).sum()) + C * (slack**2).sum())
        right = float(theirs.score(whole, labels))
    return seconds, value, right, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=int, default=10_000)
    parser.add_argument("--features", type=int, default=7168)
    parser.add_argument("--C", type=float, default=1e-3)
    parser.add_argument("--ours-alone", action="store_true")
    arguments = parser.parse_args()
    print(f"{arguments.pictures:,} x {arguments.features:,}, {CLASSES} classes, C = {arguments.C:g}")
    print(f"{'solver':<12}{'seconds':>10}{'objective':>14}{'right':>8}{'peak, GiB':>11}")
    for solver in ("ours",) if arguments.ours_alone else ("ours", "LinearSVC"):
        with ProcessPoolExecutor(1, get_context("spawn"), max_tasks_per_child=1) as pool:
            numbers = (arguments.pictures, arguments.features, arguments.C)
            seconds, value, right, peak = pool.submit(run, solver, *numbers).result()
        print(f"{solver:<12}{seconds:>10.1f}{value:>14.5f}{right:>8.1%}{peak:>11.1f}", flush=True)


if __name__ == "__main__":
    main()
