"""The discriminator's features as a scikit-learn transformer, for a Pipeline."""

from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from dcgan.device import resolve_device
from dcgan.errors import DcganError, UsageError
from dcgan.features.extract import GRID, DiscriminatorExtractor, on_device
from dcgan.loading import load
from dcgan.model import Model
from dcgan.types import Features, Pixels

try:
    from sklearn.base import BaseEstimator, TransformerMixin
    from sklearn.utils.validation import check_is_fitted
except ImportError as error:
    raise DcganError("the transformer needs scikit-learn, of the extra: pip install 'dcgan[features]'") from error


class DiscriminatorFeatures(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Pixels to the pooled maps of a model's discriminator (paper section 5.1).

    Args:
        model: A model, the path of a run, a checkpoint or a model folder, or the name of a model that comes with dcgan.
        layers: Which convolutional layers, from 0; None takes all.
        grid: Side of the grid that each map is max-pooled to.
        statistics: "fit" measures batch norm's statistics on the pictures it is fitted to, as the authors did;
            "model" keeps those that the model brings.
        device: Where to compute: "auto", "cpu", "cuda", "cuda:1" or "mps".

    Example:
        >>> from sklearn.pipeline import make_pipeline
        >>> from sklearn.svm import LinearSVC
        >>> classifier = make_pipeline(DiscriminatorFeatures("runs/photos"), LinearSVC(C=1e-3))
        >>> classifier.fit(pixels, labels)  # pixels: (N, H, W, C), uint8, or (N, H * W * C)
    """

    def __init__(
        self,
        model: Model | str | Path = "faces",
        layers: tuple[int, ...] | None = None,
        grid: int = GRID,
        statistics: str = "fit",
        device: str = "auto",
    ) -> None:
        self.model = model
        self.layers = layers
        self.grid = grid
        self.statistics = statistics
        self.device = device

    def fit(self, X: Pixels, y: object = None) -> Self:  # noqa: ARG002  # scikit-learn's signature
        """Load the model, and measure the statistics of X: pixels (N, H, W, C), uint8, or flat (N, H * W * C).

        Raises:
            ValueError: `statistics` is neither, or X has too few pictures to measure.
            DcganError: There is no such model, or X is not of its size.
        """
        if self.statistics not in ("fit", "model"):
            raise ValueError(f'statistics must be "fit" or "model", not {self.statistics!r}')
        resolved = resolve_device(self.device)
        loaded = on_device(self.model, resolved) if isinstance(self.model, Model) else load(self.model, resolved)
        self.picture_shape_ = (loaded.size, loaded.size, loaded.channels)
        self.extractor_ = DiscriminatorExtractor(loaded, self.layers, self.grid)
        pixels = self._pixels(X)
        if self.statistics == "fit":
            if len(pixels) < 2:
                raise ValueError("batch norm's statistics need 2 pictures or more")
            self.extractor_.measure(pixels)
        self.n_features_in_ = int(np.prod(self.picture_shape_))
        return self

    def transform(self, X: Pixels) -> Features:
        """Pixels (N, H, W, C), uint8, or flat (N, H * W * C), to features (N, D), float32."""
        check_is_fitted(self, "extractor_")
        return self.extractor_.extract(self._pixels(X))

    def get_feature_names_out(self, input_features: object = None) -> NDArray[np.object_]:  # noqa: ARG002
        """Names as scikit-learn wants them: discriminator_0, discriminator_1, ..."""
        check_is_fitted(self, "extractor_")
        return np.array([f"discriminator_{index}" for index in range(self.extractor_.size)], object)

    def _pixels(self, X: Any) -> Pixels:
        pixels = np.asarray(X)
        if pixels.ndim == 2 and pixels.shape[1] == np.prod(self.picture_shape_):
            pixels = pixels.reshape(-1, *self.picture_shape_)
        if pixels.dtype != np.uint8 or pixels.ndim != 4 or pixels.shape[1:] != self.picture_shape_:
            shape = ", ".join(map(str, self.picture_shape_))
            raise UsageError(f"X is {pixels.dtype} {pixels.shape}; pixels must be uint8 (N, {shape})")
        return pixels
