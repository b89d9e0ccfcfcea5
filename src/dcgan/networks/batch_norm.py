"""Batch normalization as the paper has it, by the batch at hand; fixed statistics are measured on demand."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from dcgan.networks.sync_batch_norm import sync_batch_norm


class BatchNorm(nn.Module):
    """Normalize each feature over the batch (and the map), then scale and shift.

    In training mode it uses the statistics of the batch at hand and keeps none (paper section 3; no running averages in
    the released code). In evaluation mode it uses `running_mean` and `running_var`, filled in by `measure_statistics`.
    Takes (N, F) or (N, F, H, W). The weight starts as N(1, 0.02), the bias as 0; without `affine` they stay 1 and 0.

    Attributes:
        synchronized: In training mode, normalize by the mini-batches of all ranks together.
    """

    running_mean: Tensor
    running_var: Tensor
    weight: Tensor
    bias: Tensor

    def __init__(self, features: int, eps: float, *, affine: bool = True) -> None:
        super().__init__()
        self.eps = eps
        self.synchronized = False
        if affine:
            self.weight = nn.Parameter(torch.empty(features))
            self.bias = nn.Parameter(torch.empty(features))
        else:
            self.register_buffer("weight", torch.ones(features))
            self.register_buffer("bias", torch.zeros(features))
        self.register_buffer("running_mean", torch.zeros(features))
        self.register_buffer("running_var", torch.ones(features))

    def forward(self, x: Tensor) -> Tensor:
        """Normalize; the result has the shape of `x`."""
        if self.training and self.synchronized:
            return sync_batch_norm(x, self.weight, self.bias, self.eps)
        if self.training:
            return F.batch_norm(x, None, None, self.weight, self.bias, training=True, eps=self.eps)
        return F.batch_norm(x, self.running_mean, self.running_var, self.weight, self.bias, eps=self.eps)

    def extra_repr(self) -> str:
        """Shown by print(net)."""
        return f"{len(self.weight)}, eps={self.eps}"


def synchronize(net: nn.Module) -> None:
    """Let every `BatchNorm` of `net` normalize over all ranks while it trains."""
    for module in net.modules():
        if isinstance(module, BatchNorm):
            module.synchronized = True


@torch.no_grad()
def measure_statistics(net: nn.Module, batches: Iterable[Tensor | tuple[Tensor, ...]]) -> None:
    """Fix the statistics of every `BatchNorm` in `net`: the mean over `batches` of each batch's mean and variance.

    Each layer is measured while the layers before it still normalize by the batch, as in the authors' SVHN analysis.
    The net is left in the mode it came in, and layers that `train` leaves in evaluation mode (frozen ones) as they are.

    Args:
        net: The net; its `running_mean` and `running_var` buffers are overwritten.
        batches: Inputs of the net, at least one, each of two or more; tuples if it takes several.
    """
    layers = [module for module in net.modules() if isinstance(module, BatchNorm)]
    if not layers:  # spectrally normalized: nothing to measure, and a look must not change it
        return
    was_training = net.training
    net.train()
    layers = [layer for layer in layers if layer.training]  # the others are frozen
    sums = {layer: (torch.zeros_like(layer.running_mean), torch.zeros_like(layer.running_var)) for layer in layers}

    def observe(layer: nn.Module, inputs: tuple[Tensor]) -> None:
        assert isinstance(layer, BatchNorm)
        mean, variance = _moments(inputs[0])
        sums[layer][0].add_(mean)
        sums[layer][1].add_(variance)

    count = 0
    hooks = [layer.register_forward_pre_hook(observe) for layer in layers]
    try:
        for batch in batches:
            net(*batch) if isinstance(batch, tuple) else net(batch)
            count += 1
    finally:
        net.train(was_training)
        for hook in hooks:
            hook.remove()
    if count == 0:
        raise ValueError("the statistics of no batch at all cannot be measured")
    for layer, (mean, variance) in sums.items():
        layer.running_mean.copy_(mean / count)
        layer.running_var.copy_(variance / count)


def _moments(x: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and variance of each feature of (N, F) or (N, F, ...): a tenth of the time of `torch.var_mean` on a CPU."""
    rows = x.movedim(1, -1).flatten(0, -2).float()  # (N * ..., F); a view of maps in channels_last memory
    mean = rows.mean(0)
    return mean, (rows - mean).square().mean(0)


@contextmanager
def batch_statistics(net: nn.Module) -> Iterator[None]:
    """Within the block `net` normalizes by the batch at hand, as it does in training and as the paper sampled."""
    was_training = net.training
    net.train()
    try:
        yield
    finally:
        net.train(was_training)
