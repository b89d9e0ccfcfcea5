"""What the verbs of the latent space have in common: samples by seeds or from a file, and a warning."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from dcgan.cli.console import warn
from dcgan.cli.seeds import parse_seeds
from dcgan.errors import UsageError

if TYPE_CHECKING:
    from dcgan.latent.concepts import Concept
    from dcgan.latent.samples import SeedsOrLatents
    from dcgan.model import Model


def samples_of(model: "Model", seeds: str | None, latents: Path | None) -> "SeedsOrLatents | None":
    """The samples that --seeds or --latents name; None if neither is given.

    Raises:
        UsageError: Both are given, or --seeds is no list of seeds.
        LatentError: The file of latents cannot be read, or is another model's.
    """
    if seeds is not None and latents is not None:
        raise UsageError("--seeds and --latents each name the samples; leave one out")
    if latents is not None:
        from dcgan.latent.files import read_latents

        return read_latents(latents, model)
    return None if seeds is None else parse_seeds(seeds)


def warn_of_unstable(concepts: "Iterable[Concept]") -> None:
    """Warn of each concept that is the mean of too few examples."""
    from dcgan.latent.concepts import ENOUGH

    for concept in {concept.name: concept for concept in concepts}.values():
        if not concept.is_stable:
            warn(f"the concept {concept.name} has fewer than {ENOUGH} different samples; sums with it are unstable")
