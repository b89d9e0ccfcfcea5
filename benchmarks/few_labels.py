"""How many labels it takes to sort pictures, as the studio's tab Sort does: the first are a varied choice, then doubts.

    python -m benchmarks.few_labels

sorts 5,000 drawn faces with or without glasses by the features of the model `faces`. Each round adds 24 labels: of the
pictures that the classifier is most in doubt of, or, to compare, of random ones. Accuracy is that on the pictures
without a label; the estimate is what the page shows, from the labels of the varied choice alone.
"""

import argparse

import numpy as np

import dcgan
from dcgan.features.extract import DiscriminatorExtractor
from dcgan.probing.cross_validation import fit_cross_validated
from dcgan.probing.varied import varied_order
from dcgan.types import Features, Labels

FIRST, ADDED, ROUNDS = 24, 24, 5


def rounds(features: Features, labels: Labels, seed: int, *, doubts: bool) -> list[tuple[float, float]]:
    """Accuracy on the pictures without a label, and the estimate of it, after each round; 0 to 1."""
    order = varied_order(features, seed=seed) if doubts else np.random.default_rng(seed).permutation(len(labels))
    known, found = order[:FIRST], list[tuple[float, float]]()
    for _ in range(ROUNDS):
        representative = np.isin(known, order[:FIRST]) if doubts else np.ones(len(known), bool)
        fit = fit_cross_validated(features[known], labels[known], 2, representative=representative)
        probabilities = fit.probabilities(fit.svm.scores(features))
        others = np.setdiff1d(np.arange(len(labels)), known)
        right = probabilities[others].argmax(axis=1) == labels[others]
        found.append((float(right.mean()), fit.accuracy))
        doubtful = others[np.argsort(probabilities[others].max(axis=1))]
        rest = order[~np.isin(order, known)]
        known = np.concatenate([known, (doubtful if doubts else rest)[:ADDED]])
    return found


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=int, default=5000)
    parser.add_argument("--seeds", type=int, default=5)
    options = parser.parse_args()
    model = dcgan.load("faces")
    faces = dcgan.open_pictures(f"drawn-faces:{options.pictures}", size=model.size, channels=model.channels)
    extractor = DiscriminatorExtractor(model)
    extractor.measure(faces.pixels)
    features = extractor.extract(np.asarray(faces.pixels))
    columns = [
        np.mean([rounds(features, faces.labels, seed, doubts=doubts) for seed in range(options.seeds)], axis=0)
        for doubts in (True, False)
    ]
    print(f"{len(faces):,} drawn faces, glasses or none, mean of {options.seeds} seeds")
    print("labels   varied, then doubts (estimate)   random (estimate)")
    for index in range(ROUNDS):
        (doubts, guess), (random, guess_random) = columns[0][index], columns[1][index]
        labels = FIRST + index * ADDED
        print(f"{labels:6}   {doubts:19.1%} {f'({guess:.1%})':>10}   {random:7.1%} {f'({guess_random:.1%})':>9}")


if __name__ == "__main__":
    main()
