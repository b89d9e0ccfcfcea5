"""The discriminator's features as a scikit-learn transformer, for a Pipeline."""

from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from dcgan.device import resolve_device
from dcgan.errors import DcganError, UsageError
from dcgan.features.extract import GRID, DiscriminatorExtractor, on_device
from dcgan.features.extractor import check_flip, flipping
from dcgan.loading import load
from dcgan.model import Model
from dcgan.types import Features, Pixels

try:
    from sklearn.base import BaseEstimator, TransformerMixin
    from sklearn.utils.validation import check_is_fitted
except ImportError as error:
    raise DcganError("the transformer needs the extra: pip install 'dcgan[features]'") from error

Pictures = Pixels | NDArray[np.floating]


class DiscriminatorFeatures(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Pixels to the pooled maps of a model's discriminator (paper section 5.1).

    Args:
        model: A model, the path of a run, a checkpoint or a model folder, or the name of a model that comes with dcgan.
        layers: Which convolutional layers, from 0; None takes all.
        grid: Side of the grid that each map is max-pooled to.
        statistics: "fit" measures batch norm's statistics on the pictures it is fitted to, as the authors did;
            "model" keeps those that the model brings.
        device: Where to compute: "auto", "cpu", "cuda", "cuda:1" or "mps".
        horizontal_flip: Take the mean of the features of a picture and of its mirror image.

    Example:
        >>> from sklearn.pipeline import make_pipeline
        >>> from sklearn.svm import LinearSVC
        >>> classifier = make_pipeline(DiscriminatorFeatures("runs/photos"), LinearSVC(C=1e-3))
        >>> classifier.fit(pixels, labels)  # pixels: (N, H, W, C), uint8 or floats in [0, 1]
    """

    def __init__(
        self,
        model: Model | str | Path = "faces",
        layers: tuple[int, ...] | None = None,
        grid: int = GRID,
        statistics: str = "fit",
        device: str = "auto",
        horizontal_flip: bool = False,
    ) -> None:
        self.model = model
        self.layers = layers
        self.grid = grid
        self.statistics = statistics
        self.device = device
        self.horizontal_flip = horizontal_flip

    def fit(self, X: Pictures, y: object = None) -> Self:  # noqa: ARG002  # scikit-learn's signature
        """Load the model, and measure the statistics of X.

        Args:
            X: Pictures of the model's size and channels, (N, H, W, C), (N, C, H, W), flat (N, H * W * C), or of a gray
                model (N, H, W); of a model that predicts frames clips (N, H, W, frames * C), as `dcgan.open_for` gives
                them. uint8, or floats in [0, 1].
            y: Ignored.

        Raises:
            ValueError: `statistics` is neither, `horizontal_flip` is not a bool, or X has too few pictures to measure.
            DcganError: There is no such model, or X is none of these.
        """
        if self.statistics not in ("fit", "model"):
            raise ValueError(f'statistics must be "fit" or "model", not {self.statistics!r}')
        if not isinstance(self.horizontal_flip, bool | np.bool_):
            raise ValueError(f"horizontal_flip must be True or False, not {self.horizontal_flip!r}")
        resolved = resolve_device(self.device)
        loaded = on_device(self.model, resolved) if isinstance(self.model, Model) else load(self.model, resolved)
        check_flip(loaded, horizontal_flip=self.horizontal_flip)
        self.picture_shape_ = (loaded.size, loaded.size, loaded.frames * loaded.channels)
        extractor = DiscriminatorExtractor(loaded, self.layers, self.grid)
        pixels = self._pixels(X)
        if self.statistics == "fit":
            if len(pixels) < 2:
                raise ValueError("batch norm's statistics need 2 pictures or more")
            extractor.measure(pixels)
        self.extractor_ = flipping(extractor, horizontal_flip=self.horizontal_flip)
        self.n_features_in_ = int(np.prod(self.picture_shape_))
        return self

    def transform(self, X: Pictures) -> Features:
        """Pictures, as for `fit`, to features (N, D), float32."""
        check_is_fitted(self, "extractor_")
        return self.extractor_.extract(self._pixels(X))

    def get_feature_names_out(self, input_features: object = None) -> NDArray[np.object_]:  # noqa: ARG002
        """Names as scikit-learn wants them: discriminator_0, discriminator_1, ..."""
        check_is_fitted(self, "extractor_")
        return np.array([f"discriminator_{index}" for index in range(self.extractor_.size)], object)

    def _pixels(self, X: Any) -> Pixels:
        pixels = np.asarray(X)
        height, width, channels = self.picture_shape_
        if pixels.shape[1:] == (height * width * channels,) or (pixels.shape[1:] == (height, width) and channels == 1):
            pixels = pixels.reshape(-1, height, width, channels)
        elif pixels.shape[1:] == (channels, height, width) != self.picture_shape_:
            pixels = pixels.transpose(0, 2, 3, 1)
        if pixels.shape[1:] != self.picture_shape_:
            shape = ", ".join(map(str, self.picture_shape_))
            raise UsageError(
                f"X has the shape {pixels.shape}, but this model takes pictures of (N, {shape}); "
                "dcgan.open_for(model, X).pixels brings them to it"
            )
        if pixels.dtype.kind == "f":
            if not (pixels.min(initial=0) >= 0 and pixels.max(initial=0) <= 1):  # NaN is not, either
                low, high = pixels.min(), pixels.max()
                raise UsageError(f"X holds values from {low:g} to {high:g}; floats must lie in 0 to 1")
            pixels = np.rint(pixels * pixels.dtype.type(255)).astype(np.uint8)
        if pixels.dtype != np.uint8:
            raise UsageError(f"X is {pixels.dtype}; pixels must be uint8, or floats in 0 to 1")
        return pixels
