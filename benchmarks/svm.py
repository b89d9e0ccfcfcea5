"""The linear machine for many features, beside scikit-learn's LinearSVC: time, memory, and the value of the problem.

    python -m benchmarks.svm
    python -m benchmarks.svm --pictures 50000 --features 28672 --ours-alone

The features are made up to be like a discriminator's: around ten centers, most of their variance along a few
directions, cut off below. Each way has a process of its own, whose peak of memory is what the operating system counts.
"""

import argparse
import resource
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
from numpy.typing import NDArray

from dcgan.probing.linear_svm import ROWS, fit_svm

CLASSES = 10
DIRECTIONS = 300  # that features vary by together, the k-th by k^-1.3; the last of a net's are as weak
ALONE = 0.3  # deviation of each feature by itself


def made_up(pictures: int, features: int) -> tuple[NDArray[np.float16], NDArray[np.int64]]:
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
        alone = ALONE * random.standard_normal((len(labels[some]), features), dtype=np.float32)
        together = random.standard_normal((len(alone), DIRECTIONS), dtype=np.float32) @ directions
        made[some] = np.maximum(centers[labels[some]] + together + alone, -0.2)
    return made, labels


def run(way: str, pictures: int, features: int, penalty: float) -> tuple[float, float, float, float]:
    """Seconds, the sum of the objectives, the share of right answers on the pictures learned, and the peak in GiB."""
    made, labels = made_up(pictures, features)
    start = time.perf_counter()
    if way == "ours":
        machine = fit_svm(made, labels, CLASSES, penalty)
        seconds, value = time.perf_counter() - start, float(machine.objective.sum())
        right = float((machine.predict(made) == labels).mean())
    else:
        from sklearn.svm import LinearSVC

        whole = made.astype(np.float64)  # what it turns features into
        theirs = LinearSVC(C=penalty, dual="auto", tol=1e-4, max_iter=5000).fit(whole, labels)
        seconds = time.perf_counter() - start
        signs = np.where(labels[:, None] == np.arange(CLASSES), 1, -1)
        slack = np.maximum(0, 1 - signs * theirs.decision_function(whole))
        value = float(0.5 * ((theirs.coef_**2).sum() + (theirs.intercept_**2).sum()) + penalty * (slack**2).sum())
        right = float(theirs.score(whole, labels))
    return seconds, value, right, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=int, default=10_000)
    parser.add_argument("--features", type=int, default=7168)
    parser.add_argument("--penalty", type=float, default=1e-3)
    parser.add_argument("--ours-alone", action="store_true")
    arguments = parser.parse_args()
    print(f"{arguments.pictures:,} x {arguments.features:,}, {CLASSES} classes, C = {arguments.penalty:g}")
    print(f"{'way':<12}{'seconds':>10}{'objective':>14}{'right':>8}{'peak, GiB':>11}")
    for way in ("ours",) if arguments.ours_alone else ("ours", "LinearSVC"):
        with ProcessPoolExecutor(1, get_context("spawn"), max_tasks_per_child=1) as pool:
            numbers = (arguments.pictures, arguments.features, arguments.penalty)
            seconds, value, right, peak = pool.submit(run, way, *numbers).result()
        print(f"{way:<12}{seconds:>10.1f}{value:>14.5f}{right:>8.1%}{peak:>11.1f}", flush=True)


if __name__ == "__main__":
    main()
