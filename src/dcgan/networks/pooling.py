"""Convolutions that pool and enlarge in place of strides: what the paper advises against, and small nets gain from."""

from torch import Tensor, nn
from torch.nn import functional as F


class PooledConvolution(nn.Conv2d):
    """A convolution of stride 1, then the maximum of each 2x2 square: (N, C, H, W) -> (N, out_channels, H/2, W/2).

    With kernels of k x k each value sees (k + 1) x (k + 1) of the input, as one of a convolution of stride 2 does.
    """

    def forward(self, maps: Tensor) -> Tensor:
        """Convolve and pool."""
        return F.max_pool2d(super().forward(maps), 2)


class EnlargingConvolution(nn.ConvTranspose2d):
    """Nearest-neighbor enlargement to twice the side, then a convolution, in one (Odena et al. 2016).

    It is a transposed convolution of stride 2 whose kernel of (k + 1) x (k + 1) is the sum of a k x k one, shifted by 0
    and 1 in both directions: the same arithmetic as any such kernel, without its checkerboards.
    """

    def kernel(self) -> Tensor:
        """The kernel of that transposed convolution: (in_channels, out_channels, k + 1, k + 1)."""
        return F.avg_pool2d(self.weight, 2, stride=1, padding=1, divisor_override=1)

    def forward(self, maps: Tensor, _output_size: list[int] | None = None) -> Tensor:
        """Enlarge and convolve; `output_padding` alone says to which side."""
        assert not isinstance(self.padding, str)
        return F.conv_transpose2d(maps, self.kernel(), self.bias, self.stride, self.padding, self.output_padding)
