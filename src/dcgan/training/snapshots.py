"""What is looked at while training: the record of metrics, the sheet of samples, the model, its kernel distance.

None of it changes the weights in training.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
import torch
from torch import Tensor, nn

from dcgan.data.packed import PackedSet
from dcgan.errors import UsageError
from dcgan.metrics.extractors import Extractor, ExtractorOptions, build_extractor
from dcgan.metrics.features import generated_features, real_features
from dcgan.metrics.kernel import kernel_distance
from dcgan.model import Model
from dcgan.networks.batch_norm import measure_statistics
from dcgan.networks.generator import Generator
from dcgan.pixels import split_frames, to_pixels
from dcgan.randomness import Stream, each_label, latents_from_seeds, rng, sample_latents
from dcgan.sound.spectrogram import SoundFormat
from dcgan.training.batches import ImageLoader
from dcgan.training.monitor import BATCH, diversity
from dcgan.training.recipe import Recipe
from dcgan.training.state import MEASURES, TrainingState
from dcgan.types import Pixels

SHEET_SEEDS, SHEET_COLUMNS, MOST_ROWS = range(64), 8, 16
SHEET_CLIPS = 8  # of nets that continue clips
STATISTICS_IMAGES = 1024  # that batch-norm statistics are measured on; half as many move samples by 12 gray levels

Moment = tuple[int, int]  # roll-backs and steps: weights of one moment are the same


class Snapshots:
    """Looks at a training; what several looks at one moment need is computed once.

    Args:
        state: The training.
        loader: The real images.
        labels: What their labels are called; conditional nets are given them.
        sound: What a clip of sound is, if the images are spectrograms.
    """

    def __init__(
        self,
        state: TrainingState,
        loader: ImageLoader,
        labels: Sequence[str] = (),
        sound: SoundFormat | None = None,
    ) -> None:
        self.state = state
        self.loader = loader
        self.labels = labels if state.interface.classes else ()
        self.sound = sound
        self.columns = SHEET_COLUMNS
        """Pictures in a row of a sheet."""
        if state.family.continues:
            self.columns = state.interface.frames + 1
        last_level = state.family.levels(state.interface) - 1
        self.real_diversity = diversity(self._last_frame(state.family.prepare(self._monitored(), last_level)))
        self._measured: Moment | None = None
        self._model: tuple[Moment, Model] | None = None

    @torch.no_grad()
    def record(self) -> dict[str, float]:
        """Means since the last record, and the diversity of a fixed batch of z; the running sums start anew.

        `d_real` and `d_fake` are D(x) and D(G(z)), 0 to 1; the losses are in nats; `d_gradient` and `g_gradient` are
        norms; `diversity` is 1 where generated images vary like real ones, near 0 where they are near-identical.
        Measures of a net that was not updated since the last record are left out.
        """
        state, recipe, progress = self.state, self.state.recipe, self.state.progress
        sums = state.sums.tolist()
        state.sums.zero_()
        seconds = round(progress.seconds, 3)
        record: dict[str, float] = {"images": progress.images, "step": progress.step, "seconds": seconds}
        for name, value in zip(MEASURES, sums, strict=False):
            count = sums[len(MEASURES) + name.startswith("g_")]
            if count:
                record[name] = value / count
        net = state.generator
        if state.own:  # a pass in training mode would change running statistics
            self._measure_generator()
            net = state.ema_generator
        with state.precision():
            if state.family.continues:
                generated = self._continued(net, self._monitored())
            else:
                generated = net(self._latents(rng(Stream.MONITOR_LATENTS, recipe.seed), BATCH))
        count = min(BATCH, len(self.loader))  # of real images: the more there are, the nearer is the nearest
        groups = [group for group in generated.split(count) if len(group) == count]
        varied = sum(map(diversity, groups)) / len(groups)
        record["diversity"] = varied / self.real_diversity if self.real_diversity else 1.0
        record["learning_rate"] = state.learning_rate()
        record["rollbacks"] = progress.rollbacks
        return record

    @torch.no_grad()
    def sheet(self) -> Pixels:
        """The same seeds at every moment of the run, by the averaged generator: pixels (64, H, W, C).

        Of conditional nets a row of eight for each label, up to sixteen rows. Of nets that predict frames eight rows:
        the frames of a clip, and the last of them as predicted from those before it.
        """
        nets = self.state.interface
        if self.state.family.continues:
            return self._sheet_of_clips()
        self._measure_generator()
        z = latents_from_seeds(SHEET_SEEDS, nets.latent_dim, nets.latent_distribution, nets.classes)
        if nets.classes:
            z = each_label(z[:SHEET_COLUMNS], nets.classes)[: SHEET_COLUMNS * MOST_ROWS]
        return to_pixels(self.state.ema_generator(torch.from_numpy(z).to(self.state.device)))

    def model(self) -> Model:
        """The averaged generator and the discriminator, with batch-norm statistics measured at this moment.

        The generator's are those of mini-batches of z, the discriminator's those of mini-batches of real images.
        """
        state, recipe = self.state, self.state.recipe
        if self._model and self._model[0] == self._moment:
            return self._model[1]
        self._measure_generator()
        batches = _batches(recipe)
        with state.precision():
            measure_statistics(state.discriminator, map(self._real, range(batches)))
        details: dict[str, object] = {
            "recipe": {name: value for name, value in recipe.values().items() if value is not None},
            "images": state.progress.images,
            "rollbacks": state.progress.rollbacks,
            **state.origin,
        }
        if self.labels:
            details["labels"] = list(self.labels)
        if self.sound:
            details["sound"] = asdict(self.sound)
        if not state.own:
            how = f"mean over {batches} mini-batches of {recipe.definite.batch_size}"
            given = "real images" if state.family.continues else "z"
            details["statistics"] = {"generator": f"{how} {given}", "discriminator": f"{how} real images"}
        model = Model(state.interface, state.ema_generator, state.discriminator, details)
        self._model = self._moment, model
        return model

    @property
    def _moment(self) -> Moment:
        return self.state.progress.rollbacks, self.state.progress.step

    def _measure_generator(self) -> None:
        """Fix the averaged generator's statistics, unless that is done for this moment."""
        state, recipe = self.state, self.state.recipe
        if self._measured == self._moment:
            return
        ema = state.ema_generator
        for averaged, buffer in zip(ema.buffers(), state.generator.buffers(), strict=True):
            averaged.copy_(buffer)  # running statistics of nets of your own
        random = rng(Stream.STATISTICS_LATENTS, recipe.seed)
        if state.family.continues:
            z = (self._before(self._real(batch)[0]) for batch in range(_batches(recipe)))
        else:
            z = (self._latents(random, recipe.definite.batch_size) for _ in range(_batches(recipe)))
        with state.precision():
            measure_statistics(_HiddenLayers(ema) if isinstance(ema, Generator) else ema, z)
        self._measured = self._moment

    def _sheet_of_clips(self) -> Pixels:
        index = self.loader.random_index(SHEET_CLIPS, Stream.REPORT_IMAGES, self.state.recipe.seed)
        clips = self.loader.images(index)
        predicted = self._continued(self.state.ema_generator, clips)
        rows = to_pixels(torch.cat([clips, predicted.to(clips.dtype)], dim=1))
        return split_frames(rows, self.columns).reshape(-1, *rows.shape[1:3], self.state.interface.channels)

    def _monitored(self) -> Tensor:
        """The real images that diversity is compared with; nets that continue clips are given them."""
        return self.loader.random_images(BATCH, Stream.MONITOR_IMAGES, self.state.recipe.seed)

    def _continued(self, net: nn.Module, clips: Tensor) -> Tensor:
        """The last frame of clips, as a net predicts it: (N, C, H, W)."""
        return self._last_frame(self.state.family.draw(net, clips.new_empty(len(clips), 0), clips))

    def _before(self, clips: Tensor) -> Tensor:
        """The latent vectors of clips: their frames before the last."""
        return clips[:, : -self.state.interface.channels].flatten(1)

    def _last_frame(self, images: Tensor) -> Tensor:
        return images[:, -self.state.interface.channels :]

    def _latents(self, random: np.random.Generator, count: int) -> Tensor:
        nets = self.state.interface
        z = sample_latents(random, count, nets.latent_dim, nets.latent_distribution, nets.classes)
        return torch.from_numpy(z).to(self.state.device)

    def _real(self, batch: int) -> tuple[Tensor, ...]:
        """A mini-batch of real images, as the discriminator takes them: of conditional nets with their labels."""
        recipe, classes = self.state.recipe, self.state.interface.classes
        index = self.loader.random_index(recipe.definite.batch_size, Stream.STATISTICS_IMAGES, recipe.seed, batch)
        images = self.loader.images(index)
        if not classes:
            return (images,)
        assert self.loader.labels is not None
        labels = torch.from_numpy(np.eye(classes, dtype=np.float32)[self.loader.labels[index]])
        return images, labels.to(images.device)


