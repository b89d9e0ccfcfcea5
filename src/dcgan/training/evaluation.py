"""How good the averaged generator is while it trains: its kernel distance to the pictures it learns from."""

from dataclasses import dataclass

from dcgan.data.packed import PackedSet
from dcgan.metrics.extractors import Extractor, ExtractorOptions, build_extractor
from dcgan.metrics.features import generated_features, real_features
from dcgan.metrics.kernel import kernel_distance
from dcgan.model import Model
from dcgan.randomness import Stream, rng
from dcgan.training.recipe import Recipe


@dataclass(frozen=True)
class Evaluator:
    """A measure of a run's models, always the same one: the same real pictures, seeds and extractor."""

    data: PackedSet
    extractor: Extractor
    samples: int

    def details(self, model: Model) -> dict[str, object]:
        """What a checkpoint's card says of its quality: `kernel_distance` with its mean, std and way of measuring.

        0 is best; a distance is compared with none that was measured in another way.
        """
        count = min(self.samples, len(self.data))
        real = real_features(self.data, self.extractor, count)
        drawn = generated_features(model, self.extractor, self.samples)
        distance = kernel_distance(real, drawn, rng(Stream.EVALUATION_SUBSETS))
        how = f"{self.samples} drawn, {count} real; {self.extractor.identity}"
        return {"kernel_distance": {"mean": distance.mean, "std": distance.std, "measured": how}}


def build_evaluator(recipe: Recipe, data: PackedSet) -> Evaluator | None:
    """What the recipe asks for, if it does.

    Raises:
        ModelError: The extractor's weights are missing.
    """
    if not recipe.evaluate_every:
        return None
    extractor = build_extractor(recipe.evaluate_extractor, ExtractorOptions(device=recipe.device))
    return Evaluator(data, extractor, recipe.evaluate_samples)
