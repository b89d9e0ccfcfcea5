"""How near projection comes to pictures that a model never saw, by starts, steps and loss, with an encoder and without.

    python -m benchmarks.projection faces --test drawn-faces:64:1
    python -m benchmarks.projection runs/faces --test unseen/

Errors are root mean squared differences in gray levels, and perceptual distances in the features of an extractor that
had no part in the search (`dcgan evaluate`'s); the mean over pictures.
"""

import argparse
import time

import numpy as np

import dcgan
from dcgan.data.cache import open_pictures
from dcgan.latent.project import ProjectOptions, errors_of, project
from dcgan.metrics.extractors import build_extractor
from dcgan.model import Model
from dcgan.types import Pixels

SEARCHES = (
    ProjectOptions(starts=1, steps=100),
    ProjectOptions(starts=1, steps=300),
    ProjectOptions(),
    ProjectOptions(starts=16),
    ProjectOptions(steps=1000),
    ProjectOptions(feature_weight=0),
    ProjectOptions(feature_weight=10),
)
QUICK = ProjectOptions(starts=1, steps=100)


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("--test", required=True, help="pictures that the model was not trained on")
    parser.add_argument("--pictures", type=int, default=64)
    parser.add_argument("--images", type=int, default=200_000, help="samples that the encoder is trained on")
    args = parser.parse_args()
    model = dcgan.load(args.model)
    test = open_pictures(args.test, size=model.size, channels=model.channels).pixels
    pictures = np.array(test[np.sort(np.random.default_rng(0).permutation(len(test))[: args.pictures])])
    began = time.perf_counter()
    encoder = dcgan.train_encoder(model, images=args.images)
    print(f"encoder: {args.images:,} samples in {time.perf_counter() - began:.0f} s", flush=True)
    began = time.perf_counter()
    guessed = encoder.encode(model, pictures)
    report("the encoder's guess", pictures, model.generate(guessed), began)
    for options in SEARCHES:
        search(model, pictures, options, None)
    for options in (QUICK, ProjectOptions()):
        search(model, pictures, options, encoder)


def search(model: Model, pictures: Pixels, options: ProjectOptions, encoder: dcgan.Encoder | None) -> None:
    """Project the pictures, and print a line."""
    began = time.perf_counter()
    found = project(model, pictures, options, encoder=encoder, references=0)
    name = f"{options.starts} starts, {options.steps} steps, feature weight {options.feature_weight:g}"
    report(name + (", encoder" if encoder else ""), pictures, found.pixels, began)
    if options == ProjectOptions() and encoder is None:
        print(f"{'best of 1,000 random z':52} error {found.random_errors.mean():5.1f}", flush=True)


def report(name: str, pictures: Pixels, drawn: Pixels, began: float) -> None:
    """Print a line."""
    seconds = (time.perf_counter() - began) / len(pictures)
    extract = build_extractor("efficientnet-lite0").extract
    first, second = (extract(pixels) for pixels in (pictures, drawn))
    cosine = (first * second).sum(axis=1) / np.linalg.norm(first, axis=1) / np.linalg.norm(second, axis=1)
    error = errors_of(drawn, pictures).mean()
    print(f"{name:52} error {error:5.1f}  likeness {cosine.mean():.3f}  {seconds:6.2f} s/picture", flush=True)


if __name__ == "__main__":
    main()
