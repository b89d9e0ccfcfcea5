"""Spectral normalization (Miyato et al. 2018): a layer that cannot stretch anything."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils import parametrize


class SpectralNorm(nn.Module):
    """A weight divided by its largest singular value, as a parametrization: weight (O, ...) to the same shape.

    The singular value is followed by one step of power iteration at each use in training mode; the vector `u` that it
    starts from is kept as a buffer.
    """

    u: Tensor

    def __init__(self, outputs: int) -> None:
        super().__init__()
        self.register_buffer("u", torch.full((outputs,), outputs**-0.5))

    def forward(self, weight: Tensor) -> Tensor:
        """Normalize."""
        with torch.autocast(weight.device.type, enabled=False):
            matrix = weight.flatten(1)  # (O, I)
            with torch.no_grad():
                v = F.normalize(matrix.T @ self.u, dim=0)
                u = F.normalize(matrix @ v, dim=0)
                if self.training:
                    self.u.copy_(u)
            return weight / (u @ matrix @ v)


def normalize_spectrally(layer: nn.Conv2d | nn.Linear) -> None:
    """Let `layer` use its weight spectrally normalized from now on."""
    norm = SpectralNorm(layer.weight.shape[0])
    parametrize.register_parametrization(
        layer, "weight", norm, unsafe=True
    )  # not tried out now: it may have no data yet


def own_weight(layer: nn.Module) -> nn.Parameter:
    """The weight that training changes: the one beneath the parametrization, if `layer` has one."""
    return layer.get_parameter("parametrizations.weight.original" if parametrize.is_parametrized(layer) else "weight")
