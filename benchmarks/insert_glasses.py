"""Glasses put on samples that have none, measured on a model of drawn faces: do the maps that speak for them draw them?

    python -m benchmarks.insert_glasses faces

The boxes come from a detector that learned exact masks of drawn faces; maps are weighed against the same places of
other samples. On samples that a classifier finds without glasses, which learned from other drawn faces, the maps with a
positive weight are raised at the place where glasses usually are; beside them as many random maps of the layer.
`inside` and `outside` are mean changes of gray levels at that place and elsewhere.
"""

import argparse
from pathlib import Path

import numpy as np
from benchmarks.forget_glasses import FACES, JUDGED, LOOKED_AT, fresh_faces

from dcgan.dissection.detector import mark, masked_faces, train_detector
from dcgan.dissection.forget import hidden_sides, weigh_maps
from dcgan.dissection.insert import insert, usual_place
from dcgan.latent.attribute_classifier import train_attribute_classifier
from dcgan.model import load
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
    boxes = mark(detector, model, range(LOOKED_AT))
    lacking = tuple(np.array(JUDGED)[classifier.logits(model.sample(JUDGED))[:, 0] <= 0].tolist())
    places = usual_place(boxes, lacking)
    print(f"{len(lacking)} samples without glasses; {len(boxes.boxes)} boxes on {LOOKED_AT} other samples")
    print(f"{'layer':>5}{'maps':>6}{'forced':>8}{'':>9}{'strength':>10}{'glasses':>10}{'inside':>10}{'outside':>10}")
    for layer in range(len(hidden_sides(model))):
        weighed = weigh_maps(model, boxes, layer, outside="matched")
        wanted = weighed.weights > 0
        random = np.random.default_rng(layer).permutation(wanted)
        for strength in STRENGTHS:
            for name, forced in (("weighed", wanted), ("random", random)):
                drawn = insert(model, weighed, forced, places, strength)
                share = float((classifier.logits(drawn.after)[:, 0] > 0).mean())
                print(
                    f"{layer:>5}{len(forced):>6}{forced.sum():>8}{name:>9}{strength:>10g}{share:>10.1%}"
                    f"{drawn.inside:>10.1f}{drawn.outside:>10.1f}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
