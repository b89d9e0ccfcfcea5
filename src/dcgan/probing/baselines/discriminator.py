"""The model's own discriminator, and the same net untrained: the features that the paper is about, and their floor."""

from dataclasses import replace

from dcgan.features.extract import DiscriminatorExtractor, nets_with_features
from dcgan.networks.initialize import untrained_discriminator
from dcgan.networks.memory import use_channels_last
from dcgan.probing.baselines.baseline import BuildContext, FeatureBaseline


def fit_discriminator(context: BuildContext) -> DiscriminatorExtractor:
    """The model's discriminator, with batch norm's statistics of the pictures to learn from."""
    extractor = DiscriminatorExtractor(context.model, context.layers, context.grid)
    extractor.measure(context.train.pixels, on_progress=context.on_progress)
    return extractor


def fit_random(context: BuildContext) -> DiscriminatorExtractor:
    """The same for an untrained net."""
    architecture, judged = nets_with_features(context.model)
    net = untrained_discriminator(architecture, context.seed)
    net.to(judged.head.weight.device)
    use_channels_last(net)
    return fit_discriminator(replace(context, model=replace(context.model, discriminator=net)))


DCGAN = FeatureBaseline(fit_discriminator, depends_on=("layers", "grid"), clips=True)
RANDOM = FeatureBaseline(fit_random, depends_on=("layers", "grid"), clips=True)
