"""Small pairs of nets whose outputs vary: what is wrong in an export shows."""

import torch
from torch import nn

from dcgan.choices import NETS
from dcgan.model import Model
from dcgan.networks.architecture import Normalization
from dcgan.networks.families import untrained_nets
from dcgan.networks.layouts import NetOptions


def lively_model(
    nets: str = "dcgan",
    *,
    size: int = 16,
    channels: int = 3,
    kernel_size: int = 4,
    layout: str = "strided",
    normalization: Normalization = "batch",
    base_channels: int = 2,
) -> Model:
    """An untrained model with weights and statistics of ordinary size."""
    conditional = NETS[nets].conditional
    options = NetOptions(
        size=size,
        channels=channels,
        classes=3 if conditional else 0,
        layout=layout,
        base_channels=base_channels,
        kernel_size=kernel_size,
        latent_dim=6,
        latent_distribution="normal",
        batch_norm_eps=1e-5,
        normalization=normalization,
        history=2,
    )
    architecture = NETS[nets].lay_out(options)
    generator, discriminator = untrained_nets(architecture, 0)
    return Model(architecture, enliven(generator), enliven(discriminator))


@torch.no_grad()
def enliven(net: nn.Module) -> nn.Module:
    """Fill a net so that each layer hands on about as much as it is given."""
    random = torch.Generator().manual_seed(0)
    for name, tensor in net.state_dict().items():
        if name.endswith("running_var"):
            tensor.uniform_(0.5, 2, generator=random)
        elif tensor.ndim > 1:
            inputs = tensor[0].numel() if "convolutions" not in name else tensor.numel() / max(tensor.shape[:2])
            tensor.normal_(0, 1.5 / inputs**0.5, generator=random)
        elif tensor.is_floating_point() and not name.endswith(".u"):
            tensor.normal_(0, 0.3, generator=random).add_(1 if name.endswith(("norm.weight", "norms.0.weight")) else 0)
    return net.eval()
