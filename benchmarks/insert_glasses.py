"""Inserting glasses, measured on a model of drawn faces: do the maps with a positive weight draw them?

    python -m benchmarks.insert_glasses faces

The boxes come from a detector that learned exact masks of drawn faces; the negatives are the same positions
of other samples. On samples without glasses (as a classifier says, which learned from other drawn faces), the maps with
a positive weight are raised where glasses usually are; beside them as many random maps of the layer.
`inside` and `outside` are mean changes of gray levels there and elsewhere.
"""

import argparse
from pathlib import Path

import numpy as np
from benchmarks.forget_glasses import FACES, JUDGED, LOOKED_AT, fresh_faces

from dcgan.dissection.detector import boxes_by, masked_faces, train_detector
from dcgan.dissection.insert import median_box, raise_maps
from dcgan.dissection.map_classifier import fit_map_classifier, hidden_sides
from dcgan.latent.attribute_classifier import train_attribute_classifier
from dcgan.loading import load
from dcgan.networks.memory import reuse_memory

STRENGTHS = (1.0, 2.0)


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    model = load(parser.parse_args().model)
    reuse_memory()
    classifier = train_attribute_classifier(*fresh_faces(model.architecture.size))
    detector = train_detector(*masked_faces("glasses", FACES, model.architecture.size))
    boxes = boxes_by(detector, model, range(LOOKED_AT))
    lacking = tuple(np.array(JUDGED)[classifier.logits(model.sample(JUDGED))[:, 0] <= 0].tolist())
    at = median_box(boxes, lacking)
    print(f"{len(lacking)} samples without glasses; {len(boxes.boxes)} boxes on {LOOKED_AT} other samples")
    print(f"{'layer':>5}{'maps':>6}{'raised':>8}{'':>9}{'strength':>10}{'glasses':>10}{'inside':>10}{'outside':>10}")
    for layer in range(len(hidden_sides(model))):
        fitted = fit_map_classifier(model, boxes, layer, negatives="matched")
        positive = fitted.weights > 0
        random = np.random.default_rng(layer).permutation(positive)
        for strength in STRENGTHS:
            for name, raised in (("positive", positive), ("random", random)):
                result = raise_maps(model, fitted, raised, at, strength)
                share = float((classifier.logits(result.after)[:, 0] > 0).mean())
                print(
                    f"{layer:>5}{len(raised):>6}{raised.sum():>8}{name:>9}{strength:>10g}{share:>10.1%}"
                    f"{result.change.inside:>10.1f}{result.change.outside:>10.1f}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
