"""Batch normalisation as the paper has it, by the batch at hand; fixed statistics are measured on demand."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from dcgan.networks.sync_batch_norm import synchronised_batch_norm


class BatchNorm(nn.Module):
    """Normalise each feature over the batch (and the map), then scale and shift.

    In training mode it uses the statistics of the batch at hand and keeps none (paper section 3; no running averages in
    the released code). In evaluation mode it uses `mean` and `variance`, which `measure_statistics` fills in.
    Takes (N, F) or (N, F, H, W). The gain starts as N(1, 0.02), the bias as 0.

    Attributes:
        synchronised: In training mode, normalise by the mini-batches of all ranks together.
    """

    mean: Tensor
    variance: Tensor

    def __init__(self, features: int, epsilon: float) -> None:
        super().__init__()
        self.epsilon = epsilon
        self.synchronised = False
        self.gain = nn.Parameter(torch.empty(features))
        self.bias = nn.Parameter(torch.empty(features))
        self.register_buffer("mean", torch.zeros(features))
        self.register_buffer("variance", torch.ones(features))

    def forward(self, x: Tensor) -> Tensor:
        """Normalise; the result has the shape of `x`."""
        if self.training and self.synchronised:
            return synchronised_batch_norm(x, self.gain, self.bias, self.epsilon)
        if self.training:
            return F.batch_norm(x, None, None, self.gain, self.bias, training=True, eps=self.epsilon)
        return F.batch_norm(x, self.mean, self.variance, self.gain, self.bias, eps=self.epsilon)

    def extra_repr(self) -> str:
        """Shown by print(net)."""
        return f"{len(self.gain)}, epsilon={self.epsilon}"


def synchronise(net: nn.Module) -> None:
    """Let every `BatchNorm` of `net` normalise over all ranks while it trains."""
    for module in net.modules():
        if isinstance(module, BatchNorm):
            module.synchronised = True


@torch.no_grad()
def measure_statistics(net: nn.Module, batches: Iterable[Tensor]) -> None:
    """Fix the statistics of every `BatchNorm` in `net`: the mean over `batches` of each batch's mean and variance.

    Each layer is measured while the layers before it still normalise by the batch, as in the authors' SVHN analysis.
    The net is left in the mode it came in.

    Args:
        net: The net; its `mean` and `variance` buffers are overwritten.
        batches: Inputs of the net, at least one, each of two or more.
    """
    layers = [module for module in net.modules() if isinstance(module, BatchNorm)]
    if not layers:  # spectrally normalised: nothing to measure, and a look must not change it
        return
    sums = {layer: (torch.zeros_like(layer.mean), torch.zeros_like(layer.variance)) for layer in layers}

    def observe(layer: nn.Module, inputs: tuple[Tensor]) -> None:
        assert isinstance(layer, BatchNorm)
        x = inputs[0].float()
        variance, mean = torch.var_mean(x, dim=(0, 2, 3) if x.ndim == 4 else 0, correction=0)
        sums[layer][0].add_(mean)
        sums[layer][1].add_(variance)

    count = 0
    was_training = net.training
    hooks = [layer.register_forward_pre_hook(observe) for layer in layers]
    try:
        net.train()
        for batch in batches:
            net(batch)
            count += 1
    finally:
        net.train(was_training)
        for hook in hooks:
            hook.remove()
    if count == 0:
        raise ValueError("the statistics of no batch at all cannot be measured")
    for layer, (mean, variance) in sums.items():
        layer.mean.copy_(mean / count)
        layer.variance.copy_(variance / count)


@contextmanager
def batch_statistics(net: nn.Module) -> Iterator[None]:
    """Within the block `net` normalises by the batch at hand, as it does in training and as the paper sampled."""
    was_training = net.training
    net.train()
    try:
        yield
    finally:
        net.train(was_training)