class _HiddenLayers(nn.Module):
    """A generator without its output layer, which takes a third of the time and has no statistics."""

    def __init__(self, generator: Generator) -> None:
        super().__init__()
        self.generator = generator
        self.training = generator.training

    def forward(self, z: Tensor) -> None:
        """Compute the maps of the hidden layers."""
        for _ in self.generator.feature_maps(z):
            pass


def _batches(recipe: Recipe) -> int:
    """Mini-batches that statistics are measured on."""
    return max(1, -(-STATISTICS_IMAGES // recipe.definite.batch_size))


@dataclass(frozen=True)
class MeasuredDistance:
    """The kernel distance of a checkpoint to the images it learns from.

    Attributes:
        mean: Over subsets; 0 is best.
        std: Standard deviation over the subsets.
        measured: In which way; a distance is compared with none that was measured in another.
    """

    mean: float
    std: float
    measured: str


@dataclass(frozen=True)
class Evaluator:
    """Measures a run's models, always in the same way: the same real images, seeds and extractor."""

    data: PackedSet
    extractor: Extractor
    samples: int

    def measure(self, model: Model) -> MeasuredDistance:
        """The kernel distance between the model's samples and real images."""
        count = min(self.samples, len(self.data))
        real = real_features(self.data, self.extractor, count)
        generated = generated_features(model, self.extractor, self.samples)
        distance = kernel_distance(real, generated, rng(Stream.EVALUATION_SUBSETS))
        how = f"{self.samples} generated, {count} real; {self.extractor.identity}"
        return MeasuredDistance(distance.mean, distance.std, how)


def build_evaluator(recipe: Recipe, data: PackedSet) -> Evaluator | None:
    """What the recipe asks for, if it does.

    Raises:
        UsageError: The extractor is of the discriminator, which changes from one measurement to the next.
        ModelError: The extractor's weights are missing.
    """
    if not recipe.evaluate_every:
        return None
    if recipe.evaluate_extractor in ("discriminator", "perceptual"):
        raise UsageError(
            f"`evaluate_extractor` must not be {recipe.evaluate_extractor}: the discriminator changes as it is trained"
        )
    extractor = build_extractor(recipe.evaluate_extractor, ExtractorOptions(device=recipe.device))
    return Evaluator(data, extractor, recipe.evaluate_samples)
