"""What is looked at while training: the record of metrics, the sheet of samples, the model with measured statistics.

None of it changes the weights in training.
"""

import torch

from dcgan.model import Model, to_pixels
from dcgan.networks.batch_norm import measure_statistics
from dcgan.randomness import Stream, latents_from_seeds, rng, sample_latents
from dcgan.training.image_loader import Pictures
from dcgan.training.monitor import BATCH, spread
from dcgan.training.state import MEASURES, TrainingState
from dcgan.types import Pixels

SHEET_SEEDS = range(64)
STATISTICS_BATCHES = 16  # mini-batches that fixed batch-norm statistics are measured on


def real_spread(pictures: Pictures, seed: int) -> float:
    """The variety of the real pictures, which that of generated ones is compared with."""
    return spread(pictures.some(BATCH, Stream.MONITOR_IMAGES, seed))


@torch.no_grad()
def take_record(state: TrainingState, real_spread: float) -> dict[str, float]:
    """Means since the last record, and the diversity of a fixed batch of z; the running sums start anew.

    `d_real` and `d_fake` are D(x) and D(G(z)), 0 to 1; the losses are in nats; `d_gradient` and `g_gradient` are norms;
    `diversity` is 1 where generated pictures vary like real ones, near 0 where they are near-identical. Measures of a
    net that was not updated since the last record are left out.
    """
    recipe, progress = state.recipe, state.progress
    sums = state.sums.tolist()
    state.sums.zero_()
    record: dict[str, float] = {"images": progress.images, "step": progress.step, "seconds": round(progress.seconds, 3)}
    for name, value in zip(MEASURES, sums, strict=False):
        count = sums[len(MEASURES) + name.startswith("g_")]
        if count:
            record[name] = value / count
    z = sample_latents(rng(Stream.MONITOR_LATENTS, recipe.seed), BATCH, recipe.latent_dim, recipe.latent_distribution)
    with state.precision():
        generated = state.generator(torch.from_numpy(z).to(state.device))
    record["diversity"] = spread(generated) / real_spread if real_spread else 1.0
    record["learning_rate"] = state.learning_rate()
    record["rollbacks"] = progress.rollbacks
    return record


@torch.no_grad()
def draw_samples(state: TrainingState) -> Pixels:
    """The same seeds at every moment of the run, by the averaged generator: pixels (64, H, W, C)."""
    recipe = state.recipe
    _measure_generator(state)
    z = latents_from_seeds(SHEET_SEEDS, recipe.latent_dim, recipe.latent_distribution)
    return to_pixels(state.averaged(torch.from_numpy(z).to(state.device)))


def measured_model(state: TrainingState, pictures: Pictures) -> Model:
    """The averaged generator and the discriminator, with batch-norm statistics measured anew.

    The generator's are those of mini-batches of z, the discriminator's those of mini-batches of real pictures.
    """
    recipe = state.recipe
    _measure_generator(state)
    batches = range(STATISTICS_BATCHES)
    real = (pictures.some(recipe.batch_size, Stream.STATISTICS_IMAGES, recipe.seed, batch) for batch in batches)
    measure_statistics(state.discriminator, real)
    details = {
        "recipe": {name: value for name, value in recipe.values().items() if value is not None},
        "images": state.progress.images,
        "rollbacks": state.progress.rollbacks,
        "statistics": {
            "generator": f"mean over {STATISTICS_BATCHES} mini-batches of {recipe.batch_size} z",
            "discriminator": f"mean over {STATISTICS_BATCHES} mini-batches of {recipe.batch_size} real pictures",
        },
    }
    return Model(recipe.architecture(), state.averaged, state.discriminator, details)


def _measure_generator(state: TrainingState) -> None:
    recipe = state.recipe
    random = rng(Stream.STATISTICS_LATENTS, recipe.seed)
    z = (
        sample_latents(random, recipe.batch_size, recipe.latent_dim, recipe.latent_distribution)
        for _ in range(STATISTICS_BATCHES)
    )
    with state.precision():
        measure_statistics(state.averaged, (torch.from_numpy(batch).to(state.device) for batch in z))
