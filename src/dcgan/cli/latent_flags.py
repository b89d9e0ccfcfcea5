"""What verbs of the latent space take: samples by seeds or files, and concepts by their names."""

from pathlib import Path
from typing import TYPE_CHECKING

from dcgan.cli.console import warn
from dcgan.cli.flags import need
from dcgan.cli.seeds import parse_seeds
from dcgan.errors import DcganError

if TYPE_CHECKING:
    from dcgan.latent.concepts import Concept
    from dcgan.model import Model
    from dcgan.types import Latents

KEYS = 9  # of a walk by default, as in the paper


def samples_of(model: "Model", seeds: str | None, seed: int, latents: Path | None) -> "tuple[Latents, list[str]]":
    """The z that the flags name, and what to call them."""
    from dcgan.latent.files import read_latents
    from dcgan.randomness import Stream, rng

    if latents is not None:
        if seeds is not None:
            raise DcganError("--seeds and --latents each name the samples; leave one out")
        z = read_latents(latents, model)
        return z, [f"#{row}" for row in range(len(z))]
    if seeds is None:
        need(seed >= 0, "--seed", "0 or more", seed)
        chosen = rng(Stream.WALK_KEYS, seed).choice(10_000, KEYS, replace=False).tolist()
    else:
        chosen = parse_seeds(seeds)
    return model.latents(chosen), [str(name) for name in chosen]


def known_concepts(model_path: Path, path: Path | None, model: "Model", names: list[str]) -> "dict[str, Concept]":
    """The concepts that are named, from the file given or the model's own."""
    from dcgan.latent.concepts import ENOUGH, read_concepts, unknown
    from dcgan.model_folder import OWN_CONCEPTS, find

    own = find(model_path) / OWN_CONCEPTS
    path = path or (own if own.is_file() else None)
    known = read_concepts(path, model) if path else {}
    for name in names:
        if name not in known:
            raise unknown(name, known, path)
        concept = known[name]
        if not concept.is_axis and len(concept.z) < ENOUGH:
            warn(f"the concept {name} has {len(concept.z)} sample(s); with fewer than {ENOUGH} sums are unstable")
    return known
